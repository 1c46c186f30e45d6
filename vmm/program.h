/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's program, made from what it has to do in each of its runs.
 *
 * The code of all runs of a vCPU stands in one piece, in the order in which they are run, so that a
 * vCPU that nobody sets up anew goes on with its next run behind the instruction that ended the
 * last one. Pages for it to touch lie behind all code.
 *
 * Code and page tables cost second-level faults of their own when a VM first meets them: a page of
 * code each, and in long mode three tables, in 32-bit paged mode one. What a run is told to touch
 * counts them in, so that it has exactly so many faults as it says: long mode's first run cannot
 * have fewer than 4, paged mode's fewer than 2, others fewer than 1. A run that touches nothing
 * asks for no number.
 */
#ifndef VMM_PROGRAM_H
#define VMM_PROGRAM_H

#include "act.h"
#include "document.h"

/* What one run of a vCPU does. */
struct guest_run {
	size_t step; /* of the document, for its mistakes */
	uint32_t vcpu;
	enum guest_mode mode;
	bool is_reset;	    /* the vCPU's segments are those of a reset */
	bool is_from_reset; /* its registers too: it starts where a processor does */
	struct acts *acts;
	size_t count;
	uint64_t start; /* of its code, from the program's first byte on */
	uint64_t len;
};

struct program {
	struct guest_run *runs; /* in the order of the document */
	size_t run_count;
	unsigned char *bytes; /* all code */
	size_t len;
	uint64_t code;	       /* guest physical address of the first byte */
	uint64_t memory_end;   /* 4 GiB if it starts where a processor does after a reset, else 0 */
	uint64_t memory_least; /* bytes of the main slot */
	uint64_t pages_first;  /* guest physical address of the first page to touch */
};

/*
 * Fills the rest, runs being given; false after document_fail(). is_reset is the same for all of
 * them. program_release() in either case.
 */
bool program_make(struct program *program, struct document *document);
void program_release(struct program *program);

/* What rip has to be for a run. */
uint64_t program_rip(const struct program *program, const struct guest_run *run);

#endif

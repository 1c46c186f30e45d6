/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records on their way to the printer, which has to know the next one of the same CPU before it
 * prints an entry: if that is the exit of the same function in the same task, both are one line.
 *
 * Until then the entry waits, and with it whatever other CPUs recorded in the meantime, but never
 * more than a fixed number of records: an entry that waits longer is printed alone, as the kernel
 * does when the exit has not been recorded yet.
 */
#ifndef RENDER_FTRACE_FOLD_H
#define RENDER_FTRACE_FOLD_H

#include "render/ftrace_printer.h"

#define FOLD_RECORDS_MAX ((size_t)1 << 20)

struct fold_record {
	struct kg_event event;
	uint64_t below_ns;
	uint64_t overrun;
	unsigned char *bytes; /* flags, args and note, one behind the other; NULL for none */
	uint32_t flags_len;
	uint32_t args_len;
	uint32_t note_len;
	bool is_closed;
	bool has_overrun;
	bool is_more;	/* no record: a further line of the comment before it, as its note */
	bool is_silent; /* it comes between others, but there is nothing to print of it */
	bool is_waiting;
};

/* The functions that a lane has open, as id + 1 by depth: for exits that come without a name. */
struct fold_lane {
	COLUMN(uint32_t) open;
};

/* A zeroed struct with its printer set is ready. */
struct ftrace_fold {
	struct ftrace_printer *printer;
	COLUMN(struct fold_record) records;
	size_t first;		  /* the oldest that was not printed */
	uint64_t first_number;	  /* of records.at[0], counting all there ever were */
	COLUMN(uint64_t) waiting; /* by CPU + 1: number + 1 of its entry that waits, or 0 */
	COLUMN(struct fold_lane) tasks;
	COLUMN(struct fold_lane) idles; /* by CPU + 1 */
	bool was_started;
};

/* Takes a line of the trace. False when memory is out. */
bool ftrace_fold_take(struct ftrace_fold *fold, const struct kg_event *event,
		      const struct kg_detail *detail);
/* Prints what still waits. False when memory is out. */
bool ftrace_fold_finish(struct ftrace_fold *fold);
void ftrace_fold_release(struct ftrace_fold *fold);

#endif

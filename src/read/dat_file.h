/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands in a trace.dat around its records: how they are laid out, what the numbers in them
 * mean, and where in the file each CPU's pages are.
 *
 * The file is taken apart here and not by trace-cmd's library, which does not survive damaged
 * files, knows only the packings that it was built with, and allocates memory for each record. Its
 * reading, through `trace-cmd report`, is what the tests hold this one against.
 */
#ifndef READ_DAT_FILE_H
#define READ_DAT_FILE_H

#include <kvmgraph/error.h>

#include "base/arena.h"
#include "base/column.h"
#include "base/source.h"
#include "read/dat_comms.h"
#include "read/dat_format.h"
#include "read/dat_page.h"
#include "read/dat_symbols.h"
#include "read/dat_unpack.h"

/* The pages of one CPU. */
struct dat_cpu {
	uint64_t pos_bytes;
	uint64_t size_bytes; /* as they stand in the file */
	uint16_t cpu;
	bool is_cut; /* the file ends before they do */
};

/* A buffer of the tracer: the top one, or that of an instance. */
struct dat_buffer {
	const char *name;  /* "" for the top one */
	const char *clock; /* "" where the file does not tell */
	uint32_t page_bytes;
	bool is_packed; /* pages stand in packed chunks */
	uint32_t first_cpu;
	uint32_t cpu_count;
	uint64_t pos_bytes; /* where the file describes it, while it is being read */
};

struct dat_file {
	const struct source *source;
	bool is_big;
	bool is_text; /* it has the text of a latency tracer, and no pages */
	uint32_t page_bytes;
	struct dat_unpacker unpacker;
	struct dat_page_layout page;
	struct dat_formats formats;
	struct dat_symbols symbols;
	struct dat_comms comms;
	const char *release; /* of the kernel, or NULL */
	/* a clock that counts cycles: multiply, then shift, to get ns; 0: unknown */
	uint32_t clock_mult;
	uint32_t clock_shift;
	/* where events and strings are described, 0 for nowhere; in version 7 those are sections */
	uint64_t formats_pos_bytes;
	uint64_t events_pos_bytes;
	uint64_t messages_pos_bytes;
	bool has_sections;
	uint32_t cpu_count; /* of version 6 */
	bool has_clock;	    /* version 6: the clock's name stands behind the table of CPUs */
	COLUMN(struct dat_buffer) buffers; /* the top one first, if there is one */
	COLUMN(struct dat_cpu) cpus;
	struct arena memory;
};

/*
 * Reads all that. Fails with KG_BAD_FORMAT, KG_IO or KG_NOMEM; a zeroed struct, and one of a
 * failure, has to be released too.
 */
KG_MUST_USE enum kg_status dat_file_open(struct dat_file *file, const struct source *source,
					 struct kg_error *err);
void dat_file_release(struct dat_file *file);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's printer remembers while it prints a trace, CPU by CPU: who ran last, which
 * function it opened at each depth, and how deep it was. From that it decides on banners, on names
 * behind closing braces, and on the indentation of comments.
 */
#ifndef RENDER_FTRACE_PRINTER_H
#define RENDER_FTRACE_PRINTER_H

#include <kvmgraph/export.h>

#include "base/column.h"
#include "render/ftrace_line.h"

/* At this depth and deeper the printer no longer remembers what it opened. */
#define FTRACE_OPENERS 50

struct ftrace_cpu {
	uint32_t last_task;		  /* id + 1; 0 for nobody yet */
	int32_t comment_depth;		  /* comments are indented by one more, from 1 on */
	uint32_t openers[FTRACE_OPENERS]; /* id + 1 of the function opened at each depth; or 0 */
};

/* A zeroed struct with its first members set is ready. */
struct ftrace_printer {
	struct kg_out *out;
	const struct kg_funcs *funcs;
	const struct kg_tasks *tasks;
	uint32_t columns;
	uint32_t cpu_width;
	bool tail;
	bool retval;
	bool overrun;

	uint64_t line_count;
	uint64_t untold_count; /* comments whose text is not known */
	struct ftrace_line line;
	COLUMN(struct ftrace_cpu) cpus;
};

/* Prints the header of a trace and forgets what came before. */
void ftrace_printer_start(struct ftrace_printer *printer);

/*
 * Prints the line of a record, with whatever the printer puts around it. Of the detail it takes
 * flags, args, note, is_closed, below_ns and overrun. False when memory is out.
 */
bool ftrace_printer_print(struct ftrace_printer *printer, const struct kg_event *event,
			  const struct kg_detail *detail);

/* Prints a further line of a comment. */
void ftrace_printer_more(struct ftrace_printer *printer, struct kg_bytes text);

void ftrace_printer_release(struct ftrace_printer *printer);

#endif

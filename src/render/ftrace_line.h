/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of a trace in the words of the kernel, without its newline. */
#ifndef RENDER_FTRACE_LINE_H
#define RENDER_FTRACE_LINE_H

#include <kvmgraph/event.h>

#include "base/column.h"

/* The kernel puts tasks in the middle of so many columns, and cuts their names to so many bytes. */
#define FTRACE_TASK_WIDTH 14
#define FTRACE_COMM_MAX 7

/* Each function below replaces what is in it. A zeroed struct is empty. */
struct ftrace_line {
	COLUMN(char) bytes;
	bool is_starved; /* memory was out at some time; what it holds is not all */
};

/* The line of an event, from its values and details alone. func is NULL where it has none. */
void ftrace_line_event(struct ftrace_line *line, const struct kg_event *event,
		       const struct kg_detail *detail, const struct kg_func *func);
void ftrace_line_blank(struct ftrace_line *line);
/* The dashes before and behind a switch. */
void ftrace_line_rule(struct ftrace_line *line);
/* The line behind a closing brace that tells how many calls were too deep. */
void ftrace_line_overrun(struct ftrace_line *line, uint64_t count);
/* What names columns at the start of a trace: line 0 with their names, or line 1 with their bars.
 */
void ftrace_line_header(struct ftrace_line *line, uint32_t columns, int row);

void ftrace_line_release(struct ftrace_line *line);

#endif

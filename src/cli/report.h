/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes to stderr, and what the program ends with. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <kvmgraph/error.h>

enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,
	EXIT_WRONG = 2,
	EXIT_INCONCLUSIVE = 3,
	EXIT_LACKING = 4,
	EXIT_INTERNAL = 5,
};

/* One line, "kvmgraph COMMAND: ...": what it says may hold names from strangers and is escaped. */
void report_error(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A line to be printed later, with its newline. */
struct report_line {
	char text[4352]; /* what a command is called, and 1 KiB of which every byte may be escaped
			  */
};
void report_prepare(struct report_line *line, const char *command, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a failed operation, with its place; returns the exit code that it means. */
int report_failure(const char *command, enum kg_status status, const struct kg_error *err);

#endif

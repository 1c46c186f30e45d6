/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines as the kernel prints them, made from their parts. */
#ifndef UNIT_PRINT_LINE_H
#define UNIT_PRINT_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <kvmgraph/info.h>

#define PRINT_LINE_LEN 4096

struct print_parts {
	uint32_t columns;    /* enum kg_column: those to print */
	const char *abstime; /* "11.469355" */
	const char *reltime; /* "3750" */
	unsigned int cpu;
	int cpu_width;	      /* digits of the highest CPU */
	const char *task;     /* "cat-245" */
	const char *flags;    /* "d..2." */
	bool has_no_flag_bar; /* as before 5.1 */
	char mark;
	const char *duration; /* "13.335", or NULL */
	unsigned int depth;
	const char *body; /* "f() {" */
};

static inline int print_duration(char *to, size_t size, const struct print_parts *parts)
{
	char value[64] = "";
	if (parts->duration != NULL)
		snprintf(value, sizeof(value), "%.40s us ", parts->duration);
	return snprintf(to, size, "%c %-12s|  ", parts->duration != NULL ? parts->mark : ' ',
			value);
}

/* Writes the columns in front of a body, but the duration. */
static inline size_t print_prefix(char *to, size_t size, const struct print_parts *parts)
{
	size_t len = 0;
	to[0] = '\0';
	if (parts->columns & KG_COLUMN_ABSTIME)
		len += (size_t)snprintf(to + len, size - len, "%12s |  ", parts->abstime);
	if (parts->columns & KG_COLUMN_RELTIME)
		len += (size_t)snprintf(to + len, size - len, "%9s us |  ", parts->reltime);
	if (parts->columns & KG_COLUMN_CPU)
		len += (size_t)snprintf(to + len, size - len, " %*u) ", parts->cpu_width,
					parts->cpu);
	if (parts->columns & KG_COLUMN_PROC) {
		int pad = 14 - (int)strlen(parts->task);
		pad = pad < 0 ? 0 : pad;
		len += (size_t)snprintf(to + len, size - len, "%*s%s%*s | ", pad / 2, "",
					parts->task, pad - pad / 2, "");
	}
	if (parts->columns & KG_COLUMN_LATENCY)
		len += (size_t)snprintf(to + len, size - len, " %s%s", parts->flags,
					parts->has_no_flag_bar ? "" : " | ");
	return len;
}

/* Writes a line, without a newline but terminated; size is at least PRINT_LINE_LEN. */
static inline size_t print_line(char *to, size_t size, const struct print_parts *parts)
{
	size_t len = print_prefix(to, size, parts);
	if (parts->columns & KG_COLUMN_DURATION)
		len += (size_t)print_duration(to + len, size - len, parts);
	return len + (size_t)snprintf(to + len, size - len, "%*s%s", (int)(2 * parts->depth), "",
				      parts->body);
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables whose columns line up: every row is made twice, first to measure, then to print.
 *
 *	struct columns table = columns_start(to, "<>", "step", "duration");
 *	while (columns_pass(&table)) {
 *		for (each row) {
 *			column(&table, "%s", name);
 *			column(&table, "%u", duration);
 *		}
 *	}
 */
#ifndef VMM_COLUMNS_H
#define VMM_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define COLUMNS_MOST 10

struct columns {
	FILE *to;
	const char *sides; /* a character a column: '<' flush left, '>' flush right */
	const char *const *titles;
	size_t count;
	size_t at;  /* the next column */
	size_t gap; /* blanks that the cells before it leave to be written */
	size_t widths[COLUMNS_MOST];
	enum { COLUMNS_NEW, COLUMNS_MEASURING, COLUMNS_PRINTING } stage;
};

struct columns columns_start(FILE *to, const char *sides, const char *const *titles);
/* Whether the rows have to be made (again). */
bool columns_pass(struct columns *table);
/* One cell; the last of a row ends it. */
void column(struct columns *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A duration with its unit. */
void column_ns(struct columns *table, uint64_t ns);

/* "12.345 us", "1.234 ms", "1.234 s". */
#define DURATION_LEN 32
void duration_write(char text[DURATION_LEN], uint64_t ns);

#endif

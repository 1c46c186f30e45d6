/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how cells become lines. */
#include "columns.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct columns columns_start(FILE *to, const char *sides, const char *const *titles)
{
	return (struct columns){
		.to = to, .sides = sides, .titles = titles, .count = strlen(sides)
	};
}

static void put(struct columns *table, const char *text)
{
	const size_t len = strlen(text);
	const size_t at = table->at;
	if (table->stage == COLUMNS_MEASURING) {
		if (len > table->widths[at])
			table->widths[at] = len;
	} else if (len > 0) {
		/* blanks are written only before something, so that no line ends in one */
		const size_t before = table->sides[at] == '>' ? table->widths[at] - len : 0;
		fprintf(table->to, "%*s%s", (int)(table->gap + before), "", text);
		table->gap = table->widths[at] - before - len + 2;
	} else {
		table->gap += table->widths[at] + 2;
	}
	table->at++;
	if (table->at < table->count)
		return;
	if (table->stage == COLUMNS_PRINTING)
		fputc('\n', table->to);
	table->at = 0;
	table->gap = 2;
}

bool columns_pass(struct columns *table)
{
	if (table->stage == COLUMNS_PRINTING)
		return false;
	table->stage = table->stage == COLUMNS_NEW ? COLUMNS_MEASURING : COLUMNS_PRINTING;
	table->gap = 2;
	for (size_t i = 0; i < table->count; i++)
		put(table, table->titles[i]);
	return true;
}

void column(struct columns *table, const char *format, ...)
{
	char text[160];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(table, text);
}

static void write_ns(char text[DURATION_LEN], uint64_t ns, const char *seconds)
{
	/* thousandths of the unit */
	const uint64_t part = ns < 1000000 ? ns : ns < 1000000000 ? ns / 1000 : ns / 1000000;
	const char *unit = ns < 1000000 ? "us" : ns < 1000000000 ? "ms" : seconds;
	snprintf(text, DURATION_LEN, "%" PRIu64 ".%03" PRIu64 " %s", part / 1000, part % 1000,
		 unit);
}

void duration_write(char text[DURATION_LEN], uint64_t ns)
{
	write_ns(text, ns, "s");
}

void column_ns(struct columns *table, uint64_t ns)
{
	char text[DURATION_LEN];
	/* as wide as the other units, so that the digits line up */
	write_ns(text, ns, " s");
	column(table, "%s", text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how cells become lines. */
#include "columns.h"

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

void column_ns(struct columns *table, unsigned long long ns)
{
	if (ns < 1000000)
		column(table, "%llu.%03llu us", ns / 1000, ns % 1000);
	else if (ns < 1000000000)
		column(table, "%llu.%03llu ms", ns / 1000000, ns / 1000 % 1000);
	else
		column(table, "%llu.%03llu  s", ns / 1000000000, ns / 1000000 % 1000);
}

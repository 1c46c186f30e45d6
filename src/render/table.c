/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how columns line up. */
#include "render/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/banned.h"

#define INDENT 2
#define BETWEEN_COLUMNS 2

void table_start(struct table *table, struct text *text, const struct table_column *columns,
		 uint32_t column_count)
{
	KG_ASSERT(column_count <= TABLE_COLUMNS);
	*table = (struct table){
		.text = text,
		.columns = columns,
		.column_count = column_count,
	};
}

/* ---- cells ----------------------------------------------------------------------------------- */

static void open_cell(struct table *table, enum text_style style)
{
	KG_DCHECK(table->at < table->column_count);
	if (table->at == 0)
		text_put_blanks(table->text, INDENT);
	table->cell_column = table->text->column;
	text_set_style(table->text, style);
}

void table_begin_cell(struct table *table)
{
	open_cell(table, table->columns[table->at].style);
}

void table_end_cell(struct table *table)
{
	struct text *text = table->text;
	size_t width = text->column - table->cell_column;
	size_t *widest = &table->widths[table->at++];
	text_set_style(text, TEXT_PLAIN);
	if (table->stage == TABLE_MEASURING && width > *widest)
		*widest = width;
	else if (table->stage == TABLE_PRINTING && *widest > 0)
		text_put_blanks_to(text, table->cell_column + *widest + BETWEEN_COLUMNS);
}

/* A cell of our own words, on that side of its column that the column says. */
static void put_cell(struct table *table, const char *words, enum text_style style)
{
	bool is_right = table->columns[table->at].side == TABLE_RIGHT;
	size_t width = table->widths[table->at];
	open_cell(table, style);
	text_put_right(table->text, words, is_right && table->stage == TABLE_PRINTING ? width : 0);
	table_end_cell(table);
}

void table_words(struct table *table, const char *words)
{
	put_cell(table, words, table->columns[table->at].style);
}

void table_styled(struct table *table, enum text_style style, const char *words)
{
	put_cell(table, words, style);
}

void table_empty(struct table *table)
{
	table_words(table, "");
}

void table_number(struct table *table, uint64_t number)
{
	char digits[UNITS_LEN];
	snprintf(digits, sizeof(digits), "%" PRIu64, number);
	table_words(table, digits);
}

void table_number_or_empty(struct table *table, uint64_t number)
{
	if (number == 0)
		table_empty(table);
	else
		table_number(table, number);
}

void table_ns(struct table *table, uint64_t ns)
{
	char time[UNITS_LEN];
	units_ns_in_column(time, ns);
	table_words(table, time);
}

void table_percent(struct table *table, uint32_t ppm)
{
	char percent[UNITS_LEN];
	units_percent(percent, ppm);
	table_words(table, percent);
}

void table_name(struct table *table, const char *name)
{
	table_begin_cell(table);
	text_put_name(table->text, name);
	table_end_cell(table);
}

void table_task(struct table *table, const struct kg_tasks *tasks, kg_task_id id)
{
	table_begin_cell(table);
	text_put_task(table->text, tasks, id);
	table_end_cell(table);
}

void table_func(struct table *table, const struct kg_funcs *funcs, kg_func_id id)
{
	table_begin_cell(table);
	text_put_func(table->text, funcs, id);
	table_end_cell(table);
}

/* ---- rows and passes ------------------------------------------------------------------------- */

void table_end_row(struct table *table)
{
	KG_DCHECK(table->at == table->column_count);
	text_end_line(table->text);
	table->at = 0;
}

/* A title makes its column no narrower than itself; with nothing below it, it is left out. */
static void print_titles(struct table *table)
{
	for (uint32_t i = 0; i < table->column_count; i++) {
		const char *title = table->columns[i].title;
		size_t *width = &table->widths[i];
		if (*width > 0 && *width < strlen(title))
			*width = strlen(title);
		put_cell(table, *width > 0 ? title : "", TEXT_DIM);
	}
	table_end_row(table);
}

bool table_pass(struct table *table)
{
	switch (table->stage) {
	case TABLE_NEW:
		table->stage = TABLE_MEASURING;
		table->text->is_dry = true;
		return true;
	case TABLE_MEASURING:
		table->stage = TABLE_PRINTING;
		table->text->is_dry = false;
		print_titles(table);
		return true;
	case TABLE_PRINTING:
		return false;
	}
	return false;
}

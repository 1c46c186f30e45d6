/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables whose columns line up, whatever is in them and however many rows there are: every row is
 * made twice, first to measure, then to print, so nothing is kept.
 *
 *	struct table table;
 *	TABLE_START(&table, text, columns);
 *	while (table_pass(&table)) {
 *		for (each row) {
 *			table_number(&table, row->count);
 *			table_func(&table, funcs, row->func_id);
 *			table_end_row(&table);
 *		}
 *	}
 *
 * A column in which every cell is empty is left out.
 */
#ifndef RENDER_TABLE_H
#define RENDER_TABLE_H

#include "render/text.h"

#define TABLE_COLUMNS 16

enum table_side { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *title;
	enum table_side side; /* where its cells are flush */
	enum text_style style;
};

struct table {
	struct text *text;
	const struct table_column *columns;
	uint32_t column_count;
	uint32_t at;	    /* column of the next cell */
	size_t cell_column; /* where on the line that cell starts */
	size_t widths[TABLE_COLUMNS];
	enum { TABLE_NEW, TABLE_MEASURING, TABLE_PRINTING } stage;
};

void table_start(struct table *table, struct text *text, const struct table_column *columns,
		 uint32_t column_count);
/* The same for an array of columns. */
#define TABLE_START(table, text, columns)                                                          \
	table_start((table), (text), (columns), sizeof(columns) / sizeof((columns)[0]))

/* Whether the rows have to be made (again). */
bool table_pass(struct table *table);
void table_end_row(struct table *table);

/* Cells, from the left to the right. */
void table_empty(struct table *table);
void table_words(struct table *table, const char *words);
/* Words of strangers. */
void table_name(struct table *table, const char *name);
void table_styled(struct table *table, enum text_style style, const char *words);
void table_number(struct table *table, uint64_t number);
/* Empty for 0. */
void table_number_or_empty(struct table *table, uint64_t number);
void table_ns(struct table *table, uint64_t ns);
void table_percent(struct table *table, uint32_t ppm);
void table_task(struct table *table, const struct kg_tasks *tasks, kg_task_id id);
void table_func(struct table *table, const struct kg_funcs *funcs, kg_func_id id);

/* A flush left cell made of pieces: what is put to the text between these two. */
void table_begin_cell(struct table *table);
void table_end_cell(struct table *table);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of text, taken in the order of their lines: what of them becomes events, and whose.
 *
 * text_reader.c knows where the rows come from and who wants the events; here is what both share.
 */
#ifndef READ_TEXT_ROWS_H
#define READ_TEXT_ROWS_H

#include "read/reader.h"
#include "read/text_cpus.h"
#include "read/text_detail.h"
#include "read/text_pipeline.h"

struct text_reader {
	struct kg_reader base;
	const struct source *source;
	struct read_facts *facts;
	struct text_pipeline *pipeline;
	struct text_piece *piece; /* the window at hand, or NULL */
	size_t next_row;
	struct text_names *names;  /* of the symbols from there on */
	struct text_layout layout; /* in force there */
	uint64_t lines_before;	   /* in the windows before that one */
	uint64_t line_no;	   /* of the row that is being taken */
	uint64_t comment_lines;	   /* so many of the next lines are still the same comment */
	struct text_rest rest;	   /* of the line last handed out with its details */
	bool is_told;		   /* what was counted is in the facts */
	uint64_t mark_lines[UINT8_MAX + 1]; /* by character */
	struct text_cpus cpus;
	const struct text_bundler *bundler; /* or NULL */
	bool is_bundled; /* rows of the window at hand may be left out for bundles */
};

/* Records that memory is out. */
enum kg_status text_no_memory(const struct text_reader *reader, struct kg_error *err);

/* Where the text of a row starts in the source; the text, with its newline. */
uint64_t text_row_position(const struct text_reader *reader, const struct scan_row *row);
struct span text_row_text(const struct text_reader *reader, const struct scan_row *row);

/* The event of a plain row: known is what func_ids has for its symbol. */
static inline void text_row_write(struct kg_event *event, const struct scan_row *row,
				  const struct text_cpu *state, uint32_t known, uint64_t line_no)
{
	event->line_no = line_no;
	event->time_ns = KG_NO_NS;
	event->dur_ns = row->dur_ns;
	event->func_id = (known & FUNC_ID_MASK) - FUNC_ID_OFFSET;
	event->task_id = state->task_id;
	event->cpu = row->cpu;
	event->depth = row->depth;
	event->kind = (uint8_t)(row->kind - TEXT_ENTER);
	event->flags = state->event_flags;
	event->mark = row->mark;
	event->unused = 0;
}

/* Scans the rows from the next one on again, as there was no header. */
KG_MUST_USE enum kg_status text_rows_scan_again(struct text_reader *reader, struct kg_error *err);

/* Makes sure that the task of a row's CPU is known, be it as the unnamed one. */
KG_MUST_USE enum kg_status text_row_find_task(struct text_reader *reader,
					      const struct scan_row *row, struct text_cpu *state,
					      struct kg_error *err);

/* Takes a row, whatever it is, but no bundle. At most one event comes of it. */
KG_MUST_USE enum kg_status text_row_take(struct text_reader *reader, const struct scan_row *row,
					 struct event_batch *batch, struct kg_error *err);

/*
 * The short way for calls: what text_row_take() does with an ENTER, LEAF or LEAVE of a known
 * function on a CPU whose task is known, and of which nothing else is to be told; and bundles of
 * such. Stops at any other row.
 */
void text_rows_take_known(struct text_reader *reader, struct event_batch *batch);

#endif

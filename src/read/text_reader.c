/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how windows of text become batches of events, or lines with all that they have. */
#include "read/text_reader.h"

#include "base/error.h"
#include "base/memory.h"
#include "read/text_rows.h"
#include "base/banned.h"

/* Places in a window are counted in 32 bits. */
#define WINDOW_BYTES_MAX ((size_t)1 << 30)

/* All rows of the window at hand have been taken. */
static void leave_piece(struct text_reader *reader)
{
	struct text_piece *piece = reader->piece;
	reader->lines_before += piece->scan.rows.count;
	piece->scan.layout = reader->layout;
	for (size_t i = 0; piece->bundles.is_used && i < BUNDLE_MARKS; i++)
		reader->mark_lines[i] += piece->bundles.mark_lines[i];
	reader->piece = NULL;
}

/* Goes on to lines that were not taken: of the window at hand, or of the next. */
static enum kg_status more_rows(struct text_reader *reader, struct kg_error *err)
{
	struct text_piece *piece = reader->piece;
	if (piece != NULL && piece->scan.end < piece->window.lines.len)
		return text_rows_scan_again(reader, err);
	if (piece != NULL)
		leave_piece(reader);
	enum kg_status status = text_pipeline_next(reader->pipeline, &piece, err);
	reader->next_row = 0;
	if (status != KG_OK)
		return status;
	reader->piece = piece;
	reader->names = piece->names;
	reader->cpus.changes++;
	reader->is_bundled = piece->bundles.is_used;
	if (reader->is_bundled) {
		piece->bundles.line_no = reader->lines_before + 1;
		reader->next_row = bundles_next(&piece->bundles, 0, piece->scan.rows.count);
	}
	return KG_OK;
}

static bool is_used_up(const struct text_reader *reader)
{
	return reader->piece == NULL || reader->next_row == reader->piece->scan.rows.count;
}

/* Goes on behind the next row, which it returns. */
static const struct scan_row *pass_row(struct text_reader *reader)
{
	const struct text_piece *piece = reader->piece;
	const struct scan_row *row = &piece->scan.rows.at[reader->next_row++];
	reader->line_no = reader->lines_before + reader->next_row;
	if (reader->is_bundled)
		reader->next_row =
			bundles_next(&piece->bundles, reader->next_row, piece->scan.rows.count);
	return row;
}

/* From the next row on, what looks like calls may be none: each row is taken by itself. */
static void stop_bundles(struct text_reader *reader)
{
	struct text_piece *piece = reader->piece;
	if (!reader->is_bundled)
		return;
	text_bundles_open_from(&piece->bundles, piece->scan.rows.at, reader->next_row);
	reader->is_bundled = false;
}

static enum kg_status take_next(struct text_reader *reader, struct event_batch *batch,
				struct kg_error *err)
{
	const struct scan_row *row = &reader->piece->scan.rows.at[reader->next_row];
	if (row->is_plain != ROW_STARTS_BUNDLE)
		return text_row_take(reader, pass_row(reader), batch, err);
	/* once its task is known, it is handed out the short way */
	struct text_cpu *state = text_cpus_reach(&reader->cpus, row->cpu);
	return state != NULL ? text_row_find_task(reader, row, state, err)
			     : text_no_memory(reader, err);
}

/* Takes rows of the window at hand until it has no more or the batch is full. */
static enum kg_status take_rows(struct text_reader *reader, struct event_batch *batch,
				struct kg_error *err)
{
	while (!is_used_up(reader) && batch->count < EVENT_BATCH) {
		if (reader->comment_lines == 0)
			text_rows_take_known(reader, batch);
		else
			stop_bundles(reader);
		if (is_used_up(reader) || batch->count == EVENT_BATCH)
			break;
		enum kg_status status = take_next(reader, batch, err);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

/* Sums up what was counted by CPU and by mark. */
static enum kg_status tell_counts(struct text_reader *reader, struct kg_error *err)
{
	struct read_facts *facts = reader->facts;
	if (reader->is_told)
		return KG_END;
	if (!text_cpus_tell(&reader->cpus))
		return text_no_memory(reader, err);
	for (size_t i = 0; i < KG_MARK_COUNT; i++)
		facts->marks[i] = reader->mark_lines[(unsigned char)KG_MARKS[i]];
	facts->lines.total = reader->lines_before;
	reader->is_told = true;
	return KG_END;
}

static enum kg_status text_reader_next(struct kg_reader *base, struct event_batch *batch,
				       struct kg_error *err)
{
	struct text_reader *reader = (struct text_reader *)base;
	enum kg_status status = KG_OK;
	batch->count = 0;
	batch->bundles = NULL;
	while (status == KG_OK && batch->count < EVENT_BATCH) {
		if (!is_used_up(reader))
			status = take_rows(reader, batch, err);
		else if (batch->bundles == NULL)
			status = more_rows(reader, err);
		else
			break; /* its bundles are the window's */
	}
	if (status != KG_END)
		return status;
	return batch->count > 0 ? KG_OK : tell_counts(reader, err);
}

/* Takes the next row of the window at hand alone, with what it has beyond its event. */
static enum kg_status take_detailed(struct text_reader *reader, struct event_batch *batch,
				    struct kg_detail *detail, struct kg_error *err)
{
	const struct scan_row *row = pass_row(reader);
	const uint64_t pos_bytes = text_row_position(reader, row);
	const bool is_in_comment = reader->comment_lines > 0;
	text_detail_fill(text_row_text(reader, row), row, reader->layout, detail);
	detail->line_no = reader->line_no;
	if (is_in_comment)
		detail->kind = KG_LINE_COMMENT;
	enum kg_status status = text_row_take(reader, row, batch, err);
	/* one that was cut off is none */
	if (detail->kind == KG_LINE_EVENT && batch->count == 0)
		detail->kind = KG_LINE_UNKNOWN;
	text_rest_open(&reader->rest, reader->source, pos_bytes, detail);
	return status;
}

static enum kg_status text_reader_next_line(struct kg_reader *base, struct event_batch *batch,
					    struct kg_detail *detail, struct kg_error *err)
{
	struct text_reader *reader = (struct text_reader *)base;
	enum kg_status status = KG_OK;
	batch->count = 0;
	if (reader->rest.is_open)
		return text_rest_next(&reader->rest, reader->source, detail, err);
	while (status == KG_OK && is_used_up(reader))
		status = more_rows(reader, err);
	if (status == KG_OK)
		return take_detailed(reader, batch, detail, err);
	return status == KG_END ? tell_counts(reader, err) : status;
}

static uint64_t text_reader_position(const struct kg_reader *base)
{
	return text_pipeline_position(((const struct text_reader *)base)->pipeline);
}

static void text_reader_close(struct kg_reader *base)
{
	struct text_reader *reader = (struct text_reader *)base;
	text_pipeline_close(reader->pipeline);
	text_cpus_release(&reader->cpus);
	text_rest_release(&reader->rest);
	memory_free(reader);
}

static void text_reader_bundle(struct kg_reader *base, const struct text_bundler *bundler)
{
	struct text_reader *reader = (struct text_reader *)base;
	reader->bundler = bundler;
	text_pipeline_bundle(reader->pipeline, bundler);
}

static enum kg_status text_reader_finish_bundles(struct kg_reader *base)
{
	return text_pipeline_finish(((struct text_reader *)base)->pipeline);
}

static bool text_reader_unbundle(struct kg_reader *base, const struct kg_event *event,
				 struct event_list *out)
{
	struct text_reader *reader = (struct text_reader *)base;
	struct text_piece *piece = reader->piece;
	const struct event_bundle *bundle = &piece->bundles.at.at[event->func_id];
	const struct text_cpu state = { .task_id = event->task_id, .event_flags = event->flags };
	text_bundles_drop_calls(&piece->bundles, bundle);
	for (uint32_t i = bundle->first_row; i <= bundle->last_row; i++) {
		const struct scan_row *row = &piece->scan.rows.at[i];
		if (row->cpu != bundle->cpu)
			continue;
		if (!column_reserve(out, out->count + 1))
			return false;
		text_row_write(&out->at[out->count++], row, &state,
			       piece->names->func_ids.at[(uint32_t)(row->symbol + 1)],
			       piece->bundles.line_no + i);
	}
	return true;
}

static const struct reader_bundling text_reader_bundling = {
	.start = text_reader_bundle,
	.unbundle = text_reader_unbundle,
	.finish = text_reader_finish_bundles,
};

static const struct reader_class text_reader_class = {
	.next = text_reader_next,
	.next_line = text_reader_next_line,
	.bundling = &text_reader_bundling,
	.position = text_reader_position,
	.close = text_reader_close,
};

enum kg_status text_reader_open(const struct source *source, const struct reader_opts *opts,
				struct read_facts *facts, struct kg_reader **out,
				struct kg_error *err)
{
	size_t window_bytes = opts->window_bytes != 0 ? opts->window_bytes : READER_WINDOW_BYTES;
	if (window_bytes > WINDOW_BYTES_MAX)
		window_bytes = WINDOW_BYTES_MAX;
	struct text_layout layout;
	enum kg_status status = text_layout_find(source, &layout, err);
	if (status != KG_OK)
		return status;
	struct text_reader *reader = memory_zalloc(sizeof(*reader));
	if (reader == NULL)
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	reader->base.class = &text_reader_class;
	reader->base.format = KG_FORMAT_FTRACE;
	reader->source = source;
	reader->facts = facts;
	reader->layout = layout;
	reader->cpus.facts = facts;
	reader->cpus.owners = (struct owner_search){ .source = source,
						     .tasks = &facts->tasks,
						     .window_bytes = window_bytes,
						     .look_ahead_bytes = opts->look_ahead_bytes,
						     .layout = layout };
	facts->columns = layout.columns;
	status = text_pipeline_open(source, window_bytes, opts->thread_count, layout,
				    &reader->pipeline, err);
	if (status != KG_OK) {
		text_reader_close(&reader->base);
		return status;
	}
	*out = &reader->base;
	return KG_OK;
}

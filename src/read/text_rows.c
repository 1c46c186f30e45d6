/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how rows of text become events: whose they are, and what is inside an event comment. */
#include "read/text_rows.h"

#include <assert.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "read/text_comment.h"
#include "base/banned.h"

/* Kinds of calls are in the same order for lines and for events. */
static_assert(TEXT_LEAVE - TEXT_ENTER == KG_EV_LEAVE && TEXT_LEAF - TEXT_ENTER == KG_EV_LEAF,
	      "kinds of calls");

enum kg_status text_no_memory(const struct text_reader *reader, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(reader->source), 0, "out of memory");
}

static const struct scan_extra *extra_of(const struct text_reader *reader,
					 const struct scan_row *row)
{
	static const struct scan_extra none = { KG_NO_NS, SCAN_NONE, SCAN_NONE };
	return row->extra == SCAN_NONE ? &none : &reader->piece->scan.extras.at[row->extra];
}

/* What is to become of the calls of a function, as a flag in func_ids. */
static uint32_t wish_of(const struct text_reader *reader, kg_func_id func_id)
{
	if (reader->bundler == NULL)
		return 0;
	switch (reader->bundler->wish(reader->bundler->self, func_id)) {
	case BUNDLE_FREELY:
		return 0;
	case BUNDLE_NOTED:
		return FUNC_IS_NOTED;
	case BUNDLE_NEVER:
		break;
	}
	return FUNC_IS_WANTED;
}

/* The function of a row; KG_NO_FUNC where it names none. False when memory is out. */
static bool func_of(struct text_reader *reader, uint32_t symbol, kg_func_id *out)
{
	struct text_names *names = reader->names;
	*out = KG_NO_FUNC;
	if (symbol == SCAN_NONE)
		return true;
	if (!column_reach(&names->func_ids, (size_t)symbol + 1) ||
	    !column_reserve(&names->news, names->news.count + 1))
		return false;
	names->func_ids.at[0] = KG_NO_FUNC + FUNC_ID_OFFSET;
	uint32_t *known = &names->func_ids.at[symbol + 1];
	if (*known == 0) {
		kg_func_id id = funcs_add(&reader->facts->funcs, names->symbols.at[symbol]);
		if (id == KG_NO_FUNC)
			return false;
		*known = (id + FUNC_ID_OFFSET) | wish_of(reader, id);
		names->news.at[names->news.count++] = (struct told_func){ symbol, *known };
	}
	*out = (*known & FUNC_ID_MASK) - FUNC_ID_OFFSET;
	return true;
}

/* Whether a task goes by the name that stands before the last dash. */
static bool is_named_so(const struct kg_task *task, struct span printed)
{
	const size_t len = strlen(task->comm);
	const unsigned char *dash = memrchr(printed.at, '-', printed.len);
	return dash == printed.at + len && memcmp(printed.at, task->comm, len) == 0;
}

static bool task_of(struct text_reader *reader, uint32_t printed, kg_task_id *out)
{
	struct text_piece *piece = reader->piece;
	if (!column_reach(&piece->task_ids, printed))
		return false;
	uint32_t *known = &piece->task_ids.at[printed];
	struct span name = intern_get(&piece->scan.tasks, printed);
	/* a task that was renamed since is told again, for the latest name is what it is called */
	if (*known == 0 || !is_named_so(reader->facts->tasks.rows.at[*known - 1], name)) {
		struct span comm;
		int64_t pid = text_task_split(name, &comm);
		kg_task_id id = tasks_add(&reader->facts->tasks, pid, comm);
		if (id == KG_NO_TASK)
			return false;
		*known = id + 1;
	}
	*out = *known - 1;
	return true;
}

uint64_t text_row_position(const struct text_reader *reader, const struct scan_row *row)
{
	return reader->piece->window.pos_bytes + row->offset;
}

enum kg_status text_row_find_task(struct text_reader *reader, const struct scan_row *row,
				  struct text_cpu *state, struct kg_error *err)
{
	kg_task_id task_id;
	const struct scan_extra *extra = extra_of(reader, row);
	if (extra->task != SCAN_NONE) {
		if (!task_of(reader, extra->task, &task_id))
			return text_no_memory(reader, err);
		if (state->has_task && state->task_id == task_id)
			return KG_OK;
		if (state->is_by_banner)
			diag_add(&reader->facts->diags, KG_DIAG_TASK_MISMATCH, reader->line_no);
		text_cpus_run(&reader->cpus, state, task_id);
		return KG_OK;
	}
	if (state->has_task)
		return KG_OK;
	return text_cpus_search(&reader->cpus, row->cpu, text_row_position(reader, row),
				reader->layout, err);
}

static bool is_negative(const struct scan_row *row)
{
	return row->dur_ns > INT64_MAX && row->dur_ns != KG_NO_NS;
}

static struct kg_event *add_event(const struct text_reader *reader, struct event_batch *batch,
				  enum kg_event_kind kind, const struct scan_row *row)
{
	const uint64_t time_ns = extra_of(reader, row)->time_ns;
	struct kg_event *event = &batch->events[batch->count++];
	*event = (struct kg_event){
		.line_no = reader->line_no,
		.time_ns = time_ns,
		.dur_ns = is_negative(row) ? KG_NO_NS : row->dur_ns,
		.func_id = KG_NO_FUNC,
		.task_id = KG_NO_TASK,
		.cpu = row->cpu,
		.depth = row->depth,
		.kind = (uint8_t)kind,
		.flags = row->flags & SCAN_CUT_MASK,
		.mark = row->mark,
	};
	return event;
}

/* ENTER, LEAF, LEAVE, and the comments and arrows between them. */
static enum kg_status take_event(struct text_reader *reader, const struct scan_row *row,
				 enum kg_event_kind kind, struct event_batch *batch,
				 struct kg_error *err)
{
	struct text_cpu *state = text_cpus_reach(&reader->cpus, row->cpu);
	if (state == NULL)
		return text_no_memory(reader, err);
	if (!state->has_task || row->extra != SCAN_NONE) {
		enum kg_status status = text_row_find_task(reader, row, state, err);
		if (status != KG_OK)
			return status;
	}
	struct kg_event *event = add_event(reader, batch, kind, row);
	event->task_id = state->task_id;
	event->flags |= state->event_flags;
	if (!func_of(reader, row->symbol, &event->func_id))
		return text_no_memory(reader, err);
	if (row->cpu == KG_NO_CPU)
		diag_add(&reader->facts->diags, KG_DIAG_NO_CPU, reader->line_no);
	return KG_OK;
}

static enum call_line line_of(const struct scan_row *row)
{
	if (row->flags & SCAN_NAMED)
		return LINE_EXIT_NAMED;
	return (enum call_line)(row->kind - TEXT_ENTER);
}

static enum kg_status take_call(struct text_reader *reader, const struct scan_row *row,
				enum kg_event_kind kind, struct event_batch *batch,
				struct kg_error *err)
{
	enum kg_status status = take_event(reader, row, kind, batch, err);
	if (status != KG_OK)
		return status;
	reader->cpus.at.at[row->cpu].call_lines[line_of(row)]++;
	reader->mark_lines[row->mark]++;
	if (row->flags & SCAN_MARK_IS_WRONG)
		diag_add(&reader->facts->diags, KG_DIAG_MARK_MISMATCH, reader->line_no);
	if (is_negative(row))
		diag_add(&reader->facts->diags, KG_DIAG_NEGATIVE_DURATION, reader->line_no);
	return KG_OK;
}

/*
 * Hands out a bundle in place of its rows, on a CPU whose task is known. False if calls of another
 * CPU may be of the same lane: then its rows are handed out after all.
 */
static bool write_bundle(struct text_reader *reader, struct event_batch *batch,
			 struct text_cpu *state, size_t row_index, struct kg_event *event)
{
	struct text_bundles *bundles = &reader->piece->bundles;
	struct scan_row *rows = reader->piece->scan.rows.at;
	const uint32_t number = bundles->starts.at[row_index];
	struct event_bundle *bundle = &bundles->at.at[number];
	if (!text_cpus_is_alone(&reader->cpus, bundle->cpu, bundles->cpus.at,
				bundles->cpus.count)) {
		text_bundles_open(bundles, rows, number);
		return false;
	}
	text_row_write(event, &rows[row_index], state, 0, reader->lines_before + row_index + 1);
	event->kind = EVENT_BUNDLE;
	event->func_id = number;
	bundle->line_no = event->line_no;
	batch->bundles = bundles;
	state->call_lines[LINE_ENTRY] += bundle->pair_count;
	state->call_lines[LINE_LEAF] += bundle->atomic_count;
	state->call_lines[LINE_EXIT] += bundle->pair_count - bundle->named_count;
	state->call_lines[LINE_EXIT_NAMED] += bundle->named_count;
	/* the marks of all its other lines are counted with the window's */
	reader->mark_lines[' '] += bundle->pair_count;
	return true;
}

/*
 * What changes is kept in variables of its own, for the compiler has to expect any member of the
 * reader behind any pointer.
 */
void text_rows_take_known(struct text_reader *reader, struct event_batch *batch)
{
	const struct text_piece *piece = reader->piece;
	const struct scan_row *rows = piece->scan.rows.at;
	const size_t row_count = piece->scan.rows.count;
	const bool is_bundled = reader->is_bundled;
	const uint32_t *func_ids = reader->names->func_ids.at;
	const size_t func_id_count = reader->names->func_ids.count;
	struct text_cpu *cpus = reader->cpus.at.at;
	const size_t cpu_count = reader->cpus.at.count;
	struct kg_event *event = batch->events + batch->count;
	const struct kg_event *full = batch->events + EVENT_BATCH;
	size_t next_row = reader->next_row;
	while (next_row < row_count && event < full) {
		const struct scan_row *row = &rows[next_row];
		const size_t symbol = (uint32_t)(row->symbol + 1); /* SCAN_NONE becomes 0 */
		if (row->is_plain == ROW_IS_NOT_PLAIN || row->cpu >= cpu_count ||
		    symbol >= func_id_count)
			break;
		struct text_cpu *state = &cpus[row->cpu];
		const uint32_t known = func_ids[symbol];
		if (!state->has_task || known == 0)
			break;
		if (row->is_plain == ROW_IS_PLAIN) {
			text_row_write(event, row, state, known,
				       reader->lines_before + next_row + 1);
			state->call_lines[line_of(row)]++;
			reader->mark_lines[row->mark]++;
		} else if (!write_bundle(reader, batch, state, next_row, event)) {
			continue;
		}
		event++;
		next_row++;
		if (is_bundled)
			next_row = bundles_next(&piece->bundles, next_row, row_count);
	}
	reader->next_row = next_row;
	batch->count = (size_t)(event - batch->events);
}

static enum kg_status take_switch(struct text_reader *reader, const struct scan_row *row,
				  struct event_batch *batch, struct kg_error *err)
{
	struct text_cpu *state = text_cpus_reach(&reader->cpus, row->cpu);
	kg_task_id before;
	kg_task_id after;
	const struct scan_extra *extra = extra_of(reader, row);
	if (state == NULL || !task_of(reader, extra->task, &before) ||
	    !task_of(reader, extra->next, &after))
		return text_no_memory(reader, err);
	if (state->has_task && state->task_id != before)
		diag_add(&reader->facts->diags, KG_DIAG_BANNER_MISMATCH, reader->line_no);
	text_cpus_run(&reader->cpus, state, after);
	state->is_by_banner = true;
	state->switches++;
	struct kg_event *event = add_event(reader, batch, KG_EV_SWITCH, row);
	event->task_id = after;
	event->flags |= state->event_flags;
	return KG_OK;
}

static enum kg_status take_lost(struct text_reader *reader, const struct scan_row *row,
				struct event_batch *batch, struct kg_error *err)
{
	if (text_cpus_reach(&reader->cpus, row->cpu) == NULL)
		return text_no_memory(reader, err);
	reader->facts->lost_gaps++;
	if (row->dur_ns == KG_NO_NS)
		reader->facts->lost_unknown = true;
	else
		reader->facts->lost_events += row->dur_ns;
	diag_add(&reader->facts->diags, KG_DIAG_LOST_EVENTS, reader->line_no);
	add_event(reader, batch, KG_EV_LOST, row);
	return KG_OK;
}

/* A new header: nothing of the trace before goes on, and its CPUs' tasks are not known. */
static void start_trace(struct text_reader *reader, const struct scan_row *row,
			struct event_batch *batch)
{
	text_cpus_restart(&reader->cpus, text_row_position(reader, row) + 1, reader->layout);
	add_event(reader, batch, KG_EV_NEW_TRACE, row);
}

struct span text_row_text(const struct text_reader *reader, const struct scan_row *row)
{
	const struct text_scan *scan = &reader->piece->scan;
	const unsigned char *lines = reader->piece->window.lines.at;
	const bool is_last = row + 1 == scan->rows.at + scan->rows.count;
	return span_of(lines + row->offset, lines + (is_last ? scan->end : row[1].offset));
}

enum kg_status text_rows_scan_again(struct text_reader *reader, struct kg_error *err)
{
	return text_pipeline_scan_again(reader->pipeline, reader->next_row, reader->layout,
					&reader->names)
		       ? KG_OK
		       : text_no_memory(reader, err);
}

static enum kg_status measure_comment(struct text_reader *reader, const struct scan_row *row,
				      struct kg_error *err)
{
	enum kg_status status = text_comment_measure(reader->source, text_row_position(reader, row),
						     reader->layout, &reader->comment_lines, err);
	if (status == KG_OK && reader->comment_lines == 0)
		diag_add(&reader->facts->diags, KG_DIAG_COMMENT_UNTERMINATED, reader->line_no);
	return status;
}

static enum kg_status take_comment(struct text_reader *reader, const struct scan_row *row,
				   struct event_batch *batch, struct kg_error *err)
{
	reader->facts->lines.comment++;
	enum kg_status status = KG_OK;
	if (row->flags & SCAN_OPEN_COMMENT)
		status = measure_comment(reader, row, err);
	if (status != KG_OK || row->cpu == KG_NO_CPU)
		return status;
	return take_event(reader, row, KG_EV_COMMENT, batch, err);
}

/* A line inside a comment that goes on. */
static enum kg_status take_comment_line(struct text_reader *reader, const struct scan_row *row,
					struct kg_error *err)
{
	struct text_layout declared;
	reader->comment_lines--;
	reader->facts->lines.comment++;
	if (row->kind == TEXT_ENTER || row->kind == TEXT_LEAF || row->kind == TEXT_LEAVE ||
	    row->kind == TEXT_SWITCH || row->kind == TEXT_LOST)
		diag_add(&reader->facts->diags, KG_DIAG_COMMENT_LOOKALIKE, reader->line_no);
	/* the scanner does not know of comments and took this for other columns */
	if (row->kind == TEXT_HEADER &&
	    text_layout_from_header(text_row_text(reader, row), &declared))
		return text_rows_scan_again(reader, err);
	return KG_OK;
}

static void take_header(struct text_reader *reader, const struct scan_row *row,
			struct event_batch *batch)
{
	reader->facts->lines.header++;
	text_layout_from_header(text_row_text(reader, row), &reader->layout);
	if (row->flags & SCAN_NEW_TRACE)
		start_trace(reader, row, batch);
}

static void take_unknown(struct text_reader *reader, const struct scan_row *row)
{
	enum kg_diag_kind kind = KG_DIAG_UNRECOGNIZED_LINE;
	reader->facts->lines.unrecognized++;
	if (row->flags & SCAN_TOO_LONG)
		kind = KG_DIAG_LINE_TOO_LONG;
	else if (row->flags & SCAN_NO_NEWLINE)
		kind = KG_DIAG_TRUNCATED_LINE;
	diag_add(&reader->facts->diags, kind, reader->line_no);
}

enum kg_status text_row_take(struct text_reader *reader, const struct scan_row *row,
			     struct event_batch *batch, struct kg_error *err)
{
	struct kg_line_counts *lines = &reader->facts->lines;
	if (row->kind == TEXT_SWITCH && text_cpus_is_assumed(&reader->cpus, row->cpu))
		return KG_AGAIN;
	if (reader->comment_lines > 0)
		return take_comment_line(reader, row, err);
	switch ((enum text_kind)row->kind) {
	case TEXT_ENTER:
		return take_call(reader, row, KG_EV_ENTER, batch, err);
	case TEXT_LEAF:
		return take_call(reader, row, KG_EV_LEAF, batch, err);
	case TEXT_LEAVE:
		return take_call(reader, row, KG_EV_LEAVE, batch, err);
	case TEXT_SWITCH:
		/* a pid may lack its last digits */
		if (row->flags & SCAN_NO_NEWLINE)
			break;
		lines->switches++;
		return take_switch(reader, row, batch, err);
	case TEXT_COMMENT:
		return take_comment(reader, row, batch, err);
	case TEXT_IRQ_ENTER:
		lines->irq++;
		return take_event(reader, row, KG_EV_IRQ_ENTER, batch, err);
	case TEXT_IRQ_LEAVE:
		lines->irq++;
		return take_event(reader, row, KG_EV_IRQ_LEAVE, batch, err);
	case TEXT_LOST:
		lines->lost++;
		return take_lost(reader, row, batch, err);
	case TEXT_HEADER:
		take_header(reader, row, batch);
		return KG_OK;
	case TEXT_BLANK:
	case TEXT_RULE:
	case TEXT_NOISE:
		lines->noise++;
		return KG_OK;
	case TEXT_UNKNOWN:
		break;
	}
	take_unknown(reader, row);
	return KG_OK;
}

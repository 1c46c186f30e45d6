/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how rows of text become events: whose they are, and what is inside an event comment. */
#include "read/text_reader.h"

#include <assert.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/memory.h"
#include "read/text_comment.h"
#include "read/text_detail.h"
#include "read/text_owner.h"
#include "read/text_pipeline.h"
#include "base/banned.h"

/* Places in a window are counted in 32 bits. */
#define WINDOW_BYTES_MAX ((size_t)1 << 30)

/* How the lines of calls are counted: by the kind of their event, and named exits apart. */
enum call_line {
	LINE_ENTRY = KG_EV_ENTER,
	LINE_EXIT = KG_EV_LEAVE,
	LINE_LEAF = KG_EV_LEAF,
	LINE_EXIT_NAMED,
	CALL_LINE_COUNT
};

/* Kinds of calls are in the same order for lines and for events. */
static_assert(TEXT_LEAVE - TEXT_ENTER == KG_EV_LEAVE && TEXT_LEAF - TEXT_ENTER == KG_EV_LEAF,
	      "kinds of calls");

struct cpu_state {
	kg_task_id task_id;
	bool has_task;
	bool is_assumed;   /* in this trace lines went to its unnamed task, unless a banner comes */
	bool is_by_banner; /* a banner named the task */
	uint8_t event_flags; /* of all events of that task */
	uint64_t switches;
	uint64_t call_lines[CALL_LINE_COUNT];
};

struct text_reader {
	struct kg_reader base;
	const struct source *source;
	struct read_facts *facts;
	struct text_pipeline *pipeline;
	struct text_piece *piece; /* the window at hand, or NULL */
	size_t next_row;
	struct text_layout layout; /* in force there */
	uint64_t line_no;	   /* of the row before next_row */
	uint64_t comment_lines;	   /* so many of the next lines are still the same comment */
	struct text_rest rest;	   /* of the line last handed out with its details */
	bool is_told;		   /* what was counted is in the facts */
	uint64_t mark_lines[UINT8_MAX + 1]; /* by character */
	struct owner_search owners;
	COLUMN(struct cpu_state) cpus;
};

static enum kg_status no_memory(const struct text_reader *reader, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(reader->source), 0, "out of memory");
}

static const struct scan_extra *extra_of(const struct text_reader *reader,
					 const struct scan_row *row)
{
	static const struct scan_extra none = { KG_NO_NS, SCAN_NONE, SCAN_NONE };
	return row->extra == SCAN_NONE ? &none : &reader->piece->scan.extras.at[row->extra];
}

/* Between ids and what is kept of them in a piece, in which 0 is for "not yet". */
#define FUNC_ID_OFFSET 2

/* The function of a row; KG_NO_FUNC where it names none. False when memory is out. */
static bool func_of(struct text_reader *reader, uint32_t symbol, kg_func_id *out)
{
	struct text_piece *piece = reader->piece;
	*out = KG_NO_FUNC;
	if (symbol == SCAN_NONE)
		return true;
	if (!column_reach(&piece->func_ids, (size_t)symbol + 1))
		return false;
	piece->func_ids.at[0] = KG_NO_FUNC + FUNC_ID_OFFSET;
	uint32_t *known = &piece->func_ids.at[symbol + 1];
	if (*known == 0) {
		kg_func_id id =
			funcs_add(&reader->facts->funcs, intern_get(&piece->scan.symbols, symbol));
		if (id == KG_NO_FUNC)
			return false;
		*known = id + FUNC_ID_OFFSET;
	}
	*out = *known - FUNC_ID_OFFSET;
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

/* The state of a CPU; NULL when memory is out. */
static struct cpu_state *cpu_of(struct text_reader *reader, uint16_t cpu)
{
	return column_reach(&reader->cpus, cpu) ? &reader->cpus.at[cpu] : NULL;
}

static void run_task(const struct text_reader *reader, struct cpu_state *state, kg_task_id task_id)
{
	state->task_id = task_id;
	state->has_task = true;
	state->is_by_banner = false;
	state->event_flags =
		kg_tasks_get(&reader->facts->tasks, task_id)->is_idle ? KG_EVF_IDLE : 0;
}

/* Where the text of a row starts in the source. */
static uint64_t row_position(const struct text_reader *reader, const struct scan_row *row)
{
	return reader->piece->window.pos_bytes + row->offset;
}

/* Makes sure that the task of a row's CPU is known, be it as the unnamed one. */
static enum kg_status find_task(struct text_reader *reader, const struct scan_row *row,
				struct cpu_state *state, struct kg_error *err)
{
	kg_task_id task_id;
	bool is_assumed = false;
	const struct scan_extra *extra = extra_of(reader, row);
	if (extra->task != SCAN_NONE) {
		if (!task_of(reader, extra->task, &task_id))
			return no_memory(reader, err);
		if (state->has_task && state->task_id == task_id)
			return KG_OK;
		if (state->is_by_banner)
			diag_add(&reader->facts->diags, KG_DIAG_TASK_MISMATCH, reader->line_no);
		run_task(reader, state, task_id);
		return KG_OK;
	}
	if (state->has_task)
		return KG_OK;
	if (row->cpu == KG_NO_CPU) {
		task_id = tasks_add_unnamed(&reader->facts->tasks, KG_NO_CPU);
		if (task_id == KG_NO_TASK)
			return no_memory(reader, err);
	} else {
		const uint64_t pos_bytes = row_position(reader, row);
		owner_pass(&reader->owners, pos_bytes, reader->layout);
		enum kg_status status = owner_find(&reader->owners, row->cpu, pos_bytes, &task_id,
						   &is_assumed, err);
		if (status != KG_OK)
			return status;
	}
	run_task(reader, state, task_id);
	state->is_assumed |= is_assumed;
	return KG_OK;
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
	struct cpu_state *state = cpu_of(reader, row->cpu);
	if (state == NULL)
		return no_memory(reader, err);
	if (!state->has_task || row->extra != SCAN_NONE) {
		enum kg_status status = find_task(reader, row, state, err);
		if (status != KG_OK)
			return status;
	}
	struct kg_event *event = add_event(reader, batch, kind, row);
	event->task_id = state->task_id;
	event->flags |= state->event_flags;
	if (!func_of(reader, row->symbol, &event->func_id))
		return no_memory(reader, err);
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
	reader->cpus.at[row->cpu].call_lines[line_of(row)]++;
	reader->mark_lines[row->mark]++;
	if (row->flags & SCAN_MARK_IS_WRONG)
		diag_add(&reader->facts->diags, KG_DIAG_MARK_MISMATCH, reader->line_no);
	if (is_negative(row))
		diag_add(&reader->facts->diags, KG_DIAG_NEGATIVE_DURATION, reader->line_no);
	return KG_OK;
}

/*
 * The short way for calls: what take_row() does with an ENTER, LEAF or LEAVE of a known function on
 * a CPU whose task is known, and of which nothing else is to be told. Stops at any other row. What
 * changes is kept in variables of its own, for the compiler has to expect any member of the reader
 * behind any pointer.
 */
static void take_known_calls(struct text_reader *reader, struct event_batch *batch)
{
	const struct text_piece *piece = reader->piece;
	const struct scan_row *row = piece->scan.rows.at + reader->next_row;
	const uint32_t *func_ids = piece->func_ids.at;
	const size_t func_id_count = piece->func_ids.count;
	struct cpu_state *cpus = reader->cpus.at;
	const size_t cpu_count = reader->cpus.count;
	const size_t rows_left = piece->scan.rows.count - reader->next_row;
	const size_t room = EVENT_BATCH - batch->count;
	const size_t most = rows_left < room ? rows_left : room;
	struct kg_event *events = batch->events + batch->count;
	const uint64_t first_line_no = reader->line_no + 1;
	size_t taken = 0;
	for (; taken < most; taken++, row++) {
		const size_t symbol = (uint32_t)(row->symbol + 1); /* SCAN_NONE becomes 0 */
		if (!row->is_plain || row->cpu >= cpu_count || symbol >= func_id_count)
			break;
		struct cpu_state *state = &cpus[row->cpu];
		const uint32_t known = func_ids[symbol];
		if (!state->has_task || known == 0)
			break;
		struct kg_event *event = &events[taken];
		event->line_no = first_line_no + taken;
		event->time_ns = KG_NO_NS;
		event->dur_ns = row->dur_ns;
		event->func_id = known - FUNC_ID_OFFSET;
		event->task_id = state->task_id;
		event->cpu = row->cpu;
		event->depth = row->depth;
		event->kind = (uint8_t)(row->kind - TEXT_ENTER);
		event->flags = state->event_flags;
		event->mark = row->mark;
		event->unused = 0;
		state->call_lines[line_of(row)]++;
		reader->mark_lines[row->mark]++;
	}
	reader->line_no += taken;
	reader->next_row += taken;
	batch->count += taken;
}

static enum kg_status take_switch(struct text_reader *reader, const struct scan_row *row,
				  struct event_batch *batch, struct kg_error *err)
{
	struct cpu_state *state = cpu_of(reader, row->cpu);
	kg_task_id before;
	kg_task_id after;
	const struct scan_extra *extra = extra_of(reader, row);
	if (state == NULL || !task_of(reader, extra->task, &before) ||
	    !task_of(reader, extra->next, &after))
		return no_memory(reader, err);
	if (state->has_task && state->task_id != before)
		diag_add(&reader->facts->diags, KG_DIAG_BANNER_MISMATCH, reader->line_no);
	run_task(reader, state, after);
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
	if (cpu_of(reader, row->cpu) == NULL)
		return no_memory(reader, err);
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
	for (size_t cpu = 0; cpu < reader->cpus.count; cpu++)
		reader->cpus.at[cpu].has_task = reader->cpus.at[cpu].is_assumed =
			reader->cpus.at[cpu].is_by_banner = false;
	owner_restart(&reader->owners, row_position(reader, row) + 1, reader->layout);
	add_event(reader, batch, KG_EV_NEW_TRACE, row);
}

/* The line of a row, with its newline. */
static struct span row_text(const struct text_reader *reader, const struct scan_row *row)
{
	const struct text_scan *scan = &reader->piece->scan;
	const unsigned char *lines = reader->piece->window.lines.at;
	const bool is_last = row + 1 == scan->rows.at + scan->rows.count;
	return span_of(lines + row->offset, lines + (is_last ? scan->end : row[1].offset));
}

static enum kg_status measure_comment(struct text_reader *reader, const struct scan_row *row,
				      struct kg_error *err)
{
	enum kg_status status = text_comment_measure(reader->source, row_position(reader, row),
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
	struct text_piece *piece = reader->piece;
	struct text_layout declared;
	reader->comment_lines--;
	reader->facts->lines.comment++;
	if (row->kind == TEXT_ENTER || row->kind == TEXT_LEAF || row->kind == TEXT_LEAVE ||
	    row->kind == TEXT_SWITCH || row->kind == TEXT_LOST)
		diag_add(&reader->facts->diags, KG_DIAG_COMMENT_LOOKALIKE, reader->line_no);
	/* the scanner does not know of comments and took this for other columns */
	if (row->kind == TEXT_HEADER && text_layout_from_header(row_text(reader, row), &declared) &&
	    !text_scan_again(&piece->scan, &piece->window, reader->next_row, reader->layout))
		return no_memory(reader, err);
	return KG_OK;
}

static void take_header(struct text_reader *reader, const struct scan_row *row,
			struct event_batch *batch)
{
	reader->facts->lines.header++;
	text_layout_from_header(row_text(reader, row), &reader->layout);
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

/* Whether the search for the task of a CPU ended before its banner, if it has one. */
static bool is_assumed_on(const struct text_reader *reader, uint16_t cpu)
{
	return cpu < reader->cpus.count && reader->cpus.at[cpu].is_assumed;
}

static enum kg_status take_row(struct text_reader *reader, const struct scan_row *row,
			       struct event_batch *batch, struct kg_error *err)
{
	struct kg_line_counts *lines = &reader->facts->lines;
	if (row->kind == TEXT_SWITCH && is_assumed_on(reader, row->cpu))
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

/* Goes on to lines that were not taken: of the window at hand, or of the next. */
static enum kg_status more_rows(struct text_reader *reader, struct kg_error *err)
{
	struct text_piece *piece = reader->piece;
	if (piece != NULL && piece->scan.end < piece->window.lines.len)
		return text_scan_again(&piece->scan, &piece->window, reader->next_row,
				       reader->layout)
			       ? KG_OK
			       : no_memory(reader, err);
	if (piece != NULL)
		piece->scan.layout = reader->layout;
	enum kg_status status = text_pipeline_next(reader->pipeline, &reader->piece, err);
	if (status != KG_OK)
		reader->piece = NULL;
	reader->next_row = 0;
	return status;
}

static bool is_used_up(const struct text_reader *reader)
{
	return reader->piece == NULL || reader->next_row == reader->piece->scan.rows.count;
}

/* Takes rows of the window at hand until it has no more or the batch is full. */
static enum kg_status take_rows(struct text_reader *reader, struct event_batch *batch,
				struct kg_error *err)
{
	while (!is_used_up(reader) && batch->count < EVENT_BATCH) {
		if (reader->comment_lines == 0)
			take_known_calls(reader, batch);
		if (is_used_up(reader) || batch->count == EVENT_BATCH)
			break;
		const struct scan_row *row = &reader->piece->scan.rows.at[reader->next_row++];
		reader->line_no++;
		enum kg_status status = take_row(reader, row, batch, err);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

/* Sums up what was counted by CPU and by mark. */
static enum kg_status tell_counts(struct text_reader *reader, struct kg_error *err)
{
	struct read_facts *facts = reader->facts;
	struct kg_line_counts *lines = &facts->lines;
	if (reader->is_told)
		return KG_END;
	if (reader->cpus.count > 0 && !column_reach(&facts->cpus, reader->cpus.count - 1))
		return no_memory(reader, err);
	for (size_t i = 0; i < reader->cpus.count; i++) {
		const struct cpu_state *state = &reader->cpus.at[i];
		const uint64_t *counts = state->call_lines;
		const uint64_t started = counts[LINE_ENTRY] + counts[LINE_LEAF];
		const uint64_t exits = counts[LINE_EXIT] + counts[LINE_EXIT_NAMED];
		facts->cpus.at[i] = (struct kg_cpu_info){ .cpu = (uint16_t)i,
							  .events = started + exits,
							  .calls_started = started,
							  .switches = state->switches };
		lines->entry += counts[LINE_ENTRY];
		lines->leaf += counts[LINE_LEAF];
		lines->exit += counts[LINE_EXIT];
		lines->exit_named += counts[LINE_EXIT_NAMED];
	}
	for (size_t i = 0; i < KG_MARK_COUNT; i++)
		facts->marks[i] = reader->mark_lines[(unsigned char)KG_MARKS[i]];
	lines->total = reader->line_no;
	reader->is_told = true;
	return KG_END;
}

static enum kg_status text_reader_next(struct kg_reader *base, struct event_batch *batch,
				       struct kg_error *err)
{
	struct text_reader *reader = (struct text_reader *)base;
	enum kg_status status = KG_OK;
	batch->count = 0;
	while (status == KG_OK && batch->count < EVENT_BATCH)
		status =
			is_used_up(reader) ? more_rows(reader, err) : take_rows(reader, batch, err);
	if (status != KG_END)
		return status;
	return batch->count > 0 ? KG_OK : tell_counts(reader, err);
}

/* Takes the next row of the window at hand alone, with what it has beyond its event. */
static enum kg_status take_detailed(struct text_reader *reader, struct event_batch *batch,
				    struct kg_detail *detail, struct kg_error *err)
{
	const struct scan_row *row = &reader->piece->scan.rows.at[reader->next_row++];
	const uint64_t pos_bytes = row_position(reader, row);
	const bool is_in_comment = reader->comment_lines > 0;
	reader->line_no++;
	text_detail_fill(row_text(reader, row), row, reader->layout, detail);
	detail->line_no = reader->line_no;
	if (is_in_comment)
		detail->kind = KG_LINE_COMMENT;
	enum kg_status status = take_row(reader, row, batch, err);
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
	owner_release(&reader->owners);
	text_rest_release(&reader->rest);
	column_release(&reader->cpus);
	memory_free(reader);
}

static const struct reader_class text_reader_class = {
	.next = text_reader_next,
	.next_line = text_reader_next_line,
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
	reader->owners.source = source;
	reader->owners.tasks = &facts->tasks;
	reader->owners.window_bytes = window_bytes;
	reader->owners.look_ahead_bytes = opts->look_ahead_bytes;
	reader->owners.layout = layout;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how lines of `trace-cmd report` become events. */
#include "read/report_reader.h"

#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/window.h"
#include "read/report_input.h"
#include "read/report_line.h"
#include "read/report_short.h"
#include "base/banned.h"

struct report_reader {
	struct kg_reader base;
	const struct source *source;
	struct read_facts *facts;
	size_t window_bytes;
	struct window window;
	uint64_t next_window;
	const unsigned char *at; /* the next line of the window, up to limit */
	const unsigned char *limit;
	uint64_t line_no; /* of the line before `at` */
	struct report_short shorts;
	struct intern symbols; /* functions as printed */
	struct intern tasks;   /* "comm-pid" as printed */
	/* from these tables' numbers to ids, 0 for not yet: id + 1 */
	COLUMN(uint32_t) func_ids;
	COLUMN(uint32_t) task_ids;
	struct report_inputs inputs;
	uint32_t noted_input; /* of the note in front of the next record, which has no name then */
};

static enum kg_status no_memory(const struct report_reader *reader, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(reader->source), 0, "out of memory");
}

/* The number of a string of the window, added if new; INTERN_NONE when memory is out. */
static uint32_t number_of(struct intern *strings, struct span string)
{
	/* behind a window there is something to read */
	return intern_add(strings, string, intern_hash(string));
}

/* The function of a symbol; KG_NO_FUNC for INTERN_NONE. False when memory is out. */
static bool func_of(struct report_reader *reader, uint32_t symbol, kg_func_id *out)
{
	*out = KG_NO_FUNC;
	if (symbol == INTERN_NONE)
		return true;
	if (!column_reach(&reader->func_ids, symbol))
		return false;
	uint32_t *known = &reader->func_ids.at[symbol];
	if (*known == 0) {
		kg_func_id id =
			funcs_add(&reader->facts->funcs, intern_get(&reader->symbols, symbol));
		if (id == KG_NO_FUNC)
			return false;
		*known = id + 1;
	}
	*out = *known - 1;
	return true;
}

/* The task that a line names. False when memory is out. */
static bool task_of(struct report_reader *reader, struct span printed, kg_task_id *out)
{
	uint32_t number = number_of(&reader->tasks, printed);
	if (number == INTERN_NONE || !column_reach(&reader->task_ids, number))
		return false;
	uint32_t *known = &reader->task_ids.at[number];
	if (*known == 0) {
		struct span comm;
		int64_t pid = text_task_split(printed, &comm);
		kg_task_id id = tasks_add(&reader->facts->tasks, pid, comm);
		if (id == KG_NO_TASK)
			return false;
		*known = id + 1;
	}
	*out = *known - 1;
	return true;
}

/*
 * Events.
 */

static struct kg_event *add_event(const struct report_reader *reader, struct event_batch *batch,
				  enum kg_event_kind kind, const struct text_line *line)
{
	struct kg_event *event = &batch->events[batch->count++];
	*event = (struct kg_event){
		.line_no = reader->line_no,
		.time_ns = line->time_ns,
		.dur_ns = line->dur_ns,
		.func_id = KG_NO_FUNC,
		.task_id = KG_NO_TASK,
		.cpu = line->cpu,
		.kind = (uint8_t)kind,
		.mark = ' ',
	};
	return event;
}

static void count_line(struct read_facts *facts, const struct report_row *row)
{
	if (row->kind == TEXT_ENTER)
		facts->lines.entry++;
	else if (row->kind == TEXT_LEAF)
		facts->lines.leaf++;
	else if (row->symbol == INTERN_NONE)
		facts->lines.exit++;
	else
		facts->lines.exit_named++;
	if (row->mark != ' ') {
		const char *mark = strchr(KG_MARKS, row->mark);
		if (mark != NULL)
			facts->marks[mark - KG_MARKS]++;
	}
}

/* What a call lacks or contradicts, and what it tells of the trace as a whole. */
static void judge_call(struct report_reader *reader, const struct report_row *row)
{
	struct read_facts *facts = reader->facts;
	if (row->is_negative)
		diag_add(&facts->diags, KG_DIAG_NEGATIVE_DURATION, reader->line_no);
	if (row->is_raw)
		reader->base.format = KG_FORMAT_TRACE_CMD_RAW;
	else if (row->dur_ns != KG_NO_NS && report_mark_is_wrong(row->mark, row->dur_ns, row->cut))
		diag_add(&facts->diags, KG_DIAG_MARK_MISMATCH, reader->line_no);
	if (row->time_ns != KG_NO_NS)
		facts->columns |= KG_COLUMN_ABSTIME;
	if (row->has_flags)
		facts->columns |= KG_COLUMN_LATENCY;
}

static enum kg_status take_call(struct report_reader *reader, const struct report_row *row,
				struct event_batch *batch, struct kg_error *err)
{
	static const uint8_t kinds[] = {
		[TEXT_ENTER] = KG_EV_ENTER, [TEXT_LEAF] = KG_EV_LEAF, [TEXT_LEAVE] = KG_EV_LEAVE
	};
	kg_func_id func_id;
	if (!func_of(reader, row->symbol, &func_id) ||
	    !column_reach(&reader->facts->cpus, row->cpu))
		return no_memory(reader, err);
	batch->events[batch->count++] = (struct kg_event){
		.line_no = reader->line_no,
		.time_ns = row->time_ns,
		.dur_ns = row->dur_ns,
		.func_id = func_id,
		.task_id = row->task_id,
		.cpu = row->cpu,
		.depth = row->depth,
		.kind = kinds[row->kind],
		.flags =
			row->event_flags | row->cut | (func_id == KG_NO_FUNC ? KG_EVF_NAMELESS : 0),
		.mark = row->mark,
	};
	struct kg_cpu_info *cpu = &reader->facts->cpus.at[row->cpu];
	cpu->events++;
	cpu->calls_started += row->kind != TEXT_LEAVE;
	count_line(reader->facts, row);
	judge_call(reader, row);
	return KG_OK;
}

/*
 * Lines, the long way.
 */

/* A record of any event: its task and CPU. False when memory is out. */
static bool find_task(struct report_reader *reader, const struct report_line *line,
		      struct report_row *row)
{
	if (!task_of(reader, line->text.task, &row->task_id))
		return false;
	row->cpu = line->text.cpu;
	if (kg_tasks_get(&reader->facts->tasks, row->task_id)->is_idle)
		row->event_flags = KG_EVF_IDLE;
	return true;
}

/* The input of a line; false when memory is out. */
static bool input_of(struct report_reader *reader, const struct report_line *line, uint32_t *out)
{
	*out = reader->noted_input;
	return line->origin.len == 0 || report_inputs_add(&reader->inputs, line->origin, out);
}

static bool owner_of(struct report_reader *reader, const struct report_row *row, uint32_t input,
		     uint32_t *owner)
{
	if (row->event_flags & KG_EVF_IDLE)
		return report_inputs_claim_idle(&reader->inputs, input, row->cpu, owner);
	return report_inputs_claim(&reader->inputs, input, row->task_id, owner);
}

/*
 * A call. One of a task of another input is left out: tasks are told apart by their pids, and a
 * second trace in the tree of the first would spoil both.
 */
static enum kg_status take_call_line(struct report_reader *reader, struct span text,
				     const struct report_line *line, struct event_batch *batch,
				     struct kg_error *err)
{
	struct report_row row = {
		.time_ns = line->text.time_ns,
		.dur_ns = line->text.dur_ns,
		.symbol = INTERN_NONE,
		.depth = line->text.depth,
		.kind = (uint8_t)line->text.kind,
		.mark = line->text.mark,
		.cut = line->text.cut,
		.has_flags = line->text.flags.len > 0,
		.is_raw = line->is_raw,
		.is_negative = line->is_negative,
	};
	uint32_t input;
	uint32_t owner;
	if (!find_task(reader, line, &row) || !input_of(reader, line, &input) ||
	    !owner_of(reader, &row, input, &owner))
		return no_memory(reader, err);
	reader->noted_input = 0;
	if (line->text.name.len > 0) {
		row.symbol = number_of(&reader->symbols, line->text.name);
		if (row.symbol == INTERN_NONE)
			return no_memory(reader, err);
	}
	if (owner != input) {
		diag_add(&reader->facts->diags, KG_DIAG_TASK_MISMATCH, reader->line_no);
		count_line(reader->facts, &row);
		return KG_OK;
	}
	report_short_learn(&reader->shorts, text, line, &row);
	return take_call(reader, &row, batch, err);
}

/* A record of another event. */
static enum kg_status take_comment(struct report_reader *reader, const struct report_line *line,
				   struct event_batch *batch, struct kg_error *err)
{
	struct report_row row = { 0 };
	reader->facts->lines.comment++;
	reader->noted_input = 0;
	if (!find_task(reader, line, &row))
		return no_memory(reader, err);
	struct kg_event *event = add_event(reader, batch, KG_EV_COMMENT, &line->text);
	event->task_id = row.task_id;
	event->flags = row.event_flags;
	return KG_OK;
}

/* Only the first of the lines that trace-cmd prints of one record has the name of its input. */
static enum kg_status take_note(struct report_reader *reader, const struct report_line *line,
				struct kg_error *err)
{
	return input_of(reader, line, &reader->noted_input) ? KG_OK : no_memory(reader, err);
}

static enum kg_status take_lost(struct report_reader *reader, const struct report_line *line,
				struct event_batch *batch, struct kg_error *err)
{
	struct read_facts *facts = reader->facts;
	facts->lines.lost++;
	facts->lost_gaps++;
	if (line->text.dur_ns == KG_NO_NS)
		facts->lost_unknown = true;
	else
		facts->lost_events += line->text.dur_ns;
	diag_add(&facts->diags, KG_DIAG_LOST_EVENTS, reader->line_no);
	add_event(reader, batch, KG_EV_LOST, &line->text);
	return take_note(reader, line, err);
}

static void take_header(struct report_reader *reader, const struct report_line *line,
			struct event_batch *batch)
{
	reader->facts->lines.header++;
	if (!line->starts_trace)
		return;
	/* in another report everything may be another */
	report_inputs_forget(&reader->inputs);
	report_short_forget(&reader->shorts);
	reader->noted_input = 0;
	add_event(reader, batch, KG_EV_NEW_TRACE, &line->text);
}

static void take_unknown(struct report_reader *reader, struct span text, bool is_whole)
{
	enum kg_diag_kind kind = KG_DIAG_UNRECOGNIZED_LINE;
	reader->facts->lines.unrecognized++;
	if (text.len > WINDOW_LINE_MAX)
		kind = KG_DIAG_LINE_TOO_LONG;
	else if (!is_whole)
		kind = KG_DIAG_TRUNCATED_LINE;
	diag_add(&reader->facts->diags, kind, reader->line_no);
}

/* Takes a line of any form; it is whole if it has a newline. */
static enum kg_status take_line(struct report_reader *reader, struct span text, bool is_whole,
				struct event_batch *batch, struct kg_error *err)
{
	struct report_line line = { 0 };
	if (text.len <= WINDOW_LINE_MAX)
		report_line_scan(text, &line);
	/* the numbers of a raw line that was cut off look as good as whole ones */
	if (line.is_raw && !is_whole)
		line.text.kind = TEXT_UNKNOWN;
	switch (line.text.kind) {
	case TEXT_ENTER:
	case TEXT_LEAF:
	case TEXT_LEAVE:
		return take_call_line(reader, text, &line, batch, err);
	case TEXT_COMMENT:
		return take_comment(reader, &line, batch, err);
	case TEXT_LOST:
		return take_lost(reader, &line, batch, err);
	case TEXT_HEADER:
		take_header(reader, &line, batch);
		return KG_OK;
	case TEXT_NOISE:
		reader->facts->lines.noise++;
		return take_note(reader, &line, err);
	case TEXT_BLANK:
		reader->facts->lines.noise++;
		return KG_OK;
	case TEXT_UNKNOWN:
	case TEXT_RULE:
	case TEXT_SWITCH:
	case TEXT_IRQ_ENTER:
	case TEXT_IRQ_LEAVE:
		break;
	}
	take_unknown(reader, text, is_whole);
	return KG_OK;
}

/*
 * The reader.
 */

/* Takes lines of the window at hand until it has no more or the batch is full. */
static enum kg_status take_lines(struct report_reader *reader, struct event_batch *batch,
				 struct kg_error *err)
{
	while (reader->at < reader->limit && batch->count < EVENT_BATCH) {
		const unsigned char *at = reader->at;
		const unsigned char *limit = reader->limit;
		struct report_row row;
		enum kg_status status;
		reader->line_no++;
		const unsigned char *newline = NULL;
		if (reader->inputs.names.strings.count == 0)
			newline = report_short_take(&reader->shorts, at, limit, &row);
		if (newline != NULL) {
			status = take_call(reader, &row, batch, err);
		} else {
			newline = memchr(at, '\n', (size_t)(limit - at));
			struct span text = span_of(at, newline != NULL ? newline : limit);
			status = take_line(reader, text, newline != NULL, batch, err);
		}
		if (status != KG_OK)
			return status;
		reader->facts->lines.total++;
		reader->at = newline != NULL ? newline + 1 : limit;
	}
	return KG_OK;
}

static enum kg_status next_window(struct report_reader *reader, struct kg_error *err)
{
	if (reader->next_window * reader->window_bytes >= source_size(reader->source))
		return KG_END;
	enum kg_status status = window_read(&reader->window, reader->source, reader->next_window++,
					    reader->window_bytes, err);
	if (status != KG_OK)
		return status;
	reader->at = reader->window.lines.at;
	reader->limit = reader->at + reader->window.lines.len;
	return KG_OK;
}

static enum kg_status report_reader_next(struct kg_reader *base, struct event_batch *batch,
					 struct kg_error *err)
{
	struct report_reader *reader = (struct report_reader *)base;
	enum kg_status status = KG_OK;
	batch->count = 0;
	while (status == KG_OK && batch->count < EVENT_BATCH)
		status = reader->at < reader->limit ? take_lines(reader, batch, err)
						    : next_window(reader, err);
	return status == KG_END && batch->count > 0 ? KG_OK : status;
}

static uint64_t report_reader_position(const struct kg_reader *base)
{
	const struct report_reader *reader = (const struct report_reader *)base;
	const uint64_t pos = reader->next_window * reader->window_bytes;
	const uint64_t size = source_size(reader->source);
	return pos < size ? pos : size;
}

static void report_reader_close(struct kg_reader *base)
{
	struct report_reader *reader = (struct report_reader *)base;
	window_release(&reader->window);
	intern_release(&reader->symbols);
	intern_release(&reader->tasks);
	report_inputs_release(&reader->inputs);
	column_release(&reader->func_ids);
	column_release(&reader->task_ids);
	memory_free(reader);
}

static const struct reader_class report_reader_class = {
	.next = report_reader_next,
	.position = report_reader_position,
	.close = report_reader_close,
};

enum kg_status report_reader_open(const struct source *source, const struct reader_opts *opts,
				  struct read_facts *facts, struct kg_reader **out,
				  struct kg_error *err)
{
	struct report_reader *reader = memory_zalloc(sizeof(*reader));
	if (reader == NULL)
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	reader->base.class = &report_reader_class;
	reader->base.format = KG_FORMAT_TRACE_CMD_REPORT;
	reader->source = source;
	reader->facts = facts;
	reader->window_bytes = opts->window_bytes != 0 ? opts->window_bytes : READER_WINDOW_BYTES;
	reader->shorts.symbols = &reader->symbols;
	facts->columns = KG_COLUMN_CPU | KG_COLUMN_PROC | KG_COLUMN_DURATION;
	*out = &reader->base;
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows every form that a line of function_graph text can have. */
#include "read/text_line.h"

#include "read/text_parts.h"
#include "base/banned.h"

/* The kernel puts a task in the middle of so many columns. */
#define TASK_WIDTH 14

/*
 * Columns. Each takes the cursor and gives it behind its column, or NULL if the column is not
 * there.
 */

static const unsigned char *read_abstime(const unsigned char *at, const unsigned char *end,
					 uint64_t *time_ns)
{
	uint64_t seconds;
	uint64_t micros;
	at = text_number_read(skip_blanks(at, end), end, &seconds);
	if (at == NULL || at == end || *at != '.' || seconds > UINT32_MAX)
		return NULL;
	const unsigned char *fraction = at + 1;
	at = text_number_read(fraction, end, &micros);
	if (at == NULL || at - fraction != 6 || !is_at(at, end, SPAN(" |  ")))
		return NULL;
	*time_ns = seconds * 1000000000 + micros * 1000;
	return at + 4;
}

static const unsigned char *read_reltime(const unsigned char *at, const unsigned char *end,
					 struct text_line *line)
{
	uint64_t micros;
	at = text_number_read(skip_blanks(at, end), end, &micros);
	if (at == NULL || !is_at(at, end, SPAN(" us |  ")) || micros > UINT64_MAX / 1000)
		return NULL;
	line->rel_ns = micros * 1000;
	if (line->time_ns == KG_NO_NS)
		line->time_ns = line->rel_ns;
	return at + 7;
}

static const unsigned char *read_cpu(const unsigned char *at, const unsigned char *end,
				     uint16_t *cpu, uint32_t *width)
{
	uint64_t number;
	const unsigned char *first = at;
	at = text_number_read(skip_blanks(at, end), end, &number);
	if (at == NULL || number >= KG_NO_CPU || !is_at(at, end, SPAN(") ")))
		return NULL;
	*cpu = (uint16_t)number;
	*width = (uint32_t)(at - first - 1);
	return at + 2;
}

/* A comm may hold anything, even " | ": the column ends at the first bar with a pid before it. */
static const unsigned char *read_task(const unsigned char *at, const unsigned char *end,
				      struct span *task)
{
	const unsigned char *start = at;
	while (at < end) {
		const unsigned char *bar = span_find(span_of(at, end), SPAN(" | "));
		if (bar == NULL)
			return NULL;
		struct span token = span_trim(span_of(start, bar));
		struct span comm;
		if (text_task_split(token, &comm) >= 0 && comm.len <= TEXT_COMM_MAX) {
			*task = token;
			return bar + 3;
		}
		at = bar + 1;
	}
	return NULL;
}

static const unsigned char *read_latency(const unsigned char *at, const unsigned char *end,
					 struct text_line *line)
{
	if (at == end || *at != ' ')
		return NULL;
	const unsigned char *first = ++at;
	while (at < end && text_is_flag(*at))
		at++;
	line->has_flags_bar = is_at(at, end, SPAN(" | "));
	/* without a bar the mark of the duration follows at once, and some marks are flags too */
	if (!line->has_flags_bar && at - first > 4 && (at[-1] == '#' || at[-1] == '*'))
		at--;
	if (at - first < 4 || at - first > 8)
		return NULL;
	line->flags = span_of(first, at);
	return line->has_flags_bar ? at + 3 : at;
}

static const unsigned char *read_duration(const unsigned char *at, const unsigned char *end,
					  struct text_line *line)
{
	if (end - at < 3 || memchr(" +!#*@$", *at, 7) == NULL || at[1] != ' ')
		return NULL;
	line->mark = *at;
	at = skip_blanks(at + 1, end);
	if (at < end && is_digit(*at)) {
		at = text_micros_read(at, end, line);
		if (at == NULL)
			return NULL;
		at = skip_blanks(at, end);
	} else if (line->mark != ' ') {
		return NULL;
	}
	return at < end && *at == '|' ? at + 1 : NULL;
}

/* An arrow stands in the place of the duration, and nothing behind it counts. */
static bool read_arrow(const unsigned char *at, const unsigned char *end, struct text_line *line)
{
	at = skip_blanks(at, end);
	if (is_at(at, end, SPAN("==========>")))
		line->kind = TEXT_IRQ_ENTER;
	else if (is_at(at, end, SPAN("<==========")))
		line->kind = TEXT_IRQ_LEAVE;
	else
		return false;
	return true;
}

/*
 * Bodies.
 */

static void scan_comment(const unsigned char *at, const unsigned char *end, struct text_line *line)
{
	line->kind = TEXT_COMMENT;
	line->is_closed = text_note_read(at, end, &line->note);
	if (!line->is_closed)
		line->note = span_of(at + 2, end);
}

static bool wants_duration(enum text_kind kind)
{
	return kind == TEXT_LEAF || kind == TEXT_LEAVE;
}

static void scan_body(const unsigned char *at, const unsigned char *end, bool has_bar,
		      struct text_line *line)
{
	const unsigned char *body = skip_blanks(at, end);
	size_t blanks = (size_t)(body - at);
	if (body == end)
		return;
	if (is_at(body, end, SPAN("/*"))) {
		if (line->dur_ns != KG_NO_NS)
			return;
		line->indent = (uint32_t)blanks;
		scan_comment(body, end, line);
		return;
	}
	size_t first = has_bar ? 2 : 0;
	if (blanks < first || (blanks - first) % 2 != 0 || (blanks - first) / 2 > TEXT_DEPTH_MAX)
		return;
	line->depth = (uint16_t)((blanks - first) / 2);
	if (*body == '}')
		text_leave_scan(body, end, line);
	else
		text_call_scan(body, end, line);
	/* a duration belongs to what ends, and to nothing else */
	if (has_bar && (line->dur_ns != KG_NO_NS) != wants_duration(line->kind))
		line->kind = TEXT_UNKNOWN;
}

static void scan_columns(const unsigned char *at, const unsigned char *end,
			 struct text_layout layout, struct text_line *line)
{
	if (at != NULL && (layout.columns & KG_COLUMN_ABSTIME))
		at = read_abstime(at, end, &line->time_ns);
	if (at != NULL && (layout.columns & KG_COLUMN_RELTIME))
		at = read_reltime(at, end, line);
	if (at != NULL && (layout.columns & KG_COLUMN_CPU))
		at = read_cpu(at, end, &line->cpu, &line->cpu_width);
	if (at != NULL && (layout.columns & KG_COLUMN_PROC))
		at = read_task(at, end, &line->task);
	if (at != NULL && read_arrow(at, end, line))
		return;
	if (at != NULL && (layout.columns & KG_COLUMN_LATENCY))
		at = read_latency(at, end, line);
	if (at != NULL && read_arrow(at, end, line))
		return;
	if (at != NULL && (layout.columns & KG_COLUMN_DURATION))
		at = read_duration(at, end, line);
	if (at != NULL)
		scan_body(at, end, layout.columns & KG_COLUMN_DURATION, line);
}

/*
 * Lines that are not of the columns.
 */

static bool is_rule(struct span line)
{
	struct span dashes = span_trim(line);
	for (size_t i = 0; i < dashes.len; i++) {
		if (dashes.at[i] != '-')
			return false;
	}
	return dashes.len >= 20;
}

static bool is_task(struct span token)
{
	struct span comm;
	return text_task_split(token, &comm) >= 0;
}

/*
 * One side of a banner: "   <idle>-0   ". The name of a task may be anything, but one that reads
 * like the start of a comment has to stand where the kernel puts it.
 */
static bool read_banner_task(struct span field, struct span *task)
{
	struct span comm;
	*task = span_trim(field);
	if (text_task_split(*task, &comm) < 0 || comm.len > TEXT_COMM_MAX)
		return false;
	const size_t pad = task->len < TASK_WIDTH ? TASK_WIDTH - task->len : 0;
	return (size_t)(task->at - field.at) == pad / 2 ||
	       (!span_starts(comm, SPAN("/*")) && memchr(comm.at, '|', comm.len) == NULL);
}

static bool scan_switch(struct span whole, struct text_line *line)
{
	const unsigned char *end = whole.at + whole.len;
	struct span task;
	struct span next;
	uint16_t cpu;
	uint32_t cpu_width;
	const unsigned char *left = read_cpu(whole.at, end, &cpu, &cpu_width);
	if (left == NULL)
		return false;
	/* a comm may hold " => ": the right one has a task on both sides */
	for (const unsigned char *at = left;; at++) {
		at = span_find(span_of(at, end), SPAN(" => "));
		if (at == NULL)
			return false;
		if (read_banner_task(span_of(left, at), &task) &&
		    read_banner_task(span_of(at + 4, end), &next))
			break;
	}
	line->task = task;
	line->next = next;
	line->cpu = cpu;
	line->cpu_width = cpu_width;
	line->kind = TEXT_SWITCH;
	return true;
}

static bool scan_lost(struct span whole, struct text_line *line)
{
	const unsigned char *end = whole.at + whole.len;
	uint64_t cpu;
	if (!span_starts(whole, SPAN("CPU:")))
		return false;
	const unsigned char *at = text_number_read(whole.at + 4, end, &cpu);
	if (at == NULL || cpu >= KG_NO_CPU || !is_at(at, end, SPAN(" [LOST ")))
		return false;
	at += 7;
	uint64_t count = KG_NO_NS;
	if (at < end && is_digit(*at)) {
		at = text_number_read(at, end, &count);
		if (at == NULL || at == end || *at++ != ' ')
			return false;
	}
	if (!span_equal(span_of(at, end), SPAN("EVENTS]")))
		return false;
	line->kind = TEXT_LOST;
	line->cpu = (uint16_t)cpu;
	line->dur_ns = count;
	return true;
}

/* A line of another tracer's layout: "  bash-1507  [000] d..1.  3792.000001: <stack trace>". */
static bool is_plain_record(struct span line)
{
	const unsigned char *bracket = span_find(line, SPAN(" ["));
	if (bracket == NULL || !is_task(span_trim(span_of(line.at, bracket))))
		return false;
	const unsigned char *end = line.at + line.len;
	uint64_t cpu;
	const unsigned char *at = text_number_read(bracket + 2, end, &cpu);
	return at != NULL && is_at(at, end, SPAN("] ")) &&
	       span_find(span_of(at, end), SPAN(": ")) != NULL;
}

/* The same of a latency tracer: "  bash-1507    0d..1 3792us : <stack trace>". */
static bool is_latency_record(struct span line)
{
	const unsigned char *end = line.at + line.len;
	const unsigned char *colon = span_find(line, SPAN(": "));
	if (colon == NULL || colon - line.at < 4 || !is_at(colon - 3, end, SPAN("us")))
		return false;
	/* backwards: a time, then a CPU with its flags, then the task */
	const unsigned char *at = colon - 3;
	while (at > line.at && is_digit(at[-1]))
		at--;
	struct span head = span_trim(span_of(line.at, at));
	const unsigned char *blank = memrchr(head.at, ' ', head.len);
	if (blank == NULL || !is_task(span_trim(span_of(head.at, blank))))
		return false;
	const unsigned char *flags = blank + 1;
	while (flags < head.at + head.len && is_digit(*flags))
		flags++;
	return flags > blank + 1;
}

static bool is_noise(struct span line)
{
	return span_starts(line, SPAN(" (Overruns: ")) || span_starts(line, SPAN("##### CPU ")) ||
	       (span_starts(line, SPAN(" => ")) && line.len > 4);
}

/* A line that starts with the mark of its duration, there being no column before that. */
static bool is_marked(struct span line, struct text_layout layout)
{
	return layout.columns == KG_COLUMN_DURATION && line.len > 2 && line.at[1] == ' ' &&
	       is_digit(line.at[2]);
}

void text_line_scan(struct span line, struct text_layout layout, struct text_line *out)
{
	static const struct text_line empty = { .cpu = KG_NO_CPU,
						.mark = ' ',
						.time_ns = KG_NO_NS,
						.rel_ns = KG_NO_NS,
						.dur_ns = KG_NO_NS };
	*out = empty;
	line = text_without_end(line);
	if (line.len == 0) {
		out->kind = TEXT_BLANK;
		return;
	}
	if (is_noise(line)) {
		out->kind = TEXT_NOISE;
		return;
	}
	if (line.at[0] == '#' && !is_marked(line, layout)) {
		out->kind = TEXT_HEADER;
		return;
	}
	if (is_rule(line)) {
		out->kind = TEXT_RULE;
		return;
	}
	if (scan_lost(line, out) || scan_switch(line, out))
		return;
	scan_columns(line.at, line.at + line.len, layout, out);
	if (out->kind == TEXT_UNKNOWN && (is_plain_record(line) || is_latency_record(line))) {
		/* without what the columns tried */
		*out = empty;
		out->kind = TEXT_COMMENT;
		out->is_closed = true;
	}
}

int64_t text_task_split(struct span task, struct span *comm)
{
	size_t dash = task.len;
	while (dash > 0 && is_digit(task.at[dash - 1]))
		dash--;
	if (dash == task.len || dash == 0 || task.at[dash - 1] != '-' || task.len - dash > 10)
		return -1;
	uint64_t pid;
	text_number_read(task.at + dash, task.at + task.len, &pid);
	*comm = (struct span){ task.at, dash - 1 };
	return (int64_t)pid;
}

bool text_mark_is_wrong(uint8_t mark, uint64_t dur_ns, uint8_t cut)
{
	static const uint64_t unit[] = { 1, 10, 100, 1000 };
	uint64_t most;
	if (__builtin_add_overflow(dur_ns, unit[cut & 3] - 1, &most))
		most = UINT64_MAX;
	/* a mark was the top one once, or is left out by option: too low a mark may be right */
	switch (mark) {
	case '+':
		return most <= 10000 || dur_ns > 100000;
	case '!':
		return most <= 100000;
	case '#':
		return most <= 1000000;
	case '*':
		return most <= 10000000 || dur_ns > 100000000;
	case '@':
		return most <= 100000000 || dur_ns > 1000000000;
	case '$':
		return most <= 1000000000;
	default:
		return false;
	}
}

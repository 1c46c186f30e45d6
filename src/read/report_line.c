/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows every form that a line of `trace-cmd report` can have. */
#include "read/report_line.h"

#include "read/report_call.h"
#include "read/text_parts.h"
#include "base/banned.h"

/* Columns of the comm, which is aligned to their right; with -l it is cut to them. */
#define COMM_WIDTH 16
#define COMM_WIDTH_LATENCY 8
/* Digits of the largest number of 64 bits. */
#define CLOCK_DIGITS_MAX 20

/*
 * Columns of every record. Each takes the cursor and gives it behind its column, or NULL if the
 * column is not there.
 */

static const unsigned char *read_pid(const unsigned char *at, const unsigned char *end)
{
	uint64_t pid;
	const unsigned char *behind = text_number_read(at, end, &pid);
	return behind != NULL && behind - at <= 10 ? behind : NULL;
}

static const unsigned char *read_cpu(const unsigned char *at, const unsigned char *end,
				     uint16_t *cpu)
{
	uint64_t number;
	at = text_number_read(at, end, &number);
	if (at == NULL || number >= KG_NO_CPU)
		return NULL;
	*cpu = (uint16_t)number;
	return at;
}

/* "d.h2.", or "-0x9" in the raw form. */
static const unsigned char *read_flags(const unsigned char *at, const unsigned char *end,
				       struct span *flags)
{
	const unsigned char *first = at;
	if (is_at(at, end, SPAN("-0x"))) {
		for (at += 3; at < end && is_hex_digit(*at);)
			at++;
	} else {
		while (at < end && text_is_flag(*at))
			at++;
	}
	/* a time stamp has such characters too, but no blank behind them */
	if (at - first < 4 || at - first > 8 || at == end || *at != ' ')
		return NULL;
	*flags = span_of(first, at);
	return at;
}

/* "[003]" with or without flags behind it, or "3d.h2.": there -l, always with them. */
static const unsigned char *read_cpu_and_flags(const unsigned char *at, const unsigned char *end,
					       bool is_latency, struct text_line *line)
{
	at = read_cpu(is_latency ? at : at + 1, end, &line->cpu);
	if (at == NULL || is_latency)
		return at != NULL ? read_flags(at, end, &line->flags) : NULL;
	if (at == end || *at++ != ']' || at == end)
		return NULL;
	const unsigned char *behind = read_flags(*at == ' ' ? at + 1 : at, end, &line->flags);
	if (behind == NULL && *at != ' ')
		return NULL;
	return behind != NULL ? behind : at;
}

/* Six decimals, or nine with -t. */
static const unsigned char *read_decimals(const unsigned char *at, const unsigned char *end,
					  uint64_t *ns)
{
	uint64_t number;
	const unsigned char *behind = text_number_read(at, end, &number);
	if (behind == NULL || (behind - at != 6 && behind - at != 9))
		return NULL;
	*ns = behind - at == 6 ? number * 1000 : number;
	return behind;
}

/* A clock that does not count nanoseconds is printed as it is: no time then. */
static const unsigned char *read_time(const unsigned char *at, const unsigned char *end,
				      uint64_t *time_ns)
{
	const unsigned char *first = at = skip_blanks(at, end);
	while (at < end && is_digit(*at))
		at++;
	if (at == first || at - first > CLOCK_DIGITS_MAX)
		return NULL;
	if (at < end && *at == '.') {
		uint64_t seconds;
		uint64_t ns;
		if (text_number_read(first, end, &seconds) == NULL || seconds > UINT32_MAX)
			return NULL;
		at = read_decimals(at + 1, end, &ns);
		if (at == NULL)
			return NULL;
		*time_ns = seconds * 1000000000 + ns;
	}
	return is_at(at, end, SPAN(": ")) ? at + 2 : NULL;
}

/* "(+8186) ": the time since the record before. */
static const unsigned char *skip_difference(const unsigned char *at, const unsigned char *end)
{
	uint64_t difference;
	at = skip_blanks(at, end);
	if (!is_at(at, end, SPAN("(+")))
		return at;
	const unsigned char *behind = text_number_read(at + 2, end, &difference);
	return behind != NULL && is_at(behind, end, SPAN(") ")) ? skip_blanks(behind + 1, end) : at;
}

/* The name of an event, up to its colon. */
static const unsigned char *read_event(const unsigned char *at, const unsigned char *end,
				       struct span *name)
{
	const unsigned char *first = at;
	while (at < end && (is_digit(*at) || *at == '_' || (*at >= 'a' && *at <= 'z') ||
			    (*at >= 'A' && *at <= 'Z')))
		at++;
	if (at == first || at == end || *at != ':' || (at + 1 < end && at[1] != ' '))
		return NULL;
	*name = span_of(first, at);
	return at + 1;
}

/*
 * Records.
 */

static void scan_event(struct span name, const unsigned char *end, struct report_line *out)
{
	static const struct {
		struct span name;
		bool is_exit;
	} graph_events[] = {
		{ { (const unsigned char *)"funcgraph_entry", 15 }, false },
		{ { (const unsigned char *)"funcgraph_exit", 14 }, true },
		{ { (const unsigned char *)"fgraph_retaddr_entry", 20 }, false },
	};
	for (size_t i = 0; i < sizeof(graph_events) / sizeof(graph_events[0]); i++) {
		if (span_equal(name, graph_events[i].name)) {
			report_call_scan(name.at + name.len + 1, end, graph_events[i].is_exit, out);
			return;
		}
	}
	out->text.kind = TEXT_COMMENT;
	out->text.is_closed = true;
	out->text.note = span_of(name.at, end);
}

/*
 * The task that ends with the pid behind a dash, and in front of its column the name of the input,
 * if there are several: "host.dat:               vm-109". A buffer without a name leaves blanks.
 */
static bool take_task(struct span line, const unsigned char *dash, const unsigned char *pid_end,
		      size_t comm_width, struct report_line *out)
{
	const unsigned char *column = line.at;
	if ((size_t)(dash - line.at) > comm_width) {
		column = dash - comm_width;
		struct span origin = span_trim(span_of(line.at, column));
		if (origin.len > 0 && (column[-1] != ' ' || !span_ends(origin, SPAN(":"))))
			return false;
		if (origin.len > 0)
			out->origin = (struct span){ origin.at, origin.len - 1 };
	}
	out->text.task = span_trim(span_of(column, pid_end));
	return true;
}

static const struct report_line nothing = {
	.text = { .cpu = KG_NO_CPU,
		  .mark = ' ',
		  .time_ns = KG_NO_NS,
		  .rel_ns = KG_NO_NS,
		  .dur_ns = KG_NO_NS },
};

/* Takes the line as a record whose task has its dash here. False, *out untouched: it is none. */
static bool scan_from_dash(struct span line, const unsigned char *dash, struct report_line *out)
{
	struct report_line record = nothing;
	struct span name;
	const unsigned char *end = line.at + line.len;
	const unsigned char *pid_end = read_pid(dash + 1, end);
	if (pid_end == NULL || pid_end == end || *pid_end != ' ')
		return false;
	const unsigned char *at = skip_blanks(pid_end, end);
	const bool is_latency = at < end && *at != '[';
	at = at < end ? read_cpu_and_flags(at, end, is_latency, &record.text) : NULL;
	if (at != NULL)
		at = read_time(at, end, &record.text.time_ns);
	if (at != NULL)
		at = read_event(skip_difference(at, end), end, &name);
	if (at == NULL ||
	    !take_task(line, dash, pid_end, is_latency ? COMM_WIDTH_LATENCY : COMM_WIDTH, &record))
		return false;
	scan_event(name, end, &record);
	*out = record;
	return true;
}

static bool scan_record(struct span line, struct report_line *out)
{
	static const size_t widths[] = { COMM_WIDTH, COMM_WIDTH_LATENCY };
	const unsigned char *end = line.at + line.len;
	/* a comm may hold anything, even a whole record: where its column ends is the surest */
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (line.len > widths[i] && line.at[widths[i]] == '-' &&
		    scan_from_dash(line, line.at + widths[i], out))
			return true;
	}
	for (const unsigned char *at = line.at; at < end; at++) {
		at = memchr(at, '-', (size_t)(end - at));
		if (at == NULL)
			return false;
		if (scan_from_dash(line, at, out))
			return true;
	}
	return false;
}

/*
 * Lines that are no records.
 */

/* "cpus=4", "version = 6": a word and a number. */
static bool is_assignment(struct span line, struct span word)
{
	uint64_t number;
	const unsigned char *end = line.at + line.len;
	return span_starts(line, word) && text_number_read(line.at + word.len, end, &number) == end;
}

static bool scan_header(struct span line, struct report_line *out)
{
	out->starts_trace = is_assignment(line, SPAN("cpus="));
	if (!out->starts_trace && !is_assignment(line, SPAN("version = ")) &&
	    !span_starts(line, SPAN("#")))
		return false;
	out->text.kind = TEXT_HEADER;
	return true;
}

/* "CPU:2 [123 EVENTS DROPPED]", "CPU:2 [SUBBUFFER START]". */
static bool scan_buffer_note(struct span line, struct report_line *out)
{
	const unsigned char *end = line.at + line.len;
	uint16_t cpu;
	if (!span_starts(line, SPAN("CPU:")))
		return false;
	const unsigned char *at = read_cpu(line.at + 4, end, &cpu);
	if (at == NULL || !is_at(at, end, SPAN(" [")))
		return false;
	at += 2;
	if (is_at(at, end, SPAN("SUBBUFFER START]"))) {
		out->text.kind = TEXT_NOISE;
		return true;
	}
	uint64_t count = KG_NO_NS;
	if (at < end && is_digit(*at)) {
		at = text_number_read(at, end, &count);
		if (at == NULL || at == end || *at++ != ' ')
			return false;
	}
	if (!span_equal(span_of(at, end), SPAN("EVENTS DROPPED]")))
		return false;
	out->text.kind = TEXT_LOST;
	out->text.cpu = cpu;
	out->text.dur_ns = count;
	return true;
}

/* "CPU 3 is empty". */
static bool is_empty_cpu(struct span line)
{
	const unsigned char *end = line.at + line.len;
	uint64_t cpu;
	if (!span_starts(line, SPAN("CPU ")))
		return false;
	const unsigned char *at = text_number_read(line.at + 4, end, &cpu);
	return at != NULL && span_equal(span_of(at, end), SPAN(" is empty"));
}

static bool scan_noise(struct span line, struct report_line *out)
{
	static const struct span starts[] = {
		/* of a stack dump */
		{ (const unsigned char *)"=> ", 3 },
		/* what --debug and -V say of pages and events */
		{ (const unsigned char *)"PADDING: ", 9 },
		{ (const unsigned char *)"TIME EXTEND: ", 13 },
		{ (const unsigned char *)"TIME STAMP: ", 12 },
		{ (const unsigned char *)"registering plugin: ", 20 },
		{ (const unsigned char *)"overriding event (", 18 },
	};
	bool is_noise = is_empty_cpu(line);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		is_noise = is_noise || span_starts(line, starts[i]);
	if (is_noise)
		out->text.kind = TEXT_NOISE;
	return is_noise;
}

static bool scan_remark(struct span line, struct report_line *out)
{
	return scan_header(line, out) || scan_buffer_note(line, out) || scan_noise(line, out);
}

/* The same behind the name of an input. */
static void scan_remark_of_input(struct span line, struct report_line *out)
{
	const unsigned char *end = line.at + line.len;
	for (const unsigned char *at = line.at;; at += 2) {
		at = span_find(span_of(at, end), SPAN(": "));
		if (at == NULL)
			return;
		if (scan_remark(span_trim(span_of(at + 2, end)), out)) {
			out->origin = span_of(line.at, at);
			return;
		}
	}
}

void report_line_scan(struct span line, struct report_line *out)
{
	*out = nothing;
	line = text_without_end(line);
	if (line.len == 0) {
		out->text.kind = TEXT_BLANK;
		return;
	}
	if (scan_record(line, out))
		return;
	line = span_trim(line);
	if (!scan_remark(line, out))
		scan_remark_of_input(line, out);
}

bool report_mark_is_wrong(uint8_t mark, uint64_t dur_ns, uint8_t cut)
{
	static const uint64_t unit[] = { 1, 10, 100, 1000 };
	const uint64_t most = dur_ns + unit[cut & 3] - 1;
	switch (mark) {
	case ' ':
		return dur_ns > 10000;
	case '+':
		return most <= 10000 || dur_ns > 100000;
	case '!':
		/* the top one until 2015 */
		return most <= 100000;
	case '#':
		return most <= 1000000 || dur_ns > 1000000000;
	case '$':
		return most <= 1000000000;
	default:
		/* the other marks are the kernel's */
		return true;
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows calls as trace-cmd prints them: drawn as the kernel does, or as fields. */
#include "read/report_call.h"

#include <kvmgraph/info.h>

#include "event/func.h"
#include "read/text_parts.h"
#include "base/banned.h"

static const unsigned char *find_last(struct span whole, struct span needle)
{
	for (size_t i = whole.len; i >= needle.len; i--) {
		const unsigned char *at = whole.at + (i - needle.len);
		if (memcmp(at, needle.at, needle.len) == 0)
			return at;
	}
	return NULL;
}

/* "4392430:0x120:20": where the record was in its page. */
static bool is_debug_tail(struct span tail)
{
	size_t colons = 0;
	for (size_t i = 0; i < tail.len; i++) {
		colons += tail.at[i] == ':';
		if (!is_hex_digit(tail.at[i]) && tail.at[i] != ':' && tail.at[i] != 'x' &&
		    tail.at[i] != '-')
			return false;
	}
	return colons == 2;
}

/* Where the clocks of CPUs disagree a difference may be negative: a huge number, without a sign. */
static void take_duration(uint64_t dur_ns, struct report_line *out)
{
	out->is_negative = dur_ns > INT64_MAX;
	out->text.dur_ns = out->is_negative ? KG_NO_NS : dur_ns;
}

/* Where the body ends in front of " [debug]", if there is one. */
static const unsigned char *cut_debug_tail(const unsigned char *at, const unsigned char *end)
{
	const struct span whole = span_of(at, end);
	if (!span_ends(whole, SPAN("]")))
		return end;
	const unsigned char *tail = find_last(whole, SPAN(" ["));
	return tail != NULL && is_debug_tail(span_of(tail + 2, end - 1)) ? tail : end;
}

/*
 * The normal form: a drawing.
 */

/* " (3)" and " (ret=-22)"; others are part of the body. */
static const unsigned char *cut_parenthesis(const unsigned char *at, const unsigned char *end,
					    uint64_t *depth)
{
	const unsigned char *tail = find_last(span_of(at, end), SPAN(" ("));
	if (tail == NULL)
		return end;
	if (is_at(tail, end, SPAN(" (ret=")))
		return tail;
	uint64_t number;
	if (text_number_read(tail + 2, end, &number) != end - 1)
		return end;
	*depth = number;
	return tail;
}

/* A comment that names the caller. */
static const unsigned char *cut_caller(const unsigned char *at, const unsigned char *end,
				       struct span *note)
{
	const unsigned char *tail = find_last(span_of(at, end), SPAN(" /* <-"));
	return tail != NULL && text_note_read(tail + 1, end, note) ? tail : end;
}

/* Takes off what options put behind a body; *depth is what they say of it, if they do. */
static const unsigned char *cut_tails(const unsigned char *at, const unsigned char *end,
				      uint64_t *depth, struct text_line *line)
{
	const unsigned char *before = NULL;
	while (before != end) {
		before = end;
		if (span_ends(span_of(at, end), SPAN(")")))
			end = cut_parenthesis(at, end, depth);
		else if (span_ends(span_of(at, end), SPAN(" */")))
			end = cut_caller(at, end, &line->note);
	}
	return end;
}

static void scan_body(const unsigned char *at, const unsigned char *end, struct text_line *line)
{
	uint64_t depth_told = UINT64_MAX;
	end = cut_tails(at, end, &depth_told, line);
	const unsigned char *body = skip_blanks(at, end);
	const size_t blanks = (size_t)(body - at);
	if (body == end || blanks < 2 || blanks % 2 != 0 || blanks > 2 + 2 * TEXT_DEPTH_MAX)
		return;
	line->depth = (uint16_t)((blanks - 2) / 2);
	if (depth_told != UINT64_MAX && depth_told != line->depth)
		return;
	if (*body == '}')
		text_leave_scan(body, end, line);
	else if (span_equal(span_of(body, end), SPAN(") {")))
		line->kind = TEXT_ENTER; /* trace-cmd 3.4, of an address without a symbol */
	else
		text_call_scan(body, end, line);
}

/* "+ 13.335 us  |    f();" */
static void scan_normal(const unsigned char *at, const unsigned char *end, struct report_line *out)
{
	struct text_line *line = &out->text;
	bool has_duration = false;
	at = skip_blanks(at, end);
	if (at < end && memchr(KG_MARKS, *at, KG_MARK_COUNT) != NULL) {
		line->mark = *at;
		at = skip_blanks(at + 1, end);
	}
	if (at < end && is_digit(*at)) {
		at = text_micros_read(at, end, line);
		if (at == NULL)
			return;
		has_duration = true;
		at = skip_blanks(at, end);
	}
	if (at == end || *at != '|')
		return;
	scan_body(at + 1, end, line);
	/* a duration belongs to what ends, a mark to a duration */
	if (has_duration != (line->kind == TEXT_LEAF || line->kind == TEXT_LEAVE) ||
	    (line->mark != ' ' && !has_duration))
		line->kind = TEXT_UNKNOWN;
	else if (has_duration)
		take_duration(line->dur_ns, out);
}

/*
 * The raw forms: fields.
 */

/* Digits of base 16, with or without 0x; false for anything else. */
static bool read_hex(struct span value, uint64_t *number)
{
	size_t i = span_starts(value, SPAN("0x")) ? 2 : 0;
	if (i == value.len || value.len - i > 16)
		return false;
	uint64_t sum = 0;
	for (; i < value.len; i++) {
		const unsigned char c = value.at[i];
		if (!is_hex_digit(c))
			return false;
		sum = sum << 4 | (uint64_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*number = sum;
	return true;
}

/* Kernels 3.13 to 4.20 take 65536 off the depth of calls that another tracer hid. */
static bool read_depth(struct span value, uint16_t *depth)
{
	const bool is_negative = span_starts(value, SPAN("-"));
	const unsigned char *end = value.at + value.len;
	uint64_t number;
	if (span_starts(value, SPAN("0x"))) {
		if (!read_hex(value, &number))
			return false;
	} else if (text_number_read(value.at + is_negative, end, &number) != end) {
		return false;
	}
	if (is_negative)
		number = 65536 - number;
	if (number > TEXT_DEPTH_MAX)
		return false;
	*depth = (uint16_t)number;
	return true;
}

/* What of the fields has been read. */
enum raw_field {
	RAW_FUNC = 1 << 0,
	RAW_DEPTH = 1 << 1,
	RAW_CALLTIME = 1 << 2,
	RAW_RETTIME = 1 << 3,
};

struct raw_fields {
	uint32_t known; /* enum raw_field */
	struct span func;
	uint16_t depth;
	uint64_t calltime;
	uint64_t rettime;
};

/* Takes a field in; those that nobody needs are fine. False: damaged, or there twice. */
static bool take_field(struct span key, struct span value, struct raw_fields *fields)
{
	uint32_t field = 0;
	bool is_good = true;
	if (span_equal(key, SPAN("func"))) {
		field = RAW_FUNC;
		fields->func = value;
		is_good = func_symbol_is_valid(value);
	} else if (span_equal(key, SPAN("depth"))) {
		field = RAW_DEPTH;
		is_good = read_depth(value, &fields->depth);
	} else if (span_equal(key, SPAN("calltime"))) {
		field = RAW_CALLTIME;
		is_good = read_hex(value, &fields->calltime);
	} else if (span_equal(key, SPAN("rettime"))) {
		field = RAW_RETTIME;
		is_good = read_hex(value, &fields->rettime);
	}
	is_good = is_good && (fields->known & field) == 0;
	fields->known |= field;
	return is_good;
}

/* Where the value at `at` ends: at a blank, or behind the bracket that closes a list. */
static const unsigned char *value_end(const unsigned char *at, const unsigned char *end)
{
	const bool is_list = is_at(at, end, SPAN("ARRAY["));
	const unsigned char *found = memchr(at, is_list ? ']' : ' ', (size_t)(end - at));
	if (is_list)
		return found != NULL ? found + 1 : NULL;
	return found != NULL ? found : end;
}

static bool read_fields(const unsigned char *at, const unsigned char *end,
			struct raw_fields *fields)
{
	for (at = skip_blanks(at, end); at < end; at = skip_blanks(at, end)) {
		const unsigned char *equal = memchr(at, '=', (size_t)(end - at));
		if (equal == NULL || memchr(at, ' ', (size_t)(equal - at)) != NULL)
			return false;
		const unsigned char *behind = value_end(equal + 1, end);
		if (behind == NULL || (behind < end && *behind != ' ') ||
		    !take_field(span_of(at, equal), span_of(equal + 1, behind), fields))
			return false;
		at = behind;
	}
	return true;
}

static void take_fields(const struct raw_fields *fields, bool is_exit, struct report_line *out)
{
	const uint32_t wanted = RAW_FUNC | RAW_DEPTH | (is_exit ? RAW_CALLTIME | RAW_RETTIME : 0);
	if ((fields->known & wanted) != wanted)
		return;
	out->is_raw = true;
	out->text.kind = is_exit ? TEXT_LEAVE : TEXT_ENTER;
	out->text.name = fields->func;
	out->text.depth = fields->depth;
	if (is_exit)
		take_duration(fields->rettime - fields->calltime, out);
}

/* "func=f depth=1 overrun=0 calltime=2a5b66d57 rettime=2a5bfaa98", in any order. */
static void scan_fields(struct span body, bool is_exit, struct report_line *out)
{
	struct raw_fields fields = { 0 };
	if (read_fields(body.at, body.at + body.len, &fields))
		take_fields(&fields, is_exit, out);
}

/* Reads a word of the kernel's own format, and the value behind it up to `stop`. */
static bool read_word(struct span *body, struct span word, unsigned char stop, struct span *value)
{
	if (!span_starts(*body, word))
		return false;
	const unsigned char *end = body->at + body->len;
	const unsigned char *at = body->at + word.len;
	const unsigned char *found = memchr(at, stop, (size_t)(end - at));
	if (found == NULL)
		return false;
	*value = span_of(at, found);
	*body = span_trim(span_of(found + 1, end));
	return true;
}

/* "--> f (1)", "<-- f (1) (start: 2a5b66d57  end: 2a5bfaa98) over: 0". */
static void scan_arrow(struct span body, bool is_exit, struct report_line *out)
{
	struct raw_fields fields = { 0 };
	struct span depth;
	struct span calltime;
	struct span rettime;
	body = span_trim(span_of(body.at + 3, body.at + body.len));
	bool is_good = read_word(&body, SPAN(""), ' ', &fields.func) &&
		       read_word(&body, SPAN("("), ')', &depth) &&
		       take_field(SPAN("func"), fields.func, &fields) &&
		       take_field(SPAN("depth"), depth, &fields);
	if (is_good && is_exit)
		is_good = read_word(&body, SPAN("(start: "), ' ', &calltime) &&
			  read_word(&body, SPAN("end: "), ')', &rettime) &&
			  take_field(SPAN("calltime"), calltime, &fields) &&
			  take_field(SPAN("rettime"), rettime, &fields) &&
			  span_starts(body, SPAN("over: "));
	else if (is_good)
		is_good = body.len == 0;
	if (is_good)
		take_fields(&fields, is_exit, out);
}

void report_call_scan(const unsigned char *at, const unsigned char *end, bool is_exit,
		      struct report_line *out)
{
	end = cut_debug_tail(at, end);
	const struct span body = span_trim(span_of(at, end));
	if (span_starts(body, SPAN("func=")))
		scan_fields(body, is_exit, out);
	else if (span_starts(body, is_exit ? SPAN("<-- ") : SPAN("--> ")))
		scan_arrow(body, is_exit, out);
	else
		scan_normal(at, end, out);
	/* what it is and what it is called have to agree */
	if (out->text.kind != TEXT_UNKNOWN && (out->text.kind == TEXT_LEAVE) != is_exit)
		out->text.kind = TEXT_UNKNOWN;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what numbers, durations and functions look like in every text of function_graph. */
#include "read/text_parts.h"

#include "event/func.h"
#include "base/banned.h"

const unsigned char *text_number_read(const unsigned char *at, const unsigned char *end,
				      uint64_t *number)
{
	const unsigned char *first = at;
	uint64_t value = 0;
	while (at < end && is_digit(*at) && at - first <= 18)
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == first || at - first > 18)
		return NULL;
	*number = value;
	return at;
}

const unsigned char *text_micros_read(const unsigned char *at, const unsigned char *end,
				      struct text_line *line)
{
	static const unsigned int to_ns[] = { 1000, 100, 10, 1 };
	uint64_t whole;
	uint64_t fraction = 0;
	at = text_number_read(at, end, &whole);
	/* a negative duration is printed unsigned, so the largest numbers do occur */
	if (at == NULL || whole > UINT64_MAX / 1000)
		return NULL;
	size_t digits = 0;
	if (at < end && *at == '.') {
		const unsigned char *first = at + 1;
		at = text_number_read(first, end, &fraction);
		if (at == NULL || at - first > 3 || whole == UINT64_MAX / 1000)
			return NULL;
		digits = (size_t)(at - first);
	}
	line->cut = (uint8_t)(3 - digits);
	line->dur_ns = whole * 1000 + fraction * to_ns[digits];
	return is_at(at, end, SPAN(" us")) ? at + 3 : NULL;
}

bool text_note_read(const unsigned char *at, const unsigned char *end, struct span *note)
{
	struct span whole = span_of(at, end);
	if (!span_starts(whole, SPAN("/* ")) || !span_ends(whole, SPAN(" */")) || whole.len < 6)
		return false;
	*note = span_of(at + 3, end - 3);
	return true;
}

/* "f [module] ret=0x1", "f = -22", "f()": what of it is the function's name. */
static struct span name_in_note(struct span note)
{
	static const struct span ends[] = { { (const unsigned char *)" ret=", 5 },
					    { (const unsigned char *)" = ", 3 } };
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const unsigned char *end = span_find(note, ends[i]);
		if (end != NULL)
			note = span_of(note.at, end);
	}
	if (span_ends(note, SPAN("()")))
		note.len -= 2;
	return note;
}

void text_leave_scan(const unsigned char *at, const unsigned char *end, struct text_line *line)
{
	if (at + 1 == end) {
		line->kind = TEXT_LEAVE;
		return;
	}
	if (at[1] != ' ' || !text_note_read(at + 2, end, &line->note))
		return;
	line->name = name_in_note(line->note);
	if (func_symbol_is_valid(line->name))
		line->kind = TEXT_LEAVE;
}

/* What may follow ");" or ") {": nothing, or one comment. */
static bool read_tail(const unsigned char *at, const unsigned char *end, struct text_line *line)
{
	if (at == end)
		return true;
	return *at == ' ' && text_note_read(at + 1, end, &line->note);
}

/* Arguments may hold parentheses: the last closing one that makes sense of the rest is theirs. */
static bool read_call_end(const unsigned char *open, const unsigned char *end,
			  struct text_line *line)
{
	for (const unsigned char *close = end - 1; close > open; close--) {
		if (*close != ')')
			continue;
		line->args = span_of(open + 1, close);
		if (is_at(close, end, SPAN(");")) && read_tail(close + 2, end, line)) {
			line->kind = TEXT_LEAF;
			return true;
		}
		if (is_at(close, end, SPAN(") {")) && read_tail(close + 3, end, line)) {
			line->kind = TEXT_ENTER;
			return true;
		}
	}
	return false;
}

void text_call_scan(const unsigned char *at, const unsigned char *end, struct text_line *line)
{
	const unsigned char *open = memchr(at, '(', (size_t)(end - at));
	if (open == NULL)
		return;
	line->name = span_of(at, open);
	if (!func_symbol_is_valid(line->name) || !read_call_end(open, end, line))
		line->kind = TEXT_UNKNOWN;
}

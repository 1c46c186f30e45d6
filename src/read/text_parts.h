/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the lines of all texts have in common: numbers, durations, functions.
 *
 * Readers take the cursor and the end of the line, and give the cursor behind what they have read,
 * or NULL if it is not there. Scanners take a body from its first character to its end and set the
 * kind of the line if the body is of theirs.
 */
#ifndef READ_TEXT_PARTS_H
#define READ_TEXT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "read/text_line.h"

static inline bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_hex_digit(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline const unsigned char *skip_blanks(const unsigned char *at, const unsigned char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

static inline bool is_at(const unsigned char *at, const unsigned char *end, struct span text)
{
	return span_starts(span_of(at, end), text);
}

/* A line without the blanks and the carriage return at its end. */
static inline struct span text_without_end(struct span line)
{
	while (line.len > 0 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\r'))
		line.len--;
	return line;
}

/* Whether a latency column may hold it: "d..2." */
static inline bool text_is_flag(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
	       c == '#' || c == '~' || c == '*';
}

/* Decimal digits, at most 18. */
const unsigned char *text_number_read(const unsigned char *at, const unsigned char *end,
				      uint64_t *number);

/* "13.335 us", into dur_ns and cut; at most three decimals. */
const unsigned char *text_micros_read(const unsigned char *at, const unsigned char *end,
				      struct text_line *line);

/* A closing brace; a comment behind it names the function. */
void text_leave_scan(const unsigned char *at, const unsigned char *end, struct text_line *line);

/* "f();" or "f() {", with or without arguments and a comment behind it. */
void text_call_scan(const unsigned char *at, const unsigned char *end, struct text_line *line);

/* A comment that goes on to the end: its text. */
bool text_note_read(const unsigned char *at, const unsigned char *end, struct span *note);

#endif

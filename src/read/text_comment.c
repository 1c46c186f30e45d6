/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where an event comment of several lines ends. */
#include "read/text_comment.h"

#include <string.h>

#include "read/text_line.h"
#include "read/text_parts.h"
#include "base/banned.h"

/* How far back a comment around a line is searched, so that comments before it are known too. */
#define LOOK_BACK (2 * TEXT_COMMENT_MAX)

/* The line at the start of some text, without its newline; what follows it in *rest. */
static struct span take_line(struct span text, struct span *rest)
{
	const unsigned char *end = text.at + text.len;
	const unsigned char *newline = memchr(text.at, '\n', text.len);
	*rest = newline != NULL ? span_of(newline + 1, end) : span_of(end, end);
	return span_of(text.at, newline != NULL ? newline : end);
}

static bool is_last_line(struct span text, struct text_layout layout)
{
	struct text_line line;
	if (!span_ends(text_without_end(text), SPAN(" */")))
		return false;
	text_line_scan(text, layout, &line);
	return line.kind == TEXT_UNKNOWN;
}

/*
 * How many lines a comment goes on behind its first, given that line and what follows; 0 if it has
 * no end. *rest is what is behind it. is_whole: the last line given is not cut.
 */
static uint64_t count_lines(struct span text, bool is_whole, struct text_layout layout,
			    struct span *rest)
{
	const unsigned char *end = text.at + text.len;
	if (text.len > TEXT_COMMENT_MAX) {
		text.len = TEXT_COMMENT_MAX;
		is_whole = false;
	}
	take_line(text, &text);
	for (uint64_t count = 1; text.len > 0; count++) {
		struct span line = take_line(text, &text);
		const bool is_cut = text.len == 0 && text.at[-1] != '\n' && !is_whole;
		if (!is_cut && is_last_line(line, layout)) {
			*rest = span_of(text.at, end);
			return count;
		}
	}
	return 0;
}

enum kg_status text_comment_measure(const struct source *source, uint64_t pos_bytes,
				    struct text_layout layout, uint64_t *lines,
				    struct kg_error *err)
{
	unsigned char bytes[TEXT_COMMENT_MAX];
	struct span text = { .at = bytes };
	struct span rest;
	enum kg_status status =
		source_read(source, pos_bytes, bytes, sizeof(bytes), &text.len, err);
	if (status == KG_OK)
		*lines = count_lines(text, text.len < sizeof(bytes), layout, &rest);
	return status;
}

/* Goes through whole lines up to `at`; where the comment around it ends, or NULL. */
static const unsigned char *find_around(struct span text, bool is_whole, struct text_layout layout,
					const unsigned char *at)
{
	while (text.at < at) {
		struct span behind;
		struct text_line line;
		struct span whole = take_line(text, &behind);
		text_line_scan(whole, layout, &line);
		if (line.kind == TEXT_COMMENT && !line.is_closed &&
		    count_lines(text, is_whole, layout, &behind) > 0 && behind.at > at)
			return behind.at;
		text = behind;
	}
	return NULL;
}

enum kg_status text_comment_around(const struct source *source, uint64_t from_bytes,
				   uint64_t pos_bytes, struct text_layout layout,
				   uint64_t *end_bytes, struct kg_error *err)
{
	unsigned char bytes[LOOK_BACK + TEXT_COMMENT_MAX];
	const bool is_near = pos_bytes - from_bytes <= LOOK_BACK;
	const size_t back = is_near ? (size_t)(pos_bytes - from_bytes) : LOOK_BACK;
	const size_t want = back + TEXT_COMMENT_MAX;
	struct span text = { .at = bytes };
	enum kg_status status = source_read(source, pos_bytes - back, bytes, want, &text.len, err);
	if (status != KG_OK)
		return status;
	const bool is_whole = text.len < want;
	if (!is_near)
		take_line(text, &text);
	const unsigned char *end = find_around(text, is_whole, layout, bytes + back);
	*end_bytes = end != NULL ? pos_bytes - back + (uint64_t)(end - bytes) : 0;
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a text tells its columns, or shows them. */
#include "read/text_layout.h"

#include "base/window.h"
#include "read/text_line.h"
#include "base/banned.h"

/* A guess looks at this many lines. */
#define SAMPLE_LINES 300
/* Headers are searched in this much: fixed, so that windows of any size give the same. */
#define SAMPLE_BYTES ((size_t)256 * 1024)

bool text_layout_from_header(struct span line, struct text_layout *layout)
{
	if (line.len == 0 || line.at[0] != '#' || span_find(line, SPAN("FUNCTION CALLS")) == NULL)
		return false;
	uint32_t columns = 0;
	const unsigned char *reltime = span_find(line, SPAN("REL TIME"));
	const unsigned char *time = span_find(line, SPAN(" TIME"));
	if (reltime != NULL)
		columns |= KG_COLUMN_RELTIME;
	if (time != NULL && (reltime == NULL || time < reltime))
		columns |= KG_COLUMN_ABSTIME;
	if (span_find(line, SPAN(" CPU")) != NULL)
		columns |= KG_COLUMN_CPU;
	if (span_find(line, SPAN("TASK/PID")) != NULL)
		columns |= KG_COLUMN_PROC;
	if (span_find(line, SPAN("||||")) != NULL)
		columns |= KG_COLUMN_LATENCY;
	if (span_find(line, SPAN("DURATION")) != NULL)
		columns |= KG_COLUMN_DURATION;
	layout->columns = columns;
	return true;
}

/* How many lines of the sample are calls under a layout. */
static size_t count_calls(struct span lines, struct text_layout layout)
{
	size_t calls = 0;
	if (lines.len == 0)
		return 0;
	const unsigned char *end = lines.at + lines.len;
	for (size_t i = 0; i < SAMPLE_LINES && lines.len > 0; i++) {
		const unsigned char *newline = memchr(lines.at, '\n', lines.len);
		const unsigned char *line_end = newline != NULL ? newline : end;
		struct text_line line;
		text_line_scan(span_of(lines.at, line_end), layout, &line);
		calls += line.kind == TEXT_ENTER || line.kind == TEXT_LEAF ||
			 line.kind == TEXT_LEAVE;
		lines = newline != NULL ? span_of(newline + 1, end) : (struct span){ 0 };
	}
	return calls;
}

static int count_columns(struct text_layout layout)
{
	return __builtin_popcount(layout.columns);
}

struct text_layout text_layout_guess(struct span lines)
{
	struct text_layout best = TEXT_LAYOUT_DEFAULT;
	size_t best_calls = count_calls(lines, best);
	for (uint32_t columns = 0; columns < 1u << KG_COLUMN_COUNT; columns++) {
		struct text_layout layout = { columns };
		size_t calls = count_calls(lines, layout);
		/* what is a task under few columns may be a time and a task under more */
		if (calls > best_calls || (calls == best_calls && calls > 0 &&
					   count_columns(layout) > count_columns(best))) {
			best = layout;
			best_calls = calls;
		}
	}
	return best;
}

/* A header declares the columns of what is behind it; calls in front of it show their own. */
static struct text_layout find_in(struct span lines)
{
	struct text_layout layout;
	const unsigned char *end = lines.at + lines.len;
	for (const unsigned char *at = lines.at; at < end;) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		const unsigned char *line_end = newline != NULL ? newline : end;
		if (text_layout_from_header(span_of(at, line_end), &layout)) {
			const struct span before = span_of(lines.at, at);
			const struct text_layout shown = text_layout_guess(before);
			return count_calls(before, shown) > 0 ? shown : layout;
		}
		at = line_end + 1;
	}
	return text_layout_guess(lines);
}

enum kg_status text_layout_find(const struct source *source, struct text_layout *out,
				struct kg_error *err)
{
	struct window window = { 0 };
	enum kg_status status = window_read(&window, source, 0, SAMPLE_BYTES, err);
	if (status == KG_OK)
		*out = find_in(window.lines);
	window_release(&window);
	return status;
}

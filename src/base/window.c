/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a source is cut into windows of whole lines. */
#include "base/window.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

/* Read with each window, so that its last line is nearly always whole at the first read. */
#define SLACK_BYTES 4096

static enum kg_status make_room(struct window *window, size_t bytes, const struct source *source,
				struct kg_error *err)
{
	if (bytes + WINDOW_PADDING <= window->cap)
		return KG_OK;
	unsigned char *moved = memory_realloc(window->buffer, bytes + WINDOW_PADDING);
	if (moved == NULL)
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	window->buffer = moved;
	window->cap = bytes + WINDOW_PADDING;
	return KG_OK;
}

/* Reads on until buffer[from..] has a newline, is longer than any line, or the source ends. */
static enum kg_status finish_line(struct window *window, const struct source *source, uint64_t pos,
				  size_t from, size_t *have, struct kg_error *err)
{
	size_t looked = from;
	for (;;) {
		if (memchr(window->buffer + looked, '\n', *have - looked) != NULL ||
		    *have - from > WINDOW_LINE_MAX)
			return KG_OK;
		looked = *have;
		enum kg_status status = make_room(window, *have + SLACK_BYTES, source, err);
		if (status != KG_OK)
			return status;
		size_t got;
		status = source_read(source, pos + *have, window->buffer + *have, SLACK_BYTES, &got,
				     err);
		if (status != KG_OK || got == 0)
			return status;
		*have += got;
	}
}

/* Where the line that holds byte `at` ends: behind its newline, or where all ends. */
static size_t line_end(const struct window *window, size_t at, size_t have)
{
	const unsigned char *newline = memchr(window->buffer + at, '\n', have - at);
	return newline != NULL ? (size_t)(newline - window->buffer) + 1 : have;
}

enum kg_status window_read(struct window *window, const struct source *source, uint64_t k,
			   size_t size, struct kg_error *err)
{
	/* the byte before tells whether a line begins with the window's first */
	const size_t before = k > 0;
	const uint64_t pos = k * size - before;
	const uint64_t left = pos < source_size(source) ? source_size(source) - pos : 0;
	/* no more than there is, whatever size was asked for */
	const size_t want = size < left ? before + size + SLACK_BYTES : (size_t)left;
	window->lines = (struct span){ 0 };
	enum kg_status status = make_room(window, want, source, err);
	if (status != KG_OK)
		return status;
	size_t have;
	status = source_read(source, pos, window->buffer, want, &have, err);
	if (status != KG_OK)
		return status;
	size_t limit = before + size; /* lines beginning here or later are the next window's */
	size_t start = before == 0 || have == 0 ? 0 : line_end(window, 0, have);
	window->pos_bytes = pos + start;
	window->lines.at = window->buffer + start;
	if (start >= limit || start >= have)
		return KG_OK;
	size_t end = have;
	if (have >= limit) {
		/* the last line is the one that holds the byte before the limit */
		size_t last = limit - 1;
		const unsigned char *newline = memrchr(window->buffer + start, '\n', last - start);
		size_t last_start =
			newline == NULL ? start : (size_t)(newline - window->buffer) + 1;
		status = finish_line(window, source, pos, last_start, &have, err);
		if (status != KG_OK)
			return status;
		end = line_end(window, last, have);
		if (end - last_start > WINDOW_LINE_MAX + 1)
			end = last_start + WINDOW_LINE_MAX + 1;
	}
	memset(window->buffer + have, 0, WINDOW_PADDING);
	window->lines = span_of(window->buffer + start, window->buffer + end);
	return KG_OK;
}

void window_release(struct window *window)
{
	memory_free(window->buffer);
	*window = (struct window){ 0 };
}

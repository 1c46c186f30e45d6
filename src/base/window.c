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

/* Where the line that holds byte `at` ends: behind its newline, or where the bytes do. */
static size_t line_end(struct span bytes, size_t at)
{
	const unsigned char *newline = memchr(bytes.at + at, '\n', bytes.len - at);
	return newline != NULL ? (size_t)(newline - bytes.at) + 1 : bytes.len;
}

/*
 * The lines that begin in the bytes before a limit, of which the first one may belong to a line
 * that began before. False: the last one goes on behind all the bytes, and they are not the last
 * of their source.
 */
static bool find_lines(struct span bytes, size_t before, size_t limit, bool are_last,
		       struct span *lines)
{
	const size_t start = before == 0 || bytes.len == 0 ? 0 : line_end(bytes, 0);
	*lines = (struct span){ bytes.at + start, 0 };
	if (start >= limit || start >= bytes.len)
		return true;
	lines->len = bytes.len - start;
	if (bytes.len < limit)
		return are_last;
	/* the last line is the one that holds the byte before the limit */
	const unsigned char *newline = memrchr(bytes.at + start, '\n', limit - 1 - start);
	const size_t last = newline == NULL ? start : (size_t)(newline - bytes.at) + 1;
	size_t end = line_end(bytes, limit - 1);
	if (bytes.at[end - 1] != '\n' && end - last <= WINDOW_LINE_MAX && !are_last)
		return false;
	if (end - last > WINDOW_LINE_MAX + 1)
		end = last + WINDOW_LINE_MAX + 1;
	lines->len = end - start;
	return true;
}

/* Takes the lines where they are; false if they have to be read. */
static bool find_in_place(struct window *window, const struct source *source, uint64_t pos,
			  size_t before, size_t size)
{
	const size_t most = before + size + WINDOW_LINE_MAX + 1;
	const struct span left = source_view(source, pos);
	const struct span bytes = { left.at, left.len < most ? left.len : most };
	if (bytes.len <= before + size ||
	    !find_lines(bytes, before, before + size, false, &window->lines))
		return false;
	const size_t start = (size_t)(window->lines.at - bytes.at);
	window->pos_bytes = pos + start;
	return left.len - start - window->lines.len >= WINDOW_PADDING;
}

/* A number made of a part of a trace would be taken for one of all of it. */
static enum kg_status became_shorter(const struct source *source, struct kg_error *err)
{
	return error_set(err, KG_IO, source_name(source), 0,
			 "became shorter while it was read (read a copy, or when nobody writes)");
}

static enum kg_status read_in(struct window *window, const struct source *source, uint64_t pos,
			      size_t before, size_t size, struct kg_error *err)
{
	const uint64_t left = pos < source_size(source) ? source_size(source) - pos : 0;
	/* no more than there is, whatever size was asked for */
	size_t want = size < left ? before + size + SLACK_BYTES : (size_t)left;
	size_t have = 0;
	for (;;) {
		enum kg_status status = make_room(window, want, source, err);
		if (status != KG_OK)
			return status;
		size_t got;
		status = source_read(source, pos + have, window->buffer + have, want - have, &got,
				     err);
		if (status != KG_OK)
			return status;
		have += got;
		if (have < want && have < left)
			return became_shorter(source, err);
		const struct span bytes = { window->buffer, have };
		if (find_lines(bytes, before, before + size, have < want || have == left,
			       &window->lines))
			break;
		want = have + SLACK_BYTES;
	}
	window->pos_bytes = pos + (size_t)(window->lines.at - window->buffer);
	memset(window->buffer + have, 0, WINDOW_PADDING);
	return KG_OK;
}

enum kg_status window_read(struct window *window, const struct source *source, uint64_t k,
			   size_t size, struct kg_error *err)
{
	/* the byte before tells whether a line begins with the window's first */
	const size_t before = k > 0;
	const uint64_t pos = k * size - before;
	if (window->is_in_place && find_in_place(window, source, pos, before, size))
		return KG_OK;
	window->lines = (struct span){ 0 };
	return read_in(window, source, pos, before, size, err);
}

void window_release(struct window *window)
{
	memory_free(window->buffer);
	*window = (struct window){ 0 };
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how numbers and texts are taken from a file that may be damaged anywhere. */
#include "read/dat_stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "read/dat_number.h"
#include "base/banned.h"

void dat_stream_damaged(struct dat_stream *stream, const char *format, ...)
{
	if (stream->status != KG_OK)
		return;
	char reason[160];
	va_list values;
	va_start(values, format);
	vsnprintf(reason, sizeof(reason), format, values);
	va_end(values);
	stream->status = error_set(stream->err, KG_BAD_FORMAT, stream->file, 0,
				   "is a damaged trace.dat: %s (was it copied whole?)", reason);
}

void dat_stream_no_memory(struct dat_stream *stream)
{
	if (stream->status == KG_OK)
		stream->status = error_set(stream->err, KG_NOMEM, stream->file, 0, "out of memory");
}

/* Whether there are so many bytes; there being fewer is a failure. */
static bool has_bytes(struct dat_stream *stream, uint64_t len)
{
	if (stream->status == KG_OK && len > stream->end_bytes - stream->pos_bytes)
		dat_stream_damaged(stream, "%s ends too early", stream->what);
	return stream->status == KG_OK;
}

void dat_stream_bytes(struct dat_stream *stream, void *to, size_t len)
{
	size_t got;
	if (!has_bytes(stream, len))
		return;
	stream->status = source_read(stream->source, stream->pos_bytes, to, len, &got, stream->err);
	if (stream->status == KG_OK && got < len)
		dat_stream_damaged(stream, "%s ends too early", stream->what);
	stream->pos_bytes += len;
}

uint64_t dat_stream_number(struct dat_stream *stream, size_t size)
{
	unsigned char bytes[8];
	dat_stream_bytes(stream, bytes, size);
	return stream->status == KG_OK ? dat_number(bytes, size, stream->is_big) : 0;
}

void dat_stream_skip(struct dat_stream *stream, uint64_t len)
{
	if (has_bytes(stream, len))
		stream->pos_bytes += len;
}

bool dat_stream_expect(struct dat_stream *stream, const char *bytes, size_t len)
{
	char found[16];
	dat_stream_bytes(stream, found, len);
	if (stream->status == KG_OK && memcmp(found, bytes, len) != 0)
		dat_stream_damaged(stream, "%s does not start with \"%s\"", stream->what, bytes);
	return stream->status == KG_OK;
}

void dat_stream_string(struct dat_stream *stream, char *to, size_t cap)
{
	const uint64_t left = dat_stream_left(stream);
	size_t len = left < cap ? (size_t)left : cap;
	to[0] = '\0';
	if (stream->status != KG_OK)
		return;
	stream->status = source_read(stream->source, stream->pos_bytes, to, len, &len, stream->err);
	if (stream->status == KG_OK && memchr(to, '\0', len) == NULL)
		dat_stream_damaged(stream, "%s has a name without an end", stream->what);
	if (stream->status == KG_OK)
		stream->pos_bytes += strlen(to) + 1;
	else
		to[0] = '\0';
}

void dat_stream_word(struct dat_stream *stream, char *to, size_t cap)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	dat_stream_string(stream, to, cap);
	if (to[strspn(to, allowed)] == '\0')
		return;
	to[0] = '\0';
	dat_stream_damaged(stream, "%s has a name that cannot be one", stream->what);
}

char *dat_stream_text(struct dat_stream *stream, uint64_t len)
{
	if (!has_bytes(stream, len))
		return NULL;
	char *text = memory_alloc((size_t)len + 1);
	if (text == NULL) {
		dat_stream_no_memory(stream);
		return NULL;
	}
	dat_stream_bytes(stream, text, (size_t)len);
	text[len] = '\0';
	if (stream->status == KG_OK)
		return text;
	memory_free(text);
	return NULL;
}

struct dat_stream dat_stream_part(struct dat_stream *stream, uint64_t len, const char *what)
{
	struct dat_stream part = *stream;
	dat_stream_skip(stream, len);
	part.status = stream->status;
	part.end_bytes = stream->pos_bytes;
	part.what = what;
	return part;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stretch of a trace.dat, read from front to back.
 *
 * The first thing that fails is remembered: from then on every number is 0, every text NULL, and
 * nothing moves. So a reader asks for a few things in a row and looks at the status afterwards; but
 * no loop may depend on numbers from the file alone.
 */
#ifndef READ_DAT_STREAM_H
#define READ_DAT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/source.h"

struct dat_stream {
	const struct source *source;
	uint64_t pos_bytes;
	uint64_t end_bytes;
	bool is_big;
	enum kg_status status;
	const char *file; /* what messages call the input */
	const char *what; /* what they call this stretch: "its list of symbols" */
	struct kg_error *err;
};

static inline uint64_t dat_stream_left(const struct dat_stream *stream)
{
	return stream->status == KG_OK ? stream->end_bytes - stream->pos_bytes : 0;
}

/* A number of 1, 2, 4 or 8 bytes. */
uint64_t dat_stream_number(struct dat_stream *stream, size_t size);
void dat_stream_bytes(struct dat_stream *stream, void *to, size_t len);
void dat_stream_skip(struct dat_stream *stream, uint64_t len);
/* Takes exactly these bytes; false, and a failure, if there are others. */
bool dat_stream_expect(struct dat_stream *stream, const char *bytes, size_t len);
/* Copies a NUL-terminated string of less than cap bytes. */
void dat_stream_string(struct dat_stream *stream, char *to, size_t cap);
/* The same for a string of letters, digits and points; any other is a failure. */
void dat_stream_word(struct dat_stream *stream, char *to, size_t cap);
/* The next len bytes in heap memory of the caller's, with a NUL behind them. */
char *dat_stream_text(struct dat_stream *stream, uint64_t len);
/* The next len bytes as a stretch of their own; the stream goes on behind them. */
struct dat_stream dat_stream_part(struct dat_stream *stream, uint64_t len, const char *what);

/* Fails with KG_BAD_FORMAT: the file is damaged because of what the format string says. */
void dat_stream_damaged(struct dat_stream *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void dat_stream_no_memory(struct dat_stream *stream);

#endif

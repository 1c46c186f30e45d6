/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where rendered bytes go: a file, standard output, or memory.
 *
 * Writing never fails in sight: the first failure is remembered, what follows is dropped, and
 * kg_out_close() tells.
 */
#ifndef RENDER_OUT_H
#define RENDER_OUT_H

#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/render.h>

/* An output that keeps its bytes. */
KG_MUST_USE enum kg_status out_open_memory(struct kg_out **out);
/* What was written to it so far, NUL-terminated; valid until more is. */
const char *out_memory(const struct kg_out *out, size_t *len);

/* KG_OK, or what a failed write is: one who writes much can stop early. */
enum kg_status out_status(const struct kg_out *out);

/* Whether nothing was written to it yet. */
bool out_is_empty(const struct kg_out *out);

void out_bytes(struct kg_out *out, const void *bytes, size_t len);
void out_string(struct kg_out *out, const char *string);
void out_repeat(struct kg_out *out, char c, size_t count);

/*
 * A string of strangers as \xNN wherever a byte is not part of a printable UTF-8 character; the
 * backslash too, so that nothing can pass for an escape.
 */
void out_escaped(struct kg_out *out, const char *string);
/* The same, but characters of `special`, all of ASCII, are written as the function says. */
void out_escaped_as(struct kg_out *out, const char *string, const char *special,
		    const char *(*as)(char c));
/* Columns that out_escaped() takes on a terminal. */
size_t out_escaped_width(const char *string);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files through which the kernel is told and asked: small, read and written as a whole. */
#ifndef CAPTURE_CONTROL_H
#define CAPTURE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include <kvmgraph/error.h>

#include "base/arena.h"
#include "base/span.h"

/*
 * Reads a whole file. *text is NUL-terminated, with zeros enough behind it for words to be read,
 * and freed by memory_free(). len may be NULL. Fails with KG_IO and errno in err, and KG_NOMEM.
 */
KG_MUST_USE enum kg_status control_read(const char *path, char **text, size_t *len,
					struct kg_error *err);

/* The first line of a file, without its end, kept in an arena; NULL where that cannot be had.
 * path may be NULL. */
const char *control_line(struct arena *memory, const char *path);

/* Writes text in place of what a file held. It is not created. 0, or -1 with errno set. */
KG_MUST_USE int control_put(const char *path, const char *text);
/* Adds text to what a file holds. */
KG_MUST_USE int control_add(const char *path, const char *text);

/* Takes the next line, without its end, off the front of text; false at its end. */
bool control_next_line(struct span *text, struct span *line);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input bytes, readable at any position.
 *
 * A regular file is read where it lies. Anything else (a pipe) is first spooled to an unnamed file,
 * since readers look ahead.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/span.h"

struct source;

/* path "-" is standard input. tmp_folder NULL: /tmp. */
KG_MUST_USE enum kg_status source_open(const char *path, const char *tmp_folder,
				       struct source **out, struct kg_error *err);
/* Bytes that stay where they are until source_close(). */
KG_MUST_USE enum kg_status source_open_memory(const void *bytes, size_t len, struct source **out);

const char *source_name(const struct source *source);
uint64_t source_size(const struct source *source);

/*
 * Reads len bytes at a position, fewer only at the end. May be called by several threads at once.
 */
KG_MUST_USE enum kg_status source_read(const struct source *source, uint64_t pos_bytes, void *to,
				       size_t len, size_t *got, struct kg_error *err);

/*
 * Has a large file mapped if it can be, so that source_view() has something to show. Looking at a
 * part of it that the file has lost meanwhile, or that cannot be read, is a SIGBUS.
 */
void source_map(struct source *source);

/*
 * The bytes from a position to the end, in place: as long as the source is open. None (NULL) where
 * they have to be read, or where there are none.
 */
struct span source_view(const struct source *source, uint64_t pos_bytes);

/* Mapped bytes count as memory of the process until it is done with them: so much for these. */
void source_forget(const struct source *source, uint64_t from_bytes, uint64_t to_bytes);

void source_close(struct source *source);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input bytes, readable at any position.
 *
 * A regular file is read in place, never mapped: a file that shrinks while it is read must not
 * kill the program, and read pages do not count as memory of the process. Anything else (a pipe) is
 * first spooled to an unnamed file, since readers look ahead.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/error.h>

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

void source_close(struct source *source);

#endif

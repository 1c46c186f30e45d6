/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compressed files (gzip, xz, zstd, bzip2, lz4), through one library. */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/span.h"

/* This many first bytes of a file tell whether it is compressed. */
#define UNPACK_MAGIC_BYTES 6

bool unpack_is_packed(struct span start);

/*
 * Writes what is compressed in one file to another; *size is how many bytes came out. name is what
 * messages call the input. Damaged or cut data is KG_IO, KG_UNSUPPORTED a build without the
 * library.
 */
KG_MUST_USE enum kg_status unpack(int from, int to, const char *name, uint64_t *size,
				  struct kg_error *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacking of what trace-cmd packed, one block at a time. A zeroed unpacker is for plain files. */
#ifndef READ_DAT_UNPACK_H
#define READ_DAT_UNPACK_H

#include <stddef.h>

#include <kvmgraph/error.h>

#include "base/span.h"

enum dat_packing { DAT_PLAIN, DAT_ZLIB, DAT_ZSTD };

struct dat_unpacker {
	enum dat_packing packing;
	void *context; /* of zstd */
};

/*
 * Gets ready for a packing, by the name the file has for it. KG_UNSUPPORTED for an unknown name,
 * KG_NOMEM.
 */
KG_MUST_USE enum kg_status dat_unpacker_init(struct dat_unpacker *unpacker, const char *name);

/*
 * Unpacks one block; *len is how many bytes it gave. KG_BAD_FORMAT if it is damaged or needs more
 * than cap bytes, KG_NOMEM.
 */
KG_MUST_USE enum kg_status dat_unpack(const struct dat_unpacker *unpacker, struct span packed,
				      unsigned char *to, size_t cap, size_t *len);

void dat_unpacker_release(struct dat_unpacker *unpacker);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the packings of trace.dat. */
#include "read/dat_unpack.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/banned.h"

static enum kg_status unpack_zlib(struct span packed, unsigned char *to, size_t cap, size_t *len)
{
	uLongf got = cap;
	int result = uncompress(to, &got, packed.at, packed.len);
	if (result == Z_MEM_ERROR)
		return KG_NOMEM;
	if (result != Z_OK)
		return KG_BAD_FORMAT;
	*len = got;
	return KG_OK;
}

static enum kg_status unpack_zstd(ZSTD_DCtx *context, struct span packed, unsigned char *to,
				  size_t cap, size_t *len)
{
	size_t got = ZSTD_decompressDCtx(context, to, cap, packed.at, packed.len);
	if (ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation)
		return KG_NOMEM;
	if (ZSTD_isError(got))
		return KG_BAD_FORMAT;
	*len = got;
	return KG_OK;
}

enum kg_status dat_unpacker_init(struct dat_unpacker *unpacker, const char *name)
{
	static const struct {
		const char *name;
		enum dat_packing packing;
	} packings[] = {
		{ "none", DAT_PLAIN },
		{ "zlib", DAT_ZLIB },
		{ "zstd", DAT_ZSTD },
	};
	size_t i = 0;
	while (i < sizeof(packings) / sizeof(packings[0]) && strcmp(name, packings[i].name) != 0)
		i++;
	if (i == sizeof(packings) / sizeof(packings[0]))
		return KG_UNSUPPORTED;
	unpacker->packing = packings[i].packing;
	if (unpacker->packing == DAT_ZSTD) {
		unpacker->context = ZSTD_createDCtx();
		if (unpacker->context == NULL)
			return KG_NOMEM;
	}
	return KG_OK;
}

enum kg_status dat_unpack(const struct dat_unpacker *unpacker, struct span packed,
			  unsigned char *to, size_t cap, size_t *len)
{
	switch (unpacker->packing) {
	case DAT_ZLIB:
		return unpack_zlib(packed, to, cap, len);
	case DAT_ZSTD:
		return unpack_zstd(unpacker->context, packed, to, cap, len);
	case DAT_PLAIN:
		break;
	}
	return KG_BAD_FORMAT;
}

void dat_unpacker_release(struct dat_unpacker *unpacker)
{
	ZSTD_freeDCtx(unpacker->context);
	unpacker->context = NULL;
}

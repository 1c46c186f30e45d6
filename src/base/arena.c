/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how small pieces share large blocks. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>

#include "base/banned.h"
#include "base/memory.h"

#define BLOCK_BYTES 16384

struct arena_block {
	struct arena_block *older;
	alignas(max_align_t) unsigned char bytes[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	if (size > SIZE_MAX / 2)
		return NULL;
	size_t want = (size + mask) & ~mask;
	if (arena->newest == NULL || arena->cap - arena->used < want) {
		size_t cap = want > BLOCK_BYTES ? want : BLOCK_BYTES;
#ifdef KG_ARENA_MALLOC
		/* one block a piece, so that a memory checker sees each piece's bounds */
		cap = want;
#endif
		struct arena_block *block = memory_zalloc(sizeof(*block) + cap);
		if (block == NULL)
			return NULL;
		block->older = arena->newest;
		arena->newest = block;
		arena->used = 0;
		arena->cap = cap;
	}
	void *piece = arena->newest->bytes + arena->used;
	arena->used += want;
	return piece;
}

char *arena_copy(struct arena *arena, struct span bytes)
{
	char *copy = arena_alloc(arena, bytes.len + 1);
	if (copy != NULL && bytes.len > 0)
		memcpy(copy, bytes.at, bytes.len);
	return copy;
}

char *arena_copy_string(struct arena *arena, const char *string)
{
	return arena_copy(arena, (struct span){ (const unsigned char *)string, strlen(string) });
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	char *text = arena_alloc(arena, (size_t)len + 1);
	if (text == NULL)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void arena_release(struct arena *arena)
{
	while (arena->newest != NULL) {
		struct arena_block *older = arena->newest->older;
		memory_free(arena->newest);
		arena->newest = older;
	}
	arena->used = arena->cap = 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how arrays grow. */
#include "base/column.h"

#include <string.h>

#include "base/banned.h"

bool column_grow(void **at, size_t *cap, size_t want, size_t row_bytes)
{
	size_t next = *cap < 8 ? 8 : *cap;
	while (next < want) {
		if (__builtin_add_overflow(next, next / 2, &next))
			return false;
	}
	size_t bytes;
	if (__builtin_mul_overflow(next, row_bytes, &bytes))
		return false;
	void *moved = memory_realloc(*at, bytes);
	if (moved == NULL)
		return false;
	*at = moved;
	*cap = next;
	return true;
}

bool column_extend(void **at, size_t *cap, size_t *count, size_t want, size_t row_bytes)
{
	if (want > *cap && !column_grow(at, cap, want, row_bytes))
		return false;
	memset((char *)*at + *count * row_bytes, 0, (want - *count) * row_bytes);
	*count = want;
	return true;
}

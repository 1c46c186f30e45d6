/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Growable arrays. Rows are addressed by index, since growing moves them.
 *
 *	COLUMN(uint32_t) ids = { 0 };
 *	if (!column_push(&ids, 7))
 *		return KG_NOMEM;
 *	ids.at[0]; ids.count;
 *	column_release(&ids);
 */
#ifndef BASE_COLUMN_H
#define BASE_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#define COLUMN(type)                                                                               \
	struct {                                                                                   \
		type *at;                                                                          \
		size_t count;                                                                      \
		size_t cap;                                                                        \
	}

/* Makes room for want rows of row_bytes. False, and nothing changed, when memory is out. */
bool column_grow(void **at, size_t *cap, size_t want, size_t row_bytes);
/* The same, with every new row zeroed and counted: afterwards count is at least want. */
bool column_extend(void **at, size_t *cap, size_t *count, size_t want, size_t row_bytes);

#define column_reserve(column, want)                                                               \
	((want) <= (column)->cap ||                                                                \
	 column_grow((void **)&(column)->at, &(column)->cap, (want), sizeof(*(column)->at)))

/* Appends a value; false when memory is out. */
#define column_push(column, ...)                                                                   \
	(column_reserve(column, (column)->count + 1) &&                                            \
	 ((column)->at[(column)->count++] = (__VA_ARGS__), true))

/* Makes rows up to index valid, zeroing the new ones; false when memory is out. */
#define column_reach(column, index)                                                                \
	((size_t)(index) < (column)->count ||                                                      \
	 column_extend((void **)&(column)->at, &(column)->cap, &(column)->count,                   \
		       (size_t)(index) + 1, sizeof(*(column)->at)))

#define column_release(column)                                                                     \
	do {                                                                                       \
		memory_free((column)->at);                                                         \
		(column)->at = NULL;                                                               \
		(column)->count = (column)->cap = 0;                                               \
	} while (0)

#include "base/memory.h"

#endif

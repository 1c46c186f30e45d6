/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small pieces of memory that are freed together. A zeroed struct is an empty arena. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/span.h"

struct arena_block;

struct arena {
	struct arena_block *newest;
	size_t used;
	size_t cap;
};

/* Zeroed bytes, aligned for any type; NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
/* A NUL-terminated copy; NULL when memory is out. */
char *arena_copy(struct arena *arena, struct span bytes);
char *arena_copy_string(struct arena *arena, const char *string);
/* A formatted string; NULL when memory is out. */
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void arena_release(struct arena *arena);

#endif

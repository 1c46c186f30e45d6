/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only way to heap memory, so that tests can make any allocation fail.
 *
 * All three behave as their namesakes of the C library; a NULL result means out of memory.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

void *memory_alloc(size_t size);
void *memory_zalloc(size_t size);
void *memory_realloc(void *old, size_t size);
void memory_free(void *old);

/*
 * Test hook: the allocation after `passes` successful ones fails, and all after it. UINT64_MAX (the
 * start value) lets all pass.
 */
void memory_fail_after(uint64_t passes);
/* How many allocations were asked for since memory_fail_after() was last called. */
uint64_t memory_asked(void);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where memory comes from. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/banned.h"

/* The one mutable global of the library: set by tests only. */
static _Atomic uint64_t fail_after = UINT64_MAX;
static _Atomic uint64_t asked;

static bool may_pass(void)
{
	if (atomic_load_explicit(&fail_after, memory_order_relaxed) == UINT64_MAX)
		return true;
	return atomic_fetch_add(&asked, 1) < atomic_load(&fail_after);
}

void *memory_alloc(size_t size)
{
	return may_pass() ? malloc(size) : NULL;
}

void *memory_zalloc(size_t size)
{
	return may_pass() ? calloc(1, size) : NULL;
}

void *memory_realloc(void *old, size_t size)
{
	return may_pass() ? realloc(old, size) : NULL;
}

void memory_free(void *old)
{
	free(old);
}

void memory_fail_after(uint64_t passes)
{
	atomic_store(&asked, 0);
	atomic_store(&fail_after, passes);
}

uint64_t memory_asked(void)
{
	return atomic_load(&asked);
}

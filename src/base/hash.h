/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes of a few words, for tables that forget everything when they are full. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/* A hash with one word more; start with 0. Its lower bits do for a table. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

#endif

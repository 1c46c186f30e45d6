/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Byte strings as dense numbers: each distinct string gets the next id, from 0.
 *
 * The bytes of a string are copied once, when it is first seen. A zeroed struct is empty.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/column.h"
#include "base/span.h"

#define INTERN_NONE UINT32_MAX
/* So many zeros stand behind every kept string. */
#define INTERN_PADDING 16

struct intern_slot {
	uint32_t hash;
	uint32_t id;
};

struct intern {
	struct intern_slot *slots; /* a power of two of them */
	uint32_t slot_mask;
	COLUMN(struct span) strings;
	struct arena bytes;
};

/* The first `left` (1 to 7) bytes of a word as they stand in memory, in some order. */
static inline uint64_t intern_tail(uint64_t word, size_t left)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return word << (64 - 8 * left);
#else
	return word >> (64 - 8 * left);
#endif
}

/* Reads whole words: up to 7 bytes behind the string have to be readable. */
static inline uint32_t intern_hash(struct span string)
{
	const uint64_t multiplier = 0x9e3779b97f4a7c15u;
	uint64_t hash = string.len * multiplier;
	const unsigned char *at = string.at;
	size_t left = string.len;
	uint64_t word;
	for (; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		hash = (hash ^ word) * multiplier;
		hash ^= hash >> 29;
	}
	if (left > 0) {
		memcpy(&word, at, 8);
		hash = (hash ^ intern_tail(word, left)) * multiplier;
	}
	return (uint32_t)(hash >> 32);
}

/* Whether a kept string (zeros behind it) is these bytes (any behind them), word by word. */
static inline bool intern_equal(struct span kept, struct span string)
{
	if (kept.len != string.len)
		return false;
	const unsigned char *a = kept.at;
	const unsigned char *b = string.at;
	size_t left = string.len;
	uint64_t word_a;
	uint64_t word_b;
	for (; left >= 8; left -= 8, a += 8, b += 8) {
		memcpy(&word_a, a, 8);
		memcpy(&word_b, b, 8);
		if (word_a != word_b)
			return false;
	}
	if (left == 0)
		return true;
	memcpy(&word_a, a, 8);
	memcpy(&word_b, b, 8);
	return intern_tail(word_a ^ word_b, left) == 0;
}

/*
 * The id of a string, or INTERN_NONE if it was never added. hash is intern_hash(string), and as
 * many bytes are readable behind it.
 */
static inline uint32_t intern_find(const struct intern *intern, struct span string, uint32_t hash)
{
	if (intern->slots == NULL)
		return INTERN_NONE;
	for (uint32_t i = hash & intern->slot_mask;; i = (i + 1) & intern->slot_mask) {
		const struct intern_slot *slot = &intern->slots[i];
		if (slot->id == INTERN_NONE)
			return INTERN_NONE;
		if (slot->hash == hash && intern_equal(intern->strings.at[slot->id], string))
			return slot->id;
	}
}

/* The id of a string, added if new; INTERN_NONE when memory is out (or ids are). */
uint32_t intern_add(struct intern *intern, struct span string, uint32_t hash);
/* The same for a string that nothing is known about; needs no readable bytes behind it. */
uint32_t intern_add_copy(struct intern *intern, struct span string);
/* The string of an id, NUL-terminated in memory. */
static inline struct span intern_get(const struct intern *intern, uint32_t id)
{
	return intern->strings.at[id];
}
void intern_release(struct intern *intern);

#endif

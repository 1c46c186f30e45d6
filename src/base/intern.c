/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the table that turns strings into ids. */
#include "base/intern.h"

#include <limits.h>

#include "base/banned.h"
#include "base/memory.h"

#define FIRST_SLOTS 256

static void place(struct intern_slot *slots, uint32_t mask, struct intern_slot entry)
{
	uint32_t i = entry.hash & mask;
	while (slots[i].id != INTERN_NONE)
		i = (i + 1) & mask;
	slots[i] = entry;
}

static bool grow(struct intern *intern)
{
	uint64_t count =
		intern->slots == NULL ? FIRST_SLOTS : (intern->slot_mask + UINT64_C(1)) * 2;
	if (count > UINT64_C(1) << 31)
		return false;
	struct intern_slot *slots = memory_alloc((size_t)count * sizeof(*slots));
	if (slots == NULL)
		return false;
	uint32_t mask = (uint32_t)(count - 1);
	memset(slots, 0xff, (size_t)count * sizeof(*slots));
	for (uint64_t i = 0; intern->slots != NULL && i <= intern->slot_mask; i++) {
		if (intern->slots[i].id != INTERN_NONE)
			place(slots, mask, intern->slots[i]);
	}
	memory_free(intern->slots);
	intern->slots = slots;
	intern->slot_mask = mask;
	return true;
}

uint32_t intern_add(struct intern *intern, struct span string, uint32_t hash)
{
	uint32_t id = intern_find(intern, string, hash);
	if (id != INTERN_NONE)
		return id;
	if (intern->slots == NULL || intern->strings.count >= intern->slot_mask / 2) {
		if (!grow(intern))
			return INTERN_NONE;
	}
	unsigned char *copy = arena_alloc(&intern->bytes, string.len + INTERN_PADDING);
	if (copy == NULL)
		return INTERN_NONE;
	if (string.len > 0)
		memcpy(copy, string.at, string.len);
	if (!column_push(&intern->strings, (struct span){ copy, string.len }))
		return INTERN_NONE;
	id = (uint32_t)(intern->strings.count - 1);
	place(intern->slots, intern->slot_mask, (struct intern_slot){ hash, id });
	return id;
}

uint32_t intern_add_copy(struct intern *intern, struct span string)
{
	/* hashing reads whole words, so give it words to read */
	unsigned char *padded = memory_alloc(string.len + sizeof(uint64_t));
	if (padded == NULL)
		return INTERN_NONE;
	if (string.len > 0)
		memcpy(padded, string.at, string.len);
	struct span copy = { padded, string.len };
	uint32_t id = intern_add(intern, copy, intern_hash(copy));
	memory_free(padded);
	return id;
}

void intern_release(struct intern *intern)
{
	memory_free(intern->slots);
	column_release(&intern->strings);
	arena_release(&intern->bytes);
	intern->slots = NULL;
	intern->slot_mask = 0;
}

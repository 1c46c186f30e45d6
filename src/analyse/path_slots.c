/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a node is found by its parent and its key. */
#include "analyse/path_slots.h"

#include <stddef.h>

#include "base/memory.h"
#include "base/banned.h"

#define FIRST_SLOTS 64

static uint32_t hash_of(uint32_t parent, uint32_t key)
{
	uint64_t hash = ((uint64_t)parent << 32 | key) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32);
}

static inline bool is_free(const struct path_slots *slots, const struct path_slot *slot)
{
	return slot->epoch != slots->epoch;
}

uint32_t slots_find(const struct path_slots *slots, uint32_t parent, uint32_t key)
{
	if (slots->count == 0)
		return NO_PATH;
	for (uint32_t i = hash_of(parent, key);; i++) {
		const struct path_slot *slot = &slots->at[i & slots->mask];
		if (is_free(slots, slot))
			return NO_PATH;
		if (slot->parent == parent && slot->key == key)
			return slot->node;
	}
}

static void place(struct path_slots *slots, const struct path_slot *row)
{
	uint32_t i = hash_of(row->parent, row->key);
	while (!is_free(slots, &slots->at[i & slots->mask]))
		i++;
	slots->at[i & slots->mask] = *row;
}

static bool grow(struct path_slots *slots)
{
	const size_t old_count = slots->at == NULL ? 0 : (size_t)slots->mask + 1;
	const size_t count = old_count == 0 ? FIRST_SLOTS : old_count * 2;
	if (count > (size_t)1 << 31)
		return false;
	struct path_slots grown = { .count = slots->count, .mask = (uint32_t)(count - 1) };
	grown.epoch = slots->epoch > 0 ? slots->epoch : 1;
	grown.at = memory_zalloc(count * sizeof(*grown.at));
	if (grown.at == NULL)
		return false;
	for (size_t i = 0; i < old_count; i++) {
		if (!is_free(slots, &slots->at[i]))
			place(&grown, &slots->at[i]);
	}
	memory_free(slots->at);
	*slots = grown;
	return true;
}

bool slots_add(struct path_slots *slots, uint32_t parent, uint32_t key, uint32_t node)
{
	if ((slots->at == NULL || slots->count >= slots->mask / 2) && !grow(slots))
		return false;
	place(slots, &(struct path_slot){ parent, key, node, slots->epoch });
	slots->count++;
	return true;
}

void slots_clear(struct path_slots *slots)
{
	slots->count = 0;
	if (slots->at == NULL || ++slots->epoch != 0)
		return;
	/* so many trees have been that numbers begin anew */
	for (size_t i = 0; i <= slots->mask; i++)
		slots->at[i].epoch = 0;
	slots->epoch = 1;
}

void slots_release(struct path_slots *slots)
{
	memory_free(slots->at);
	*slots = (struct path_slots){ 0 };
}

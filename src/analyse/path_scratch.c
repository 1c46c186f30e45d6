/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the paths of one open tree are found fast: calls come in the order of the last time. */
#include "analyse/path_scratch.h"

#include <string.h>

#include "base/banned.h"

#define FIRST_SLOTS 64

static uint32_t hash_of(uint32_t parent, uint32_t key)
{
	uint64_t hash = ((uint64_t)parent << 32 | key) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32);
}

static void place(struct path_scratch *scratch, uint32_t node)
{
	struct scratch_node *row = &scratch->nodes.at[node];
	uint32_t i = hash_of(row->parent, row->key) & scratch->slot_mask;
	while (scratch->slots[i] != NO_PATH)
		i = (i + 1) & scratch->slot_mask;
	scratch->slots[i] = node;
	row->slot = i;
}

static bool grow(struct path_scratch *scratch)
{
	const size_t count =
		scratch->slots == NULL ? FIRST_SLOTS : ((size_t)scratch->slot_mask + 1) * 2;
	if (count > (size_t)1 << 31)
		return false;
	uint32_t *slots = memory_alloc(count * sizeof(*slots));
	if (slots == NULL)
		return false;
	memset(slots, 0xff, count * sizeof(*slots));
	memory_free(scratch->slots);
	scratch->slots = slots;
	scratch->slot_mask = (uint32_t)(count - 1);
	for (size_t node = 1; node < scratch->nodes.count; node++)
		place(scratch, (uint32_t)node);
	return true;
}

static bool push_node(struct path_scratch *scratch, uint32_t parent, uint32_t key, uint32_t name)
{
	return column_push(&scratch->nodes, (struct scratch_node){
						    .key = key,
						    .name = name,
						    .parent = parent,
						    .slot = NO_PATH,
						    .cursor = NO_PATH,
						    .follow = NO_PATH,
						    .path = NO_PATH,
					    });
}

bool scratch_start(struct path_scratch *scratch, uint32_t key, uint32_t name)
{
	scratch_reset(scratch);
	return (scratch->slots != NULL || grow(scratch)) && push_node(scratch, NO_PATH, key, name);
}

static uint32_t look_up(struct path_scratch *scratch, uint32_t parent, uint32_t key, uint32_t name)
{
	for (uint32_t i = hash_of(parent, key);; i++) {
		const uint32_t node = scratch->slots[i & scratch->slot_mask];
		if (node == NO_PATH)
			break;
		if (scratch->nodes.at[node].parent == parent && scratch->nodes.at[node].key == key)
			return node;
	}
	if (scratch->nodes.count >= scratch->slot_mask / 2 && !grow(scratch))
		return NO_PATH;
	const uint32_t node = (uint32_t)scratch->nodes.count;
	if (!push_node(scratch, parent, key, name))
		return NO_PATH;
	place(scratch, node);
	return node;
}

uint32_t scratch_child(struct path_scratch *scratch, uint32_t parent, uint32_t key, uint32_t name)
{
	const uint32_t last = scratch->nodes.at[parent].cursor;
	if (last != NO_PATH) {
		const struct scratch_node *row = &scratch->nodes.at[last];
		if (row->key == key)
			return last;
		if (row->follow != NO_PATH && scratch->nodes.at[row->follow].key == key) {
			scratch->nodes.at[parent].cursor = row->follow;
			return row->follow;
		}
	}
	const uint32_t node = look_up(scratch, parent, key, name);
	if (node == NO_PATH)
		return NO_PATH;
	if (last != NO_PATH)
		scratch->nodes.at[last].follow = node;
	scratch->nodes.at[parent].cursor = node;
	return node;
}

void scratch_reset(struct path_scratch *scratch)
{
	for (size_t node = 1; node < scratch->nodes.count; node++)
		scratch->slots[scratch->nodes.at[node].slot] = NO_PATH;
	scratch->nodes.count = 0;
}

void scratch_release(struct path_scratch *scratch)
{
	column_release(&scratch->nodes);
	memory_free(scratch->slots);
	scratch->slots = NULL;
}

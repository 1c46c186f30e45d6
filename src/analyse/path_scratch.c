/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the paths of one open tree are found fast: calls come in the order of the last time. */
#include "analyse/path_scratch.h"

#include "base/banned.h"

static bool push_node(struct path_scratch *scratch, uint32_t parent, uint32_t key, uint32_t name)
{
	return column_push(&scratch->nodes, (struct scratch_node){
						    .key = key,
						    .name = name,
						    .parent = parent,
						    .cursor = NO_PATH,
						    .follow = NO_PATH,
						    .path = NO_PATH,
					    });
}

bool scratch_start(struct path_scratch *scratch, uint32_t key, uint32_t name)
{
	scratch_reset(scratch);
	return push_node(scratch, NO_PATH, key, name);
}

static uint32_t look_up(struct path_scratch *scratch, uint32_t parent, uint32_t key, uint32_t name)
{
	const uint32_t known = slots_find(&scratch->slots, parent, key);
	if (known != NO_PATH)
		return known;
	const uint32_t node = (uint32_t)scratch->nodes.count;
	if (!push_node(scratch, parent, key, name))
		return NO_PATH;
	if (slots_add(&scratch->slots, parent, key, node))
		return node;
	scratch->nodes.count--;
	return NO_PATH;
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
	slots_clear(&scratch->slots);
	scratch->nodes.count = 0;
	scratch->given_up = NO_PATH;
	scratch->turns = 0;
}

void scratch_release(struct path_scratch *scratch)
{
	column_release(&scratch->nodes);
	slots_release(&scratch->slots);
}

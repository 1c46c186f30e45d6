/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows a table of numbers that only grows. */
#include "read/dat_ids.h"

#include "base/memory.h"
#include "base/banned.h"

#define FIRST_SLOTS 256

static void put(struct dat_ids *ids, uint64_t number, uint32_t id)
{
	size_t i = dat_ids_start(ids, number);
	while (ids->slots[i].id != DAT_ID_NONE)
		i = (i + 1) & ids->slot_mask;
	ids->slots[i] = (struct dat_id_slot){ number, id };
}

static bool grow(struct dat_ids *ids)
{
	const size_t old_count = ids->slots == NULL ? 0 : ids->slot_mask + 1;
	const size_t count = old_count == 0 ? FIRST_SLOTS : old_count * 2;
	struct dat_id_slot *old = ids->slots;
	struct dat_id_slot *slots = memory_alloc(count * sizeof(*slots));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		slots[i] = (struct dat_id_slot){ 0, DAT_ID_NONE };
	ids->slots = slots;
	ids->slot_mask = count - 1;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].id != DAT_ID_NONE)
			put(ids, old[i].number, old[i].id);
	}
	memory_free(old);
	return true;
}

bool dat_ids_add(struct dat_ids *ids, uint64_t number, uint32_t id)
{
	if ((ids->slots == NULL || ids->count > ids->slot_mask / 2) && !grow(ids))
		return false;
	put(ids, number, id);
	ids->count++;
	return true;
}

void dat_ids_release(struct dat_ids *ids)
{
	memory_free(ids->slots);
	*ids = (struct dat_ids){ 0 };
}

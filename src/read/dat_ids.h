/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids by number: those of functions by address, those of tasks by pid. A zeroed struct is empty. */
#ifndef READ_DAT_IDS_H
#define READ_DAT_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAT_ID_NONE UINT32_MAX

struct dat_id_slot {
	uint64_t number;
	uint32_t id; /* DAT_ID_NONE: empty */
};

struct dat_ids {
	struct dat_id_slot *slots; /* a power of two of them, at most half of them used */
	size_t slot_mask;
	size_t count;
};

static inline size_t dat_ids_start(const struct dat_ids *ids, uint64_t number)
{
	return (size_t)((number * 0x9e3779b97f4a7c15u) >> 32) & ids->slot_mask;
}

/* DAT_ID_NONE for a number that has none yet. */
static inline uint32_t dat_ids_find(const struct dat_ids *ids, uint64_t number)
{
	if (ids->slots == NULL)
		return DAT_ID_NONE;
	size_t i = dat_ids_start(ids, number);
	while (ids->slots[i].id != DAT_ID_NONE && ids->slots[i].number != number)
		i = (i + 1) & ids->slot_mask;
	return ids->slots[i].id;
}

/* Adds a number that is not there. False when memory is out. */
bool dat_ids_add(struct dat_ids *ids, uint64_t number, uint32_t id);
void dat_ids_release(struct dat_ids *ids);

#endif

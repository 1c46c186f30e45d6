/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which node of a tree is below which by what key: a hash table beside the tree. A zeroed struct is
 * empty. 16 bytes for each slot, of which two to four are for one node.
 */
#ifndef ANALYSE_PATH_SLOTS_H
#define ANALYSE_PATH_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/api.h>

#define NO_PATH UINT32_MAX

struct path_slot {
	uint32_t parent;
	uint32_t key;
	uint32_t node;
	uint32_t epoch; /* 0: free, as is every slot of another epoch than the table's */
};

struct path_slots {
	struct path_slot *at; /* a power of two of them */
	uint32_t mask;
	uint32_t count;
	uint32_t epoch;
};

/* The node below a parent (NO_PATH: a root) with a key, or NO_PATH. */
uint32_t slots_find(const struct path_slots *slots, uint32_t parent, uint32_t key);
/* Adds one that is not there. False, and nothing changed, when memory is out. */
KG_MUST_USE bool slots_add(struct path_slots *slots, uint32_t parent, uint32_t key, uint32_t node);
/* Empties the table, whose memory stays; costs nothing. */
void slots_clear(struct path_slots *slots);
void slots_release(struct path_slots *slots);

#endif

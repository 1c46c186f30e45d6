/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One tree of calls while it is open, gathered by path. */
#ifndef ANALYSE_PATH_SCRATCH_H
#define ANALYSE_PATH_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "analyse/paths.h"

#define NO_SCRATCH UINT32_MAX

struct scratch_node {
	struct path_sample sample;
	uint32_t key;
	uint32_t name;
	uint32_t parent;
	uint32_t cursor; /* the child that was called last */
	uint32_t follow; /* the sibling that was called after it last time */
	uint32_t path;	 /* where it is added to the whole; for the collector */
};

struct path_scratch {
	COLUMN(struct scratch_node) nodes; /* callers before their callees; 0 is the root */
	struct path_slots slots;
	uint32_t given_up; /* the node that gave up entering the guest and is not there yet; or
			      NO_PATH */
	uint32_t turns; /* how often something came in between that sent a vCPU round once more */
};

/* Starts a tree anew; false when memory is out. */
KG_MUST_USE bool scratch_start(struct path_scratch *scratch, uint32_t key, uint32_t name);
/* The callee of a node with a key, added if new; NO_PATH when memory is out. */
uint32_t scratch_child(struct path_scratch *scratch, uint32_t parent, uint32_t key, uint32_t name);
/* Forgets the tree, but not the memory that it took. */
void scratch_reset(struct path_scratch *scratch);
void scratch_release(struct path_scratch *scratch);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows of a call table as trees, so that they can be walked from the top.
 *
 *	for (size_t row = root; row != FOREST_END; row = forest_next(&forest, row, &level))
 *		...
 */
#ifndef RENDER_FOREST_H
#define RENDER_FOREST_H

#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/analyse.h>

#define FOREST_END SIZE_MAX

/* A zeroed struct can be released. */
struct forest {
	const struct kg_call_table *table;
	size_t *first_child; /* by row; children in the order of their rows */
	size_t *next; /* by row: next one below the same parent; of a root: of the same task */
	size_t *first_root; /* by task */
};

/* Fails with KG_NOMEM. Linear in the rows. */
KG_MUST_USE enum kg_status forest_plant(struct forest *forest, const struct kg_call_table *table,
					uint32_t task_count);
void forest_release(struct forest *forest);

/* Whether a row is the first root of its task. */
bool forest_starts_task(const struct forest *forest, size_t row);
/* The row behind this one, callees before what follows, over all roots of a task. */
size_t forest_next(const struct forest *forest, size_t row, uint32_t *level);

#endif

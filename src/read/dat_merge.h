/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The records of all CPUs in one order: by time, and by CPU where times are equal.
 *
 *	struct dat_merge merge = { 0 };
 *	dat_merge_add(&merge, &cursor, &err);
 *	for (struct dat_cursor *at; (at = dat_merge_first(&merge)) != NULL;)
 *		dat_merge_next(&merge, &err);
 *	dat_merge_release(&merge);
 */
#ifndef READ_DAT_MERGE_H
#define READ_DAT_MERGE_H

#include "base/column.h"
#include "read/dat_cursor.h"

struct dat_merge {
	COLUMN(struct dat_cursor *) heap; /* none comes before the one at half its place */
};

/* Adds a cursor that has not been moved; it has to stay. KG_IO, KG_NOMEM. */
KG_MUST_USE enum kg_status dat_merge_add(struct dat_merge *merge, struct dat_cursor *cursor,
					 struct kg_error *err);

/* The cursor that stands on the next item, or NULL at the end of all. */
static inline struct dat_cursor *dat_merge_first(const struct dat_merge *merge)
{
	return merge->heap.count > 0 ? merge->heap.at[0] : NULL;
}

/* Goes on to the item behind that. KG_OK at the end too; KG_IO, KG_NOMEM. */
KG_MUST_USE enum kg_status dat_merge_next(struct dat_merge *merge, struct kg_error *err);

void dat_merge_release(struct dat_merge *merge);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows a call that came elsewhere: what one side lost under one caller, the other has under one.
 */
#include "analyse/diff.h"

#include <stdlib.h>

#include "base/banned.h"

/* A path that only one side has. */
struct stray {
	uint32_t root;
	uint32_t key;
	uint32_t path;
	bool is_top; /* both sides have its caller */
};

struct mover {
	struct kg_diff *diff;
	COLUMN(struct stray) strays[KG_SIDE_COUNT]; /* by root, key and path */
};

static int compare_strays(const void *a, const void *b)
{
	const struct stray *left = a;
	const struct stray *right = b;
	if (left->root != right->root)
		return left->root < right->root ? -1 : 1;
	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return (left->path > right->path) - (left->path < right->path);
}

static bool list_strays(struct mover *mover, enum kg_diff_side side)
{
	const struct kg_diff *diff = mover->diff;
	for (uint32_t path = 0; path < diff->sums.count; path++) {
		const struct path_node *node = &diff->paths.nodes.at[path];
		if (node->parent == NO_PATH || !is_only(diff, path, side) ||
		    !is_shared(diff, node->root))
			continue;
		const struct stray stray = { node->root, node->key, path,
					     is_shared(diff, node->parent) };
		if (!column_push(&mover->strays[side], stray))
			return false;
	}
	if (mover->strays[side].count > 1)
		qsort(mover->strays[side].at, mover->strays[side].count,
		      sizeof(*mover->strays[side].at), compare_strays);
	return true;
}

/* Whether a path is still where it was listed: one above it may have been moved since. */
static bool is_there(const struct kg_diff *diff, const struct stray *stray, enum kg_diff_side side)
{
	return diff->paths.nodes.at[stray->path].names[side] != NO_KEY;
}

static bool is_below(const struct kg_diff *diff, uint32_t path, uint32_t above)
{
	while (path != NO_PATH && path != above)
		path = diff->paths.nodes.at[path].parent;
	return path == above;
}

/* Joins the strays of one root and key, old and new, in order. */
static enum kg_status join_group(struct mover *mover, size_t old, size_t old_end, size_t new,
				 size_t new_end, bool *is_changed)
{
	struct kg_diff *diff = mover->diff;
	while (old < old_end && new < new_end) {
		const struct stray *from = &mover->strays[KG_SIDE_OLD].at[old];
		const struct stray *to = &mover->strays[KG_SIDE_NEW].at[new];
		if (!is_there(diff, from, KG_SIDE_OLD)) {
			old++;
			continue;
		}
		if (!is_there(diff, to, KG_SIDE_NEW)) {
			new ++;
			continue;
		}
		old++;
		new ++;
		if (!(from->is_top || to->is_top) || is_below(diff, to->path, from->path))
			continue;
		enum kg_status status =
			diff_add_change(diff, KG_CHANGE_MOVED, from->path, to->path);
		if (status != KG_OK)
			return status;
		if (!paths_merge(&diff->paths, from->path, to->path, KG_SIDE_OLD))
			return KG_NOMEM;
		*is_changed = true;
	}
	return KG_OK;
}

static size_t group_end(const struct stray *strays, size_t count, size_t first)
{
	size_t end = first;
	while (end < count && strays[end].root == strays[first].root &&
	       strays[end].key == strays[first].key)
		end++;
	return end;
}

static enum kg_status join_all(struct mover *mover, bool *is_changed)
{
	size_t old = 0;
	size_t new = 0;
	enum kg_status status = KG_OK;
	const size_t old_count = mover->strays[KG_SIDE_OLD].count;
	const size_t new_count = mover->strays[KG_SIDE_NEW].count;
	while (old < old_count && new < new_count && status == KG_OK) {
		const struct stray *left = &mover->strays[KG_SIDE_OLD].at[old];
		const struct stray *right = &mover->strays[KG_SIDE_NEW].at[new];
		const size_t old_end = group_end(mover->strays[KG_SIDE_OLD].at, old_count, old);
		const size_t new_end = group_end(mover->strays[KG_SIDE_NEW].at, new_count, new);
		const bool is_same = left->root == right->root && left->key == right->key;
		const bool is_left_first = left->root != right->root ? left->root < right->root
								     : left->key < right->key;
		if (is_same)
			status = join_group(mover, old, old_end, new, new_end, is_changed);
		if (is_same || is_left_first)
			old = old_end;
		if (is_same || !is_left_first)
			new = new_end;
	}
	return status;
}

enum kg_status diff_find_moves(struct kg_diff *diff, bool *is_changed)
{
	struct mover mover = { .diff = diff };
	enum kg_status status = KG_NOMEM;
	if (list_strays(&mover, KG_SIDE_OLD) && list_strays(&mover, KG_SIDE_NEW))
		status = join_all(&mover, is_changed);
	column_release(&mover.strays[KG_SIDE_OLD]);
	column_release(&mover.strays[KG_SIDE_NEW]);
	return status;
}

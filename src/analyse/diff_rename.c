/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows a function by its place and shape where no table knows its new name. */
#include "analyse/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* Own times within this factor are of one class; below the other all are. */
#define CLASS_FACTOR 4
#define CLASS_FLOOR_NS 1000

/* Of two names, so much at their start and end. */
#define ALIKE_PERCENT 40
#define SOMEWHAT_PERCENT 10

/* A callee of one side, and the nearest callees around it that both sides have. */
struct rival {
	uint32_t path;
	uint32_t before;
	uint32_t after;
};

struct candidate {
	uint32_t old_path;
	uint32_t new_path;
	uint32_t score;
};

struct finder {
	struct kg_diff *diff;
	COLUMN(uint32_t) callees; /* of one caller, in one side's order */
	COLUMN(struct rival) rivals[KG_SIDE_COUNT];
	COLUMN(struct candidate) candidates;
	COLUMN(bool) is_taken; /* by key */
};

static void release(struct finder *finder)
{
	column_release(&finder->callees);
	column_release(&finder->rivals[KG_SIDE_OLD]);
	column_release(&finder->rivals[KG_SIDE_NEW]);
	column_release(&finder->candidates);
	column_release(&finder->is_taken);
}

/* ---- who may be who -------------------------------------------------------------------------- */

struct order_by {
	const struct kg_diff *diff;
	enum kg_diff_side side;
};

static int compare_orders(const void *a, const void *b, void *self)
{
	const struct order_by *by = self;
	const struct path_node *left = &by->diff->paths.nodes.at[*(const uint32_t *)a];
	const struct path_node *right = &by->diff->paths.nodes.at[*(const uint32_t *)b];
	if (left->orders[by->side] != right->orders[by->side])
		return left->orders[by->side] < right->orders[by->side] ? -1 : 1;
	return (left->key > right->key) - (left->key < right->key);
}

/* A function has a new name only if one side knows nothing of the other's. */
static bool is_rival(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	const enum kg_diff_side other = other_side(side);
	const uint32_t key = diff->paths.nodes.at[path].key;
	if (!is_only(diff, path, side) || diff->key_places[other].at[key] > 0)
		return false;
	return !diff->surroundings[other].knows_functions ||
	       !diff_is_traceable(diff, other, diff_name(diff, path, side));
}

/* The callees of a caller that may have another name on the other side, with their neighbours. */
static bool list_rivals(struct finder *finder, uint32_t caller, enum kg_diff_side side)
{
	struct kg_diff *diff = finder->diff;
	finder->callees.count = 0;
	finder->rivals[side].count = 0;
	for (uint32_t child = diff->paths.nodes.at[caller].first_child; child != NO_PATH;
	     child = diff->paths.nodes.at[child].next_sibling) {
		if (has_path(diff, child, side) && !column_push(&finder->callees, child))
			return false;
	}
	struct order_by by = { diff, side };
	if (finder->callees.count > 1)
		qsort_r(finder->callees.at, finder->callees.count, sizeof(*finder->callees.at),
			compare_orders, &by);
	uint32_t before = NO_PATH;
	size_t waiting = 0;
	for (size_t i = 0; i < finder->callees.count; i++) {
		const uint32_t child = finder->callees.at[i];
		if (is_shared(diff, child)) {
			for (; waiting < finder->rivals[side].count; waiting++)
				finder->rivals[side].at[waiting].after = child;
			before = child;
		} else if (finder->rivals[side].count < KG_DIFF_RIVALS &&
			   is_rival(diff, child, side) &&
			   !column_push(&finder->rivals[side],
					(struct rival){ child, before, NO_PATH })) {
			return false;
		}
	}
	return true;
}

/* ---- how much alike -------------------------------------------------------------------------- */

/* How many callees two paths have, each on its side, and how many of them are the same. */
static void compare_callees(const struct kg_diff *diff, uint32_t old_path, uint32_t new_path,
			    size_t *all, size_t *same)
{
	*all = *same = 0;
	for (uint32_t child = diff->paths.nodes.at[old_path].first_child; child != NO_PATH;
	     child = diff->paths.nodes.at[child].next_sibling) {
		if (!has_path(diff, child, KG_SIDE_OLD))
			continue;
		const uint32_t twin =
			paths_find(&diff->paths, new_path, diff->paths.nodes.at[child].key);
		(*all)++;
		*same += twin != NO_PATH && has_path(diff, twin, KG_SIDE_NEW);
	}
	for (uint32_t child = diff->paths.nodes.at[new_path].first_child; child != NO_PATH;
	     child = diff->paths.nodes.at[child].next_sibling)
		*all += has_path(diff, child, KG_SIDE_NEW);
	*all -= *same;
}

static bool is_one_class(const struct kg_diff *diff, uint32_t old_path, uint32_t new_path)
{
	const uint64_t old_ns = diff_mean_self(diff, old_path, KG_SIDE_OLD);
	const uint64_t new_ns = diff_mean_self(diff, new_path, KG_SIDE_NEW);
	if (old_ns < CLASS_FLOOR_NS && new_ns < CLASS_FLOOR_NS)
		return true;
	return old_ns / CLASS_FACTOR <= new_ns && new_ns / CLASS_FACTOR <= old_ns;
}

static bool is_as_often(const struct kg_diff *diff, uint32_t old_path, uint32_t new_path)
{
	const struct diff_sum *old = &diff->sums.at[old_path];
	const struct diff_sum *new = &diff->sums.at[new_path];
	return old->most[KG_SIDE_OLD] >= new->least[KG_SIDE_NEW] &&
	       new->most[KG_SIDE_NEW] >= old->least[KG_SIDE_OLD];
}

/* How much of two names is the same at their start and end, in percent. */
static uint32_t compare_names(const char *a, const char *b)
{
	const size_t a_len = strlen(a);
	const size_t b_len = strlen(b);
	const size_t shorter = a_len < b_len ? a_len : b_len;
	const size_t longer = a_len < b_len ? b_len : a_len;
	size_t head = 0;
	while (head < shorter && a[head] == b[head])
		head++;
	size_t tail = 0;
	while (tail < shorter - head && a[a_len - 1 - tail] == b[b_len - 1 - tail])
		tail++;
	return longer == 0 ? 100 : (uint32_t)(100 * (head + tail) / longer);
}

/* Whether both sides say what they could trace: then a rival is no function of the other side. */
static bool are_functions_known(const struct kg_diff *diff)
{
	return diff->surroundings[KG_SIDE_OLD].knows_functions &&
	       diff->surroundings[KG_SIDE_NEW].knows_functions;
}

/* How sure it is that two are one, 0: not at all. */
static uint32_t score_of(const struct kg_diff *diff, const struct rival *old,
			 const struct rival *new)
{
	size_t all;
	size_t same;
	if (!is_as_often(diff, old->path, new->path))
		return 0;
	compare_callees(diff, old->path, new->path, &all, &same);
	const uint32_t sides =
		(uint32_t)(old->before == new->before) + (uint32_t)(old->after == new->after);
	const uint32_t names = compare_names(
		renames_text(&diff->paths.names, diff_name(diff, old->path, KG_SIDE_OLD)),
		renames_text(&diff->paths.names, diff_name(diff, new->path, KG_SIDE_NEW)));
	if (all == 0) {
		/* a leaf has no shape: its name has to be alike, or somewhat where it is known to
		 * be gone */
		const uint32_t wanted =
			are_functions_known(diff) ? SOMEWHAT_PERCENT : ALIKE_PERCENT;
		if (sides < 2 || names < wanted || !is_one_class(diff, old->path, new->path))
			return 0;
		return 100 + names;
	}
	const bool is_alike = 2 * same >= all && (sides > 0 || 5 * same >= 4 * all);
	return is_alike ? (uint32_t)(300 * same / all) + 50 * sides + names : 0;
}

static bool list_candidates(struct finder *finder, uint32_t caller)
{
	if (!list_rivals(finder, caller, KG_SIDE_OLD))
		return false;
	if (finder->rivals[KG_SIDE_OLD].count == 0)
		return true;
	if (!list_rivals(finder, caller, KG_SIDE_NEW))
		return false;
	for (size_t i = 0; i < finder->rivals[KG_SIDE_OLD].count; i++) {
		for (size_t j = 0; j < finder->rivals[KG_SIDE_NEW].count; j++) {
			const struct rival *old = &finder->rivals[KG_SIDE_OLD].at[i];
			const struct rival *new = &finder->rivals[KG_SIDE_NEW].at[j];
			const uint32_t score = score_of(finder->diff, old, new);
			if (score > 0 &&
			    !column_push(&finder->candidates,
					 (struct candidate){ old->path, new->path, score }))
				return false;
		}
	}
	return true;
}

/* ---- deciding -------------------------------------------------------------------------------- */

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a;
	const struct candidate *right = b;
	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	if (left->old_path != right->old_path)
		return left->old_path < right->old_path ? -1 : 1;
	return (left->new_path > right->new_path) - (left->new_path < right->new_path);
}

enum kg_status diff_join_keys(struct kg_diff *diff, enum kg_diff_side side, uint32_t key,
			      uint32_t into)
{
	for (uint32_t path = 0; path < diff->paths.nodes.count; path++) {
		const struct path_node *node = &diff->paths.nodes.at[path];
		if (node->key != key || node->names[side] == NO_KEY)
			continue;
		const uint32_t to = paths_add(&diff->paths, node->parent, into);
		if (to == NO_PATH || !paths_merge(&diff->paths, path, to, side))
			return KG_NOMEM;
	}
	return KG_OK;
}

static enum kg_status take_candidate(struct finder *finder, const struct candidate *candidate)
{
	struct kg_diff *diff = finder->diff;
	const struct path_node *old = &diff->paths.nodes.at[candidate->old_path];
	const struct path_node *new = &diff->paths.nodes.at[candidate->new_path];
	const uint32_t old_key = old->key;
	const uint32_t new_key = new->key;
	if (finder->is_taken.at[old_key] || finder->is_taken.at[new_key])
		return KG_OK;
	finder->is_taken.at[old_key] = finder->is_taken.at[new_key] = true;
	const struct diff_pair pair = {
		.old_name = diff_name(diff, candidate->old_path, KG_SIDE_OLD),
		.new_name = diff_name(diff, candidate->new_path, KG_SIDE_NEW),
	};
	if (!column_push(&diff->shape_renames, pair))
		return KG_NOMEM;
	renames_join(&diff->paths.names, new_key, old_key);
	return diff_join_keys(diff, KG_SIDE_NEW, new_key, old_key);
}

enum kg_status diff_find_renames(struct kg_diff *diff, bool *is_changed)
{
	struct finder finder = { .diff = diff };
	enum kg_status status = KG_NOMEM;
	const size_t count = diff->sums.count;
	for (uint32_t caller = 0; caller < count; caller++) {
		if (is_shared(diff, caller) && !list_candidates(&finder, caller))
			goto out;
	}
	if (finder.candidates.count > 1)
		qsort(finder.candidates.at, finder.candidates.count, sizeof(*finder.candidates.at),
		      compare_candidates);
	if (!column_reach(&finder.is_taken, diff->paths.names.keys.count))
		goto out;
	status = KG_OK;
	for (size_t i = 0; i < finder.candidates.count && status == KG_OK; i++)
		status = take_candidate(&finder, &finder.candidates.at[i]);
	*is_changed = finder.candidates.count > 0;
out:
	release(&finder);
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what remains different when everything is where it belongs: the list of changes. */
#include "analyse/diff.h"

#include <stdlib.h>

#include "base/banned.h"

/* ---- one change ------------------------------------------------------------------------------ */

static uint64_t count_callees(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	uint64_t count = 0;
	for (uint32_t below = paths_next_below(&diff->paths, path, path); below != NO_PATH;
	     below = paths_next_below(&diff->paths, path, below))
		count += has_path(diff, below, side);
	return count;
}

/* Whether events were lost, or calls cut, where one side might have had what it has not. */
static bool is_lossy(const struct kg_diff *diff, uint32_t path)
{
	const struct path_node *node = &diff->paths.nodes.at[path];
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		for (uint32_t up = path; up != NO_PATH; up = diff->paths.nodes.at[up].parent) {
			if (up < diff->sums.count && diff->sums.at[up].incomplete[side] > 0)
				return true;
		}
	}
	if (node->parent != NO_PATH)
		return false;
	/* between calls a gap takes whole trees away */
	for (size_t i = 0; i < diff->runs.count; i++) {
		if (diff->runs.at[i].gaps > 0 || diff->runs.at[i].exits_only)
			return true;
	}
	return false;
}

/* Where one side alone has something: could the other have shown it? */
static bool is_untraceable(const struct kg_diff *diff, enum kg_change_kind kind, uint32_t path)
{
	enum kg_diff_side side = KG_SIDE_OLD;
	if (kind == KG_CHANGE_ADDED || kind == KG_CHANGE_OUTLINED)
		side = KG_SIDE_NEW;
	else if (kind != KG_CHANGE_REMOVED && kind != KG_CHANGE_INLINED)
		return false;
	if (diff->paths.nodes.at[path].parent == NO_PATH)
		return false;
	return !diff_is_traceable(diff, other_side(side), diff_name(diff, path, side));
}

static const char *name_on(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	return paths_words(&diff->paths, diff_name(diff, path, side));
}

enum kg_status diff_add_change(struct kg_diff *diff, enum kg_change_kind kind, uint32_t path,
			       uint32_t to)
{
	const uint32_t new_path = to != KG_NO_PATH ? to : path;
	const enum kg_diff_side side =
		kind == KG_CHANGE_ADDED || kind == KG_CHANGE_OUTLINED ? KG_SIDE_NEW : KG_SIDE_OLD;
	const struct kg_diff_change change = {
		.kind = kind,
		.path = path,
		.to = to,
		.names = { name_on(diff, path, KG_SIDE_OLD), name_on(diff, new_path, KG_SIDE_NEW) },
		.counts = { diff_median_count(diff, path, KG_SIDE_OLD),
			    diff_median_count(diff, new_path, KG_SIDE_NEW) },
		.callees = kind == KG_CHANGE_RENAMED || kind == KG_CHANGE_REPEATED
				   ? 0
				   : count_callees(diff, path, side),
		.is_untraceable = is_untraceable(diff, kind, path),
		.is_inconclusive = is_lossy(diff, path) || (to != KG_NO_PATH && is_lossy(diff, to)),
	};
	return column_push(&diff->changes, change) ? KG_OK : KG_NOMEM;
}

/* ---- renames --------------------------------------------------------------------------------- */

static bool is_shape_rename(const struct kg_diff *diff, uint32_t old_name, uint32_t new_name)
{
	for (size_t i = 0; i < diff->shape_renames.count; i++) {
		if (diff->shape_renames.at[i].old_name == old_name &&
		    diff->shape_renames.at[i].new_name == new_name)
			return true;
	}
	return false;
}

static bool is_listed(const struct kg_diff *diff, const char *old_name, const char *new_name)
{
	for (size_t i = 0; i < diff->changes.count; i++) {
		const struct kg_diff_change *change = &diff->changes.at[i];
		if (change->kind == KG_CHANGE_RENAMED && change->names[KG_SIDE_OLD] == old_name &&
		    change->names[KG_SIDE_NEW] == new_name)
			return true;
	}
	return false;
}

/* A function is renamed once, wherever it is called. */
static enum kg_status list_rename(struct kg_diff *diff, uint32_t path)
{
	const struct path_node *node = &diff->paths.nodes.at[path];
	const uint32_t old_name = node->names[KG_SIDE_OLD];
	const uint32_t new_name = node->names[KG_SIDE_NEW];
	if (old_name == new_name || old_name == NO_KEY || new_name == NO_KEY ||
	    node->kind != KG_PHASE_KIND_COUNT ||
	    is_listed(diff, renames_text(&diff->paths.names, old_name),
		      renames_text(&diff->paths.names, new_name)))
		return KG_OK;
	enum kg_status status = diff_add_change(diff, KG_CHANGE_RENAMED, path, KG_NO_PATH);
	if (status == KG_OK)
		diff->changes.at[diff->changes.count - 1].is_known =
			!is_shape_rename(diff, old_name, new_name);
	return status;
}

/* ---- the list -------------------------------------------------------------------------------- */

/* A tree of its own that comes when it comes. */
static bool is_aside(const struct kg_diff *diff, uint32_t path)
{
	return diff->paths.nodes.at[path].parent == NO_PATH && diff->paths.nodes.at[path].is_aside;
}

/*
 * Below what comes in between: what it finds is up to when it comes, so that only a function that
 * the other side never calls is a change there.
 */
static bool is_by_chance(const struct kg_diff *diff, uint32_t path)
{
	const struct path_node *node = &diff->paths.nodes.at[path];
	const struct path_node *root = &diff->paths.nodes.at[node->root];
	return root->is_aside && root->kind == KG_PHASE_KIND_COUNT &&
	       diff->key_places[KG_SIDE_OLD].at[node->key] > 0 &&
	       diff->key_places[KG_SIDE_NEW].at[node->key] > 0;
}

static enum kg_status list_aside(struct kg_diff *diff, uint32_t path)
{
	enum kg_change_kind kind = KG_CHANGE_REPEATED;
	if (!diff_disturbs_apart(diff, path))
		return KG_OK;
	if (!is_shared(diff, path))
		kind = has_path(diff, path, KG_SIDE_NEW) ? KG_CHANGE_ADDED : KG_CHANGE_REMOVED;
	return diff_add_change(diff, kind, path, KG_NO_PATH);
}

static enum kg_status list_at(struct kg_diff *diff, uint32_t path)
{
	const uint32_t parent = diff->paths.nodes.at[path].parent;
	if (is_aside(diff, path)) {
		enum kg_status status = is_shared(diff, path) ? list_rename(diff, path) : KG_OK;
		return status == KG_OK ? list_aside(diff, path) : status;
	}
	if (is_shared(diff, path)) {
		enum kg_status status = list_rename(diff, path);
		if (status == KG_OK && diff_counts_apart(diff, path) && !is_by_chance(diff, path))
			status = diff_add_change(diff, KG_CHANGE_REPEATED, path, KG_NO_PATH);
		return status;
	}
	if ((parent != NO_PATH && !is_shared(diff, parent)) || is_by_chance(diff, path))
		return KG_OK; /* came or went with its caller */
	if (is_only(diff, path, KG_SIDE_OLD) && !diff_is_disturbance(diff, path, KG_SIDE_OLD))
		return diff_add_change(diff, KG_CHANGE_REMOVED, path, KG_NO_PATH);
	if (is_only(diff, path, KG_SIDE_NEW) && !diff_is_disturbance(diff, path, KG_SIDE_NEW))
		return diff_add_change(diff, KG_CHANGE_ADDED, path, KG_NO_PATH);
	return KG_OK;
}

/* ---- from one phase to another --------------------------------------------------------------- */

/* Of one function, what a side alone has: how many changes, and the last of them. */
struct lone {
	uint32_t count;
	size_t change;
};

struct lones {
	COLUMN(struct lone) by_key[KG_SIDE_COUNT];
};

static bool is_lone(const struct kg_diff *diff, const struct kg_diff_change *change,
		    enum kg_diff_side side)
{
	const enum kg_change_kind kind = side == KG_SIDE_OLD ? KG_CHANGE_REMOVED : KG_CHANGE_ADDED;
	return change->kind == kind && !change->is_untraceable &&
	       diff->paths.nodes.at[change->path].parent != NO_PATH;
}

static bool list_lones(const struct kg_diff *diff, struct lones *lones)
{
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		if (!column_reach(&lones->by_key[side], diff->paths.names.keys.count))
			return false;
		for (size_t i = 0; i < diff->changes.count; i++) {
			const struct kg_diff_change *change = &diff->changes.at[i];
			if (!is_lone(diff, change, (enum kg_diff_side)side))
				continue;
			struct lone *lone =
				&lones->by_key[side].at[diff->paths.nodes.at[change->path].key];
			lone->count++;
			lone->change = i;
		}
	}
	return true;
}

/*
 * What went from one phase and came, as often, in another has moved, if there is only one of each.
 * Times stay where they are: one phase has less to do, and the other more.
 */
static void join_lones(struct kg_diff *diff, const struct lones *lones)
{
	for (size_t key = 0; key < lones->by_key[KG_SIDE_OLD].count; key++) {
		const struct lone *old = &lones->by_key[KG_SIDE_OLD].at[key];
		const struct lone *new = &lones->by_key[KG_SIDE_NEW].at[key];
		if (old->count != 1 || new->count != 1)
			continue;
		struct kg_diff_change *from = &diff->changes.at[old->change];
		struct kg_diff_change *to = &diff->changes.at[new->change];
		const struct path_node *nodes = diff->paths.nodes.at;
		if (from->counts[KG_SIDE_OLD] != to->counts[KG_SIDE_NEW] ||
		    nodes[from->path].root == nodes[to->path].root)
			continue;
		from->kind = KG_CHANGE_MOVED;
		from->to = to->path;
		from->names[KG_SIDE_NEW] = to->names[KG_SIDE_NEW];
		from->counts[KG_SIDE_NEW] = to->counts[KG_SIDE_NEW];
		from->is_inconclusive |= to->is_inconclusive;
		to->kind = KG_CHANGE_KIND_COUNT; /* told there */
	}
	size_t kept = 0;
	for (size_t i = 0; i < diff->changes.count; i++) {
		if (diff->changes.at[i].kind != KG_CHANGE_KIND_COUNT)
			diff->changes.at[kept++] = diff->changes.at[i];
	}
	diff->changes.count = kept;
}

static enum kg_status find_moves_between(struct kg_diff *diff)
{
	struct lones lones = { 0 };
	const bool is_done = list_lones(diff, &lones);
	if (is_done)
		join_lones(diff, &lones);
	for (int side = 0; side < KG_SIDE_COUNT; side++)
		column_release(&lones.by_key[side]);
	return is_done ? KG_OK : KG_NOMEM;
}

/* ---- in order -------------------------------------------------------------------------------- */

/* Where each path stands when callers come before their callees. */
struct order {
	COLUMN(uint32_t) places; /* by path */
};

static bool make_order(const struct kg_diff *diff, struct order *order)
{
	uint32_t place = 0;
	if (diff->paths.nodes.count == 0)
		return true;
	if (!column_reach(&order->places, diff->paths.nodes.count - 1))
		return false;
	for (uint32_t root = diff->paths.first_root; root != NO_PATH;
	     root = diff->paths.nodes.at[root].next_sibling) {
		for (uint32_t path = root; path != NO_PATH;
		     path = paths_next_below(&diff->paths, root, path))
			order->places.at[path] = place++;
	}
	return true;
}

static int compare_changes(const void *a, const void *b, void *self)
{
	const struct order *order = self;
	const struct kg_diff_change *left = a;
	const struct kg_diff_change *right = b;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->path != right->path)
		return order->places.at[left->path] < order->places.at[right->path] ? -1 : 1;
	return (left->to > right->to) - (left->to < right->to);
}

enum kg_status diff_list_changes(struct kg_diff *diff)
{
	struct order order = { 0 };
	enum kg_status status = make_order(diff, &order) ? KG_OK : KG_NOMEM;
	for (uint32_t path = 0; path < diff->sums.count && status == KG_OK; path++)
		status = list_at(diff, path);
	if (status == KG_OK)
		status = find_moves_between(diff);
	if (status == KG_OK && diff->changes.count > 1)
		qsort_r(diff->changes.at, diff->changes.count, sizeof(*diff->changes.at),
			compare_changes, &order);
	column_release(&order.places);
	for (size_t i = 0; i < diff->changes.count; i++) {
		const struct kg_diff_change *change = &diff->changes.at[i];
		diff->report.change_counts[change->kind]++;
		diff->report.untraceable += change->is_untraceable;
		diff->report.inconclusive += change->is_inconclusive;
	}
	return status;
}

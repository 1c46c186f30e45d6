/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows how a level that only one side has shows: its callees are its caller's on the other side,
 * or, where that could not have traced it, its time is.
 */
#include "analyse/diff.h"

#include "base/banned.h"

/* Levels that can be missing one below the other. */
#define LEVELS_MAX 4
/* What is clear of a time: a fifth. */
#define CLEAR_PART 5

static enum kg_change_kind kind_of(enum kg_diff_side side)
{
	return side == KG_SIDE_OLD ? KG_CHANGE_INLINED : KG_CHANGE_OUTLINED;
}

/* Whether the other side calls a function from a caller more often than this one, or only it does.
 */
static bool gains(const struct kg_diff *diff, uint32_t caller, uint32_t key, enum kg_diff_side side)
{
	const enum kg_diff_side other = other_side(side);
	const uint32_t path = paths_find(&diff->paths, caller, key);
	if (path == NO_PATH || !has_path(diff, path, other))
		return false;
	if (!has_path(diff, path, side))
		return true;
	const struct diff_sum *sum = &diff->sums.at[path];
	return sum->least[other] > sum->most[side];
}

/* Whether half of what a path calls, or more, is called by the caller itself on the other side. */
static bool shows_through(const struct kg_diff *diff, uint32_t path, uint32_t caller,
			  enum kg_diff_side side, int levels)
{
	size_t callees = 0;
	size_t shown = 0;
	for (uint32_t child = diff->paths.nodes.at[path].first_child; child != NO_PATH;
	     child = diff->paths.nodes.at[child].next_sibling) {
		if (!has_path(diff, child, side))
			continue;
		callees++;
		shown += gains(diff, caller, diff->paths.nodes.at[child].key, side) ||
			 (levels > 1 && shows_through(diff, child, caller, side, levels - 1));
	}
	return shown > 0 && 2 * shown >= callees;
}

/* ---- by their callees ------------------------------------------------------------------------ */

/* Takes out what one side has between a caller and its callees, and the other has not. */
static enum kg_status dissolve_below(struct kg_diff *diff, uint32_t caller, enum kg_diff_side side,
				     bool is_gone, bool *is_changed)
{
	const uint32_t *places = diff->key_places[other_side(side)].at;
	for (uint32_t path = diff->paths.nodes.at[caller].first_child; path != NO_PATH;
	     path = diff->paths.nodes.at[path].next_sibling) {
		if (!is_only(diff, path, side) ||
		    (is_gone && places[diff->paths.nodes.at[path].key] > 0) ||
		    !shows_through(diff, path, caller, side, LEVELS_MAX))
			continue;
		enum kg_status status = diff_add_change(diff, kind_of(side), path, KG_NO_PATH);
		if (status != KG_OK)
			return status;
		if (!paths_dissolve(&diff->paths, path, side))
			return KG_NOMEM;
		*is_changed = true;
	}
	return KG_OK;
}

static enum kg_status dissolve_all(struct kg_diff *diff, bool is_gone, bool *is_changed)
{
	enum kg_status status = KG_OK;
	const size_t count = diff->sums.count;
	for (uint32_t caller = 0; caller < count && status == KG_OK; caller++) {
		if (!is_shared(diff, caller))
			continue;
		status = dissolve_below(diff, caller, KG_SIDE_OLD, is_gone, is_changed);
		if (status == KG_OK)
			status = dissolve_below(diff, caller, KG_SIDE_NEW, is_gone, is_changed);
	}
	return status;
}

/* First the functions that the other side calls nowhere, then those that it has elsewhere. */
enum kg_status diff_find_inlines(struct kg_diff *diff, bool *is_changed)
{
	enum kg_status status = dissolve_all(diff, true, is_changed);
	if (status == KG_OK && !*is_changed)
		status = dissolve_all(diff, false, is_changed);
	return status;
}

/* ---- by their time --------------------------------------------------------------------------- */

/* All time at and below a path for each call of its caller, on one side. */
static uint64_t time_below(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	const uint32_t caller = diff->paths.nodes.at[path].parent;
	const uint64_t calls = diff->sums.at[caller].seen[side];
	uint64_t sum_ns = 0;
	for (uint32_t below = path; below != NO_PATH;
	     below = paths_next_below(&diff->paths, path, below))
		sum_ns += diff_mean_self(diff, below, side) * diff->sums.at[below].seen[side];
	return calls > 0 ? sum_ns / calls : 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * Whether what the other side could not have shown is in its caller's own time there: that is what
 * both take together, to within a part of what came in, and clearly more than the caller's alone.
 */
static bool is_in_callers_time(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	const enum kg_diff_side other = other_side(side);
	const uint32_t caller = diff->paths.nodes.at[path].parent;
	if (diff_is_traceable(diff, other, diff_name(diff, path, side)))
		return false;
	const uint64_t alone_ns = diff_mean_self(diff, caller, side);
	const uint64_t there_ns = diff_mean_self(diff, caller, other);
	const uint64_t in_ns = time_below(diff, path, side);
	return in_ns * CLEAR_PART >= alone_ns &&
	       distance(there_ns, alone_ns + in_ns) * CLEAR_PART <= in_ns;
}

/* The first such callee of a caller, or NO_PATH: with it the caller's own time is another. */
static uint32_t find_in_time(const struct kg_diff *diff, uint32_t caller, enum kg_diff_side side)
{
	uint32_t path = diff->paths.nodes.at[caller].first_child;
	while (path != NO_PATH &&
	       (!is_only(diff, path, side) || !is_in_callers_time(diff, path, side)))
		path = diff->paths.nodes.at[path].next_sibling;
	return path;
}

enum kg_status diff_find_timed_inlines(struct kg_diff *diff, bool *is_changed)
{
	const size_t count = diff->sums.count;
	if (!diff->surroundings[KG_SIDE_OLD].knows_functions &&
	    !diff->surroundings[KG_SIDE_NEW].knows_functions)
		return KG_OK;
	for (uint32_t caller = 0; caller < count; caller++) {
		for (int i = 0; i < KG_SIDE_COUNT && is_shared(diff, caller); i++) {
			const enum kg_diff_side side = (enum kg_diff_side)i;
			const uint32_t path = find_in_time(diff, caller, side);
			if (path == NO_PATH)
				continue;
			enum kg_status status =
				diff_add_change(diff, kind_of(side), path, KG_NO_PATH);
			if (status != KG_OK)
				return status;
			if (!paths_dissolve(&diff->paths, path, side))
				return KG_NOMEM;
			*is_changed = true;
		}
	}
	return KG_OK;
}

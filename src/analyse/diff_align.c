/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows in which order paths of one side find their place on the other. */
#include "analyse/diff.h"

#include "base/banned.h"

/*
 * Where one side does not show why guests were left, its runs may be any of the other side's that
 * it has none of.
 */
static bool join_unknown_runs(struct kg_diff *diff, uint32_t unknown, enum kg_diff_side side)
{
	const struct path_node *nodes = diff->paths.nodes.at;
	if (nodes[unknown].kind != KG_PHASE_RUN || nodes[unknown].reason != KG_REASON_UNKNOWN ||
	    !is_only(diff, unknown, side))
		return true;
	for (uint32_t root = diff->paths.first_root; root != NO_PATH;
	     root = diff->paths.nodes.at[root].next_sibling) {
		nodes = diff->paths.nodes.at;
		if (nodes[root].kind == KG_PHASE_RUN &&
		    nodes[root].is_first == nodes[unknown].is_first &&
		    is_only(diff, root, other_side(side)) &&
		    !paths_merge(&diff->paths, root, unknown, other_side(side)))
			return false;
	}
	return true;
}

static enum kg_status join_runs(struct kg_diff *diff)
{
	if (!diff_count(diff))
		return KG_NOMEM;
	for (uint32_t root = diff->paths.first_root; root != NO_PATH;
	     root = diff->paths.nodes.at[root].next_sibling) {
		if (!join_unknown_runs(diff, root, KG_SIDE_OLD) ||
		    !join_unknown_runs(diff, root, KG_SIDE_NEW))
			return KG_NOMEM;
	}
	return KG_OK;
}

/*
 * Names first: what is only called otherwise must not look as if it were inlined. What was moved
 * shows more of what is below it, so all begins anew after each success.
 */
enum kg_status diff_align(struct kg_diff *diff)
{
	static enum kg_status (*const kinds[])(struct kg_diff * diff, bool *is_changed) = {
		diff_find_renames,
		diff_find_inlines,
		diff_find_moves,
		diff_find_timed_inlines,
	};
	enum kg_status joined = join_runs(diff);
	if (joined == KG_OK)
		joined = diff_count(diff) ? diff_join_unwrapped(diff) : KG_NOMEM;
	if (joined != KG_OK)
		return joined;
	for (int round = 0; round < KG_DIFF_ROUNDS; round++) {
		bool is_changed = false;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !is_changed; i++) {
			if (!diff_count(diff))
				return KG_NOMEM;
			enum kg_status status = kinds[i](diff, &is_changed);
			if (status != KG_OK)
				return status;
		}
		if (!is_changed)
			break;
	}
	return diff_count(diff) ? KG_OK : KG_NOMEM;
}

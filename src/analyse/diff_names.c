/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what differences and paths are called. */
#include "analyse/diff.h"

#include "base/assert.h"
#include "base/banned.h"

#define NAME(symbol, name) [symbol] = name,

const char *kg_diff_verdict_name(enum kg_diff_verdict verdict)
{
	static const char *const names[] = { KG_DIFF_VERDICT_LIST(NAME) };
	return names[verdict];
}

const char *kg_diff_method_name(enum kg_diff_method method)
{
	static const char *const names[] = { KG_DIFF_METHOD_LIST(NAME) };
	return names[method];
}

const char *kg_change_name(enum kg_change_kind kind)
{
	static const char *const names[] = { KG_CHANGE_LIST(NAME)[KG_CHANGE_KIND_COUNT] =
						     "timing" };
	return names[kind];
}

/* ---- paths ----------------------------------------------------------------------------------- */

kg_path_id kg_diff_path_parent(const struct kg_diff *diff, kg_path_id path)
{
	return diff->paths.nodes.at[path].parent;
}

const char *kg_diff_path_name(const struct kg_diff *diff, kg_path_id path)
{
	return paths_words(&diff->paths, diff_name(diff, path, KG_SIDE_NEW));
}

const char *kg_diff_path_function(const struct kg_diff *diff, kg_path_id path)
{
	const uint32_t top = diff->paths.nodes.at[path].top;
	return top != NO_KEY ? renames_text(&diff->paths.names, top)
			     : kg_diff_path_name(diff, path);
}

uint32_t kg_diff_path_depth(const struct kg_diff *diff, kg_path_id path)
{
	return diff->paths.nodes.at[path].level;
}

kg_path_id kg_diff_path_at(const struct kg_diff *diff, kg_path_id path, uint32_t depth)
{
	KG_ASSERT(depth <= kg_diff_path_depth(diff, path));
	while (kg_diff_path_depth(diff, path) > depth)
		path = kg_diff_path_parent(diff, path);
	return path;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how often each side calls what, and which differences in that are none. */
#include "analyse/diff.h"

#include <string.h>

#include "analyse/sum.h"
#include "base/banned.h"

/* ---- what there is --------------------------------------------------------------------------- */

static struct path_bounds bounds_of(const struct path_run *run, uint32_t path)
{
	if (run->is_rest)
		return path < run->bounds.count ? run->bounds.at[path] : (struct path_bounds){ 0 };
	const struct path_sample sample = run_sample(run, path);
	const uint32_t seen = sum_cut(sample.count + sample.incomplete);
	return (struct path_bounds){ seen, seen };
}

static void count_run(struct kg_diff *diff, const struct path_run *run, bool is_first)
{
	const enum kg_diff_side side = run->side;
	for (size_t path = 0; path < diff->sums.count; path++) {
		const struct path_sample sample = run_sample(run, (uint32_t)path);
		const struct path_bounds bounds = bounds_of(run, (uint32_t)path);
		struct diff_sum *sum = &diff->sums.at[path];
		struct diff_sum *root = &diff->sums.at[diff->paths.nodes.at[path].root];
		root->tree_ns[side] = sum_add(root->tree_ns[side], sample.self_ns);
		sum->seen[side] += sample.count + sample.incomplete;
		sum->incomplete[side] += sample.incomplete;
		sum->waits[side] += sample.waits;
		if (is_first || bounds.least < sum->least[side])
			sum->least[side] = bounds.least;
		if (bounds.most > sum->most[side])
			sum->most[side] = bounds.most;
	}
}

/* The most that one run of a side has of each. */
static bool count_passes(struct kg_diff *diff, const struct path_run *run)
{
	for (uint32_t root = 0; root < run->passes.count; root++) {
		if (!column_reach(&diff->passes[run->side], root))
			return false;
		path_passes_note(&diff->passes[run->side].at[root], run->passes.at[root]);
	}
	return true;
}

/* What the paths of a side come to by key. */
static bool count_keys(struct kg_diff *diff, enum kg_diff_side side)
{
	const struct path_node *nodes = diff->paths.nodes.at;
	const size_t last = diff->paths.names.keys.count - 1;
	if (!column_reach(&diff->key_places[side], last) ||
	    !column_reach(&diff->run_calls[side], last))
		return false;
	uint32_t *places = diff->key_places[side].at;
	uint64_t *run_calls = diff->run_calls[side].at;
	memset(places, 0, diff->key_places[side].count * sizeof(*places));
	memset(run_calls, 0, diff->run_calls[side].count * sizeof(*run_calls));
	for (uint32_t path = 0; path < diff->paths.nodes.count; path++) {
		const uint32_t key = nodes[path].key;
		places[key] += has_path(diff, path, side);
		if (nodes[nodes[path].root].kind == KG_PHASE_RUN)
			run_calls[key] = sum_add(run_calls[key], diff->sums.at[path].seen[side]);
	}
	return true;
}

bool diff_count(struct kg_diff *diff)
{
	const struct paths *paths = &diff->paths;
	bool is_first[KG_SIDE_COUNT] = { true, true };
	if (paths->nodes.count == 0)
		return true;
	if (!column_reach(&diff->sums, paths->nodes.count - 1))
		return false;
	memset(diff->sums.at, 0, diff->sums.count * sizeof(*diff->sums.at));
	for (size_t i = 0; i < paths->runs.count; i++) {
		const enum kg_diff_side side = paths->runs.at[i].side;
		count_run(diff, &paths->runs.at[i], is_first[side]);
		is_first[side] = false;
		if (!count_passes(diff, &paths->runs.at[i]))
			return false;
	}
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		if (!count_keys(diff, (enum kg_diff_side)side))
			return false;
	}
	return true;
}

/* ---- how often ------------------------------------------------------------------------------- */

/* Whether a / b and c / d differ by more than 1 %. */
static bool rates_differ(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const unsigned __int128 left = (unsigned __int128)a * d;
	const unsigned __int128 right = (unsigned __int128)c * b;
	return left > right ? (left - right) * 100 > right : (right - left) * 100 > left;
}

/* Whether all runs of a side have fewer than any of the other, interruptions left out. */
static bool is_less(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	const struct diff_sum *sum = &diff->sums.at[path];
	const uint64_t surplus = diff_disturbed_calls(diff, path, other_side(side));
	return (uint64_t)sum->most[side] + surplus < sum->least[other_side(side)];
}

bool diff_counts_apart(const struct kg_diff *diff, uint32_t path)
{
	const struct diff_sum *sum = &diff->sums.at[path];
	const uint32_t parent = diff->paths.nodes.at[path].parent;
	if (!is_less(diff, path, KG_SIDE_OLD) && !is_less(diff, path, KG_SIDE_NEW))
		return false;
	if (parent == NO_PATH)
		return rates_differ(sum->seen[KG_SIDE_OLD], diff_run_count(diff, KG_SIDE_OLD),
				    sum->seen[KG_SIDE_NEW], diff_run_count(diff, KG_SIDE_NEW));
	const struct diff_sum *callers = &diff->sums.at[parent];
	return rates_differ(sum->seen[KG_SIDE_OLD], callers->seen[KG_SIDE_OLD],
			    sum->seen[KG_SIDE_NEW], callers->seen[KG_SIDE_NEW]);
}

uint64_t diff_median_count(struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	size_t count = 0;
	for (size_t i = 0; i < diff->paths.runs.count; i++) {
		const struct path_run *run = &diff->paths.runs.at[i];
		if (run->side != side || run->is_rest)
			continue;
		const struct path_sample sample = run_sample(run, path);
		diff->values[side].at[count++] = sample.count + sample.incomplete;
	}
	return rank_median(diff->values[side].at, count);
}

uint64_t diff_mean_self(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	uint64_t self_ns = 0;
	uint64_t count = 0;
	for (size_t i = 0; i < diff->paths.runs.count; i++) {
		const struct path_run *run = &diff->paths.runs.at[i];
		if (run->side != side)
			continue;
		const struct path_sample sample = run_sample(run, path);
		self_ns = sum_add(self_ns, sample.self_ns);
		count += sample.count;
	}
	return sum_mean(self_ns, count);
}

uint32_t diff_name(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	const struct path_node *node = &diff->paths.nodes.at[path];
	if (node->names[side] != NO_KEY)
		return node->names[side];
	const uint32_t other = node->names[other_side(side)];
	return other != NO_KEY ? other : node->key;
}

bool diff_is_traceable(const struct kg_diff *diff, enum kg_diff_side side, uint32_t name)
{
	const struct surroundings *around = &diff->surroundings[side];
	if (!around->knows_functions)
		return true;
	return name < around->is_traceable.count && around->is_traceable.at[name];
}

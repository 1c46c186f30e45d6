/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how often something of the host's came in between, and which calls that stands for. */
#include "analyse/diff.h"

#include <stdlib.h>

#include "analyse/interrupters.h"
#include "analyse/sum.h"
#include "base/banned.h"

#define DEFAULT_TICK_NS 4000000
/*
 * How often things come in between is up to the host: so many more times than on the other side, or
 * than the clock ticks, and so often besides, is still no change.
 */
#define CHANCE_TIMES 3
#define CHANCE_COUNT 10

uint64_t diff_tick_ns(const struct kg_diff *diff)
{
	uint64_t tick_ns = 0;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const struct fact *hz = surroundings_find(&diff->surroundings[side], "kernel.hz");
		uint64_t slowest = hz != NULL ? UINT64_MAX : 0;
		for (size_t i = 0; hz != NULL && i < hz->values.count; i++) {
			const uint64_t rate = strtoull(hz->values.at[i].text, NULL, 10);
			slowest = rate < slowest ? rate : slowest;
		}
		const uint64_t ns = slowest > 0 ? UINT64_C(1000000000) / slowest : DEFAULT_TICK_NS;
		tick_ns = ns > tick_ns ? ns : tick_ns;
	}
	return tick_ns;
}

static struct path_passes passes_of(const struct kg_diff *diff, uint32_t root,
				    enum kg_diff_side side)
{
	return root < diff->passes[side].count ? diff->passes[side].at[root]
					       : (struct path_passes){ 0 };
}

/* How often something comes in between at most, if it did so often on the other side. */
static uint64_t most_by_chance(const struct kg_diff *diff, uint64_t own_ns, uint64_t other_ns,
			       uint64_t other_count)
{
	/* in longer more comes in between */
	const uint64_t times = other_ns > 0 && own_ns > other_ns ? 1 + own_ns / other_ns : 1;
	const uint64_t as_other = sum_times(other_count, times);
	const uint64_t ticks = own_ns / diff_tick_ns(diff);
	return sum_add(CHANCE_COUNT, sum_times(as_other > ticks ? as_other : ticks, CHANCE_TIMES));
}

static uint64_t mean_tree_ns(const struct kg_diff *diff, uint32_t root, enum kg_diff_side side)
{
	return diff->sums.at[root].tree_ns[side] / diff_run_count(diff, side);
}

/* The time that a run of a side spends where vCPUs run. */
static uint64_t runs_ns(const struct kg_diff *diff, enum kg_diff_side side)
{
	uint64_t ns = 0;
	for (uint32_t root = diff->paths.first_root; root != NO_PATH;
	     root = diff->paths.nodes.at[root].next_sibling) {
		if (diff->paths.nodes.at[root].kind == KG_PHASE_RUN && root < diff->sums.count)
			ns = sum_add(ns, mean_tree_ns(diff, root, side));
	}
	return ns;
}

/* What came in between below a root, as far as chance can have made it. */
static uint64_t by_chance(const struct kg_diff *diff, uint32_t root, enum kg_diff_side side,
			  uint64_t count, uint64_t other_count)
{
	const uint64_t most =
		most_by_chance(diff, mean_tree_ns(diff, root, side),
			       mean_tree_ns(diff, root, other_side(side)), other_count);
	return count < most ? count : most;
}

static uint64_t turns_below(const struct kg_diff *diff, uint32_t root, enum kg_diff_side side)
{
	return by_chance(diff, root, side, passes_of(diff, root, side).turns,
			 passes_of(diff, root, other_side(side)).turns);
}

static uint64_t interrupts_below(const struct kg_diff *diff, uint32_t root, enum kg_diff_side side)
{
	return by_chance(diff, root, side, passes_of(diff, root, side).interrupts,
			 passes_of(diff, root, other_side(side)).interrupts);
}

/* How often one of a side's traces calls a function where its vCPUs run, rounded up. */
static uint64_t calls_in_runs(const struct kg_diff *diff, uint32_t key, enum kg_diff_side side)
{
	const uint64_t traces = diff_run_count(diff, side);
	const uint64_t calls = diff->run_calls[side].at[key];
	return calls / traces + (calls % traces > 0);
}

/* What a vCPU is asked for it does in whichever run comes next: in all together by chance. */
static bool is_served_by_chance(const struct kg_diff *diff, uint32_t key, enum kg_diff_side side)
{
	const enum kg_diff_side other = other_side(side);
	return calls_in_runs(diff, key, side) <= most_by_chance(diff, runs_ns(diff, side),
								runs_ns(diff, other),
								calls_in_runs(diff, key, other));
}

uint64_t diff_disturbed_calls(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	const struct path_node *node = &diff->paths.nodes.at[path];
	const uint64_t entries = passes_of(diff, node->root, side).entries;
	if (node->root == path || entries == 0)
		return 0;
	if (interrupter_of(renames_text(&diff->paths.names, node->key)) == INTERRUPTER_SERVES &&
	    is_served_by_chance(diff, node->key, side))
		return diff->sums.at[path].most[side];
	const uint64_t each = (diff->sums.at[path].most[side] + entries - 1) / entries;
	uint64_t times = interrupts_below(diff, node->root, side);
	/* what a vCPU has to do once more it has done before: that is nothing new */
	if (calls_in_runs(diff, node->key, other_side(side)) > 0)
		times += turns_below(diff, node->root, side);
	return each * times;
}

bool diff_is_disturbance(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	return diff->sums.at[path].most[side] <= diff_disturbed_calls(diff, path, side);
}

bool diff_disturbs_apart(const struct kg_diff *diff, uint32_t path)
{
	const struct path_node *node = &diff->paths.nodes.at[path];
	const enum interrupter what = interrupter_of(renames_text(&diff->paths.names, node->key));
	if (what != INTERRUPTER_TURN && what != INTERRUPTER_GIVES_UP)
		return false;
	for (int i = 0; i < KG_SIDE_COUNT; i++) {
		const enum kg_diff_side side = (enum kg_diff_side)i;
		const enum kg_diff_side other = other_side(side);
		if (diff->sums.at[path].least[side] >
		    most_by_chance(diff, runs_ns(diff, side), runs_ns(diff, other),
				   diff->sums.at[path].most[other]))
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows which changes of a time that counts instructions are accidents of one run.
 *
 * One thing is not the same in every run: in which call the allocator has to fetch more memory, or
 * gives some back. That call takes longer once. Where a path is called several times, a change of
 * what it does makes all its calls longer, the shortest too; an accident does not. What is called
 * once may have had one unless it is over before any memory could be asked for.
 */
#include "analyse/diff_timing.h"

#include "base/banned.h"

/*
 * The most that accidents of one path take, as a multiple of the usual own time of a call, which is
 * what it takes to trace it: 10 times were seen under QEMU, 11 under Bochs, and two at once.
 */
#define ACCIDENT_TIMES 20
/* Of the usual own time of a call so many times, and it does more than look at something. */
#define WORK_TIMES 2
/* Accidents come to so many calls, or to this part of all; where more differ, what they do does. */
#define RARE_COUNT 4
#define RARE_PARTS 32
/* Two changes are the same if they differ by no more than this part. */
#define ALIKE_PARTS 8

/* The shortest of all calls of a side. */
static uint64_t least_of(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	uint64_t least_ns = UINT64_MAX;
	for (size_t i = 0; i < diff->paths.runs.count; i++) {
		const struct path_run *run = &diff->paths.runs.at[i];
		const struct path_sample sample = run_sample(run, path);
		if (run->side == side && !run->is_rest && sample.count > 0 &&
		    sample.least_ns < least_ns)
			least_ns = sample.least_ns;
	}
	return least_ns != UINT64_MAX ? least_ns : 0;
}

static int64_t change_of(const struct kg_diff_timing *timing)
{
	return (int64_t)(timing->self_ns[KG_SIDE_NEW] - timing->self_ns[KG_SIDE_OLD]);
}

static int64_t magnitude(int64_t ns)
{
	return ns < 0 ? -ns : ns;
}

static int64_t most_by_accident(const struct kg_diff *diff)
{
	return diff->usual_ns < INT64_MAX / ACCIDENT_TIMES
		       ? ACCIDENT_TIMES * (int64_t)diff->usual_ns
		       : 0;
}

/* As much of a change as accidents can have made. */
static int64_t limit_ns(const struct kg_diff *diff, int64_t ns)
{
	const int64_t most_ns = most_by_accident(diff);
	if (magnitude(ns) <= most_ns)
		return ns;
	return ns < 0 ? -most_ns : most_ns;
}

/* Of several calls: what the change of the shortest, made by all, does not account for. */
static int64_t uneven_ns(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	const int64_t change_ns = change_of(timing);
	const int64_t calls = (int64_t)timing->counts[KG_SIDE_OLD];
	const int64_t shift_ns = (int64_t)(least_of(diff, timing->path, KG_SIDE_NEW) -
					   least_of(diff, timing->path, KG_SIDE_OLD));
	if (shift_ns == 0 || (shift_ns > 0) != (change_ns > 0))
		return change_ns;
	if (magnitude(shift_ns) >= magnitude(change_ns) / calls)
		return 0;
	return change_ns - shift_ns * calls;
}

/* What each call of a path is longer by, at least. */
static uint64_t change_each(const struct kg_diff_timing *timing)
{
	return (uint64_t)magnitude(change_of(timing)) / timing->counts[KG_SIDE_OLD];
}

/*
 * Whether another call of the phase is shorter by as much as this one is longer, and by no more
 * than tracing a call takes. The tracer turns a page of its buffer once in so many events: in a
 * phase that is repeated and has as many, always in the same call, but not the same in each run.
 */
static bool is_page_turned(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	const struct path_node *nodes = diff->paths.nodes.at;
	const uint32_t root = nodes[timing->path].root;
	const int64_t change_ns = change_of(timing);
	if (change_each(timing) > diff->usual_ns)
		return false;
	for (uint32_t path = paths_next_below(&diff->paths, root, root); path != NO_PATH;
	     path = paths_next_below(&diff->paths, root, path)) {
		const struct kg_diff_timing *other = &diff->path_timings.at[path];
		if (timing_is_comparable(diff, path) && other->counts[KG_SIDE_OLD] > 0 &&
		    other->counts[KG_SIDE_OLD] == other->counts[KG_SIDE_NEW] &&
		    change_each(other) <= diff->usual_ns &&
		    magnitude(change_ns + change_of(other)) <= magnitude(change_ns) / ALIKE_PARTS)
			return true;
	}
	return false;
}

/* Of one call: all of the change, if it works enough on both sides to ask for memory. */
static int64_t single_ns(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	const uint64_t old_ns = timing->self_ns[KG_SIDE_OLD];
	const uint64_t new_ns = timing->self_ns[KG_SIDE_NEW];
	const uint64_t least_ns = old_ns < new_ns ? old_ns : new_ns;
	if (least_ns / WORK_TIMES < diff->usual_ns ||
	    magnitude(change_of(timing)) > most_by_accident(diff))
		return 0;
	return change_of(timing);
}

/* Of calls that one side has more of, which something made that came in between: those. */
static int64_t surplus_ns(const struct kg_diff_timing *timing)
{
	const uint64_t *counts = timing->counts;
	const bool is_new = counts[KG_SIDE_NEW] > counts[KG_SIDE_OLD];
	const enum kg_diff_side side = is_new ? KG_SIDE_NEW : KG_SIDE_OLD;
	const uint64_t more = counts[side] - counts[other_side(side)];
	const int64_t ns = (int64_t)(timing->self_ns[side] / counts[side] * more);
	return is_new ? ns : -ns;
}

int64_t accident_ns(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	const uint64_t *counts = timing->counts;
	if (counts[KG_SIDE_OLD] == 0 || counts[KG_SIDE_NEW] == 0)
		return 0;
	if (counts[KG_SIDE_OLD] != counts[KG_SIDE_NEW]) {
		if (diff_counts_apart(diff, timing->path))
			return 0;
		const int64_t surplus = surplus_ns(timing);
		return surplus + limit_ns(diff, change_of(timing) - surplus);
	}
	if (counts[KG_SIDE_OLD] == 1)
		return single_ns(diff, timing);
	if (is_page_turned(diff, timing))
		return change_of(timing);
	return limit_ns(diff, uneven_ns(diff, timing));
}

int64_t accidents_below_ns(const struct kg_diff *diff, uint32_t root)
{
	int64_t sum_ns = 0;
	for (uint32_t path = root; path != NO_PATH;
	     path = paths_next_below(&diff->paths, root, path)) {
		if (timing_is_comparable(diff, path))
			sum_ns += accident_ns(diff, &diff->path_timings.at[path]);
	}
	return sum_ns;
}

bool accidents_are_rare(const struct kg_diff *diff)
{
	uint64_t compared = 0;
	uint64_t odd = 0;
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		const struct kg_diff_timing *timing = &diff->path_timings.at[path];
		const uint64_t *self_ns = timing->self_ns;
		if (!timing_is_comparable(diff, path) || timing_is_root(diff, path) ||
		    exact_is_wait(diff, timing))
			continue;
		compared++;
		odd += timing_distance(self_ns[KG_SIDE_OLD], self_ns[KG_SIDE_NEW]) >
			       exact_noise(diff, timing) &&
		       diff_is_beyond(diff, self_ns[KG_SIDE_OLD], self_ns[KG_SIDE_NEW]);
	}
	return odd <= RARE_COUNT || odd <= compared / RARE_PARTS;
}

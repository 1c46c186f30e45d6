/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how exact times are that count instructions, and which changes are beyond that. */
#include "analyse/diff_timing.h"

#include "base/banned.h"

/* Durations that count instructions are still off by one now and then, at either end of a call. */
#define JITTER_NS 2
/* So many own times at least tell what is usual. */
#define JITTER_LEAST 20
/* If so many of a hundred own times are the same to within this part, the clock counts alike. */
#define EXACT_PERCENT 80
#define EXACT_PPM 2000

static uint64_t spread_of(struct kg_diff *diff, enum kg_diff_side side)
{
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;
	for (size_t i = 0; i < diff->values[side].count; i++) {
		const uint64_t ns = diff->values[side].at[i];
		least = ns < least ? ns : least;
		most = ns > most ? ns : most;
	}
	return most > least ? most - least : 0;
}

/* What waits is as exact as the tick that ends it: seen to, or too long for anything else. */
static uint64_t wait_jitter_of(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	uint64_t waits = 0;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const uint64_t runs = diff_run_count(diff, (enum kg_diff_side)side);
		const uint64_t seen = (timing->waits[side] + runs - 1) / runs;
		waits = seen > waits ? seen : waits;
	}
	const uint64_t tick_ns = diff_tick_ns(diff);
	const uint64_t old_calls = timing->counts[KG_SIDE_OLD];
	const uint64_t new_calls = timing->counts[KG_SIDE_NEW];
	if (waits == 0 && old_calls > 0 && new_calls > 0 &&
	    timing->self_ns[KG_SIDE_OLD] / old_calls >= tick_ns / 4 &&
	    timing->self_ns[KG_SIDE_NEW] / new_calls >= tick_ns / 4)
		waits = old_calls > new_calls ? old_calls : new_calls;
	const uint64_t longest_ns = timing->self_ns[KG_SIDE_OLD] > timing->self_ns[KG_SIDE_NEW]
					    ? timing->self_ns[KG_SIDE_OLD]
					    : timing->self_ns[KG_SIDE_NEW];
	return waits * tick_ns < longest_ns ? waits * tick_ns : longest_ns;
}

bool exact_is_wait(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	return wait_jitter_of(diff, timing) > 0;
}

static uint64_t exact_jitter(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	uint64_t ends = 1;
	for (uint32_t child = diff->paths.nodes.at[timing->path].first_child; child != NO_PATH;
	     child = diff->paths.nodes.at[child].next_sibling)
		ends++;
	const uint64_t calls = timing->counts[KG_SIDE_OLD] > timing->counts[KG_SIDE_NEW]
				       ? timing->counts[KG_SIDE_OLD]
				       : timing->counts[KG_SIDE_NEW];
	return JITTER_NS * ends * (calls + 1) + wait_jitter_of(diff, timing);
}

static uint64_t tree_jitter_of(const struct kg_diff *diff, uint32_t root)
{
	uint64_t jitter_ns = 0;
	for (uint32_t path = root; path != NO_PATH;
	     path = paths_next_below(&diff->paths, root, path))
		jitter_ns += exact_jitter(diff, &diff->path_timings.at[path]);
	return jitter_ns;
}

bool exact_is_clock(struct kg_diff *diff)
{
	uint64_t compared = 0;
	uint64_t same = 0;
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		const struct kg_diff_timing *timing = &diff->path_timings.at[path];
		const uint64_t old_ns = timing->self_ns[KG_SIDE_OLD];
		const uint64_t new_ns = timing->self_ns[KG_SIDE_NEW];
		if (!timing_is_comparable(diff, path) || old_ns == 0 || new_ns == 0 ||
		    timing->counts[KG_SIDE_OLD] != timing->counts[KG_SIDE_NEW])
			continue;
		if (exact_is_wait(diff, timing))
			continue;
		compared++;
		same += timing_distance(old_ns, new_ns) <= exact_jitter(diff, timing) ||
			(unsigned __int128)timing_distance(old_ns, new_ns) * 1000000 <=
				(unsigned __int128)old_ns * EXACT_PPM;
	}
	return compared > 0 && same * 100 >= compared * EXACT_PERCENT;
}

static bool tells_jitter(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	return timing_is_comparable(diff, timing->path) && !timing_is_root(diff, timing->path) &&
	       timing->counts[KG_SIDE_OLD] > 0 &&
	       timing->counts[KG_SIDE_OLD] == timing->counts[KG_SIDE_NEW] &&
	       !exact_is_wait(diff, timing);
}

/*
 * Durations that count instructions hold surprises, too: the tracer turns a page of its buffer in
 * one call or in the next. What most calls are apart by, no call is blamed for.
 */
enum kg_status exact_learn_jitter(struct kg_diff *diff)
{
	COLUMN(uint64_t) apart = { 0 };
	COLUMN(uint64_t) each = { 0 };
	bool is_done = true;
	diff->usual_ns = UINT64_MAX;
	for (uint32_t path = 0; path < diff->path_timings.count && is_done; path++) {
		const struct kg_diff_timing *timing = &diff->path_timings.at[path];
		const uint64_t old_ns = timing->self_ns[KG_SIDE_OLD];
		if (tells_jitter(diff, timing))
			is_done = column_push(
					  &apart,
					  timing_distance(old_ns, timing->self_ns[KG_SIDE_NEW])) &&
				  column_push(&each, old_ns / timing->counts[KG_SIDE_OLD]);
	}
	if (apart.count >= JITTER_LEAST) {
		rank_sort(apart.at, apart.count);
		diff->report.jitter_ns = apart.at[apart.count * 19 / 20];
		diff->usual_ns = rank_median(each.at, each.count);
	}
	column_release(&apart);
	column_release(&each);
	return is_done ? KG_OK : KG_NOMEM;
}

uint64_t exact_noise(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	return exact_jitter(diff, timing) + diff->report.jitter_ns;
}

/* What the new side would have taken without the accidents of either. */
static uint64_t without_accidents(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	const uint64_t new_ns = timing_judged(diff, timing)[KG_SIDE_NEW];
	if (!diff->has_accidents && !diff->may_have_accidents)
		return new_ns;
	const int64_t accidents = timing_is_root(diff, timing->path)
					  ? accidents_below_ns(diff, timing->path)
					  : accident_ns(diff, timing);
	return accidents > (int64_t)new_ns ? 0 : new_ns - (uint64_t)accidents;
}

static bool is_beyond_noise(const struct kg_diff *diff, const struct kg_diff_timing *timing,
			    uint64_t new_ns)
{
	const uint64_t old_ns = timing_judged(diff, timing)[KG_SIDE_OLD];
	return timing_distance(old_ns, new_ns) > timing->noise_ns &&
	       diff_is_beyond(diff, old_ns, new_ns);
}

void exact_judge(struct kg_diff *diff, struct kg_diff_timing *timing)
{
	const bool is_exact = diff->report.method == KG_DIFF_EXACT;
	const uint64_t *times = timing_judged(diff, timing);
	if (!is_exact &&
	    (diff->report.method == KG_DIFF_NONE || !timing_is_root(diff, timing->path))) {
		timing->verdict = KG_DIFF_UNJUDGED;
		return;
	}
	timing_gather(diff, timing->path, timing_judged_value(diff, timing->path));
	timing->noise_ns = spread_of(diff, KG_SIDE_OLD);
	if (spread_of(diff, KG_SIDE_NEW) > timing->noise_ns)
		timing->noise_ns = spread_of(diff, KG_SIDE_NEW);
	if (is_exact)
		timing->noise_ns += timing_is_root(diff, timing->path)
					    ? tree_jitter_of(diff, timing->path)
					    : exact_noise(diff, timing);
	if (!is_beyond_noise(diff, timing, times[KG_SIDE_NEW]))
		return;
	if (!is_beyond_noise(diff, timing, without_accidents(diff, timing))) {
		if (diff->has_accidents)
			return;
		diff->report.maybe_accidents++;
	}
	timing->verdict = KG_DIFF_CHANGED;
}

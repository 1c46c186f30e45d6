/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which times differ by more than chance over several runs. */
#include "analyse/diff_timing.h"

#include <stdlib.h>

#include "base/banned.h"

/*
 * Half of what a false alarm may cost goes to the phases, each adjusted for all of them (Holm), the
 * other half to calls' own times (Benjamini-Hochberg), so that a change is found that drowns in its
 * phase.
 */
struct family {
	COLUMN(uint32_t) paths;
	COLUMN(double) p;
};

/* Three quarters of all values, of both sides alike, are up to here: no hint which is which. */
static uint64_t upper_quartile(struct kg_diff *diff)
{
	const size_t old_count = diff->values[KG_SIDE_OLD].count;
	const size_t count = old_count + diff->values[KG_SIDE_NEW].count;
	uint64_t *all = diff->rank.values.at;
	for (size_t i = 0; i < count; i++)
		all[i] = i < old_count ? diff->values[KG_SIDE_OLD].at[i]
				       : diff->values[KG_SIDE_NEW].at[i - old_count];
	(void)rank_median(all, count);
	return all[count * 3 / 4];
}

static enum kg_status add_member(struct kg_diff *diff, struct family *family, uint32_t path)
{
	timing_gather(diff, path, timing_judged_value(diff, path));
	/* what is never as long as a change has to be cannot change by as much */
	if (upper_quartile(diff) <= diff->report.threshold_ns)
		return KG_OK;
	if (!column_push(&family->paths, path) || !column_push(&family->p, 1))
		return KG_NOMEM;
	return KG_OK;
}

static enum kg_status list_families(struct kg_diff *diff, struct family *phases,
				    struct family *calls)
{
	enum kg_status status = KG_OK;
	for (uint32_t path = 0; path < diff->path_timings.count && status == KG_OK; path++) {
		if (timing_is_comparable(diff, path) && !timing_is_cut(diff, path))
			status =
				add_member(diff, timing_is_root(diff, path) ? phases : calls, path);
	}
	return status;
}

static enum kg_status test_family(struct kg_diff *diff, struct family *family, bool is_phases)
{
	for (size_t i = 0; i < family->paths.count; i++) {
		timing_gather(diff, family->paths.at[i],
			      timing_judged_value(diff, family->paths.at[i]));
		family->p.at[i] = rank_test(
			&diff->rank, diff->values[KG_SIDE_OLD].at, diff->values[KG_SIDE_OLD].count,
			diff->values[KG_SIDE_NEW].at, diff->values[KG_SIDE_NEW].count);
		if (family->p.at[i] < 0)
			return KG_NOMEM;
	}
	const bool is_done = is_phases ? rank_adjust_holm(family->p.at, family->p.count)
				       : rank_adjust_rate(family->p.at, family->p.count);
	return is_done ? KG_OK : KG_NOMEM;
}

bool rank_measure_noise(struct kg_diff *diff, uint64_t *noise_ns)
{
	*noise_ns = 0;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const uint64_t ns =
			rank_noise(&diff->rank, diff->values[side].at, diff->values[side].count);
		if (ns == UINT64_MAX)
			return false;
		*noise_ns = ns > *noise_ns ? ns : *noise_ns;
	}
	return true;
}

static enum kg_status judge_member(struct kg_diff *diff, uint32_t path, double p)
{
	struct kg_diff_timing *timing = &diff->path_timings.at[path];
	const uint64_t *times = timing_judged(diff, timing);
	timing->p_value = 2 * p < 1 ? 2 * p : 1;
	timing_gather(diff, path, timing_judged_value(diff, path));
	const uint64_t *old = diff->values[KG_SIDE_OLD].at;
	const uint64_t *new = diff->values[KG_SIDE_NEW].at;
	const size_t old_count = diff->values[KG_SIDE_OLD].count;
	const size_t new_count = diff->values[KG_SIDE_NEW].count;
	timing->effect = rank_effect(old, old_count, new, new_count);
	const bool is_beyond_chance = timing->p_value <= DIFF_LEVEL;
	if (!is_beyond_chance && !timing_is_root(diff, path))
		return KG_OK;
	if (!rank_interval(&diff->rank, old, old_count, new, new_count, &timing->low_ns,
			   &timing->high_ns) ||
	    !rank_measure_noise(diff, &timing->noise_ns))
		return KG_NOMEM;
	const uint64_t change = timing_distance(times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	const bool is_beyond_noise =
		change > timing->noise_ns && (timing->low_ns > 0 || timing->high_ns < 0);
	if (is_beyond_chance && is_beyond_noise &&
	    diff_is_beyond(diff, times[KG_SIDE_OLD], times[KG_SIDE_NEW]))
		timing->verdict = KG_DIFF_CHANGED;
	return KG_OK;
}

static enum kg_status judge_family(struct kg_diff *diff, const struct family *family)
{
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < family->paths.count && status == KG_OK; i++)
		status = judge_member(diff, family->paths.at[i], family->p.at[i]);
	return status;
}

/* How many runs a side could show a change in one of so many phases. */
static uint32_t runs_needed(size_t phases)
{
	uint32_t runs = 2;
	while (2 * rank_test_least(runs, runs) * (double)phases > DIFF_LEVEL)
		runs++;
	return runs;
}

/* False: there are too few runs for so many comparisons. */
static bool is_enough(struct kg_diff *diff, const struct family *phases)
{
	const size_t *runs = diff->report.side_runs;
	if (2 * rank_test_least(runs[KG_SIDE_OLD], runs[KG_SIDE_NEW]) *
		    (double)phases->paths.count <=
	    DIFF_LEVEL)
		return true;
	diff->report.runs_needed = runs_needed(phases->paths.count);
	return false;
}

enum kg_status rank_judge_times(struct kg_diff *diff, bool *is_done)
{
	struct family phases = { 0 };
	struct family calls = { 0 };
	enum kg_status status = KG_NOMEM;
	if (column_reserve(&diff->rank.values, diff->paths.runs.count))
		status = list_families(diff, &phases, &calls);
	*is_done = status == KG_OK && is_enough(diff, &phases);
	if (!*is_done)
		goto out;
	diff->report.tested = phases.paths.count + calls.paths.count;
	status = test_family(diff, &phases, true);
	if (status == KG_OK)
		status = test_family(diff, &calls, false);
	if (status == KG_OK)
		status = judge_family(diff, &phases);
	if (status == KG_OK)
		status = judge_family(diff, &calls);
out:
	column_release(&phases.paths);
	column_release(&phases.p);
	column_release(&calls.paths);
	column_release(&calls.p);
	return status;
}

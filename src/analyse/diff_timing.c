/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the times of each path, and which way of judging them fits the traces. */
#include "analyse/diff_timing.h"

#include <string.h>

#include "base/banned.h"

#define DEFAULT_PPM 50000
#define DEFAULT_NS 500

/* ---- values ---------------------------------------------------------------------------------- */

void timing_gather(struct kg_diff *diff, uint32_t path, enum value value)
{
	diff->values[KG_SIDE_OLD].count = diff->values[KG_SIDE_NEW].count = 0;
	for (size_t i = 0; i < diff->paths.runs.count; i++) {
		const struct path_run *run = &diff->paths.runs.at[i];
		if (run->is_rest)
			continue;
		const uint64_t ns =
			value == VALUE_SELF ? run_sample(run, path).self_ns : run->totals.at[path];
		diff->values[run->side].at[diff->values[run->side].count++] = ns;
	}
	/* so that what starts from a fixed seed does not depend on the order of the runs */
	for (int side = 0; side < KG_SIDE_COUNT; side++)
		rank_sort(diff->values[side].at, diff->values[side].count);
}

static uint64_t median_of(struct kg_diff *diff, enum kg_diff_side side)
{
	return rank_median(diff->values[side].at, diff->values[side].count);
}

static struct kg_diff_timing describe(struct kg_diff *diff, uint32_t path)
{
	struct kg_diff_timing timing = { .path = path, .p_value = -1 };
	for (int i = 0; i < KG_SIDE_COUNT; i++) {
		const enum kg_diff_side side = (enum kg_diff_side)i;
		timing.counts[side] = diff_median_count(diff, path, side);
		timing.incomplete[side] = diff->sums.at[path].incomplete[side];
		timing.waits[side] = diff->sums.at[path].waits[side];
		timing_gather(diff, path, VALUE_TOTAL);
		timing.total_ns[side] = median_of(diff, side);
		timing_gather(diff, path, VALUE_SELF);
		timing.self_ns[side] = median_of(diff, side);
	}
	return timing;
}

bool timing_is_root(const struct kg_diff *diff, uint32_t path)
{
	return diff->paths.nodes.at[path].parent == NO_PATH;
}

enum value timing_judged_value(const struct kg_diff *diff, uint32_t path)
{
	return timing_is_root(diff, path) ? VALUE_TOTAL : VALUE_SELF;
}

const uint64_t *timing_judged(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	return timing_is_root(diff, timing->path) ? timing->total_ns : timing->self_ns;
}

/* ---- what is judged -------------------------------------------------------------------------- */

uint64_t timing_distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

bool diff_is_beyond(const struct kg_diff *diff, uint64_t old_ns, uint64_t new_ns)
{
	const uint64_t change = timing_distance(old_ns, new_ns);
	const unsigned __int128 part = (unsigned __int128)old_ns * diff->report.threshold_ppm;
	return change > diff->report.threshold_ns && (unsigned __int128)change * 1000000 > part;
}

bool timing_is_cut(const struct kg_diff *diff, uint32_t path)
{
	const struct diff_sum *root = &diff->sums.at[diff->paths.nodes.at[path].root];
	const struct diff_sum *own = &diff->sums.at[path];
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		if (root->incomplete[side] > 0 || own->incomplete[side] > 0)
			return true;
	}
	return false;
}

bool timing_is_comparable(const struct kg_diff *diff, uint32_t path)
{
	return is_shared(diff, path) &&
	       !diff->paths.nodes.at[diff->paths.nodes.at[path].root].is_aside;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum kg_status describe_all(struct kg_diff *diff)
{
	if (!paths_sum(&diff->paths))
		return KG_NOMEM;
	for (uint32_t path = 0; path < diff->sums.count; path++) {
		if (!column_push(&diff->path_timings, describe(diff, path)))
			return KG_NOMEM;
	}
	return KG_OK;
}

bool diff_judge_own_time(struct kg_diff *diff, uint32_t root, bool *is_changed)
{
	const struct kg_diff_timing *timing = &diff->path_timings.at[root];
	const uint64_t *times = timing->self_ns;
	*is_changed = diff_is_beyond(diff, times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	if (!*is_changed)
		return true;
	const uint64_t change = timing_distance(times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	if (diff->report.method != KG_DIFF_STATISTICS) {
		const int64_t accident = diff->has_accidents ? accident_ns(diff, timing) : 0;
		const uint64_t by_accident = (uint64_t)(accident < 0 ? -accident : accident);
		*is_changed = change > exact_noise(diff, timing) + by_accident;
		return true;
	}
	timing_gather(diff, root, VALUE_SELF);
	const double p = rank_test(&diff->rank, diff->values[KG_SIDE_OLD].at,
				   diff->values[KG_SIDE_OLD].count, diff->values[KG_SIDE_NEW].at,
				   diff->values[KG_SIDE_NEW].count);
	uint64_t noise_ns;
	if (p < 0 || !rank_measure_noise(diff, &noise_ns))
		return false;
	*is_changed = 2 * p * (double)diff->report.tested <= DIFF_LEVEL && change > noise_ns;
	return true;
}

/* What cannot be judged; the rest stays SAME for now. */
static void mark_unjudged(struct kg_diff *diff)
{
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		struct kg_diff_timing *timing = &diff->path_timings.at[path];
		if (!timing_is_comparable(diff, path))
			timing->verdict = KG_DIFF_UNJUDGED;
		else if (timing_is_cut(diff, path))
			timing->verdict = KG_DIFF_INCONCLUSIVE;
	}
}

/* Whether an emulator counted instructions: with the host's clock it does not. */
static bool is_counted(const struct kg_diff *diff)
{
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const struct surroundings *surroundings = &diff->surroundings[side];
		const struct fact *counts = surroundings_find(surroundings, "lab.deterministic");
		if (!surroundings->is_emulated)
			return false;
		for (size_t i = 0; counts != NULL && i < counts->values.count; i++) {
			if (strcmp(counts->values.at[i].text, "no") == 0)
				return false;
		}
	}
	return true;
}

/* Accidents are known of emulators alone. Without a word about one there may be some or none. */
static void look_for_accidents(struct kg_diff *diff)
{
	bool is_emulated = true;
	bool may_be = true;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const struct surroundings *surroundings = &diff->surroundings[side];
		const bool is_told = surroundings->is_emulated ||
				     surroundings_find(surroundings, "host.emulated") != NULL;
		diff->report.is_machine_known[side] = is_told;
		is_emulated &= surroundings->is_emulated;
		may_be &= surroundings->is_emulated || !is_told;
	}
	const bool are_rare = may_be && accidents_are_rare(diff);
	diff->has_accidents = are_rare && is_emulated;
	diff->may_have_accidents = are_rare && !is_emulated;
}

static enum kg_status choose_method(struct kg_diff *diff)
{
	struct kg_diff_report *report = &diff->report;
	const bool is_repeated =
		report->side_runs[KG_SIDE_OLD] > 1 && report->side_runs[KG_SIDE_NEW] > 1;
	bool is_done = false;
	if (is_repeated) {
		report->method = KG_DIFF_STATISTICS;
		enum kg_status status = rank_judge_times(diff, &is_done);
		if (status != KG_OK || is_done)
			return status;
	}
	report->method = diff->opts.has_threshold ? KG_DIFF_PLAIN : KG_DIFF_NONE;
	if (is_counted(diff)) {
		report->method = KG_DIFF_EXACT;
	} else if (exact_is_clock(diff)) {
		report->method = KG_DIFF_EXACT;
		report->is_clock_learnt = true;
	}
	if (report->method == KG_DIFF_EXACT) {
		enum kg_status status = exact_learn_jitter(diff);
		if (status != KG_OK)
			return status;
		look_for_accidents(diff);
	}
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		if (diff->path_timings.at[path].verdict == KG_DIFF_SAME)
			exact_judge(diff, &diff->path_timings.at[path]);
	}
	return KG_OK;
}

/* Where both sides lack the same there is no difference to be unsure of. */
static bool is_alike(const struct kg_diff_timing *timing)
{
	return timing->counts[KG_SIDE_OLD] == timing->counts[KG_SIDE_NEW] &&
	       timing->incomplete[KG_SIDE_OLD] == timing->incomplete[KG_SIDE_NEW] &&
	       timing->total_ns[KG_SIDE_OLD] == timing->total_ns[KG_SIDE_NEW] &&
	       timing->self_ns[KG_SIDE_OLD] == timing->self_ns[KG_SIDE_NEW];
}

static enum kg_status list_timing(struct kg_diff *diff, uint32_t path)
{
	struct kg_diff_timing *timing = &diff->path_timings.at[path];
	const struct path_node *node = &diff->paths.nodes.at[path];
	const struct diff_sum *sum = &diff->sums.at[path];
	if (sum->seen[KG_SIDE_OLD] == 0 && sum->seen[KG_SIDE_NEW] == 0)
		return KG_OK;
	if (timing->verdict == KG_DIFF_INCONCLUSIVE && is_alike(timing))
		timing->verdict = KG_DIFF_SAME;
	diff->report.inconclusive += timing->verdict == KG_DIFF_INCONCLUSIVE;
	if (!timing_is_root(diff, path))
		return column_push(&diff->timings, *timing) ? KG_OK : KG_NOMEM;
	const struct kg_diff_phase phase = {
		.path = path,
		.phase = node->kind < KG_PHASE_KIND_COUNT
				 ? kg_phase_name((enum kg_phase_kind)node->kind)
				 : NULL,
		.is_aside = node->is_aside,
		.timing = *timing,
	};
	return column_push(&diff->phases, phase) ? KG_OK : KG_NOMEM;
}

enum kg_status diff_judge_times(struct kg_diff *diff)
{
	struct kg_diff_report *report = &diff->report;
	report->threshold_ppm = diff->opts.has_threshold ? diff->opts.threshold_ppm : DEFAULT_PPM;
	report->threshold_ns = diff->opts.has_threshold ? diff->opts.threshold_ns : DEFAULT_NS;
	enum kg_status status = describe_all(diff);
	if (status != KG_OK)
		return status;
	mark_unjudged(diff);
	status = choose_method(diff);
	for (uint32_t root = diff->paths.first_root; root != NO_PATH && status == KG_OK;
	     root = diff->paths.nodes.at[root].next_sibling) {
		for (uint32_t path = root; path != NO_PATH && status == KG_OK;
		     path = paths_next_below(&diff->paths, root, path))
			status = list_timing(diff, path);
	}
	return status;
}

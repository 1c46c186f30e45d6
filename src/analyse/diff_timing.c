/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which times differ by more than chance, and by how much. */
#include "analyse/diff.h"

#include <stdlib.h>

#include "base/banned.h"

#define DEFAULT_PPM 50000
#define DEFAULT_NS 500
/* Durations that count instructions are still off by one now and then, at either end of a call. */
#define JITTER_NS 2
#define DEFAULT_TICK_NS 4000000
/* So many own times at least tell what is usual. */
#define JITTER_LEAST 20
/* If so many of a hundred own times are the same to within this part, the clock counts alike. */
#define EXACT_PERCENT 80
#define EXACT_PPM 2000

/* ---- values ---------------------------------------------------------------------------------- */

enum value { VALUE_TOTAL, VALUE_SELF };

/* Fills in diff->values with what each run has for a path. */
static void gather(struct kg_diff *diff, uint32_t path, enum value value)
{
	diff->values[KG_SIDE_OLD].count = diff->values[KG_SIDE_NEW].count = 0;
	for (size_t i = 0; i < diff->paths.runs.count; i++) {
		const struct path_run *run = &diff->paths.runs.at[i];
		const uint64_t ns =
			value == VALUE_SELF ? run_sample(run, path).self_ns : run->totals.at[path];
		diff->values[run->side].at[diff->values[run->side].count++] = ns;
	}
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
		gather(diff, path, VALUE_TOTAL);
		timing.total_ns[side] = median_of(diff, side);
		gather(diff, path, VALUE_SELF);
		timing.self_ns[side] = median_of(diff, side);
	}
	return timing;
}

static bool is_root(const struct kg_diff *diff, uint32_t path)
{
	return diff->paths.nodes.at[path].parent == NO_PATH;
}

/* Which of its times a path is judged by: a phase as a whole, a call by what is its own. */
static enum value judged_value(const struct kg_diff *diff, uint32_t path)
{
	return is_root(diff, path) ? VALUE_TOTAL : VALUE_SELF;
}

static const uint64_t *judged_times(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	return is_root(diff, timing->path) ? timing->total_ns : timing->self_ns;
}

/* ---- what is judged -------------------------------------------------------------------------- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

bool diff_is_beyond(const struct kg_diff *diff, uint64_t old_ns, uint64_t new_ns)
{
	const uint64_t change = distance(old_ns, new_ns);
	const unsigned __int128 part = (unsigned __int128)old_ns * diff->report.threshold_ppm;
	return change > diff->report.threshold_ns && (unsigned __int128)change * 1000000 > part;
}

/* Whether anything in the tree of a root lacks its start or end, or events inside. */
static bool is_cut(const struct kg_diff *diff, uint32_t path)
{
	const struct diff_sum *root = &diff->sums.at[diff->paths.nodes.at[path].root];
	const struct diff_sum *own = &diff->sums.at[path];
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		if (root->incomplete[side] > 0 || own->incomplete[side] > 0)
			return true;
	}
	return false;
}

/* Whether a path's time says something: both have it, and it does not just come when it comes. */
static bool is_comparable(const struct kg_diff *diff, uint32_t path)
{
	return is_shared(diff, path) &&
	       !diff->paths.nodes.at[diff->paths.nodes.at[path].root].is_aside;
}

/* ---- exact and plain ------------------------------------------------------------------------- */

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

/* The kernel's own clock ticks so often that a wait is known to this. */
static uint64_t tick_of(const struct kg_diff *diff)
{
	uint64_t tick_ns = 0;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const char *hz = environment_find(&diff->environments[side], "kernel.hz");
		const uint64_t rate = hz != NULL ? strtoull(hz, NULL, 10) : 0;
		const uint64_t ns = rate > 0 ? UINT64_C(1000000000) / rate : DEFAULT_TICK_NS;
		tick_ns = ns > tick_ns ? ns : tick_ns;
	}
	return tick_ns;
}

/* What waits is as exact as the tick that ends it: seen to, or too long for anything else. */
static uint64_t wait_jitter_of(const struct kg_diff *diff, const struct kg_diff_timing *timing)
{
	uint64_t waits = 0;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const uint64_t runs = diff->report.side_runs[side];
		const uint64_t seen = (timing->waits[side] + runs - 1) / runs;
		waits = seen > waits ? seen : waits;
	}
	const uint64_t tick_ns = tick_of(diff);
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

/* What is left of chance where a clock counts instructions. */
static uint64_t jitter_of(const struct kg_diff *diff, const struct kg_diff_timing *timing)
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
		jitter_ns += jitter_of(diff, &diff->path_timings.at[path]);
	return jitter_ns;
}

/* One run a side may still have a clock that counts the same both times: most times tell. */
static bool is_clock_exact(struct kg_diff *diff)
{
	uint64_t compared = 0;
	uint64_t same = 0;
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		const struct kg_diff_timing *timing = &diff->path_timings.at[path];
		const uint64_t old_ns = timing->self_ns[KG_SIDE_OLD];
		const uint64_t new_ns = timing->self_ns[KG_SIDE_NEW];
		if (!is_comparable(diff, path) || old_ns == 0 || new_ns == 0 ||
		    timing->counts[KG_SIDE_OLD] != timing->counts[KG_SIDE_NEW])
			continue;
		if (wait_jitter_of(diff, timing) > 0)
			continue;
		compared++;
		same += distance(old_ns, new_ns) <= jitter_of(diff, timing) ||
			(unsigned __int128)distance(old_ns, new_ns) * 1000000 <=
				(unsigned __int128)old_ns * EXACT_PPM;
	}
	return compared > 0 && same * 100 >= compared * EXACT_PERCENT;
}

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;
	return (*left > *right) - (*left < *right);
}

/*
 * Durations that count instructions hold surprises, too: the tracer turns a page of its buffer in
 * one call or in the next. What most calls are apart by, no call is blamed for.
 */
static enum kg_status learn_jitter(struct kg_diff *diff)
{
	COLUMN(uint64_t) apart = { 0 };
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		const struct kg_diff_timing *timing = &diff->path_timings.at[path];
		if (!is_comparable(diff, path) || is_root(diff, path) ||
		    timing->counts[KG_SIDE_OLD] != timing->counts[KG_SIDE_NEW] ||
		    wait_jitter_of(diff, timing) > 0)
			continue;
		if (!column_push(&apart, distance(timing->self_ns[KG_SIDE_OLD],
						  timing->self_ns[KG_SIDE_NEW]))) {
			column_release(&apart);
			return KG_NOMEM;
		}
	}
	if (apart.count >= JITTER_LEAST) {
		qsort(apart.at, apart.count, sizeof(*apart.at), compare_ns);
		diff->report.jitter_ns = apart.at[apart.count * 19 / 20];
	}
	column_release(&apart);
	return KG_OK;
}

static void judge_plainly(struct kg_diff *diff, struct kg_diff_timing *timing)
{
	const bool is_exact = diff->report.method == KG_DIFF_EXACT;
	const uint64_t *times = judged_times(diff, timing);
	if (!is_exact && (diff->report.method == KG_DIFF_NONE || !is_root(diff, timing->path))) {
		timing->verdict = KG_DIFF_UNJUDGED;
		return;
	}
	gather(diff, timing->path, judged_value(diff, timing->path));
	timing->noise_ns = spread_of(diff, KG_SIDE_OLD);
	if (spread_of(diff, KG_SIDE_NEW) > timing->noise_ns)
		timing->noise_ns = spread_of(diff, KG_SIDE_NEW);
	if (is_exact)
		timing->noise_ns += is_root(diff, timing->path)
					    ? tree_jitter_of(diff, timing->path)
					    : jitter_of(diff, timing) + diff->report.jitter_ns;
	const uint64_t change = distance(times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	if (change > timing->noise_ns &&
	    diff_is_beyond(diff, times[KG_SIDE_OLD], times[KG_SIDE_NEW]))
		timing->verdict = KG_DIFF_CHANGED;
}

/* ---- statistics ------------------------------------------------------------------------------ */

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
	gather(diff, path, judged_value(diff, path));
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
		if (is_comparable(diff, path) && !is_cut(diff, path))
			status = add_member(diff, is_root(diff, path) ? phases : calls, path);
	}
	return status;
}

static enum kg_status test_family(struct kg_diff *diff, struct family *family, bool is_phases)
{
	for (size_t i = 0; i < family->paths.count; i++) {
		gather(diff, family->paths.at[i], judged_value(diff, family->paths.at[i]));
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

/* The largest noise of both sides; false when memory is out. */
static bool measure_noise(struct kg_diff *diff, uint64_t *noise_ns)
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
	const uint64_t *times = judged_times(diff, timing);
	timing->p_value = 2 * p < 1 ? 2 * p : 1;
	gather(diff, path, judged_value(diff, path));
	const uint64_t *old = diff->values[KG_SIDE_OLD].at;
	const uint64_t *new = diff->values[KG_SIDE_NEW].at;
	const size_t old_count = diff->values[KG_SIDE_OLD].count;
	const size_t new_count = diff->values[KG_SIDE_NEW].count;
	timing->effect = rank_effect(old, old_count, new, new_count);
	const bool is_beyond_chance = timing->p_value <= DIFF_LEVEL;
	if (!is_beyond_chance && !is_root(diff, path))
		return KG_OK;
	if (!rank_interval(&diff->rank, old, old_count, new, new_count, &timing->low_ns,
			   &timing->high_ns) ||
	    !measure_noise(diff, &timing->noise_ns))
		return KG_NOMEM;
	const uint64_t change = distance(times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
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

bool diff_judge_own_time(struct kg_diff *diff, uint32_t root, bool *is_changed)
{
	const struct kg_diff_timing *timing = &diff->path_timings.at[root];
	const uint64_t *times = timing->self_ns;
	*is_changed = diff_is_beyond(diff, times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	if (!*is_changed)
		return true;
	const uint64_t change = distance(times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	if (diff->report.method != KG_DIFF_STATISTICS) {
		*is_changed = change > jitter_of(diff, timing) + diff->report.jitter_ns;
		return true;
	}
	gather(diff, root, VALUE_SELF);
	const double p = rank_test(&diff->rank, diff->values[KG_SIDE_OLD].at,
				   diff->values[KG_SIDE_OLD].count, diff->values[KG_SIDE_NEW].at,
				   diff->values[KG_SIDE_NEW].count);
	uint64_t noise_ns;
	if (p < 0 || !measure_noise(diff, &noise_ns))
		return false;
	*is_changed = 2 * p * (double)diff->report.tested <= DIFF_LEVEL && change > noise_ns;
	return true;
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

static enum kg_status judge_by_rank(struct kg_diff *diff, bool *is_done)
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

/* What cannot be judged; the rest stays SAME for now. */
static void mark_unjudged(struct kg_diff *diff)
{
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		struct kg_diff_timing *timing = &diff->path_timings.at[path];
		if (!is_comparable(diff, path))
			timing->verdict = KG_DIFF_UNJUDGED;
		else if (is_cut(diff, path))
			timing->verdict = KG_DIFF_INCONCLUSIVE;
	}
}

static bool is_emulated(const struct kg_diff *diff)
{
	return diff->environments[KG_SIDE_OLD].is_emulated &&
	       diff->environments[KG_SIDE_NEW].is_emulated;
}

static enum kg_status choose_method(struct kg_diff *diff)
{
	struct kg_diff_report *report = &diff->report;
	const bool is_repeated =
		report->side_runs[KG_SIDE_OLD] > 1 && report->side_runs[KG_SIDE_NEW] > 1;
	bool is_done = false;
	if (is_repeated) {
		report->method = KG_DIFF_STATISTICS;
		enum kg_status status = judge_by_rank(diff, &is_done);
		if (status != KG_OK || is_done)
			return status;
	}
	report->method = diff->opts.has_threshold ? KG_DIFF_PLAIN : KG_DIFF_NONE;
	if (is_emulated(diff)) {
		report->method = KG_DIFF_EXACT;
	} else if (is_clock_exact(diff)) {
		report->method = KG_DIFF_EXACT;
		report->is_clock_learnt = true;
	}
	if (report->method == KG_DIFF_EXACT) {
		enum kg_status status = learn_jitter(diff);
		if (status != KG_OK)
			return status;
	}
	for (uint32_t path = 0; path < diff->path_timings.count; path++) {
		if (diff->path_timings.at[path].verdict == KG_DIFF_SAME)
			judge_plainly(diff, &diff->path_timings.at[path]);
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
	if (!is_root(diff, path))
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

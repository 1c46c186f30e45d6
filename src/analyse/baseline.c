/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how runs become a baseline, and how two baselines become one. */
#include "analyse/baseline.h"

#include <string.h>

#include "analyse/sum.h"
#include "base/assert.h"
#include "base/banned.h"

/* ---- sums ------------------------------------------------------------------------------------ */

static void note_count(struct baseline_path *sum, uint32_t least, uint32_t most)
{
	if (sum->runs == 0 || least < sum->least)
		sum->least = least;
	if (most > sum->most)
		sum->most = most;
}

/* What one run has at a path. */
static bool add_sample(struct baseline_path *sum, const struct path_sample *sample,
		       uint64_t total_ns)
{
	const uint32_t seen = sum_cut(sample->count + sample->incomplete);
	note_count(sum, seen, seen);
	sum->runs++;
	sum->calls += sample->count;
	sum->incomplete += sample->incomplete;
	sum->waits += sample->waits;
	return spread_add(&sum->total_ns, total_ns) && spread_add(&sum->self_ns, sample->self_ns);
}

static bool add_figures(struct kg_baseline *baseline, struct path_run *figures)
{
	const size_t count = baseline->paths.nodes.count;
	if (count == 0)
		return true;
	if (!run_sum(&baseline->paths, figures) || !column_reach(&baseline->sums, count - 1))
		return false;
	for (uint32_t node = 0; node < count; node++) {
		struct baseline_path *sum = &baseline->sums.at[node];
		const struct path_sample sample = run_sample(figures, node);
		path_passes_note(&sum->passes, run_passes(figures, node));
		if ((sample.count > 0 || sample.incomplete > 0) &&
		    !add_sample(sum, &sample, figures->totals.at[node]))
			return false;
	}
	column_release(&figures->totals);
	return true;
}

static bool merge_sum(struct baseline_path *sum, const struct baseline_path *more)
{
	if (more->runs > 0)
		note_count(sum, more->least, more->most);
	path_passes_note(&sum->passes, more->passes);
	sum->runs += more->runs;
	sum->calls += more->calls;
	sum->incomplete += more->incomplete;
	sum->waits += more->waits;
	return spread_merge(&sum->total_ns, &more->total_ns) &&
	       spread_merge(&sum->self_ns, &more->self_ns);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void drop_run(struct kg_baseline *baseline)
{
	if (!baseline->is_collecting)
		return;
	collector_release(&baseline->collector);
	run_release(&baseline->paths.runs.at[--baseline->paths.runs.count]);
	baseline->is_collecting = false;
}

enum kg_status kg_baseline_start_run(struct kg_baseline *baseline, const struct kg_funcs *funcs,
				     struct kg_call_sink *sink)
{
	drop_run(baseline);
	const struct path_run run = { .side = KG_SIDE_OLD };
	if (!column_push(&baseline->paths.runs, run))
		return KG_NOMEM;
	enum kg_status status =
		collector_init(&baseline->collector, &baseline->paths,
			       baseline->paths.runs.count - 1, funcs, baseline->tmp_folder);
	baseline->is_collecting = true;
	if (status == KG_OK)
		*sink = collector_sink(&baseline->collector);
	else
		drop_run(baseline);
	return status;
}

/* Keeps a run whose figures are in paths already, for now. */
static bool keep_run(struct kg_baseline *baseline, struct baseline_run run)
{
	run.file = arena_copy_string(&baseline->memory, run.file);
	if (run.kernel != NULL)
		run.kernel = arena_copy_string(&baseline->memory, run.kernel);
	return run.file != NULL && column_push(&baseline->kept, run);
}

enum kg_status kg_baseline_end_run(struct kg_baseline *baseline, const struct kg_info *info)
{
	KG_ASSERT(baseline->is_collecting);
	struct path_run *figures = &baseline->paths.runs.at[baseline->paths.runs.count - 1];
	struct baseline_run run = {
		.file = info->file != NULL ? info->file : "",
		.kernel = info->kernel,
		.vendor = info->vendor,
		.calls = info->calls.total,
		.incomplete = info->calls.total - info->calls.complete,
		.gaps = info->lost_gaps,
		.exits_only = info->exits_only,
	};
	collector_release(&baseline->collector);
	/* from here on it is a run like the others, if it is one that is kept */
	if (!baseline_fingerprint(&baseline->paths, figures, &run, &run.id) ||
	    !add_figures(baseline, figures) ||
	    !surroundings_tell_trace(&baseline->surroundings, info) || !keep_run(baseline, run))
		return KG_NOMEM;
	baseline->is_collecting = false;
	paths_note_orders(&baseline->paths, figures);
	/* figures of roots that are told for all runs as one */
	column_release(&figures->passes);
	baseline->runs++;
	baseline->calls += run.calls;
	baseline->incomplete += run.incomplete;
	baseline->gaps += run.gaps;
	baseline->exits_only += run.exits_only;
	baseline_drop_runs(baseline);
	return KG_OK;
}

enum kg_status kg_baseline_add_environment(struct kg_baseline *baseline, const char *json,
					   size_t len, struct kg_error *err)
{
	return surroundings_add(&baseline->surroundings, &baseline->paths.names, json, len, err);
}

/* ---- merging --------------------------------------------------------------------------------- */

static bool merge_run(struct kg_baseline *baseline, const struct kg_baseline *more, size_t index,
		      const uint32_t *map)
{
	struct path_run figures = { .side = KG_SIDE_OLD };
	if (!run_adopt(&figures, &more->paths.runs.at[index], map) ||
	    !column_push(&baseline->paths.runs, figures)) {
		run_release(&figures);
		return false;
	}
	if (!keep_run(baseline, more->kept.at[index]))
		return false;
	baseline_drop_runs(baseline);
	return true;
}

static bool merge_paths(struct kg_baseline *baseline, const struct kg_baseline *more, uint32_t *map)
{
	const size_t count = more->paths.nodes.count;
	if (!paths_adopt(&baseline->paths, KG_SIDE_OLD, &more->paths, map))
		return false;
	if (count > 0 && !column_reach(&baseline->sums, baseline->paths.nodes.count - 1))
		return false;
	for (size_t node = 0; node < count; node++) {
		if (!merge_sum(&baseline->sums.at[map[node]], &more->sums.at[node]))
			return false;
	}
	for (size_t i = 0; i < more->kept.count; i++) {
		if (!merge_run(baseline, more, i, map))
			return false;
	}
	return true;
}

enum kg_status kg_baseline_merge(struct kg_baseline *baseline, const struct kg_baseline *more)
{
	COLUMN(uint32_t) map = { 0 };
	drop_run(baseline);
	const bool is_done = column_reserve(&map, more->paths.nodes.count) &&
			     merge_paths(baseline, more, map.at) &&
			     surroundings_merge(&baseline->surroundings, &baseline->paths.names,
						&more->surroundings, &more->paths.names);
	column_release(&map);
	baseline->runs += more->runs;
	baseline->calls += more->calls;
	baseline->incomplete += more->incomplete;
	baseline->gaps += more->gaps;
	baseline->exits_only += more->exits_only;
	return is_done ? KG_OK : KG_NOMEM;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

enum kg_status kg_baseline_new(const char *tmp_folder, struct kg_baseline **out)
{
	struct kg_baseline *baseline = memory_zalloc(sizeof(*baseline));
	if (baseline == NULL)
		return KG_NOMEM;
	enum kg_status status = paths_init(&baseline->paths);
	if (status == KG_OK && tmp_folder != NULL) {
		baseline->tmp_folder = arena_copy_string(&baseline->memory, tmp_folder);
		status = baseline->tmp_folder != NULL ? KG_OK : KG_NOMEM;
	}
	if (status == KG_OK)
		*out = baseline;
	else
		kg_baseline_free(baseline);
	return status;
}

void kg_baseline_free(struct kg_baseline *baseline)
{
	if (baseline == NULL)
		return;
	drop_run(baseline);
	paths_release(&baseline->paths);
	surroundings_release(&baseline->surroundings);
	for (size_t i = 0; i < baseline->sums.count; i++) {
		spread_release(&baseline->sums.at[i].total_ns);
		spread_release(&baseline->sums.at[i].self_ns);
	}
	column_release(&baseline->sums);
	column_release(&baseline->kept);
	arena_release(&baseline->memory);
	memory_free(baseline);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a baseline takes the place of traces in a difference. */
#include <string.h>

#include "analyse/baseline.h"
#include "analyse/diff.h"
#include "analyse/sum.h"
#include "base/banned.h"

/* ---- runs that are kept whole ---------------------------------------------------------------- */

static bool add_row(struct kg_diff *diff, struct kg_diff_run row)
{
	row.file = arena_copy_string(&diff->memory, row.file);
	if (row.kernel != NULL)
		row.kernel = arena_copy_string(&diff->memory, row.kernel);
	return row.file != NULL && column_push(&diff->runs, row);
}

/* Adds the figures of one run, and what is told of it. Takes the figures over. */
static bool add_run(struct kg_diff *diff, struct path_run *figures, const struct kg_diff_run *row)
{
	if (!column_push(&diff->paths.runs, *figures)) {
		run_release(figures);
		return false;
	}
	return add_row(diff, *row);
}

static bool add_kept(struct kg_diff *diff, enum kg_diff_side side,
		     const struct kg_baseline *baseline, size_t index, const uint32_t *map)
{
	const struct baseline_run *run = &baseline->kept.at[index];
	struct path_run figures = { .side = side };
	const struct kg_diff_run row = {
		.file = run->file,
		.kernel = run->kernel,
		.vendor = run->vendor,
		.side = side,
		.calls = run->calls,
		.incomplete = run->incomplete,
		.gaps = run->gaps,
		.count = 1,
		.exits_only = run->exits_only,
	};
	if (!run_adopt(&figures, &baseline->paths.runs.at[index], map)) {
		run_release(&figures);
		return false;
	}
	diff->report.side_runs[side]++;
	return add_run(diff, &figures, &row);
}

/* ---- the others ------------------------------------------------------------------------------ */

static uint64_t cut_sum(unsigned __int128 sum)
{
	return sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum;
}

/* What all runs together have at a path, less what those have that are kept whole. */
static struct path_sample rest_of(const struct kg_baseline *baseline, uint32_t node)
{
	const struct baseline_path *sum = &baseline->sums.at[node];
	uint64_t incomplete = sum->incomplete;
	uint64_t waits = sum->waits;
	unsigned __int128 self_ns = sum->self_ns.sum;
	struct path_sample rest = { .count = sum->calls };
	for (size_t i = 0; i < baseline->kept.count; i++) {
		const struct path_sample own = run_sample(&baseline->paths.runs.at[i], node);
		rest.count -= own.count;
		incomplete -= own.incomplete;
		waits -= own.waits;
		self_ns -= own.self_ns;
	}
	rest.incomplete = sum_cut(incomplete);
	rest.waits = sum_cut(waits);
	rest.self_ns = cut_sum(self_ns);
	return rest;
}

static bool fill_rest(struct path_run *figures, const struct kg_baseline *baseline,
		      const uint32_t *map)
{
	for (uint32_t node = 0; node < baseline->sums.count; node++) {
		const struct baseline_path *sum = &baseline->sums.at[node];
		const struct path_sample rest = rest_of(baseline, node);
		if (!run_add(figures, map[node], &rest) ||
		    !column_reach(&figures->bounds, map[node]))
			return false;
		figures->bounds.at[map[node]] = (struct path_bounds){
			.least = sum->runs < baseline->runs ? 0 : sum->least,
			.most = sum->most,
		};
	}
	return true;
}

static bool add_rest(struct kg_diff *diff, enum kg_diff_side side,
		     const struct kg_baseline *baseline, const char *name, const uint32_t *map)
{
	struct path_run figures = { .side = side, .is_rest = true };
	struct kg_diff_run row = {
		.file = name,
		.side = side,
		.calls = baseline->calls,
		.incomplete = baseline->incomplete,
		.gaps = baseline->gaps,
		.count = baseline->runs - baseline->kept.count,
		.exits_only = baseline->exits_only > 0,
	};
	for (size_t i = 0; i < baseline->kept.count; i++) {
		row.calls -= baseline->kept.at[i].calls;
		row.incomplete -= baseline->kept.at[i].incomplete;
		row.gaps -= baseline->kept.at[i].gaps;
	}
	if (!fill_rest(&figures, baseline, map)) {
		run_release(&figures);
		return false;
	}
	diff->report.side_rest[side] += row.count;
	return add_run(diff, &figures, &row);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* The most that one run has is told by any run of the side. */
static bool add_passes(struct path_run *run, const struct kg_baseline *baseline,
		       const uint32_t *map)
{
	for (uint32_t node = 0; node < baseline->sums.count; node++) {
		if (baseline->paths.nodes.at[node].parent != NO_PATH)
			continue;
		if (!column_reach(&run->passes, map[node]))
			return false;
		run->passes.at[map[node]] = baseline->sums.at[node].passes;
	}
	return true;
}

static bool add_all(struct kg_diff *diff, enum kg_diff_side side,
		    const struct kg_baseline *baseline, const char *name, uint32_t *map)
{
	const size_t first = diff->paths.runs.count;
	if (!paths_adopt(&diff->paths, side, &baseline->paths, map))
		return false;
	for (size_t i = 0; i < baseline->kept.count; i++) {
		if (!add_kept(diff, side, baseline, i, map))
			return false;
	}
	if (baseline->runs > baseline->kept.count && !add_rest(diff, side, baseline, name, map))
		return false;
	return first == diff->paths.runs.count ||
	       add_passes(&diff->paths.runs.at[first], baseline, map);
}

enum kg_status kg_diff_add_baseline(struct kg_diff *diff, enum kg_diff_side side,
				    const struct kg_baseline *baseline, const char *name)
{
	COLUMN(uint32_t) map = { 0 };
	diff_drop_run(diff);
	const bool is_done = column_reserve(&map, baseline->paths.nodes.count) &&
			     add_all(diff, side, baseline, name, map.at) &&
			     surroundings_merge(&diff->surroundings[side], &diff->paths.names,
						&baseline->surroundings, &baseline->paths.names);
	column_release(&map);
	return is_done ? KG_OK : KG_NOMEM;
}

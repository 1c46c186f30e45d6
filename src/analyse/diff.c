/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the life of a difference: runs come in, then all of it is compared. */
#include "analyse/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/banned.h"

/* ---- runs ------------------------------------------------------------------------------------ */

void diff_drop_run(struct kg_diff *diff)
{
	if (!diff->is_collecting)
		return;
	collector_release(&diff->collector);
	run_release(&diff->paths.runs.at[--diff->paths.runs.count]);
	diff->is_collecting = false;
}

enum kg_status kg_diff_start_run(struct kg_diff *diff, enum kg_diff_side side,
				 const struct kg_funcs *funcs, struct kg_call_sink *sink)
{
	diff_drop_run(diff);
	if (!column_push(&diff->paths.runs, (struct path_run){ .side = side }))
		return KG_NOMEM;
	enum kg_status status = collector_init(&diff->collector, &diff->paths,
					       diff->paths.runs.count - 1, funcs, diff->tmp_folder);
	diff->is_collecting = true;
	if (status == KG_OK)
		*sink = collector_sink(&diff->collector);
	else
		diff_drop_run(diff);
	return status;
}

enum kg_status kg_diff_end_run(struct kg_diff *diff, const struct kg_info *info)
{
	KG_ASSERT(diff->is_collecting);
	const struct kg_diff_run run = {
		.file = info->file != NULL ? arena_copy_string(&diff->memory, info->file) : "",
		.kernel = info->kernel != NULL ? arena_copy_string(&diff->memory, info->kernel)
					       : NULL,
		.vendor = info->vendor,
		.side = diff->paths.runs.at[diff->paths.runs.count - 1].side,
		.calls = info->calls.total,
		.incomplete = info->calls.total - info->calls.complete,
		.gaps = info->lost_gaps,
		.count = 1,
		.exits_only = info->exits_only,
	};
	if (run.file == NULL || (info->kernel != NULL && run.kernel == NULL) ||
	    !surroundings_tell_trace(&diff->surroundings[run.side], info) ||
	    !column_push(&diff->runs, run))
		return KG_NOMEM;
	collector_release(&diff->collector);
	paths_note_orders(&diff->paths, &diff->paths.runs.at[diff->paths.runs.count - 1]);
	diff->is_collecting = false;
	diff->report.side_runs[run.side]++;
	return KG_OK;
}

enum kg_status kg_diff_add_environment(struct kg_diff *diff, enum kg_diff_side side,
				       const char *json, size_t len, struct kg_error *err)
{
	return surroundings_add(&diff->surroundings[side], &diff->paths.names, json, len, err);
}

/* ---- what surrounds the traces --------------------------------------------------------------- */

static const char *value_of(const struct fact *fact)
{
	return fact != NULL ? fact->joined : NULL;
}

static bool is_same_value(const char *old_value, const char *new_value)
{
	if (old_value == NULL || new_value == NULL)
		return old_value == new_value;
	return strcmp(old_value, new_value) == 0;
}

/* What the traces tell of themselves; the rest is from documents. */
static bool is_of_trace(const char *name)
{
	return strncmp(name, TRACE_FACT, strlen(TRACE_FACT)) == 0;
}

static enum kg_status list_fact(struct kg_diff *diff, const char *name)
{
	const struct surroundings *around = diff->surroundings;
	const char *old_value = value_of(surroundings_find(&around[KG_SIDE_OLD], name));
	const char *new_value = value_of(surroundings_find(&around[KG_SIDE_NEW], name));
	if (is_same_value(old_value, new_value))
		return KG_OK;
	const struct kg_diff_fact fact = { name, { old_value, new_value } };
	return column_push(&diff->facts, fact) ? KG_OK : KG_NOMEM;
}

/* The facts of one side; of NEW those that OLD knows, too, are listed already. */
static enum kg_status list_side(struct kg_diff *diff, enum kg_diff_side side, bool is_surrounded)
{
	const struct surroundings *around = &diff->surroundings[side];
	const struct surroundings *old = &diff->surroundings[KG_SIDE_OLD];
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < around->facts.count && status == KG_OK; i++) {
		const char *name = around->facts.at[i].name;
		if (is_of_trace(name) || !is_surrounded ||
		    (side == KG_SIDE_NEW && surroundings_find(old, name) != NULL))
			continue;
		status = list_fact(diff, name);
	}
	return status;
}

static enum kg_status list_facts(struct kg_diff *diff)
{
	struct surroundings *around = diff->surroundings;
	bool is_told = true;
	bool is_surrounded = true;
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		if (!surroundings_settle(&around[side]))
			return KG_NOMEM;
		diff->report.is_surrounded[side] = around[side].documents > 0;
		is_told &= surroundings_find(&around[side], "kernel.release") != NULL;
		/* with one side unknown everything would differ */
		is_surrounded &= around[side].documents > 0;
	}
	enum kg_status status = list_fact(diff, TRACE_FACT "vendor");
	if (status == KG_OK && !is_told)
		status = list_fact(diff, TRACE_FACT "kernel");
	if (status == KG_OK)
		status = list_side(diff, KG_SIDE_OLD, is_surrounded);
	if (status == KG_OK)
		status = list_side(diff, KG_SIDE_NEW, is_surrounded);
	return status;
}

/* ---- the report ------------------------------------------------------------------------------ */

static bool is_any_time_changed(const struct kg_diff *diff)
{
	for (size_t i = 0; i < diff->phases.count; i++) {
		if (diff->phases.at[i].timing.verdict == KG_DIFF_CHANGED)
			return true;
	}
	for (size_t i = 0; i < diff->timings.count; i++) {
		if (diff->timings.at[i].verdict == KG_DIFF_CHANGED)
			return true;
	}
	return false;
}

static bool is_any_structure_changed(const struct kg_diff *diff)
{
	for (size_t i = 0; i < diff->changes.count; i++) {
		if (!diff->changes.at[i].is_inconclusive && !diff->changes.at[i].is_untraceable)
			return true;
	}
	return false;
}

static enum kg_diff_verdict judge(const struct kg_diff *diff)
{
	if (is_any_time_changed(diff) || is_any_structure_changed(diff))
		return KG_DIFF_CHANGED;
	return diff->report.inconclusive + diff->report.untraceable > 0 ? KG_DIFF_INCONCLUSIVE
									: KG_DIFF_SAME;
}

static enum kg_status compare(struct kg_diff *diff)
{
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		if (!column_reserve(&diff->values[side], diff->runs.count))
			return KG_NOMEM;
	}
	enum kg_status status = paths_arrange(&diff->paths) ? list_facts(diff) : KG_NOMEM;
	if (status == KG_OK)
		status = diff_align(diff);
	if (status == KG_OK)
		status = diff_list_changes(diff);
	if (status == KG_OK)
		status = diff_judge_times(diff);
	if (status == KG_OK)
		status = diff_find_culprits(diff);
	return status;
}

enum kg_status kg_diff_report(struct kg_diff *diff, const struct kg_diff_report **out)
{
	struct kg_diff_report *report = &diff->report;
	diff_drop_run(diff);
	KG_ASSERT(report->side_runs[KG_SIDE_OLD] > 0 && report->side_runs[KG_SIDE_NEW] > 0);
	enum kg_status status = compare(diff);
	if (status != KG_OK)
		return status;
	report->verdict = judge(diff);
	report->runs = diff->runs.at;
	report->run_count = diff->runs.count;
	report->facts = diff->facts.at;
	report->fact_count = diff->facts.count;
	report->phases = diff->phases.at;
	report->phase_count = diff->phases.count;
	report->changes = diff->changes.at;
	report->change_count = diff->changes.count;
	report->timings = diff->timings.at;
	report->timing_count = diff->timings.count;
	report->culprits = diff->culprits.at;
	report->culprit_count = diff->culprits.count;
	*out = report;
	return KG_OK;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

enum kg_status kg_diff_new(const struct kg_diff_opts *opts, struct kg_diff **out)
{
	struct kg_diff *diff = memory_zalloc(sizeof(*diff));
	if (diff == NULL)
		return KG_NOMEM;
	if (opts != NULL)
		diff->opts = *opts;
	enum kg_status status = paths_init(&diff->paths);
	if (status == KG_OK && diff->opts.tmp_folder != NULL) {
		diff->tmp_folder = arena_copy_string(&diff->memory, diff->opts.tmp_folder);
		status = diff->tmp_folder != NULL ? KG_OK : KG_NOMEM;
	}
	if (status == KG_OK)
		*out = diff;
	else
		kg_diff_free(diff);
	return status;
}

void kg_diff_free(struct kg_diff *diff)
{
	if (diff == NULL)
		return;
	diff_drop_run(diff);
	paths_release(&diff->paths);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		surroundings_release(&diff->surroundings[side]);
		column_release(&diff->key_places[side]);
		column_release(&diff->run_calls[side]);
		column_release(&diff->values[side]);
		column_release(&diff->passes[side]);
	}
	column_release(&diff->sums);
	column_release(&diff->shape_renames);
	column_release(&diff->path_timings);
	rank_release(&diff->rank);
	column_release(&diff->runs);
	column_release(&diff->facts);
	column_release(&diff->phases);
	column_release(&diff->changes);
	column_release(&diff->timings);
	column_release(&diff->culprits);
	arena_release(&diff->memory);
	memory_free(diff);
}

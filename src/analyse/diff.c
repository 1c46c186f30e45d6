/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the life of a difference: runs come in, then all of it is compared. */
#include "analyse/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/banned.h"

/* ---- runs ------------------------------------------------------------------------------------ */

/* Forgets what was read of a run that was not ended. */
static void drop_run(struct kg_diff *diff)
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
	drop_run(diff);
	if (!column_push(&diff->paths.runs, (struct path_run){ .side = side }))
		return KG_NOMEM;
	enum kg_status status = collector_init(&diff->collector, &diff->paths,
					       diff->paths.runs.count - 1, funcs, diff->tmp_folder);
	diff->is_collecting = true;
	if (status == KG_OK)
		*sink = collector_sink(&diff->collector);
	else
		drop_run(diff);
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
		.exits_only = info->exits_only,
	};
	if (run.file == NULL || (info->kernel != NULL && run.kernel == NULL) ||
	    !column_push(&diff->runs, run))
		return KG_NOMEM;
	collector_release(&diff->collector);
	diff->is_collecting = false;
	diff->report.side_runs[run.side]++;
	return KG_OK;
}

enum kg_status kg_diff_add_environment(struct kg_diff *diff, enum kg_diff_side side,
				       const char *json, size_t len, struct kg_error *err)
{
	return environment_add(&diff->environments[side], &diff->paths.names, json, len, err);
}

/* ---- what surrounds the traces --------------------------------------------------------------- */

static enum kg_status add_fact(struct kg_diff *diff, const char *name, const char *old_value,
			       const char *new_value)
{
	if ((old_value != NULL && new_value != NULL && strcmp(old_value, new_value) == 0) ||
	    (old_value == NULL && new_value == NULL))
		return KG_OK;
	const struct kg_diff_fact fact = { name, { old_value, new_value } };
	return column_push(&diff->facts, fact) ? KG_OK : KG_NOMEM;
}

/* What the traces themselves tell: the first of each side speaks for it. */
static const struct kg_diff_run *first_run(const struct kg_diff *diff, enum kg_diff_side side)
{
	size_t i = 0;
	while (diff->runs.at[i].side != side)
		i++;
	return &diff->runs.at[i];
}

static enum kg_status list_facts(struct kg_diff *diff)
{
	const struct diff_environment *old = &diff->environments[KG_SIDE_OLD];
	const struct diff_environment *new = &diff->environments[KG_SIDE_NEW];
	const struct kg_diff_run *old_run = first_run(diff, KG_SIDE_OLD);
	const struct kg_diff_run *new_run = first_run(diff, KG_SIDE_NEW);
	const bool is_told = environment_find(old, "kernel.release") != NULL &&
			     environment_find(new, "kernel.release") != NULL;
	enum kg_status status = add_fact(diff, "trace.vendor", kg_vendor_name(old_run->vendor),
					 kg_vendor_name(new_run->vendor));
	if (status == KG_OK && !is_told)
		status = add_fact(diff, "trace.kernel", old_run->kernel, new_run->kernel);
	diff->report.is_surrounded[KG_SIDE_OLD] = old->facts.count > 0;
	diff->report.is_surrounded[KG_SIDE_NEW] = new->facts.count > 0;
	/* with one side unknown everything would differ */
	if (old->facts.count == 0 || new->facts.count == 0)
		return status;
	for (size_t i = 0; i < old->facts.count && status == KG_OK; i++)
		status = add_fact(diff, old->facts.at[i].name, old->facts.at[i].value,
				  environment_find(new, old->facts.at[i].name));
	for (size_t i = 0; i < new->facts.count &&status == KG_OK; i++) {
		const struct env_fact *fact = &new->facts.at[i];
		if (environment_find(old, fact->name) == NULL)
			status = add_fact(diff, fact->name, NULL, fact->value);
	}
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
	drop_run(diff);
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
	drop_run(diff);
	paths_release(&diff->paths);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		environment_release(&diff->environments[side]);
		column_release(&diff->key_places[side]);
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

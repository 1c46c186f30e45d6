/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how traces begin and end. */
#include <string.h>

#include "analyse/learn.h"
#include "base/banned.h"

/* ---- traces ---------------------------------------------------------------------------------- */

void learn_forget_lanes(struct kg_learn *learn)
{
	for (size_t i = 0; i < learn->lanes.count; i++) {
		column_release(&learn->lanes.at[i].frames);
		column_release(&learn->lanes.at[i].children);
	}
	learn->lanes.count = 0;
	learn->name_of_func.count = 0;
	learn->task_of_id.count = 0;
	learn->task_of_idle.count = 0;
}

static void release_trace(struct learn_trace *trace)
{
	for (size_t i = 0; i < trace->tasks.count; i++)
		column_release(&trace->tasks.at[i].steps);
	column_release(&trace->tasks);
	column_release(&trace->counts);
}

enum kg_status kg_learn_start(struct kg_learn *learn, const struct kg_funcs *funcs,
			      const struct kg_tasks *tasks)
{
	learn_forget_lanes(learn);
	if (learn->is_reading)
		release_trace(&learn->traces.at[--learn->traces.count]);
	learn->is_reading = false;
	if (!column_push(&learn->traces, (struct learn_trace){ 0 }))
		return KG_NOMEM;
	learn->is_reading = true;
	learn->funcs = funcs;
	learn->tasks = tasks;
	pairs_start_trace(&learn->pairs);
	return KG_OK;
}

/* What good traces do not have. */
static const enum kg_diag_kind contradictions[] = {
	KG_DIAG_MARK_MISMATCH, KG_DIAG_CHILDREN_EXCEED, KG_DIAG_BANNER_MISMATCH,
	KG_DIAG_TASK_MISMATCH, KG_DIAG_NAME_MISMATCH,
};

enum kg_status kg_learn_finish(struct kg_learn *learn, const struct kg_info *info,
			       struct kg_learn_lack *lack)
{
	struct learn_trace *trace = learn_current(learn);
	for (size_t i = 0; i < trace->tasks.count; i++) {
		struct learn_task *task = &trace->tasks.at[i];
		const char *comm = task->task_id != KG_NO_TASK
					   ? kg_tasks_get(learn->tasks, task->task_id)->comm
					   : "";
		task->comm = arena_copy_string(&learn->memory, comm);
		if (task->comm == NULL)
			return KG_NOMEM;
	}
	trace->lack.is_exits_only = info->exits_only;
	for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++)
		trace->lack.contradictions += info->diags.entries[contradictions[i]].count;
	trace->lack.is_whole =
		trace->lack.gaps == 0 && trace->lack.contradictions == 0 && !info->exits_only;
	if (trace->lack.is_whole)
		pairs_finish_trace(&learn->pairs);
	if (lack != NULL)
		*lack = trace->lack;
	learn->is_reading = false;
	learn_forget_lanes(learn);
	return KG_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

enum kg_status kg_learn_new(const struct kg_learn_opts *opts, struct kg_learn **out)
{
	struct kg_learn *learn = memory_zalloc(sizeof(*learn));
	if (learn == NULL)
		return KG_NOMEM;
	learn->opts = *opts;
	*out = learn;
	return KG_OK;
}

void kg_learn_free(struct kg_learn *learn)
{
	if (learn == NULL)
		return;
	learn_forget_lanes(learn);
	column_release(&learn->lanes);
	column_release(&learn->name_of_func);
	column_release(&learn->task_of_id);
	column_release(&learn->task_of_idle);
	for (size_t i = 0; i < learn->traces.count; i++)
		release_trace(&learn->traces.at[i]);
	column_release(&learn->traces);
	learn_draft_release(learn);
	pairs_release(&learn->pairs);
	shapes_release(&learn->shapes);
	column_release(&learn->name_infos);
	intern_release(&learn->names);
	arena_release(&learn->memory);
	memory_free(learn);
}

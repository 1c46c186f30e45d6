/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the counts of reader and builder make up what is in a trace. */
#include "trace/info.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* Only CPUs that the trace speaks of: the table has a row for each number below the largest. */
static bool fill_cpus(struct trace_info *out, const struct read_facts *facts)
{
	struct kg_cpu_info *cpus =
		arena_alloc(&out->memory, (facts->cpus.count + 1) * sizeof(*cpus));
	if (cpus == NULL)
		return false;
	uint32_t count = 0;
	for (size_t cpu = 0; cpu < facts->cpus.count && cpu < KG_NO_CPU; cpu++) {
		const struct kg_cpu_info *row = &facts->cpus.at[cpu];
		if (row->events == 0 && row->switches == 0)
			continue;
		cpus[count] = *row;
		cpus[count++].cpu = (uint16_t)cpu;
	}
	out->info.cpus = cpus;
	out->info.cpu_count = count;
	return true;
}

static int compare_cpus(const void *left, const void *right)
{
	return *(const uint16_t *)left - *(const uint16_t *)right;
}

/* Adds the CPUs of one lane to a task's list, which has room for them. */
static void add_cpus(uint16_t *cpus, uint32_t *count, const struct lane *lane)
{
	for (size_t i = 0; i < lane->cpus.count; i++) {
		if (lane->cpus.at[i] != KG_NO_CPU)
			cpus[(*count)++] = lane->cpus.at[i];
	}
}

static bool fill_tasks(struct trace_info *out, const struct read_facts *facts,
		       const struct builder *builder)
{
	const size_t task_count = facts->tasks.rows.count;
	struct kg_task_info *rows = arena_alloc(&out->memory, (task_count + 1) * sizeof(*rows));
	size_t *cpu_room = arena_alloc(&out->memory, (task_count + 1) * sizeof(*cpu_room));
	if (rows == NULL || cpu_room == NULL)
		return false;
	for (size_t i = 0; i < builder->lanes.count; i++) {
		const struct lane *lane = &builder->lanes.at[i];
		struct kg_task_info *row = &rows[lane->task_id];
		row->calls += lane->calls;
		row->roots += lane->roots;
		row->lanes++;
		cpu_room[lane->task_id] += lane->cpus.count;
	}
	uint16_t **cpus = arena_alloc(&out->memory, (task_count + 1) * sizeof(*cpus));
	if (cpus == NULL)
		return false;
	for (size_t id = 0; id < task_count; id++) {
		rows[id].task_id = (kg_task_id)id;
		cpus[id] = arena_alloc(&out->memory, cpu_room[id] * sizeof(**cpus));
		rows[id].cpus = cpus[id];
		if (cpus[id] == NULL)
			return false;
	}
	for (size_t i = 0; i < builder->lanes.count; i++) {
		const struct lane *lane = &builder->lanes.at[i];
		add_cpus(cpus[lane->task_id], &rows[lane->task_id].cpu_count, lane);
	}
	for (size_t id = 0; id < task_count; id++)
		qsort(cpus[id], rows[id].cpu_count, sizeof(**cpus), compare_cpus);
	out->info.task_infos = rows;
	out->info.task_info_count = (uint32_t)task_count;
	return true;
}

static int compare_modules(const void *left, const void *right)
{
	const struct kg_module_info *a = left;
	const struct kg_module_info *b = right;
	if (a->calls != b->calls)
		return a->calls < b->calls ? 1 : -1;
	return strcmp(a->name, b->name);
}

static bool fill_modules(struct trace_info *out, const struct read_facts *facts,
			 const struct builder *builder)
{
	struct intern names = { 0 };
	bool is_done = false;
	COLUMN(struct kg_module_info) rows = { 0 };
	for (size_t id = 0; id < builder->calls_by_func.count; id++) {
		const char *name = facts->funcs.rows.at[id]->module;
		uint32_t row = intern_add_copy(
			&names, (struct span){ (const unsigned char *)name, strlen(name) });
		if (row == INTERN_NONE || !column_reach(&rows, row))
			goto out;
		rows.at[row].name = name;
		rows.at[row].calls += builder->calls_by_func.at[id];
	}
	struct kg_module_info *kept = arena_alloc(&out->memory, (rows.count + 1) * sizeof(*kept));
	if (kept == NULL)
		goto out;
	if (rows.count > 0)
		memcpy(kept, rows.at, rows.count * sizeof(*kept));
	qsort(kept, rows.count, sizeof(*kept), compare_modules);
	out->info.modules = kept;
	out->info.module_count = (uint32_t)rows.count;
	is_done = true;
out:
	intern_release(&names);
	column_release(&rows);
	return is_done;
}

static bool fill_func_calls(struct trace_info *out, const struct read_facts *facts,
			    const struct builder *builder)
{
	const size_t count = facts->funcs.rows.count;
	uint64_t *calls = arena_alloc(&out->memory, (count + 1) * sizeof(*calls));
	if (calls == NULL)
		return false;
	/* functions that were never called have no row */
	if (builder->calls_by_func.count > 0)
		memcpy(calls, builder->calls_by_func.at,
		       builder->calls_by_func.count * sizeof(*calls));
	out->info.func_calls = calls;
	return true;
}

enum kg_status trace_info_fill(struct trace_info *out, const char *name, enum kg_format format,
			       const struct read_facts *facts, const struct builder *builder)
{
	struct kg_info *info = &out->info;
	info->file = name;
	info->format = format;
	info->columns = facts->columns;
	info->kernel = facts->kernel;
	info->lines = facts->lines;
	info->calls = builder->counts;
	memcpy(info->marks, facts->marks, sizeof(info->marks));
	info->exits_only = builder->is_exits_only;
	info->lost_gaps = facts->lost_gaps;
	info->lost_events = facts->lost_events;
	info->lost_events_known = !facts->lost_unknown;
	info->diags = facts->diags;
	info->funcs = &facts->funcs;
	info->tasks = &facts->tasks;
	if (!fill_cpus(out, facts) || !fill_tasks(out, facts, builder) ||
	    !fill_modules(out, facts, builder) || !fill_func_calls(out, facts, builder))
		return KG_NOMEM;
	return KG_OK;
}

void trace_info_release(struct trace_info *info)
{
	arena_release(&info->memory);
}

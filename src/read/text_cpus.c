/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which task a CPU runs: the one that was told last, or is told first. */
#include "read/text_cpus.h"

#include "base/error.h"
#include "base/banned.h"

struct text_cpu *text_cpus_reach(struct text_cpus *cpus, uint16_t cpu)
{
	return column_reach(&cpus->at, cpu) ? &cpus->at.at[cpu] : NULL;
}

void text_cpus_run(struct text_cpus *cpus, struct text_cpu *state, kg_task_id task_id)
{
	cpus->changes++;
	state->task_id = task_id;
	state->has_task = true;
	state->is_by_banner = false;
	state->event_flags = kg_tasks_get(&cpus->facts->tasks, task_id)->is_idle ? KG_EVF_IDLE : 0;
}

enum kg_status text_cpus_search(struct text_cpus *cpus, uint16_t cpu, uint64_t pos_bytes,
				struct text_layout layout, struct kg_error *err)
{
	kg_task_id task_id;
	bool is_assumed = false;
	if (cpu == KG_NO_CPU) {
		task_id = tasks_add_unnamed(&cpus->facts->tasks, KG_NO_CPU);
		if (task_id == KG_NO_TASK)
			return error_set(err, KG_NOMEM, source_name(cpus->owners.source), 0,
					 "out of memory");
	} else {
		owner_pass(&cpus->owners, pos_bytes, layout);
		enum kg_status status =
			owner_find(&cpus->owners, cpu, pos_bytes, &task_id, &is_assumed, err);
		if (status != KG_OK)
			return status;
	}
	struct text_cpu *state = &cpus->at.at[cpu];
	text_cpus_run(cpus, state, task_id);
	state->is_assumed |= is_assumed;
	return KG_OK;
}

bool text_cpus_is_assumed(const struct text_cpus *cpus, uint16_t cpu)
{
	return cpu < cpus->at.count && cpus->at.at[cpu].is_assumed;
}

static bool has_other(const struct text_cpus *cpus, uint16_t cpu, const uint16_t *others,
		      size_t count)
{
	const struct text_cpu *state = &cpus->at.at[cpu];
	for (size_t i = 0; i < count; i++) {
		if (others[i] == cpu)
			continue;
		/* who runs there may turn out later */
		if (others[i] >= cpus->at.count || !cpus->at.at[others[i]].has_task ||
		    cpus->at.at[others[i]].task_id == state->task_id)
			return true;
	}
	return false;
}

bool text_cpus_is_alone(struct text_cpus *cpus, uint16_t cpu, const uint16_t *others, size_t count)
{
	struct text_cpu *state = &cpus->at.at[cpu];
	if (state->event_flags & KG_EVF_IDLE)
		return true;
	if (state->alone_at != cpus->changes) {
		state->alone_at = cpus->changes;
		state->is_alone = !has_other(cpus, cpu, others, count);
	}
	return state->is_alone;
}

void text_cpus_restart(struct text_cpus *cpus, uint64_t pos_bytes, struct text_layout layout)
{
	for (size_t cpu = 0; cpu < cpus->at.count; cpu++)
		cpus->at.at[cpu].has_task = cpus->at.at[cpu].is_assumed =
			cpus->at.at[cpu].is_by_banner = false;
	cpus->changes++;
	owner_restart(&cpus->owners, pos_bytes, layout);
}

bool text_cpus_tell(const struct text_cpus *cpus)
{
	struct read_facts *facts = cpus->facts;
	struct kg_line_counts *lines = &facts->lines;
	if (cpus->at.count > 0 && !column_reach(&facts->cpus, cpus->at.count - 1))
		return false;
	for (size_t i = 0; i < cpus->at.count; i++) {
		const struct text_cpu *state = &cpus->at.at[i];
		const uint64_t *counts = state->call_lines;
		const uint64_t started = counts[LINE_ENTRY] + counts[LINE_LEAF];
		const uint64_t exits = counts[LINE_EXIT] + counts[LINE_EXIT_NAMED];
		facts->cpus.at[i] = (struct kg_cpu_info){ .cpu = (uint16_t)i,
							  .events = started + exits,
							  .calls_started = started,
							  .switches = state->switches };
		lines->entry += counts[LINE_ENTRY];
		lines->leaf += counts[LINE_LEAF];
		lines->exit += counts[LINE_EXIT];
		lines->exit_named += counts[LINE_EXIT_NAMED];
	}
	return true;
}

void text_cpus_release(struct text_cpus *cpus)
{
	owner_release(&cpus->owners);
	column_release(&cpus->at);
}

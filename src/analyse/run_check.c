/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a report is asked before a trace is held against it. */
#include "analyse/run_check.h"

#include <string.h>

#include "base/memory.h"
#include "base/banned.h"

static void look_at_steps(struct kg_run_check *check)
{
	const struct kg_run_report *run = check->input.run;
	for (size_t i = 0; i < run->step_count; i++) {
		const struct kg_run_step *step = &run->steps[i];
		check->has_phases |= step->phase != KG_PHASE_KIND_COUNT;
		check->has_runs |= step->phase == KG_PHASE_RUN;
		check->wants_vm |= step->phase != KG_PHASE_KIND_COUNT && step->result >= 0 &&
				   step->phase != KG_PHASE_PROBE &&
				   step->phase != KG_PHASE_MMAP_SIZE;
		if (strcmp(step->step, "check-output") != 0)
			continue;
		check->has_output = true;
		check->output_vm = step->vm;
	}
	for (size_t kind = 0; kind < KG_PHASE_KIND_COUNT; kind++)
		check->is_hidden[kind] = wants_is_hidden(check, (enum kg_phase_kind)kind);
}

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;
	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* How many lives the trace should have: with a bad end the report tells of the last ones alone. */
static uint64_t count_lives(const struct kg_run_check *check)
{
	const struct kg_run_report *run = check->input.run;
	const uint64_t vms = check->vm_order.count;
	return run->verdict == KG_RUN_PASS ? times(run->warmup + run->repeat, vms) : vms;
}

static enum kg_status make(struct kg_run_check *check)
{
	enum kg_status status = compare_list_vms(check);
	look_at_steps(check);
	check->lives_wanted = count_lives(check);
	if (status == KG_OK)
		status = lives_gather(&check->lives, check->input.life, check->input.info->tasks);
	if (status == KG_OK)
		lives_choose(check);
	if (status == KG_OK)
		status = compare_lives(check);
	return status == KG_OK ? verdicts_make(check) : status;
}

/* What was only needed to come to the checks. */
static void release_work(struct kg_run_check *check)
{
	column_release(&check->lives.seen);
	column_release(&check->lives.lives);
	column_release(&check->wants.steps);
	column_release(&check->wants.rows);
	column_release(&check->wants.runs);
	column_release(&check->vcpus);
	column_release(&check->vm_order);
	column_release(&check->strands);
}

enum kg_status kg_run_check_new(const struct kg_run_check_input *input, struct kg_run_check **out)
{
	struct kg_run_check *check = memory_zalloc(sizeof(*check));
	if (check == NULL)
		return KG_NOMEM;
	check->input = *input;
	check->vendor = kg_vendor_of(input->info->funcs);
	enum kg_status status = make(check);
	release_work(check);
	if (status == KG_OK)
		*out = check;
	else
		kg_run_check_free(check);
	return status;
}

const struct kg_check *kg_run_check_list(const struct kg_run_check *check, size_t *count)
{
	*count = CHECK_COUNT;
	return check->checks;
}

void kg_run_check_free(struct kg_run_check *check)
{
	if (check == NULL)
		return;
	arena_release(&check->memory);
	memory_free(check);
}

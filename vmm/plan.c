/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a table of steps becomes single steps. */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/layout.h"
#include "cpu.h"

#define PAGE UINT64_C(4096)

uint64_t amount_of(const struct plan *plan, const struct amount *amount, uint32_t index)
{
	if (amount->each == 0)
		return amount->fixed;
	const uint64_t by = amount->by == PARAM_INDEX ? index : plan->params[amount->by];
	return amount->fixed + amount->each * by;
}

enum reason step_exit_due(const struct step *step, uint32_t number)
{
	if (number + 1 == step->log_count)
		return step->row->until;
	return step->row->serves_each != NULL ? step->row->serves_each[number] : step->row->serves;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static const struct scenario_param *find_param(const struct scenario *scenario, enum param param)
{
	for (size_t i = 0; i < scenario->param_count; i++) {
		if (scenario->params[i].param == param)
			return &scenario->params[i];
	}
	return NULL;
}

static bool take_param(struct plan *plan, enum param param, uint64_t value, char *why, size_t len)
{
	const struct scenario_param *row = find_param(plan->scenario, param);
	if (row == NULL) {
		plan->params[param] = 1;
		if (value != 0)
			snprintf(why, len, "scenario %s has no %s (see --describe %s)",
				 plan->scenario->name, param_option(param), plan->scenario->name);
		return value == 0;
	}
	plan->params[param] = value != 0 ? value : row->preset;
	if (plan->params[param] >= row->least && plan->params[param] <= row->most)
		return true;
	snprintf(why, len, "%s %" PRIu64 ": scenario %s takes %" PRIu64 " to %" PRIu64,
		 param_option(param), value, plan->scenario->name, row->least, row->most);
	return false;
}

static bool take_memory(struct plan *plan, uint64_t value, char *why, size_t len)
{
	const uint64_t least = amount_of(plan, &plan->scenario->memory, 0);
	plan->memory_bytes = value != 0 ? value : least;
	plan->params[PARAM_MEMORY] = plan->memory_bytes;
	plan->memory_base = plan->scenario->memory_end == 0
				    ? 0
				    : plan->scenario->memory_end - plan->memory_bytes;
	if (plan->memory_bytes >= least && plan->memory_bytes <= GUEST_SLOTS &&
	    plan->memory_bytes % PAGE == 0)
		return true;
	snprintf(why, len,
		 "--memory %" PRIu64 ": scenario %s takes %" PRIu64 " to %u bytes, whole pages",
		 value, plan->scenario->name, least, GUEST_SLOTS);
	return false;
}

static bool take_params(struct plan *plan, const struct plan_params *params, char *why, size_t len)
{
	plan->params[PARAM_IS_AMD] = cpu_is_amd();
	plan->params[PARAM_HAS_HARDWARE] = cpu_vendor() != NULL;
	for (enum param param = PARAM_MEMORY + 1; param < PARAM_OPTIONS; param++) {
		if (!take_param(plan, param, params->value[param], why, len))
			return false;
	}
	if (plan->params[PARAM_PARALLEL] > plan->params[PARAM_VMS])
		plan->params[PARAM_PARALLEL] = plan->params[PARAM_VMS];
	return take_memory(plan, params->value[PARAM_MEMORY], why, len);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool is_here(const struct plan *plan, const struct scenario_step *row)
{
	return row->where == WHERE_ANY ||
	       (row->where == WHERE_HARDWARE) == (plan->params[PARAM_HAS_HARDWARE] != 0);
}

static uint32_t times_of(const struct plan *plan, const struct scenario_step *row)
{
	if (!is_here(plan, row))
		return 0;
	switch (row->times) {
	case TIMES_ONCE:
	case TIMES_ONE_VCPU:
		return 1;
	case TIMES_VCPU:
		return (uint32_t)plan->params[PARAM_VCPUS];
	case TIMES_SLOT:
		return (uint32_t)plan->params[PARAM_SLOTS];
	}
	return 0;
}

static void add_step(struct plan *plan, const struct scenario_step *row, uint32_t index)
{
	struct step step = { .row = row, .index = index, .phase = step_words(row->kind)->phase };
	step.vcpu = row->times == TIMES_VCPU ? index : row->vcpu;
	step.first_log = plan->log_count;
	step.log_count = 1;
	if (row->kind == STEP_RUN)
		step.log_count += (uint32_t)amount_of(plan, &row->served, index);
	/* the first step of a plan that is only counted has no place yet */
	if (plan->steps != NULL)
		plan->steps[plan->step_count] = step;
	plan->step_count++;
	plan->log_count += step.log_count;
	plan->has_exit = plan->has_exit || row->kind == STEP_EXIT;
}

/* Rows that vCPUs do in threads are told vCPU by vCPU. */
static size_t add_section(struct plan *plan, size_t first)
{
	const struct scenario *scenario = plan->scenario;
	size_t end = first;
	while (end < scenario->step_count && scenario->steps[end].in_vcpu_thread)
		end++;
	for (uint32_t vcpu = 0; vcpu < plan->params[PARAM_VCPUS]; vcpu++) {
		for (size_t row = first; row < end; row++) {
			const struct scenario_step *at = &scenario->steps[row];
			if (at->times == TIMES_VCPU || at->vcpu == vcpu)
				add_step(plan, at, vcpu);
		}
	}
	return end;
}

static void add_steps(struct plan *plan)
{
	plan->step_count = 0;
	plan->log_count = 0;
	for (size_t row = 0; row < plan->scenario->step_count;) {
		const struct scenario_step *at = &plan->scenario->steps[row];
		if (at->in_vcpu_thread) {
			row = add_section(plan, row);
			continue;
		}
		for (uint32_t index = 0; index < times_of(plan, at); index++)
			add_step(plan, at, index);
		row++;
	}
}

/* The VM goes with the last of the files that hold it. */
static void name_destroyer(struct plan *plan)
{
	for (uint32_t i = plan->step_count; i-- > 0;) {
		const enum step_kind kind = plan->steps[i].row->kind;
		if (kind != STEP_CLOSE_VM && kind != STEP_CLOSE_VCPU)
			continue;
		plan->steps[i].phase = "destroy-vm";
		return;
	}
}

static void measure_backing(struct plan *plan)
{
	plan->backing_bytes = plan->memory_bytes;
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->row->kind != STEP_MEMSLOT_ADD)
			continue;
		const uint64_t end = step_slot_backing(plan, step) + step_slot_bytes(plan, step);
		plan->backing_bytes = end > plan->backing_bytes ? end : plan->backing_bytes;
	}
}

bool plan_make(struct plan *plan, const struct scenario *scenario, const struct plan_params *params,
	       char *why, size_t why_len)
{
	*plan = (struct plan){ .scenario = scenario };
	if (!take_params(plan, params, why, why_len))
		return false;
	add_steps(plan);
	plan->steps = calloc(plan->step_count, sizeof(*plan->steps));
	if (plan->steps == NULL) {
		snprintf(why, why_len, "out of memory");
		return false;
	}
	add_steps(plan);
	name_destroyer(plan);
	measure_backing(plan);
	return true;
}

void plan_release(struct plan *plan)
{
	free(plan->steps);
	*plan = (struct plan){ 0 };
}

/* ---- slots ----------------------------------------------------------------------------------- */

uint64_t step_slot_bytes(const struct plan *plan, const struct step *step)
{
	const uint64_t pages = amount_of(plan, &step->row->pages, step->index);
	return pages != 0 ? pages * PAGE : plan->memory_bytes;
}

uint64_t step_slot_backing(const struct plan *plan, const struct step *step)
{
	if (step->row->slot == 0)
		return 0;
	return plan->memory_bytes + step->row->backing + step->index * step_slot_bytes(plan, step);
}

uint64_t step_slot_address(const struct plan *plan, const struct step *step)
{
	if (step->row->slot == 0)
		return plan->memory_base;
	return step->row->address + step->index * step->row->stride;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* "hlt after 14 io, 2 mmio" */
static void expect_run(const struct step *step, char *words, size_t len)
{
	uint32_t counts[REASON_COUNT] = { 0 };
	const char *before = " after";
	size_t used = (size_t)snprintf(words, len, "%s", reason_name(step->row->until));
	for (uint32_t i = 0; i + 1 < step->log_count; i++)
		counts[step_exit_due(step, i)]++;
	for (enum reason reason = 0; reason < REASON_COUNT; reason++) {
		if (counts[reason] == 0 || used >= len)
			continue;
		used += (size_t)snprintf(words + used, len - used, "%s %" PRIu32 " %s", before,
					 counts[reason], reason_name(reason));
		before = ",";
	}
}

static void expect_dirty(const struct plan *plan, const struct step *step, char *words, size_t len)
{
	const uint64_t pages = step_slot_bytes(plan, step) / PAGE;
	const uint32_t every = step->row->dirty_every;
	if (step->row->dirty_any)
		snprintf(words, len, "0");
	else if (every == 0)
		snprintf(words, len, "no page");
	else
		snprintf(words, len, "%" PRIu64 " of %" PRIu64 " pages",
			 (pages + every - 1) / every, pages);
}

void step_expectation(const struct plan *plan, const struct step *step, char *words, size_t len)
{
	const uint64_t value = amount_of(plan, &step->row->expect, step->index);
	switch (step->row->kind) {
	case STEP_OPEN:
	case STEP_CREATE_VM:
	case STEP_CREATE_VCPU:
		snprintf(words, len, "a file descriptor");
		return;
	case STEP_API_VERSION:
		snprintf(words, len, "12");
		return;
	case STEP_CHECK_EXTENSION:
		snprintf(words, len, "%s", step->row->capability_name);
		return;
	case STEP_MMAP_SIZE:
		snprintf(words, len, "a size");
		return;
	case STEP_GET_MSRS:
	case STEP_SET_MSRS:
		snprintf(words, len, "1: MSR 0x%" PRIx32 " = 0x%" PRIx64, step->row->index, value);
		return;
	case STEP_SET_CPUID:
	case STEP_GET_CPUID:
		snprintf(words, len, "0, with leaf 0x%" PRIx32, step->row->index);
		return;
	case STEP_DIRTY_LOG:
		expect_dirty(plan, step, words, len);
		return;
	case STEP_RUN:
		expect_run(step, words, len);
		return;
	case STEP_CHECK_REGISTER:
		snprintf(words, len, "rax = 0x%" PRIx64, value);
		return;
	case STEP_CHECK_MEMORY:
		snprintf(words, len, "0x%" PRIx64 " at 0x%" PRIx64, value, step->row->address);
		return;
	case STEP_CHECK_MMIO:
		snprintf(words, len, "written, added up: 0x%" PRIx64, value);
		return;
	case STEP_CHECK_OUTPUT:
		snprintf(words, len, "%" PRIu64 " bytes of output", value);
		return;
	default:
		snprintf(words, len, "0");
	}
}

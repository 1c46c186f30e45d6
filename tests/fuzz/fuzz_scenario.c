/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a document that says what the VMM is to do.
 *
 * Either its mistakes are told, or there is a scenario whose parts fit together: the guest into its
 * memory, the rows of the log to the steps, slots beside each other.
 */
#include <string.h>

#include "target.h"
#include "vmm/machine.h"
#include "vmm/vmm.h"

static void note_mistake(void *self, const char *mistake)
{
	MUST(strncmp(mistake, "any.json:", strlen("any.json:")) == 0);
	++*(unsigned int *)self;
}

static void check_slots(const struct plan *plan, const struct step *step)
{
	const uint64_t bytes = step_slot_bytes(plan, step);
	MUST(bytes > 0 && bytes % 4096 == 0);
	MUST(step_slot_backing(plan, step) + bytes <= plan->backing_bytes);
	if (step->row->slot != 0)
		MUST(step_slot_address(plan, step) >= plan->memory_base + plan->memory_bytes ||
		     plan->memory_base > step_slot_address(plan, step));
}

static void check_plan(const struct plan *plan)
{
	const struct scenario *scenario = plan->scenario;
	uint32_t rows = 0;
	MUST(scenario->guest_end >= scenario->guest);
	MUST(scenario->code >= plan->memory_base);
	MUST(scenario->code + (uint64_t)(scenario->guest_end - scenario->guest) <=
	     plan->memory_base + plan->memory_bytes);
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		char words[64];
		MUST(step->first_log == rows && step->log_count > 0);
		MUST(step->vcpu < MACHINE_VCPUS);
		rows += step->log_count;
		step_expectation(plan, step, words, sizeof(words));
		for (uint32_t row = 0; step->row->kind == STEP_RUN && row < step->log_count; row++)
			MUST(step_exit_due(step, row) < REASON_COUNT);
		if (step->row->kind == STEP_MEMSLOT_ADD)
			check_slots(plan, step);
	}
	MUST(rows == plan->log_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int mistakes = 0;
	const struct listener listener = { note_mistake, &mistakes };
	const struct plan_params params = { { 0 } };
	struct scenario_file *file;
	struct plan plan;
	char why[384];
	/* bytes are never NULL, or they would be those of a file */
	const char *text = size > 0 ? (const char *)data : "";
	const enum outcome outcome = scenario_file_parse("any.json", text, size, &listener, &file);
	MUST((outcome == OUTCOME_PASS) == (file != NULL));
	MUST((outcome == OUTCOME_USAGE) == (mistakes > 0));
	if (file == NULL)
		return 0;
	MUST(plan_make(&plan, scenario_file_scenario(file), &params, why, sizeof(why)));
	check_plan(&plan);
	plan_release(&plan);
	scenario_file_free(file);
	return 0;
}

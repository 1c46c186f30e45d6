/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which input of a report a task is of. */
#include "read/report_input.h"

#include "base/banned.h"

bool report_inputs_add(struct report_inputs *inputs, struct span name, uint32_t *out)
{
	const uint32_t number = intern_add(&inputs->names, name, intern_hash(name));
	*out = number + 1;
	return number != INTERN_NONE;
}

static uint32_t settle(uint32_t *owner, uint32_t input)
{
	if (*owner == 0)
		*owner = input + 1;
	return *owner - 1;
}

bool report_inputs_claim(struct report_inputs *inputs, uint32_t input, kg_task_id task_id,
			 uint32_t *owner)
{
	if (!column_reach(&inputs->of_task, task_id))
		return false;
	*owner = settle(&inputs->of_task.at[task_id], input);
	return true;
}

bool report_inputs_claim_idle(struct report_inputs *inputs, uint32_t input, uint16_t cpu,
			      uint32_t *owner)
{
	if (!column_reach(&inputs->of_idle, cpu))
		return false;
	*owner = settle(&inputs->of_idle.at[cpu], input);
	return true;
}

void report_inputs_forget(struct report_inputs *inputs)
{
	column_release(&inputs->of_task);
	column_release(&inputs->of_idle);
}

void report_inputs_release(struct report_inputs *inputs)
{
	report_inputs_forget(inputs);
	intern_release(&inputs->names);
}

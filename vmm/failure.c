/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how it is told that a step came to something else. */
#include "failure.h"

#include <stdio.h>

/* "run (KVM_RUN) of vCPU 1 of VM 3" */
static void name_step(const struct plan *plan, const struct step *step, uint32_t vm, char *text,
		      size_t len)
{
	const struct step_words *words = step_words(step->row->kind);
	size_t used = (size_t)snprintf(text, len, "%s", words->name);
	if (words->ioctl != NULL)
		used += (size_t)snprintf(text + used, len - used, " (%s)", words->ioctl);
	if (step_is_of_one(step))
		used += (size_t)snprintf(text + used, len - used, " of vCPU %u", step->vcpu);
	if (plan->params[PARAM_VMS] > 1)
		snprintf(text + used, len - used, " of VM %u", vm);
}

void failure_set(struct failure *failure, enum outcome outcome, const struct plan *plan,
		 const struct step *step, uint32_t vm, const char *found)
{
	char name[96];
	if (failure->outcome != OUTCOME_PASS)
		return;
	failure->outcome = outcome;
	failure->vm = vm;
	failure->step = step;
	snprintf(failure->found, sizeof(failure->found), "%s", found);
	if (step == NULL || outcome == OUTCOME_LACKING) {
		snprintf(failure->message, sizeof(failure->message), "%s", found);
		return;
	}
	step_expectation(plan, step, failure->expected, sizeof(failure->expected));
	name_step(plan, step, vm, name, sizeof(name));
	snprintf(failure->message, sizeof(failure->message), "%s: expected %s, found %s", name,
		 failure->expected, failure->found);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how scenarios are shown before they are run. */
#include <inttypes.h>

#include "columns.h"
#include "vmm.h"

static void put_params(struct columns *table, const struct scenario *scenario)
{
	char text[128] = "";
	size_t used = 0;
	for (size_t i = 0; i < scenario->param_count && used < sizeof(text); i++) {
		const struct scenario_param *param = &scenario->params[i];
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %" PRIu64,
					 used > 0 ? " " : "", param_option(param->param),
					 param->preset);
	}
	column(table, "%s", text);
}

void vmm_list(FILE *to)
{
	static const char *const titles[] = { "scenario", "options", "what it does" };
	struct columns table = columns_start(to, "<<<", titles);
	while (columns_pass(&table)) {
		for (size_t i = 0; i < scenario_count; i++) {
			column(&table, "%s", scenarios[i]->name);
			put_params(&table, scenarios[i]);
			column(&table, "%s", scenarios[i]->summary);
		}
	}
}

static void put_step(struct columns *table, const struct plan *plan, const struct step *step)
{
	char expected[64];
	const struct step_words *words = step_words(step->row->kind);
	step_expectation(plan, step, expected, sizeof(expected));
	if (step_is_of_one(step))
		column(table, "vCPU %u: %s", step->vcpu, words->name);
	else
		column(table, "%s", words->name);
	column(table, "%s", words->ioctl != NULL ? words->ioctl : "");
	column(table, "%s", step->phase != NULL ? step->phase : "");
	column(table, "%s", expected);
}

void vmm_describe(const struct plan *plan, FILE *to)
{
	static const char *const titles[] = { "step", "ioctl", "phase in a trace", "expected" };
	fprintf(to, "%s: %s\n", plan->scenario->name, plan->scenario->summary);
	struct columns table = columns_start(to, "<<<<", titles);
	while (columns_pass(&table)) {
		for (uint32_t i = 0; i < plan->step_count; i++)
			put_step(&table, plan, &plan->steps[i]);
	}
}

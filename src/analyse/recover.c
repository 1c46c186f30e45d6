/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a scenario is gathered from a trace, and its words. */
#include "analyse/recover.h"

#include "base/memory.h"
#include "base/banned.h"

enum kg_status choose(struct kg_recover *recover, const char *phrase)
{
	return phrase != NULL && column_push(&recover->chosen, phrase) ? KG_OK : KG_NOMEM;
}

enum kg_status kg_recover_new(const struct kg_funcs *funcs, const char *tmp_folder,
			      struct kg_recover **out)
{
	struct kg_recover *recover = memory_zalloc(sizeof(*recover));
	if (recover == NULL)
		return KG_NOMEM;
	enum kg_status status = kg_life_new(funcs, tmp_folder, &recover->life);
	if (status != KG_OK) {
		memory_free(recover);
		return status;
	}
	recover->watch.funcs = funcs;
	recover->tee = (struct kg_tee){ .first = kg_life_sink(recover->life),
					.second = watch_sink(&recover->watch) };
	*out = recover;
	return KG_OK;
}

struct kg_call_sink kg_recover_sink(struct kg_recover *recover)
{
	return kg_tee_sink(&recover->tee);
}

static void forget(struct kg_recover *recover)
{
	recover->steps.count = 0;
	recover->acts.count = 0;
	recover->chosen.count = 0;
	recover->scenario = (struct kg_scenario){ .parallel = 1 };
}

enum kg_status kg_recover_report(struct kg_recover *recover, const struct kg_info *info,
				 const struct kg_scenario **out)
{
	struct kg_scenario *scenario = &recover->scenario;
	forget(recover);
	scenario->vendor = info->vendor;
	enum kg_status status = lives_recover(recover, info);
	if (status != KG_OK)
		return status;
	if (scenario->recovery == KG_NOT_RECOVERED) {
		recover->steps.count = 0;
		recover->acts.count = 0;
	}
	scenario->steps = recover->steps.at;
	scenario->step_count = recover->steps.count;
	scenario->acts = recover->acts.at;
	scenario->act_count = recover->acts.count;
	scenario->chosen = recover->chosen.at;
	scenario->chosen_count = recover->chosen.count;
	for (size_t i = 0; i < scenario->step_count; i++) {
		scenario->run_count += scenario->steps[i].row_count;
		scenario->exit_count += scenario->steps[i].exits;
	}
	*out = scenario;
	return KG_OK;
}

void kg_recover_free(struct kg_recover *recover)
{
	if (recover == NULL)
		return;
	kg_life_free(recover->life);
	watch_release(&recover->watch);
	arena_release(&recover->memory);
	column_release(&recover->steps);
	column_release(&recover->acts);
	column_release(&recover->chosen);
	memory_free(recover);
}

/* ---- words ----------------------------------------------------------------------------------- */

const char *kg_step_name(enum kg_step_kind kind)
{
	static const char *const names[] = {
#define STEP_NAME(symbol, name) [symbol] = name,
		KG_STEP_LIST(STEP_NAME)
#undef STEP_NAME
	};
	return (size_t)kind < KG_STEP_KIND_COUNT ? names[kind] : "unknown";
}

bool kg_step_is_of_vcpu(enum kg_step_kind kind)
{
	return kind == KG_STEP_CREATE_VCPU || kind == KG_STEP_MAP_VCPU ||
	       (kind >= KG_STEP_SET_CPUID && kind <= KG_STEP_CLOSE_VCPU);
}

bool kg_step_is_of_slot(enum kg_step_kind kind)
{
	return kind >= KG_STEP_MEMSLOT_ADD && kind <= KG_STEP_DIRTY_LOG;
}

const char *kg_act_name(enum kg_act_kind kind)
{
	static const char *const names[] = {
#define ACT_NAME(symbol, name) [symbol] = name,
		KG_ACT_LIST(ACT_NAME)
#undef ACT_NAME
	};
	return (size_t)kind < KG_ACT_KIND_COUNT ? names[kind] : "unknown";
}

const char *kg_guest_mode_name(uint8_t mode)
{
	static const char *const names[] = { "real", "protected", "paged", "long", "invalid" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((mode & (1U << i)) != 0)
			return names[i];
	}
	return "unknown";
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which modules rules speak of, and when a call has nothing more to tell them. */
#include "analyse/verify_modules.h"

#include <string.h>

#include "analyse/verify.h"
#include "event/bundle.h"
#include "base/banned.h"

/* ---- which modules there are ----------------------------------------------------------------- */

static uint64_t sets_of(const struct rule *rule, const char *module)
{
	uint64_t sets = 0;
	for (uint32_t i = 0; i < rule->module_set_count; i++) {
		const struct module_set *set = &rule->modules[i];
		for (uint32_t j = 0; j < set->count; j++) {
			if (strcmp(set->names[j], module) == 0)
				sets |= UINT64_C(1) << i;
		}
	}
	return sets;
}

/* Adds a module; false when memory is out. */
static bool add_module(struct kg_verify *verify, const char *name)
{
	const struct kg_spec *spec = verify->spec;
	uint64_t *sets = arena_alloc(&verify->memory, spec->rules.count * sizeof(*sets));
	if (sets == NULL)
		return false;
	for (size_t i = 0; i < spec->rules.count; i++)
		sets[i] = sets_of(&spec->rules.at[i], name);
	return column_push(&verify->modules, (struct module_entry){ .name = name, .sets = sets });
}

static bool has_rules(const struct kg_spec *spec)
{
	for (size_t i = 0; i < spec->rules.count; i++) {
		if (spec->rules.at[i].kind == RULE_MODULES)
			return true;
	}
	return false;
}

enum kg_status modules_look_up(struct kg_verify *verify, kg_func_id func_id,
			       struct function_entry *entry)
{
	const char *name = kg_funcs_get(verify->funcs, func_id)->module;
	size_t i = 0;
	if (name[0] == '\0' || !has_rules(verify->spec))
		return KG_OK;
	while (i < verify->modules.count && strcmp(verify->modules.at[i].name, name) != 0)
		i++;
	if (i == verify->modules.count && !add_module(verify, name))
		return KG_NOMEM;
	verify->modules.at[i].funcs |= bundle_bit(func_id);
	entry->module = (uint32_t)i;
	entry->module_bit = UINT64_C(1) << (i < MODULE_BITS ? i : MODULE_BITS - 1);
	return KG_OK;
}

/* ---- what they tell -------------------------------------------------------------------------- */

/* The subject that has rules of its own for a call; NULL where they are those of all. */
static struct subject *subject_with_rules(const struct kg_verify *verify,
					  const struct verify_lane *lane)
{
	struct subject *subject = subject_get(verify, lane->subject);
	return subject != NULL && subject->rules != NULL ? subject : NULL;
}

static bool is_shared(const struct kg_verify *verify, const struct verify_lane *lane)
{
	return lane->subject == NO_SUBJECT && verify->subjects.count > 0;
}

uint64_t modules_settled(const struct kg_verify *verify, const struct verify_lane *lane)
{
	const struct subject *subject = subject_with_rules(verify, lane);
	uint64_t settled = verify->settled_modules;
	if (subject != NULL)
		settled &= subject->settled_modules;
	if (is_shared(verify, lane))
		settled &= verify->shared_modules;
	return settled;
}

uint64_t modules_funcs_but(const struct kg_verify *verify, uint64_t settled)
{
	uint64_t funcs = 0;
	for (size_t i = 0; i < verify->modules.count; i++) {
		if (i + 1 >= MODULE_BITS || ((settled >> i) & 1) == 0)
			funcs |= verify->modules.at[i].funcs;
	}
	return funcs;
}

/* Tells the states of all rules; whether that settles the module for them. */
static bool tell_states(struct kg_verify *verify, struct rule_state *states,
			const struct module_entry *module, const struct kg_place *place)
{
	const struct kg_spec *spec = verify->spec;
	bool is_settled = true;
	for (size_t i = 0; i < spec->rules.count; i++) {
		if (spec->rules.at[i].kind != RULE_MODULES)
			continue;
		const uint64_t viable = states[i].viable & module->sets[i];
		if (viable != 0)
			states[i].viable = viable;
		else
			rule_note_broken(&states[i], 0, place, NULL);
		is_settled &= viable != 0;
	}
	return is_settled;
}

static void note_shared(struct kg_verify *verify)
{
	for (size_t i = 0; i < verify->spec->rules.count; i++) {
		if (verify->spec->rules.at[i].kind == RULE_MODULES)
			verify->rules[i].shared_count++;
	}
}

void modules_open(struct kg_verify *verify, const struct verify_lane *lane,
		  const struct function_entry *entry, const struct kg_call *call)
{
	const struct module_entry *module = &verify->modules.at[entry->module];
	const struct kg_place place = place_of_start(call);
	struct subject *subject = subject_with_rules(verify, lane);
	const uint64_t bit = entry->module + 1 < MODULE_BITS ? entry->module_bit : 0;
	if (tell_states(verify, verify->rules, module, &place))
		verify->settled_modules |= bit;
	if (subject != NULL && tell_states(verify, subject->rules, module, &place))
		subject->settled_modules |= bit;
	if (!is_shared(verify, lane))
		return;
	note_shared(verify);
	verify->shared_modules |= bit;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how what is gathered for rules comes and goes with subjects. */
#include <string.h>

#include "analyse/verify.h"
#include "base/banned.h"

static bool init_state(struct kg_verify *verify, const struct rule *rule, struct rule_state *state)
{
	struct arena *arena = &verify->memory;
	const size_t count = rule->names_count;
	state->roles = arena_alloc(arena, count * sizeof(*state->roles));
	state->viable = UINT64_MAX;
	return state->roles != NULL;
}

/* States of all rules, at their start; NULL when memory is out. */
static struct rule_state *make_states(struct kg_verify *verify)
{
	const struct kg_spec *spec = verify->spec;
	struct rule_state *states =
		arena_alloc(&verify->memory, spec->rules.count * sizeof(*states));
	for (size_t i = 0; states != NULL && i < spec->rules.count; i++) {
		if (!init_state(verify, &spec->rules.at[i], &states[i]))
			return NULL;
	}
	return states;
}

/* Whether what a rule makes of calls depends on which of two tasks calls first. */
static bool is_about_order(const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_PAIR:
		return rule->scope != PAIR_PER_TASK;
	case RULE_ORDER:
	case RULE_INSIDE:
	case RULE_CPUS:
	case RULE_FORBID:
	case RULE_CLOSED:
	case RULE_LAST:
		return true;
	case RULE_COUNT:
	case RULE_EXPR:
	case RULE_EACH:
	case RULE_MODULES:
	case RULE_BUDGET:
	case RULE_CHOICE:
	case RULE_KIND_COUNT:
		break;
	}
	return false;
}

static void add_ordered(struct kg_verify *verify, names_id names)
{
	if (names != NO_NAMES)
		states_add(verify->ordered_sets, names);
}

static void add_route(struct kg_verify *verify, const struct spec_route *route)
{
	if (route->automaton != NULL)
		add_ordered(verify, route->automaton->vocabulary);
}

/* Finds the sets whose calls have to come in the order of the trace. */
static void find_ordered_sets(struct kg_verify *verify)
{
	const struct kg_spec *spec = verify->spec;
	add_route(verify, &spec->main);
	add_route(verify, &spec->threads);
	add_ordered(verify, spec->noise);
	add_ordered(verify, spec->ignore);
	for (size_t i = 0; i < spec->rules.count; i++) {
		const struct rule *rule = &spec->rules.at[i];
		for (uint32_t j = 0; j < rule->names_count && is_about_order(rule); j++)
			add_ordered(verify, rule->names[j]);
	}
}

enum kg_status rules_init(struct kg_verify *verify)
{
	const size_t row_len = verify->spec->vocabulary.row_len;
	verify->rules = make_states(verify);
	verify->ordered_sets =
		arena_alloc(&verify->memory, row_len * sizeof(*verify->ordered_sets));
	if (verify->rules == NULL || verify->ordered_sets == NULL)
		return KG_NOMEM;
	find_ordered_sets(verify);
	return KG_OK;
}

/* Puts states back to their start. */
static void reset_states(const struct kg_spec *spec, struct rule_state *states)
{
	for (size_t i = 0; i < spec->rules.count; i++) {
		const size_t count = spec->rules.at[i].names_count;
		struct rule_state *state = &states[i];
		const struct rule_state old = *state;
		*state = (struct rule_state){ .roles = old.roles,
					      .waiting = old.waiting,
					      .by_cpu = old.by_cpu,
					      .viable = UINT64_MAX };
		state->waiting.count = 0;
		state->by_cpu.count = 0;
		if (count > 0)
			memset(state->roles, 0, count * sizeof(*state->roles));
	}
}

enum kg_status rules_start(struct kg_verify *verify, struct subject *subject)
{
	struct retired *retired = &verify->retired;
	subject->settled_modules = 0;
	if (retired->free_rules.count > 0) {
		subject->rules = retired->free_rules.at[--retired->free_rules.count];
		reset_states(verify->spec, subject->rules);
		return KG_OK;
	}
	subject->rules = make_states(verify);
	return subject->rules != NULL ? KG_OK : KG_NOMEM;
}

/* Makes a state that is at its start like another. */
static bool copy_state(const struct rule *rule, const struct rule_state *from,
		       struct rule_state *to)
{
	const size_t count = rule->names_count;
	const struct rule_state start = *to;
	*to = *from;
	to->roles = start.roles;
	to->waiting = start.waiting;
	to->by_cpu = start.by_cpu;
	if (count > 0)
		memcpy(to->roles, from->roles, count * sizeof(*to->roles));
	for (size_t i = 0; i < from->by_cpu.count; i++) {
		if (!column_push(&to->by_cpu, from->by_cpu.at[i]))
			return false;
	}
	return true;
}

uint32_t rules_slot_of(struct owner *owner, struct subject *subject)
{
	if (owner->slot_of != subject->id) {
		owner->slot_of = subject->id;
		owner->slot = subject->slot_count++;
	}
	return owner->slot;
}

/* Copies what waits for its second; by owner it has another number there. */
static bool copy_waiting(struct kg_verify *verify, const struct rule *rule, struct subject *subject,
			 const struct rule_state *from, struct rule_state *to)
{
	for (size_t i = 0; i < from->waiting.count; i++) {
		size_t key = i;
		if (from->waiting.at[i].line_no == 0)
			continue;
		if (rule->scope == PAIR_PER_TASK)
			key = rules_slot_of(&verify->owners.at[i], subject);
		if (!column_reach(&to->waiting, key))
			return false;
		to->waiting.at[key] = from->waiting.at[i];
	}
	return true;
}

enum kg_status rules_split(struct kg_verify *verify, struct subject *subject)
{
	enum kg_status status = rules_start(verify, subject);
	subject->settled_modules = verify->settled_modules;
	for (size_t i = 0; status == KG_OK && i < verify->spec->rules.count; i++) {
		const struct rule *rule = &verify->spec->rules.at[i];
		struct rule_state *own = &subject->rules[i];
		if (!copy_state(rule, &verify->rules[i], own) ||
		    !copy_waiting(verify, rule, subject, &verify->rules[i], own))
			status = KG_NOMEM;
	}
	return status;
}

void rules_end(struct kg_verify *verify, struct rule_state *rules)
{
	for (size_t i = 0; rules != NULL && i < verify->spec->rules.count; i++) {
		column_release(&rules[i].waiting);
		column_release(&rules[i].by_cpu);
	}
}

void rules_release(struct kg_verify *verify)
{
	rules_end(verify, verify->rules);
	for (size_t i = 0; i < verify->retired.free_rules.count; i++)
		rules_end(verify, verify->retired.free_rules.at[i]);
	retired_release(&verify->retired);
}

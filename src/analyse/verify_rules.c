/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what each kind of rule watches while the trace is read. */
#include <string.h>

#include "analyse/verify.h"
#include "base/memory.h"
#include "base/banned.h"

/* Calls of an "each" inside each other are followed down to here. */
#define EACH_MAX_NESTED 16

/* ---- hooks ----------------------------------------------------------------------------------- */

/* Whether a rule looks at the ends of calls. */
static bool closes_matter(enum rule_kind kind)
{
	return kind == RULE_INSIDE || kind == RULE_CLOSED || kind == RULE_BUDGET ||
	       kind == RULE_ORDER;
}

static bool hook_rule(struct kg_verify *verify, uint32_t index, const uint64_t *row)
{
	const struct rule *rule = &verify->spec->rules.at[index];
	if (row_has(row, rule->when) &&
	    !column_push(&verify->hooks, (struct hook){ .rule = index, .role = ROLE_WHEN }))
		return false;
	if (row_has(row, rule->unless) &&
	    !column_push(&verify->hooks, (struct hook){ .rule = index, .role = ROLE_UNLESS }))
		return false;
	for (uint32_t role = 0; role < rule->names_count; role++) {
		if (row_has(row, rule->names[role]) &&
		    !column_push(&verify->hooks, (struct hook){ .rule = index, .role = role }))
			return false;
	}
	return true;
}

enum kg_status rules_hook(struct kg_verify *verify, const uint64_t *row, bool *has_end_rules)
{
	const size_t first = verify->hooks.count;
	for (size_t i = 0; i < verify->spec->rules.count; i++) {
		if (!hook_rule(verify, (uint32_t)i, row))
			return KG_NOMEM;
	}
	for (size_t i = first; i < verify->hooks.count; i++) {
		const struct hook *hook = &verify->hooks.at[i];
		*has_end_rules |= hook->role < ROLE_UNLESS &&
				  closes_matter(verify->spec->rules.at[hook->rule].kind);
	}
	return KG_OK;
}

/* ---- violations ------------------------------------------------------------------------------ */

void rule_note_broken(struct rule_state *state, uint32_t role, const struct kg_place *place,
		      const struct kg_place *related)
{
	if (state->broken_count++ == 0) {
		state->broken_role = role;
		if (related != NULL)
			state->related = *related;
	}
	if (state->place_count < KG_CHECK_PLACES)
		state->places[state->place_count++] = *place;
}

/*
 * The same for calls that a bundle may bring in before others that stand before them: those of
 * other CPUs.
 */
static void note_broken_in_order(struct rule_state *state, uint32_t role,
				 const struct kg_place *place, const struct kg_place *related)
{
	uint32_t at = state->place_count;
	while (at > 0 && place->line_no < state->places[at - 1].line_no)
		at--;
	if (at == 0) {
		state->broken_role = role;
		if (related != NULL)
			state->related = *related;
	}
	state->broken_count++;
	if (at == KG_CHECK_PLACES)
		return;
	if (state->place_count < KG_CHECK_PLACES)
		state->place_count++;
	for (uint32_t i = state->place_count - 1; i > at; i--)
		state->places[i] = state->places[i - 1];
	state->places[at] = *place;
}

/* ---- calls that open ------------------------------------------------------------------------- */

/* What a rule is told of a call. */
struct rule_event {
	struct kg_verify *verify;
	struct verify_lane *lane;
	const struct kg_call *call;
	struct kg_place place;
	size_t slot; /* of the call's owner, in this state */
	const struct rule *rule;
	struct rule_state *state;
	const struct hook *hook;
	bool is_repeated;
};

/*
 * Of a call without a start only the end is there. Where the owner of a CPU is not known that may
 * be the end of a call whose start was counted already, so it proves nothing to be too many.
 */
static bool is_half(const struct rule_event *event)
{
	return (event->call->flags & KG_CALL_LATE) != 0;
}

static void open_count(const struct rule_event *event)
{
	if (!is_half(event) && spec_bound_is_exceeded(event->verify->spec, &event->rule->want,
						      event->state->roles[0].count))
		note_broken_in_order(event->state, 0, &event->place, NULL);
}

static enum kg_status open_pair(const struct rule_event *event)
{
	struct rule_state *state = event->state;
	size_t key = 0;
	switch (event->rule->scope) {
	case PAIR_IN_TRACE:
		break;
	case PAIR_PER_TASK:
		key = event->slot;
		break;
	case PAIR_PER_CPU:
		key = event->place.cpu;
		break;
	}
	if (!column_reach(&state->waiting, key))
		return KG_NOMEM;
	struct kg_place *waiting = &state->waiting.at[key];
	const bool is_first = event->hook->role == 0;
	if (is_first == (waiting->line_no != 0))
		note_broken_in_order(state, event->hook->role, &event->place, waiting);
	*waiting = is_first ? event->place : (struct kg_place){ 0 };
	return KG_OK;
}

/* A match goes with each call, down to some depth; it is one for all states of the rule. */
static enum kg_status follow_each(const struct rule_event *event, bool *out_is_followed)
{
	struct verify_lane *lane = event->lane;
	const uint32_t index = event->hook->rule;
	size_t nested = 0;
	for (size_t i = 0; i < lane->matches.count; i++)
		nested += lane->matches.at[i]->parent == NULL && lane->matches.at[i]->rule == index;
	*out_is_followed = nested < EACH_MAX_NESTED && !is_half(event);
	if (!*out_is_followed)
		return KG_OK;
	struct match *match = match_start(&event->verify->matcher, event->rule->call);
	if (match == NULL)
		return KG_NOMEM;
	match->rule = index;
	if (column_push(&lane->matches, match))
		return KG_OK;
	match_retire(&event->verify->matcher, match);
	return KG_NOMEM;
}

static void open_order(const struct rule_event *event)
{
	struct rule_state *state = event->state;
	const uint32_t role = event->hook->role;
	if (is_half(event))
		return;
	for (uint32_t i = role + 1; i < event->rule->names_count; i++) {
		if (state->roles[i].count > 0) {
			rule_note_broken(state, role, &event->place, &state->roles[i].first);
			return;
		}
	}
	for (uint32_t i = 0; i < role; i++) {
		if (state->roles[i].open_count > 0) {
			rule_note_broken(state, role, &event->place, &state->roles[i].last);
			return;
		}
	}
}

static void open_inside(const struct rule_event *event)
{
	if (event->hook->role == 0 && event->state->roles[1].open_count == 0)
		rule_note_broken(event->state, 0, &event->place, NULL);
}

static enum kg_status open_cpus(const struct rule_event *event)
{
	struct rule_state *state = event->state;
	if (is_half(event))
		return KG_OK;
	if (!column_reach(&state->by_cpu, event->place.cpu))
		return KG_NOMEM;
	if (state->by_cpu.at[event->place.cpu]++ > 0)
		rule_note_broken(state, 0, &event->place, NULL);
	return KG_OK;
}

/* Whether one of the calls around it is of a set. */
static bool is_below(const struct rule_event *event, names_id names)
{
	for (size_t i = 0; i < event->call->level; i++) {
		const struct open_call *open = &event->lane->opened.at[i];
		if (open->counts && row_has(row_of(event->verify, open->func_id), names))
			return true;
	}
	return false;
}

static void open_last(const struct rule_event *event)
{
	struct rule_state *state = event->state;
	if (event->hook->role == 0 && !is_below(event, event->rule->names[1]))
		rule_note_broken(state, 0, &event->place, NULL);
	if (event->hook->role == 1 && state->roles[0].count > 0)
		rule_note_broken(state, 1, &event->place, &state->roles[0].last);
}

static enum kg_status open_for_kind(const struct rule_event *event)
{
	switch (event->rule->kind) {
	case RULE_COUNT:
		open_count(event);
		return KG_OK;
	case RULE_PAIR:
		return open_pair(event);
	case RULE_ORDER:
		open_order(event);
		return KG_OK;
	case RULE_INSIDE:
		open_inside(event);
		return KG_OK;
	case RULE_CPUS:
		return open_cpus(event);
	case RULE_FORBID:
		rule_note_broken(event->state, 0, &event->place, NULL);
		return KG_OK;
	case RULE_LAST:
		open_last(event);
		return KG_OK;
	case RULE_EACH:
	case RULE_MODULES:
	case RULE_EXPR:
	case RULE_BUDGET:
	case RULE_CLOSED:
	case RULE_CHOICE:
	case RULE_KIND_COUNT:
		return KG_OK;
	}
	return KG_OK;
}

/* Counts a call before a rule looks at it. One in a bundle may come early. */
static void count_opened(const struct rule_event *event)
{
	struct rule_state *state = event->state;
	const uint32_t role = event->hook->role;
	if (state->roles[role].count++ == 0) {
		state->roles[role].first = state->roles[role].last = event->place;
		return;
	}
	if (event->place.line_no >= state->roles[role].last.line_no)
		state->roles[role].last = event->place;
	if (event->place.line_no < state->roles[role].first.line_no)
		state->roles[role].first = event->place;
}

/* Tells a state of a call that opens. */
static enum kg_status open_in_state(struct rule_event *event, struct rule_state *state)
{
	event->state = state;
	if (event->hook->role >= ROLE_UNLESS) {
		state->when_count += event->hook->role == ROLE_WHEN;
		state->unless_count += event->hook->role == ROLE_UNLESS;
		return KG_OK;
	}
	count_opened(event);
	if (event->rule->kind == RULE_EXPR)
		return KG_OK;
	enum kg_status status = open_for_kind(event);
	state->roles[event->hook->role].open_count++;
	return status;
}

/* The rules of the subject whose call it is; NULL where they are those of all. */
static struct rule_state *own_rules(const struct kg_verify *verify, const struct verify_lane *lane)
{
	return lane->subject != NO_SUBJECT ? subject_get(verify, lane->subject)->rules : NULL;
}

static size_t own_slot(struct kg_verify *verify, const struct verify_lane *lane)
{
	return rules_slot_of(&verify->owners.at[lane->owner], subject_get(verify, lane->subject));
}

/* own: the rules of the call's subject, by which its owner is known as `slot`; or NULL. */
static enum kg_status open_in_rule(struct rule_event *event, struct rule_state *own, size_t slot)
{
	struct kg_verify *verify = event->verify;
	const uint32_t index = event->hook->rule;
	struct rule_state *all = &verify->rules[index];
	bool is_followed = true;
	enum kg_status status = KG_OK;
	if (event->rule->kind == RULE_EACH && event->hook->role == 0 && !event->is_repeated)
		status = follow_each(event, &is_followed);
	event->slot = event->lane->owner;
	const uint64_t broken_before = all->broken_count;
	if (status == KG_OK)
		status = open_in_state(event, all);
	if (verify->explanation.is_on && verify->explanation.rule == index &&
	    event->hook->role < ROLE_UNLESS)
		explain_rule(verify, index, event->hook->role, all, &event->place, true,
			     broken_before);
	event->slot = slot;
	if (status == KG_OK && own != NULL)
		status = open_in_state(event, &own[index]);
	if (event->lane->subject == NO_SUBJECT && verify->subjects.count > 0)
		all->shared_count++;
	if (!is_followed) {
		verify->repeats.is_spoilt = true;
		all->unknown_count++;
		if (own != NULL)
			own[index].unknown_count++;
	}
	return status;
}

static enum kg_status open_in_rules(struct kg_verify *verify, struct verify_lane *lane,
				    const struct kg_call *call, bool is_repeated)
{
	if (call->func_id == KG_NO_FUNC)
		return KG_OK;
	const struct function_entry *entry = &verify->functions.at[call->func_id];
	if (entry->hook_count == 0)
		return KG_OK;
	struct rule_event event = { .verify = verify,
				    .lane = lane,
				    .call = call,
				    .place = place_of_start(call),
				    .is_repeated = is_repeated };
	struct rule_state *own = own_rules(verify, lane);
	const size_t slot = own != NULL ? own_slot(verify, lane) : 0;
	for (uint32_t i = 0; i < entry->hook_count; i++) {
		event.hook = &verify->hooks.at[entry->first_hook + i];
		event.rule = &verify->spec->rules.at[event.hook->rule];
		enum kg_status status = open_in_rule(&event, own, slot);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

enum kg_status rules_open(struct kg_verify *verify, struct verify_lane *lane,
			  const struct kg_call *call)
{
	return open_in_rules(verify, lane, call, false);
}

enum kg_status rules_open_repeated(struct kg_verify *verify, struct verify_lane *lane,
				   const struct kg_call *call)
{
	return open_in_rules(verify, lane, call, true);
}

/* ---- calls that close ------------------------------------------------------------------------ */

static void close_inside(const struct rule_event *event)
{
	/* after its window, or after the end of what the trace has of it */
	if (event->hook->role == 0 && event->state->roles[1].open_count == 0 &&
	    (event->call->flags & KG_CALL_NO_END) == 0)
		rule_note_broken(event->state, 1, &event->place, &event->state->roles[1].last);
}

static void close_closed(const struct rule_event *event)
{
	if (event->hook->role == 1 && event->state->roles[0].open_count > 0 &&
	    (event->call->flags & KG_CALL_NO_END) == 0)
		rule_note_broken(event->state, 1, &event->place, &event->state->roles[0].last);
}

static void close_budget(const struct rule_event *event)
{
	struct rule_state *state = event->state;
	const struct kg_call *call = event->call;
	uint64_t max_us;
	if (call->dur_ns == KG_NO_NS || (call->flags & KG_CALL_INCOMPLETE))
		return;
	struct kg_place start = place_of_start(call);
	if (__builtin_add_overflow(state->total_ns, call->dur_ns, &state->total_ns))
		state->total_ns = UINT64_MAX;
	if (call->dur_ns > state->max_ns || state->longest.line_no == 0 ||
	    (call->dur_ns == state->max_ns && start.line_no < state->longest.line_no)) {
		state->max_ns = call->dur_ns;
		state->longest = start;
	}
	if (event->rule->has_max &&
	    spec_amount(event->verify->spec, &event->rule->max_us, &max_us) &&
	    (unsigned __int128)call->dur_ns > (unsigned __int128)max_us * 1000)
		note_broken_in_order(state, 0, &start, NULL);
}

static void close_for_kind(const struct rule_event *event)
{
	switch (event->rule->kind) {
	case RULE_INSIDE:
		close_inside(event);
		break;
	case RULE_CLOSED:
		close_closed(event);
		break;
	case RULE_BUDGET:
		close_budget(event);
		break;
	case RULE_COUNT:
	case RULE_PAIR:
	case RULE_EXPR:
	case RULE_EACH:
	case RULE_ORDER:
	case RULE_CPUS:
	case RULE_FORBID:
	case RULE_MODULES:
	case RULE_LAST:
	case RULE_CHOICE:
	case RULE_KIND_COUNT:
		break;
	}
}

/* Tells a state of a call that closes. */
static void close_in_state(struct rule_event *event, struct rule_state *state)
{
	event->state = state;
	/* the call may have opened when it was another subject's */
	if (state->roles[event->hook->role].open_count > 0)
		state->roles[event->hook->role].open_count--;
	close_for_kind(event);
}

void rules_close(struct kg_verify *verify, const struct verify_lane *lane,
		 const struct kg_call *call)
{
	const struct function_entry *entry = &verify->functions.at[call->func_id];
	struct rule_event event = { .verify = verify, .call = call, .place = place_of_end(call) };
	struct rule_state *own = own_rules(verify, lane);
	for (uint32_t i = 0; i < entry->hook_count; i++) {
		event.hook = &verify->hooks.at[entry->first_hook + i];
		event.rule = &verify->spec->rules.at[event.hook->rule];
		if (event.hook->role >= ROLE_UNLESS || !closes_matter(event.rule->kind))
			continue;
		struct rule_state *all = &verify->rules[event.hook->rule];
		const uint64_t broken_before = all->broken_count;
		close_in_state(&event, all);
		if (verify->explanation.is_on && verify->explanation.rule == event.hook->rule)
			explain_rule(verify, event.hook->rule, event.hook->role, all, &event.place,
				     false, broken_before);
		if (own != NULL)
			close_in_state(&event, &own[event.hook->rule]);
	}
}

/* ---- calls that were followed ---------------------------------------------------------------- */

static enum kg_status judge_in_state(struct kg_verify *verify, struct rule_state *state,
				     struct match *match, const struct kg_call *call)
{
	if (!match->is_dead) {
		state->unknown_count += (call->flags & KG_CALL_INCOMPLETE) != 0;
		return KG_OK;
	}
	const struct kg_place *place = &match->departure.place;
	verify->repeats.is_spoilt = true;
	if (state->broken_count == 0 || place->line_no < state->departure->place.line_no) {
		struct kg_place start = place_of_start(call);
		/* another state may have the same one by now */
		state->departure = arena_alloc(&verify->memory, sizeof(*state->departure));
		if (state->departure == NULL)
			return KG_NOMEM;
		match_tell(match);
		*state->departure = match->departure;
		state->departure->enclosing[state->departure->enclosing_count++] =
			(struct enclosing){ start.line_no, start.func_id };
	}
	note_broken_in_order(state, 0, place, NULL);
	return KG_OK;
}

enum kg_status rules_judge_each(struct kg_verify *verify, const struct verify_lane *lane,
				struct match *match, const struct kg_call *call)
{
	struct rule_state *own = own_rules(verify, lane);
	enum kg_status status = judge_in_state(verify, &verify->rules[match->rule], match, call);
	if (status == KG_OK && own != NULL)
		status = judge_in_state(verify, &own[match->rule], match, call);
	return status;
}

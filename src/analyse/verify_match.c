/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how open calls make their way through patterns, and where they leave them. */
#include "analyse/verify_match.h"

#include <string.h>

#include "base/memory.h"
#include "base/banned.h"

/* ---- places ---------------------------------------------------------------------------------- */

struct kg_place place_of_start(const struct kg_call *call)
{
	/* a call without a start is where it ends */
	bool has_start = call->line_no != 0;
	return (struct kg_place){
		.line_no = has_start ? call->line_no : call->end_line_no,
		.task_id = call->task_id,
		.func_id = call->func_id,
		.cpu = has_start ? call->cpu_enter : call->cpu_leave,
	};
}

struct kg_place place_of_end(const struct kg_call *call)
{
	bool has_end = call->end_line_no != 0;
	return (struct kg_place){
		.line_no = has_end ? call->end_line_no : call->line_no,
		.task_id = call->task_id,
		.func_id = call->func_id,
		.cpu = has_end ? call->cpu_leave : call->cpu_enter,
	};
}

/* ---- matches come and go --------------------------------------------------------------------- */

static size_t largest_set(const struct kg_spec *spec)
{
	size_t largest = spec->main.automaton != NULL ? spec->main.automaton->set_len : 1;
	if (spec->threads.automaton != NULL && spec->threads.automaton->set_len > largest)
		largest = spec->threads.automaton->set_len;
	for (size_t i = 0; i < spec->calls.count; i++) {
		const struct automaton *in = spec->calls.at[i].in;
		if (in != NULL && in->set_len > largest)
			largest = in->set_len;
	}
	return largest;
}

enum kg_status matcher_init(struct matcher *matcher, const struct kg_spec *spec)
{
	matcher->spec = spec;
	matcher->scratch = memory_zalloc(largest_set(spec) * sizeof(*matcher->scratch));
	if (matcher->scratch == NULL || steps_init(&matcher->steps, spec) != KG_OK)
		return KG_NOMEM;
	if (spec->calls.count > 0 && !column_reach(&matcher->idle, spec->calls.count - 1))
		return KG_NOMEM;
	return KG_OK;
}

void matcher_release(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->idle.count; i++) {
		while (matcher->idle.at[i] != NULL) {
			struct match *match = matcher->idle.at[i];
			matcher->idle.at[i] = match->next_idle;
			memory_free(match);
		}
	}
	column_release(&matcher->idle);
	steps_release(&matcher->steps);
	memory_free(matcher->scratch);
}

static struct match *make_match(const struct automaton *automaton, uint32_t tally_count)
{
	const size_t set_len = automaton != NULL ? automaton->set_len : 0;
	struct match *match = memory_alloc(match_size(automaton, tally_count));
	if (match == NULL)
		return NULL;
	match->automaton = automaton;
	match->states = (uint64_t *)(match + 1);
	match->tallies = match->states + set_len;
	return match;
}

/* Adds the states that are reached without the calls that cannot be seen. */
static void pass_unseen(const struct matcher *matcher, const struct automaton *automaton,
			uint64_t *states)
{
	const struct automaton_edge *edge;
	bool has_grown = matcher->is_unseen != NULL;
	while (has_grown) {
		has_grown = false;
		struct edge_walk walk = edge_walk_start(automaton, states);
		while ((edge = edge_walk_next(&walk)) != NULL) {
			if (!matcher->is_unseen[edge->call] || states_has(states, edge->to))
				continue;
			states_add(states, edge->to);
			has_grown = true;
		}
	}
}

/* Puts a match at the start of its pattern. */
static void reset_match(const struct matcher *matcher, struct match *match, uint32_t call,
			uint32_t tally_count)
{
	const struct automaton *automaton = match->automaton;
	match->parent = NULL;
	match->call = call;
	match->is_dead = false;
	match->is_cut = false;
	match->was_possible = false;
	match->token.id = KG_NO_CALL;
	match->progress = 0;
	match->hint.expected_count = 0;
	if (automaton != NULL) {
		match->states[0] = 1;
		for (uint32_t i = 1; i < automaton->set_len; i++)
			match->states[i] = 0;
		pass_unseen(matcher, automaton, match->states);
	}
	if (tally_count > 0)
		memset(match->tallies, 0, tally_count * sizeof(*match->tallies));
}

struct match *match_start(struct matcher *matcher, uint32_t call)
{
	const struct call_pattern *pattern = &matcher->spec->calls.at[call];
	struct match *match = matcher->idle.at[call];
	if (match != NULL)
		matcher->idle.at[call] = match->next_idle;
	else
		match = make_match(pattern->in, pattern->tally_count);
	if (match != NULL)
		reset_match(matcher, match, call, pattern->tally_count);
	return match;
}

void match_retire(struct matcher *matcher, struct match *match)
{
	match->next_idle = matcher->idle.at[match->call];
	matcher->idle.at[match->call] = match;
}

struct match *match_new(const struct matcher *matcher, const struct automaton *automaton)
{
	struct match *match = make_match(automaton, 0);
	if (match != NULL)
		reset_match(matcher, match, NO_CALL_PATTERN, 0);
	return match;
}

void match_restart(const struct matcher *matcher, struct match *match)
{
	reset_match(matcher, match, NO_CALL_PATTERN, 0);
}

void match_free(struct match *match)
{
	memory_free(match);
}

/* ---- departures ------------------------------------------------------------------------------ */

static void add_expected(struct departure *departure, uint32_t call)
{
	for (uint32_t i = 0; i < departure->expected_count; i++) {
		if (departure->expected[i] == call)
			return;
	}
	if (departure->expected_count < DEPARTURE_MAX_EXPECTED)
		departure->expected[departure->expected_count++] = call;
}

void match_expect(const struct match *match, struct departure *departure)
{
	const struct automaton_edge *edge;
	departure->expected_count = 0;
	departure->may_end = true;
	if (match->automaton == NULL)
		return;
	departure->may_end = automaton_accepts(match->automaton, match->states);
	struct edge_walk walk = edge_walk_start(match->automaton, match->states);
	while ((edge = edge_walk_next(&walk)) != NULL)
		add_expected(departure, edge->call);
}

void match_tell(struct match *match)
{
	if (match->is_told)
		return;
	match->is_told = true;
	match->departure.hint = match->hint;
	match_expect(match, &match->departure);
}

/* Makes a match dead, with a departure that is to be completed: its states stay as they are. */
static void give_up(struct match *match, enum departure_kind kind, const struct kg_place *place)
{
	struct departure *departure = &match->departure;
	match->is_dead = true;
	match->is_told = false;
	departure->kind = kind;
	departure->place = *place;
	departure->is_wrong_call = false;
	departure->progress = match->progress;
	departure->enclosing_count = 0;
	departure->call = match->call;
}

void match_kill(struct match *match, enum departure_kind kind, const struct kg_place *place)
{
	give_up(match, kind, place);
	match_tell(match);
}

static void enclose(struct departure *departure, const struct kg_place *place)
{
	if (departure->enclosing_count < PATTERN_MAX_NESTING + 1)
		departure->enclosing[departure->enclosing_count++] =
			(struct enclosing){ place->line_no, place->func_id };
}

/* Whether one departure says more than another. */
static bool is_further(const struct departure *a, const struct departure *b)
{
	if (a->progress != b->progress)
		return a->progress > b->progress;
	/* a call that came tells more than one that did not */
	return a->kind != DEPART_ENDED && b->kind == DEPART_ENDED;
}

/* Two patterns left at the same step: either would have been right. */
static bool is_level_with(const struct departure *a, const struct departure *b)
{
	return a->progress == b->progress && a->enclosing_count == b->enclosing_count;
}

/* ---- what goes on below a call --------------------------------------------------------------- */

static void kill_for_tally(struct match *match, uint32_t tally, const struct kg_place *place)
{
	give_up(match, DEPART_TALLY, place);
	match->departure.tally = tally;
	match->departure.tally_count = match->tallies[tally];
}

void match_notice(struct matcher *matcher, struct match *match, const uint64_t *row,
		  const struct kg_place *place)
{
	const struct call_pattern *pattern = &matcher->spec->calls.at[match->call];
	if (row_has(row, pattern->banned)) {
		give_up(match, DEPART_BANNED, place);
		return;
	}
	for (uint32_t i = 0; i < pattern->tally_count; i++) {
		if (!row_has(row, pattern->tallies[i].names))
			continue;
		match->tallies[i]++;
		if (spec_bound_is_exceeded(matcher->spec, &pattern->tallies[i].bound,
					   match->tallies[i])) {
			kill_for_tally(match, i, place);
			return;
		}
	}
}

void match_end(struct matcher *matcher, struct match *match, const struct kg_call *call,
	       kg_func_id first_inner)
{
	const struct call_pattern *pattern = &matcher->spec->calls.at[match->call];
	const struct automaton *automaton = match->automaton;
	const bool is_cut = (call->flags & KG_CALL_NO_END) != 0;
	if (match->is_dead || (match->is_cut && is_cut))
		return;
	/* a call with nothing of what is expected in it is the wrong one from its start */
	struct kg_place end = place_of_end(call);
	struct kg_place start = place_of_start(call);
	if (is_cut || (automaton != NULL && !automaton_accepts(automaton, match->states))) {
		give_up(match, DEPART_ENDED, match->progress > 0 ? &end : &start);
		match->departure.is_wrong_call = match->progress == 0;
		match->departure.first_inner = first_inner;
		match->is_dead = !is_cut;
		match->is_cut = is_cut;
		if (is_cut)
			match_tell(match);
		return;
	}
	for (uint32_t i = 0; i < pattern->tally_count; i++) {
		if (!spec_bound_holds(matcher->spec, &pattern->tallies[i].bound,
				      match->tallies[i])) {
			kill_for_tally(match, i, &end);
			return;
		}
	}
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* Goes on to other states. */
static void take_step(const struct matcher *matcher, struct match *match, const uint64_t *to)
{
	for (uint32_t i = 0; i < match->automaton->set_len; i++)
		match->states[i] = to[i];
	pass_unseen(matcher, match->automaton, match->states);
	match->progress++;
	match->hint.expected_count = 0;
}

/* Adds a match for a pattern with demands. */
static bool try_pattern(struct matcher *matcher, struct match *parent, uint32_t call,
			match_list *list)
{
	struct match *match = match_start(matcher, call);
	if (match == NULL)
		return false;
	match->parent = parent;
	if (column_push(list, match))
		return true;
	match_retire(matcher, match);
	return false;
}

enum kg_status match_open_token(struct matcher *matcher, struct match *match, const uint64_t *row,
				const struct token *token, match_list *list)
{
	const struct step *step = steps_find(&matcher->steps, match->automaton, match->states,
					     token->place.func_id, row);
	match->token = *token;
	match->token.is_stepped = step->tried_count == 0;
	if (step->edge_count == 0)
		give_up(match, DEPART_UNEXPECTED, &token->place);
	else if (step->tried_count == 0)
		take_step(matcher, match, step->to);
	for (uint32_t i = 0; i < step->tried_count; i++) {
		if (!try_pattern(matcher, match, step->tried[i], list))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* ---- the end of a token ---------------------------------------------------------------------- */

/* What became of the patterns that a token might have fitted. */
struct verdicts {
	bool is_possible;
	bool is_stepped;
	bool has_content; /* it was taken for what is in it, not for what is not */
	uint32_t stepped_part;
	uint32_t failed_part;
	struct match *failed;	 /* the one that got furthest */
	const struct match *cut; /* the same of those that the trace ended in */
};

static void note_failed(struct verdicts *verdicts, struct match *tried, uint32_t part)
{
	if (verdicts->failed == NULL ||
	    is_further(&tried->departure, &verdicts->failed->departure)) {
		verdicts->failed = tried;
		verdicts->failed_part = part;
	} else if (tried->departure.progress == 0 &&
		   is_level_with(&tried->departure, &verdicts->failed->departure) &&
		   part > verdicts->failed_part) {
		/* it is none of them: what is missing is the last one, which cannot be left out */
		verdicts->failed_part = part;
	}
}

static void note_satisfied(struct verdicts *verdicts, const struct match *tried, uint32_t part)
{
	verdicts->is_stepped = true;
	if (part > verdicts->stepped_part)
		verdicts->stepped_part = part;
	if (tried == NULL)
		return;
	verdicts->has_content |= tried->progress > 0;
	if (tried->is_cut &&
	    (verdicts->cut == NULL || is_further(&tried->departure, &verdicts->cut->departure)))
		verdicts->cut = tried;
}

/*
 * The match for a pattern of a token; NULL if it has none. They mostly are in the order in which
 * they are looked for, so the search goes on behind the one that was found last.
 */
static struct match *find_tried(struct match *const *tried, size_t tried_count,
				const struct match *parent, uint32_t call, size_t *next)
{
	for (size_t i = 0; i < tried_count; i++) {
		struct match *match = tried[*next];
		*next = *next + 1 < tried_count ? *next + 1 : 0;
		if (match->call == call && match->parent == parent)
			return match;
	}
	return NULL;
}

/* Writes the states that the token leads to in scratch. */
static struct verdicts judge_token(struct matcher *matcher, const struct match *match,
				   const uint64_t *row, const struct token *token,
				   struct match *const *tried, size_t tried_count)
{
	const struct automaton *automaton = match->automaton;
	const struct step *step =
		steps_find(&matcher->steps, automaton, match->states, token->place.func_id, row);
	struct verdicts verdicts = { .is_possible = step->edge_count > 0 };
	size_t next = 0;
	for (uint32_t i = 0; i < automaton->set_len; i++)
		matcher->scratch[i] = 0;
	for (uint32_t i = 0; i < step->edge_count; i++) {
		const struct automaton_edge *edge = &automaton->edges[step->edges[i]];
		struct match *with = find_tried(tried, tried_count, match, edge->call, &next);
		if (with != NULL)
			with->was_possible = true;
		if (with != NULL && with->is_dead) {
			note_failed(&verdicts, with, edge->part);
			continue;
		}
		note_satisfied(&verdicts, with, edge->part);
		states_add(matcher->scratch, edge->to);
	}
	return verdicts;
}

static void merge_hint(struct hint *to, const struct hint *from)
{
	if (to->expected_count == 0)
		*to = *from;
	if (from->in.line_no != to->in.line_no)
		return;
	for (uint32_t i = 0; i < from->expected_count; i++) {
		uint32_t j = 0;
		while (j < to->expected_count && to->expected[j] != from->expected[i])
			j++;
		if (j == to->expected_count && j < HINT_MAX_EXPECTED)
			to->expected[to->expected_count++] = from->expected[i];
	}
}

/* The departure of the match that got furthest, and what others expected at the same step. */
static void gather_departure(const struct match *match, struct match *furthest,
			     struct match *const *tried, size_t tried_count, struct departure *out)
{
	match_tell(furthest);
	*out = furthest->departure;
	for (size_t i = 0; i < tried_count; i++) {
		const struct departure *other = &tried[i]->departure;
		if (tried[i]->parent != match || !tried[i]->was_possible || !tried[i]->is_dead ||
		    tried[i] == furthest || !is_level_with(out, other))
			continue;
		match_tell(tried[i]);
		for (uint32_t j = 0; j < other->expected_count; j++)
			add_expected(out, other->expected[j]);
		merge_hint(&out->hint, &other->hint);
	}
}

/* Remembers what the token would have had in it if it had been another one. */
static void leave_hint(struct match *match, const struct token *token,
		       const struct verdicts *verdicts, struct match *const *tried,
		       size_t tried_count)
{
	struct departure missed;
	struct hint *hint = &match->hint;
	gather_departure(match, verdicts->failed, tried, tried_count, &missed);
	hint->in = missed.enclosing_count > 0
			   ? missed.enclosing[0]
			   : (struct enclosing){ token->place.line_no, token->place.func_id };
	hint->expected_count = missed.expected_count < HINT_MAX_EXPECTED ? missed.expected_count
									 : HINT_MAX_EXPECTED;
	memcpy(hint->expected, missed.expected, hint->expected_count * sizeof(*hint->expected));
}

uint32_t match_close_token(struct matcher *matcher, struct match *match, const uint64_t *row,
			   const struct token *token, struct match *const *tried,
			   size_t tried_count)
{
	const uint64_t progress = match->progress;
	struct verdicts verdicts = judge_token(matcher, match, row, token, tried, tried_count);
	if (verdicts.is_stepped) {
		take_step(matcher, match, matcher->scratch);
		if (verdicts.failed != NULL && !verdicts.has_content)
			leave_hint(match, token, &verdicts, tried, tried_count);
		match->is_cut = verdicts.cut != NULL;
		if (match->is_cut) {
			match->is_told = true;
			match->departure = verdicts.cut->departure;
			match->departure.progress += progress + 1;
			enclose(&match->departure, &token->place);
		}
		return verdicts.stepped_part;
	}
	if (!verdicts.is_possible) {
		match_kill(match, DEPART_UNEXPECTED, &token->place);
		return 0;
	}
	match->is_dead = match->is_told = true;
	gather_departure(match, verdicts.failed, tried, tried_count, &match->departure);
	match->departure.progress += progress + 1;
	enclose(&match->departure, &token->place);
	return verdicts.failed_part;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a pattern becomes an automaton. */
#include "analyse/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/banned.h"

/* More elements than this in any order would need more states than there may be. */
#define MAX_UNORDERED 12

#define NO_STATE UINT32_MAX

struct draft_edge {
	uint32_t from;
	uint32_t call;
	uint32_t to;
	uint32_t part;
};

struct draft_move {
	uint32_t from;
	uint32_t to;
};

/* An automaton that still has empty moves. */
struct draft {
	uint32_t state_count;
	uint32_t part; /* what new edges belong to */
	COLUMN(struct draft_edge) edges;
	COLUMN(struct draft_move) moves;
	bool is_too_large;
};

/* ---- drafting -------------------------------------------------------------------------------- */

/* All of these return NO_STATE or false when memory is out or the draft is too large. */

static uint32_t new_state(struct draft *draft)
{
	if (draft->state_count >= AUTOMATON_MAX_STATES) {
		draft->is_too_large = true;
		return NO_STATE;
	}
	return draft->state_count++;
}

static bool add_move(struct draft *draft, uint32_t from, uint32_t to)
{
	return column_push(&draft->moves, (struct draft_move){ from, to });
}

static uint32_t draft_pattern(struct draft *draft, const struct pattern *pattern, uint32_t from);

static uint32_t draft_call(struct draft *draft, uint32_t call, uint32_t from)
{
	uint32_t to = new_state(draft);
	if (to == NO_STATE ||
	    !column_push(&draft->edges, (struct draft_edge){ from, call, to, draft->part }))
		return NO_STATE;
	return to;
}

static uint32_t draft_sequence(struct draft *draft, const struct pattern *pattern, uint32_t from)
{
	for (uint32_t i = 0; i < pattern->part_count && from != NO_STATE; i++)
		from = draft_pattern(draft, pattern->parts[i], from);
	return from;
}

static uint32_t draft_any(struct draft *draft, const struct pattern *pattern, uint32_t from)
{
	uint32_t to = new_state(draft);
	if (to == NO_STATE)
		return NO_STATE;
	for (uint32_t i = 0; i < pattern->part_count; i++) {
		uint32_t end = draft_pattern(draft, pattern->parts[i], from);
		if (end == NO_STATE || !add_move(draft, end, to))
			return NO_STATE;
	}
	return to;
}

/* A pattern and a way back to its start. */
static uint32_t draft_loop(struct draft *draft, const struct pattern *body, uint32_t from)
{
	uint32_t hub = new_state(draft);
	if (hub == NO_STATE || !add_move(draft, from, hub))
		return NO_STATE;
	uint32_t end = draft_pattern(draft, body, hub);
	if (end == NO_STATE || !add_move(draft, end, hub))
		return NO_STATE;
	return hub;
}

/* Once more, with a state of its own even where the body is empty: so that numbers are limited. */
static uint32_t draft_once(struct draft *draft, const struct pattern *body, uint32_t from)
{
	uint32_t end = draft_pattern(draft, body, from);
	uint32_t to = end != NO_STATE ? new_state(draft) : NO_STATE;
	if (to == NO_STATE || !add_move(draft, end, to))
		return NO_STATE;
	return to;
}

static uint32_t draft_repeat(struct draft *draft, const struct pattern *pattern, uint32_t from)
{
	const struct pattern *body = pattern->parts[0];
	for (uint32_t i = 0; i < pattern->min && from != NO_STATE; i++)
		from = draft_once(draft, body, from);
	if (from == NO_STATE)
		return NO_STATE;
	if (pattern->max == NO_LIMIT)
		return draft_loop(draft, body, from);
	uint32_t to = new_state(draft);
	if (to == NO_STATE || !add_move(draft, from, to))
		return NO_STATE;
	for (uint32_t i = pattern->min; i < pattern->max; i++) {
		from = draft_once(draft, body, from);
		if (from == NO_STATE || !add_move(draft, from, to))
			return NO_STATE;
	}
	return to;
}

/* "f*" or "f+": its calls need not be neighbours among elements in any order. */
static bool is_scattered(const struct pattern *pattern)
{
	return pattern->kind == PATTERN_REPEAT && pattern->max == NO_LIMIT && pattern->min <= 1 &&
	       pattern->parts[0]->kind == PATTERN_CALL;
}

/* The ways on from the state in which the elements of `done` are done. */
static bool draft_hub(struct draft *draft, const struct pattern *pattern, uint32_t first_hub,
		      uint32_t done)
{
	const uint32_t hub = first_hub + done;
	for (uint32_t i = 0; i < pattern->part_count; i++) {
		const struct pattern *part = pattern->parts[i];
		const uint32_t bit = UINT32_C(1) << i;
		uint32_t end = hub;
		if (is_scattered(part)) {
			end = draft_call(draft, part->parts[0]->call, hub);
			if ((done & bit) == 0 && part->min == 0 &&
			    !add_move(draft, hub, first_hub + (done | bit)))
				return false;
		} else if ((done & bit) == 0) {
			end = draft_pattern(draft, part, hub);
		} else {
			continue;
		}
		if (end == NO_STATE || !add_move(draft, end, first_hub + (done | bit)))
			return false;
	}
	return true;
}

static uint32_t draft_all(struct draft *draft, const struct pattern *pattern, uint32_t from)
{
	if (pattern->part_count > MAX_UNORDERED) {
		draft->is_too_large = true;
		return NO_STATE;
	}
	const uint32_t hub_count = UINT32_C(1) << pattern->part_count;
	const uint32_t first_hub = draft->state_count;
	for (uint32_t i = 0; i < hub_count; i++) {
		if (new_state(draft) == NO_STATE)
			return NO_STATE;
	}
	if (!add_move(draft, from, first_hub))
		return NO_STATE;
	for (uint32_t done = 0; done < hub_count; done++) {
		if (!draft_hub(draft, pattern, first_hub, done))
			return NO_STATE;
	}
	return first_hub + hub_count - 1;
}

/* Adds a pattern behind a state; what is returned is the state behind it. */
static uint32_t draft_pattern(struct draft *draft, const struct pattern *pattern, uint32_t from)
{
	switch (pattern->kind) {
	case PATTERN_CALL:
		return draft_call(draft, pattern->call, from);
	case PATTERN_SEQUENCE:
		return draft_sequence(draft, pattern, from);
	case PATTERN_ALL:
		return draft_all(draft, pattern, from);
	case PATTERN_ANY:
		return draft_any(draft, pattern, from);
	case PATTERN_REPEAT:
		return draft_repeat(draft, pattern, from);
	}
	return NO_STATE;
}

/* ---- without empty moves --------------------------------------------------------------------- */

/* What is needed to walk a draft from a state. */
struct walk {
	const struct draft *draft;
	uint32_t *first_edge; /* by state, and one more: edges are sorted by their start */
	uint32_t *first_move;
	uint32_t *kept;	   /* by state: its number in the automaton, or NO_STATE */
	uint32_t *visited; /* by state: the walk that was last here */
	uint32_t *pending;
};

static int compare_edges(const void *a, const void *b)
{
	const struct draft_edge *left = a;
	const struct draft_edge *right = b;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	return 0;
}

static int compare_moves(const void *a, const void *b)
{
	const struct draft_move *left = a;
	const struct draft_move *right = b;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	return 0;
}

static void index_draft(struct walk *walk)
{
	const struct draft *draft = walk->draft;
	size_t edge = 0;
	size_t move = 0;
	for (uint32_t state = 0; state <= draft->state_count; state++) {
		while (edge < draft->edges.count && draft->edges.at[edge].from < state)
			edge++;
		while (move < draft->moves.count && draft->moves.at[move].from < state)
			move++;
		walk->first_edge[state] = (uint32_t)edge;
		walk->first_move[state] = (uint32_t)move;
	}
}

/* Numbers the states that stay: the start, and those that a call leads to. */
static uint32_t number_states(struct walk *walk)
{
	const struct draft *draft = walk->draft;
	uint32_t count = 0;
	for (uint32_t i = 0; i < draft->state_count; i++)
		walk->kept[i] = walk->visited[i] = NO_STATE;
	walk->kept[0] = count++;
	for (size_t i = 0; i < draft->edges.count; i++) {
		uint32_t to = draft->edges.at[i].to;
		if (walk->kept[to] == NO_STATE)
			walk->kept[to] = count++;
	}
	return count;
}

static bool walk_init(struct walk *walk, struct draft *draft)
{
	const size_t count = (size_t)draft->state_count + 1;
	uint32_t *at = memory_zalloc(5 * count * sizeof(*at));
	if (at == NULL)
		return false;
	if (draft->edges.count > 0)
		qsort(draft->edges.at, draft->edges.count, sizeof(*draft->edges.at), compare_edges);
	if (draft->moves.count > 0)
		qsort(draft->moves.at, draft->moves.count, sizeof(*draft->moves.at), compare_moves);
	*walk = (struct walk){ .draft = draft,
			       .first_edge = at,
			       .first_move = at + count,
			       .kept = at + 2 * count,
			       .visited = at + 3 * count,
			       .pending = at + 4 * count };
	index_draft(walk);
	return true;
}

static void walk_release(struct walk *walk)
{
	memory_free(walk->first_edge);
}

/* The automaton in the making. */
struct result {
	COLUMN(struct automaton_edge) edges;
	struct automaton_state *states;
	uint32_t end; /* the draft's accepting state */
	bool is_too_large;
};

/* Gives a state all the edges that empty moves lead to. False when memory or room is out. */
static bool settle_state(struct walk *walk, uint32_t start, struct result *result)
{
	struct automaton_state *state = &result->states[walk->kept[start]];
	const struct draft *draft = walk->draft;
	uint32_t pending_count = 0;
	state->first_edge = (uint32_t)result->edges.count;
	walk->visited[start] = start;
	walk->pending[pending_count++] = start;
	while (pending_count > 0) {
		uint32_t at = walk->pending[--pending_count];
		state->accepts |= at == result->end;
		for (uint32_t i = walk->first_edge[at]; i < walk->first_edge[at + 1]; i++) {
			const struct draft_edge *edge = &draft->edges.at[i];
			struct automaton_edge settled = { edge->call, walk->kept[edge->to],
							  edge->part };
			if (!column_push(&result->edges, settled))
				return false;
		}
		for (uint32_t i = walk->first_move[at]; i < walk->first_move[at + 1]; i++) {
			uint32_t to = draft->moves.at[i].to;
			if (walk->visited[to] != start) {
				walk->visited[to] = start;
				walk->pending[pending_count++] = to;
			}
		}
	}
	state->edge_count = (uint32_t)result->edges.count - state->first_edge;
	result->is_too_large = result->edges.count > AUTOMATON_MAX_EDGES;
	return !result->is_too_large;
}

/* ---- the finished automaton ------------------------------------------------------------------ */

static int compare_ids(const void *a, const void *b)
{
	const uint32_t *left = a;
	const uint32_t *right = b;
	return *left < *right ? -1 : *left > *right;
}

/* Lists the calls of the edges, and joins their names. */
static bool list_calls(struct automaton *automaton, const call_patterns *calls,
		       struct vocabulary *vocabulary, struct arena *arena)
{
	uint32_t *ids = arena_alloc(arena, automaton->edge_count * sizeof(*ids));
	names_id *names = arena_alloc(arena, automaton->edge_count * sizeof(*names));
	if (ids == NULL || names == NULL)
		return false;
	for (uint32_t i = 0; i < automaton->edge_count; i++)
		ids[i] = automaton->edges[i].call;
	if (automaton->edge_count > 0)
		qsort(ids, automaton->edge_count, sizeof(*ids), compare_ids);
	uint32_t count = 0;
	for (uint32_t i = 0; i < automaton->edge_count; i++) {
		if (count == 0 || ids[count - 1] != ids[i])
			ids[count++] = ids[i];
	}
	for (uint32_t i = 0; i < count; i++)
		names[i] = calls->at[ids[i]].names;
	automaton->calls = ids;
	automaton->call_count = count;
	automaton->vocabulary = vocabulary_join(vocabulary, names, count);
	return automaton->vocabulary != NO_NAMES;
}

static struct automaton *finish(const struct result *result, uint32_t state_count,
				struct arena *arena)
{
	struct automaton *automaton = arena_alloc(arena, sizeof(*automaton));
	struct automaton_edge *edges =
		arena_alloc(arena, result->edges.count * sizeof(*result->edges.at));
	if (automaton == NULL || edges == NULL)
		return NULL;
	if (result->edges.count > 0)
		memcpy(edges, result->edges.at, result->edges.count * sizeof(*edges));
	*automaton = (struct automaton){
		.states = result->states,
		.edges = edges,
		.state_count = state_count,
		.edge_count = (uint32_t)result->edges.count,
		.set_len = (state_count + 63) / 64,
	};
	return automaton;
}

/* Makes the automaton of a draft whose pattern ends in state `end`. */
static enum kg_status settle(struct draft *draft, uint32_t end, struct arena *arena,
			     struct automaton **out)
{
	enum kg_status status = KG_NOMEM;
	struct walk walk = { 0 };
	struct result result = { .end = end };
	uint32_t kept_count;
	if (!walk_init(&walk, draft))
		goto out;
	kept_count = number_states(&walk);
	result.states = arena_alloc(arena, kept_count * sizeof(*result.states));
	if (result.states == NULL)
		goto out;
	for (uint32_t state = 0; state < draft->state_count; state++) {
		if (walk.kept[state] == NO_STATE || settle_state(&walk, state, &result))
			continue;
		status = result.is_too_large ? KG_BAD_SPEC : KG_NOMEM;
		goto out;
	}
	*out = finish(&result, kept_count, arena);
	if (*out != NULL)
		status = KG_OK;
out:
	column_release(&result.edges);
	walk_release(&walk);
	return status;
}

enum kg_status automaton_new(const struct pattern *const *parts, uint32_t part_count,
			     const call_patterns *calls, struct vocabulary *vocabulary,
			     struct arena *arena, const struct automaton **out)
{
	enum kg_status status = KG_NOMEM;
	struct draft draft = { 0 };
	struct automaton *automaton = NULL;
	uint32_t end = new_state(&draft);
	for (uint32_t i = 0; i < part_count && end != NO_STATE; i++) {
		draft.part = i;
		end = draft_pattern(&draft, parts[i], end);
	}
	if (end == NO_STATE) {
		status = draft.is_too_large ? KG_BAD_SPEC : KG_NOMEM;
		goto out;
	}
	status = settle(&draft, end, arena, &automaton);
	if (status != KG_OK)
		goto out;
	if (!list_calls(automaton, calls, vocabulary, arena)) {
		status = KG_NOMEM;
		goto out;
	}
	*out = automaton;
out:
	column_release(&draft.edges);
	column_release(&draft.moves);
	return status;
}

bool automaton_accepts(const struct automaton *automaton, const uint64_t *states)
{
	for (uint32_t state = automaton_next(automaton, states, 0); state < automaton->state_count;
	     state = automaton_next(automaton, states, state + 1)) {
		if (automaton->states[state].accepts)
			return true;
	}
	return false;
}

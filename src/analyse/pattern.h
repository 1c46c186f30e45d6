/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns: what calls may follow each other, and the automata that decide it.
 *
 * A pattern is a tree of calls, sequences, alternatives, repetitions. Its automaton is that of
 * textbooks, without empty moves: a set of states stands for all the ways in which the calls seen
 * so far can be read. "All, in any order" becomes states of their own, one for each set of elements
 * that are done, so that it costs states, never time.
 */
#ifndef ANALYSE_PATTERN_H
#define ANALYSE_PATTERN_H

#include <kvmgraph/error.h>

#include "analyse/vocabulary.h"

#define NO_PARAM UINT32_MAX
#define NO_CALL_PATTERN UINT32_MAX
#define NO_LIMIT UINT32_MAX

/* What an automaton may grow to. */
#define AUTOMATON_MAX_STATES 4096
#define AUTOMATON_MAX_EDGES 65536
/* How many calls deep patterns may be nested by "in". */
#define PATTERN_MAX_NESTING 12

/* A number that is written in the specification, or given to it by name. */
struct amount {
	uint64_t value;
	uint32_t param; /* NO_PARAM: the value counts */
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

/* "<=1" */
struct bound {
	enum compare compare;
	struct amount amount;
};

/* How many calls of some functions there may be below a call. */
struct tally {
	names_id names;
	struct bound bound;
};

struct automaton;

/* One call, and what has to be true of all that is below it. */
struct call_pattern {
	names_id names;
	names_id banned;	    /* no call of these below; NO_NAMES: nothing is banned */
	const struct automaton *in; /* NULL: whatever is below */
	const struct tally *tallies;
	uint32_t tally_count;
	uint32_t nesting; /* levels of "in" at and below it */
	bool has_condition;
};

typedef COLUMN(struct call_pattern) call_patterns;

enum pattern_kind {
	PATTERN_CALL,
	PATTERN_SEQUENCE,
	PATTERN_ALL,
	PATTERN_ANY,
	PATTERN_REPEAT,
};

struct pattern {
	enum pattern_kind kind;
	uint32_t call;			    /* CALL: index of its call_pattern */
	uint32_t min;			    /* REPEAT */
	uint32_t max;			    /* REPEAT; NO_LIMIT: any number */
	const struct pattern *const *parts; /* REPEAT: one of them */
	uint32_t part_count;
	uint32_t height; /* of its tree */
	uint32_t nesting;
};

/* On a call that fits call_pattern `call`, go on in state `to`. */
struct automaton_edge {
	uint32_t call;
	uint32_t to;
	uint32_t part; /* which part of the whole the call belongs to */
};

struct automaton_state {
	uint32_t first_edge;
	uint32_t edge_count;
	bool accepts;
};

/* State 0 is the start. */
struct automaton {
	const struct automaton_state *states;
	const struct automaton_edge *edges;
	const uint32_t *calls; /* distinct ones of the edges, ascending */
	uint32_t state_count;
	uint32_t edge_count;
	uint32_t call_count;
	uint32_t set_len;    /* words of a set of states */
	names_id vocabulary; /* every name that it speaks of */
};

/*
 * Builds the automaton for parts in sequence, in the arena. Fails with KG_NOMEM, or with
 * KG_BAD_SPEC if it would become too large.
 */
KG_MUST_USE enum kg_status automaton_new(const struct pattern *const *parts, uint32_t part_count,
					 const call_patterns *calls, struct vocabulary *vocabulary,
					 struct arena *arena, const struct automaton **out);

static inline bool states_has(const uint64_t *states, uint32_t state)
{
	return ((states[state / 64] >> (state % 64)) & 1) != 0;
}

static inline void states_add(uint64_t *states, uint32_t state)
{
	states[state / 64] |= UINT64_C(1) << (state % 64);
}

/* The first state of a set at or after `from`, or state_count. */
static inline uint32_t automaton_next(const struct automaton *automaton, const uint64_t *states,
				      uint32_t from)
{
	uint32_t word = from / 64;
	if (word >= automaton->set_len)
		return automaton->state_count;
	uint64_t bits = states[word] & (UINT64_MAX << (from % 64));
	while (bits == 0) {
		if (++word == automaton->set_len)
			return automaton->state_count;
		bits = states[word];
	}
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

/*
 * The edges from a set of states:
 *
 *	struct edge_walk walk = edge_walk_start(automaton, states);
 *	while ((edge = edge_walk_next(&walk)) != NULL)
 */
struct edge_walk {
	const struct automaton *automaton;
	const uint64_t *states;
	uint32_t state;
	uint32_t next; /* edge of the state */
};

static inline struct edge_walk edge_walk_start(const struct automaton *automaton,
					       const uint64_t *states)
{
	return (struct edge_walk){ .automaton = automaton,
				   .states = states,
				   .state = automaton_next(automaton, states, 0) };
}

static inline const struct automaton_edge *edge_walk_next(struct edge_walk *walk)
{
	const struct automaton *automaton = walk->automaton;
	while (walk->state < automaton->state_count) {
		const struct automaton_state *state = &automaton->states[walk->state];
		if (walk->next < state->edge_count)
			return &automaton->edges[state->first_edge + walk->next++];
		walk->state = automaton_next(automaton, walk->states, walk->state + 1);
		walk->next = 0;
	}
	return NULL;
}

/* Whether the calls seen so far may be all. */
bool automaton_accepts(const struct automaton *automaton, const uint64_t *states);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps: what a call does to a set of states of an automaton.
 *
 * Traces repeat themselves, so what was found out for one call is kept for the next of its
 * function, in a table that forgets everything when it is full. So it can make matching fast, but
 * neither wrong nor large: a step that is not there is made by a walk over the edges of the set,
 * which are as many as the specification says, whatever the trace.
 */
#ifndef ANALYSE_VERIFY_STEP_H
#define ANALYSE_VERIFY_STEP_H

#include "analyse/spec.h"

struct step {
	const struct automaton *automaton;
	const uint64_t *from;  /* the set */
	const uint64_t *to;    /* the states that the edges lead to */
	const uint32_t *edges; /* of the automaton: those from the set that the call fits */
	const uint32_t *tried; /* their call_patterns with demands, each once */
	uint32_t edge_count;
	uint32_t tried_count;
	kg_func_id func_id;
};

/* A zeroed one can be released. */
struct step_table {
	const call_patterns *calls;
	struct step *steps;
	size_t count;
	uint16_t *numbers; /* by hash: number of a step + 1, or 0 */
	uint64_t *pool;	   /* what steps point to */
	size_t pool_used;
	size_t pool_len;
	void *memory; /* all of it */
};

KG_MUST_USE enum kg_status steps_init(struct step_table *table, const struct kg_spec *spec);
void steps_release(struct step_table *table);

/* The step of a call of a function with this row; valid until the next is asked for. */
const struct step *steps_find(struct step_table *table, const struct automaton *automaton,
			      const uint64_t *states, kg_func_id func_id, const uint64_t *row);

#endif

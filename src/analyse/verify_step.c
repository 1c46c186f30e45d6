/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what calls do to sets of states, and remembers it. */
#include "analyse/verify_step.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/banned.h"

#define STEPS_MAX 1024
#define NUMBERS 4096 /* a power of two, some times as many */
#define POOL_LEN 16384

/* ---- life ------------------------------------------------------------------------------------ */

/* How much of the pool a step may take: two sets, and two numbers for each edge. */
static size_t step_len(const struct automaton *automaton)
{
	return automaton != NULL ? 2 * (size_t)automaton->set_len + automaton->edge_count : 0;
}

static size_t largest_len(const struct kg_spec *spec)
{
	size_t largest = step_len(spec->main.automaton);
	if (step_len(spec->threads.automaton) > largest)
		largest = step_len(spec->threads.automaton);
	for (size_t i = 0; i < spec->calls.count; i++) {
		if (step_len(spec->calls.at[i].in) > largest)
			largest = step_len(spec->calls.at[i].in);
	}
	return largest;
}

enum kg_status steps_init(struct step_table *table, const struct kg_spec *spec)
{
	const size_t largest = largest_len(spec);
	table->calls = &spec->calls;
	table->pool_len = largest > POOL_LEN ? largest : POOL_LEN;
	table->memory = memory_zalloc(table->pool_len * sizeof(*table->pool) +
				      STEPS_MAX * sizeof(*table->steps) +
				      NUMBERS * sizeof(*table->numbers));
	if (table->memory == NULL)
		return KG_NOMEM;
	table->pool = table->memory;
	table->steps = (struct step *)(table->pool + table->pool_len);
	table->numbers = (uint16_t *)(table->steps + STEPS_MAX);
	return KG_OK;
}

void steps_release(struct step_table *table)
{
	memory_free(table->memory);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Lists the edges from the set that a call fits, and where they lead. */
static void list_edges(const call_patterns *calls, const uint64_t *row, struct step *step,
		       uint32_t *edges, uint64_t *to)
{
	const struct automaton *automaton = step->automaton;
	const struct automaton_edge *edge;
	struct edge_walk walk = edge_walk_start(automaton, step->from);
	while ((edge = edge_walk_next(&walk)) != NULL) {
		if (!row_has(row, calls->at[edge->call].names))
			continue;
		edges[step->edge_count++] = (uint32_t)(edge - automaton->edges);
		states_add(to, edge->to);
	}
}

static void list_tried(const call_patterns *calls, struct step *step, uint32_t *tried)
{
	for (uint32_t i = 0; i < step->edge_count; i++) {
		const uint32_t call = step->automaton->edges[step->edges[i]].call;
		uint32_t j = 0;
		while (j < step->tried_count && tried[j] != call)
			j++;
		if (j == step->tried_count && calls->at[call].has_condition)
			tried[step->tried_count++] = call;
	}
}

/* Makes the step of a call from a set, with what it has at the end of the pool. */
static void make_step(struct step_table *table, const struct automaton *automaton,
		      const uint64_t *states, const uint64_t *row, struct step *step)
{
	uint64_t *from = table->pool + table->pool_used;
	uint64_t *to = from + automaton->set_len;
	uint32_t *edges = (uint32_t *)(to + automaton->set_len);
	memcpy(from, states, automaton->set_len * sizeof(*from));
	memset(to, 0, automaton->set_len * sizeof(*to));
	*step = (struct step){ .automaton = automaton, .from = from, .to = to, .edges = edges };
	list_edges(table->calls, row, step, edges, to);
	step->tried = edges + step->edge_count;
	list_tried(table->calls, step, edges + step->edge_count);
	const size_t numbers = (size_t)step->edge_count + step->tried_count;
	table->pool_used += 2 * (size_t)automaton->set_len + (numbers + 1) / 2;
}

/* ---- the table ------------------------------------------------------------------------------- */

static size_t hash_of(const struct automaton *automaton, const uint64_t *states, kg_func_id func_id)
{
	uint64_t hash = hash_mix((uintptr_t)automaton, func_id);
	for (uint32_t i = 0; i < automaton->set_len; i++)
		hash = hash_mix(hash, states[i]);
	return hash;
}

static bool is_from(const struct step *step, const struct automaton *automaton,
		    const uint64_t *states, kg_func_id func_id)
{
	if (step->automaton != automaton || step->func_id != func_id)
		return false;
	for (uint32_t i = 0; i < automaton->set_len; i++) {
		if (step->from[i] != states[i])
			return false;
	}
	return true;
}

static void forget(struct step_table *table)
{
	table->count = 0;
	table->pool_used = 0;
	memset(table->numbers, 0, NUMBERS * sizeof(*table->numbers));
}

const struct step *steps_find(struct step_table *table, const struct automaton *automaton,
			      const uint64_t *states, kg_func_id func_id, const uint64_t *row)
{
	size_t at = hash_of(automaton, states, func_id) % NUMBERS;
	while (table->numbers[at] != 0) {
		const struct step *step = &table->steps[table->numbers[at] - 1];
		if (is_from(step, automaton, states, func_id))
			return step;
		at = (at + 1) % NUMBERS;
	}
	if (table->count == STEPS_MAX || table->pool_len - table->pool_used < step_len(automaton)) {
		forget(table);
		at = hash_of(automaton, states, func_id) % NUMBERS;
	}
	struct step *step = &table->steps[table->count++];
	table->numbers[at] = (uint16_t)table->count;
	make_step(table, automaton, states, row, step);
	step->func_id = func_id;
	return step;
}

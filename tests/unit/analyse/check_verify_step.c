/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <string.h>

#include "analyse/verify_step.h"

Suite *verify_step_suite(void);

/* An automaton of more than one word of states, each with an edge for some calls. */
#define STATE_COUNT 100
#define EDGES_PER_STATE 3
#define EDGE_COUNT (STATE_COUNT * EDGES_PER_STATE)
#define CALL_COUNT 10
#define SET_LEN 2

struct fixture {
	struct automaton_state states[STATE_COUNT];
	struct automaton_edge edges[EDGE_COUNT];
	struct automaton automaton;
	struct call_pattern calls[CALL_COUNT];
	struct kg_spec spec;
	struct step_table table;
	uint32_t random;
};

static struct fixture fixture;

static uint32_t draw(uint32_t below)
{
	fixture.random = fixture.random * UINT32_C(1664525) + UINT32_C(1013904223);
	return (fixture.random >> 8) % below;
}

static void set_up(void)
{
	fixture = (struct fixture){ .random = 1 };
	for (uint32_t i = 0; i < EDGE_COUNT; i++)
		fixture.edges[i] = (struct automaton_edge){ .call = draw(CALL_COUNT),
							    .to = draw(STATE_COUNT) };
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		fixture.states[i] = (struct automaton_state){ .first_edge = i * EDGES_PER_STATE,
							      .edge_count = EDGES_PER_STATE };
	/* the names of call i are the set i / 2; every third one has demands */
	for (uint32_t i = 0; i < CALL_COUNT; i++)
		fixture.calls[i] =
			(struct call_pattern){ .names = i / 2, .has_condition = i % 3 == 0 };
	fixture.automaton = (struct automaton){ .states = fixture.states,
						.edges = fixture.edges,
						.state_count = STATE_COUNT,
						.edge_count = EDGE_COUNT,
						.set_len = SET_LEN };
	fixture.spec.calls.at = fixture.calls;
	fixture.spec.calls.count = CALL_COUNT;
	fixture.spec.main.automaton = &fixture.automaton;
	ck_assert_int_eq(steps_init(&fixture.table, &fixture.spec), KG_OK);
}

static void tear_down(void)
{
	steps_release(&fixture.table);
}

static bool is_tried(const struct step *step, uint32_t call)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < step->tried_count; i++)
		found += step->tried[i] == call;
	return found == 1;
}

/* Holds a step against the edges of each state of the set. */
static void check_step(const uint64_t *states, uint32_t names)
{
	const uint64_t row = UINT64_C(1) << names;
	const struct step *step =
		steps_find(&fixture.table, &fixture.automaton, states, names, &row);
	uint64_t to[SET_LEN] = { 0 };
	uint32_t count = 0;
	bool is_right = true;
	for (uint32_t i = 0; i < EDGE_COUNT; i++) {
		const struct automaton_edge *edge = &fixture.edges[i];
		if (!states_has(states, i / EDGES_PER_STATE) || edge->call / 2 != names)
			continue;
		is_right &= count < step->edge_count && step->edges[count] == i &&
			    is_tried(step, edge->call) == (edge->call % 3 == 0);
		count++;
		states_add(to, edge->to);
	}
	ck_assert(is_right);
	ck_assert_uint_eq(step->edge_count, count);
	ck_assert_mem_eq(step->to, to, sizeof(to));
}

START_TEST(step_that_is_asked_for_again_is_the_same)
{
	uint64_t states[SET_LEN] = { 0 };
	states_add(states, 3);
	states_add(states, 80);
	for (uint32_t i = 0; i < 50; i++)
		check_step(states, i % (CALL_COUNT / 2));
	ck_assert_uint_eq(fixture.table.count, CALL_COUNT / 2);
}
END_TEST

START_TEST(steps_beyond_what_can_be_kept_are_right)
{
	size_t largest = 0;
	bool has_forgotten = false;
	for (uint32_t i = 0; i < 2000; i++) {
		const size_t before = fixture.table.count;
		uint64_t states[SET_LEN] = { 0 };
		for (uint32_t j = draw(STATE_COUNT / 2); j > 0; j--)
			states_add(states, draw(STATE_COUNT));
		check_step(states, draw(CALL_COUNT / 2));
		check_step(states, draw(CALL_COUNT / 2));
		has_forgotten |= fixture.table.count < before;
		if (fixture.table.count > largest)
			largest = fixture.table.count;
	}
	ck_assert(has_forgotten);
	ck_assert_uint_gt(largest, 100);
}
END_TEST

Suite *verify_step_suite(void)
{
	Suite *suite = suite_create("verify_step");
	TCase *steps = tcase_create("steps");
	tcase_add_checked_fixture(steps, set_up, tear_down);
	tcase_add_test(steps, step_that_is_asked_for_again_is_the_same);
	tcase_add_test(steps, steps_beyond_what_can_be_kept_are_right);
	suite_add_tcase(suite, steps);
	return suite;
}

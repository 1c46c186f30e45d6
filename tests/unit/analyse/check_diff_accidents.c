/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "diff_script.h"

Suite *diff_accidents_suite(void);

#define LIGHT_COUNT 60
#define LIGHT_NS 700
#define OFTEN_COUNT 13

/* What one side's calls take longer than usual. */
struct late {
	uint64_t once_ns;	 /* a call of 7 us */
	uint64_t light_ns;	 /* one that does nothing but to be traced */
	uint64_t one_of_many_ns; /* one of OFTEN_COUNT calls of 1 us */
	uint64_t each_of_many_ns;
	uint64_t pages_ns; /* each of OFTEN_COUNT light calls; of others shorter by as much */
};

static uint64_t play_often(struct fixture *fixture, const struct late *late)
{
	uint64_t sum_ns = 0;
	for (int i = 0; i < OFTEN_COUNT; i++) {
		const uint64_t often_ns =
			1000 + late->each_of_many_ns + (i == 3 ? late->one_of_many_ns : 0);
		leaf(fixture, "often", often_ns);
		leaf(fixture, "before", LIGHT_NS + late->pages_ns);
		leaf(fixture, "after", LIGHT_NS + 300 - late->pages_ns);
		sum_ns += often_ns + 2 * LIGHT_NS + 300;
	}
	return sum_ns;
}

static void play_late(struct fixture *fixture, enum kg_diff_side side, const struct late *late)
{
	uint64_t sum_ns = 0;
	start(fixture, side);
	enter(fixture, "root");
	for (int i = 0; i < LIGHT_COUNT; i++) {
		char name[20];
		snprintf(name, sizeof(name), "light_%02d", i);
		const uint64_t ns = LIGHT_NS + (i == 7 ? late->light_ns : 0);
		leaf(fixture, name, ns);
		sum_ns += ns;
	}
	leaf(fixture, "once", 7000 + late->once_ns);
	sum_ns += 7000 + late->once_ns + play_often(fixture, late);
	leave(fixture, sum_ns + 1000);
	finish(fixture);
}

/* The calls that are told, one behind the other. */
static void tell(bool is_lab, const struct late *old, const struct late *new, char *told,
		 size_t size)
{
	static const char env[] =
		"{\"schema\": \"kvmgraph.env/1\", \"host\": {\"emulated\": true}}";
	struct fixture fixture;
	set_up(&fixture);
	for (int side = 0; side < KG_SIDE_COUNT && is_lab; side++)
		add_environment(&fixture, (enum kg_diff_side)side, env);
	play_late(&fixture, KG_SIDE_OLD, old);
	play_late(&fixture, KG_SIDE_NEW, new);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->method, KG_DIFF_EXACT);
	told[0] = '\0';
	for (size_t i = 0; i < fixture.report->timing_count; i++) {
		const struct kg_diff_timing *timing = &fixture.report->timings[i];
		if (timing->verdict != KG_DIFF_CHANGED)
			continue;
		strncat(told, kg_diff_path_name(fixture.diff, timing->path),
			size - strlen(told) - 1);
		strncat(told, " ", size - strlen(told) - 1);
	}
	ck_assert_int_eq(fixture.report->verdict, told[0] == '\0' ? KG_DIFF_SAME : KG_DIFF_CHANGED);
	tear_down(&fixture);
}

static void expect_told(bool is_lab, const struct late *late, const char *names)
{
	const struct late none = { 0 };
	char told[200];
	tell(is_lab, &none, late, told, sizeof(told));
	ck_assert_str_eq(told, names);
	tell(is_lab, late, &none, told, sizeof(told));
	ck_assert_str_eq(told, names);
}

START_TEST(accident_of_a_call_that_works_is_none)
{
	const struct late late = { .once_ns = 6900 };
	expect_told(true, &late, "");
	/* of another clock nothing is known */
	expect_told(false, &late, "once ");
}
END_TEST

START_TEST(accident_is_not_what_takes_longer_than_any)
{
	const struct late late = { .once_ns = 40000 };
	expect_told(true, &late, "once ");
}
END_TEST

START_TEST(accident_does_not_come_to_a_call_that_does_nothing)
{
	const struct late late = { .light_ns = 6300 };
	expect_told(true, &late, "light_07 ");
}
END_TEST

START_TEST(accident_comes_to_one_of_many)
{
	const struct late one = { .one_of_many_ns = 6600 };
	expect_told(true, &one, "");
	const struct late each = { .each_of_many_ns = 500 };
	expect_told(true, &each, "often ");
	const struct late both = { .one_of_many_ns = 6600, .each_of_many_ns = 500 };
	expect_told(true, &both, "often ");
	const struct late wait = { .one_of_many_ns = 900000 };
	expect_told(true, &wait, "often ");
}
END_TEST

START_TEST(accident_is_where_the_tracer_turns_a_page)
{
	const struct late pages = { .pages_ns = 215 };
	expect_told(true, &pages, "");
	expect_told(false, &pages, "before after ");
}
END_TEST

static const char emulated[] = "{\"schema\": \"kvmgraph.env/1\", \"host\": {\"emulated\": true}}";
static const char real[] = "{\"schema\": \"kvmgraph.env/1\", \"host\": {\"emulated\": false}}";
static const char silent[] = "{\"schema\": \"kvmgraph.env/1\", \"host\": {\"emulated\": null}}";

/* How many changed times may be accidents, with documents beside old and new; NULL: none. */
static void expect_maybe(const char *old_env, const char *new_env, uint64_t once_ns, uint64_t count)
{
	const char *const envs[KG_SIDE_COUNT] = { old_env, new_env };
	struct fixture fixture;
	set_up(&fixture);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const struct late late = { .once_ns = side == KG_SIDE_NEW ? once_ns : 0 };
		if (envs[side] != NULL)
			add_environment(&fixture, (enum kg_diff_side)side, envs[side]);
		play_late(&fixture, (enum kg_diff_side)side, &late);
	}
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->maybe_accidents, count);
	for (int side = 0; side < KG_SIDE_COUNT; side++)
		ck_assert_int_eq(fixture.report->is_machine_known[side],
				 envs[side] == emulated || envs[side] == real);
	tear_down(&fixture);
}

START_TEST(accident_may_be_one_where_nobody_tells)
{
	/* the call, and the phase with it */
	expect_maybe(NULL, NULL, 6900, 2);
	expect_maybe(emulated, NULL, 6900, 2);
	expect_maybe(silent, emulated, 6900, 2);
	expect_maybe(emulated, emulated, 6900, 0);
	expect_maybe(real, NULL, 6900, 0);
	/* more than accidents make */
	expect_maybe(NULL, NULL, 69000, 0);
	expect_maybe(NULL, NULL, 0, 0);
}
END_TEST

Suite *diff_accidents_suite(void)
{
	Suite *suite = suite_create("diff_accidents");
	TCase *tcase = tcase_create("counted");
	tcase_add_test(tcase, accident_of_a_call_that_works_is_none);
	tcase_add_test(tcase, accident_is_not_what_takes_longer_than_any);
	tcase_add_test(tcase, accident_does_not_come_to_a_call_that_does_nothing);
	tcase_add_test(tcase, accident_comes_to_one_of_many);
	tcase_add_test(tcase, accident_is_where_the_tracer_turns_a_page);
	tcase_add_test(tcase, accident_may_be_one_where_nobody_tells);
	suite_add_tcase(suite, tcase);
	return suite;
}

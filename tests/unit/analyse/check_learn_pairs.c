/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <string.h>

#include "analyse/learn_pairs.h"

Suite *learn_pairs_suite(void);

struct fixture {
	struct intern names;
	struct learned_pairs pairs;
};

static uint32_t name_of(struct fixture *fixture, const char *text)
{
	const struct span span = { (const unsigned char *)text, strlen(text) };
	const size_t known = fixture->names.strings.count;
	const uint32_t name = intern_add_copy(&fixture->names, span);
	if (name == known)
		ck_assert(pairs_add_name(&fixture->pairs, &fixture->names, name));
	return name;
}

static void take(struct fixture *fixture, const char *text, uint32_t task, uint16_t cpu)
{
	ck_assert(pairs_take(&fixture->pairs, name_of(fixture, text), task, cpu));
}

/* The pair of two names, or NULL. */
static const struct learned_pair *pair_of(struct fixture *fixture, const char *first,
					  const char *second)
{
	const uint32_t a = name_of(fixture, first);
	const uint32_t b = name_of(fixture, second);
	for (size_t i = 0; i < fixture->pairs.rows.count; i++) {
		if (fixture->pairs.rows.at[i].first == a && fixture->pairs.rows.at[i].second == b)
			return &fixture->pairs.rows.at[i];
	}
	return NULL;
}

static void tear_down(struct fixture *fixture)
{
	pairs_release(&fixture->pairs);
	intern_release(&fixture->names);
}

START_TEST(pairs_are_known_by_one_word)
{
	struct fixture fixture = { 0 };
	static const char *const known[][2] = {
		{ "vcpu_load", "vcpu_put" },
		{ "_raw_spin_lock", "_raw_spin_unlock" },
		{ "_raw_spin_lock_irqsave", "_raw_spin_unlock_irqrestore" },
		{ "kvm_sched_out", "kvm_sched_in" },
		{ "down_read", "up_read" },
	};
	static const char *const unknown[][2] = {
		{ "vcpu_load", "kvm_vcpu_put" },
		{ "_raw_spin_lock_irqsave", "_raw_spin_unlock" },
		{ "unload_it", "put_it" },
		{ "vcpu_put", "vcpu_load" },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		name_of(&fixture, known[i][i % 2]);
		ck_assert_ptr_nonnull(pair_of(&fixture, known[i][0], known[i][1]));
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ck_assert_ptr_null(pair_of(&fixture, unknown[i][0], unknown[i][1]));
	ck_assert(pairs_has_counterpart(&fixture.pairs, name_of(&fixture, "vcpu_put")));
	ck_assert(!pairs_has_counterpart(&fixture.pairs, name_of(&fixture, "free_it")));
	tear_down(&fixture);
}
END_TEST

START_TEST(pairs_take_turns_in_a_task_though_not_in_the_trace)
{
	struct fixture fixture = { 0 };
	pairs_start_trace(&fixture.pairs);
	take(&fixture, "it_lock", 0, 0);
	take(&fixture, "it_lock", 1, 1);
	take(&fixture, "it_unlock", 0, 1);
	take(&fixture, "it_unlock", 1, 0);
	pairs_finish_trace(&fixture.pairs);
	const struct learned_pair *pair = pair_of(&fixture, "it_lock", "it_unlock");
	ck_assert_uint_eq(pair->broken, 1U << TURNS_IN_TRACE);
	ck_assert_uint_eq(pair->count, 2);
	ck_assert_uint_eq(pair->trace_count, 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(pairs_left_open_at_the_end_do_not_take_turns)
{
	struct fixture fixture = { 0 };
	pairs_start_trace(&fixture.pairs);
	take(&fixture, "it_get", 0, 0);
	take(&fixture, "it_put", 0, 0);
	pairs_finish_trace(&fixture.pairs);
	ck_assert_uint_eq(pair_of(&fixture, "it_get", "it_put")->broken, 0);
	pairs_start_trace(&fixture.pairs);
	take(&fixture, "it_get", 0, 0);
	pairs_finish_trace(&fixture.pairs);
	ck_assert_uint_eq(pair_of(&fixture, "it_get", "it_put")->broken, (1U << TURNS_COUNT) - 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(pairs_of_a_trace_that_is_begun_anew_are_forgotten)
{
	struct fixture fixture = { 0 };
	pairs_start_trace(&fixture.pairs);
	take(&fixture, "it_put", 0, 0);
	take(&fixture, "it_get", 0, 0);
	pairs_start_trace(&fixture.pairs);
	take(&fixture, "it_get", 0, 0);
	take(&fixture, "it_put", 0, 0);
	pairs_finish_trace(&fixture.pairs);
	ck_assert_uint_eq(pair_of(&fixture, "it_get", "it_put")->broken, 0);
	ck_assert_uint_eq(pair_of(&fixture, "it_get", "it_put")->count, 1);
	tear_down(&fixture);
}
END_TEST

Suite *learn_pairs_suite(void)
{
	Suite *suite = suite_create("learn_pairs");
	TCase *tcase = tcase_create("pairs");
	tcase_add_test(tcase, pairs_are_known_by_one_word);
	tcase_add_test(tcase, pairs_take_turns_in_a_task_though_not_in_the_trace);
	tcase_add_test(tcase, pairs_left_open_at_the_end_do_not_take_turns);
	tcase_add_test(tcase, pairs_of_a_trace_that_is_begun_anew_are_forgotten);
	suite_add_tcase(suite, tcase);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <math.h>

#include "analyse/rank.h"
#include "random.h"

Suite *rank_suite(void);

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool is_near(double found, double expected)
{
	return fabs(found - expected) <= 1e-9 * fabs(expected) + 1e-12;
}

START_TEST(rank_median_takes_the_middle)
{
	uint64_t odd[] = { 5, 1, 9 };
	uint64_t even[] = { 10, 1, 4, 5 };
	uint64_t large[] = { UINT64_MAX, UINT64_MAX - 2 };
	ck_assert_uint_eq(rank_median(odd, 3), 5);
	ck_assert_uint_eq(rank_median(even, 4), 4);
	ck_assert_uint_eq(rank_median(large, 2), UINT64_MAX - 1);
	ck_assert_uint_eq(rank_median(NULL, 0), 0);
}
END_TEST

/* The numbers of arrangements of 3 and 3 values are 20, of 5 and 5 are 252. */
START_TEST(rank_test_is_exact_for_few_values)
{
	struct rank rank = { 0 };
	const uint64_t low[] = { 1, 2, 3 };
	const uint64_t high[] = { 4, 5, 6 };
	const uint64_t mixed[] = { 0, 4, 7 };
	ck_assert(is_near(rank_test(&rank, low, 3, high, 3), 2.0 / 20));
	ck_assert(is_near(rank_test(&rank, high, 3, low, 3), 2.0 / 20));
	/* U = 3 of 9: arrangements with U <= 3 are 7 */
	ck_assert(is_near(rank_test(&rank, low, 3, mixed, 3), 14.0 / 20));
	ck_assert(is_near(rank_test(&rank, low, 3, low, 3), 1));
	ck_assert(is_near(rank_test_least(5, 5), 2.0 / 252));
	ck_assert(is_near(rank_test_least(10, 10), 2.0 / 184756));
	ck_assert(is_near(rank_test_least(1, 1), 1));
	rank_release(&rank);
}
END_TEST

/* By hand: ranks 1.5 1.5 3 | 4 5.5 5.5 are the outermost of 20 choices, once at each end. */
START_TEST(rank_test_is_exact_with_ties)
{
	struct rank rank = { 0 };
	const uint64_t low[] = { 1, 1, 2 };
	const uint64_t high[] = { 3, 4, 4 };
	const uint64_t same[] = { 7, 7, 7, 7 };
	ck_assert(is_near(rank_test(&rank, low, 3, high, 3), 2.0 / 20));
	ck_assert(is_near(rank_test(&rank, same, 4, same, 4), 1));
	rank_release(&rank);
}
END_TEST

/* 30 and 30 values, wholly apart: z = (450 - 0.5) / sqrt(900 * 61 / 12) */
START_TEST(rank_test_of_many_values_is_the_normal_approximation)
{
	struct rank rank = { 0 };
	uint64_t low[30];
	uint64_t high[30];
	for (uint64_t i = 0; i < 30; i++) {
		low[i] = i;
		high[i] = 100 + i;
	}
	const double z = 449.5 / sqrt(900.0 * 61 / 12);
	ck_assert(is_near(rank_test(&rank, low, 30, high, 30), erfc(z / sqrt(2.0))));
	ck_assert(is_near(rank_test(&rank, low, 30, low, 30), 1));
	rank_release(&rank);
}
END_TEST

START_TEST(rank_test_with_an_empty_side_tells_nothing)
{
	struct rank rank = { 0 };
	const uint64_t some[] = { 1, 2 };
	ck_assert(rank_test(&rank, some, 2, some, 0) == 1);
	ck_assert(rank_effect(some, 2, some, 0) == 0);
	rank_release(&rank);
}
END_TEST

/* Of 2,000 pairs drawn alike so many have a p of at most 5 % as that says, and no more. */
START_TEST(rank_test_of_the_same_is_seldom_small)
{
	struct rank rank = { 0 };
	struct random random = { 99 };
	unsigned int small = 0;
	for (int i = 0; i < 2000; i++) {
		uint64_t old[8];
		uint64_t new[8];
		for (size_t j = 0; j < 8; j++) {
			old[j] = random_below(&random, 1000000);
			new[j] = random_below(&random, 1000000);
		}
		small += rank_test(&rank, old, 8, new, 8) <= 0.05;
	}
	ck_assert_uint_ge(small, 60);
	ck_assert_uint_le(small, 130);
	rank_release(&rank);
}
END_TEST

START_TEST(rank_effect_counts_who_is_larger)
{
	const uint64_t low[] = { 1, 2 };
	const uint64_t high[] = { 2, 3 };
	ck_assert(is_near(rank_effect(low, 2, high, 2), 0.75));
	ck_assert(is_near(rank_effect(high, 2, low, 2), -0.75));
	ck_assert(is_near(rank_effect(low, 2, low, 2), 0));
}
END_TEST

START_TEST(rank_interval_holds_the_change_and_is_the_same_each_time)
{
	struct rank rank = { 0 };
	struct random random = { 7 };
	uint64_t old[20];
	uint64_t new[20];
	for (size_t i = 0; i < 20; i++) {
		old[i] = 1000 + random_below(&random, 100);
		new[i] = 1500 + random_below(&random, 100);
	}
	int64_t low;
	int64_t high;
	int64_t low_again;
	int64_t high_again;
	ck_assert(rank_interval(&rank, old, 20, new, 20, &low, &high));
	ck_assert(rank_interval(&rank, old, 20, new, 20, &low_again, &high_again));
	ck_assert(low == low_again && high == high_again);
	ck_assert(low <= 500 && high >= 500);
	ck_assert(low > 400 && high < 600);
	rank_release(&rank);
}
END_TEST

START_TEST(rank_noise_is_what_halves_of_one_side_are_apart)
{
	struct rank rank = { 0 };
	const uint64_t still[] = { 5, 5, 5, 5, 5, 5 };
	const uint64_t loud[] = { 0, 1000, 0, 1000, 0, 1000, 0, 1000 };
	ck_assert_uint_eq(rank_noise(&rank, still, 6), 0);
	ck_assert_uint_eq(rank_noise(&rank, loud, 8), 707);
	ck_assert_uint_eq(rank_noise(&rank, loud, 3), 0);
	rank_release(&rank);
}
END_TEST

/* The worked example of Benjamini and Hochberg's procedure and of Holm's, by hand. */
START_TEST(rank_adjusts_for_many_comparisons)
{
	double holm[] = { 0.01, 0.04, 0.03, 0.005 };
	double rate[] = { 0.01, 0.04, 0.03, 0.005 };
	const double holm_expected[] = { 0.03, 0.06, 0.06, 0.02 };
	const double rate_expected[] = { 0.02, 0.04, 0.04, 0.02 };
	ck_assert(rank_adjust_holm(holm, 4));
	ck_assert(rank_adjust_rate(rate, 4));
	for (size_t i = 0; i < COUNT_OF(holm); i++) {
		ck_assert(is_near(holm[i], holm_expected[i]));
		ck_assert(is_near(rate[i], rate_expected[i]));
	}
	ck_assert(rank_adjust_holm(holm, 0));
}
END_TEST

Suite *rank_suite(void)
{
	Suite *suite = suite_create("rank");
	TCase *values = tcase_create("values");
	tcase_add_test(values, rank_median_takes_the_middle);
	suite_add_tcase(suite, values);
	TCase *test = tcase_create("test");
	tcase_add_test(test, rank_test_is_exact_for_few_values);
	tcase_add_test(test, rank_test_is_exact_with_ties);
	tcase_add_test(test, rank_test_of_many_values_is_the_normal_approximation);
	tcase_add_test(test, rank_test_with_an_empty_side_tells_nothing);
	tcase_add_test(test, rank_test_of_the_same_is_seldom_small);
	suite_add_tcase(suite, test);
	TCase *size = tcase_create("size");
	tcase_add_test(size, rank_effect_counts_who_is_larger);
	tcase_add_test(size, rank_interval_holds_the_change_and_is_the_same_each_time);
	tcase_add_test(size, rank_noise_is_what_halves_of_one_side_are_apart);
	tcase_add_test(size, rank_adjusts_for_many_comparisons);
	suite_add_tcase(suite, size);
	return suite;
}

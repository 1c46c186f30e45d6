/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>

#include "analyse/histogram.h"
#include "base/memory.h"
#include "random.h"

Suite *histogram_suite(void);

static void add(struct histogram *histogram, uint64_t value)
{
	if (!histogram_add(histogram, value))
		ck_abort_msg("out of memory");
}

START_TEST(histogram_empty_has_quantile_zero)
{
	struct histogram histogram = { 0 };
	ck_assert_uint_eq(histogram_quantile(&histogram, 50), 0);
	ck_assert(histogram_is_exact(&histogram));
	histogram_release(&histogram);
}
END_TEST

START_TEST(histogram_few_values_have_nearest_ranks)
{
	struct histogram histogram = { 0 };
	add(&histogram, 1000001);
	ck_assert_uint_eq(histogram_quantile(&histogram, 1), 1000001);
	ck_assert_uint_eq(histogram_quantile(&histogram, 100), 1000001);
	for (uint64_t i = 9; i > 0; i--)
		add(&histogram, i);
	/* of ten: the 5th, the 9th, the 10th */
	ck_assert_uint_eq(histogram_quantile(&histogram, 50), 5);
	ck_assert_uint_eq(histogram_quantile(&histogram, 90), 9);
	ck_assert_uint_eq(histogram_quantile(&histogram, 99), 1000001);
	/* an eleventh makes the median the 6th: values may come after questions */
	add(&histogram, 0);
	ck_assert_uint_eq(histogram_quantile(&histogram, 50), 5);
	ck_assert_uint_eq(histogram_quantile(&histogram, 1), 0);
	histogram_release(&histogram);
}
END_TEST

START_TEST(histogram_is_exact_up_to_its_limit)
{
	struct histogram histogram = { 0 };
	for (uint64_t i = 1; i <= HISTOGRAM_EXACT_MAX; i++)
		add(&histogram, i * 1000001);
	ck_assert(histogram_is_exact(&histogram));
	ck_assert_uint_eq(histogram_quantile(&histogram, 50), 256 * UINT64_C(1000001));
	add(&histogram, 1);
	ck_assert(!histogram_is_exact(&histogram));
	ck_assert_uint_eq(histogram.count, HISTOGRAM_EXACT_MAX + 1);
	uint64_t exact = 256 * UINT64_C(1000001);
	uint64_t median = histogram_quantile(&histogram, 50);
	ck_assert_uint_le(median, exact);
	ck_assert_uint_ge(median, exact - exact / 128);
	histogram_release(&histogram);
}
END_TEST

START_TEST(histogram_small_values_stay_exact)
{
	struct histogram histogram = { 0 };
	for (uint64_t i = 0; i < 256 * 100; i++)
		add(&histogram, i % 256);
	ck_assert(!histogram_is_exact(&histogram));
	ck_assert_uint_eq(histogram_quantile(&histogram, 1), 2);
	ck_assert_uint_eq(histogram_quantile(&histogram, 50), 127);
	ck_assert_uint_eq(histogram_quantile(&histogram, 51), 130);
	ck_assert_uint_eq(histogram_quantile(&histogram, 100), 255);
	histogram_release(&histogram);
}
END_TEST

START_TEST(histogram_takes_the_largest_values)
{
	struct histogram histogram = { 0 };
	for (int i = 0; i < 1000; i++)
		add(&histogram, i < 500 ? UINT64_MAX : 0);
	ck_assert_uint_eq(histogram_quantile(&histogram, 50), 0);
	ck_assert_uint_eq(histogram_quantile(&histogram, 51), UINT64_C(255) << 56);
	histogram_release(&histogram);
}
END_TEST

static int compare_values(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

START_TEST(histogram_quantiles_are_never_far_below)
{
	enum { COUNT = 20000 };
	static uint64_t values[COUNT];
	struct histogram histogram = { 0 };
	struct random random = { 7 };
	for (size_t i = 0; i < COUNT; i++) {
		values[i] = random_next(&random) >> random_below(&random, 48);
		add(&histogram, values[i]);
	}
	qsort(values, COUNT, sizeof(values[0]), compare_values);
	for (unsigned int percent = 1; percent <= 100; percent++) {
		uint64_t exact = values[((uint64_t)COUNT * percent + 99) / 100 - 1];
		uint64_t told = histogram_quantile(&histogram, percent);
		ck_assert_uint_le(told, exact);
		ck_assert_uint_ge(told, exact - exact / 128);
	}
	histogram_release(&histogram);
}
END_TEST

/* Merging the parts of a stream has to answer as the whole does, however it is cut. */
static void expect_merge(size_t left_count, size_t right_count)
{
	struct histogram whole = { 0 };
	struct histogram left = { 0 };
	struct histogram right = { 0 };
	struct random random = { 11 };
	for (size_t i = 0; i < left_count + right_count; i++) {
		uint64_t value = random_next(&random) >> random_below(&random, 40);
		add(&whole, value);
		add(i < left_count ? &left : &right, value);
	}
	ck_assert(histogram_merge(&left, &right));
	ck_assert_uint_eq(left.count, whole.count);
	ck_assert_int_eq(histogram_is_exact(&left), histogram_is_exact(&whole));
	for (unsigned int percent = 1; percent <= 100; percent++)
		ck_assert_uint_eq(histogram_quantile(&left, percent),
				  histogram_quantile(&whole, percent));
	ck_assert_uint_eq(right.count, right_count);
	histogram_release(&whole);
	histogram_release(&left);
	histogram_release(&right);
}

START_TEST(histogram_merge_answers_as_the_whole)
{
	expect_merge(0, 0);
	expect_merge(0, 10);
	expect_merge(10, 0);
	expect_merge(200, 312);
	expect_merge(200, 313);
	expect_merge(0, 1000);
	expect_merge(1000, 0);
	expect_merge(10, 1000);
	expect_merge(1000, 10);
	expect_merge(3000, 5000);
}
END_TEST

START_TEST(histogram_out_of_memory_is_clean)
{
	for (uint64_t passes = 0;; passes++) {
		struct histogram histogram = { 0 };
		size_t added = 0;
		memory_fail_after(passes);
		while (added < 600 && histogram_add(&histogram, (added % 3) << (added % 50)))
			added++;
		memory_fail_after(UINT64_MAX);
		ck_assert_uint_eq(histogram.count, added);
		if (added < 600)
			add(&histogram, 1);
		histogram_release(&histogram);
		if (added == 600)
			break;
	}
}
END_TEST

Suite *histogram_suite(void)
{
	Suite *suite = suite_create("histogram");
	TCase *exact = tcase_create("exact");
	tcase_add_test(exact, histogram_empty_has_quantile_zero);
	tcase_add_test(exact, histogram_few_values_have_nearest_ranks);
	tcase_add_test(exact, histogram_is_exact_up_to_its_limit);
	suite_add_tcase(suite, exact);
	TCase *buckets = tcase_create("buckets");
	tcase_add_test(buckets, histogram_small_values_stay_exact);
	tcase_add_test(buckets, histogram_takes_the_largest_values);
	tcase_add_test(buckets, histogram_quantiles_are_never_far_below);
	tcase_add_test(buckets, histogram_merge_answers_as_the_whole);
	tcase_add_test(buckets, histogram_out_of_memory_is_clean);
	suite_add_tcase(suite, buckets);
	return suite;
}

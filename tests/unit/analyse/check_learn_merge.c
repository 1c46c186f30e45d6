/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "analyse/learn_merge.h"
#include "random.h"

Suite *learn_merge_suite(void);

#define TRACES_MAX 4

/* Each trace as letters, each letter a step; what comes out as text. */
static const char *merged(const char *const *traces, size_t count, char *out, size_t room)
{
	run_list runs[TRACES_MAX] = { 0 };
	item_list items = { 0 };
	size_t len = 0;
	for (size_t t = 0; t < count; t++) {
		for (const char *at = traces[t]; *at != '\0'; at++)
			ck_assert(runs_add(&runs[t], (uint32_t)(*at - 'a'), 1));
	}
	ck_assert(items_of(runs, count, &items));
	out[0] = '\0';
	for (size_t i = 0; i < items.count; i++) {
		const struct item *item = &items.at[i];
		len += (size_t)snprintf(out + len, room - len, "%s(", i > 0 ? " " : "");
		for (uint32_t j = 0; j < item->len; j++)
			len += (size_t)snprintf(out + len, room - len, "%c%d-%d",
						'a' + (char)item->body[j].class,
						(int)item->body[j].min, (int)item->body[j].max);
		for (uint64_t rest = item->any; rest != 0; rest &= rest - 1)
			len += (size_t)snprintf(out + len, room - len, "%c",
						'a' + (char)__builtin_ctzll(rest));
		len += (size_t)snprintf(out + len, room - len, ")%d-%d/%d", (int)item->min,
					(int)item->max, (int)item->trace_count);
	}
	for (size_t t = 0; t < count; t++)
		column_release(&runs[t]);
	column_release(&items);
	return out;
}

static void check(const char *const *traces, size_t count, const char *expected)
{
	char out[1024];
	ck_assert_str_eq(merged(traces, count, out, sizeof(out)), expected);
}

START_TEST(merge_of_one_trace_is_its_runs)
{
	check((const char *const[]){ "aabccc" }, 1, "(a2-2)1-1/1 (b1-1)1-1/1 (c3-3)1-1/1");
	check((const char *const[]){ "" }, 1, "");
}
END_TEST

START_TEST(merge_tells_how_numbers_differ)
{
	check((const char *const[]){ "abbbc", "abc" }, 2, "(a1-1)1-1/2 (b1-3)1-1/2 (c1-1)1-1/2");
}
END_TEST

START_TEST(merge_makes_optional_what_not_all_have)
{
	check((const char *const[]){ "abd", "acd" }, 2,
	      "(a1-1)1-1/2 (b1-1)1-1/1 (c1-1)1-1/1 (d1-1)1-1/2");
}
END_TEST

START_TEST(merge_folds_what_repeats_to_a_loop)
{
	check((const char *const[]){ "abcbcbcd" }, 1, "(a1-1)1-1/1 (b1-1c1-1)3-3/1 (d1-1)1-1/1");
	/* one round in another trace is that loop, too */
	check((const char *const[]){ "abcbbcbcd", "abcd" }, 2,
	      "(a1-1)1-1/2 (b1-2c1-1)1-3/2 (d1-1)1-1/2");
}
END_TEST

START_TEST(merge_of_what_has_no_order_is_one_loop)
{
	struct random random = { 7 };
	char trace[400] = "a";
	for (size_t i = 1; i + 2 < sizeof(trace); i++)
		trace[i] = (char)('b' + random_below(&random, 5));
	trace[sizeof(trace) - 2] = 'z';
	check((const char *const[]){ trace }, 1, "(a1-1)1-1/1 (bcdef)1-397/1 (z1-1)1-1/1");
}
END_TEST

Suite *learn_merge_suite(void)
{
	Suite *suite = suite_create("learn_merge");
	TCase *tcase = tcase_create("merge");
	tcase_add_test(tcase, merge_of_one_trace_is_its_runs);
	tcase_add_test(tcase, merge_tells_how_numbers_differ);
	tcase_add_test(tcase, merge_makes_optional_what_not_all_have);
	tcase_add_test(tcase, merge_folds_what_repeats_to_a_loop);
	tcase_add_test(tcase, merge_of_what_has_no_order_is_one_loop);
	suite_add_tcase(suite, tcase);
	return suite;
}

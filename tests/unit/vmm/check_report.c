/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How lives are counted, with lives that were never lived. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/vmm.h"

START_TEST(a_spread_is_by_nearest_rank)
{
	uint64_t values[200];
	for (uint64_t i = 0; i < 200; i++)
		values[i] = 200 - i;
	const struct spread spread = spread_of(values, 200);
	ck_assert_uint_eq(spread.count, 200);
	ck_assert_uint_eq(spread.min_ns, 1);
	ck_assert_uint_eq(spread.median_ns, 100);
	ck_assert_uint_eq(spread.p99_ns, 198);
	ck_assert_uint_eq(spread.max_ns, 200);
}
END_TEST

START_TEST(a_spread_leaves_out_what_was_not_done)
{
	uint64_t values[] = { NOT_DONE, 7, NOT_DONE, 5 };
	const struct spread spread = spread_of(values, 4);
	ck_assert_uint_eq(spread.count, 2);
	ck_assert_uint_eq(spread.min_ns, 5);
	ck_assert_uint_eq(spread.max_ns, 7);
	uint64_t nothing[] = { NOT_DONE };
	ck_assert_uint_eq(spread_of(nothing, 1).count, 0);
	ck_assert_uint_eq(spread_of(nothing, 0).count, 0);
}
END_TEST

/* A report of as many lives as are asked for, each step 10 ns long and 1 ns after the last. */
static struct report *make_report(const char *name, uint64_t lives, uint32_t steps_done)
{
	struct plan plan;
	char why[384];
	const struct plan_params params = { { 0 } };
	ck_assert(plan_make(&plan, scenario_find(name), &params, why, sizeof(why)));
	struct report *report = report_new(&plan, lives, 0);
	ck_assert_ptr_nonnull(report);
	for (uint64_t life = 0; life < lives; life++) {
		life_reset(report->last);
		for (uint32_t i = 0; i < steps_done; i++) {
			struct log_row *row = &report->last->rows[i];
			row->is_done = row->is_ok = true;
			row->start_ns = 1000 + 11 * i;
			row->duration_ns = 10;
		}
		report_count(report);
	}
	return report;
}

START_TEST(time_between_steps_is_outside)
{
	struct report *report = make_report("minimal", 3, 5);
	ck_assert_uint_eq(spread_of(report->life_ns, 3).median_ns, 54);
	ck_assert_uint_eq(spread_of(report->outside_ns, 3).median_ns, 4);
	report_free(report);
}
END_TEST

START_TEST(steps_that_overlap_have_no_outside)
{
	struct report *report = make_report("smp", 1, 5);
	ck_assert_uint_eq(spread_of(report->life_ns, 1).count, 1);
	ck_assert_uint_eq(spread_of(report->outside_ns, 1).count, 0);
	report_free(report);
}
END_TEST

START_TEST(a_row_knows_its_step)
{
	struct report *report = make_report("hello", 1, 0);
	for (size_t i = 0; i < report_row_count(report); i++) {
		uint32_t number;
		const struct step *step = report_step(report, i, &number);
		ck_assert_uint_eq(step->first_log + number, i);
		ck_assert_uint_lt(number, step->log_count);
	}
	report_free(report);
}
END_TEST

static char *print(struct report *report, bool as_json)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(to);
	ck_assert(as_json ? report_json(report, to) : report_text(report, false, to));
	fclose(to);
	return text;
}

START_TEST(what_a_guest_prints_is_escaped)
{
	struct report *report = make_report("hello", 1, 1);
	memcpy(report->last->output, "\x1b[31m\"\x9b", 7);
	report->last->output_len = 7;
	char *text = print(report, false);
	ck_assert_ptr_nonnull(strstr(text, "\\x1b[31m\\x22\\x9b"));
	ck_assert_ptr_null(strchr(text, 0x1b));
	free(text);
	text = print(report, true);
	ck_assert_ptr_nonnull(strstr(text, "\"output\": \"\\u001B[31m\\\"\xc2\x9b\""));
	free(text);
	report_free(report);
}
END_TEST

START_TEST(many_rows_are_summed_up)
{
	struct report *report = make_report("churn", 2, 64);
	char *text = print(report, false);
	ck_assert_ptr_nonnull(strstr(text, "times"));
	free(text);
	report_free(report);
}
END_TEST

START_TEST(a_step_that_was_not_done_is_not_there)
{
	struct report *report = make_report("minimal", 1, 2);
	char *text = print(report, true);
	ck_assert_ptr_nonnull(strstr(text, "\"api-version\""));
	ck_assert_ptr_null(strstr(text, "\"create-vm\""));
	free(text);
	report_free(report);
}
END_TEST

Suite *report_suite(void);

Suite *report_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");
	tcase_add_test(tcase, a_spread_is_by_nearest_rank);
	tcase_add_test(tcase, a_spread_leaves_out_what_was_not_done);
	tcase_add_test(tcase, time_between_steps_is_outside);
	tcase_add_test(tcase, steps_that_overlap_have_no_outside);
	tcase_add_test(tcase, a_row_knows_its_step);
	tcase_add_test(tcase, what_a_guest_prints_is_escaped);
	tcase_add_test(tcase, many_rows_are_summed_up);
	tcase_add_test(tcase, a_step_that_was_not_done_is_not_there);
	suite_add_tcase(suite, tcase);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include <kvmgraph/analyse.h>

#include "base/memory.h"
#include "call_script.h"
#include "random.h"

Suite *functions_suite(void);

struct fixture {
	struct script script;
	struct kg_functions *functions;
	struct kg_functions_report report;
};

static void set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){ 0 };
	ck_assert_int_eq(kg_functions_new(&fixture->script.funcs, &fixture->functions), KG_OK);
	fixture->script.sink = kg_functions_sink(fixture->functions);
}

static void finish(struct fixture *fixture)
{
	script_done(&fixture->script);
	ck_assert_int_eq(fixture->script.status, KG_OK);
	ck_assert_int_eq(kg_functions_report(fixture->functions, &fixture->report), KG_OK);
}

static const struct kg_function_timing *row_of(struct fixture *fixture, const char *symbol)
{
	kg_func_id id = script_func(&fixture->script, symbol);
	for (size_t i = 0; i < fixture->report.row_count; i++) {
		if (fixture->report.rows[i].func_id == id)
			return &fixture->report.rows[i];
	}
	ck_abort_msg("no row for %s", symbol);
	return NULL;
}

static void tear_down(struct fixture *fixture)
{
	kg_functions_free(fixture->functions);
	script_release(&fixture->script);
}

START_TEST(functions_without_calls_have_no_rows)
{
	struct fixture fixture;
	set_up(&fixture);
	script_func(&fixture.script, "never_called");
	finish(&fixture);
	ck_assert_uint_eq(fixture.report.row_count, 0);
	tear_down(&fixture);
	kg_functions_free(NULL);
}
END_TEST

START_TEST(functions_time_is_told_with_and_without_callees)
{
	struct fixture fixture;
	set_up(&fixture);
	script_enter(&fixture.script, 0, "a [kvm]");
	script_leaf(&fixture.script, 0, "b", 300);
	script_leaf(&fixture.script, 0, "b", 100);
	script_leave(&fixture.script, 0, 1000);
	script_leaf(&fixture.script, 0, "a [kvm]", 2000);
	finish(&fixture);
	const struct kg_function_timing *a = row_of(&fixture, "a [kvm]");
	ck_assert_uint_eq(a->calls, 2);
	ck_assert_uint_eq(a->incomplete, 0);
	ck_assert_uint_eq(a->total_ns, 3000);
	ck_assert_uint_eq(a->self_ns, 2600);
	ck_assert_uint_eq(a->min_ns, 1000);
	ck_assert_uint_eq(a->max_ns, 2000);
	ck_assert_uint_eq(a->max_line, 5);
	ck_assert_uint_eq(a->mean_ns, 1500);
	ck_assert_uint_eq(a->stddev_ns, 500);
	ck_assert_uint_eq(a->p50_ns, 1000);
	ck_assert_uint_eq(a->p90_ns, 2000);
	ck_assert_uint_eq(a->p99_ns, 2000);
	ck_assert(a->percentiles_exact);
	ck_assert_uint_eq(row_of(&fixture, "b")->total_ns, 400);
	tear_down(&fixture);
}
END_TEST

START_TEST(functions_rows_are_sorted_by_total_then_name)
{
	static const char *const wanted[] = { "big", "a [kvm]", "a [kvm_intel]", "b", "zero" };
	struct fixture fixture;
	set_up(&fixture);
	script_leaf(&fixture.script, 0, "zero", 0);
	script_leaf(&fixture.script, 0, "b", 5);
	script_leaf(&fixture.script, 0, "a [kvm_intel]", 5);
	script_leaf(&fixture.script, 0, "a [kvm]", 5);
	script_leaf(&fixture.script, 0, "big", 6);
	finish(&fixture);
	ck_assert_uint_eq(fixture.report.row_count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(fixture.report.rows[i].func_id,
				  script_func(&fixture.script, wanted[i]));
	tear_down(&fixture);
}
END_TEST

START_TEST(functions_recursion_counts_with_the_outermost)
{
	struct fixture fixture;
	set_up(&fixture);
	script_enter(&fixture.script, 0, "f");
	script_enter(&fixture.script, 0, "g");
	script_enter(&fixture.script, 0, "f");
	/* another lane is another stack */
	script_enter(&fixture.script, 1, "f");
	script_leaf(&fixture.script, 0, "f", 10);
	script_leave(&fixture.script, 1, 7);
	script_leave(&fixture.script, 0, 100);
	script_leave(&fixture.script, 0, 200);
	script_leave(&fixture.script, 0, 1000);
	finish(&fixture);
	const struct kg_function_timing *f = row_of(&fixture, "f");
	ck_assert_uint_eq(f->calls, 4);
	ck_assert_uint_eq(f->total_ns, 1007);
	ck_assert_uint_eq(f->self_ns, 10 + 7 + 90 + 800);
	ck_assert_uint_eq(f->min_ns, 7);
	ck_assert_uint_eq(f->mean_ns, (10 + 7 + 100 + 1000 + 2) / 4);
	ck_assert_uint_eq(row_of(&fixture, "g")->total_ns, 200);
	tear_down(&fixture);
}
END_TEST

START_TEST(functions_figures_are_of_complete_calls_only)
{
	struct fixture fixture;
	set_up(&fixture);
	script_leaf(&fixture.script, 0, "f", 10);
	script_unseen(&fixture.script, 0);
	script_turn_up(&fixture.script, 0, "f", 99999);
	fixture.script.flags = KG_CALL_GAP;
	script_enter(&fixture.script, 0, "f");
	script_leave(&fixture.script, 0, 99999);
	fixture.script.flags = 0;
	script_enter(&fixture.script, 0, "f");
	finish(&fixture);
	const struct kg_function_timing *f = row_of(&fixture, "f");
	ck_assert_uint_eq(f->calls, 1);
	ck_assert_uint_eq(f->incomplete, 3);
	ck_assert_uint_eq(f->total_ns, 10);
	ck_assert_uint_eq(f->self_ns, 10);
	ck_assert_uint_eq(f->max_ns, 10);
	tear_down(&fixture);
}
END_TEST

START_TEST(functions_hidden_calls_count_nowhere)
{
	struct fixture fixture;
	set_up(&fixture);
	fixture.script.flags = KG_CALL_HIDDEN;
	script_enter(&fixture.script, 0, "f");
	fixture.script.flags = 0;
	/* the outermost that is seen */
	script_leaf(&fixture.script, 0, "f", 10);
	fixture.script.flags = KG_CALL_HIDDEN;
	script_leaf(&fixture.script, 0, "g", 10);
	script_leave(&fixture.script, 0, 100);
	fixture.script.flags = 0;
	/* hidden when it ends */
	script_enter(&fixture.script, 0, "f");
	fixture.script.flags = KG_CALL_HIDDEN;
	script_leave(&fixture.script, 0, 5);
	fixture.script.flags = 0;
	script_leaf(&fixture.script, 0, "f", 20);
	finish(&fixture);
	ck_assert_uint_eq(fixture.report.row_count, 1);
	ck_assert_uint_eq(row_of(&fixture, "f")->calls, 2);
	ck_assert_uint_eq(row_of(&fixture, "f")->total_ns, 30);
	tear_down(&fixture);
}
END_TEST

START_TEST(functions_unknown_times_are_left_out)
{
	struct fixture fixture;
	set_up(&fixture);
	script_leaf(&fixture.script, 0, "f", KG_NO_NS);
	script_leaf(&fixture.script, 0, "f", 50);
	script_leaf(&fixture.script, 0, "g", KG_NO_NS);
	finish(&fixture);
	ck_assert_uint_eq(row_of(&fixture, "f")->calls, 2);
	ck_assert_uint_eq(row_of(&fixture, "f")->mean_ns, 50);
	ck_assert_uint_eq(row_of(&fixture, "f")->min_ns, 50);
	ck_assert_uint_eq(row_of(&fixture, "g")->calls, 1);
	ck_assert_uint_eq(row_of(&fixture, "g")->max_ns, 0);
	tear_down(&fixture);
}
END_TEST

/* The deviation of count values, the first being odd, all others even. */
static uint64_t deviation_of(uint64_t odd, uint64_t even, size_t count)
{
	struct fixture fixture;
	set_up(&fixture);
	script_leaf(&fixture.script, 0, "f", odd);
	for (size_t i = 1; i < count; i++)
		script_leaf(&fixture.script, 0, "f", even);
	finish(&fixture);
	uint64_t deviation = row_of(&fixture, "f")->stddev_ns;
	tear_down(&fixture);
	return deviation;
}

START_TEST(functions_deviation_is_rounded_to_the_nearest)
{
	ck_assert_uint_eq(deviation_of(7, 7, 5), 0);
	/* of 0 and 1: exactly one half */
	ck_assert_uint_eq(deviation_of(0, 1, 2), 1);
	/* of 0, 1, 1: 0.471; of 0, 2, 2: 0.943; of 0, 3, 3: 1.414; of 0, 10, 10: 4.714 */
	ck_assert_uint_eq(deviation_of(0, 1, 3), 0);
	ck_assert_uint_eq(deviation_of(0, 2, 3), 1);
	ck_assert_uint_eq(deviation_of(0, 3, 3), 1);
	ck_assert_uint_eq(deviation_of(0, 10, 3), 5);
	/* a small spread far from zero: an hour 49 times, once a microsecond more */
	ck_assert_uint_eq(deviation_of(3600000001000, 3600000000000, 50), 140);
	/* durations of centuries */
	ck_assert_uint_eq(deviation_of(0, UINT64_MAX / 4, 2), UINT64_MAX / 8 + 1);
}
END_TEST

START_TEST(functions_many_calls_have_estimated_percentiles)
{
	struct fixture fixture;
	struct random random = { 3 };
	set_up(&fixture);
	for (int i = 0; i < 513; i++)
		script_leaf(&fixture.script, 0, "f", 1000 + random_below(&random, 1000));
	finish(&fixture);
	const struct kg_function_timing *f = row_of(&fixture, "f");
	ck_assert(!f->percentiles_exact);
	ck_assert_uint_ge(f->p50_ns, 1400);
	ck_assert_uint_le(f->p50_ns, 1600);
	ck_assert_uint_le(f->p99_ns, f->max_ns);
	tear_down(&fixture);
}
END_TEST

/* Buckets are wide far from zero, but no estimate is below all values. */
START_TEST(functions_percentiles_are_not_below_the_smallest)
{
	struct fixture fixture;
	set_up(&fixture);
	for (int i = 0; i < 600; i++)
		script_leaf(&fixture.script, 0, "f", 1000001);
	finish(&fixture);
	const struct kg_function_timing *f = row_of(&fixture, "f");
	ck_assert(!f->percentiles_exact);
	ck_assert_uint_eq(f->p50_ns, 1000001);
	ck_assert_uint_eq(f->p99_ns, 1000001);
	tear_down(&fixture);
}
END_TEST

START_TEST(functions_out_of_memory_is_clean)
{
	struct fixture fixture;
	set_up(&fixture);
	script_leaf(&fixture.script, 0, "f", 1);
	script_leaf(&fixture.script, 0, "g", 1);
	kg_functions_free(fixture.functions);
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_functions *functions = NULL;
		struct kg_functions_report report;
		memory_fail_after(passes);
		status = kg_functions_new(&fixture.script.funcs, &functions);
		if (status == KG_OK) {
			script_rewind(&fixture.script, kg_functions_sink(functions));
			script_enter(&fixture.script, 0, "f");
			for (uint64_t i = 0; i < 520; i++)
				script_leaf(&fixture.script, 0, "g", 200 + i);
			script_leave(&fixture.script, 0, 300000);
			script_done(&fixture.script);
			status = fixture.script.status;
		}
		if (status == KG_OK)
			status = kg_functions_report(functions, &report);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		kg_functions_free(functions);
	}
	script_release(&fixture.script);
}
END_TEST

Suite *functions_suite(void)
{
	Suite *suite = suite_create("functions");
	TCase *times = tcase_create("times");
	tcase_add_test(times, functions_without_calls_have_no_rows);
	tcase_add_test(times, functions_time_is_told_with_and_without_callees);
	tcase_add_test(times, functions_rows_are_sorted_by_total_then_name);
	tcase_add_test(times, functions_recursion_counts_with_the_outermost);
	tcase_add_test(times, functions_figures_are_of_complete_calls_only);
	tcase_add_test(times, functions_hidden_calls_count_nowhere);
	tcase_add_test(times, functions_unknown_times_are_left_out);
	suite_add_tcase(suite, times);
	TCase *statistics = tcase_create("statistics");
	tcase_add_test(statistics, functions_deviation_is_rounded_to_the_nearest);
	tcase_add_test(statistics, functions_many_calls_have_estimated_percentiles);
	tcase_add_test(statistics, functions_percentiles_are_not_below_the_smallest);
	tcase_add_test(statistics, functions_out_of_memory_is_clean);
	suite_add_tcase(suite, statistics);
	return suite;
}

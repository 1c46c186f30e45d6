/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <kvmgraph/recover.h>

Suite *recover_suite(void);

/* A life of one vCPU whose guest faults, prints and halts; what a trace does not show has no line.
 */
#define STEP_COUNT 6
#define ACT_COUNT 3

struct sample {
	struct kg_step steps[STEP_COUNT];
	struct kg_act acts[ACT_COUNT];
	struct kg_scenario scenario;
};

static void make_sample(struct sample *sample)
{
	static const struct kg_step steps[STEP_COUNT] = {
		{ .kind = KG_STEP_OPEN },
		{ .kind = KG_STEP_CREATE_VM, .line_no = 1 },
		{ .kind = KG_STEP_RUN, .line_no = 2, .row_count = 15, .act_count = ACT_COUNT },
		{ .kind = KG_STEP_GET_REGS, .line_no = 3 },
		{ .kind = KG_STEP_CLOSE_VCPU, .line_no = 4 },
		{ .kind = KG_STEP_CLOSE_VM, .line_no = 5 },
	};
	static const struct kg_act acts[ACT_COUNT] = {
		{ KG_ACT_TOUCH, 4 },
		{ KG_ACT_IO, 14 },
		{ KG_ACT_HLT, 1 },
	};
	memcpy(sample->steps, steps, sizeof(steps));
	memcpy(sample->acts, acts, sizeof(acts));
	sample->scenario = (struct kg_scenario){ .vms = 1,
						 .parallel = 1,
						 .run_count = 15,
						 .steps = sample->steps,
						 .step_count = STEP_COUNT,
						 .acts = sample->acts,
						 .act_count = ACT_COUNT };
}

static struct sample one;
static struct sample other;
static struct kg_comparison compared[KG_COMPARED_COUNT];

static void make_samples(void)
{
	make_sample(&one);
	make_sample(&other);
}

/* Compares, and expects that all is the same but what is named. */
static void expect_departing(uint32_t kinds)
{
	kg_scenario_compare(&one.scenario, &other.scenario, compared);
	for (int i = 0; i < KG_COMPARED_COUNT; i++)
		ck_assert_msg(compared[i].is_equal == ((kinds & (1U << i)) == 0), "%s is %s",
			      kg_compared_name((enum kg_compared)i),
			      compared[i].is_equal ? "the same" : "not the same");
}

#define STEPS (1U << KG_COMPARE_STEPS)
#define RUNS (1U << KG_COMPARE_RUNS)
#define EXITS (1U << KG_COMPARE_EXITS)
#define TEARDOWN (1U << KG_COMPARE_TEARDOWN)

START_TEST(compare_of_the_same_counts_what_a_trace_shows)
{
	expect_departing(0);
	ck_assert_uint_eq(compared[KG_COMPARE_STEPS].old_count, 3);
	ck_assert_uint_eq(compared[KG_COMPARE_RUNS].old_count, 15);
	ck_assert_uint_eq(compared[KG_COMPARE_EXITS].old_count, 19);
	ck_assert_uint_eq(compared[KG_COMPARE_TEARDOWN].old_count, 2);
}
END_TEST

START_TEST(compare_tells_what_departs_and_where)
{
	other.acts[1].count = 13;
	expect_departing(EXITS);
	ck_assert_uint_eq(compared[KG_COMPARE_EXITS].old_step, 2);
	ck_assert_uint_eq(compared[KG_COMPARE_EXITS].new_count, 18);
	other.steps[2].row_count = 14;
	expect_departing(EXITS | RUNS);
	make_samples();
	other.steps[3].kind = KG_STEP_SET_REGS;
	expect_departing(STEPS);
	ck_assert_uint_eq(compared[KG_COMPARE_STEPS].new_step, 3);
	make_samples();
	other.scenario.step_count = STEP_COUNT - 1;
	expect_departing(TEARDOWN);
	ck_assert_uint_eq(compared[KG_COMPARE_TEARDOWN].old_step, STEP_COUNT - 1);
	ck_assert_uint_eq(compared[KG_COMPARE_TEARDOWN].new_step, SIZE_MAX);
}
END_TEST

START_TEST(compare_looks_at_how_many_vms_lead_the_life)
{
	other.scenario.vms = 2;
	expect_departing(STEPS);
	ck_assert_uint_eq(compared[KG_COMPARE_RUNS].new_count, 30);
	make_samples();
	one.scenario.vms = other.scenario.vms = 2;
	other.scenario.parallel = 2;
	expect_departing(STEPS);
}
END_TEST

/* Which of two vCPUs touches a page first is chance; how many are touched is not. */
START_TEST(compare_of_threads_leaves_open_who_faults)
{
	one.steps[2].in_vcpu_thread = one.steps[3].in_vcpu_thread = true;
	other.steps[2].in_vcpu_thread = other.steps[3].in_vcpu_thread = true;
	one.steps[3].kind = other.steps[3].kind = KG_STEP_RUN;
	one.steps[3].act_count = other.steps[3].act_count = 1;
	/* vCPU 1 has the faults, and then vCPU 0 */
	one.steps[2].act_count = other.steps[2].act_count = 1;
	one.acts[0] = (struct kg_act){ KG_ACT_HLT, 1 };
	one.acts[1] = (struct kg_act){ KG_ACT_TOUCH, 4 };
	one.acts[2] = (struct kg_act){ KG_ACT_HLT, 1 };
	one.steps[3].first_act = 1;
	one.steps[3].act_count = 2;
	other.acts[0] = (struct kg_act){ KG_ACT_TOUCH, 4 };
	other.acts[1] = (struct kg_act){ KG_ACT_HLT, 1 };
	other.acts[2] = (struct kg_act){ KG_ACT_HLT, 1 };
	other.steps[2].act_count = 2;
	other.steps[3].first_act = 2;
	expect_departing(0);
	other.acts[0].count = 5;
	expect_departing(EXITS);
	other.acts[0].count = 4;
	other.acts[2].kind = KG_ACT_SHUTDOWN;
	expect_departing(EXITS);
}
END_TEST

START_TEST(names_are_those_of_scenarios)
{
	ck_assert_str_eq(kg_step_name(KG_STEP_SET_TSS_ADDR), "set-tss-addr");
	ck_assert_str_eq(kg_act_name(KG_ACT_MMIO_READ), "mmio-read");
	ck_assert_str_eq(kg_guest_mode_name(KG_MODE_PAGED | KG_MODE_LONG), "paged");
	ck_assert_str_eq(kg_guest_mode_name(0), "unknown");
}
END_TEST

Suite *recover_suite(void)
{
	Suite *suite = suite_create("recover");
	TCase *test = tcase_create("compare");
	tcase_add_checked_fixture(test, make_samples, NULL);
	tcase_add_test(test, compare_of_the_same_counts_what_a_trace_shows);
	tcase_add_test(test, compare_tells_what_departs_and_where);
	tcase_add_test(test, compare_looks_at_how_many_vms_lead_the_life);
	tcase_add_test(test, compare_of_threads_leaves_open_who_faults);
	suite_add_tcase(suite, test);
	TCase *words = tcase_create("words");
	tcase_add_test(words, names_are_those_of_scenarios);
	suite_add_tcase(suite, words);
	return suite;
}

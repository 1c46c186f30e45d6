/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "diff_script.h"

Suite *diff_disturbed_suite(void);

/* How one side's vCPU runs. */
struct play {
	int passes;
	int given_up;	   /* of them, after the scheduler or without */
	bool is_apart;	   /* vcpu_enter_guest() is a function of its own */
	bool is_broken;	   /* the last pass is given up, and the run ends */
	bool has_slept;	   /* the scheduler comes in between in the first pass */
	const char *asked; /* called in the first pass; or NULL */
	int times;	   /* so often */
};

/* What a pass does before it enters the guest. */
static uint64_t prepare(struct fixture *fixture, const struct play *play, bool is_first)
{
	leaf(fixture, "kvm_cpu_has_pending_timer", 100);
	if (is_first && play->has_slept) {
		leaf(fixture, "kvm_sched_out [kvm]", 500);
		leaf(fixture, "kvm_sched_in [kvm]", 500);
		leaf(fixture, "record_steal_time", 100);
	}
	for (int i = 0; is_first && i < play->times; i++)
		leaf(fixture, play->asked, 100);
	leaf(fixture, "svm_prepare_switch_to_guest", 200);
	return is_first && play->has_slept ? 1500 : 400;
}

static void pass(struct fixture *fixture, const struct play *play, int number)
{
	uint64_t ns = 0;
	if (number < play->given_up) {
		if (play->is_apart)
			enter(fixture, "vcpu_enter_guest");
		ns = prepare(fixture, play, false);
		leaf(fixture, "svm_cancel_injection", 50);
		if (play->is_apart)
			leave(fixture, ns + 100);
		leaf(fixture, "kvm_on_user_return [kvm]", 30);
	}
	if (play->is_apart)
		enter(fixture, "vcpu_enter_guest");
	ns = prepare(fixture, play, number == 0);
	leaf(fixture, "svm_vcpu_run", 1000);
	enter(fixture, "svm_handle_exit");
	leaf(fixture, "io_interception", 300);
	leave(fixture, 700);
	if (play->is_apart)
		leave(fixture, ns + 1800);
}

static void play_run(struct fixture *fixture, enum kg_diff_side side, const struct play *play)
{
	start(fixture, side);
	enter(fixture, "kvm_vcpu_ioctl");
	enter(fixture, "kvm_arch_vcpu_ioctl_run");
	leaf(fixture, "record_steal_time", 100);
	for (int number = 0; number < play->passes; number++)
		pass(fixture, play, number);
	if (play->is_broken) {
		(void)prepare(fixture, play, false);
		leaf(fixture, "svm_cancel_injection", 50);
	}
	leave(fixture, 40000000);
	leave(fixture, 40001000);
	finish(fixture);
}

static void compare_runs(struct fixture *fixture, const struct play *old, const struct play *new)
{
	set_up(fixture);
	play_run(fixture, KG_SIDE_OLD, old);
	play_run(fixture, KG_SIDE_NEW, new);
	compare(fixture);
}

static void expect_none(const struct play *old, const struct play *new)
{
	const struct play *sides[3] = { old, new, old };
	for (int i = 0; i < 2; i++) {
		struct fixture fixture;
		compare_runs(&fixture, sides[i], sides[i + 1]);
		ck_assert_uint_eq(fixture.report->change_count, 0);
		tear_down(&fixture);
	}
}

static void expect_told(const struct play *old, const struct play *new, enum kg_change_kind kind,
			const char *name)
{
	struct fixture fixture;
	compare_runs(&fixture, old, new);
	expect_one(&fixture, kind, name);
	tear_down(&fixture);
}

START_TEST(disturbed_pass_is_left_out)
{
	for (int is_apart = 0; is_apart < 2; is_apart++) {
		const struct play plain = { .passes = 5, .is_apart = is_apart == 1 };
		const struct play once = { .passes = 5, .given_up = 1, .is_apart = is_apart == 1 };
		const struct play often = { .passes = 5, .given_up = 5, .is_apart = is_apart == 1 };
		expect_none(&plain, &once);
		expect_none(&plain, &often);
	}
}
END_TEST

START_TEST(disturbed_run_that_ends_is_one_all_the_same)
{
	const struct play broken = { .passes = 5, .is_broken = true };
	struct fixture fixture;
	compare_runs(&fixture, &broken, &broken);
	ck_assert_uint_gt(fixture.report->timing_count, 0);
	ck_assert_uint_eq(fixture.report->timings[0].counts[KG_SIDE_OLD], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(disturbed_a_thousand_times_is_told)
{
	const struct play twice = { .passes = 1000, .given_up = 2 };
	const struct play always = { .passes = 1000, .given_up = 1000 };
	expect_told(&twice, &always, KG_CHANGE_REPEATED, "svm_cancel_injection");
	expect_told(&always, &twice, KG_CHANGE_REPEATED, "svm_cancel_injection");
	const struct play never = { .passes = 1000 };
	expect_told(&never, &always, KG_CHANGE_ADDED, "svm_cancel_injection");
}
END_TEST

/* What a vCPU does again after it slept it does at the start of a run as well. */
START_TEST(disturbed_by_the_scheduler_is_no_change_but_what_is_new_is)
{
	const struct play plain = { .passes = 5 };
	const struct play slept = { .passes = 5, .has_slept = true };
	expect_none(&plain, &slept);
	const struct play changed = {
		.passes = 5, .has_slept = true, .asked = "kvm_quite_new", .times = 1
	};
	expect_told(&plain, &changed, KG_CHANGE_ADDED, "kvm_quite_new");
}
END_TEST

START_TEST(disturbed_by_what_others_ask_is_no_change)
{
	const struct play plain = { .passes = 5 };
	const struct play asked = { .passes = 5, .asked = "kvm_guest_time_update", .times = 5 };
	const struct play always = { .passes = 5, .asked = "kvm_guest_time_update", .times = 500 };
	expect_none(&plain, &asked);
	expect_told(&asked, &always, KG_CHANGE_REPEATED, "kvm_guest_time_update");
	const struct play other = { .passes = 5, .asked = "kvm_quite_new", .times = 5 };
	expect_told(&plain, &other, KG_CHANGE_ADDED, "kvm_quite_new");
}
END_TEST

static void play_walk(struct fixture *fixture, enum kg_diff_side side, int yields)
{
	start(fixture, side);
	enter(fixture, "__tdp_mmu_zap_root");
	for (int step = 0; step < 10; step++) {
		if (step < yields) {
			enter(fixture, "tdp_iter_next");
			leaf(fixture, "tdp_iter_restart", 80);
			leave(fixture, 90);
		}
		leaf(fixture, "tdp_iter_next", 100);
	}
	leave(fixture, 5000);
	finish(fixture);
}

START_TEST(disturbed_walk_takes_no_more_steps)
{
	struct fixture fixture;
	set_up(&fixture);
	play_walk(&fixture, KG_SIDE_OLD, 0);
	play_walk(&fixture, KG_SIDE_NEW, 3);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	tear_down(&fixture);
}
END_TEST

Suite *diff_disturbed_suite(void)
{
	Suite *suite = suite_create("diff_disturbed");
	TCase *tcase = tcase_create("structure");
	tcase_add_test(tcase, disturbed_pass_is_left_out);
	tcase_add_test(tcase, disturbed_run_that_ends_is_one_all_the_same);
	tcase_add_test(tcase, disturbed_a_thousand_times_is_told);
	tcase_add_test(tcase, disturbed_by_the_scheduler_is_no_change_but_what_is_new_is);
	tcase_add_test(tcase, disturbed_by_what_others_ask_is_no_change);
	tcase_add_test(tcase, disturbed_walk_takes_no_more_steps);
	suite_add_tcase(suite, tcase);
	return suite;
}

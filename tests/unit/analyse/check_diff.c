/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <string.h>

#include "base/memory.h"
#include "diff_script.h"
#include "random.h"

Suite *diff_suite(void);

static const struct kg_diff_timing *timing_of(const struct fixture *fixture, const char *name)
{
	for (size_t i = 0; i < fixture->report->timing_count; i++) {
		const struct kg_diff_timing *timing = &fixture->report->timings[i];
		if (strcmp(kg_diff_path_name(fixture->diff, timing->path), name) == 0)
			return timing;
	}
	ck_abort_msg("no path ends in %s", name);
	return NULL;
}

/* root { a { b c } d }, whatever each of them is called and costs */
static void play(struct fixture *fixture, enum kg_diff_side side, const char *const names[4],
		 const uint64_t self_ns[4])
{
	start(fixture, side);
	enter(fixture, "root");
	enter(fixture, names[0]);
	leaf(fixture, names[1], self_ns[1]);
	leaf(fixture, names[2], self_ns[2]);
	leave(fixture, self_ns[0] + self_ns[1] + self_ns[2]);
	leaf(fixture, names[3], self_ns[3]);
	leave(fixture, 1000 + self_ns[0] + self_ns[1] + self_ns[2] + self_ns[3]);
	finish(fixture);
}

static const char *const plain[4] = { "a", "b", "c", "d" };
static const uint64_t times[4] = { 10000, 20000, 30000, 40000 };

/* ---- structure ---- */

START_TEST(diff_of_the_same_is_the_same)
{
	struct fixture fixture;
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, plain, times);
	play(&fixture, KG_SIDE_NEW, plain, times);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	ck_assert_int_eq(fixture.report->method, KG_DIFF_EXACT);
	ck_assert(fixture.report->is_clock_learnt);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	ck_assert_uint_eq(fixture.report->phase_count, 1);
	ck_assert_uint_eq(fixture.report->timing_count, 4);
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	tear_down(&fixture);
	kg_diff_free(NULL);
}
END_TEST

START_TEST(diff_of_other_times_has_no_structure)
{
	struct fixture fixture;
	const uint64_t other[4] = { 17000, 1000, 93000, 5000 };
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, plain, times);
	play(&fixture, KG_SIDE_NEW, plain, other);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	ck_assert_int_eq(fixture.report->method, KG_DIFF_NONE);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	tear_down(&fixture);
}
END_TEST

/* root { a { b [extra { inner }] } } */
static void play_extra(struct fixture *fixture, enum kg_diff_side side, bool has_extra)
{
	start(fixture, side);
	enter(fixture, "root");
	enter(fixture, "a");
	leaf(fixture, "b", 100);
	if (has_extra) {
		enter(fixture, "extra");
		leaf(fixture, "inner", 3000);
		leave(fixture, 5000);
	}
	leave(fixture, has_extra ? 6100 : 1100);
	leave(fixture, has_extra ? 7100 : 2100);
	finish(fixture);
}

START_TEST(diff_tells_a_call_that_came)
{
	struct fixture fixture;
	set_up(&fixture);
	play_extra(&fixture, KG_SIDE_OLD, false);
	play_extra(&fixture, KG_SIDE_NEW, true);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_ADDED, "extra");
	ck_assert_uint_eq(fixture.report->changes[0].callees, 1);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_CHANGED);
	/* with all below it, and alone */
	ck_assert_uint_eq(fixture.report->culprit_count, 1);
	ck_assert_int_eq(fixture.report->culprits[0].delta_ns, 5000);
	ck_assert_int_eq(fixture.report->culprits[0].share_ppm, 1000000);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_tells_a_call_that_went)
{
	struct fixture fixture;
	set_up(&fixture);
	play_extra(&fixture, KG_SIDE_OLD, true);
	play_extra(&fixture, KG_SIDE_NEW, false);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_REMOVED, "extra");
	ck_assert_int_eq(fixture.report->culprits[0].delta_ns, -5000);
	tear_down(&fixture);
}
END_TEST

/* root { a [mover { deep }] b [mover { deep }] } */
static void play_mover(struct fixture *fixture, enum kg_diff_side side, bool is_below_b)
{
	static const char *const callers[] = { "a", "b" };
	start(fixture, side);
	enter(fixture, "root");
	for (int i = 0; i < 2; i++) {
		const bool has_it = (i == 1) == is_below_b;
		enter(fixture, callers[i]);
		leaf(fixture, "always", 50);
		if (has_it) {
			enter(fixture, "mover");
			leaf(fixture, "deep", 700);
			leave(fixture, 900);
		}
		leave(fixture, has_it ? 1000 : 100);
	}
	leave(fixture, 2000);
	finish(fixture);
}

START_TEST(diff_tells_a_call_that_moved_and_blames_nobody)
{
	struct fixture fixture;
	set_up(&fixture);
	play_mover(&fixture, KG_SIDE_OLD, false);
	play_mover(&fixture, KG_SIDE_NEW, true);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_MOVED, "mover");
	const struct kg_diff_change *change = &fixture.report->changes[0];
	ck_assert_str_eq(
		kg_diff_path_name(fixture.diff, kg_diff_path_parent(fixture.diff, change->path)),
		"a");
	ck_assert_str_eq(
		kg_diff_path_name(fixture.diff, kg_diff_path_parent(fixture.diff, change->to)),
		"b");
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	tear_down(&fixture);
}
END_TEST

/* first { a [mover { deep }] } second { b [mover { deep }] } */
static void play_phases(struct fixture *fixture, enum kg_diff_side side, int place, int more)
{
	static const char *const roots[] = { "first", "second" };
	static const char *const callers[] = { "a", "b" };
	start(fixture, side);
	for (int i = 0; i < 2; i++) {
		enter(fixture, roots[i]);
		leaf(fixture, callers[i], 5000);
		for (int k = 0; k < (i == place ? 1 + more : 0); k++) {
			enter(fixture, "mover");
			leaf(fixture, "deep", 70000);
			leave(fixture, 90000);
		}
		leave(fixture, 20000 + (uint64_t)(i == place ? 1 + more : 0) * 90000);
	}
	finish(fixture);
}

START_TEST(diff_tells_a_call_that_moved_to_another_phase)
{
	struct fixture fixture;
	set_up(&fixture);
	play_phases(&fixture, KG_SIDE_OLD, 0, 0);
	play_phases(&fixture, KG_SIDE_NEW, 1, 0);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_MOVED, "mover");
	const struct kg_diff_change *change = &fixture.report->changes[0];
	ck_assert_str_eq(
		kg_diff_path_name(fixture.diff, kg_diff_path_at(fixture.diff, change->path, 0)),
		"first");
	ck_assert_str_eq(
		kg_diff_path_name(fixture.diff, kg_diff_path_at(fixture.diff, change->to, 0)),
		"second");
	ck_assert_uint_eq(change->counts[KG_SIDE_NEW], 1);
	/* each phase's time is still its own */
	ck_assert_uint_eq(fixture.report->phases[0].timing.total_ns[KG_SIDE_OLD], 110000);
	ck_assert_uint_eq(fixture.report->phases[0].timing.total_ns[KG_SIDE_NEW], 20000);
	ck_assert_uint_eq(fixture.report->culprit_count, 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_tells_no_move_where_it_comes_more_often)
{
	struct fixture fixture;
	set_up(&fixture);
	play_phases(&fixture, KG_SIDE_OLD, 0, 0);
	play_phases(&fixture, KG_SIDE_NEW, 1, 1);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_MOVED], 0);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_ADDED], 1);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_REMOVED], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_knows_names_by_the_table)
{
	struct fixture fixture;
	const char *const old_names[4] = { "a", "kvm_set_apic_base", "c", "d" };
	const char *const new_names[4] = { "a", "kvm_apic_set_base", "c", "d" };
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, old_names, times);
	play(&fixture, KG_SIDE_NEW, new_names, times);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_RENAMED, "kvm_apic_set_base");
	ck_assert(fixture.report->changes[0].is_known);
	ck_assert_str_eq(fixture.report->changes[0].names[KG_SIDE_OLD], "kvm_set_apic_base");
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_knows_a_wrapper_and_what_it_wraps_as_one)
{
	struct fixture fixture;
	set_up(&fixture);
	start(&fixture, KG_SIDE_OLD);
	enter(&fixture, "root");
	leaf(&fixture, "vmx_vcpu_run", 500);
	leave(&fixture, 1000);
	finish(&fixture);
	start(&fixture, KG_SIDE_NEW);
	enter(&fixture, "root");
	enter(&fixture, "vt_vcpu_run");
	leaf(&fixture, "vmx_vcpu_run", 400);
	leave(&fixture, 500);
	leave(&fixture, 1000);
	finish(&fixture);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_RENAMED, "vt_vcpu_run");
	ck_assert_uint_eq(timing_of(&fixture, "vt_vcpu_run")->self_ns[KG_SIDE_NEW], 500);
	ck_assert_uint_eq(timing_of(&fixture, "vt_vcpu_run")->counts[KG_SIDE_NEW], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_knows_names_by_shape)
{
	struct fixture fixture;
	const char *const renamed[4] = { "quite_another", "b", "c", "d" };
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, plain, times);
	play(&fixture, KG_SIDE_NEW, renamed, times);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_RENAMED, "quite_another");
	ck_assert(!fixture.report->changes[0].is_known);
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_knows_a_leaf_by_place_and_name)
{
	struct fixture fixture;
	const char *const old_names[4] = { "a", "svm_can_emulate", "c", "d" };
	const char *const new_names[4] = { "a", "svm_check_emulate", "c", "d" };
	const char *const others[4] = { "a", "zap", "c", "d" };
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, old_names, times);
	play(&fixture, KG_SIDE_NEW, new_names, times);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_RENAMED, "svm_check_emulate");
	tear_down(&fixture);
	/* another leaf in its place that has nothing in common with it is another function */
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, old_names, times);
	play(&fixture, KG_SIDE_NEW, others, times);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_ADDED], 1);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_REMOVED], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_does_not_rename_what_both_sides_have)
{
	struct fixture fixture;
	set_up(&fixture);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		start(&fixture, (enum kg_diff_side)side);
		enter(&fixture, "root");
		leaf(&fixture, "x_first", 100);
		leaf(&fixture, side == KG_SIDE_OLD ? "get_that_one" : "get_this_one", 100);
		leaf(&fixture, "x_last", 100);
		enter(&fixture, "elsewhere");
		leaf(&fixture, "get_that_one", 100);
		leave(&fixture, 200);
		leave(&fixture, 1000);
		finish(&fixture);
	}
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_RENAMED], 0);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_ADDED], 1);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_REMOVED], 1);
	tear_down(&fixture);
}
END_TEST

/* Levels one below the other that one side has between root and its callees. */
static void play_levels(struct fixture *fixture, enum kg_diff_side side, int levels)
{
	static const char *const names[] = { "outer", "middle", "inner" };
	start(fixture, side);
	enter(fixture, "root");
	leaf(fixture, "first", 100);
	for (int i = 0; i < levels; i++)
		enter(fixture, names[i]);
	leaf(fixture, "x", 2000);
	enter(fixture, "y");
	leaf(fixture, "z", 3000);
	leave(fixture, 3500);
	for (int i = levels; i > 0; i--)
		leave(fixture, 5500 + (uint64_t)(3 - i) * 1000 + 1000);
	leave(fixture, 10000);
	finish(fixture);
}

START_TEST(diff_knows_what_was_inlined_and_blames_nobody)
{
	struct fixture fixture;
	for (int levels = 1; levels <= 3; levels++) {
		set_up(&fixture);
		play_levels(&fixture, KG_SIDE_OLD, levels);
		play_levels(&fixture, KG_SIDE_NEW, 0);
		compare(&fixture);
		ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_INLINED],
				  (uint64_t)levels);
		ck_assert_uint_eq(fixture.report->change_count, (size_t)levels);
		ck_assert_uint_eq(fixture.report->culprit_count, 0);
		ck_assert_uint_eq(timing_of(&fixture, "z")->self_ns[KG_SIDE_OLD], 3000);
		ck_assert_uint_eq(timing_of(&fixture, "z")->self_ns[KG_SIDE_NEW], 3000);
		tear_down(&fixture);
		set_up(&fixture);
		play_levels(&fixture, KG_SIDE_OLD, 0);
		play_levels(&fixture, KG_SIDE_NEW, levels);
		compare(&fixture);
		ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_OUTLINED],
				  (uint64_t)levels);
		ck_assert_uint_eq(fixture.report->change_count, (size_t)levels);
		tear_down(&fixture);
	}
}
END_TEST

static void play_often(struct fixture *fixture, enum kg_diff_side side, int count)
{
	start(fixture, side);
	enter(fixture, "root");
	leaf(fixture, "once", 1000);
	for (int i = 0; i < count; i++) {
		enter(fixture, "often");
		leaf(fixture, "below", 300);
		leave(fixture, 1000);
	}
	leave(fixture, 2000 + (uint64_t)count * 1000);
	finish(fixture);
}

START_TEST(diff_tells_what_is_called_more_often_but_not_what_is_below)
{
	struct fixture fixture;
	set_up(&fixture);
	play_often(&fixture, KG_SIDE_OLD, 2);
	play_often(&fixture, KG_SIDE_NEW, 5);
	compare(&fixture);
	expect_one(&fixture, KG_CHANGE_REPEATED, "often");
	ck_assert_uint_eq(fixture.report->changes[0].counts[KG_SIDE_OLD], 2);
	ck_assert_uint_eq(fixture.report->changes[0].counts[KG_SIDE_NEW], 5);
	ck_assert_uint_eq(fixture.report->culprit_count, 1);
	ck_assert_int_eq(fixture.report->culprits[0].kind, KG_CHANGE_REPEATED);
	ck_assert_int_eq(fixture.report->culprits[0].delta_ns, 3000);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_counts_a_part_of_a_function_with_it)
{
	struct fixture fixture;
	set_up(&fixture);
	start(&fixture, KG_SIDE_OLD);
	enter(&fixture, "root");
	enter(&fixture, "whole");
	leaf(&fixture, "whole.part.0", 300);
	leave(&fixture, 500);
	leave(&fixture, 1000);
	finish(&fixture);
	start(&fixture, KG_SIDE_NEW);
	enter(&fixture, "root");
	leaf(&fixture, "whole.isra.0", 500);
	leave(&fixture, 1000);
	finish(&fixture);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	ck_assert_uint_eq(timing_of(&fixture, "whole")->counts[KG_SIDE_OLD], 1);
	ck_assert_uint_eq(timing_of(&fixture, "whole")->self_ns[KG_SIDE_OLD], 500);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_does_not_see_interrupters)
{
	struct fixture fixture;
	set_up(&fixture);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		start(&fixture, (enum kg_diff_side)side);
		enter(&fixture, "root");
		if (side == KG_SIDE_NEW)
			leaf(&fixture, "pvclock_gtod_notify [kvm]", 70000);
		enter(&fixture, "a");
		if (side == KG_SIDE_OLD)
			leaf(&fixture, "tdp_mmu_free_sp_rcu_callback [kvm]", 9000);
		leave(&fixture, side == KG_SIDE_OLD ? 9100 : 100);
		leave(&fixture, side == KG_SIDE_OLD ? 9200 : 70200);
		finish(&fixture);
	}
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	tear_down(&fixture);
}
END_TEST

/* ---- times ---- */

START_TEST(diff_of_one_run_finds_what_changed_where_all_else_is_exact)
{
	struct fixture fixture;
	static const char *const names[] = { "e", "f", "g", "h", "i", "j", "k", "l", "m", "n" };
	set_up(&fixture);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		uint64_t total = 1000;
		start(&fixture, (enum kg_diff_side)side);
		enter(&fixture, "root");
		for (size_t i = 0; i < 10; i++) {
			const bool is_slow = side == KG_SIDE_NEW && i == 4;
			leaf(&fixture, names[i], is_slow ? 20000 : 2000 + i);
			total += is_slow ? 20000 : 2000 + i;
		}
		leave(&fixture, total);
		finish(&fixture);
	}
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_CHANGED);
	ck_assert(fixture.report->is_clock_learnt);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	ck_assert_uint_eq(fixture.report->culprit_count, 1);
	ck_assert_str_eq(kg_diff_path_name(fixture.diff, fixture.report->culprits[0].path), "i");
	ck_assert(fixture.report->culprits[0].is_significant);
	tear_down(&fixture);
}
END_TEST

/* Twelve runs a side; one leaf of the new side is a tenth slower. */
static void play_noisy(struct fixture *fixture, unsigned int slower_percent)
{
	struct random random = { 4711 };
	for (int run = 0; run < 24; run++) {
		const enum kg_diff_side side = run % 2 == 0 ? KG_SIDE_OLD : KG_SIDE_NEW;
		uint64_t own[4];
		for (size_t i = 0; i < 4; i++)
			own[i] = times[i] + random_below(&random, times[i] / 50);
		if (side == KG_SIDE_NEW)
			own[3] += own[3] * slower_percent / 100;
		play(fixture, side, plain, own);
	}
}

START_TEST(diff_of_many_runs_finds_a_change_beyond_their_noise)
{
	struct fixture fixture;
	set_up(&fixture);
	play_noisy(&fixture, 20);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->method, KG_DIFF_STATISTICS);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_CHANGED);
	const struct kg_diff_timing *timing = timing_of(&fixture, "d");
	ck_assert_int_eq(timing->verdict, KG_DIFF_CHANGED);
	ck_assert(timing->p_value >= 0 && timing->p_value < 0.001);
	ck_assert(timing->effect == 1);
	ck_assert(timing->low_ns > 6000 && timing->high_ns < 10000);
	ck_assert_int_eq(timing_of(&fixture, "c")->verdict, KG_DIFF_SAME);
	ck_assert_uint_eq(fixture.report->culprit_count, 1);
	ck_assert_str_eq(kg_diff_path_name(fixture.diff, fixture.report->culprits[0].path), "d");
	ck_assert_int_gt(fixture.report->culprits[0].share_ppm, 900000);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_of_many_runs_leaves_noise_alone)
{
	struct fixture fixture;
	set_up(&fixture);
	play_noisy(&fixture, 0);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_says_how_many_runs_it_would_take)
{
	struct fixture fixture;
	const uint64_t other[4] = { 17000, 1000, 93000, 5000 };
	set_up(&fixture);
	for (int run = 0; run < 3; run++) {
		play(&fixture, KG_SIDE_OLD, plain, times);
		play(&fixture, KG_SIDE_NEW, plain, other);
	}
	compare(&fixture);
	ck_assert_int_eq(fixture.report->method, KG_DIFF_NONE);
	/* 2 / C(12, 6) is the first that half of 1 % bears */
	ck_assert_uint_eq(fixture.report->runs_needed, 6);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	tear_down(&fixture);
}
END_TEST

/* ---- what the traces do not tell ---- */

START_TEST(diff_is_inconclusive_where_calls_are_cut)
{
	struct fixture fixture;
	set_up(&fixture);
	play_extra(&fixture, KG_SIDE_OLD, true);
	start(&fixture, KG_SIDE_NEW);
	enter(&fixture, "root");
	enter(&fixture, "a");
	leaf(&fixture, "b", 100);
	finish(&fixture);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_INCONCLUSIVE);
	ck_assert_uint_gt(fixture.report->inconclusive, 0);
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_tells_what_could_not_have_been_traced)
{
	struct fixture fixture;
	set_up(&fixture);
	play_extra(&fixture, KG_SIDE_OLD, true);
	start(&fixture, KG_SIDE_NEW);
	enter(&fixture, "root");
	enter(&fixture, "a");
	leaf(&fixture, "b", 100);
	leave(&fixture, 6100);
	leave(&fixture, 7100);
	finish(&fixture);
	add_environment(&fixture, KG_SIDE_NEW,
			"{\"schema\": \"kvmgraph.env/1\", \"functions\": [{\"module\": null, "
			"\"names\": [\"root\", \"a.isra.0\", \"b\"]}]}");
	compare(&fixture);
	/* "extra" and what it calls are in the time of "a" */
	ck_assert_uint_eq(fixture.report->change_count, 2);
	ck_assert_uint_eq(fixture.report->change_counts[KG_CHANGE_INLINED], 2);
	ck_assert_uint_eq(fixture.report->untraceable, 2);
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_INCONCLUSIVE);
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_lists_what_surrounds_the_traces)
{
	struct fixture fixture;
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, plain, times);
	play(&fixture, KG_SIDE_NEW, plain, times);
	add_environment(&fixture, KG_SIDE_OLD,
			"{\"schema\": \"kvmgraph.env/1\", \"kernel\": {\"hz\": 250, \"release\": "
			"\"6.1\"}, \"kvm_parameters\": {\"kvm.nx_huge_pages\": \"N\"}, \"lost\": "
			"{\"events\": 0}}");
	add_environment(&fixture, KG_SIDE_NEW,
			"{\"schema\": \"kvmgraph.env/1\", \"kernel\": {\"hz\": 100, \"release\": "
			"\"6.1\"}, \"kvm_parameters\": {\"kvm.nx_huge_pages\": \"Y\"}, \"lost\": "
			"{\"events\": 7}}");
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->fact_count, 2);
	ck_assert_str_eq(fixture.report->facts[0].name, "kernel.hz");
	ck_assert_str_eq(fixture.report->facts[0].values[KG_SIDE_OLD], "250");
	ck_assert_str_eq(fixture.report->facts[1].name, "kvm_parameters.kvm.nx_huge_pages");
	ck_assert_str_eq(fixture.report->facts[1].values[KG_SIDE_NEW], "Y");
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_refuses_what_is_no_environment)
{
	struct fixture fixture;
	struct kg_error err = { 0 };
	set_up(&fixture);
	ck_assert_int_eq(kg_diff_add_environment(fixture.diff, KG_SIDE_OLD, "{\"a\":", 5, &err),
			 KG_BAD_FORMAT);
	err = (struct kg_error){ 0 };
	ck_assert_int_eq(kg_diff_add_environment(fixture.diff, KG_SIDE_OLD, "{}", 2, &err),
			 KG_BAD_FORMAT);
	ck_assert_str_ne(err.text, "");
	tear_down(&fixture);
}
END_TEST

START_TEST(diff_forgets_a_run_that_was_not_ended)
{
	struct fixture fixture;
	set_up(&fixture);
	start(&fixture, KG_SIDE_OLD);
	enter(&fixture, "root");
	leaf(&fixture, "mistake", 100);
	play(&fixture, KG_SIDE_OLD, plain, times);
	play(&fixture, KG_SIDE_NEW, plain, times);
	compare(&fixture);
	ck_assert_int_eq(fixture.report->verdict, KG_DIFF_SAME);
	ck_assert_uint_eq(fixture.report->run_count, 2);
	tear_down(&fixture);
}
END_TEST

static const char hz_json[] = "{\"schema\": \"kvmgraph.env/1\", \"kernel\": {\"hz\": 250}, "
			      "\"functions\": [{\"module\": null, \"names\": [\"root\", \"b\"]}]}";

/* One run of a life with a rename, a level more and a call that moves; KG_OK, or what failed. */
static enum kg_status play_once(struct fixture *fixture, enum kg_diff_side side)
{
	const bool is_old = side == KG_SIDE_OLD;
	struct kg_call_sink sink;
	const struct kg_info info = { .file = "a trace" };
	enum kg_status status =
		kg_diff_start_run(fixture->diff, side, &fixture->script.funcs, &sink);
	if (status != KG_OK)
		return status;
	script_rewind(&fixture->script, sink);
	enter(fixture, "root");
	enter(fixture, is_old ? "old_one" : "new_one");
	leaf(fixture, "b", is_old ? 9000 : 90000);
	leave(fixture, 100000);
	if (is_old)
		enter(fixture, "level");
	leaf(fixture, "c", 100);
	enter(fixture, "d");
	if (!is_old)
		leaf(fixture, "mover", 100);
	leave(fixture, 300);
	if (is_old)
		leave(fixture, 500);
	if (is_old)
		leaf(fixture, "mover", 100);
	leave(fixture, 200000);
	script_done(&fixture->script);
	status = fixture->script.status;
	return status == KG_OK ? kg_diff_end_run(fixture->diff, &info) : status;
}

static enum kg_status play_all(struct fixture *fixture)
{
	enum kg_status status = kg_diff_new(NULL, &fixture->diff);
	for (int run = 0; run < 16 && status == KG_OK; run++)
		status = play_once(fixture, (enum kg_diff_side)(run % 2));
	for (int side = 0; side < KG_SIDE_COUNT && status == KG_OK; side++)
		status = kg_diff_add_environment(fixture->diff, (enum kg_diff_side)side, hz_json,
						 sizeof(hz_json) - 1, NULL);
	return status == KG_OK ? kg_diff_report(fixture->diff, &fixture->report) : status;
}

START_TEST(diff_out_of_memory_is_told)
{
	static const char *const names[] = { "root", "old_one", "new_one", "b",
					     "c",    "d",	"level",   "mover" };
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status == KG_NOMEM; passes++) {
		struct fixture fixture = { 0 };
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			script_func(&fixture.script, names[i]);
		memory_fail_after(passes);
		status = play_all(&fixture);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		if (status == KG_OK) {
			const uint64_t *counts = fixture.report->change_counts;
			ck_assert_int_eq(fixture.report->verdict, KG_DIFF_CHANGED);
			ck_assert_int_eq(fixture.report->method, KG_DIFF_STATISTICS);
			ck_assert_uint_eq(counts[KG_CHANGE_RENAMED], 1);
			ck_assert_uint_eq(counts[KG_CHANGE_MOVED], 1);
			ck_assert_uint_eq(counts[KG_CHANGE_INLINED], 1);
		}
		tear_down(&fixture);
	}
}
END_TEST

Suite *diff_suite(void)
{
	Suite *suite = suite_create("diff");
	TCase *structure = tcase_create("structure");
	tcase_add_test(structure, diff_of_the_same_is_the_same);
	tcase_add_test(structure, diff_of_other_times_has_no_structure);
	tcase_add_test(structure, diff_tells_a_call_that_came);
	tcase_add_test(structure, diff_tells_a_call_that_went);
	tcase_add_test(structure, diff_tells_a_call_that_moved_and_blames_nobody);
	tcase_add_test(structure, diff_tells_a_call_that_moved_to_another_phase);
	tcase_add_test(structure, diff_tells_no_move_where_it_comes_more_often);
	tcase_add_test(structure, diff_knows_what_was_inlined_and_blames_nobody);
	tcase_add_test(structure, diff_tells_what_is_called_more_often_but_not_what_is_below);
	tcase_add_test(structure, diff_counts_a_part_of_a_function_with_it);
	tcase_add_test(structure, diff_does_not_see_interrupters);
	suite_add_tcase(suite, structure);
	TCase *names = tcase_create("names");
	tcase_add_test(names, diff_knows_names_by_the_table);
	tcase_add_test(names, diff_knows_a_wrapper_and_what_it_wraps_as_one);
	tcase_add_test(names, diff_knows_names_by_shape);
	tcase_add_test(names, diff_knows_a_leaf_by_place_and_name);
	tcase_add_test(names, diff_does_not_rename_what_both_sides_have);
	suite_add_tcase(suite, names);
	TCase *timing = tcase_create("times");
	tcase_add_test(timing, diff_of_one_run_finds_what_changed_where_all_else_is_exact);
	tcase_add_test(timing, diff_of_many_runs_finds_a_change_beyond_their_noise);
	tcase_add_test(timing, diff_of_many_runs_leaves_noise_alone);
	tcase_add_test(timing, diff_says_how_many_runs_it_would_take);
	suite_add_tcase(suite, timing);
	TCase *honest = tcase_create("honest");
	tcase_add_test(honest, diff_is_inconclusive_where_calls_are_cut);
	tcase_add_test(honest, diff_tells_what_could_not_have_been_traced);
	tcase_add_test(honest, diff_lists_what_surrounds_the_traces);
	tcase_add_test(honest, diff_refuses_what_is_no_environment);
	tcase_add_test(honest, diff_forgets_a_run_that_was_not_ended);
	tcase_add_test(honest, diff_out_of_memory_is_told);
	suite_add_tcase(suite, honest);
	return suite;
}

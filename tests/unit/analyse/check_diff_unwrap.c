/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <string.h>

#include "diff_script.h"

Suite *diff_unwrap_suite(void);

/* What a kernel calls to set a memslot; one wraps the other until 6.13, then there is one. */
#define OUTER "kvm_set_memory_region"
#define INNER "__kvm_set_memory_region"

#define LIST(names)                                                                                \
	"{\"schema\": \"kvmgraph.env/1\", \"functions\": [{\"module\": \"kvm\", \"names\": "       \
	"[\"kvm_vm_ioctl\", \"a\", \"b\", " names "]}]}"
#define LIST_OF_BOTH LIST("\"" OUTER "\", \"" INNER "\"")
#define LIST_OF_ONE LIST("\"" OUTER "\"")

/* One run: kvm_vm_ioctl, then one or two levels, the inner of which calls a and b. */
static void play(struct fixture *fixture, enum kg_diff_side side, const char *outer,
		 const char *inner)
{
	start(fixture, side);
	enter(fixture, "kvm_vm_ioctl");
	enter(fixture, outer);
	if (inner != NULL)
		enter(fixture, inner);
	leaf(fixture, "a", 3000);
	leaf(fixture, "b", 4000);
	if (inner != NULL)
		leave(fixture, 8000);
	leave(fixture, inner != NULL ? 9000 : 8000);
	leave(fixture, 10000);
	finish(fixture);
}

static uint64_t count_of(const struct fixture *fixture, enum kg_change_kind kind)
{
	return fixture->report->change_counts[kind];
}

static const struct kg_diff_change *rename_of(const struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->report->change_count; i++) {
		if (fixture->report->changes[i].kind == KG_CHANGE_RENAMED)
			return &fixture->report->changes[i];
	}
	return NULL;
}

static void expect_rename(const struct fixture *fixture, const char *old_name, const char *new_name)
{
	const struct kg_diff_change *change = rename_of(fixture);
	ck_assert_uint_eq(count_of(fixture, KG_CHANGE_RENAMED), 1);
	ck_assert_ptr_nonnull(change);
	ck_assert(change->is_known);
	ck_assert_str_eq(change->names[KG_SIDE_OLD], old_name);
	ck_assert_str_eq(change->names[KG_SIDE_NEW], new_name);
}

START_TEST(unwrap_leaves_two_functions_two)
{
	struct fixture fixture;
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, OUTER, INNER);
	play(&fixture, KG_SIDE_NEW, OUTER, INNER);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	/* kvm_vm_ioctl is the phase; four calls below it have times of their own */
	ck_assert_uint_eq(fixture.report->timing_count, 4);
	tear_down(&fixture);
}
END_TEST

/* One kernel's compiler has put the wrapper into its caller, or what it wraps into the wrapper. */
START_TEST(unwrap_takes_no_inlining_for_a_new_name)
{
	static const char *const olds[] = { INNER, OUTER };
	for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++) {
		for (int side = 0; side < KG_SIDE_COUNT; side++) {
			const enum kg_diff_side one = (enum kg_diff_side)side;
			const enum kg_diff_side other =
				one == KG_SIDE_OLD ? KG_SIDE_NEW : KG_SIDE_OLD;
			struct fixture fixture;
			set_up(&fixture);
			play(&fixture, one, olds[i], NULL);
			play(&fixture, other, OUTER, INNER);
			compare(&fixture);
			ck_assert_uint_eq(fixture.report->change_count, 1);
			ck_assert_uint_eq(count_of(&fixture, one == KG_SIDE_OLD
								     ? KG_CHANGE_OUTLINED
								     : KG_CHANGE_INLINED),
					  1);
			tear_down(&fixture);
		}
	}
}
END_TEST

/* Both kernels have both, and one does not show it. */
START_TEST(unwrap_believes_the_lists)
{
	struct fixture fixture;
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, OUTER, INNER);
	play(&fixture, KG_SIDE_NEW, OUTER, NULL);
	add_environment(&fixture, KG_SIDE_OLD, LIST_OF_BOTH);
	add_environment(&fixture, KG_SIDE_NEW, LIST_OF_BOTH);
	compare(&fixture);
	ck_assert_uint_eq(count_of(&fixture, KG_CHANGE_RENAMED), 0);
	ck_assert_uint_eq(count_of(&fixture, KG_CHANGE_INLINED), 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(unwrap_knows_the_new_name)
{
	struct fixture fixture;
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, INNER, NULL);
	play(&fixture, KG_SIDE_NEW, OUTER, NULL);
	add_environment(&fixture, KG_SIDE_OLD, LIST_OF_BOTH);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 1);
	expect_rename(&fixture, INNER, OUTER);
	ck_assert_uint_eq(fixture.report->culprit_count, 0);
	tear_down(&fixture);
	/* the other way round: a kernel wraps what the one before did not */
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, "handle_changed_spte", NULL);
	play(&fixture, KG_SIDE_NEW, "__handle_changed_spte", NULL);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 1);
	expect_rename(&fixture, "handle_changed_spte", "__handle_changed_spte");
	tear_down(&fixture);
	/* the third name of a group, which came when the wrapper went */
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, "hardware_enable_nolock", NULL);
	play(&fixture, KG_SIDE_NEW, "kvm_enable_virtualization_cpu", NULL);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 1);
	expect_rename(&fixture, "hardware_enable_nolock", "kvm_enable_virtualization_cpu");
	tear_down(&fixture);
}
END_TEST

/* The wrapper is gone, and has left its name to what it wrapped. */
START_TEST(unwrap_knows_both_where_a_list_tells)
{
	struct fixture fixture;
	set_up(&fixture);
	play(&fixture, KG_SIDE_OLD, OUTER, INNER);
	play(&fixture, KG_SIDE_NEW, OUTER, NULL);
	add_environment(&fixture, KG_SIDE_NEW, LIST_OF_ONE);
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 2);
	ck_assert_uint_eq(count_of(&fixture, KG_CHANGE_INLINED), 1);
	expect_rename(&fixture, INNER, OUTER);
	tear_down(&fixture);
}
END_TEST

START_TEST(unwrap_finds_nothing_in_nothing)
{
	struct fixture fixture;
	set_up(&fixture);
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		start(&fixture, (enum kg_diff_side)side);
		finish(&fixture);
	}
	compare(&fixture);
	ck_assert_uint_eq(fixture.report->change_count, 0);
	tear_down(&fixture);
}
END_TEST

Suite *diff_unwrap_suite(void)
{
	Suite *suite = suite_create("diff_unwrap");
	TCase *tcase = tcase_create("names");
	tcase_add_test(tcase, unwrap_leaves_two_functions_two);
	tcase_add_test(tcase, unwrap_takes_no_inlining_for_a_new_name);
	tcase_add_test(tcase, unwrap_believes_the_lists);
	tcase_add_test(tcase, unwrap_knows_the_new_name);
	tcase_add_test(tcase, unwrap_knows_both_where_a_list_tells);
	tcase_add_test(tcase, unwrap_finds_nothing_in_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

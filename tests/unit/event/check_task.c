/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "event/task.h"

Suite *task_suite(void);

START_TEST(tasks_pid_makes_the_task)
{
	struct kg_tasks tasks = { 0 };
	ck_assert_uint_eq(kg_tasks_count(&tasks), 0);
	ck_assert_uint_eq(tasks_add(&tasks, 2690, SPAN("kvm-hel")), 0);
	ck_assert_uint_eq(tasks_add(&tasks, 2692, SPAN("kvm-hel")), 1);
	ck_assert_uint_eq(tasks_add(&tasks, 2690, SPAN("kvm-hel")), 0);
	ck_assert_uint_eq(kg_tasks_count(&tasks), 2);
	const struct kg_task *task = kg_tasks_get(&tasks, 0);
	ck_assert_int_eq(task->pid, 2690);
	ck_assert_str_eq(task->comm, "kvm-hel");
	ck_assert(!task->is_idle);
	ck_assert(!task->is_inferred);
	tasks_release(&tasks);
	ck_assert_uint_eq(kg_tasks_count(&tasks), 0);
}
END_TEST

START_TEST(tasks_pid_zero_is_idle)
{
	struct kg_tasks tasks = { 0 };
	kg_task_id id = tasks_add(&tasks, 0, SPAN("<idle>"));
	ck_assert(kg_tasks_get(&tasks, id)->is_idle);
	ck_assert_int_eq(kg_tasks_get(&tasks, id)->pid, 0);
	tasks_release(&tasks);
}
END_TEST

START_TEST(tasks_real_name_replaces_unknown_one)
{
	struct kg_tasks tasks = { 0 };
	kg_task_id id = tasks_add(&tasks, 77, SPAN("<...>"));
	ck_assert_str_eq(kg_tasks_get(&tasks, id)->comm, "<...>");
	ck_assert_uint_eq(tasks_add(&tasks, 77, SPAN("sh")), id);
	ck_assert_str_eq(kg_tasks_get(&tasks, id)->comm, "sh");
	ck_assert_uint_eq(tasks_add(&tasks, 77, SPAN("<...>")), id);
	ck_assert_str_eq(kg_tasks_get(&tasks, id)->comm, "sh");
	ck_assert_uint_eq(tasks_add(&tasks, 77, SPAN("vm")), id);
	ck_assert_str_eq(kg_tasks_get(&tasks, id)->comm, "vm");
	tasks_release(&tasks);
}
END_TEST

START_TEST(tasks_name_may_hold_any_bytes)
{
	struct kg_tasks tasks = { 0 };
	ck_assert_uint_eq(tasks_add(&tasks, 1, SPAN("\xff\xfe\x1b[31m")), 0);
	ck_assert_uint_eq(tasks_add(&tasks, 2, SPAN("")), 1);
	ck_assert_uint_eq(tasks_add(&tasks, 3, SPAN("CPU 0/K")), 2);
	ck_assert_str_eq(kg_tasks_get(&tasks, 0)->comm, "\xff\xfe\x1b[31m");
	ck_assert_str_eq(kg_tasks_get(&tasks, 1)->comm, "");
	ck_assert_str_eq(kg_tasks_get(&tasks, 2)->comm, "CPU 0/K");
	tasks_release(&tasks);
}
END_TEST

START_TEST(tasks_unnamed_is_one_a_cpu)
{
	struct kg_tasks tasks = { 0 };
	kg_task_id second = tasks_add_unnamed(&tasks, 2);
	kg_task_id none = tasks_add_unnamed(&tasks, KG_NO_CPU);
	kg_task_id zeroth = tasks_add_unnamed(&tasks, 0);
	ck_assert_uint_eq(tasks_add_unnamed(&tasks, 2), second);
	ck_assert_uint_eq(tasks_add_unnamed(&tasks, 0), zeroth);
	ck_assert_uint_eq(tasks_add_unnamed(&tasks, KG_NO_CPU), none);
	ck_assert_uint_eq(kg_tasks_count(&tasks), 3);
	ck_assert_str_eq(kg_tasks_get(&tasks, second)->comm, "?cpu2");
	ck_assert_str_eq(kg_tasks_get(&tasks, zeroth)->comm, "?cpu0");
	ck_assert_str_eq(kg_tasks_get(&tasks, none)->comm, "?");
	ck_assert_int_eq(kg_tasks_get(&tasks, second)->pid, -1);
	ck_assert(kg_tasks_get(&tasks, second)->is_inferred);
	ck_assert(!kg_tasks_get(&tasks, second)->is_idle);
	ck_assert_uint_eq(tasks_add_unnamed(&tasks, UINT16_MAX - 1), 3);
	ck_assert_str_eq(kg_tasks_get(&tasks, 3)->comm, "?cpu65534");
	tasks_release(&tasks);
}
END_TEST

START_TEST(tasks_with_an_inferred_name_are_no_inferred_tasks)
{
	struct kg_tasks tasks = { 0 };
	kg_task_id unnamed = tasks_add_unnamed(&tasks, 2);
	kg_task_id named = tasks_add(&tasks, 5, SPAN("?cpu2"));
	ck_assert_uint_ne(unnamed, named);
	ck_assert(!kg_tasks_get(&tasks, named)->is_inferred);
	tasks_release(&tasks);
}
END_TEST

START_TEST(tasks_many_are_found_again)
{
	struct kg_tasks tasks = { 0 };
	tasks_add(&tasks, 4000000000, SPAN("first"));
	const struct kg_task *first = kg_tasks_get(&tasks, 0);
	for (int64_t pid = 0; pid < 20000; pid++)
		ck_assert_uint_eq(tasks_add(&tasks, pid * 64, SPAN("x")), pid + 1);
	for (int64_t pid = 0; pid < 20000; pid++)
		ck_assert_uint_eq(tasks_add(&tasks, pid * 64, SPAN("x")), pid + 1);
	ck_assert_uint_eq(kg_tasks_count(&tasks), 20001);
	ck_assert_ptr_eq(kg_tasks_get(&tasks, 0), first);
	ck_assert_int_eq(first->pid, 4000000000);
	tasks_release(&tasks);
}
END_TEST

START_TEST(tasks_without_memory_says_so_and_stays_consistent)
{
	for (uint64_t passes = 0;; passes++) {
		struct kg_tasks tasks = { 0 };
		kg_task_id id = 0;
		int64_t added = 0;
		memory_fail_after(passes);
		for (; added < 100 && id != KG_NO_TASK; added += id != KG_NO_TASK) {
			char comm[16];
			int len = snprintf(comm, sizeof(comm), "t%d", (int)added);
			id = tasks_add(&tasks, added,
				       (struct span){ (unsigned char *)comm, (size_t)len });
		}
		if (added == 100)
			added += tasks_add_unnamed(&tasks, 1) != KG_NO_TASK;
		memory_fail_after(UINT64_MAX);
		ck_assert_uint_eq(kg_tasks_count(&tasks), added);
		ck_assert_uint_eq(tasks_add(&tasks, 1000000, SPAN("other")), added);
		ck_assert_str_eq(kg_tasks_get(&tasks, (kg_task_id)added)->comm, "other");
		tasks_release(&tasks);
		if (added == 101)
			break;
	}
}
END_TEST

Suite *task_suite(void)
{
	Suite *suite = suite_create("task");
	TCase *named = tcase_create("named");
	tcase_add_test(named, tasks_pid_makes_the_task);
	tcase_add_test(named, tasks_pid_zero_is_idle);
	tcase_add_test(named, tasks_real_name_replaces_unknown_one);
	tcase_add_test(named, tasks_name_may_hold_any_bytes);
	tcase_add_test(named, tasks_many_are_found_again);
	tcase_add_test(named, tasks_without_memory_says_so_and_stays_consistent);
	suite_add_tcase(suite, named);
	TCase *unnamed = tcase_create("unnamed");
	tcase_add_test(unnamed, tasks_unnamed_is_one_a_cpu);
	tcase_add_test(unnamed, tasks_with_an_inferred_name_are_no_inferred_tasks);
	suite_add_tcase(suite, unnamed);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/functions.h"

#include "capture/fake_tracefs.h"

Suite *functions_suite(void);

static struct fake fake;

static void setup(void)
{
	fake_make(&fake);
}

static void teardown(void)
{
	fake_remove(&fake);
}

static int put(const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/set_ftrace_filter", fake.folder);
	return functions_put(path, text);
}

START_TEST(functions_are_put_back_by_number)
{
	ck_assert_int_eq(put("schedule\nkvm_exit [kvm]\n"), 0);
	fake_check(&fake, "set_ftrace_filter", "1\n4\n");
}
END_TEST

START_TEST(functions_of_one_name_are_put_back_as_often_as_they_were_there)
{
	fake_write(&fake, "available_filter_functions", "same\nother\nsame\nsame\n");
	ck_assert_int_eq(put("same\nsame\n"), 0);
	fake_check(&fake, "set_ftrace_filter", "1\n3\n");
}
END_TEST

START_TEST(functions_without_number_are_put_back_by_name)
{
	ck_assert_int_eq(put("gone\ngone_too [module]\nlater:mod:not_there\n"), 0);
	fake_check(&fake, "set_ftrace_filter", "gone\ngone_too:mod:module\nlater:mod:not_there\n");
}
END_TEST

START_TEST(functions_comments_and_commands_are_not_put_back)
{
	ck_assert_int_eq(put("#### all functions enabled ####\nschedule:traceoff:unlimited\n"), 0);
	fake_check(&fake, "set_ftrace_filter", "");
}
END_TEST

START_TEST(functions_of_kvm_are_its_modules)
{
	fake_write(&fake, "set_ftrace_filter", "");
	ck_assert_int_eq(functions_add_kvm(fake.folder, fake.folder, NULL), KG_OK);
	fake_check(&fake, "set_ftrace_filter", ":mod:kvm\n:mod:kvm_amd\n");
}
END_TEST

START_TEST(functions_of_built_in_kvm_go_by_name)
{
	char found[4096] = "";
	fake_write(&fake, "available_filter_functions", "schedule\nkvm_vm_ioctl\nvmx_vcpu_run\n");
	fake_write(&fake, "set_ftrace_filter", "");
	fake_write(&fake, "set_ftrace_notrace", "");
	ck_assert_int_eq(functions_add_kvm(fake.folder, fake.folder, NULL), KG_OK);
	FILE *file = fopen(fake_path(&fake, "set_ftrace_filter"), "r");
	ck_assert_uint_gt(fread(found, 1, sizeof(found) - 1, file), 0);
	fclose(file);
	ck_assert_ptr_nonnull(strstr(found, "kvm_*\n"));
	ck_assert_ptr_nonnull(strstr(found, "vmx_*\n"));
	ck_assert_ptr_null(strstr(found, ":mod:"));
}
END_TEST

START_TEST(functions_of_no_kvm_are_lacking)
{
	struct kg_error err = { 0 };
	/* a guest of KVM has these, and no KVM */
	fake_write(&fake, "available_filter_functions", "schedule\nkvm_clock_get_cycles\n");
	ck_assert_int_eq(functions_add_kvm(fake.folder, fake.folder, &err), KG_LACKING);
	ck_assert_ptr_nonnull(strstr(err.text, "modprobe"));
}
END_TEST

static void check_traced(size_t count, bool is_all, const char *first, const char *module)
{
	struct arena memory = { 0 };
	struct functions functions = { 0 };
	ck_assert_int_eq(functions_traced(fake.folder, fake.folder, &memory, &functions, NULL),
			 KG_OK);
	ck_assert_uint_eq(functions.rows.count, count);
	ck_assert_int_eq(functions.is_all, is_all);
	if (count > 0) {
		ck_assert_str_eq(functions.rows.at[0].name, first);
		ck_assert_str_eq(functions.rows.at[0].module, module);
	}
	functions_release(&functions);
	arena_release(&memory);
}

START_TEST(functions_traced_without_filter_are_all)
{
	check_traced(5, true, "schedule", "");
}
END_TEST

START_TEST(functions_traced_are_those_of_the_filter_by_module)
{
	fake_write(&fake, "set_ftrace_filter",
		   "svm_init [kvm_amd]\nkvm_init [kvm]\n"
		   "kvm_exit [kvm]\nx:mod:later\ny:traceon\n");
	check_traced(3, false, "kvm_exit", "kvm");
}
END_TEST

START_TEST(functions_traced_are_not_those_held_back)
{
	fake_write(&fake, "set_ftrace_notrace", "schedule\nkvm_init [kvm]\n");
	check_traced(3, false, "vfs_read", "");
	fake_write(&fake, "set_ftrace_filter", "kvm_init [kvm]\n");
	check_traced(0, false, NULL, NULL);
}
END_TEST

Suite *functions_suite(void)
{
	Suite *suite = suite_create("functions");
	TCase *putting = tcase_create("put");
	tcase_add_checked_fixture(putting, setup, teardown);
	tcase_add_test(putting, functions_are_put_back_by_number);
	tcase_add_test(putting, functions_of_one_name_are_put_back_as_often_as_they_were_there);
	tcase_add_test(putting, functions_without_number_are_put_back_by_name);
	tcase_add_test(putting, functions_comments_and_commands_are_not_put_back);
	suite_add_tcase(suite, putting);
	TCase *kvm = tcase_create("kvm");
	tcase_add_checked_fixture(kvm, setup, teardown);
	tcase_add_test(kvm, functions_of_kvm_are_its_modules);
	tcase_add_test(kvm, functions_of_built_in_kvm_go_by_name);
	tcase_add_test(kvm, functions_of_no_kvm_are_lacking);
	suite_add_tcase(suite, kvm);
	TCase *traced = tcase_create("traced");
	tcase_add_checked_fixture(traced, setup, teardown);
	tcase_add_test(traced, functions_traced_without_filter_are_all);
	tcase_add_test(traced, functions_traced_are_those_of_the_filter_by_module);
	tcase_add_test(traced, functions_traced_are_not_those_held_back);
	suite_add_tcase(suite, traced);
	return suite;
}

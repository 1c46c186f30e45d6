/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/settings.h"

#include "base/memory.h"
#include "capture/fake_tracefs.h"

Suite *settings_suite(void);

static struct fake fake;
static struct settings settings;

static void setup(void)
{
	fake_make(&fake);
	settings = (struct settings){ 0 };
}

static void teardown(void)
{
	settings_release(&settings);
	fake_remove(&fake);
}

static void keep(enum setting_kind kind, const char *name)
{
	struct kg_error err = { 0 };
	ck_assert_msg(settings_keep(&settings, kind, fake.folder, name, &err) == KG_OK, "%s: %s",
		      name, err.text);
}

static void restore(void)
{
	struct kg_error err = { 0 };
	ck_assert_msg(settings_restore(&settings, &err) == KG_OK, "%s: %s", err.file, err.text);
}

START_TEST(settings_value_comes_back)
{
	keep(SETTING_VALUE, "max_graph_depth");
	fake_write(&fake, "max_graph_depth", "3\n");
	restore();
	fake_check(&fake, "max_graph_depth", "0\n");
}
END_TEST

START_TEST(settings_choice_is_the_word_in_brackets)
{
	fake_write(&fake, "trace_clock", "local [global] mono\n");
	keep(SETTING_CHOICE, "trace_clock");
	fake_write(&fake, "trace_clock", "local global [mono]\n");
	restore();
	fake_check(&fake, "trace_clock", "global\n");
}
END_TEST

START_TEST(settings_unused_size_becomes_what_its_first_use_gives)
{
	keep(SETTING_SIZE, "buffer_size_kb");
	fake_write(&fake, "buffer_size_kb", "7\n");
	restore();
	fake_check(&fake, "buffer_size_kb", "1408\n");
}
END_TEST

START_TEST(settings_unused_size_in_whole_pages_is_right)
{
	keep(SETTING_SIZE, "buffer_size_kb");
	fake_write(&fake, "buffer_size_kb", "1410\n");
	restore();
	fake_check(&fake, "buffer_size_kb", "1410\n");
}
END_TEST

START_TEST(settings_used_size_comes_back_exactly)
{
	fake_write(&fake, "buffer_size_kb", "512\n");
	keep(SETTING_SIZE, "buffer_size_kb");
	fake_write(&fake, "buffer_size_kb", "515\n");
	restore();
	fake_check(&fake, "buffer_size_kb", "512\n");
}
END_TEST

START_TEST(settings_list_loses_its_comments)
{
	fake_write(&fake, "set_graph_function", "vfs_read\nkvm_init [kvm]\n");
	keep(SETTING_LIST, "set_graph_function");
	keep(SETTING_LIST, "set_ftrace_pid");
	fake_write(&fake, "set_graph_function", "other\n");
	fake_write(&fake, "set_ftrace_pid", "");
	/* the file takes what it is given, and is not what was read: a kernel would say it again */
	struct kg_error err = { 0 };
	ck_assert_int_eq(settings_restore(&settings, &err), KG_IO);
	fake_check(&fake, "set_graph_function", "vfs_read\nkvm_init\n");
	fake_check(&fake, "set_ftrace_pid", "");
}
END_TEST

START_TEST(settings_unchanged_are_not_written)
{
	keep(SETTING_CHOICE, "trace_clock");
	keep(SETTING_FUNCTIONS, "set_ftrace_filter");
	keep(SETTING_SIZE, "buffer_size_kb");
	ck_assert_int_eq(
		settings_add(&settings, SETTING_QUIET, fake_path(&fake, "tracing_on"), "0\n", NULL),
		KG_OK);
	restore();
	fake_check(&fake, "trace_clock", "[local] global counter mono\n");
	fake_check(&fake, "set_ftrace_filter", "#### all functions enabled ####\n");
	fake_check(&fake, "buffer_size_kb", "7 (expanded: 1408)\n");
	fake_check(&fake, "tracing_on", "1\n");
}
END_TEST

START_TEST(settings_quiet_goes_first)
{
	ck_assert_int_eq(
		settings_add(&settings, SETTING_QUIET, fake_path(&fake, "tracing_on"), "0\n", NULL),
		KG_OK);
	keep(SETTING_VALUE, "max_graph_depth");
	fake_write(&fake, "max_graph_depth", "3\n");
	restore();
	fake_check(&fake, "tracing_on", "0\n");
}
END_TEST

START_TEST(settings_of_no_such_file_is_none)
{
	keep(SETTING_VALUE, "not_there");
	ck_assert_uint_eq(settings.rows.count, 0);
}
END_TEST

START_TEST(settings_folder_goes)
{
	fake_write(&fake, "instances/mine", "");
	ck_assert_int_eq(remove(fake_path(&fake, "instances/mine")), 0);
	ck_assert_int_eq(mkdir(fake_path(&fake, "instances/mine"), 0700), 0);
	ck_assert_int_eq(settings_add(&settings, SETTING_FOLDER, fake.path, NULL, NULL), KG_OK);
	restore();
	ck_assert(!fake_has(&fake, "instances/mine"));
}
END_TEST

START_TEST(settings_that_stay_wrong_are_told)
{
	struct kg_error err = { 0 };
	keep(SETTING_VALUE, "max_graph_depth");
	ck_assert_int_eq(remove(fake_path(&fake, "max_graph_depth")), 0);
	ck_assert_int_eq(mkdir(fake.path, 0700), 0);
	ck_assert_int_eq(settings_restore(&settings, &err), KG_IO);
	ck_assert_ptr_nonnull(strstr(err.file, "max_graph_depth"));
}
END_TEST

START_TEST(settings_printed_are_parsed)
{
	keep(SETTING_CHOICE, "trace_clock");
	keep(SETTING_FUNCTIONS, "available_filter_functions");
	keep(SETTING_LIST, "set_event");
	struct settings parsed = { 0 };
	char *text = settings_print(&settings);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(settings_parse(&parsed, text, strlen(text), NULL), KG_OK);
	ck_assert_uint_eq(parsed.rows.count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(parsed.rows.at[i].kind, settings.rows.at[i].kind);
		ck_assert_str_eq(parsed.rows.at[i].path, settings.rows.at[i].path);
		ck_assert_str_eq(parsed.rows.at[i].text, settings.rows.at[i].text);
	}
	settings_release(&parsed);
	memory_free(text);
}
END_TEST

START_TEST(settings_cut_anywhere_are_refused)
{
	keep(SETTING_CHOICE, "trace_clock");
	keep(SETTING_VALUE, "max_graph_depth");
	char *text = settings_print(&settings);
	const size_t len = strlen(text);
	for (size_t cut = 0; cut < len; cut++) {
		struct settings parsed = { 0 };
		ck_assert_int_eq(settings_parse(&parsed, text, cut, NULL), KG_BAD_FORMAT);
		ck_assert_uint_eq(parsed.rows.count, 0);
	}
	memory_free(text);
}
END_TEST

START_TEST(settings_damaged_are_refused)
{
	static const char *const texts[] = {
		"",
		"kvmgraph-state 2\nend\n",
		"kvmgraph-state 1\nend\nmore",
		"kvmgraph-state 1\nvalue 2 1\nxy\n1\nend\n",  /* no absolute path */
		"kvmgraph-state 1\nvalue 2 99\n/y\n1\nend\n", /* longer than it is */
		"kvmgraph-state 1\nvalue -1 1\n/y\n1\nend\n",
		"kvmgraph-state 1\nother 2 1\n/y\n1\nend\n",
		"kvmgraph-state 1\nvalue 18446744073709551615 1\n/y\n1\nend\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct settings parsed = { 0 };
		ck_assert_msg(settings_parse(&parsed, texts[i], strlen(texts[i]), NULL) ==
				      KG_BAD_FORMAT,
			      "%s", texts[i]);
	}
}
END_TEST

START_TEST(settings_without_memory_fail_cleanly)
{
	keep(SETTING_CHOICE, "trace_clock");
	for (uint64_t passes = 0;; passes++) {
		struct settings more = { 0 };
		memory_fail_after(passes);
		enum kg_status status =
			settings_keep(&more, SETTING_VALUE, fake.folder, "max_graph_depth", NULL);
		char *text = settings_print(&settings);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		settings_release(&more);
		bool is_done = text != NULL;
		memory_free(text);
		if (is_done)
			break;
	}
}
END_TEST

Suite *settings_suite(void)
{
	Suite *suite = suite_create("settings");
	TCase *restoring = tcase_create("restore");
	tcase_add_checked_fixture(restoring, setup, teardown);
	tcase_add_test(restoring, settings_value_comes_back);
	tcase_add_test(restoring, settings_choice_is_the_word_in_brackets);
	tcase_add_test(restoring, settings_unused_size_becomes_what_its_first_use_gives);
	tcase_add_test(restoring, settings_unused_size_in_whole_pages_is_right);
	tcase_add_test(restoring, settings_used_size_comes_back_exactly);
	tcase_add_test(restoring, settings_list_loses_its_comments);
	tcase_add_test(restoring, settings_unchanged_are_not_written);
	tcase_add_test(restoring, settings_quiet_goes_first);
	tcase_add_test(restoring, settings_of_no_such_file_is_none);
	tcase_add_test(restoring, settings_folder_goes);
	tcase_add_test(restoring, settings_that_stay_wrong_are_told);
	suite_add_tcase(suite, restoring);
	TCase *text = tcase_create("text");
	tcase_add_checked_fixture(text, setup, teardown);
	tcase_add_test(text, settings_printed_are_parsed);
	tcase_add_test(text, settings_cut_anywhere_are_refused);
	tcase_add_test(text, settings_damaged_are_refused);
	tcase_add_test(text, settings_without_memory_fail_cleanly);
	suite_add_tcase(suite, text);
	return suite;
}

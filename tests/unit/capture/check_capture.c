/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/capture.h"

#include "base/memory.h"
#include "capture/dat_writer.h"
#include "capture/fake_tracefs.h"

Suite *capture_suite(void);

static struct fake fake;
static struct capture capture;
static struct kg_error err;
static char dat_path[128];
static char text_path[128];

static void setup(void)
{
	static const char *const lists[] = { "set_ftrace_filter",  "set_ftrace_notrace",
					     "set_graph_function", "set_graph_notrace",
					     "set_ftrace_pid",	   "set_ftrace_notrace_pid" };
	fake_make(&fake);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		fake_write(&fake, lists[i], "");
	fake_write(&fake, "trace_clock", "local\n");
	fake_write(&fake, "available_filter_functions_addrs", "ffffffffc0000000 kvm_init [kvm]\n");
	snprintf(dat_path, sizeof(dat_path), "%s/out.dat", fake.folder);
	snprintf(text_path, sizeof(text_path), "%s/out.txt", fake.folder);
	err = (struct kg_error){ 0 };
}

static void teardown(void)
{
	capture_release(&capture);
	fake_remove(&fake);
}

static enum kg_status run(const char *const *command)
{
	const struct capture_opts opts = { .tracefs = fake.folder,
					   .dat_path = dat_path,
					   .text_path = text_path,
					   .command = (char *const *)(void *)command,
					   .stdout_fd = -1,
					   .settle_ns = 1 };
	return capture_run(&capture, &opts, &err);
}

/* One page per 'x' that is in it: what it holds is no matter here. */
static void fake_pages(size_t count)
{
	char *pages = malloc(4096 * count + 1);
	memset(pages, 'x', 4096 * count);
	pages[4096 * count] = '\0';
	fake_write(&fake, "per_cpu/cpu0/trace_pipe_raw", pages);
	free(pages);
}

START_TEST(capture_files_appear_when_they_are_kept)
{
	const char *command[] = { "true", NULL };
	fake_pages(3);
	ck_assert_msg(run(command) == KG_OK, "%s: %s", err.file, err.text);
	ck_assert_int_eq(capture.environment.exit_code, 0);
	ck_assert_uint_eq(capture.environment.lost, 0);
	ck_assert(!fake_has(&fake, "out.dat"));
	ck_assert(!fake_has(&fake, "out.txt"));
	ck_assert_int_eq(capture_keep(&capture, &err), KG_OK);
	fake_check(&fake, "out.txt", "# tracer: function_graph\n#\n");
	struct stat found;
	ck_assert_int_eq(stat(dat_path, &found), 0);
	ck_assert_int_eq(found.st_size % 4096, 0);
	unsigned char bytes[2 * 4096];
	FILE *file = fopen(dat_path, "rb");
	ck_assert_uint_eq(fread(bytes, 1, 12, file), 12);
	ck_assert(memcmp(bytes, "\027\010\104tracing6", 12) == 0);
	ck_assert_int_eq(fseek(file, -3 * 4096 - 1, SEEK_END), 0);
	ck_assert_uint_eq(fread(bytes, 1, 2, file), 2);
	ck_assert_int_eq(bytes[0], 0);
	ck_assert_int_eq(bytes[1], 'x');
	fclose(file);
}
END_TEST

START_TEST(capture_not_kept_leaves_nothing)
{
	const char *command[] = { "true", NULL };
	ck_assert_msg(run(command) == KG_OK, "%s: %s", err.file, err.text);
	capture_release(&capture);
	ck_assert(!fake_has(&fake, "out.dat"));
	ck_assert(!fake_has(&fake, "out.txt"));
	fake_check(&fake, "current_tracer", "nop\n");
}
END_TEST

START_TEST(capture_tells_how_the_command_ended)
{
	const char *failing[] = { "sh", "-c", "exit 7", NULL };
	const char *killed[] = { "sh", "-c", "kill -9 $$", NULL };
	ck_assert_int_eq(run(failing), KG_OK);
	ck_assert_int_eq(capture.environment.exit_code, 7);
	ck_assert_int_eq(capture.environment.exit_signal, 0);
	capture_release(&capture);
	ck_assert_int_eq(run(killed), KG_OK);
	ck_assert_int_eq(capture.environment.exit_code, -1);
	ck_assert_int_eq(capture.environment.exit_signal, 9);
}
END_TEST

START_TEST(capture_command_runs_while_the_tracer_is_on)
{
	char line[256];
	snprintf(line, sizeof(line), "cat %s/tracing_on %s/current_tracer > %s/seen", fake.folder,
		 fake.folder, fake.folder);
	const char *command[] = { "sh", "-c", line, NULL };
	ck_assert_int_eq(run(command), KG_OK);
	fake_check(&fake, "seen", "1\nfunction_graph\n");
}
END_TEST

START_TEST(capture_of_no_command_is_wrong)
{
	const char *command[] = { "/there/is/none", NULL };
	ck_assert_int_eq(run(command), KG_BAD_ARG);
	ck_assert_ptr_nonnull(strstr(err.file, "/there/is/none"));
	fake_check(&fake, "current_tracer", "nop\n");
	fake_check(&fake, "tracing_on", "1\n");
}
END_TEST

START_TEST(capture_losses_are_counted)
{
	char line[256];
	snprintf(line, sizeof(line),
		 "printf 'entries: 10\\noverrun: 20\\nbytes: 400\\n' > "
		 "%s/per_cpu/cpu0/stats",
		 fake.folder);
	const char *command[] = { "sh", "-c", line, NULL };
	ck_assert_int_eq(run(command), KG_OK);
	ck_assert_uint_eq(capture.environment.lost, 20);
	ck_assert_uint_eq(capture.environment.needed_kib, 12);
	ck_assert_uint_eq(capture.environment.buffer_count, 1);
	ck_assert_uint_eq(capture.environment.buffers[0].entries, 10);
}
END_TEST

START_TEST(capture_into_no_folder_changes_nothing)
{
	const char *command[] = { "true", NULL };
	snprintf(dat_path, sizeof(dat_path), "%s/none/out.dat", fake.folder);
	ck_assert_int_eq(run(command), KG_IO);
	fake_check(&fake, "buffer_size_kb", "7 (expanded: 1408)\n");
}
END_TEST

START_TEST(capture_environment_is_filled)
{
	const char *command[] = { "true", "x", NULL };
	ck_assert_int_eq(run(command), KG_OK);
	const struct kg_environment *environment = &capture.environment;
	ck_assert_ptr_nonnull(environment->release);
	ck_assert_ptr_nonnull(environment->build);
	ck_assert_uint_gt(environment->hz, 0);
	ck_assert_uint_gt(environment->cpu_count, 0);
	ck_assert_uint_eq(environment->command.count, 2);
	ck_assert_str_eq(environment->trace_clock, "local");
	ck_assert_uint_eq(environment->options.count, 1);
	ck_assert_str_eq(environment->options.at[0], "print-parent");
	ck_assert(!environment->is_instance);
}
END_TEST

START_TEST(capture_without_memory_fails_cleanly)
{
	const char *command[] = { "true", NULL };
	enum kg_status status = KG_NOMEM;
	size_t runs = 0;
	fake_pages(1);
	/* every place at the start, then some of them: each is a recording of its own */
	for (uint64_t passes = 0; status != KG_OK; passes += passes < 40 ? 1 : 1 + passes / 10) {
		err = (struct kg_error){ 0 };
		memory_fail_after(passes);
		status = run(command);
		memory_fail_after(UINT64_MAX);
		ck_assert_msg(status == KG_OK || status == KG_NOMEM || status == KG_IO, "%d: %s",
			      status, err.text);
		ck_assert(status == KG_OK || err.text[0] != '\0');
		capture_release(&capture);
		fake_check(&fake, "current_tracer", "nop\n");
		fake_check(&fake, "tracing_on", "1\n");
		ck_assert(!fake_has(&fake, "out.dat"));
		fake_pages(1);
		runs++;
	}
	ck_assert_uint_gt(runs, 50);
}
END_TEST

START_TEST(dat_page_size_comes_from_the_kernel)
{
	ck_assert_uint_eq(dat_page_bytes("\tfield: char data;\toffset:16;\tsize:65520;\n"), 65536);
	ck_assert_uint_eq(dat_page_bytes("\tfield: int data_2;\toffset:16;\n"), 4096);
	ck_assert_uint_eq(dat_page_bytes(""), 4096);
}
END_TEST

Suite *capture_suite(void)
{
	Suite *suite = suite_create("capture");
	TCase *tcase = tcase_create("run");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, capture_files_appear_when_they_are_kept);
	tcase_add_test(tcase, capture_not_kept_leaves_nothing);
	tcase_add_test(tcase, capture_tells_how_the_command_ended);
	tcase_add_test(tcase, capture_command_runs_while_the_tracer_is_on);
	tcase_add_test(tcase, capture_of_no_command_is_wrong);
	tcase_add_test(tcase, capture_losses_are_counted);
	tcase_add_test(tcase, capture_into_no_folder_changes_nothing);
	tcase_add_test(tcase, capture_environment_is_filled);
	tcase_add_test(tcase, capture_without_memory_fails_cleanly);
	tcase_add_test(tcase, dat_page_size_comes_from_the_kernel);
	suite_add_tcase(suite, tcase);
	return suite;
}

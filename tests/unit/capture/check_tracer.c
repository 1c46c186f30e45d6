/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/tracer.h"

#include "capture/fake_tracefs.h"

Suite *tracer_suite(void);

static struct fake fake;
static struct tracer tracer;
static struct kg_error err;

static void setup(void)
{
	fake_make(&fake);
	err = (struct kg_error){ 0 };
}

static void teardown(void)
{
	fake_remove(&fake);
}

static void open_tracer(void)
{
	ck_assert_msg(tracer_open(&tracer, fake.folder, &err) == KG_OK, "%s", err.text);
}

static void set_up(const struct tracer_opts *opts)
{
	open_tracer();
	ck_assert_msg(tracer_setup(&tracer, opts, &err) == KG_OK, "%s: %s", err.file, err.text);
}

static void close_tracer(void)
{
	struct kg_error closed = { 0 };
	ck_assert_msg(tracer_close(&tracer, &closed) == KG_OK, "%s: %s", closed.file, closed.text);
}

static void check_lacking(const char *text)
{
	ck_assert_int_eq(err.status, KG_LACKING);
	ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

START_TEST(tracer_default_is_kvm_at_the_top)
{
	const struct tracer_opts opts = { 0 };
	set_up(&opts);
	ck_assert(!tracer.is_instance);
	fake_check(&fake, "current_tracer", "function_graph\n");
	fake_check(&fake, "set_ftrace_filter", ":mod:kvm\n:mod:kvm_amd\n");
	fake_check(&fake, "set_ftrace_pid", "");
	fake_check(&fake, "tracing_on", "0\n");
	fake_check(&fake, "trace_clock", "local");
	ck_assert_int_eq(tracer_start(&tracer, &err), KG_OK);
	fake_check(&fake, "tracing_on", "1\n");
	ck_assert_int_eq(tracer_stop(&tracer, &err), KG_OK);
	fake_check(&fake, "tracing_on", "0\n");
	/* a plain file does not say again what it held when it is emptied */
	struct kg_error closed = { 0 };
	ck_assert_int_eq(tracer_close(&tracer, &closed), KG_IO);
	fake_check(&fake, "current_tracer", "nop\n");
	fake_check(&fake, "tracing_on", "1\n");
	fake_check(&fake, "buffer_size_kb", "1408\n");
	fake_check(&fake, "set_ftrace_filter", "");
}
END_TEST

/* Files that hold what emptying them leaves, so that all of them can be put back. */
static void make_restorable(void)
{
	static const char *const lists[] = { "set_ftrace_filter",  "set_ftrace_notrace",
					     "set_graph_function", "set_graph_notrace",
					     "set_ftrace_pid",	   "set_ftrace_notrace_pid" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		fake_write(&fake, lists[i], "");
	fake_write(&fake, "trace_clock", "local\n");
}

START_TEST(tracer_options_arrive_and_go)
{
	const char *filter[] = { "vfs_*" };
	const char *notrace[] = { "vfs_read" };
	const char *graph[] = { "schedule" };
	const char *events[] = { "kvm", "sched:sched_switch" };
	const char *options[] = { "funcgraph-tail", "noisy", "nofunction-fork" };
	const struct tracer_opts opts = { .filter = { filter, 1 },
					  .notrace = { notrace, 1 },
					  .graph = { graph, 1 },
					  .events = { events, 2 },
					  .options = { options, 3 },
					  .depth = 4,
					  .clock = "mono",
					  .buffer_kib = 77 };
	make_restorable();
	fake_write(&fake, "options/function-fork", "1\n");
	set_up(&opts);
	fake_check(&fake, "set_ftrace_filter", "vfs_*\n");
	fake_check(&fake, "set_ftrace_notrace", "vfs_read\n");
	fake_check(&fake, "set_graph_function", "schedule\n");
	fake_check(&fake, "set_event", "kvm:*\nsched:sched_switch\n");
	fake_check(&fake, "options/funcgraph-tail", "1\n");
	fake_check(&fake, "options/noisy", "1\n");
	fake_check(&fake, "options/function-fork", "0\n");
	fake_check(&fake, "max_graph_depth", "4\n");
	fake_check(&fake, "trace_clock", "mono");
	fake_check(&fake, "buffer_size_kb", "77\n");
	close_tracer();
	fake_check(&fake, "set_ftrace_filter", "");
	fake_check(&fake, "set_graph_function", "");
	fake_check(&fake, "set_event", "");
	fake_check(&fake, "options/funcgraph-tail", "0\n");
	fake_check(&fake, "options/function-fork", "1\n");
	fake_check(&fake, "max_graph_depth", "0\n");
	fake_check(&fake, "trace_clock", "local\n");
	fake_check(&fake, "current_tracer", "nop\n");
	fake_check(&fake, "tracing_on", "1\n");
}
END_TEST

START_TEST(tracer_own_is_the_command_and_what_is_forked)
{
	const struct tracer_opts opts = { .only_pid = 4711 };
	char found[64] = "";
	make_restorable();
	set_up(&opts);
	FILE *file = fopen(fake_path(&fake, "set_ftrace_pid"), "r");
	ck_assert_uint_gt(fread(found, 1, sizeof(found) - 1, file), 0);
	fclose(file);
	ck_assert(strncmp(found, "4711\n", 5) == 0);
	fake_check(&fake, "options/function-fork", "1\n");
	fake_check(&fake, "options/event-fork", "0\n");
	/* what somebody had turned off would leave calls out */
	fake_check(&fake, "options/funcgraph-irqs", "1\n");
	close_tracer();
	fake_check(&fake, "options/funcgraph-irqs", "0\n");
	fake_check(&fake, "options/function-fork", "0\n");
	fake_check(&fake, "set_ftrace_pid", "");
}
END_TEST

START_TEST(tracer_instance_that_does_not_work_goes)
{
	const struct tracer_opts opts = { 0 };
	make_restorable();
	ck_assert_int_eq(mkdir(fake_path(&fake, "instances"), 0700), 0);
	set_up(&opts);
	ck_assert(!tracer.is_instance);
	/* only an empty folder can be removed */
	ck_assert_int_eq(rmdir(fake_path(&fake, "instances")), 0);
	close_tracer();
}
END_TEST

START_TEST(tracer_of_somebody_else_is_named)
{
	const struct tracer_opts opts = { 0 };
	fake_write(&fake, "current_tracer", "wakeup_rt\n");
	open_tracer();
	ck_assert_int_eq(tracer_setup(&tracer, &opts, &err), KG_LACKING);
	check_lacking("the tracer wakeup_rt is active (--force");
	close_tracer();
	fake_check(&fake, "current_tracer", "wakeup_rt\n");
	fake_check(&fake, "tracing_on", "1\n");
}
END_TEST

START_TEST(tracer_of_somebody_else_is_taken_and_given_back)
{
	const struct tracer_opts opts = { .force = true };
	make_restorable();
	fake_write(&fake, "current_tracer", "wakeup_rt\n");
	fake_write(&fake, "set_event", "kvm:kvm_exit\n");
	set_up(&opts);
	fake_check(&fake, "current_tracer", "function_graph\n");
	fake_check(&fake, "set_event", "");
	close_tracer();
	fake_check(&fake, "current_tracer", "wakeup_rt\n");
	fake_check(&fake, "set_event", "kvm:kvm_exit\n");
	fake_check(&fake, "tracing_on", "1\n");
}
END_TEST

START_TEST(tracer_events_of_somebody_else_are_named)
{
	const struct tracer_opts opts = { 0 };
	fake_write(&fake, "set_event", "sched:sched_switch\n");
	open_tracer();
	ck_assert_int_eq(tracer_setup(&tracer, &opts, &err), KG_LACKING);
	check_lacking("sched:sched_switch among them");
	close_tracer();
}
END_TEST

START_TEST(tracer_buffer_of_somebody_else_is_not_emptied)
{
	const struct tracer_opts opts = { 0 };
	fake_write(&fake, "per_cpu/cpu0/stats", "entries: 3\n");
	open_tracer();
	ck_assert_int_eq(tracer_setup(&tracer, &opts, &err), KG_LACKING);
	check_lacking("holds events");
	close_tracer();
}
END_TEST

START_TEST(tracer_without_function_graph_is_lacking)
{
	fake_write(&fake, "available_tracers", "function nop\n");
	ck_assert_int_eq(tracer_open(&tracer, fake.folder, &err), KG_LACKING);
	check_lacking("CONFIG_FUNCTION_GRAPH_TRACER");
	close_tracer();
}
END_TEST

START_TEST(tracer_in_a_folder_without_one_is_lacking)
{
	ck_assert_int_eq(tracer_open(&tracer, "/proc", &err), KG_LACKING);
	check_lacking("mount -t tracefs");
	close_tracer();
}
END_TEST

START_TEST(tracer_unknown_option_is_wrong)
{
	const char *options[] = { "no-such-option" };
	const struct tracer_opts opts = { .options = { options, 1 } };
	open_tracer();
	ck_assert_int_eq(tracer_setup(&tracer, &opts, &err), KG_BAD_ARG);
	ck_assert_ptr_nonnull(strstr(err.text, "-O"));
	struct kg_error closed = { 0 };
	(void)!tracer_close(&tracer, &closed);
	fake_check(&fake, "current_tracer", "nop\n");
}
END_TEST

Suite *tracer_suite(void)
{
	Suite *suite = suite_create("tracer");
	TCase *tcase = tcase_create("set_up");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, tracer_default_is_kvm_at_the_top);
	tcase_add_test(tcase, tracer_options_arrive_and_go);
	tcase_add_test(tcase, tracer_own_is_the_command_and_what_is_forked);
	tcase_add_test(tcase, tracer_instance_that_does_not_work_goes);
	tcase_add_test(tcase, tracer_unknown_option_is_wrong);
	suite_add_tcase(suite, tcase);
	TCase *others = tcase_create("others");
	tcase_add_checked_fixture(others, setup, teardown);
	tcase_add_test(others, tracer_of_somebody_else_is_named);
	tcase_add_test(others, tracer_of_somebody_else_is_taken_and_given_back);
	tcase_add_test(others, tracer_events_of_somebody_else_are_named);
	tcase_add_test(others, tracer_buffer_of_somebody_else_is_not_emptied);
	tcase_add_test(others, tracer_without_function_graph_is_lacking);
	tcase_add_test(others, tracer_in_a_folder_without_one_is_lacking);
	suite_add_tcase(suite, others);
	return suite;
}

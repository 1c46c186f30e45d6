/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "capture/fake_tracefs.h"
#include "capture/state_file.h"

Suite *watchdog_suite(void);

static struct fake fake;
static struct settings settings;
static char state_folder[128];

static void setup(void)
{
	struct kg_error err = { 0 };
	fake_make(&fake);
	snprintf(state_folder, sizeof(state_folder), "%s/state", fake.folder);
	settings = (struct settings){ 0 };
	ck_assert_int_eq(
		settings_keep(&settings, SETTING_VALUE, fake.folder, "max_graph_depth", &err),
		KG_OK);
}

static void teardown(void)
{
	settings_release(&settings);
	fake_remove(&fake);
}

static size_t count_state_files(void)
{
	char command[192];
	size_t count = 0;
	snprintf(command, sizeof(command), "ls %s 2>/dev/null", state_folder);
	FILE *list = popen(command, "r");
	for (char line[64]; fgets(line, sizeof(line), list) != NULL;)
		count++;
	pclose(list);
	return count;
}

/* Waits for somebody else to do something. */
static void wait_for_text(const char *name, const char *text)
{
	const struct timespec wait = { 0, 10000000 };
	char found[64] = "";
	for (int left = 500; left > 0 && strcmp(found, text) != 0; left--) {
		FILE *file = fopen(fake_path(&fake, name), "r");
		found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
		fclose(file);
		nanosleep(&wait, NULL);
	}
	ck_assert_str_eq(found, text);
}

static void start(struct watchdog *watchdog)
{
	struct kg_error state_err = { 0 };
	struct kg_error err = { 0 };
	ck_assert_int_eq(watchdog_start(watchdog, &settings, state_folder, &state_err, &err),
			 KG_OK);
	ck_assert_msg(state_err.status == KG_OK, "%s", state_err.text);
}

START_TEST(watchdog_puts_back_when_told)
{
	struct watchdog watchdog = { 0 };
	struct kg_error err = { 0 };
	start(&watchdog);
	ck_assert_uint_eq(count_state_files(), 1);
	fake_write(&fake, "max_graph_depth", "7\n");
	ck_assert_int_eq(watchdog_end(&watchdog, &settings, &err), KG_OK);
	fake_check(&fake, "max_graph_depth", "0\n");
	ck_assert_uint_eq(count_state_files(), 0);
	/* a second end has nothing to do */
	ck_assert_int_eq(watchdog_end(&watchdog, &settings, &err), KG_OK);
}
END_TEST

START_TEST(watchdog_puts_back_when_its_owner_is_killed)
{
	pid_t owner = fork();
	if (owner == 0) {
		struct watchdog watchdog = { 0 };
		start(&watchdog);
		fake_write(&fake, "max_graph_depth", "7\n");
		raise(SIGKILL);
	}
	int status;
	ck_assert_int_eq(waitpid(owner, &status, 0), owner);
	ck_assert(WIFSIGNALED(status));
	wait_for_text("max_graph_depth", "0\n");
}
END_TEST

START_TEST(watchdog_outlives_what_ends_others)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct watchdog watchdog = { 0 };
	struct kg_error err = { 0 };
	const struct timespec wait = { 0, 200000000 };
	start(&watchdog);
	fake_write(&fake, "max_graph_depth", "7\n");
	nanosleep(&wait, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ck_assert_int_eq(kill(watchdog.pid, signals[i]), 0);
	nanosleep(&wait, NULL);
	ck_assert_int_eq(waitpid(watchdog.pid, NULL, WNOHANG), 0);
	fake_check(&fake, "max_graph_depth", "7\n");
	ck_assert_int_eq(watchdog_end(&watchdog, &settings, &err), KG_OK);
	fake_check(&fake, "max_graph_depth", "0\n");
}
END_TEST

START_TEST(watchdog_that_is_killed_is_stood_in_for)
{
	struct watchdog watchdog = { 0 };
	struct kg_error err = { 0 };
	start(&watchdog);
	fake_write(&fake, "max_graph_depth", "7\n");
	kill(watchdog.pid, SIGKILL);
	ck_assert_int_eq(watchdog_end(&watchdog, &settings, &err), KG_OK);
	fake_check(&fake, "max_graph_depth", "0\n");
}
END_TEST

START_TEST(watchdog_tells_what_it_could_not_put_back)
{
	struct watchdog watchdog = { 0 };
	struct kg_error err = { 0 };
	start(&watchdog);
	ck_assert_int_eq(remove(fake_path(&fake, "max_graph_depth")), 0);
	ck_assert_int_eq(mkdir(fake.path, 0700), 0);
	ck_assert_int_eq(watchdog_end(&watchdog, &settings, &err), KG_IO);
	ck_assert_ptr_nonnull(strstr(err.file, "max_graph_depth"));
	ck_assert_uint_eq(count_state_files(), 1);
}
END_TEST

START_TEST(watchdog_killed_too_leaves_it_to_the_next_start)
{
	size_t count;
	struct kg_error err = { 0 };
	/* the watchdog becomes our child, so that it is known to be gone, and its lock with it */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid_t owner = fork();
	if (owner == 0) {
		struct watchdog watchdog = { 0 };
		start(&watchdog);
		fake_write(&fake, "max_graph_depth", "7\n");
		kill(watchdog.pid, SIGKILL);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(owner, NULL, 0), owner);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	fake_check(&fake, "max_graph_depth", "7\n");
	ck_assert_int_eq(state_files_restore(state_folder, &count, &err), KG_OK);
	ck_assert_uint_eq(count, 1);
	fake_check(&fake, "max_graph_depth", "0\n");
	ck_assert_uint_eq(count_state_files(), 0);
}
END_TEST

START_TEST(state_file_that_is_in_use_is_left_alone)
{
	size_t count;
	struct kg_error err = { 0 };
	struct watchdog watchdog = { 0 };
	start(&watchdog);
	fake_write(&fake, "max_graph_depth", "7\n");
	ck_assert_int_eq(state_files_restore(state_folder, &count, &err), KG_OK);
	ck_assert_uint_eq(count, 0);
	fake_check(&fake, "max_graph_depth", "7\n");
	ck_assert_int_eq(watchdog_end(&watchdog, &settings, &err), KG_OK);
}
END_TEST

START_TEST(state_file_in_a_folder_of_others_is_not_believed)
{
	size_t count;
	struct kg_error err = { 0 };
	char path[192];
	snprintf(path, sizeof(path), "state/1.state");
	char *text = settings_print(&settings);
	fake_write(&fake, path, text);
	free(text);
	ck_assert_int_eq(chmod(state_folder, 0777), 0);
	fake_write(&fake, "max_graph_depth", "7\n");
	ck_assert_int_eq(state_files_restore(state_folder, &count, &err), KG_OK);
	ck_assert_uint_eq(count, 0);
	fake_check(&fake, "max_graph_depth", "7\n");
	/* nor is one written there */
	struct state_file file;
	ck_assert_int_eq(state_file_create(&file, state_folder, &settings, &err), KG_IO);
	ck_assert_int_eq(file.fd, -1);
}
END_TEST

START_TEST(state_file_that_is_cut_changed_nothing)
{
	size_t count;
	struct kg_error err = { 0 };
	fake_write(&fake, "state/1.state", "kvmgraph-state 1\nvalue 99 1\n/y");
	ck_assert_int_eq(state_files_restore(state_folder, &count, &err), KG_OK);
	ck_assert_uint_eq(count_state_files(), 0);
}
END_TEST

Suite *watchdog_suite(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *watching = tcase_create("watchdog");
	tcase_add_checked_fixture(watching, setup, teardown);
	tcase_add_test(watching, watchdog_puts_back_when_told);
	tcase_add_test(watching, watchdog_puts_back_when_its_owner_is_killed);
	tcase_add_test(watching, watchdog_outlives_what_ends_others);
	tcase_add_test(watching, watchdog_that_is_killed_is_stood_in_for);
	tcase_add_test(watching, watchdog_tells_what_it_could_not_put_back);
	suite_add_tcase(suite, watching);
	TCase *state = tcase_create("state_file");
	tcase_add_checked_fixture(state, setup, teardown);
	tcase_add_test(state, watchdog_killed_too_leaves_it_to_the_next_start);
	tcase_add_test(state, state_file_that_is_in_use_is_left_alone);
	tcase_add_test(state, state_file_in_a_folder_of_others_is_not_believed);
	tcase_add_test(state, state_file_that_is_cut_changed_nothing);
	suite_add_tcase(suite, state);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the end of a process is noticed, and outlived. */
#include "capture/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "capture/control.h"
#include "capture/state_file.h"
#include "base/banned.h"

/* Nobody who records has so many files open. */
#define FD_FIRST 256

/* Not among those that a terminal or a name would end. */
static void step_aside(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	setsid();
	prctl(PR_SET_NAME, "kg-watchdog");
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	/* the last to go when memory is out; only root may ask for that */
	if (control_put("/proc/self/oom_score_adj", "-1000\n") != 0)
		return;
}

/* Above all that are in use; -1 stays. */
static int move_up(int fd)
{
	const int moved = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST) : -1;
	return moved >= 0 ? moved : fd;
}

/* Keeps these three open and no other, so that nobody waits for the end of a file because of us. */
static void close_others(int *life_fd, int *report_fd, int *state_fd)
{
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	*life_fd = move_up(*life_fd);
	*report_fd = move_up(*report_fd);
	*state_fd = move_up(*state_fd);
	if (*life_fd >= FD_FIRST && *report_fd >= FD_FIRST)
		close_range(3, FD_FIRST - 1, 0);
}

static void watch(const struct settings *settings, struct state_file *state, int life_fd,
		  int report_fd)
{
	struct kg_error err;
	char byte;
	memset(&err, 0, sizeof(err));
	step_aside();
	close_others(&life_fd, &report_fd, &state->fd);
	while (read(life_fd, &byte, 1) < 0 && errno == EINTR)
		continue;
	/* a state file that stays is another try, at the next start */
	if (settings_restore(settings, &err) == KG_OK)
		state_file_remove(state);
	ssize_t written = write(report_fd, &err, sizeof(err));
	_exit(written == (ssize_t)sizeof(err) ? 0 : 1);
}

static enum kg_status start(struct watchdog *watchdog, const struct settings *settings,
			    struct state_file *state, struct kg_error *err)
{
	int life[2];
	int report[2];
	if (pipe2(life, O_CLOEXEC) != 0)
		return error_set(err, KG_IO, NULL, errno, "no pipe: %s", strerror(errno));
	if (pipe2(report, O_CLOEXEC) != 0) {
		int os_errno = errno;
		close(life[0]);
		close(life[1]);
		return error_set(err, KG_IO, NULL, os_errno, "no pipe: %s", strerror(os_errno));
	}
	pid_t pid = fork();
	int os_errno = errno;
	if (pid == 0) {
		close(life[1]);
		close(report[0]);
		watch(settings, state, life[0], report[1]);
	}
	close(life[0]);
	close(report[1]);
	if (pid < 0) {
		close(life[1]);
		close(report[0]);
		return error_set(err, KG_IO, NULL, os_errno, "no second process: %s",
				 strerror(os_errno));
	}
	*watchdog = (struct watchdog){ pid, life[1], report[0] };
	return KG_OK;
}

enum kg_status watchdog_start(struct watchdog *watchdog, const struct settings *settings,
			      const char *state_folder, struct kg_error *state_err,
			      struct kg_error *err)
{
	struct state_file state;
	if (state_file_create(&state, state_folder, settings, state_err) != KG_OK)
		state.fd = -1; /* the watchdog alone has to do */
	enum kg_status status = start(watchdog, settings, &state, err);
	if (status == KG_OK)
		state_file_release(&state);
	else
		state_file_remove(&state);
	return status;
}

enum kg_status watchdog_end(struct watchdog *watchdog, const struct settings *settings,
			    struct kg_error *err)
{
	struct kg_error report = { 0 };
	if (watchdog->pid == 0)
		return KG_OK;
	close(watchdog->life_fd);
	ssize_t got;
	do
		got = read(watchdog->report_fd, &report, sizeof(report));
	while (got < 0 && errno == EINTR);
	close(watchdog->report_fd);
	while (waitpid(watchdog->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	*watchdog = (struct watchdog){ 0 };
	if (got != (ssize_t)sizeof(report))
		return settings_restore(settings, err);
	if (report.status == KG_OK)
		return KG_OK;
	return error_set(err, report.status, report.file, report.os_errno, "%s", report.text);
}

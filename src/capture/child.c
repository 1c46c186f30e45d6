/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a command is started late, as somebody else, and waited for. */
#include "capture/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/banned.h"

/* What ends a recording by ending its command; and a command that ends early is no reason to. */
static const int handled[CHILD_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

/* A handler has no other way to know. */
static volatile sig_atomic_t running_pid;
static volatile sig_atomic_t was_asked;

/* What a terminal sends, it sends to the command too. Who asks again wants no more waiting. */
static void pass_on(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (running_pid <= 0)
		return;
	if (was_asked)
		kill(running_pid, SIGKILL);
	else if (info->si_code != SI_KERNEL)
		kill(running_pid, number);
	was_asked = 1;
}

static void install_handlers(struct child *child)
{
	running_pid = child->pid;
	was_asked = 0;
	for (size_t i = 0; i < CHILD_SIGNALS; i++) {
		struct sigaction action;
		memset(&action, 0, sizeof(action));
		sigemptyset(&action.sa_mask);
		if (handled[i] == SIGPIPE) {
			action.sa_handler = SIG_IGN;
		} else {
			action.sa_sigaction = pass_on;
			action.sa_flags = SA_SIGINFO;
		}
		sigaction(handled[i], &action, &child->old[i]);
		/* whoever started us may have wanted us to go on */
		if (child->old[i].sa_handler == SIG_IGN)
			sigaction(handled[i], &child->old[i], NULL);
	}
	child->has_handlers = true;
}

static void remove_handlers(struct child *child)
{
	for (size_t i = 0; i < CHILD_SIGNALS && child->has_handlers; i++)
		sigaction(handled[i], &child->old[i], NULL);
	child->has_handlers = false;
	running_pid = 0;
}

/* ---- in the new process ---------------------------------------------------------------------- */

static bool become(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
	       setuid(user->pw_uid) == 0 && setenv("HOME", user->pw_dir, 1) == 0 &&
	       setenv("USER", user->pw_name, 1) == 0 && setenv("LOGNAME", user->pw_name, 1) == 0;
}

static void run(const struct child_opts *opts, const struct passwd *user, int go_fd, int exec_fd)
{
	char byte;
	ssize_t got;
	while ((got = read(go_fd, &byte, 1)) < 0 && errno == EINTR)
		continue;
	/* no word: the recording will not be */
	if (got != 1)
		_exit(127);
	if ((opts->stdout_fd < 0 || dup2(opts->stdout_fd, STDOUT_FILENO) >= 0) &&
	    (user == NULL || become(user)))
		execvp(opts->command[0], opts->command);
	int os_errno = errno;
	got = write(exec_fd, &os_errno, sizeof(os_errno));
	_exit(got > 0 ? 127 : 126);
}

/* ---- in ours --------------------------------------------------------------------------------- */

/* The user by name or number. NULL: there is none. */
static const struct passwd *find_user(const char *name)
{
	char *end;
	const struct passwd *found = getpwnam(name);
	if (found != NULL)
		return found;
	unsigned long number = strtoul(name, &end, 10);
	return *name != '\0' && *end == '\0' ? getpwuid((uid_t)number) : NULL;
}

/* Whom to become: *out is NULL for nobody else. */
static enum kg_status choose_user(const char *name, const struct passwd **out, struct kg_error *err)
{
	*out = NULL;
	if (name == NULL)
		return KG_OK;
	const struct passwd *user = find_user(name);
	if (user == NULL)
		return error_set(err, KG_BAD_ARG, NULL, 0, "there is no user %s", name);
	if (geteuid() == 0)
		*out = user;
	else if (user->pw_uid != geteuid())
		return error_set(err, KG_LACKING, NULL, 0, "only root can run a command as user %s",
				 name);
	return KG_OK;
}

/* Starts the process between two pipes, which are closed again on failure. */
static pid_t start(const struct child_opts *opts, const struct passwd *user, int go[2], int exec[2])
{
	pid_t pid = fork();
	if (pid == 0) {
		close(go[1]);
		close(exec[0]);
		run(opts, user, go[0], exec[1]);
	}
	int os_errno = errno;
	close(go[0]);
	close(exec[1]);
	if (pid < 0) {
		close(go[1]);
		close(exec[0]);
	}
	errno = os_errno;
	return pid;
}

enum kg_status child_start(struct child *child, const struct child_opts *opts, struct kg_error *err)
{
	int go[2];
	int exec[2];
	const struct passwd *user;
	*child = (struct child){ .go_fd = -1, .exec_fd = -1, .name = opts->command[0] };
	enum kg_status status = choose_user(opts->user, &user, err);
	if (status != KG_OK)
		return status;
	if (pipe2(go, O_CLOEXEC) != 0)
		return error_set(err, KG_IO, NULL, errno, "no pipe: %s", strerror(errno));
	if (pipe2(exec, O_CLOEXEC) != 0) {
		status = error_set(err, KG_IO, NULL, errno, "no pipe: %s", strerror(errno));
		close(go[0]);
		close(go[1]);
		return status;
	}
	pid_t pid = start(opts, user, go, exec);
	if (pid < 0)
		return error_set(err, KG_IO, NULL, errno, "no second process: %s", strerror(errno));
	child->pid = pid;
	child->go_fd = go[1];
	child->exec_fd = exec[0];
	install_handlers(child);
	return KG_OK;
}

enum kg_status child_go(struct child *child, struct kg_error *err)
{
	int os_errno = 0;
	ssize_t count = write(child->go_fd, "g", 1);
	close(child->go_fd);
	child->go_fd = -1;
	while (count == 1 && (count = read(child->exec_fd, &os_errno, sizeof(os_errno))) < 0 &&
	       errno == EINTR)
		count = 1;
	close(child->exec_fd);
	child->exec_fd = -1;
	/* running the command closes the pipe */
	if (count == 0)
		return KG_OK;
	if (os_errno == 0)
		return error_set(err, KG_BAD_ARG, child->name, 0, "was ended before it could run");
	return error_set(err, KG_BAD_ARG, child->name, os_errno, "cannot be run: %s",
			 strerror(os_errno));
}

void child_wait(struct child *child, int *exit_code, int *exit_signal)
{
	int status = 0;
	pid_t ended;
	while ((ended = waitpid(child->pid, &status, 0)) < 0 && errno == EINTR)
		continue;
	remove_handlers(child);
	child->pid = 0;
	*exit_signal = ended > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	*exit_code = ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void child_release(struct child *child)
{
	if (child->go_fd >= 0)
		close(child->go_fd);
	if (child->exec_fd >= 0)
		close(child->exec_fd);
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	remove_handlers(child);
	*child = (struct child){ .go_fd = -1, .exec_fd = -1 };
}

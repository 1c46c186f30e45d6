/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows a VM whose end is the end of its process. The process is a child, so that its end can be
 * timed and the program goes on; what happened in it comes back in shared memory.
 */
#include "life.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- in the child ---------------------------------------------------------------------------- */

/* It watches nothing itself: its parent ends it, and with it go its VM and all that it holds. */
static void live_and_exit(const struct setting *setting, struct life *life, const sigset_t *mask,
			  pid_t parent)
{
	struct stopper stopper;
	struct machine machine;
	/* a parent that is gone already has not left its signal */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
	stopper_init(&stopper);
	if (machine_init(&machine, setting, &stopper, life, 0) && machine_live(&machine))
		_exit(0);
	machine_release(&machine);
	_exit(1);
}

/* ---- in the parent --------------------------------------------------------------------------- */

void vigil_start(struct vigil *vigil)
{
	const struct sigaction preset = { .sa_handler = SIG_DFL };
	/* a program that ignores SIGCHLD would have no child to wait for */
	sigaction(SIGCHLD, &preset, &vigil->child_before);
	stopper_signals(&vigil->signals);
	sigaddset(&vigil->signals, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &vigil->signals, &vigil->mask_before);
}

void vigil_finish(const struct vigil *vigil)
{
	pthread_sigmask(SIG_SETMASK, &vigil->mask_before, NULL);
	sigaction(SIGCHLD, &vigil->child_before, NULL);
}

/* One signal, or 0 when the time is over. */
static int next_signal(const struct vigil *vigil, uint64_t until_ns)
{
	const uint64_t now = now_ns();
	const uint64_t left = until_ns > now ? until_ns - now : 0;
	const struct timespec timeout = { (time_t)(left / 1000000000), (long)(left % 1000000000) };
	const int number = sigtimedwait(&vigil->signals, NULL, &timeout);
	return number > 0 || errno != EAGAIN ? number : 0;
}

enum end { END_BY_ITSELF, END_BY_DEADLINE, END_BY_SIGNAL };

/* Until the child is gone, which is made sure of. */
static enum end wait_for(pid_t child, const struct vigil *vigil, uint64_t until_ns, int *status,
			 int *stop_signal)
{
	enum end end = END_BY_ITSELF;
	while (waitpid(child, status, WNOHANG) == 0) {
		const int number = next_signal(vigil, until_ns);
		if (number < 0 || number == SIGCHLD)
			continue;
		if (number != 0)
			*stop_signal = number;
		end = number != 0 ? END_BY_SIGNAL : END_BY_DEADLINE;
		kill(child, SIGKILL);
		/* nothing but its end is left to wait for */
		until_ns = UINT64_MAX;
	}
	return end;
}

/* The last row was begun by the child. */
static void end_exit_row(const struct setting *setting, struct life *life, uint64_t ended_ns)
{
	const struct step *last = &setting->plan->steps[setting->plan->step_count - 1];
	struct log_row *row = &life->rows[last->first_log];
	row->duration_ns = ended_ns - row->start_ns;
	row->is_done = true;
	row->is_ok = true;
}

/* Where the child was. */
static const struct step *unfinished_step(const struct plan *plan, const struct life *life)
{
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (!life->rows[step->first_log + step->log_count - 1].is_done)
			return step;
	}
	return NULL;
}

static void judge_end(const struct setting *setting, struct life *life, enum end end, int status)
{
	const uint64_t ended_ns = now_ns();
	const struct plan *plan = setting->plan;
	char found[96];
	enum outcome outcome = OUTCOME_INTERNAL;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		end_exit_row(setting, life, ended_ns);
		/* a signal that came with the end still stops the run */
		if (end != END_BY_SIGNAL)
			return;
	}
	if (end == END_BY_DEADLINE) {
		outcome = OUTCOME_DIFFERS;
		snprintf(found, sizeof(found), "no end within %g s (see --timeout)",
			 (double)setting->timeout_ns / 1e9);
	} else if (end == END_BY_SIGNAL) {
		outcome = OUTCOME_STOPPED;
		snprintf(found, sizeof(found), "signal %d", life->stop_signal);
	} else if (WIFSIGNALED(status)) {
		snprintf(found, sizeof(found), "the end of its process by signal %d",
			 WTERMSIG(status));
	} else {
		snprintf(found, sizeof(found), "a process that did not start");
	}
	failure_set(&life->failure, outcome, plan, unfinished_step(plan, life), 0, found);
}

void life_in_process(const struct setting *setting, const struct vigil *vigil, struct life *life)
{
	const pid_t parent = getpid();
	char found[96];
	int status = 0;
	const pid_t child = fork();
	if (child == 0)
		live_and_exit(setting, life, &vigil->mask_before, parent);
	if (child > 0) {
		const enum end end = wait_for(child, vigil, now_ns() + setting->timeout_ns, &status,
					      &life->stop_signal);
		judge_end(setting, life, end, status);
	} else {
		snprintf(found, sizeof(found), "no process: %s", strerror(errno));
		failure_set(&life->failure, OUTCOME_INTERNAL, setting->plan, NULL, 0, found);
	}
}

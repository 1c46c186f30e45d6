/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command that is recorded: a process that waits until it is told to go.
 *
 * Interrupting the recording interrupts the command, which ends the recording.
 */
#ifndef CAPTURE_CHILD_H
#define CAPTURE_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include <kvmgraph/error.h>

#define CHILD_SIGNALS 4

struct child {
	pid_t pid; /* 0: there is none */
	int go_fd;
	int exec_fd; /* errno comes from here where there is nothing to run */
	const char *name;
	bool has_handlers;
	struct sigaction old[CHILD_SIGNALS];
};

struct child_opts {
	char *const *command; /* NULL at its end */
	const char *user;     /* NULL: who runs us */
	int stdout_fd;	      /* -1: ours */
};

/*
 * Starts the process, waiting. Fails with KG_BAD_ARG for a user that there is none of, and with
 * KG_LACKING where we may not become that user.
 */
KG_MUST_USE enum kg_status child_start(struct child *child, const struct child_opts *opts,
				       struct kg_error *err);
/* Lets it go. Fails with KG_BAD_ARG if the command cannot be run. */
KG_MUST_USE enum kg_status child_go(struct child *child, struct kg_error *err);
/* Waits for its end: *exit_code, or -1 and *exit_signal. */
void child_wait(struct child *child, int *exit_code, int *exit_signal);
/* Ends one that was not waited for. */
void child_release(struct child *child);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stops a guest that would not: a deadline, a signal to the process, another vCPU's failure.
 *
 * A thread that enters guests is a runner. To stop it, KVM is told to come back at once
 * (immediate_exit), and a signal takes it out of the guest where it is already in. The signals that
 * end a process are blocked meanwhile and read by a thread, which also keeps the deadline.
 */
#ifndef VMM_STOPPER_H
#define VMM_STOPPER_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct runner {
	pthread_t thread;
	uint8_t *immediate_exit; /* of its struct kvm_run */
	const void *owner;	 /* its VM */
	uint64_t deadline_ns;	 /* CLOCK_MONOTONIC_RAW */
	atomic_bool is_late;	 /* was stopped for that */
	struct runner *next;
};

struct stopper {
	pthread_mutex_t lock;
	struct runner *runners;
	uint64_t timeout_ns; /* that a runner has; 0: nobody watches */
	atomic_int signal;   /* that came; 0: none */
	pthread_t thread;
	int wake_fd;
	int signal_fd;
	sigset_t mask_before;
	struct sigaction kick_before;
};

/* Signals that end a process and leave it time to clean up. */
void stopper_signals(sigset_t *set);

/* One that nobody watches for: it stops runners, but nothing stops it. */
void stopper_init(struct stopper *stopper);
/* Starts to watch; 0, or an errno. */
int stopper_start(struct stopper *stopper, uint64_t timeout_ns);
/* Ends that: the thread is gone, the signals are as they were. */
void stopper_finish(struct stopper *stopper);

/* Around each stay in the guest; *is_stopping is the owner's own wish to stop. */
void stopper_enter(struct stopper *stopper, struct runner *runner, const atomic_bool *is_stopping);
void stopper_leave(struct stopper *stopper, struct runner *runner);

/* Stops the runners of one owner; NULL: all. */
void stopper_kick(struct stopper *stopper, const void *owner);

/* The signal that stops everything; 0: none has come. */
static inline int stopper_signal(struct stopper *stopper)
{
	return atomic_load(&stopper->signal);
}

#endif

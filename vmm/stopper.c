/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a vCPU is got out of its guest. */
#include "stopper.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"

#define KICK SIGUSR1

void stopper_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
}

/* That it is handled is enough: the call that it hits returns. */
static void ignore_kick(int number)
{
	(void)number;
}

/* ---- runners --------------------------------------------------------------------------------- */

static void stop_runner(const struct runner *runner)
{
	/* the kernel reads it when the thread enters, so a thread that is on its way is met, too */
	__atomic_store_n(runner->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(runner->thread, KICK);
}

void stopper_enter(struct stopper *stopper, struct runner *runner, const atomic_bool *is_stopping)
{
	pthread_mutex_lock(&stopper->lock);
	runner->thread = pthread_self();
	runner->deadline_ns = now_ns() + stopper->timeout_ns;
	atomic_store(&runner->is_late, false);
	runner->next = stopper->runners;
	stopper->runners = runner;
	if (stopper_signal(stopper) != 0 || atomic_load(is_stopping))
		__atomic_store_n(runner->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&stopper->lock);
}

void stopper_leave(struct stopper *stopper, struct runner *runner)
{
	pthread_mutex_lock(&stopper->lock);
	struct runner **at = &stopper->runners;
	while (*at != runner)
		at = &(*at)->next;
	*at = runner->next;
	pthread_mutex_unlock(&stopper->lock);
}

void stopper_kick(struct stopper *stopper, const void *owner)
{
	pthread_mutex_lock(&stopper->lock);
	for (const struct runner *runner = stopper->runners; runner != NULL;
	     runner = runner->next) {
		if (owner == NULL || runner->owner == owner)
			stop_runner(runner);
	}
	pthread_mutex_unlock(&stopper->lock);
}

/* ---- watching -------------------------------------------------------------------------------- */

/* Stops the runners whose time is over. Milliseconds until the next one's is, rounded up. */
static int stop_late_ones(struct stopper *stopper)
{
	const uint64_t now = now_ns();
	/* one that enters later has at least this long, so nobody has to wake the watch for it */
	uint64_t left = stopper->timeout_ns;
	pthread_mutex_lock(&stopper->lock);
	for (struct runner *runner = stopper->runners; runner != NULL; runner = runner->next) {
		if (atomic_load(&runner->is_late))
			continue;
		if (runner->deadline_ns <= now) {
			atomic_store(&runner->is_late, true);
			stop_runner(runner);
		} else if (runner->deadline_ns - now < left) {
			left = runner->deadline_ns - now;
		}
	}
	pthread_mutex_unlock(&stopper->lock);
	left = left / 1000000 + 1;
	return left > 3600000 ? 3600000 : (int)left;
}

static void *watch(void *self)
{
	struct stopper *stopper = self;
	struct pollfd fds[] = { { .fd = stopper->wake_fd, .events = POLLIN },
				{ .fd = stopper->signal_fd, .events = POLLIN } };
	for (;;) {
		struct signalfd_siginfo info;
		const int count = poll(fds, 2, stop_late_ones(stopper));
		if (count > 0 && fds[0].revents != 0)
			return NULL;
		if (count > 0 && fds[1].revents != 0 &&
		    read(stopper->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
			atomic_store(&stopper->signal, (int)info.ssi_signo);
			stopper_kick(stopper, NULL);
		}
	}
}

/* Undoes what of the start has been done. */
static void restore(struct stopper *stopper)
{
	sigaction(KICK, &stopper->kick_before, NULL);
	pthread_sigmask(SIG_SETMASK, &stopper->mask_before, NULL);
	if (stopper->wake_fd >= 0)
		close(stopper->wake_fd);
	if (stopper->signal_fd >= 0)
		close(stopper->signal_fd);
	pthread_mutex_destroy(&stopper->lock);
}

void stopper_init(struct stopper *stopper)
{
	*stopper = (struct stopper){ .wake_fd = -1, .signal_fd = -1 };
	pthread_mutex_init(&stopper->lock, NULL);
	const struct sigaction kick = { .sa_handler = ignore_kick };
	sigaction(KICK, &kick, &stopper->kick_before);
}

int stopper_start(struct stopper *stopper, uint64_t timeout_ns)
{
	sigset_t signals;
	stopper_signals(&signals);
	stopper_init(stopper);
	stopper->timeout_ns = timeout_ns;
	pthread_sigmask(SIG_BLOCK, &signals, &stopper->mask_before);
	stopper->wake_fd = eventfd(0, EFD_CLOEXEC);
	stopper->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	int failed = stopper->wake_fd < 0 || stopper->signal_fd < 0 ? errno : 0;
	if (failed == 0)
		failed = pthread_create(&stopper->thread, NULL, watch, stopper);
	if (failed != 0)
		restore(stopper);
	return failed;
}

void stopper_finish(struct stopper *stopper)
{
	const uint64_t one = 1;
	/* an eventfd takes a one whenever it holds none */
	while (write(stopper->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
	pthread_join(stopper->thread, NULL);
	restore(stopper);
}

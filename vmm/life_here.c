/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the VMs of a life follow each other, or live side by side. */
#include "life.h"

#include <stdio.h>
#include <string.h>

#define PARALLEL_MOST 64

/* What the threads share, each of which takes one VM after the other. */
struct crowd {
	const struct setting *setting;
	struct stopper *stopper;
	struct life *life;
	atomic_uint next_vm;
	atomic_bool is_over;
};

static bool live_one(struct crowd *crowd, uint32_t vm)
{
	struct machine machine;
	const bool is_done =
		machine_init(&machine, crowd->setting, crowd->stopper, crowd->life, vm) &&
		machine_live(&machine);
	machine_release(&machine);
	return is_done;
}

static void *live_on(void *self)
{
	struct crowd *crowd = self;
	while (!atomic_load(&crowd->is_over)) {
		const uint32_t vm = atomic_fetch_add(&crowd->next_vm, 1);
		if (vm >= crowd->life->vm_count)
			break;
		if (!live_one(crowd, vm))
			atomic_store(&crowd->is_over, true);
	}
	return NULL;
}

static void fail_to_start(struct crowd *crowd, int os_errno)
{
	char found[96];
	snprintf(found, sizeof(found), "no thread: %s", strerror(os_errno));
	atomic_store(&crowd->is_over, true);
	pthread_mutex_lock(&crowd->stopper->lock);
	failure_set(&crowd->life->failure, OUTCOME_INTERNAL, crowd->setting->plan, NULL, 0, found);
	pthread_mutex_unlock(&crowd->stopper->lock);
}

/* This thread is one of them. */
static void live_together(struct crowd *crowd, uint64_t parallel)
{
	const struct kvm_calls *calls = crowd->setting->calls;
	pthread_t threads[PARALLEL_MOST];
	uint64_t started = 0;
	for (; started + 1 < parallel; started++) {
		const int failed = calls->spawn(calls->self, &threads[started], live_on, crowd);
		if (failed != 0) {
			fail_to_start(crowd, failed);
			break;
		}
	}
	live_on(crowd);
	for (uint64_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

void life_here(const struct setting *setting, struct stopper *stopper, struct life *life)
{
	struct crowd crowd = { .setting = setting, .stopper = stopper, .life = life };
	live_together(&crowd, setting->plan->params[PARAM_PARALLEL]);
	life->stop_signal = stopper_signal(stopper);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a run is set up, and its lives one after the other. */
#include "vmm.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "life.h"
#include "marks.h"

#define TIMEOUT_NS UINT64_C(10000000000)
/* now and this make a time that fits */
#define TIMEOUT_MOST_NS (UINT64_MAX / 2)

/* ---- pinning --------------------------------------------------------------------------------- */

struct pin {
	bool is_pinned;
	cpu_set_t before;
};

static bool pin_to(struct pin *pin, const struct vmm_opts *opts, char *why, size_t why_len)
{
	cpu_set_t one;
	pin->is_pinned = false;
	if (!opts->is_pinned)
		return true;
	CPU_ZERO(&one);
	if (opts->pin_cpu < CPU_SETSIZE)
		CPU_SET(opts->pin_cpu, &one);
	pin->is_pinned = sched_getaffinity(0, sizeof(pin->before), &pin->before) == 0 &&
			 sched_setaffinity(0, sizeof(one), &one) == 0;
	if (!pin->is_pinned)
		snprintf(why, why_len, "--pin %llu: there is no such CPU to run on",
			 (unsigned long long)opts->pin_cpu);
	return pin->is_pinned;
}

static void unpin(const struct pin *pin)
{
	if (pin->is_pinned)
		sched_setaffinity(0, sizeof(pin->before), &pin->before);
}

/* ---- lives ----------------------------------------------------------------------------------- */

/* Those that watch over the lives: one of them, as the plan has it. */
struct watch {
	struct stopper *stopper;
	struct vigil *vigil;
};

/* Runs the lives that do not count and those that do, until one fails. */
static void run_lives(struct report *report, const struct setting *setting,
		      const struct watch *watch)
{
	for (uint64_t i = 0; i < report->warmup + report->repeat; i++) {
		life_reset(report->last);
		if (setting->plan->has_exit)
			life_in_process(setting, watch->vigil, report->last);
		else
			life_here(setting, watch->stopper, report->last);
		const bool has_failed = report->last->failure.outcome != OUTCOME_PASS;
		if (i >= report->warmup || has_failed)
			report_count(report);
		if (has_failed)
			break;
	}
}

static void fail_start(struct report *report, int os_errno)
{
	char found[96];
	snprintf(found, sizeof(found), "cannot watch the guest: %s", strerror(os_errno));
	failure_set(&report->last->failure, OUTCOME_INTERNAL, &report->plan, NULL, 0, found);
}

static void run_waiting(struct report *report, const struct setting *setting)
{
	struct vigil vigil;
	vigil_start(&vigil);
	run_lives(report, setting, &(struct watch){ .vigil = &vigil });
	vigil_finish(&vigil);
}

static void run_watching(struct report *report, const struct setting *setting)
{
	struct stopper stopper;
	const int failed = stopper_start(&stopper, setting->timeout_ns);
	if (failed != 0) {
		fail_start(report, failed);
		return;
	}
	run_lives(report, setting, &(struct watch){ .stopper = &stopper });
	stopper_finish(&stopper);
}

static uint64_t choose_timeout(const struct vmm_opts *opts)
{
	if (opts->timeout_ns == 0)
		return TIMEOUT_NS;
	return opts->timeout_ns < TIMEOUT_MOST_NS ? opts->timeout_ns : TIMEOUT_MOST_NS;
}

static void run_setting(struct report *report, const struct vmm_opts *opts)
{
	struct setting setting = {
		.plan = &report->plan,
		.calls = opts->calls != NULL ? opts->calls : &kvm_calls_real,
		.device = opts->device != NULL ? opts->device : "/dev/kvm",
		.timeout_ns = choose_timeout(opts),
		.marker_fd = opts->wants_marks ? marks_open() : -1,
	};
	report->has_marks = setting.marker_fd >= 0;
	if (setting.plan->has_exit)
		run_waiting(report, &setting);
	else
		run_watching(report, &setting);
	if (setting.marker_fd >= 0)
		close(setting.marker_fd);
}

static bool has_begun(const struct report *report)
{
	return report->lives > 1 || (report->lives == 1 && report->last->rows[0].is_done);
}

enum outcome vmm_run(const struct scenario *scenario, const struct vmm_opts *opts,
		     struct report **report, char *why, size_t why_len)
{
	struct plan plan;
	struct pin pin;
	*report = NULL;
	if (!plan_make(&plan, scenario, &opts->params, why, why_len))
		return OUTCOME_USAGE;
	if (!pin_to(&pin, opts, why, why_len)) {
		plan_release(&plan);
		return OUTCOME_USAGE;
	}
	if (scenario->needs_hardware && plan.params[PARAM_HAS_HARDWARE] == 0) {
		snprintf(why, why_len,
			 "scenario %s needs a KVM that uses VMX or SVM, and this one uses neither",
			 scenario->name);
		plan_release(&plan);
		unpin(&pin);
		return OUTCOME_LACKING;
	}
	*report = report_new(&plan, opts->repeat != 0 ? opts->repeat : 1, opts->warmup);
	if (*report != NULL)
		run_setting(*report, opts);
	unpin(&pin);
	if (*report == NULL) {
		snprintf(why, why_len, "out of memory (fewer lives or VMs help)");
		return OUTCOME_INTERNAL;
	}
	const enum outcome outcome = (*report)->last->failure.outcome;
	snprintf(why, why_len, "%s", (*report)->last->failure.message);
	if (!has_begun(*report) && outcome != OUTCOME_STOPPED) {
		report_free(*report);
		*report = NULL;
	}
	return outcome;
}

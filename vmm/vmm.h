/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reference VMM: leads a VM on /dev/kvm through a scenario, step by step, and tells what each
 * step came to and how long it took.
 *
 * It knows KVM and nothing of traces: what it does is there to be traced.
 */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include "calls.h"
#include "report.h"
#include "scenario_file.h"

/* All-zero is the default. */
struct vmm_opts {
	struct plan_params params; /* 0: the scenario's own */
	uint64_t repeat;	   /* lives that are counted; 0: 1 */
	uint64_t warmup;	   /* lives before them, not counted */
	uint64_t timeout_ns;	   /* see below; 0: 10 s */
	bool is_pinned;		   /* to one CPU */
	uint64_t pin_cpu;
	bool wants_marks;
	const char *device;	       /* NULL: /dev/kvm */
	const struct kvm_calls *calls; /* NULL: the kernel's */
};

/*
 * Runs a scenario. timeout_ns is what a guest has to come to the exit that a run waits for, and
 * where a VM ends with its process, what that has from begin to end.
 *
 * Signals that end a process are held back meanwhile; one that comes stops the run
 * with OUTCOME_STOPPED and is report->last->stop_signal.
 *
 * *report, for report_free(), tells the steps that were done; it is NULL if nothing was begun, but
 * for OUTCOME_STOPPED. `why` is filled for every outcome but OUTCOME_PASS: one line, what is wrong
 * (what would help).
 */
enum outcome vmm_run(const struct scenario *scenario, const struct vmm_opts *opts,
		     struct report **report, char *why, size_t why_len);

/* Tables for people: the scenarios; the steps of one with its parameters. */
void vmm_list(FILE *to);
void vmm_describe(const struct plan *plan, FILE *to);

#endif

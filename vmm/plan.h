/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A scenario with its parameters, written out: every single step in the order in which they are
 * told, and how many rows the log of one VM has.
 */
#ifndef VMM_PLAN_H
#define VMM_PLAN_H

#include "scenario.h"

struct step {
	const struct scenario_step *row;
	uint32_t index;	    /* which of the row's steps: vCPU or slot */
	uint32_t vcpu;	    /* which one it is about */
	const char *phase;  /* as which a trace shows it; NULL: as none */
	uint32_t first_log; /* its first row in the log; a run has one for each exit */
	uint32_t log_count;
};

struct plan {
	const struct scenario *scenario;
	uint64_t params[PARAM_COUNT];
	struct step *steps;
	uint32_t step_count;
	uint32_t log_count;
	uint64_t memory_base;	/* guest physical address of the main slot */
	uint64_t memory_bytes;	/* of the main slot */
	uint64_t backing_bytes; /* of all slots; the main one's come first */
	bool has_exit;		/* ends with the process */
};

/* What --memory, --vcpus ... say; 0: the scenario's own. */
struct plan_params {
	uint64_t value[PARAM_OPTIONS];
};

/*
 * Makes a plan, which plan_release() frees. False, with a line of what is wrong in `why`, if a
 * parameter is not one of the scenario's or out of its range, or memory is out.
 */
bool plan_make(struct plan *plan, const struct scenario *scenario, const struct plan_params *params,
	       char *why, size_t why_len);
void plan_release(struct plan *plan);

/* The exit that a run's N-th stay in the guest has to end with. */
enum reason step_exit_due(const struct step *step, uint32_t number);

/* Whether a step is one vCPU's among several, and has to be told with its number. */
static inline bool step_is_of_one(const struct step *step)
{
	return step->row->times == TIMES_VCPU || step->row->times == TIMES_ONE_VCPU;
}

uint64_t amount_of(const struct plan *plan, const struct amount *amount, uint32_t index);

/* Bytes of the slot that a step is about. */
uint64_t step_slot_bytes(const struct plan *plan, const struct step *step);
/* Where the memory of that slot begins in the VM's backing. */
uint64_t step_slot_backing(const struct plan *plan, const struct step *step);
/* Its guest physical address. */
uint64_t step_slot_address(const struct plan *plan, const struct step *step);

/* What a step has to come to, in words: "0", "hlt after 14 io", "42". */
void step_expectation(const struct plan *plan, const struct step *step, char *words, size_t len);

#endif

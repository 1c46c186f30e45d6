/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a guest did to have the exits that a trace shows of its runs. */
#include "analyse/recover.h"

#include "base/memory.h"
#include "base/banned.h"

/* ---- one KVM_RUN ----------------------------------------------------------------------------- */

/* How a KVM_RUN that is over was left. */
enum leaving {
	LEFT_TO_BE_SERVED, /* the VMM does I/O or MMIO, and goes on */
	LEFT_AT_END,	   /* HLT, shutdown */
	LEFT_BY_SIGNAL,	   /* or because the guest could not be entered */
};

static bool is_fault(uint8_t reason)
{
	return reason == KG_REASON_EPT_VIOLATION || reason == KG_REASON_NPF;
}

static enum leaving leaving_of(const struct kg_run *run)
{
	switch ((enum kg_exit_reason)run->ended_by) {
	case KG_REASON_IO:
	case KG_REASON_MMIO:
	/* a fault that ends in user space is an access where no memory is */
	case KG_REASON_EPT_VIOLATION:
	case KG_REASON_NPF:
		return LEFT_TO_BE_SERVED;
	case KG_REASON_UNKNOWN:
	case KG_REASON_EXTERNAL_INTERRUPT:
	case KG_REASON_PREEMPTION_TIMER:
		return LEFT_BY_SIGNAL;
	case KG_REASON_HLT:
	case KG_REASON_CPUID:
	case KG_REASON_MSR_READ:
	case KG_REASON_MSR_WRITE:
	case KG_REASON_CR_ACCESS:
	case KG_REASON_HYPERCALL:
	case KG_REASON_INTERRUPT_WINDOW:
	case KG_REASON_EXCEPTION:
	case KG_REASON_SHUTDOWN:
	case KG_REASON_OTHER:
	case KG_REASON_COUNT:
		break;
	}
	return LEFT_AT_END;
}

enum kg_status guest_goes_on(struct kg_recover *recover, const struct life_root *root,
			     bool *goes_on)
{
	struct kg_run run;
	enum kg_status status = kg_life_run(recover->life, root->run_index, &run);
	if (status == KG_OK)
		*goes_on = leaving_of(&run) != LEFT_AT_END;
	return status;
}

/* ---- exits ----------------------------------------------------------------------------------- */

struct taking {
	struct kg_recover *recover;
	struct odd_exits *odd;
	struct kg_step *step;
	const struct life_root *root; /* the KVM_RUN whose exits they are */
	const struct life_root *next; /* the one that goes on with it, or NULL */
	uint64_t left;		      /* of its exits */
	uint64_t failing;	      /* faults and exceptions since the first exception */
	enum kg_status status;
};

static void add_act(struct taking *taking, enum kg_act_kind kind, uint64_t count)
{
	struct kg_recover *recover = taking->recover;
	struct kg_step *step = taking->step;
	if (count == 0 || taking->status != KG_OK)
		return;
	if (step->act_count > 0) {
		struct kg_act *last = &recover->acts.at[recover->acts.count - 1];
		if (last->kind == kind) {
			last->count += count;
			return;
		}
	}
	const struct kg_act act = { .kind = (uint8_t)kind, .count = count };
	if (recover->acts.count >= UINT32_MAX || !column_push(&recover->acts, act)) {
		taking->status = KG_NOMEM;
		return;
	}
	step->act_count++;
}

static void note_odd(struct taking *taking, uint8_t reason)
{
	if (taking->odd->count++ > 0)
		return;
	taking->odd->reason = reason;
	taking->odd->line_no = taking->root->root->line_no;
}

/* What leaves KVM_RUN to be served by the VMM. */
static void take_served(struct taking *taking, uint8_t reason)
{
	const uint32_t marks = taking->root->root->marks;
	if (reason != KG_REASON_IO) {
		add_act(taking, (marks & MARK_MMIO_READ) != 0 ? KG_ACT_MMIO_READ : KG_ACT_MMIO, 1);
		return;
	}
	/* the end of an IN is with the KVM_RUN behind it */
	const bool is_in =
		taking->next != NULL && (taking->next->root->marks & MARK_PIO_IN_DONE) != 0;
	add_act(taking, is_in ? KG_ACT_IO_IN : KG_ACT_IO, 1);
}

/* The last exit of a KVM_RUN that ended without a handler. */
static void take_unserved(struct taking *taking)
{
	struct kg_run run;
	taking->status = kg_life_run(taking->recover->life, taking->root->run_index, &run);
	if (taking->next != NULL || run.exit_count > 1) {
		taking->odd->signals++;
		return;
	}
	taking->odd->failed++;
	add_act(taking, KG_ACT_INVALID, 1);
}

static void take_exit(struct taking *taking, uint8_t reason)
{
	const bool is_last = --taking->left == 0;
	/* an exception without a handler leads to faults and to the shutdown, and is part of it */
	if (taking->failing > 0 && (is_fault(reason) || reason == KG_REASON_EXCEPTION)) {
		taking->failing++;
		return;
	}
	if (taking->failing > 0 && reason != KG_REASON_SHUTDOWN) {
		note_odd(taking, KG_REASON_EXCEPTION);
		taking->failing = 0;
	}
	switch ((enum kg_exit_reason)reason) {
	case KG_REASON_EPT_VIOLATION:
	case KG_REASON_NPF:
		if (is_last)
			take_served(taking, reason);
		else
			add_act(taking, KG_ACT_TOUCH, 1);
		return;
	case KG_REASON_IO:
	case KG_REASON_MMIO:
		if (is_last)
			take_served(taking, reason);
		else
			taking->odd->in_kernel++;
		return;
	case KG_REASON_HLT:
		if (is_last)
			add_act(taking, KG_ACT_HLT, 1);
		else
			taking->odd->in_kernel++;
		return;
	case KG_REASON_SHUTDOWN:
		taking->failing = 0;
		add_act(taking, KG_ACT_SHUTDOWN, 1);
		return;
	case KG_REASON_CPUID:
		add_act(taking, KG_ACT_CPUID, 1);
		return;
	case KG_REASON_MSR_READ:
		add_act(taking, KG_ACT_RDMSR, 1);
		return;
	case KG_REASON_MSR_WRITE:
		add_act(taking, KG_ACT_WRMSR, 1);
		return;
	case KG_REASON_HYPERCALL:
		add_act(taking, KG_ACT_HYPERCALL, 1);
		return;
	case KG_REASON_EXCEPTION:
		taking->failing = 1;
		return;
	case KG_REASON_UNKNOWN:
		if (is_last)
			take_unserved(taking);
		else
			note_odd(taking, reason);
		return;
	case KG_REASON_EXTERNAL_INTERRUPT:
	case KG_REASON_PREEMPTION_TIMER:
		/* not the guest's doing */
		taking->odd->signals += is_last;
		return;
	case KG_REASON_CR_ACCESS:
	case KG_REASON_INTERRUPT_WINDOW:
	case KG_REASON_OTHER:
	case KG_REASON_COUNT:
		break;
	}
	note_odd(taking, reason);
}

static void take_exits(void *self, const uint8_t *reasons, size_t count)
{
	struct taking *taking = self;
	for (size_t i = 0; i < count && taking->status == KG_OK; i++)
		take_exit(taking, reasons[i]);
}

enum kg_status guest_add_run(struct kg_recover *recover, const struct life_root *roots,
			     size_t count, struct odd_exits *odd, struct kg_step *step)
{
	step->first_act = (uint32_t)recover->acts.count;
	step->row_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		struct kg_run run;
		struct taking taking = { .recover = recover,
					 .odd = odd,
					 .step = step,
					 .root = &roots[i],
					 .next = i + 1 < count ? &roots[i + 1] : NULL };
		enum kg_status status = kg_life_run(recover->life, roots[i].run_index, &run);
		if (status != KG_OK)
			return status;
		taking.left = run.exit_count;
		odd->runs++;
		step->exits += run.exit_count;
		status = kg_life_run_exits(recover->life, &run, take_exits, &taking);
		if (status == KG_OK)
			status = taking.status;
		if (status != KG_OK)
			return status;
		if (taking.failing > 0)
			note_odd(&taking, KG_REASON_EXCEPTION);
	}
	return KG_OK;
}

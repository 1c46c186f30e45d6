/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recovering a scenario: recover_watch.c notes while the trace is read what each root shows,
 * recover_place.c says which step it is and in whose life, recover_lives.c looks at all lives,
 * recover_steps.c makes the steps of one, recover_guest.c the acts of its exits, and
 * recover_compare.c holds two scenarios against each other.
 */
#ifndef ANALYSE_RECOVER_H
#define ANALYSE_RECOVER_H

#include <kvmgraph/recover.h>

#include "analyse/run_check.h"

/* What calls inside of a root tell about it, in bits. */
enum root_mark {
	MARK_SUPPORTED_CPUID = 1 << 0,
	MARK_OTHER_QUESTION = 1 << 1, /* to /dev/kvm */
	MARK_IDENTITY_MAP = 1 << 2,
	MARK_IRQCHIP = 1 << 3,
	MARK_PIT = 1 << 4,
	MARK_DIRTY_LOG = 1 << 5,
	MARK_SET_CPUID = 1 << 6,
	MARK_GET_CPUID = 1 << 7,
	MARK_GET_MSR = 1 << 8,
	MARK_SET_MSR = 1 << 9,
	MARK_SLOT_FLUSHED = 1 << 10, /* moved or deleted */
	MARK_SLOT_MADE = 1 << 11,    /* added or moved */
	MARK_SLOT_LOGGED = 1 << 12,
	MARK_MODE_CHANGED = 1 << 13,
	MARK_PAGING = 1 << 14,
	MARK_LONG_MODE = 1 << 15,
	MARK_SET_CR0 = 1 << 16, /* is open, while the root is */
	MARK_MMIO_READ = 1 << 17,
	MARK_PIO_IN_DONE = 1 << 18, /* the run before left with an IN */
};

/* A call without a caller that KVM is entered by. */
struct root {
	uint64_t line_no;
	kg_task_id task_id;
	kg_func_id func_id;
	uint32_t marks; /* enum root_mark */
	uint8_t frame;	/* enum kvm_frame; 0: the memory of a VMM goes */
	uint8_t flags;	/* enum kg_call_flag */
};

/* Of a lane: the root that is open. */
struct root_lane {
	kg_call_id root_id;
	kg_call_id cr0_id;
	uint32_t row;
};

struct root_watch {
	const struct kg_funcs *funcs;
	COLUMN(uint32_t) tells; /* by function: struct tell */
	COLUMN(struct root_lane) lanes;
	COLUMN(struct root) rows; /* as they were entered */
	uint64_t first_gap;	  /* lines where events were lost; UINT64_MAX: none */
	uint64_t last_gap;
};

struct kg_recover {
	struct kg_life *life;
	struct root_watch watch;
	struct kg_tee tee;
	struct arena memory;
	COLUMN(struct kg_step) steps;
	COLUMN(struct kg_act) acts;
	COLUMN(const char *) chosen;
	struct kg_scenario scenario;
};

/* A root of a life. */
struct life_root {
	const struct root *root;
	uint32_t run_index; /* for kg_life_run(); UINT32_MAX: no run */
	uint32_t strand;    /* 0: the life's first task, then as they come */
	uint8_t step;	    /* enum kg_step_kind; KG_STEP_KIND_COUNT: of no kind that is known */
};

/* One life, while its scenario is made. */
struct life_rows {
	COLUMN(struct life_root) roots; /* by strand, then as they were entered */
	COLUMN(kg_task_id) strands;	/* tasks; the first one made the VM */
	bool has_exit;			/* the process ended with the VM open */
	uint64_t exit_line; /* where its memory went, if that tells what it did before; else 0 */
};

/* ---- recover_watch.c ------------------------------------------------------------------------- */

struct kg_call_sink watch_sink(struct root_watch *watch);
void watch_release(struct root_watch *watch);

/* ---- recover_guest.c ------------------------------------------------------------------------- */

/* What of the exits cannot be an act of the reference VMM's guest. */
struct odd_exits {
	uint64_t count;
	uint64_t line_no;   /* of the first one's run */
	uint8_t reason;	    /* its reason */
	uint64_t in_kernel; /* accesses and halts that KVM served itself */
	uint64_t signals;   /* runs that somebody else ended */
	uint64_t failed;    /* runs that nothing explains: taken for entries that fail */
	uint64_t runs;	    /* KVM_RUN calls */
};

/*
 * Adds the acts of a run that goes over `count` roots, all of them KVM_RUN, and says of the step
 * which they are.
 */
KG_MUST_USE enum kg_status guest_add_run(struct kg_recover *recover, const struct life_root *roots,
					 size_t count, struct odd_exits *odd, struct kg_step *step);
/* Whether KVM_RUN is called again to go on with what this call left. */
KG_MUST_USE enum kg_status guest_goes_on(struct kg_recover *recover, const struct life_root *root,
					 bool *goes_on);

/* ---- recover_steps.c ------------------------------------------------------------------------- */

/* Makes the steps of a life: they and their acts are added to the recover's. */
KG_MUST_USE enum kg_status steps_make(struct kg_recover *recover, struct life_rows *life,
				      struct odd_exits *odd, bool says_choices);
/* Says that something was chosen. */
KG_MUST_USE enum kg_status choose(struct kg_recover *recover, const char *phrase);

/* A root and the life that it is in. */
struct placed {
	const struct root *root;
	uint32_t life; /* NO_LIFE: none */
	uint32_t run_index;
	kg_task_id task_id; /* whose strand it is in */
	uint32_t rank;	    /* of that: the task that made the VM first, then by pid */
	uint8_t step;	    /* enum kg_step_kind, or KG_STEP_KIND_COUNT */
};

struct placing {
	struct kg_recover *recover;
	const struct kg_info *info;
	struct lives lives;
	COLUMN(struct placed) placed; /* by life, strand and line */
	COLUMN(uint32_t) life_of; /* by task: one more than the life that its last root was in */
	COLUMN(const struct root *) exits; /* where the memory of a VMM goes, by line */
	uint64_t whole;			   /* lives from the creation to the destruction of a VM */
	uint64_t cut;
	uint64_t strays;	     /* phases of nobody knows which life */
	bool is_tss_told;	     /* setting TSS and identity map, by their order alone */
	const struct root *left_out; /* the first one that is no step */
	uint64_t left_out_count;
};

/* ---- recover_place.c ------------------------------------------------------------------------- */

/* Fills lives, placed and exits. */
KG_MUST_USE enum kg_status roots_place(struct placing *placing);

/* ---- recover_lives.c ------------------------------------------------------------------------- */

KG_MUST_USE enum kg_status lives_recover(struct kg_recover *recover, const struct kg_info *info);

#endif

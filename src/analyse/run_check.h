/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trace against a run report: run_check_lives.c finds the lives of VMs in the trace,
 * run_check_wants.c what the report lets expect of one, run_check_compare.c holds one against the
 * other, run_check_exits.c does so for runs, run_check_verdicts.c makes checks of what came of it
 * and run_check_words.c says it.
 */
#ifndef ANALYSE_RUN_CHECK_H
#define ANALYSE_RUN_CHECK_H

#include <kvmgraph/run_check.h>

#include "base/arena.h"
#include "base/column.h"

#define NO_STEP UINT32_MAX
#define NO_SEEN UINT32_MAX
#define NO_LIFE UINT32_MAX

/* ---- what the trace has ---------------------------------------------------------------------- */

/* A phase that a VMM asks for. */
struct seen {
	uint32_t row; /* for kg_life_phase() */
	uint32_t life;
	kg_task_id task_id;
	uint8_t kind;	  /* enum kg_phase_kind */
	uint8_t ended_by; /* of a run: enum kg_exit_reason */
	bool has_ioctl;	  /* the trace tells which one it was */
	uint8_t unused;
};

/* From what is asked of /dev/kvm before a VM is made to its destruction. */
struct vm_life {
	kg_task_id creator;
	uint32_t first; /* of its rows in seen, once they are sorted */
	uint32_t count;
	uint32_t alive; /* while they are gathered: from 1, its place among those alive */
	bool has_create;
	bool only_asks; /* nothing but questions to /dev/kvm */
	bool is_ours;	/* it may be one that the report tells of */
};

struct lives {
	COLUMN(struct seen) seen; /* by life, then task, then row */
	COLUMN(struct vm_life) lives;
	uint32_t ours;	 /* how many are */
	bool is_blurred; /* the trace does not tell whose phases are whose */
	bool overlaps;	 /* several VMs were alive at once */
};

/* ---- what the report has --------------------------------------------------------------------- */

/* Steps in sequence that show as phases of one kind. */
struct want {
	uint32_t first; /* in wants.steps */
	uint32_t least; /* so many phases there have to be */
	uint32_t most;
	uint8_t kind;
	bool is_check; /* KVM_CHECK_EXTENSION, which a trace may tell from other questions */
};

/* What one task of a VM is to do. */
struct wants {
	COLUMN(uint32_t) steps; /* rows of the report */
	COLUMN(struct want) rows;
	COLUMN(uint32_t) runs; /* rows of the report that are runs */
	uint64_t hidden;       /* steps that the kernel could not show */
};

/* Steps of a VM in the report. */
struct vm_steps {
	uint32_t first;
	uint32_t count;
};

/* A vCPU that may have a thread of its own, and when that begins. */
struct vcpu_order {
	uint32_t vcpu;
	uint32_t rank;
	uint64_t start_ns;
};

/* Which steps of a VM are meant. */
struct selection {
	struct vm_steps vm;
	const struct vcpu_order *vcpus; /* by number */
	size_t vcpu_count;
	uint32_t thread_count; /* vCPUs of lower ranks are run by threads */
	uint32_t rank;	       /* of the one whose steps are meant; UINT32_MAX: the other steps */
};

/* Phases of one task in one life. */
struct strand {
	uint32_t first; /* in seen */
	uint32_t count;
};

/* ---- one against the other ------------------------------------------------------------------- */

/* Where the trace leaves the report for the first time. */
struct departing {
	bool is_set;
	bool is_end;	/* its task does nothing more in this life */
	bool is_few;	/* there is less of something, no matter where */
	bool is_front;	/* what there is of the life is so, but the trace begins later */
	bool is_tail;	/* the same, but the trace ends before */
	bool lacks_one; /* what came is what comes behind the expected step */
	uint32_t step;	/* expected; NO_STEP: nothing more */
	uint32_t seen;	/* what came, or the last before the end; NO_SEEN: nothing */
	const char *why;
};

enum finding_kind { FIND_STEPS, FIND_RUNS, FIND_EXITS, FIND_COUNT };

struct finding {
	uint64_t fits;	 /* lives */
	uint64_t leaves; /* lives that leave the report */
	struct departing departing;
};

/* In the order in which they are told. */
enum check_index {
	CHECK_VERDICT,
	CHECK_VENDOR,
	CHECK_STEPS,
	CHECK_RUNS,
	CHECK_EXITS,
	CHECK_OUTPUT,
	CHECK_COUNT
};

struct kg_run_check {
	struct kg_run_check_input input;
	struct arena memory;
	struct lives lives;
	struct wants wants;
	COLUMN(struct vcpu_order) vcpus;
	COLUMN(uint32_t) vm_order; /* VMs of the report as they began */
	COLUMN(struct strand) strands;
	uint64_t lives_wanted;
	bool is_hidden[KG_PHASE_KIND_COUNT]; /* the kernel could not show such phases */
	enum kg_vendor vendor;		     /* that the trace tells */
	bool has_phases;		     /* the report has, in steps */
	bool has_runs;
	bool wants_vm; /* it has successful ones that go beyond questions to /dev/kvm */

	struct finding findings[FIND_COUNT];
	const char *why_cut; /* where the steps say that the trace may not be whole */
	uint64_t phases;     /* that fit */
	uint64_t runs_wanted;
	uint64_t runs_found;
	uint64_t exits_told;	  /* by name */
	uint64_t exits_explained; /* told as what they look like */
	uint64_t exits_untold;
	bool has_output; /* a VM got as far as to look at what its guest printed */
	uint32_t output_vm;
	bool counts_io; /* of the life that is compared */
	uint64_t io_found;
	uint64_t io_untold;
	uint32_t io_seen; /* the last of them */
	struct kg_check checks[CHECK_COUNT];
};

/* ---- run_check_lives.c ----------------------------------------------------------------------- */

/* Fills lives, of which nothing is the report's yet. */
KG_MUST_USE enum kg_status lives_gather(struct lives *lives, struct kg_life *life,
					const struct kg_tasks *tasks);
/* Says which of them are the report's. */
void lives_choose(struct kg_run_check *check);

/* ---- run_check_wants.c ----------------------------------------------------------------------- */

struct vm_steps wants_vm(const struct kg_run_report *run, uint32_t vm);
/* Whether the kernel, as it was set, could not show phases of a kind. */
bool wants_is_hidden(const struct kg_run_check *check, enum kg_phase_kind kind);
/* Fills check->vcpus for the steps of a VM. */
KG_MUST_USE enum kg_status wants_order_vcpus(struct kg_run_check *check, struct vm_steps vm);
/* Fills check->wants. */
KG_MUST_USE enum kg_status wants_make(struct kg_run_check *check,
				      const struct selection *selection);
bool wants_accepts(const struct want *want, const struct seen *seen);
/* Whether a phase may be there without a step that asks for it. */
bool wants_tolerates(const struct kg_run_check *check, const struct seen *seen);
/* Bytes that the guest printed with the exit of a run. */
uint64_t wants_printed(const struct kg_run_step *step);

/* ---- run_check_compare.c --------------------------------------------------------------------- */

/* Fills check->vm_order. */
KG_MUST_USE enum kg_status compare_list_vms(struct kg_run_check *check);
/* Compares all lives. */
KG_MUST_USE enum kg_status compare_lives(struct kg_run_check *check);

/* ---- run_check_exits.c ----------------------------------------------------------------------- */

/* Compares the runs of one task with check->wants. is_last: the report is of this very life. */
void compare_runs(struct kg_run_check *check, const struct seen *seen, size_t count, bool is_last,
		  struct departing departings[FIND_COUNT]);
/* The same where order says nothing; the wants are there `times` times. */
void compare_runs_unordered(struct kg_run_check *check, uint64_t times,
			    struct departing departings[FIND_COUNT]);

/* ---- run_check_words.c ----------------------------------------------------------------------- */

/* Fill in what was expected, found and where. */
KG_MUST_USE enum kg_status words_departing(struct kg_run_check *check, enum finding_kind kind,
					   const struct departing *departing, struct kg_check *out);
KG_MUST_USE enum kg_status words_place(struct kg_run_check *check, uint32_t seen,
				       struct kg_check *out);
/* "1 VM", "2 VMs"; NULL when memory is out. */
const char *words_count(struct kg_run_check *check, uint64_t count, const char *noun);

/* ---- run_check_verdicts.c -------------------------------------------------------------------- */

KG_MUST_USE enum kg_status verdicts_make(struct kg_run_check *check);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a VM, as it is gathered: life.c looks who is called, life_phases.c finds phases,
 * life_exits.c what happens between guest entries, life_roots.c what is no phase; life_rows.c and
 * life_exit_rows.c keep what is found.
 *
 * All state is per lane or per task, since several vCPUs run at once. A lane has its state for one
 * tree: the next one there may be another task's.
 */
#ifndef ANALYSE_LIFE_H
#define ANALYSE_LIFE_H

#include "analyse/life_exits.h"
#include "analyse/life_rows.h"
#include "base/column.h"
#include "base/spool.h"

/* What the calls inside a phase tell about it. */
struct phase_clues {
	kg_call_id first_call_id;    /* of those who left stray ones, or KG_NO_CALL */
	const struct kvm_sign *sign; /* the first, or NULL */
	uint64_t noise_calls;	     /* in the trees of interrupters */
	bool has_arch_ioctl;
	struct run_summary run;
	uint32_t chunk_index;
	struct exit_chunk chunk; /* the last one of the run */
};

/* Roots below a caller that may yet turn up, counted as other ones. */
struct unseen_roots {
	kg_call_id parent_id;
	uint64_t count;
};

struct life_lane {
	kg_call_id phase_id;  /* KG_NO_CALL while no phase is open */
	uint64_t hot_next_ns; /* one more than the largest self time of a callee by now */
	kg_func_id hot_func_id;
	uint32_t row_index;
	struct kvm_role phase_role;
	struct phase_clues own;		    /* of the open phase */
	struct phase_clues stray;	    /* of one that may turn up when it ends */
	kg_call_id last_phase_id;	    /* KG_NO_CALL before the first */
	uint32_t last_row;		    /* of the last phase in this tree, or NO_ROW */
	COLUMN(struct unseen_roots) unseen; /* by parent_id, ascending */
};

static inline bool lane_has_phase(const struct life_lane *lane)
{
	return lane->phase_id != KG_NO_CALL;
}

/* Where calls leave what they tell. */
static inline struct phase_clues *lane_clues(struct life_lane *lane)
{
	return lane_has_phase(lane) ? &lane->own : &lane->stray;
}

struct kg_life {
	const struct kg_funcs *funcs;
	char *tmp_folder;
	COLUMN(struct kvm_role) roles; /* by func_id */
	COLUMN(struct life_lane) lanes;
	/* By calls that are always handed out, and in order: how far is read ahead does not matter.
	 */
	enum kg_vendor vendor;
	COLUMN(bool) has_vcpu; /* by task_id + 1: it has made a vCPU of its last VM */
	bool has_run;	       /* a KVM_RUN has begun */

	struct spool rows;   /* struct phase_row, in order of entry */
	struct spool chunks; /* struct exit_chunk */
	bool is_listed;	     /* the next three are made, once, when they are asked for */
	struct spool phases; /* struct phase_place of what is a phase */
	struct spool runs;   /* uint32_t: row of each run */
	struct kg_phase_total phase_totals[KG_PHASE_KIND_COUNT];

	COLUMN(uint32_t) watch_places; /* by task_id: place in watches, from 1; 0: none */
	COLUMN(struct exit_watch) watches;
	COLUMN(struct exit_group) exit_groups;
	COLUMN(struct kg_exit_timing) exit_rows;
	uint64_t guest_entries;
	uint64_t vm_exits;
	uint64_t other_roots;
};

/* ---- life_phases.c --------------------------------------------------------------------------- */

/* A call that is a phase, or the frame of one, begins where no phase is open. */
KG_MUST_USE enum kg_status phase_open(struct kg_life *life, struct life_lane *lane,
				      const struct kg_call *call, struct kvm_role role);
/* It ends. */
KG_MUST_USE enum kg_status phase_close(struct kg_life *life, struct life_lane *lane,
				       const struct kg_call *call);
/* A call begins that tells what the frame around it is. */
KG_MUST_USE enum kg_status phase_take_sign(struct kg_life *life, struct life_lane *lane,
					   const struct kg_call *call, const struct kvm_sign *sign);
/* For what a lane has shown so far no caller can turn up any more. */
void phases_end_tree(struct life_lane *lane);

/* ---- life_roots.c ---------------------------------------------------------------------------- */

/* Counts a root that is closed, unless it is a phase or around one. */
KG_MUST_USE enum kg_status root_close(struct kg_life *life, struct life_lane *lane,
				      const struct kg_call *call);

/* A caller turned up: what was counted below it was no root after all. */
void roots_drop_below(struct kg_life *life, struct life_lane *lane, kg_call_id caller_id);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A difference while it is made: the paths of all runs; then what one side has under another name
 * or in another place is moved to where the other side has it (diff_align.c and its helpers); what
 * remains is listed (diff_structure.c), times are judged (diff_timing.c) and changes are blamed on
 * calls (diff_culprits.c).
 */
#ifndef ANALYSE_DIFF_H
#define ANALYSE_DIFF_H

#include <kvmgraph/diff.h>

#include "analyse/path_collector.h"
#include "analyse/paths.h"
#include "analyse/rank.h"
#include "analyse/surroundings.h"
#include "base/arena.h"

/* What a false alarm may cost: of a hundred comparisons of the same, one may tell a change. */
#define DIFF_LEVEL 0.01
/* Of a change so much has to be explained, in percent. */
#define DIFF_EXPLAINED 90

/* How often a path was called, in all runs of a side. */
struct diff_sum {
	uint64_t seen[KG_SIDE_COUNT];	    /* incomplete calls included */
	uint64_t incomplete[KG_SIDE_COUNT]; /* of these */
	uint64_t waits[KG_SIDE_COUNT];
	uint32_t least[KG_SIDE_COUNT]; /* seen in one run */
	uint32_t most[KG_SIDE_COUNT];
	uint64_t tree_ns[KG_SIDE_COUNT]; /* of a root: all that is below it, and itself */
};

/* Names that were found to mean the same. */
struct diff_pair {
	uint32_t old_name;
	uint32_t new_name;
};

struct kg_diff {
	struct kg_diff_opts opts;
	char *tmp_folder;
	struct arena memory;
	struct paths paths;
	struct path_collector collector;
	bool is_collecting;
	struct surroundings surroundings[KG_SIDE_COUNT];

	COLUMN(struct diff_sum) sums;			  /* by path */
	COLUMN(struct path_passes) passes[KG_SIDE_COUNT]; /* by path, of roots: most of a run */
	COLUMN(uint32_t) key_places[KG_SIDE_COUNT];	  /* by key: paths that the side has */
	COLUMN(uint64_t) run_calls[KG_SIDE_COUNT];	  /* by key: seen where vCPUs run */
	COLUMN(struct diff_pair) shape_renames;
	COLUMN(struct kg_diff_timing) path_timings; /* by path; roots too */
	struct rank rank;
	COLUMN(uint64_t) values[KG_SIDE_COUNT]; /* of one path, run by run */
	bool has_accidents;	 /* it was emulated, times are exact, and few calls are apart */
	bool may_have_accidents; /* the same, but whether it was emulated nobody says */
	uint64_t usual_ns; /* half of all calls take no more by themselves, if it is counted */

	COLUMN(struct kg_diff_run) runs;
	COLUMN(struct kg_diff_fact) facts;
	COLUMN(struct kg_diff_phase) phases;
	COLUMN(struct kg_diff_change) changes;
	COLUMN(struct kg_diff_timing) timings;
	COLUMN(struct kg_diff_culprit) culprits;
	struct kg_diff_report report;
};

static inline enum kg_diff_side other_side(enum kg_diff_side side)
{
	return side == KG_SIDE_OLD ? KG_SIDE_NEW : KG_SIDE_OLD;
}

static inline bool has_path(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	return path < diff->sums.count && diff->sums.at[path].seen[side] > 0;
}

static inline bool is_shared(const struct kg_diff *diff, uint32_t path)
{
	return has_path(diff, path, KG_SIDE_OLD) && has_path(diff, path, KG_SIDE_NEW);
}

/* Whether one side has it, in each of its runs, and the other never. */
static inline bool is_only(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	return has_path(diff, path, side) && !has_path(diff, path, other_side(side)) &&
	       diff->sums.at[path].least[side] > 0;
}

/*
 * Whether one side calls it more often, for each call of its caller, than runs of one side differ
 * among themselves, than what came in between explains, and by more than 1 %.
 */
bool diff_counts_apart(const struct kg_diff *diff, uint32_t path);

/*
 * How many calls of a path what came in between may stand for, in one run of a side: an interrupt
 * or the scheduler makes a vCPU turn round, which calls again what is called at each pass.
 */
uint64_t diff_disturbed_calls(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side);
/* Whether a side has it no more often than that. */
bool diff_is_disturbance(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side);
/* Whether what comes in between vCPUs' work does so more often on one side than chance makes it. */
bool diff_disturbs_apart(const struct kg_diff *diff, uint32_t path);
/* The time of the kernel's own clock from one tick to the next; of both sides the longer. */
uint64_t diff_tick_ns(const struct kg_diff *diff);

/* The runs of a side, those included of which only sums are known. */
static inline uint64_t diff_run_count(const struct kg_diff *diff, enum kg_diff_side side)
{
	return diff->report.side_runs[side] + diff->report.side_rest[side];
}

/* Forgets what was read of a run that was not ended. */
void diff_drop_run(struct kg_diff *diff);
/* Counts all paths anew: sums, key_places and run_calls. */
KG_MUST_USE bool diff_count(struct kg_diff *diff);
/* How often one path is called in a run: the median of a side. */
uint64_t diff_median_count(struct kg_diff *diff, uint32_t path, enum kg_diff_side side);
/* The mean own time of one call. */
uint64_t diff_mean_self(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side);
/* What a path's function is called on a side, or on the other one. */
uint32_t diff_name(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side);
/* Whether a side could have traced a function; true where that is not known. */
bool diff_is_traceable(const struct kg_diff *diff, enum kg_diff_side side, uint32_t name);

/* Whether a change is larger than what was said to matter. */
bool diff_is_beyond(const struct kg_diff *diff, uint64_t old_ns, uint64_t new_ns);

/* Moves paths of one side to where the other side has the same. */
KG_MUST_USE enum kg_status diff_align(struct kg_diff *diff);
/* A side's paths of one key become those of another. */
KG_MUST_USE enum kg_status diff_join_keys(struct kg_diff *diff, enum kg_diff_side side,
					  uint32_t key, uint32_t into);
/* What a side calls by a wrapper's name, and has no wrapper: joined with what the other has. */
KG_MUST_USE enum kg_status diff_join_unwrapped(struct kg_diff *diff);
/* One kind of that each; *is_changed if anything was moved. */
KG_MUST_USE enum kg_status diff_find_renames(struct kg_diff *diff, bool *is_changed);
KG_MUST_USE enum kg_status diff_find_inlines(struct kg_diff *diff, bool *is_changed);
KG_MUST_USE enum kg_status diff_find_moves(struct kg_diff *diff, bool *is_changed);
KG_MUST_USE enum kg_status diff_find_timed_inlines(struct kg_diff *diff, bool *is_changed);

/* Lists a change at a path, with counts as they are now. */
KG_MUST_USE enum kg_status diff_add_change(struct kg_diff *diff, enum kg_change_kind kind,
					   uint32_t path, uint32_t to);
KG_MUST_USE enum kg_status diff_list_changes(struct kg_diff *diff);
KG_MUST_USE enum kg_status diff_judge_times(struct kg_diff *diff);
/* Whether the own time of a changed phase's outermost call has changed. False: memory is out. */
KG_MUST_USE bool diff_judge_own_time(struct kg_diff *diff, uint32_t root, bool *is_changed);
KG_MUST_USE enum kg_status diff_find_culprits(struct kg_diff *diff);

#endif

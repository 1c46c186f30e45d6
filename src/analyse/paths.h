/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Call paths: which call is reached through which callers, and what that costs in each run.
 *
 * All runs of both sides share one tree, so that what is called by the same path is one node from
 * the start. A root is a phase of a VM's life or the outermost function of some other tree. Names
 * are compared without compiler suffixes, and names that are known to mean the same function share
 * a key. Memory goes by the number of distinct paths, 56 bytes and 32 for each run, not by calls.
 */
#ifndef ANALYSE_PATHS_H
#define ANALYSE_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/diff.h>

#include "analyse/path_slots.h"
#include "analyse/renames.h"
#include "base/column.h"

#define NO_KEY UINT32_MAX
/* What the name of a phase begins with, and no function's. */
#define PHASE_MARK '\1'

/* What a path came to in one run. */
struct path_sample {
	uint64_t self_ns;  /* of complete calls */
	uint64_t least_ns; /* of that the shortest; 0 if that is not known */
	uint64_t count;
	uint32_t incomplete; /* calls without start or end, or with a gap inside: not in self_ns */
	uint32_t waits;	     /* calls that were off their CPU, by themselves */
};

/* How often the guest was entered below a root, and what of the host came in between. */
struct path_passes {
	uint32_t entries;
	uint32_t interrupts; /* for which the guest was left */
	uint32_t turns;	     /* the scheduler, timers: after which a vCPU may have more to do */
};

/* How often one of several runs calls a path: never less often, never more often. */
struct path_bounds {
	uint32_t least;
	uint32_t most;
};

struct path_run {
	COLUMN(struct path_sample) samples; /* by node; behind the last all are zero */
	COLUMN(uint64_t) totals; /* by node, of all of them, once paths_sum() was called */
	COLUMN(struct path_passes) passes; /* by node, of roots */
	COLUMN(uint32_t) orders; /* by node, while it is read: as the how-manieth, from 1 */
	COLUMN(struct path_bounds) bounds; /* by node; of a rest */
	enum kg_diff_side side;
	bool is_rest; /* stands for several runs, of which only the sum is known */
};

struct path_node {
	uint32_t key; /* for names */
	uint32_t parent;
	uint32_t first_child;
	uint32_t last_child;
	uint32_t next_sibling;
	uint32_t names[KG_SIDE_COUNT];	/* as this side calls it, or NO_KEY */
	uint32_t orders[KG_SIDE_COUNT]; /* how early a run saw it at best, from 1; 0: never */
	uint32_t root;
	uint32_t top;	/* of a root that is a phase: name of its function */
	uint32_t level; /* 0 for a root */
	uint8_t kind; /* enum kg_phase_kind of a root; KG_PHASE_KIND_COUNT: no phase, or no root */
	uint8_t reason; /* of runs: enum kg_exit_reason that they end with */
	bool is_first;	/* of runs: they are the first of their task */
	bool is_aside;	/* a root that comes when it comes: how often says nothing */
};

struct paths {
	struct renames names;
	COLUMN(struct path_node) nodes; /* callers before their callees */
	struct path_slots slots;
	uint32_t first_root;
	uint32_t last_root;
	COLUMN(struct path_run) runs;
};

/* KG_NOMEM, or what is wrong with the table of renames. */
KG_MUST_USE enum kg_status paths_init(struct paths *paths);
void paths_release(struct paths *paths);

/* The node below parent (NO_PATH: a root) with a key, or NO_PATH. */
uint32_t paths_find(const struct paths *paths, uint32_t parent, uint32_t key);
/* The same, added if new; NO_PATH when memory is out. */
uint32_t paths_add(struct paths *paths, uint32_t parent, uint32_t key);
/* A side has seen a node under this name; of several the first of the alphabet stays. */
void paths_name(struct paths *paths, uint32_t node, enum kg_diff_side side, uint32_t name);
/* The same of the function that a root is. */
void paths_name_top(struct paths *paths, uint32_t root, uint32_t name);
/* A run of a side has seen it as the order-th of its paths, from 1. */
void paths_note_order(struct paths *paths, uint32_t node, enum kg_diff_side side, uint32_t order);
/* The same of all that a run has seen, which is over. */
void paths_note_orders(struct paths *paths, struct path_run *run);
/* Puts a node behind its siblings, among which it is not. */
void paths_link(struct paths *paths, uint32_t node);
/*
 * Puts siblings in the order in which runs saw them, of OLD first: then it does not matter which
 * run was read first. False when memory is out.
 */
KG_MUST_USE bool paths_sort(struct paths *paths);
/* The same, and all nodes get new numbers in that order, callers before their callees. */
KG_MUST_USE bool paths_arrange(struct paths *paths);

/*
 * Adds all nodes of another tree, with what OLD is to it, to one side. Fills in where each is; maps
 * has room for all. False when memory is out.
 */
KG_MUST_USE bool paths_adopt(struct paths *paths, enum kg_diff_side side, const struct paths *from,
			     uint32_t *map);
/* Adds the samples of a run of that other tree to one of this. */
KG_MUST_USE bool run_adopt(struct path_run *run, const struct path_run *from, const uint32_t *map);

/* A name for people: a phase's without its mark. */
static inline const char *paths_words(const struct paths *paths, uint32_t name)
{
	const char *text = renames_text(&paths->names, name);
	return text[0] == PHASE_MARK ? text + 1 : text;
}

/* Zero where the run has not seen the node. */
static inline struct path_sample run_sample(const struct path_run *run, uint32_t node)
{
	return node < run->samples.count ? run->samples.at[node] : (struct path_sample){ 0 };
}

static inline struct path_passes run_passes(const struct path_run *run, uint32_t root)
{
	return root < run->passes.count ? run->passes.at[root] : (struct path_passes){ 0 };
}

/* The most that one of several runs has. */
static inline void path_passes_note(struct path_passes *most, struct path_passes more)
{
	most->entries = more.entries > most->entries ? more.entries : most->entries;
	most->interrupts = more.interrupts > most->interrupts ? more.interrupts : most->interrupts;
	most->turns = more.turns > most->turns ? more.turns : most->turns;
}

/* Adds to a run's sample of a node; false when memory is out. */
KG_MUST_USE bool run_add(struct path_run *run, uint32_t node, const struct path_sample *more);

void run_release(struct path_run *run);

/*
 * Adds all that one side has at and below a node to another node, which is not below it; nothing
 * of that side is left behind. False when memory is out, with some of it moved.
 */
KG_MUST_USE bool paths_merge(struct paths *paths, uint32_t from, uint32_t to,
			     enum kg_diff_side side);
/*
 * Takes one level out on one side: the node's own time becomes its caller's, and its callees are
 * called by its caller. Not for roots.
 */
KG_MUST_USE bool paths_dissolve(struct paths *paths, uint32_t node, enum kg_diff_side side);

/* The next node of the tree below top in pre-order; NO_PATH behind the last. */
uint32_t paths_next_below(const struct paths *paths, uint32_t top, uint32_t node);

/* Makes the totals of a run: own time and that of all callees. False when memory is out. */
KG_MUST_USE bool run_sum(const struct paths *paths, struct path_run *run);
/* Of all runs. */
KG_MUST_USE bool paths_sum(struct paths *paths);

#endif

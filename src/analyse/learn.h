/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Learning from inside: what its files share.
 *
 *   learn.c             the sink: which calls count, what is kept of them
 *   learn_trace.c       traces begin and end
 *   learn_shapes.c      what calls called
 *   learn_pairs.c       functions that are counterparts by name
 *   learn_callers.c     who calls whom, and which functions come unasked as interrupts do
 *   learn_words.c       which functions are worth mentioning
 *   learn_inner.c       what is below a call as a pattern ...
 *   learn_form.c        ... made out of the orders in which calls came
 *   learn_subject.c     the tasks whose path is learned
 *   learn_classes.c     which of their steps are of one kind
 *   learn_path.c        in which order these come
 *   learn_noise.c       which are passed over
 *   learn_merge.c       one order out of those of all traces
 *   learn_rules.c       rules: pairs, numbers, modules, budgets
 *   learn_turns.c       pairs whose names do not tell
 *   learn_others.c      rules for what is no step
 *   learn_share.c       what is said several times, said once
 *   learn_draft.c       all of it as a draft; dropping parts of it
 */
#ifndef ANALYSE_LEARN_H
#define ANALYSE_LEARN_H

#include <kvmgraph/learn.h>

#include "analyse/learn_pairs.h"
#include "analyse/learn_shapes.h"
#include "base/arena.h"
#include "base/intern.h"

#define NO_NAME UINT32_MAX

/* ---- what is gathered ------------------------------------------------------------------------ */

/* What is known of a name at once. */
struct learn_name {
	const char *text;
	const char *module; /* "" for none */
	bool is_plain;	    /* can be written in a pattern */
	bool is_step;	    /* fits the globs for roots, if there are some */
	bool is_ignored;    /* entry of an interrupt */
};

/* A top-level call of a task, or several of the same shape behind each other. */
struct learn_step {
	uint32_t name;
	shape_id shape; /* NO_SHAPE: not looked into */
	uint64_t times;
};

/* Of a trace no more steps are kept. */
#define LEARN_STEPS_MAX (1U << 21)

struct learn_task {
	kg_task_id task_id;
	const char *comm;
	bool is_idle;
	bool is_torn; /* it has a step without a start or an end */
	bool is_cut;  /* it had too many steps */
	uint64_t calls;
	uint64_t first_step_no; /* counted over all tasks, from 1; 0: it has none */
	uint64_t last_step_no;
	COLUMN(struct learn_step) steps;
};

/* What one trace has of one name. */
struct learn_count {
	uint64_t calls;
	uint64_t max_ns;
	uint64_t cpus;	     /* bit by CPU */
	uint32_t first_task; /* task of the first call */
	bool first_is_step;  /* ... which was a step */
	bool is_torn;	     /* a call without start or end, or with a gap */
	bool repeats_cpu;    /* more than one call on a CPU, or a CPU beyond 63 */
	bool is_nested;	     /* a call below another one */
	bool is_idle_root;   /* a root in an idle task */
};

struct learn_trace {
	COLUMN(struct learn_task) tasks;
	COLUMN(struct learn_count) counts; /* by name; may be short */
	struct kg_learn_lack lack;
	uint64_t step_count;
	uint64_t kept_count;
};

/* ---- lanes ----------------------------------------------------------------------------------- */

struct learn_frame {
	kg_call_id id;
	kg_func_id func_id;
	uint32_t name;
	uint32_t first_child; /* in the children of the lane */
	bool counts;	      /* not hidden, not ignored, no part of the function around it */
	bool is_torn;
	bool is_step;
};

struct learn_lane {
	COLUMN(struct learn_frame) frames; /* by level */
	COLUMN(shape_id) children;	   /* of the open calls that have closed */
	kg_call_id ignored_id;
	uint32_t task;
	bool is_known;
	bool is_in_step;
};

/* ---- all of it ------------------------------------------------------------------------------- */

struct learn_draft;

struct kg_learn {
	struct kg_learn_opts opts;
	struct intern names; /* base names */
	COLUMN(struct learn_name) name_infos;
	struct shapes shapes;
	struct learned_pairs pairs;
	COLUMN(struct learn_trace) traces; /* finished ones, and the one that is being read */
	bool is_reading;
	const struct kg_funcs *funcs; /* of the trace that is being read, as all below */
	const struct kg_tasks *tasks;
	COLUMN(uint32_t) name_of_func; /* plus 1 */
	COLUMN(uint32_t) task_of_id;   /* by task_id + 1: task plus 1 */
	COLUMN(uint32_t) task_of_idle; /* by CPU: task plus 1 */
	COLUMN(struct learn_lane) lanes;
	struct arena memory;
	struct learn_draft *draft;
};

static inline struct learn_trace *learn_current(struct kg_learn *learn)
{
	return &learn->traces.at[learn->traces.count - 1];
}

/* What a trace has of a name; zeros where it has nothing. */
static inline struct learn_count learn_count_of(const struct learn_trace *trace, uint32_t name)
{
	return name < trace->counts.count ? trace->counts.at[name] : (struct learn_count){ 0 };
}

/* Forgets what is known of the trace that is being read. */
void learn_forget_lanes(struct kg_learn *learn);
void learn_draft_release(struct kg_learn *learn);

#endif

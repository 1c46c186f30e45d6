/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verification from inside: what its files share.
 *
 *   verify.c            the sink: lanes, which calls count, what goes on below open calls
 *   verify_functions.c  what is looked up once a function
 *   verify_bundle.c     calls that are not handed out one by one
 *   verify_repeat.c     those that repeat others
 *   verify_rehearsal.c  whether these are remembered rightly
 *   verify_orphans.c    calls without a start or an end
 *   verify_subject.c    whose calls are whose
 *   verify_ways.c       whose they may be
 *   verify_retire.c     subjects that are done with
 *   verify_path.c       the phases, over the top-level calls of a subject
 *   verify_rules.c      rules, while the trace is read
 *   verify_states.c     what is gathered for them
 *   verify_modules.c    those about modules
 *   verify_evidence.c   how far the trace can be trusted
 *   verify_phases.c     what phases come to
 *   verify_verdicts.c   what rules come to
 *   verify_step.c       what a call does to a set of states
 *   verify_structure.c  what the trace itself comes to
 *   verify_report.c     all checks, and the whole
 *   verify_explain.c    one check, step by step
 *   verify_words.c      departures and names in words
 */
#ifndef ANALYSE_VERIFY_H
#define ANALYSE_VERIFY_H

#include <kvmgraph/verify.h>

#include "analyse/spec.h"
#include "analyse/verify_evidence.h"
#include "analyse/verify_explain.h"
#include "analyse/verify_match.h"
#include "analyse/verify_modules.h"
#include "analyse/verify_path.h"
#include "analyse/verify_repeat.h"
#include "analyse/verify_rules.h"
#include "analyse/verify_retire.h"
#include "analyse/verify_subject.h"
#include "analyse/verify_ways.h"
#include "analyse/verify_words.h"
#include "event/bundle.h"

/* ---- functions ------------------------------------------------------------------------------- */

/* What is looked up once a function. */
struct function_entry {
	size_t first_hook;
	uint32_t hook_count;
	uint32_t module;     /* its number among those that rules look for, and ... */
	uint64_t module_bit; /* ... a bit of it; 0: it has none, or no rule looks for any */
	bool is_mentioned;   /* by anything in the specification */
	bool is_watched;     /* by patterns, below the calls that they fit */
	bool tells_life;     /* of a subject, see subject_note_open() */
	bool has_end_rules;  /* rules that look at the ends of its calls */
	bool matters;	     /* and not only as a root that must not be there ... */
	bool is_noted;	     /* ... but what other tasks do meanwhile does not */
	bool is_split;	     /* the compiler's part of a function: "f.part.0" */
	bool is_ignored;
	bool is_aside; /* ignored, or noise: an interrupt may call it anywhere */
};

/* ---- owners of lanes ------------------------------------------------------------------------- */

/* What stays known of a task, or of a CPU's idle task, while its lanes come and go. */
struct owner {
	kg_task_id task_id;
	subject_id subject; /* whose task it is */
	struct path *path;  /* that its calls are steps of, or NULL */
	bool is_main;	    /* the task that its subject is known by */
	subject_id slot_of; /* whose rules its slot is for */
	uint32_t slot;
	bool is_comm_known;
	bool is_worker;	   /* by its comm */
	bool has_complete; /* a complete call: the lane was seen down to least_depth */
	uint16_t least_depth;
	uint16_t unended_depth;	 /* of the last call without an end ... */
	struct kg_place unended; /* ... and where it starts; line 0: there was none */
};

/* ---- lanes ----------------------------------------------------------------------------------- */

struct open_call {
	kg_call_id id;
	kg_func_id func_id;
	bool counts;	     /* not hidden, not ignored, no part of the function around it */
	uint64_t child_ns;   /* of what it has called so far ... */
	uint64_t ignored_ns; /* ... and of that, what is ignored */
};

/* An open call that matches go with or wait for. */
struct watched_call {
	kg_call_id id;
	size_t first_match; /* its own matches: from here to the end of the lane's */
	kg_func_id first_inner;
	uint32_t token_count; /* of how many matches it is the token */
	struct path *path;    /* of which it is a step or noise */
	bool is_step;
	bool is_noise;
};

/* A match that is not dead, and what of it is looked at first. */
struct live_match {
	struct match *match;
	uint32_t call; /* its call_pattern */
	uint32_t at;   /* its place among the lane's matches */
};

struct verify_lane {
	COLUMN(struct open_call) opened; /* by level */
	COLUMN(struct watched_call) watched;
	match_list matches;
	COLUMN(struct live_match) live; /* of these, in the same order */
	kg_call_id ignored_id; /* an open call that is ignored with all below it, or KG_NO_CALL */
	kg_call_id root_id;    /* the open root */
	uint32_t owner;	       /* of the calls that are open now */
	subject_id subject;    /* whose they are */
	uint32_t number;       /* of the lane */
	bool is_known;
	bool is_in_step;    /* a step or noise is open */
	bool root_has_step; /* or had one below it */
	bool is_asked;	    /* the open root only asks */
};

/* ---- calls without a start or an end --------------------------------------------------------- */

/* Calls that were open when the trace begins or ends say nothing against it; others do. */
struct orphans {
	uint64_t early;		 /* already open at the beginning */
	uint64_t early_relevant; /* of these: of functions that matter */
	uint64_t late;		 /* still open at the end, as far as is known now */
	uint64_t late_relevant;
	uint64_t torn;	/* neither: what the trace says of them contradicts itself */
	uint64_t split; /* both halves are there, see note_split() */
	struct kg_place torn_places[KG_CHECK_PLACES];
	struct kg_place late_places[KG_CHECK_PLACES]; /* the outermost come last */
	struct kg_place relevant;		      /* the first that matters */
};

/* ---- bundles --------------------------------------------------------------------------------- */

struct call_counts {
	COLUMN(uint64_t) by_func;
};

/* ---- all of it ------------------------------------------------------------------------------- */

struct kg_verify {
	const struct kg_spec *spec;
	const struct kg_funcs *funcs;
	const struct kg_tasks *tasks;
	struct matcher matcher;
	struct repeats repeats;
	COLUMN(struct function_entry) functions; /* by func_id */
	COLUMN(uint64_t) rows;			 /* by func_id, row_len words each */
	COLUMN(struct hook) hooks;
	COLUMN(uint64_t)
	watchers;	  /* by func_id, bits of call patterns that look for it below them */
	uint64_t *no_row; /* of a call without a function */
	bool *seen_texts; /* by index: texts of the vocabulary that fit a function */
	COLUMN(struct module_entry) modules;
	uint64_t settled_modules; /* for the rules of all */
	uint64_t shared_modules;  /* of calls that may be any subject's */
	COLUMN(struct verify_lane) lanes;
	COLUMN(struct owner) owners;
	COLUMN(uint32_t) owner_of_task; /* by task_id + 1: owner + 1 */
	COLUMN(uint32_t) owner_of_idle; /* by CPU: owner + 1 */
	subject_list subjects;		/* by id - 1 */
	subject_list kept;		/* those that are not done with */
	struct retired retired;
	COLUMN(struct path *) paths; /* all there are */
	size_t born_count;	     /* subjects that were alive at some time */
	bool is_quiet;		     /* nobody wants to know in words */
	bool starts_late;	     /* something is done to a subject that nobody made */
	uint64_t open_choices;	     /* tasks that could be several subjects' */
	struct kg_ways *ways;	     /* which way it goes at these; NULL: none */
	bool is_impossible;	     /* no kernel can go that way */
	uint64_t untold_subjects;    /* beyond the most */
	subject_id others;	     /* whose the calls of tasks are that belong to none */
	struct rule_state *rules;    /* of all subjects and tasks together */
	struct kg_verify_scope scope;
	struct explanation explanation;
	const bool *
		unseen; /* by names_id: no function of the set can be in the trace; NULL: any may */
	struct orphans orphans;
	struct call_counts bundled[BUNDLE_WORKERS]; /* calls that were counted only; by worker */
	uint64_t *ordered_sets;	  /* a row: sets whose calls are not to be taken out of order */
	uint64_t explained_count; /* calls whose callees took longer, by what is ignored */
	uint64_t gap_count;
	uint64_t first_gap_line;
	struct arena memory;
	COLUMN(struct kg_check) others_checks; /* made elsewhere */
	COLUMN(struct kg_check) checks;
	size_t own_check_count; /* phases and rules; behind them all others */
	bool is_judged;		/* they are there */
	struct kg_verify_report report;
};

/* Whether functions that a text of a set means could show up in the recording, had they been
 * called. */
bool verify_can_show(const struct kg_verify_scope *scope, const char *text);

static inline bool is_unseen(const struct kg_verify *verify, names_id names)
{
	return verify->unseen != NULL && names != NO_NAMES && verify->unseen[names];
}

static inline const uint64_t *row_of(const struct kg_verify *verify, kg_func_id func_id)
{
	if (func_id == KG_NO_FUNC)
		return verify->no_row;
	return &verify->rows.at[func_id * verify->spec->vocabulary.row_len];
}

static inline size_t watchers_len(const struct kg_spec *spec)
{
	return spec->calls.count / 64 + 1;
}

/* ---- while the trace is read ----------------------------------------------------------------- */

/* Looks up the functions that have been named since it was called last. */
KG_MUST_USE enum kg_status verify_look_up_functions(struct kg_verify *verify);

/*
 * A call opens in a lane, or closes that was opened. is_part: it is only what the compiler has made
 * of its caller.
 */
KG_MUST_USE enum kg_status verify_open_call(struct kg_verify *verify, struct verify_lane *lane,
					    const struct kg_call *call, bool is_part);
KG_MUST_USE enum kg_status verify_close_call(struct kg_verify *verify, struct verify_lane *lane,
					     const struct kg_call *call);

/* Has no call shown to the dead matches of a lane any more. */
void lane_drop_dead(struct verify_lane *lane);

/* Something goes on: what seemed to be cut off by the end of the trace was not. */
void orphans_go_on(struct kg_verify *verify);
/* A call without a start or an end has come. True: it has been there before, its start that is. */
bool orphans_note(struct kg_verify *verify, struct owner *owner, const struct kg_call *call);

/* A complete call has come, or several of which none was at a lesser depth. */
static inline void owner_note_complete(struct owner *owner, uint16_t depth)
{
	if (owner->has_complete && owner->least_depth <= depth)
		return;
	owner->has_complete = true;
	owner->least_depth = depth;
}

/* What the compiler has made of a function: "f.part.0" below "f". */
bool verify_is_part(const struct kg_verify *verify, kg_func_id caller, kg_func_id func_id);

extern const struct kg_bundler verify_bundler;

/* ---- checks ---------------------------------------------------------------------------------- */

/* Writes the check of a phase, for one path. */
KG_MUST_USE enum kg_status phase_check(struct kg_verify *verify, const struct path *path,
				       uint32_t phase, const struct evidence *evidence,
				       struct kg_check *out);
/* Adds the checks of the trace itself. */
KG_MUST_USE enum kg_status structure_checks(struct kg_verify *verify, const struct kg_info *info,
					    const struct evidence *evidence);

#endif

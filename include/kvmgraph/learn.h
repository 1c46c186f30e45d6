/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Learning: a first specification out of traces that are known to be good.
 *
 *	kg_learn_new(&opts, &learn);
 *	for each trace:
 *		kg_learn_start(learn, kg_trace_funcs(trace), kg_trace_tasks(trace));
 *		... run the trace into kg_learn_sink(learn) ...
 *		kg_learn_finish(learn, info);
 *	kg_learn_draft(learn, &draft);
 *	kg_render_learned(out, draft);
 *
 * What a call called is kept once for all calls that called the same; memory grows with the number
 * of functions and of such shapes, up to a limit, and not with the length of the traces. Where the
 * limit is reached, calls go on to be counted, but are not looked into any more.
 *
 * A draft rests on what was looked at. Whoever writes it holds it against the traces first, and
 * drops the checks that do not pass.
 */
#ifndef KVMGRAPH_LEARN_H
#define KVMGRAPH_LEARN_H

#include <kvmgraph/calls.h>
#include <kvmgraph/error.h>
#include <kvmgraph/info.h>

KG_BEGIN_C

/* ---- what is learned ------------------------------------------------------------------------- */

#define KG_FORM_NO_LIMIT UINT32_MAX

/* A pattern, as kvmgraph-spec(5) has them. */
enum kg_form_kind {
	KG_FORM_CALL,	  /* name, in, banned */
	KG_FORM_SEQUENCE, /* parts, one after the other */
	KG_FORM_ALL,	  /* parts, in any order */
	KG_FORM_ANY,	  /* one of the parts */
	KG_FORM_REPEAT,	  /* parts in sequence, again and again */
	KG_FORM_REFERENCE /* name of a definition */
};

/* Plain values; owned by the draft that they are part of. */
struct kg_form {
	enum kg_form_kind kind;
	uint32_t min; /* CALL and REPEAT: how often */
	uint32_t max; /* KG_FORM_NO_LIMIT: any number */
	const char *name;
	const struct kg_form *in; /* CALL: what is below; NULL: whatever is */
	const char *const *banned;
	size_t banned_count;
	const struct kg_form *const *parts;
	size_t part_count;
};

struct kg_learned_define {
	const char *name;
	const struct kg_form *form;
};

struct kg_learned_phase {
	const char *id;
	const char *title;
	const char *why; /* on how much it rests */
	const struct kg_form *form;
};

enum kg_learned_kind {
	KG_LEARNED_COUNT,   /* names[0], number */
	KG_LEARNED_PAIR,    /* names[0], names[1], per */
	KG_LEARNED_EXPR,    /* the numbers of calls of all names are equal */
	KG_LEARNED_EACH,    /* names[0], form */
	KG_LEARNED_CPUS,    /* names[0] */
	KG_LEARNED_MODULES, /* names: sets, modules of a set with blanks between them */
	KG_LEARNED_BUDGET   /* names[0], number in microseconds; a warning */
};

struct kg_learned_rule {
	enum kg_learned_kind kind;
	const char *id;
	const char *title;
	const char *why;
	const char *const *names;
	size_t name_count;
	const char *per; /* "task", "cpu", "trace" */
	uint64_t number;
	const struct kg_form *form;
};

struct kg_learned {
	const char *name;
	const char *title;
	const char *applies;   /* on what it rests */
	const char *first;     /* NULL without phases, as for the next three */
	const char *also_task; /* or NULL */
	const char *const *noise;
	size_t noise_count;
	const char *const *roots;
	size_t root_count;
	const char *const *ignore;
	size_t ignore_count;
	const struct kg_learned_define *defines;
	size_t define_count;
	const struct kg_learned_phase *phases;
	size_t phase_count;
	const struct kg_learned_rule *rules;
	size_t rule_count;
};

/* ---- learning it ----------------------------------------------------------------------------- */

/* All-zero is the default. Strings have to stay until the analysis is freed. */
struct kg_learn_opts {
	const char *subject; /* glob: the comm of the task to follow; NULL: see kg_learn_draft() */
	const char *const *roots; /* globs: the functions that are steps; none: all roots are */
	size_t root_count;
	uint32_t depth; /* levels of "in", those with one call apart; 0: 4 */
};

struct kg_learn;

KG_API KG_MUST_USE enum kg_status kg_learn_new(const struct kg_learn_opts *opts,
					       struct kg_learn **out);
/* A trace begins; if the last one was not finished, that one is forgotten. */
KG_API KG_MUST_USE enum kg_status
kg_learn_start(struct kg_learn *learn, const struct kg_funcs *funcs, const struct kg_tasks *tasks);
KG_API struct kg_call_sink kg_learn_sink(struct kg_learn *learn);
/* What a trace could not teach. */
struct kg_learn_lack {
	bool is_whole;	    /* nothing below holds; else neither its path nor its counts are used */
	bool is_exits_only; /* it has ends of calls only */
	uint64_t gaps;	    /* places where events were lost */
	uint64_t contradictions; /* marks, durations, switches that cannot be */
	uint64_t torn_calls;   /* calls without a start or an end, that are all of them left out */
	uint64_t unseen_steps; /* steps that were too many to be looked into */
};
/* The trace is at its end. lack may be NULL. */
KG_API KG_MUST_USE enum kg_status
kg_learn_finish(struct kg_learn *learn, const struct kg_info *info, struct kg_learn_lack *lack);
/*
 * Makes the specification; once. Without a glob for it the subject of a trace is the task, idle
 * ones apart, with the largest number of different root functions that every trace has, then the
 * one with most calls. A draft without phases and rules: the traces do not teach anything. The
 * draft belongs to the analysis, and changes with kg_learn_drop().
 */
KG_API KG_MUST_USE enum kg_status kg_learn_draft(struct kg_learn *learn,
						 const struct kg_learned **out);
/*
 * Takes a check out of the draft, by the id that verify reports: a rule is gone; a phase says less
 * of what is below its calls, and where it says nothing all phases go. False if nothing is left to
 * drop of it.
 */
KG_API bool kg_learn_drop(struct kg_learn *learn, const char *check_id);
KG_API void kg_learn_free(struct kg_learn *learn);

KG_END_C

#endif

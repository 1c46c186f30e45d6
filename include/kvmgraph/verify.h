/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verification: does a trace follow an expected path?
 *
 * A specification is read from JSON (kvmgraph-spec(5) has the language), resolved against the
 * functions of one trace, fed with its calls as a sink, and asked for its verdict.
 *
 * Cost: what a specification has to do with a function is looked up once. Calls of functions that
 * it does not speak of, or only in pairs within a task and in expressions, with nothing below them
 * that it does, are not even handed out one by one. Any other call is shown to the patterns that
 * are open around it and look for it, of which there are never more than the specification has,
 * each an automaton that is in a set of states: it takes one step, whose cost depends on the size
 * of the automaton alone, and never goes back. Steps are remembered, in a table of fixed size, so
 * most cost no more than to find them there. So time is linear in the trace whatever the patterns;
 * memory depends on how many subjects are alive at a time, not on the length of the trace.
 */
#ifndef KVMGRAPH_VERIFY_H
#define KVMGRAPH_VERIFY_H

#include <kvmgraph/calls.h>
#include <kvmgraph/error.h>
#include <kvmgraph/info.h>

KG_BEGIN_C

struct kg_spec;

/* How a specification is read. All zero is what the shorter functions below do. */
struct kg_spec_opts {
	/* What "{vendor}" stands for in names of specifications. */
	enum kg_vendor vendor;
	/* Told of each mistake in the document, in order; NULL: the first one is in the error. */
	void (*mistake)(void *self, const struct kg_error *mistake);
	void *self;
};

/*
 * Reads a specification: a built-in one ("kvm-vmx", "kvm-{vendor}"), or else a file. On KG_BAD_SPEC
 * err tells what is wrong first, with line, column and the place in the document ("phases[3].is").
 */
KG_API KG_MUST_USE enum kg_status kg_spec_load(const char *name, const struct kg_spec_opts *opts,
					       struct kg_spec **out, struct kg_error *err);
/* The same from memory; name is what messages call it. */
KG_API KG_MUST_USE enum kg_status kg_spec_parse(const char *json, size_t len, const char *name,
						struct kg_spec **out, struct kg_error *err);
KG_API KG_MUST_USE enum kg_status kg_spec_read(const char *path, struct kg_spec **out,
					       struct kg_error *err);
/* A specification that comes with the library; KG_BAD_ARG for no such name. */
KG_API KG_MUST_USE enum kg_status kg_spec_builtin(const char *name, struct kg_spec **out,
						  struct kg_error *err);
/* Whether it would be another one for another vendor. */
KG_API bool kg_spec_depends_on_vendor(const struct kg_spec *spec);
/* Names of the built-in specifications; index from 0, NULL behind the last. */
KG_API const char *kg_spec_builtin_name(size_t index);
/*
 * Sets a number of the specification ("cpus"), before a trace is held against it; KG_BAD_ARG if it
 * has none of that name.
 */
KG_API KG_MUST_USE enum kg_status kg_spec_set_param(struct kg_spec *spec, const char *name,
						    uint64_t value);
KG_API const char *kg_spec_name(const struct kg_spec *spec);
KG_API const char *kg_spec_version(const struct kg_spec *spec);
/* "built-in", or the path that it was read from. */
KG_API const char *kg_spec_source(const struct kg_spec *spec);
KG_API void kg_spec_free(struct kg_spec *spec);

/* symbol, name in reports */
#define KG_VERDICT_LIST(X)                                                                         \
	X(KG_VERDICT_PASS, "pass")                                                                 \
	X(KG_VERDICT_FAIL, "fail")                                                                 \
	X(KG_VERDICT_INCONCLUSIVE, "inconclusive")                                                 \
	X(KG_VERDICT_NOT_TRACEABLE, "not-traceable")                                               \
	X(KG_VERDICT_SKIPPED, "skipped")

enum kg_verdict {
#define KG_VERDICT_ENUM(symbol, name) symbol,
	KG_VERDICT_LIST(KG_VERDICT_ENUM)
#undef KG_VERDICT_ENUM
		KG_VERDICT_COUNT
};

KG_API const char *kg_verdict_name(enum kg_verdict verdict);

struct kg_place {
	uint64_t line_no;
	kg_task_id task_id; /* KG_NO_TASK where no task is meant */
	kg_func_id func_id; /* KG_NO_FUNC where no function is meant */
	uint16_t cpu;
};

#define KG_CHECK_PLACES 8

/* One check of a specification and what became of it. Strings belong to the analysis. */
struct kg_check {
	const char *id;	      /* "load-put", "phase:create-vm" */
	const char *title;    /* what it states, in one line */
	const char *expected; /* NULL if there is nothing to say, as for the next two */
	const char *found;
	const char *why;     /* what the verdict rests on, or means */
	const char *meaning; /* what a failure would mean, whatever the verdict; or NULL */
	enum kg_verdict verdict;
	bool is_warning; /* severity "warn": a failure does not decide the whole */
	uint32_t place_count;
	struct kg_place places[KG_CHECK_PLACES]; /* the first ones only */
};

struct kg_verify_report {
	enum kg_verdict verdict; /* PASS, FAIL or INCONCLUSIVE */
	const struct kg_check *checks;
	size_t check_count;
	uint64_t counts[KG_VERDICT_COUNT];
	size_t subject_count; /* VMs, say, that were told apart */
	const char *better;   /* the specification that would suit the trace better, or NULL */
};

/* What is known of how a trace was recorded. All zero: nothing but what it shows itself. */
struct kg_verify_scope {
	bool has_one_command; /* no other tasks than those of one command were followed */
	bool is_emulated;     /* durations are no hardware's, so that no budget is judged */
	const char *partial;  /* why calls may be missing that were made, or NULL; kept */
	/* Whether a function could be in the trace, if it was called; NULL: any could. */
	bool (*can_show)(void *self, const char *name);
	void *self;
};

struct kg_verify;

/* funcs and tasks are those of the trace; the spec has to stay until the analysis is freed. */
KG_API KG_MUST_USE enum kg_status kg_verify_new(const struct kg_spec *spec,
						const struct kg_funcs *funcs,
						const struct kg_tasks *tasks,
						struct kg_verify **out, struct kg_error *err);
/*
 * While the trace is read: the specification that would suit it better, whatever comes, or NULL.
 * The rest of the trace need not be read then. The report has those too that the end decides.
 */
KG_API const char *kg_verify_better(struct kg_verify *verify);
/* One step of how a check was matched. */
struct kg_explain_line {
	struct kg_place place;
	uint16_t level;	  /* of the call in its lane; 0: it is about a step or a rule's call */
	const char *text; /* what it came to */
};

/*
 * Before the run: has the steps noted by which one check, a phase or a rule ("phase:run", "run",
 * "load-put"), is matched. KG_BAD_ARG: the specification has no such check.
 */
KG_API KG_MUST_USE enum kg_status kg_verify_explain(struct kg_verify *verify, const char *check_id);
/* After the run: the steps; those beyond some thousands are counted only. */
KG_API const struct kg_explain_line *kg_verify_explanation(const struct kg_verify *verify,
							   size_t *count, uint64_t *left_out);
/* Before the run, once. */
KG_API KG_MUST_USE enum kg_status kg_verify_set_scope(struct kg_verify *verify,
						      const struct kg_verify_scope *scope);
KG_API struct kg_call_sink kg_verify_sink(struct kg_verify *verify);
/*
 * After the run, before the report: checks that others have made, behind those of phases and rules.
 * What they point to has to stay.
 */
KG_API KG_MUST_USE enum kg_status kg_verify_add_checks(struct kg_verify *verify,
						       const struct kg_check *checks, size_t count);
/* After the run. info is that of the trace: its losses and damage decide what is inconclusive. */
KG_API KG_MUST_USE enum kg_status kg_verify_report(struct kg_verify *verify,
						   const struct kg_info *info,
						   struct kg_verify_report *out);
KG_API void kg_verify_free(struct kg_verify *verify);

/*
 * Ways. Where several subjects are alive at a time and nothing tells whose a task is, it is
 * nobody's, and what depends on it is inconclusive. More can be said by going all ways to give such
 * tasks to subjects, which takes a run over the trace for each: what comes out the same on all that
 * are possible (the specification says which are not) does not depend on whose the tasks are.
 *
 *	if (kg_verify_has_ways(verify) && its report is no failure)
 *		do {
 *			one = kg_verify_new(...); kg_verify_go(one, ways); ... run ...
 *			kg_ways_take(ways, one, info, &has_next);
 *		} while (has_next);
 *	kg_verify_settle(verify, info, ways);
 */
struct kg_ways;

/* After a run: whether there were tasks that several subjects could have. */
KG_API bool kg_verify_has_ways(const struct kg_verify *verify);
KG_API KG_MUST_USE enum kg_status kg_ways_new(struct kg_ways **out, struct kg_error *err);
KG_API void kg_ways_free(struct kg_ways *ways);
/* Before a run: it goes the next way. The ways have to stay until it is taken. */
KG_API void kg_verify_go(struct kg_verify *verify, struct kg_ways *ways);
/* After it: adds what it came to. There is no next way either when there are too many. */
KG_API KG_MUST_USE enum kg_status kg_ways_take(struct kg_ways *ways, struct kg_verify *verify,
					       const struct kg_info *info, bool *out_has_next);
/*
 * Has the report of a verification that went no way say what all ways come to, if they were few
 * enough to be gone and any is possible. The ways have to stay until it is freed.
 */
KG_API KG_MUST_USE enum kg_status
kg_verify_settle(struct kg_verify *verify, const struct kg_info *info, const struct kg_ways *ways);

KG_END_C

#endif

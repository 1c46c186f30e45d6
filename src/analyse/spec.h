/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A specification, read and resolved: what verification works with.
 *
 * Everything here is fixed once the document is read, but for the values of its parameters.
 */
#ifndef ANALYSE_SPEC_H
#define ANALYSE_SPEC_H

#include <regex.h>

#include <kvmgraph/verify.h>

#include "analyse/pattern.h"
#include "analyse/vocabulary.h"
#include "base/arena.h"
#include "base/column.h"

struct spec_param {
	const char *name;
	uint64_t value;
	bool is_set; /* else a rule that needs it is skipped */
};

/* A step of the path. */
struct spec_phase {
	const char *id; /* "phase:run" */
	const char *title;
	const char *why;
};

enum rule_kind {
	RULE_COUNT,   /* how often names[0] is called */
	RULE_PAIR,    /* names[0] and names[1] alternate */
	RULE_EXPR,    /* what holds between the numbers of calls */
	RULE_EACH,    /* what holds for each call of names[0] */
	RULE_ORDER,   /* calls of names[i] end before calls of names[i + 1] start */
	RULE_INSIDE,  /* names[0] only while names[1] is open, in any task */
	RULE_CPUS,    /* names[0] once on each CPU */
	RULE_FORBID,  /* names[0] never */
	RULE_MODULES, /* which modules may appear together */
	RULE_BUDGET,  /* how long names[0] may take */
	RULE_CLOSED,  /* no call of names[0] is open when one of names[1] ends */
	RULE_LAST,    /* names[0] is below the last call of names[1] */
	RULE_CHOICE,  /* no check: when an expression holds, another specification suits better */
	RULE_KIND_COUNT
};

/* What calls of a pair alternate in. */
enum pair_scope { PAIR_IN_TRACE, PAIR_PER_TASK, PAIR_PER_CPU };

enum expr_code { EXPR_NUMBER, EXPR_CALLS, EXPR_ADD, EXPR_SUBTRACT, EXPR_MULTIPLY };

/* One step of a postfix program. */
struct expr_step {
	enum expr_code code;
	struct amount number;
	uint32_t role; /* CALLS: which of the rule's names */
};

/* A sum, and how it compares with the next one. */
struct expr_side {
	uint32_t first_step;
	uint32_t step_count;
	enum compare compare; /* with the next side; unused in the last */
};

struct expr {
	const struct expr_step *steps;
	const struct expr_side *sides;
	uint32_t side_count;
};

#define EXPR_MAX_STEPS 256

/* Modules that may appear together. */
struct module_set {
	const char *const *names;
	uint32_t count;
};
#define RULE_MAX_MODULE_SETS 64

struct rule {
	const char *id;
	const char *title;
	const char *why;  /* NULL: nothing to add */
	const char *text; /* EXPR: as written */
	enum rule_kind kind;
	bool is_warning;
	bool stays_true;      /* CHOICE: once it holds, more calls cannot change that */
	bool needs_all_tasks; /* skipped where the trace has one task only */
	bool is_over_trace;   /* about all subjects together, and what no task of theirs does */
	names_id when;	      /* only if one of these is called; NO_NAMES: always */
	names_id unless;      /* not if one of these is called; NO_NAMES: always */
	const names_id *names;
	uint32_t names_count;
	bool has_want;
	struct bound want; /* COUNT, CPUS */
	enum pair_scope scope;
	struct expr expr;
	uint32_t call; /* EACH: index of the call_pattern */
	const struct module_set *modules;
	uint32_t module_set_count;
	bool has_max;
	bool has_total;
	struct amount max_us;
	struct amount total_us;
};

/* A path: patterns over top-level calls, one phase after the other. */
struct spec_route {
	COLUMN(struct spec_phase) phases;
	const struct automaton *automaton; /* of all phases in sequence; NULL without phases */
};

/* What no kernel can do, whatever goes wrong: begin one call once another is there, or over. */
struct spec_fact {
	names_id never;
	names_id once;
	bool is_over;
};

#define SPEC_FACTS_MAX 8

struct kg_spec {
	const char *name;
	const char *version;
	const char *source;
	struct vocabulary vocabulary;
	call_patterns calls;
	COLUMN(struct spec_param) params;
	COLUMN(struct rule) rules;
	struct spec_route main;	   /* of the task that the subject is known by, and its workers */
	struct spec_route threads; /* of each task that joins it */
	names_id first;		   /* whose task is the subject */
	names_id born;		   /* from here on the subject is alive ... */
	names_id gone;		   /* ... and up to the end of one of these; NO_NAMES: for good */
	names_id join;	      /* a task that calls one of these is one of the subject's threads */
	names_id worker_from; /* a subject has no worker before it has called one of these */
	names_id thread_for;  /* nor more threads than calls of these; NO_NAMES: any number */
	names_id question;    /* below a call of `first`: it makes no subject, it only asks */
	names_id noise;	      /* top-level calls that mean nothing */
	names_id roots;	      /* roots that may not be there unless a phase speaks of them */
	names_id ignore;      /* not there, and nothing below them */
	struct spec_fact facts[SPEC_FACTS_MAX]; /* of the tasks of one subject */
	size_t fact_count;
	bool has_roots; /* else every root is one of `roots` */
	bool has_also_task;
	bool depends_on_vendor;
	regex_t also_task;    /* comms of tasks that belong to the subject */
	size_t automata_size; /* states and edges of all automata */
	struct arena memory;
};

/* The value of an amount; false if it is a parameter that is not set. */
bool spec_amount(const struct kg_spec *spec, const struct amount *amount, uint64_t *out);
/* Whether a number keeps within a bound; true as well if the bound's parameter is not set. */
bool spec_bound_holds(const struct kg_spec *spec, const struct bound *bound, uint64_t number);
/* Whether a number is above a bound already: more can only make it worse. */
bool spec_bound_is_exceeded(const struct kg_spec *spec, const struct bound *bound, uint64_t number);
bool compare_holds(enum compare compare, __int128 left, __int128 right);

#endif

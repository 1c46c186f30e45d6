/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The specification that a trace is held against, as long as it is not known which one that is.
 *
 * A specification may be another one for each vendor, and whose trace it is the trace itself tells,
 * after a while.
 *
 *	struct candidates candidates = { .command = command, .params = &opts->params };
 *	code = candidates_open(&candidates, "kvm-{vendor}");
 *	if (code == EXIT_DONE)
 *		code = candidates_run(&candidates, &input, &opts->filter, &chosen);
 *	...
 *	candidates_close(&candidates);
 */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include <kvmgraph/analyse.h>
#include <kvmgraph/verify.h>

#include "cli/common.h"

/* One specification and the trace held against it. */
struct candidate {
	struct kg_spec *spec;
	struct kg_verify *verify;
	struct kg_ways *ways; /* that were gone, or NULL */
	bool is_explained;    /* it has the check that is to be explained */
};

#define CANDIDATES_MAX KG_CHOICE_MAX /* one for each vendor */

/*
 * The candidates: the choice is among all until a vendor shows. Where that is soon, reading begins
 * again for its own alone: functions that only the others speak of need not be seen then. If the
 * rest of the trace speaks for another one, all of it is read again for that.
 */
struct candidates {
	const struct command *command;
	const struct string_list *params; /* "name=number" */
	/* Sets what else is known of the numbers of a specification, before params; NULL: nothing.
	 */
	int (*set_known)(const void *known, struct kg_spec *spec);
	const void *known;
	struct kg_verify_scope scope;
	const char *explain; /* the check whose steps are wanted, or NULL */
	bool may_switch;     /* another specification may turn out to suit the trace better ... */
	const char *better;  /* ... and this is its name; of the chosen one's memory */
	uint64_t looks;	     /* so often it was looked for a vendor */
	bool is_early;	     /* it has shown so early that it pays to begin again for it alone */
	bool wants_life;     /* what the VM went through is wanted beside: life */
	struct kg_life *life;
	struct kg_tee tee;
	struct candidate at[CANDIDATES_MAX];
	size_t count;
	struct kg_choice choice;
	const struct kg_funcs *funcs;
};

/* All functions return exit codes; what is wrong has been told then. */

/* Reads the specification, for each vendor if it depends on that. */
int candidates_open(struct candidates *candidates, const char *name);
/*
 * Reads the input, again where it has to be. *out is whom to believe, NULL if no vendor shows. If
 * another specification suits the trace better whatever comes, `better` names it, and the input is
 * at its start again.
 */
int candidates_run(struct candidates *candidates, struct input *input,
		   const struct filter_opts *filter, struct candidate **out);
/*
 * After a run in which nothing told whose some tasks are: reads the input again for each way in
 * which tasks may be divided among subjects, and has the candidate say what that comes to.
 */
int candidates_run_ways(const struct candidates *candidates, struct input *input,
			const struct filter_opts *filter, struct candidate *candidate);
/* Others can be opened afterwards. */
void candidates_close(struct candidates *candidates);

#endif

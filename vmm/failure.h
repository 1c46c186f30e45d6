/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first thing that went wrong in a life, in words. */
#ifndef VMM_FAILURE_H
#define VMM_FAILURE_H

#include <stdint.h>

#include "plan.h"

enum outcome {
	OUTCOME_PASS,
	OUTCOME_DIFFERS, /* a step came to something else */
	OUTCOME_LACKING, /* this machine cannot run it */
	OUTCOME_STOPPED, /* by a signal */
	OUTCOME_INTERNAL,
	OUTCOME_USAGE, /* an option that cannot be */
};

struct failure {
	enum outcome outcome;
	uint32_t vm;
	const struct step *step; /* of the plan; NULL: none is to blame */
	char expected[64];	 /* empty without a step */
	char found[160];
	char message[384]; /* all of it: step, what was expected, what was found */
};

/* Fills it, if nothing has gone wrong before. */
void failure_set(struct failure *failure, enum outcome outcome, const struct plan *plan,
		 const struct step *step, uint32_t vm, const char *found);

#endif

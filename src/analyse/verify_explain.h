/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a trace is matched against one check, step by step, for those who ask. */
#ifndef ANALYSE_VERIFY_EXPLAIN_H
#define ANALYSE_VERIFY_EXPLAIN_H

#include "analyse/verify_match.h"
#include "analyse/verify_rules.h"

struct kg_verify;
struct path;

/* More lines than this help nobody. */
#define EXPLAIN_MAX_LINES 20000

#define NO_CHECK UINT32_MAX

struct explanation {
	bool is_on;
	bool is_thread;	 /* the phase is one of threads */
	uint32_t phase;	 /* NO_CHECK: a rule is explained */
	uint32_t rule;	 /* NO_CHECK: a phase is explained */
	bool is_in_step; /* a step is open that may be of the phase ... */
	uint32_t lane;	 /* ... in this lane */
	COLUMN(struct kg_explain_line) lines;
	uint64_t left_out;
};

/* A step of a path opens, or closes as one of a phase (NO_CHECK: it fits none). */
void explain_step_opens(struct kg_verify *verify, const struct path *path, const uint64_t *row,
			uint32_t lane);
void explain_step_closes(struct kg_verify *verify, const struct path *path,
			 const struct kg_call *call, uint32_t phase);
/* A call below it has been shown to a match; before: what was expected then. */
void explain_token(struct kg_verify *verify, const struct match *match,
		   const struct departure *before, const struct kg_call *call);
static inline bool explains_lane(const struct explanation *explanation, uint32_t lane)
{
	return explanation->is_in_step && explanation->lane == lane;
}

/* A call that a rule counts opens or closes; the state is that after it. */
void explain_rule(struct kg_verify *verify, uint32_t rule, uint32_t role,
		  const struct rule_state *state, const struct kg_place *place, bool opens,
		  uint64_t broken_before);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of a verification: what they gather while the trace is read, and what they come to.
 */
#ifndef ANALYSE_VERIFY_RULES_H
#define ANALYSE_VERIFY_RULES_H

#include "analyse/verify_match.h"

struct kg_verify;
struct owner;
struct subject;
struct verify_lane;

#define ROLE_WHEN UINT32_MAX
#define ROLE_UNLESS (UINT32_MAX - 1)

/* A rule that wants to know of the calls of a function. */
struct hook {
	uint32_t rule;
	uint32_t role; /* which of its names, or one of the above */
};

/* The calls of one of the sets of names that a rule speaks of. */
struct rule_role {
	uint64_t count;
	uint64_t open_count;   /* of these: still open */
	struct kg_place first; /* where the first one started */
	struct kg_place last;
};

/* What is gathered for a rule; what of it is used depends on its kind. */
struct rule_state {
	uint64_t when_count;
	uint64_t unless_count;
	uint64_t shared_count; /* calls that may be any subject's */
	struct rule_role *roles;
	uint64_t broken_count;
	uint32_t broken_role;	 /* of the first violation */
	struct kg_place related; /* the other call of the first violation */
	struct kg_place places[KG_CHECK_PLACES];
	uint32_t place_count;
	COLUMN(struct kg_place) waiting; /* PAIR: firsts without a second, by owner or CPU */
	COLUMN(uint32_t) by_cpu;	 /* CPUS: calls */
	uint64_t viable;		 /* MODULES: sets that fit all calls so far */
	uint64_t max_ns;		 /* BUDGET */
	uint64_t total_ns;
	struct kg_place longest;
	uint64_t unknown_count;	     /* EACH: calls that were not seen in whole */
	struct departure *departure; /* EACH: the first one, once there is one */
};

/* ---- while the trace is read ---- */

KG_MUST_USE enum kg_status rules_init(struct kg_verify *verify);
void rules_release(struct kg_verify *verify);
/* Gives a subject rules of its own: as they are now for all, or at their start. */
KG_MUST_USE enum kg_status rules_split(struct kg_verify *verify, struct subject *subject);
KG_MUST_USE enum kg_status rules_start(struct kg_verify *verify, struct subject *subject);
/* The number that a subject's rules know an owner by; they need not know all. */
uint32_t rules_slot_of(struct owner *owner, struct subject *subject);
/* Frees what states hold; NULL is none. */
void rules_end(struct kg_verify *verify, struct rule_state *rules);
/* Adds the hooks of a function that is new, and says whether a rule looks at ends of its calls. */
KG_MUST_USE enum kg_status rules_hook(struct kg_verify *verify, const uint64_t *row,
				      bool *has_end_rules);
/* A call that counts opens; or closes, if a rule looks at that. */
KG_MUST_USE enum kg_status rules_open(struct kg_verify *verify, struct verify_lane *lane,
				      const struct kg_call *call);
/* The same of a call in a bundle that repeats another, so that no match has to go with it. */
KG_MUST_USE enum kg_status rules_open_repeated(struct kg_verify *verify, struct verify_lane *lane,
					       const struct kg_call *call);
void rules_close(struct kg_verify *verify, const struct verify_lane *lane,
		 const struct kg_call *call);
/* One violation; related is the other call that it is about, or NULL. */
void rule_note_broken(struct rule_state *state, uint32_t role, const struct kg_place *place,
		      const struct kg_place *related);
/* A call has ended that a match of an "each" went with. */
KG_MUST_USE enum kg_status rules_judge_each(struct kg_verify *verify,
					    const struct verify_lane *lane, struct match *match,
					    const struct kg_call *call);

/* ---- when it has been ---- */

struct evidence;

/* Writes the check of a rule that has come to a state. */
KG_MUST_USE enum kg_status rule_check(struct kg_verify *verify, uint32_t rule,
				      struct rule_state *state, const struct evidence *evidence,
				      struct kg_check *out);
/* Whether a comparison holds: RULE_EXPR, RULE_CHOICE. */
bool rule_holds(struct kg_verify *verify, uint32_t rule);

#endif

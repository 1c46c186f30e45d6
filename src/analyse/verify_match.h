/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Matches: open calls on their way through a pattern.
 *
 * While a call is open that a pattern makes demands of, a match goes with it: the set of states its
 * automaton may be in. Of all that is called below, only calls that the automaton speaks of are its
 * tokens, however deep they are, but not below another token. A token that has demands of its own
 * gets matches of its own, one for each pattern that it might fit; when it ends, the match that
 * waited takes the step that those of them allow which were satisfied.
 *
 * So the matches of a lane are never more than the specification has patterns, whatever the trace.
 */
#ifndef ANALYSE_VERIFY_MATCH_H
#define ANALYSE_VERIFY_MATCH_H

#include <kvmgraph/verify.h>

#include "analyse/spec.h"
#include "analyse/verify_step.h"

/* More than this at one place helps nobody. */
#define DEPARTURE_MAX_EXPECTED 24
#define HINT_MAX_EXPECTED 12

enum departure_kind {
	DEPART_UNEXPECTED, /* a call that could not come here */
	DEPART_ENDED,	   /* an end that could not come here */
	DEPART_BANNED,	   /* a call that must not be below */
	DEPART_TALLY,	   /* too many or too few calls of something below */
};

/* A call around a place. */
struct enclosing {
	uint64_t line_no;
	kg_func_id func_id;
};

/* What would have led elsewhere at the last step: a call that was taken for something else. */
struct hint {
	struct enclosing in;
	uint32_t expected[HINT_MAX_EXPECTED];
	uint32_t expected_count; /* 0: there is no hint */
};

/* Where and how the calls left a pattern. */
struct departure {
	enum departure_kind kind;
	struct kg_place place;
	bool is_wrong_call;	/* ENDED: with nothing in it of what was expected */
	kg_func_id first_inner; /* what it has in it instead: its first call, or KG_NO_FUNC */
	uint64_t progress;	/* how many tokens had been right */
	uint32_t enclosing_count;
	struct enclosing enclosing[PATTERN_MAX_NESTING + 1]; /* innermost first */
	uint32_t expected_count;
	uint32_t expected[DEPARTURE_MAX_EXPECTED]; /* call_patterns that could have come */
	bool may_end;				   /* or the end could have come */
	uint32_t call;				   /* BANNED, TALLY: what was not kept to */
	uint32_t tally;				   /* TALLY: which one of the call_pattern */
	uint64_t tally_count;
	struct hint hint;
};

/* A call that a match waits for, or has just passed. */
struct token {
	kg_call_id id; /* KG_NO_CALL: none is open */
	struct kg_place place;
	bool is_stepped; /* the step was taken when it opened */
};

struct match {
	const struct automaton *automaton; /* NULL: only what is banned and counted */
	uint64_t *states;
	uint64_t *tallies;
	struct match *parent; /* whose token this is; NULL for a match of a rule */
	uint32_t call;	      /* its call_pattern */
	uint32_t rule;	      /* without a parent: whose it is */
	bool is_dead;	      /* for the reason in departure */
	bool is_cut;	      /* the trace ended below it; departure has what was expected there */
	bool was_possible;    /* it could have come when its token ended */
	bool is_told;	      /* departure has all, see match_tell() */
	struct token token;
	uint64_t progress;
	struct match *next_idle;
	struct departure departure;
	struct hint hint;
};

typedef COLUMN(struct match *) match_list;

/* What all matches of a verification share. */
struct matcher {
	const struct kg_spec *spec;
	match_list idle; /* by call_pattern: matches to use again */
	struct step_table steps;
	uint64_t *scratch; /* a set of states */
	/* By call_pattern: calls that the trace cannot show, so that they may be missing; NULL:
	 * none. */
	const bool *is_unseen;
};

KG_MUST_USE enum kg_status matcher_init(struct matcher *matcher, const struct kg_spec *spec);
void matcher_release(struct matcher *matcher);

/* A match is one piece of memory: itself, its states, its tallies. */
static inline size_t match_size(const struct automaton *automaton, uint32_t tally_count)
{
	const size_t set_len = automaton != NULL ? automaton->set_len : 0;
	return sizeof(struct match) + (set_len + tally_count) * sizeof(uint64_t);
}

/* A match at its start; NULL when memory is out. To be given back. */
struct match *match_start(struct matcher *matcher, uint32_t call);
void match_retire(struct matcher *matcher, struct match *match);
/* The same for an automaton that belongs to no call_pattern. */
struct match *match_new(const struct matcher *matcher, const struct automaton *automaton);
/* Puts it back to its start. */
void match_restart(const struct matcher *matcher, struct match *match);
void match_free(struct match *match);

/* A call opens somewhere below: it may be banned, or counted. */
void match_notice(struct matcher *matcher, struct match *match, const uint64_t *row,
		  const struct kg_place *place);

/*
 * A token opens. Where the step depends on what is below it, matches for that are added to the
 * list. A token that could not come kills the match.
 */
KG_MUST_USE enum kg_status match_open_token(struct matcher *matcher, struct match *match,
					    const uint64_t *row, const struct token *token,
					    match_list *list);

/*
 * The token ends; tried are the matches that may have gone with it, each ended. If it fits nothing
 * the match is dead, with the departure of the one that got furthest. Returns the part that the
 * token belongs to (of the parts that it may: the last), or that where it was expected.
 */
uint32_t match_close_token(struct matcher *matcher, struct match *match, const uint64_t *row,
			   const struct token *token, struct match *const *tried,
			   size_t tried_count);

/* The call that a match goes with ends (or is cut: the trace does not have its end). */
void match_end(struct matcher *matcher, struct match *match, const struct kg_call *call,
	       kg_func_id first_inner);

/* Makes a match dead, at a place that its automaton does not allow. */
void match_kill(struct match *match, enum departure_kind kind, const struct kg_place *place);

/*
 * Completes the departure of a dead match by what it expected and its hint. Most die because
 * another one fits, and nobody asks them.
 */
void match_tell(struct match *match);

/* Writes what could come now. */
void match_expect(const struct match *match, struct departure *departure);

/* Where a call is entered, and where it is left. */
struct kg_place place_of_start(const struct kg_call *call);
struct kg_place place_of_end(const struct kg_call *call);

#endif

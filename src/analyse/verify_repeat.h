/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bundles that repeat others.
 *
 * A VM does the same again and again. So what the noted calls of a bundle do to the matches of a
 * lane is remembered, by these calls and by the states that the matches are in before: the next
 * time the matches take over what came of them, and only the rules are told of the calls. A bundle
 * with a violation of a rule is gone through each time. Like steps (verify_step.h) the table
 * forgets everything when it is full: it can make matching fast, but neither wrong nor large.
 */
#ifndef ANALYSE_VERIFY_REPEAT_H
#define ANALYSE_VERIFY_REPEAT_H

#include <kvmgraph/verify.h>

#include "analyse/verify_match.h"
#include "event/bundle.h"

struct kg_verify;
struct verify_lane;

/* A lane with more live matches is not simple enough. */
#define REPEAT_LIVE_MAX 32

/* A bundle in its lane. */
struct bundle_visit {
	struct kg_verify *verify;
	struct verify_lane *lane;
	const struct placed_bundle *placed;
};

/* Whether one of the bundle's calls is a part of its caller (verify_bundle.c). */
bool bundle_is_part(const struct bundle_visit *visit, uint32_t call);

/* What came of a match beyond its states; lines are numbers of notes. */
struct aftermath {
	uint32_t live; /* which of the matches */
	bool is_dead;
	bool is_told; /* as in struct match */
	struct hint hint;
	struct departure departure; /* of a dead one */
};

/* What is remembered of a bundle. */
struct repeat {
	uint64_t hash;
	uint64_t *notes;  /* words of the notes, see verify_repeat.c */
	uint64_t *before; /* of each match: which one it is, and its states */
	uint64_t
		*behind; /* of each match: how far it came, its states, what was counted below it */
	uint32_t *telling;	      /* notes of calls that rules are told of */
	struct aftermath *aftermaths; /* of some matches, in their order */
	uint32_t note_count;
	uint32_t live_count;
	uint32_t telling_count;
	uint32_t aftermath_count;
	bool has_split; /* a note is of a compiler's part of a function */
	bool is_known;	/* it has been gone through */
	bool is_plain;	/* and nothing is to be said but what stands here */
};

/* See verify_rehearsal.h. */
struct rehearsal {
	uint64_t asked_count;
	struct match *matches[REPEAT_LIVE_MAX];
	size_t count;
	unsigned char *expected; /* copies of these */
};

/* A zeroed one can be released. */
struct repeats {
	struct repeat *rows;
	size_t count;
	uint16_t *numbers; /* by hash: number of a row + 1, or 0 */
	uint64_t *pool;	   /* what rows point to */
	size_t pool_used;
	void *memory;				/* all of it */
	struct match *visited[REPEAT_LIVE_MAX]; /* of the bundle that is gone through */
	uint64_t taken_count;			/* of builds that check themselves */
	struct rehearsal rehearsal;
	bool is_spoilt; /* more is to be said of the bundle that is gone through */
};

void repeats_release(struct repeats *repeats);

/*
 * What is remembered of such bundles, or what is to be: then `is_known` is not set. *out NULL: of
 * this one nothing is. Valid until the next is asked for.
 */
KG_MUST_USE enum kg_status repeat_find(const struct bundle_visit *visit, struct repeat **out);

/* The bundle has been gone through: remembers what came of it. */
void repeat_note(const struct bundle_visit *visit, struct repeat *repeat);

/* Whether a bundle can be taken by what is remembered; takes it. */
bool repeat_fits(const struct bundle_visit *visit, const struct repeat *repeat);
KG_MUST_USE enum kg_status repeat_take(const struct bundle_visit *visit,
				       const struct repeat *repeat);
/* The part of it that the matches have; dead ones stay among the live. */
void repeat_take_matches(const struct bundle_visit *visit, const struct repeat *repeat);

#endif

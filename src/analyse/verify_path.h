/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The path of a verification: the phases, over the top-level calls of the subject.
 *
 * A step of the path is the outermost call in its lane that a phase or the noise speaks of. Frames
 * around it that nobody speaks of do not matter, unless they are roots with no step in them.
 */
#ifndef ANALYSE_VERIFY_PATH_H
#define ANALYSE_VERIFY_PATH_H

#include "analyse/verify_match.h"

struct kg_verify;
struct verify_lane;
struct watched_call;

struct phase_state {
	uint64_t count; /* steps */
	struct kg_place first;
};

struct path {
	struct match *match; /* NULL without phases */
	struct phase_state *phases;
	bool has_subject;
	kg_task_id subject;
	uint32_t failed_phase; /* of a dead match */
	uint32_t cut_phase;    /* of a cut one */
};

KG_MUST_USE enum kg_status path_init(struct kg_verify *verify);
/* Looks whether a call tells who the subject is. */
void path_find_subject(struct kg_verify *verify, const struct kg_call *call, const uint64_t *row);
/* A call that counts opens in a lane of the subject: perhaps it is a step. */
KG_MUST_USE enum kg_status path_open(struct kg_verify *verify, struct verify_lane *lane,
				     const uint64_t *row, struct watched_call *watched);
/* A step ends; its matches have been ended. */
void path_close(struct kg_verify *verify, struct verify_lane *lane, const struct kg_call *call,
		const struct watched_call *watched);
/* A root ends. */
void path_close_root(struct kg_verify *verify, struct verify_lane *lane,
		     const struct kg_call *call);
/* The phase that has to come before any later one can: where the path stands. */
uint32_t path_position(const struct kg_verify *verify);
/* Whether the path is at its end, nothing cut off. */
bool path_is_complete(const struct kg_verify *verify);

#endif

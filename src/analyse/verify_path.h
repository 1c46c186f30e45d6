/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The path of a subject, or of one of its threads: the phases of a route, over top-level calls.
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
	const struct spec_route *route;
	struct match *match;
	struct phase_state *phases;
	uint32_t open_count;   /* steps and noise that are open */
	uint32_t failed_phase; /* of a dead match */
	uint32_t cut_phase;    /* of a cut one */
};

/* A path at its start, in verify's memory; NULL when memory is out. */
struct path *path_new(struct kg_verify *verify, const struct spec_route *route);
/* A call that counts opens in a lane with a path: perhaps it is a step. */
KG_MUST_USE enum kg_status path_open(struct kg_verify *verify, struct path *path,
				     struct verify_lane *lane, const uint64_t *row,
				     struct watched_call *watched);
/* A step ends; its matches have been ended. */
void path_close(struct kg_verify *verify, struct verify_lane *lane, const struct kg_call *call,
		const struct watched_call *watched);
/* A root ends in a lane with a path. */
void path_close_root(struct kg_verify *verify, struct path *path, const struct verify_lane *lane,
		     const struct kg_call *call);
/* The phase that has to come before any later one can: where the path stands. */
uint32_t path_position(const struct path *path);
/* Whether the path is at its end, nothing cut off. */
bool path_is_complete(const struct path *path);

#endif

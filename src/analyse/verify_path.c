/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls are steps of a path, and how far it has come. */
#include "analyse/verify.h"

#include <string.h>

#include "base/banned.h"

/* One that a subject is done with, at its start again; NULL if there is none. */
static struct path *reuse_path(struct kg_verify *verify, const struct spec_route *route)
{
	struct retired *retired = &verify->retired;
	struct path *path = NULL;
	if (route == &verify->spec->main && retired->free_main.count > 0)
		path = retired->free_main.at[--retired->free_main.count];
	else if (route == &verify->spec->threads && retired->free_threads.count > 0)
		path = retired->free_threads.at[--retired->free_threads.count];
	if (path == NULL)
		return NULL;
	match_restart(&verify->matcher, path->match);
	memset(path->phases, 0, route->phases.count * sizeof(*path->phases));
	return path;
}

struct path *path_new(struct kg_verify *verify, const struct spec_route *route)
{
	struct path *path = reuse_path(verify, route);
	if (path != NULL)
		return path;
	path = arena_alloc(&verify->memory, sizeof(*path));
	if (path == NULL || !column_push(&verify->paths, path))
		return NULL;
	path->route = route;
	path->phases = arena_alloc(&verify->memory, route->phases.count * sizeof(*path->phases));
	path->match = match_new(&verify->matcher, route->automaton);
	return path->match != NULL && path->phases != NULL ? path : NULL;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/*
 * A step may end after the path has moved on in another task; so it is tried for every phase that
 * it might be of, not only for those that could come now.
 */
static enum kg_status try_patterns(struct kg_verify *verify, struct path *path,
				   struct verify_lane *lane, const uint64_t *row)
{
	const struct automaton *automaton = path->match->automaton;
	for (uint32_t i = 0; i < automaton->call_count; i++) {
		const uint32_t call = automaton->calls[i];
		const struct call_pattern *pattern = &verify->spec->calls.at[call];
		if (!pattern->has_condition || !row_has(row, pattern->names))
			continue;
		struct match *match = match_start(&verify->matcher, call);
		if (match == NULL)
			return KG_NOMEM;
		match->parent = path->match;
		if (!column_push(&lane->matches, match)) {
			match_retire(&verify->matcher, match);
			return KG_NOMEM;
		}
	}
	return KG_OK;
}

enum kg_status path_open(struct kg_verify *verify, struct path *path, struct verify_lane *lane,
			 const uint64_t *row, struct watched_call *watched)
{
	if (lane->is_in_step || path->match->is_dead)
		return KG_OK;
	if (row_has(row, path->match->automaton->vocabulary))
		watched->is_step = true;
	else if (row_has(row, verify->spec->noise))
		watched->is_noise = true;
	else
		return KG_OK;
	watched->path = path;
	path->open_count++;
	if (verify->explanation.is_on && watched->is_step)
		explain_step_opens(verify, path, row, lane->number);
	lane->is_in_step = true;
	lane->root_has_step = true;
	return watched->is_step ? try_patterns(verify, path, lane, row) : KG_OK;
}

uint32_t path_position(const struct path *path)
{
	const struct match *match = path->match;
	const struct automaton_edge *edge;
	uint32_t position = 0;
	if (automaton_accepts(match->automaton, match->states))
		return (uint32_t)path->route->phases.count;
	struct edge_walk walk = edge_walk_start(match->automaton, match->states);
	while ((edge = edge_walk_next(&walk)) != NULL) {
		if (edge->part > position)
			position = edge->part;
	}
	return position;
}

/* The phase to blame for a call that cannot come: behind the end of the path it is the last one. */
static uint32_t waiting_phase(const struct path *path)
{
	const uint32_t last = (uint32_t)path->route->phases.count - 1;
	const uint32_t position = path_position(path);
	return position < last ? position : last;
}

static void note_phase(struct path *path, uint32_t phase, const struct kg_place *place)
{
	struct phase_state *state = &path->phases[phase];
	if (state->count++ == 0)
		state->first = *place;
}

void path_close(struct kg_verify *verify, struct verify_lane *lane, const struct kg_call *call,
		const struct watched_call *watched)
{
	struct path *path = watched->path;
	const struct token token = { .id = call->id, .place = place_of_start(call) };
	lane->is_in_step = false;
	path->open_count--;
	if (!watched->is_step || path->match->is_dead)
		return;
	uint32_t phase =
		match_close_token(&verify->matcher, path->match, row_of(verify, call->func_id),
				  &token, lane->matches.at + watched->first_match,
				  lane->matches.count - watched->first_match);
	if (path->match->is_dead)
		path->failed_phase =
			path->match->departure.enclosing_count > 0 ? phase : waiting_phase(path);
	else
		note_phase(path, phase, &token.place);
	path->cut_phase = phase;
	if (verify->explanation.is_on)
		explain_step_closes(verify, path, call, phase);
}

void path_close_root(struct kg_verify *verify, struct path *path, const struct verify_lane *lane,
		     const struct kg_call *call)
{
	const struct kg_spec *spec = verify->spec;
	if (lane->root_has_step || path->match->is_dead)
		return;
	/* what was not seen of it may have had a step in it */
	if (call->flags & (KG_CALL_LATE | KG_CALL_NO_END))
		return;
	if (spec->has_roots && !row_has(row_of(verify, call->func_id), spec->roots))
		return;
	struct kg_place place = place_of_start(call);
	path->failed_phase = waiting_phase(path);
	match_kill(path->match, DEPART_UNEXPECTED, &place);
}

bool path_is_complete(const struct path *path)
{
	const struct match *match = path->match;
	return !match->is_dead && !match->is_cut &&
	       automaton_accepts(match->automaton, match->states);
}

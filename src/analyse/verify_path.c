/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows whose path is followed, and which of its calls are steps of it. */
#include "analyse/verify.h"

#include "base/banned.h"

enum kg_status path_init(struct kg_verify *verify)
{
	const struct kg_spec *spec = verify->spec;
	struct path *path = &verify->path;
	if (spec->main.automaton == NULL)
		return KG_OK;
	path->match = match_new(spec->main.automaton);
	path->phases =
		arena_alloc(&verify->memory, spec->main.phases.count * sizeof(*path->phases));
	return path->match != NULL && path->phases != NULL ? KG_OK : KG_NOMEM;
}

/* ---- the subject ----------------------------------------------------------------------------- */

void path_find_subject(struct kg_verify *verify, const struct kg_call *call, const uint64_t *row)
{
	struct path *path = &verify->path;
	if (path->has_subject || !row_has(row, verify->spec->first))
		return;
	path->has_subject = true;
	path->subject = call->task_id;
}

static bool is_of_subject(const struct kg_verify *verify, kg_task_id task_id)
{
	const struct kg_spec *spec = verify->spec;
	if (task_id == verify->path.subject)
		return true;
	if (!spec->has_also_task || task_id == KG_NO_TASK)
		return false;
	const char *comm = kg_tasks_get(verify->tasks, task_id)->comm;
	return regexec(&spec->also_task, comm, 0, NULL, 0) == 0;
}

/* Whether steps of a lane are steps of the path, and it still can be followed. */
static bool is_followed(struct kg_verify *verify, const struct verify_lane *lane)
{
	const struct path *path = &verify->path;
	struct owner *owner = &verify->owners.at[lane->owner];
	if (path->match == NULL || path->match->is_dead || !path->has_subject)
		return false;
	if (!owner->is_subject_known) {
		owner->is_subject_known = true;
		owner->is_subject = is_of_subject(verify, owner->task_id);
	}
	return owner->is_subject;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/*
 * A step may end after the path has moved on in another task; so it is tried for every phase that
 * it might be of, not only for those that could come now.
 */
static enum kg_status try_patterns(struct kg_verify *verify, struct verify_lane *lane,
				   const uint64_t *row)
{
	struct match *path = verify->path.match;
	for (uint32_t i = 0; i < path->automaton->call_count; i++) {
		const uint32_t call = path->automaton->calls[i];
		const struct call_pattern *pattern = &verify->spec->calls.at[call];
		if (!pattern->has_condition || !row_has(row, pattern->names))
			continue;
		struct match *match = match_start(&verify->matcher, call);
		if (match == NULL)
			return KG_NOMEM;
		match->parent = path;
		if (!column_push(&lane->matches, match)) {
			match_retire(&verify->matcher, match);
			return KG_NOMEM;
		}
	}
	return KG_OK;
}

enum kg_status path_open(struct kg_verify *verify, struct verify_lane *lane, const uint64_t *row,
			 struct watched_call *watched)
{
	if (lane->is_in_step || !is_followed(verify, lane))
		return KG_OK;
	if (row_has(row, verify->path.match->automaton->vocabulary))
		watched->is_step = true;
	else if (row_has(row, verify->spec->noise))
		watched->is_noise = true;
	else
		return KG_OK;
	lane->is_in_step = true;
	lane->root_has_step = true;
	return watched->is_step ? try_patterns(verify, lane, row) : KG_OK;
}

uint32_t path_position(const struct kg_verify *verify)
{
	const struct match *match = verify->path.match;
	const struct automaton_edge *edge;
	uint32_t position = 0;
	if (automaton_accepts(match->automaton, match->states))
		return (uint32_t)verify->spec->main.phases.count;
	struct edge_walk walk = edge_walk_start(match->automaton, match->states);
	while ((edge = edge_walk_next(&walk)) != NULL) {
		if (edge->part > position)
			position = edge->part;
	}
	return position;
}

/* The phase to blame for a call that cannot come: behind the end of the path it is the last one. */
static uint32_t waiting_phase(const struct kg_verify *verify)
{
	const uint32_t last = (uint32_t)verify->spec->main.phases.count - 1;
	const uint32_t position = path_position(verify);
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
	struct path *path = &verify->path;
	const struct token token = { .id = call->id, .place = place_of_start(call) };
	lane->is_in_step = false;
	if (!watched->is_step || path->match->is_dead)
		return;
	uint32_t phase =
		match_close_token(&verify->matcher, path->match, row_of(verify, call->func_id),
				  &token, lane->matches.at + watched->first_match,
				  lane->matches.count - watched->first_match);
	if (path->match->is_dead)
		path->failed_phase =
			path->match->departure.enclosing_count > 0 ? phase : waiting_phase(verify);
	else
		note_phase(path, phase, &token.place);
	path->cut_phase = phase;
}

void path_close_root(struct kg_verify *verify, struct verify_lane *lane, const struct kg_call *call)
{
	const struct kg_spec *spec = verify->spec;
	lane->root_id = KG_NO_CALL;
	if (lane->root_has_step || !is_followed(verify, lane))
		return;
	/* what was not seen of it may have had a step in it */
	if (call->flags & (KG_CALL_LATE | KG_CALL_NO_END))
		return;
	if (spec->has_roots && !row_has(row_of(verify, call->func_id), spec->roots))
		return;
	struct kg_place place = place_of_start(call);
	verify->path.failed_phase = waiting_phase(verify);
	match_kill(verify->path.match, DEPART_UNEXPECTED, &place);
}

bool path_is_complete(const struct kg_verify *verify)
{
	const struct match *match = verify->path.match;
	return match != NULL && !match->is_dead && !match->is_cut &&
	       automaton_accepts(match->automaton, match->states);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a phase of a path comes to. */
#include <inttypes.h>

#include "analyse/verify.h"
#include "base/banned.h"

static void start_phase(const struct path *path, uint32_t index, struct kg_check *out)
{
	const struct spec_phase *phase = &path->route->phases.at[index];
	*out = (struct kg_check){
		.id = phase->id, .title = phase->title, .why = phase->why, .meaning = phase->why
	};
}

/* Whether the trace cannot show any call that is a step of a phase. */
static bool is_phase_unseen(const struct kg_verify *verify, const struct path *path, uint32_t index)
{
	const struct automaton *automaton = path->route->automaton;
	bool has_edge = false;
	for (uint32_t i = 0; verify->unseen != NULL && i < automaton->edge_count; i++) {
		const struct automaton_edge *edge = &automaton->edges[i];
		if (edge->part != index)
			continue;
		has_edge = true;
		if (!is_unseen(verify, verify->spec->calls.at[edge->call].names))
			return false;
	}
	return has_edge;
}

static enum kg_status unseen_phase(struct kg_verify *verify, const struct path *path,
				   uint32_t index, struct kg_check *check)
{
	const struct automaton *automaton = path->route->automaton;
	struct words words = { .verify = verify };
	check->verdict = KG_VERDICT_NOT_TRACEABLE;
	words_add(&words, "the recording could not show ");
	for (uint32_t i = 0; i < automaton->edge_count; i++) {
		const struct automaton_edge *edge = &automaton->edges[i];
		if (edge->part == index) {
			words_add_names(&words, verify->spec->calls.at[edge->call].names);
			break;
		}
	}
	return words_finish(&words, &check->why) ? KG_OK : KG_NOMEM;
}

/* Whether nothing of what was expected at a departure can be seen. */
static bool is_departure_unseen(const struct kg_verify *verify, const struct departure *departure)
{
	if (departure->kind == DEPART_BANNED || departure->kind == DEPART_TALLY ||
	    departure->may_end || departure->expected_count == 0)
		return false;
	for (uint32_t i = 0; i < departure->expected_count; i++) {
		if (!is_unseen(verify, verify->spec->calls.at[departure->expected[i]].names))
			return false;
	}
	return true;
}

/* A phase that the path went through, or past. */
static enum kg_status passed_phase(struct kg_verify *verify, const struct path *path,
				   uint32_t index, struct kg_check *check)
{
	const struct phase_state *state = &path->phases[index];
	struct words found = { .verify = verify };
	if (state->count == 0 && is_phase_unseen(verify, path, index))
		return unseen_phase(verify, path, index, check);
	if (state->count == 0) {
		check->verdict = KG_VERDICT_SKIPPED;
		check->why = "this step may be left out, and was";
		return KG_OK;
	}
	check->verdict = KG_VERDICT_PASS;
	check->places[check->place_count++] = state->first;
	words_add_count(&found, state->count, "call");
	words_add(&found, state->count == 1 ? ", line %" PRIu64 : ", the first on line %" PRIu64,
		  state->first.line_no);
	return words_finish(&found, &check->found) ? KG_OK : KG_NOMEM;
}

/* The phase in which the path was left. */
static enum kg_status failed_phase(struct kg_verify *verify, const struct path *path,
				   struct kg_check *check)
{
	const struct departure *departure = &path->match->departure;
	struct words expected = { .verify = verify };
	struct words found = { .verify = verify };
	check->verdict = KG_VERDICT_FAIL;
	if (is_departure_unseen(verify, departure)) {
		check->verdict = KG_VERDICT_NOT_TRACEABLE;
		check->why = "the recording could not show what was expected here";
	}
	if (departure->enclosing_count > 0)
		words_add_expected(&expected, departure);
	else
		words_add_next_steps(&expected, path);
	words_add_found(&found, departure);
	check->places[check->place_count++] = departure->place;
	bool is_said = words_finish(&expected, &check->expected);
	is_said &= words_finish(&found, &check->found);
	return is_said ? KG_OK : KG_NOMEM;
}

/* The phase that the end of the trace cuts off. */
static enum kg_status unfinished_phase(struct kg_verify *verify, const struct path *path,
				       struct kg_check *check)
{
	struct words expected = { .verify = verify };
	struct words found = { .verify = verify };
	check->verdict = KG_VERDICT_INCONCLUSIVE;
	words_add(&found, "the end of the trace");
	if (path->match->is_cut) {
		words_add_expected(&expected, &path->match->departure);
		check->places[check->place_count++] = path->match->departure.place;
	} else {
		words_add_next_steps(&expected, path);
	}
	bool is_said = words_finish(&expected, &check->expected);
	is_said &= words_finish(&found, &check->found);
	return is_said ? KG_OK : KG_NOMEM;
}

/* The phase in which the path stands; the number of phases if it is at its end. */
static uint32_t current_phase(const struct path *path)
{
	if (path->match->is_dead)
		return path->failed_phase;
	return path->match->is_cut ? path->cut_phase : path_position(path);
}

/* Lost events take away what was found for and against the path alike. */
static void doubt_phase(struct kg_check *check, const struct evidence *evidence)
{
	if (check->verdict == KG_VERDICT_SKIPPED || check->verdict == KG_VERDICT_NOT_TRACEABLE)
		return;
	const char *doubt = NULL;
	if (evidence->has_gaps)
		doubt = evidence->why_gaps;
	else if (evidence->is_partial && check->verdict != KG_VERDICT_PASS)
		doubt = evidence->why_partial;
	else if (evidence->starts_late && check->verdict != KG_VERDICT_PASS)
		doubt = evidence->why_late;
	else if (evidence->ends_early && check->verdict == KG_VERDICT_INCONCLUSIVE)
		doubt = evidence->why_early;
	if (doubt == NULL)
		return;
	check->verdict = KG_VERDICT_INCONCLUSIVE;
	check->why = doubt;
}

enum kg_status phase_check(struct kg_verify *verify, const struct path *path, uint32_t index,
			   const struct evidence *evidence, struct kg_check *out)
{
	const uint32_t current = current_phase(path);
	enum kg_status status = KG_OK;
	start_phase(path, index, out);
	if (index < current) {
		status = passed_phase(verify, path, index, out);
	} else if (index > current) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = path->match->is_dead ? "not reached: the path was left before"
						: "not reached: the trace ends before";
	} else if (path->match->is_dead) {
		status = failed_phase(verify, path, out);
	} else {
		status = unfinished_phase(verify, path, out);
	}
	doubt_phase(out, evidence);
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how matching is told step by step. */
#include <inttypes.h>
#include <string.h>

#include "analyse/verify.h"
#include "base/banned.h"

/* ---- lines ----------------------------------------------------------------------------------- */

/* Takes the words as a line; failing to is no failure of the verification. */
static void add_line(struct kg_verify *verify, const struct kg_place *place, uint16_t level,
		     struct words *words)
{
	struct explanation *explanation = &verify->explanation;
	struct kg_explain_line line = { .place = *place, .level = level };
	if (explanation->lines.count >= EXPLAIN_MAX_LINES) {
		column_release(&words->text);
		explanation->left_out++;
		return;
	}
	if (!words_finish(words, &line.text) || !column_push(&explanation->lines, line))
		explanation->left_out++;
}

static void add_expected(struct words *words, const struct departure *departure)
{
	const struct kg_spec *spec = words->verify->spec;
	for (uint32_t i = 0; i < departure->expected_count; i++) {
		words_add(words, "%s",
			  i == 0			      ? ""
			  : i + 1 < departure->expected_count ? ", "
							      : " or ");
		words_add_names(words, spec->calls.at[departure->expected[i]].names);
	}
	if (departure->may_end)
		words_add(words, "%sthe end", departure->expected_count > 0 ? " or " : "");
}

/* ---- phases ---------------------------------------------------------------------------------- */

static bool is_explained_path(const struct kg_verify *verify, const struct path *path)
{
	const struct explanation *explanation = &verify->explanation;
	if (explanation->phase == NO_CHECK)
		return false;
	return path->route ==
	       (explanation->is_thread ? &verify->spec->threads : &verify->spec->main);
}

void explain_step_opens(struct kg_verify *verify, const struct path *path, const uint64_t *row,
			uint32_t lane)
{
	struct explanation *explanation = &verify->explanation;
	const struct match *match = path->match;
	const struct automaton_edge *edge;
	if (!is_explained_path(verify, path) || explanation->is_in_step)
		return;
	struct edge_walk walk = edge_walk_start(match->automaton, match->states);
	while ((edge = edge_walk_next(&walk)) != NULL) {
		if (edge->part != explanation->phase ||
		    !row_has(row, verify->spec->calls.at[edge->call].names))
			continue;
		explanation->is_in_step = true;
		explanation->lane = lane;
		return;
	}
}

void explain_step_closes(struct kg_verify *verify, const struct path *path,
			 const struct kg_call *call, uint32_t phase)
{
	struct explanation *explanation = &verify->explanation;
	struct words words = { .verify = verify };
	const struct kg_place place = place_of_start(call);
	struct departure next;
	const bool was_in_step = explains_lane(explanation, call->lane_id);
	if (!is_explained_path(verify, path))
		return;
	if (was_in_step)
		explanation->is_in_step = false;
	if (path->match->is_dead) {
		words_add(&words, "fits no phase that can come here: ");
		words_add_expected(&words, &path->match->departure);
		words_add(&words, " was expected, and there was ");
		words_add_found(&words, &path->match->departure);
	} else if (phase == explanation->phase) {
		words_add(&words,
			  "is step %" PRIu64 " of the phase; next: ", path->phases[phase].count);
		match_expect(path->match, &next);
		add_expected(&words, &next);
	} else if (was_in_step) {
		words_add(&words, "is a step of %s", path->route->phases.at[phase].id);
	} else {
		return;
	}
	add_line(verify, &place, 0, &words);
}

void explain_token(struct kg_verify *verify, const struct match *match,
		   const struct departure *before, const struct kg_call *call)
{
	struct words words = { .verify = verify };
	struct departure next;
	const struct kg_place place = place_of_start(call);
	if (match->is_dead) {
		words_add(&words, "does not fit one of the ways that were open: ");
		add_expected(&words, before);
		words_add(&words, " was expected");
	} else if (!match->token.is_stepped) {
		words_add(&words, "may fit, as far as what it calls does");
	} else {
		words_add(&words, "fits; next: ");
		match_expect(match, &next);
		add_expected(&words, &next);
	}
	add_line(verify, &place, call->level, &words);
}

/* ---- rules ----------------------------------------------------------------------------------- */

void explain_rule(struct kg_verify *verify, uint32_t index, uint32_t role,
		  const struct rule_state *state, const struct kg_place *place, bool opens,
		  uint64_t broken_before)
{
	const struct rule *rule = &verify->spec->rules.at[index];
	struct words words = { .verify = verify };
	words_add(&words,
		  opens ? "opens: call %" PRIu64 " of " : "ends; there were %" PRIu64 " of ",
		  state->roles[role].count);
	words_add_names(&words, rule->names[role]);
	for (uint32_t i = 0; i < rule->names_count && rule->names_count > 1; i++) {
		if (i == role)
			continue;
		words_add(&words, ", %" PRIu64 " of ", state->roles[i].count);
		words_add_names(&words, rule->names[i]);
	}
	if (state->broken_count > broken_before)
		words_add(&words, ": here the rule does not hold");
	add_line(verify, place, 0, &words);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool find_phase(const struct spec_route *route, const char *id, uint32_t *out)
{
	for (size_t i = 0; i < route->phases.count; i++) {
		const char *full = route->phases.at[i].id;
		if (strcmp(full, id) == 0 || strcmp(full + strlen("phase:"), id) == 0) {
			*out = (uint32_t)i;
			return true;
		}
	}
	return false;
}

enum kg_status kg_verify_explain(struct kg_verify *verify, const char *check_id)
{
	struct explanation *explanation = &verify->explanation;
	const struct kg_spec *spec = verify->spec;
	explanation->phase = explanation->rule = NO_CHECK;
	explanation->is_on = true;
	for (size_t i = 0; i < spec->rules.count; i++) {
		if (spec->rules.at[i].kind != RULE_CHOICE &&
		    strcmp(spec->rules.at[i].id, check_id) == 0) {
			explanation->rule = (uint32_t)i;
			return KG_OK;
		}
	}
	if (find_phase(&spec->main, check_id, &explanation->phase))
		return KG_OK;
	explanation->is_thread = find_phase(&spec->threads, check_id, &explanation->phase);
	explanation->is_on = explanation->is_thread;
	return explanation->is_thread ? KG_OK : KG_BAD_ARG;
}

const struct kg_explain_line *kg_verify_explanation(const struct kg_verify *verify, size_t *count,
						    uint64_t *left_out)
{
	*count = verify->explanation.lines.count;
	*left_out = verify->explanation.left_out;
	return verify->explanation.lines.at;
}

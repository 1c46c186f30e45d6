/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how places, names and departures are put into words. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyse/verify.h"
#include "base/memory.h"
#include "base/banned.h"

/* Of names that the trace does not have, as many are listed. */
#define MAX_UNSEEN_NAMES 3
#define MAX_ALTERNATIVES 32

/* ---- texts ----------------------------------------------------------------------------------- */

void words_add(struct words *words, const char *format, ...)
{
	va_list args;
	words->has_text = true;
	if (words->verify->is_quiet)
		return;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !column_reserve(&words->text, words->text.count + (size_t)len + 1)) {
		words->is_failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(words->text.at + words->text.count, (size_t)len + 1, format, args);
	va_end(args);
	words->text.count += (size_t)len;
}

bool words_finish(struct words *words, const char **out)
{
	bool is_failed = words->is_failed;
	*out = words->has_text ? "" : NULL;
	if (words->verify->is_quiet)
		return true;
	if (!is_failed && words->text.count > 0) {
		struct span text = { (const unsigned char *)words->text.at, words->text.count };
		*out = arena_copy(&words->verify->memory, text);
		is_failed = *out == NULL;
	}
	column_release(&words->text);
	words->is_failed = false;
	return !is_failed;
}

void words_add_count(struct words *words, uint64_t count, const char *noun)
{
	words_add(words, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Alternatives to be listed, each once. */
struct alternatives {
	const struct kg_verify *verify;
	bool leaves_out_groups; /* of many names that the trace does not have */
	struct {
		const char *text;
		const struct names *unseen; /* more of its kind, none of them in the trace */
	} at[MAX_ALTERNATIVES];
	size_t count;
};

/* Whether the trace has a function that a text fits. */
static bool is_seen(const struct kg_verify *verify, const char *text)
{
	return verify->seen_texts[vocabulary_text_index(&verify->spec->vocabulary, text)];
}

static void add_alternative(struct alternatives *list, const char *text, const struct names *unseen)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].text, text) == 0)
			return;
	}
	if (list->count == MAX_ALTERNATIVES)
		return;
	list->at[list->count].text = text;
	list->at[list->count].unseen = unseen;
	list->count++;
}

/* Adds the names of a set that the trace has; if it has none, the set as it is. */
static void add_set(struct alternatives *list, names_id id)
{
	const struct names *names = &list->verify->spec->vocabulary.sets.at[id];
	bool has_seen = false;
	for (uint32_t i = 0; i < names->count; i++) {
		if (is_seen(list->verify, names->texts[i])) {
			has_seen = true;
			add_alternative(list, names->texts[i], NULL);
		}
	}
	if (has_seen || names->count == 0)
		return;
	if (names->count <= MAX_UNSEEN_NAMES || !list->leaves_out_groups)
		add_alternative(list, names->texts[0], names);
}

/* "old_name (or new_name, ...)" */
static void write_unseen(struct words *words, const struct names *names)
{
	for (uint32_t i = 1; i < names->count && i < MAX_UNSEEN_NAMES; i++)
		words_add(words, "%s%s", i == 1 ? " (or " : ", ", names->texts[i]);
	if (names->count > MAX_UNSEEN_NAMES)
		words_add(words, ", ...");
	if (names->count > 1)
		words_add(words, ")");
}

static void write_alternatives(struct words *words, const struct alternatives *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			words_add(words, "%s", i + 1 == list->count ? " or " : ", ");
		words_add(words, "%s", list->at[i].text);
		if (list->at[i].unseen != NULL)
			write_unseen(words, list->at[i].unseen);
	}
}

void words_add_names(struct words *words, names_id id)
{
	struct alternatives list = { .verify = words->verify };
	words->has_text = true;
	if (words->verify->is_quiet)
		return;
	add_set(&list, id);
	write_alternatives(words, &list);
}

/* The names of calls, each once. */
static void add_calls(struct words *words, const uint32_t *calls, uint32_t count,
		      bool leaves_out_groups)
{
	struct alternatives list = { .verify = words->verify,
				     .leaves_out_groups = leaves_out_groups };
	for (uint32_t i = 0; i < count; i++)
		add_set(&list, words->verify->spec->calls.at[calls[i]].names);
	write_alternatives(words, &list);
}

void words_add_func(struct words *words, kg_func_id func_id)
{
	if (func_id == KG_NO_FUNC)
		words_add(words, "a call without a name");
	else
		words_add(words, "%s", kg_funcs_get(words->verify->funcs, func_id)->name);
}

void words_add_call(struct words *words, kg_func_id func_id, uint64_t line_no)
{
	words_add_func(words, func_id);
	words_add(words, " (line %" PRIu64 ")", line_no);
}

void words_add_bound(struct words *words, const struct bound *bound)
{
	static const char *const texts[] = {
		[COMPARE_EQ] = "exactly ",   [COMPARE_NE] = "any number but ",
		[COMPARE_LT] = "less than ", [COMPARE_LE] = "at most ",
		[COMPARE_GT] = "more than ", [COMPARE_GE] = "at least ",
	};
	uint64_t amount = 0;
	(void)spec_amount(words->verify->spec, &bound->amount, &amount);
	words_add(words, "%s", texts[bound->compare]);
	words_add_count(words, amount, "call");
}

/* ---- what was expected ----------------------------------------------------------------------- */

static void add_enclosing(struct words *words, const struct departure *departure)
{
	for (uint32_t i = departure->enclosing_count; i-- > 0;) {
		words_add(words, "in ");
		words_add_call(words, departure->enclosing[i].func_id,
			       departure->enclosing[i].line_no);
		words_add(words, ": ");
	}
}

static void add_tally(struct words *words, const struct departure *departure)
{
	const struct call_pattern *call = &words->verify->spec->calls.at[departure->call];
	const struct tally *tally = &call->tallies[departure->tally];
	words_add_bound(words, &tally->bound);
	words_add(words, " of ");
	words_add_names(words, tally->names);
}

static void add_hint(struct words *words, const struct hint *hint)
{
	if (hint->expected_count == 0)
		return;
	words_add(words, "; or, before that, ");
	add_calls(words, hint->expected, hint->expected_count, true);
	words_add(words, " in ");
	words_add_call(words, hint->in.func_id, hint->in.line_no);
}

void words_add_expected(struct words *words, const struct departure *departure)
{
	const bool has_calls = departure->expected_count > 0;
	if (words->verify->is_quiet)
		return;
	add_enclosing(words, departure);
	if (departure->kind == DEPART_TALLY) {
		add_tally(words, departure);
		return;
	}
	add_calls(words, departure->expected, departure->expected_count, false);
	switch (departure->kind) {
	case DEPART_ENDED:
		words_add(words, " before its end");
		break;
	case DEPART_UNEXPECTED:
		if (departure->may_end)
			words_add(words, has_calls ? " or its end" : "its end");
		break;
	case DEPART_BANNED:
		words_add(words, has_calls ? ", and no " : "no ");
		words_add_func(words, departure->place.func_id);
		break;
	case DEPART_TALLY:
		break;
	}
	add_hint(words, &departure->hint);
}

/* ---- what came instead ----------------------------------------------------------------------- */

static void add_found_end(struct words *words, const struct departure *departure)
{
	const struct kg_place *place = &departure->place;
	if (!departure->is_wrong_call) {
		words_add_func(words, place->func_id);
		words_add(words, " ends without it (line %" PRIu64 ")", place->line_no);
		return;
	}
	words_add_call(words, place->func_id, place->line_no);
	words_add(words, " has nothing of that in it");
	if (departure->first_inner != KG_NO_FUNC) {
		words_add(words, "; it begins with ");
		words_add_func(words, departure->first_inner);
	}
}

void words_add_found(struct words *words, const struct departure *departure)
{
	const struct kg_place *place = &departure->place;
	switch (departure->kind) {
	case DEPART_UNEXPECTED:
	case DEPART_BANNED:
		words_add_call(words, place->func_id, place->line_no);
		break;
	case DEPART_ENDED:
		add_found_end(words, departure);
		break;
	case DEPART_TALLY:
		words_add_count(words, departure->tally_count, "call");
		words_add(words, " by line %" PRIu64, place->line_no);
		break;
	}
}

/* ---- steps of the path ----------------------------------------------------------------------- */

/* The phases in which a call of some names could come next. */
static void add_phases_of(struct words *words, const struct spec_route *route, names_id names,
			  const bool *has_phase)
{
	size_t added = 0;
	words_add_names(words, names);
	words_add(words, " (");
	for (size_t i = 0; i < route->phases.count; i++) {
		if (has_phase[i])
			words_add(words, "%s%s", added++ > 0 ? " or " : "",
				  route->phases.at[i].id + strlen("phase:"));
	}
	words_add(words, ")");
}

/* Marks the phases of the edges of some names; false if an earlier edge is of these names too. */
static bool mark_phases(const struct kg_verify *verify, const struct path *path, names_id names,
			size_t first_index, bool *has_phase)
{
	const struct match *match = path->match;
	const struct automaton_edge *edge;
	struct edge_walk walk = edge_walk_start(match->automaton, match->states);
	for (size_t i = 0; (edge = edge_walk_next(&walk)) != NULL; i++) {
		if (verify->spec->calls.at[edge->call].names != names)
			continue;
		if (i < first_index)
			return false;
		has_phase[edge->part] = true;
	}
	return true;
}

void words_add_next_steps(struct words *words, const struct path *path)
{
	const struct kg_verify *verify = words->verify;
	const struct match *match = path->match;
	if (verify->is_quiet)
		return;
	const size_t phase_count = path->route->phases.count;
	const struct automaton_edge *edge;
	size_t added = 0;
	bool *has_phase = memory_alloc(phase_count * sizeof(*has_phase));
	if (has_phase == NULL) {
		words->is_failed = true;
		return;
	}
	struct edge_walk walk = edge_walk_start(match->automaton, match->states);
	for (size_t i = 0; (edge = edge_walk_next(&walk)) != NULL; i++) {
		const names_id names = verify->spec->calls.at[edge->call].names;
		memset(has_phase, 0, phase_count * sizeof(*has_phase));
		if (!mark_phases(verify, path, names, i, has_phase))
			continue;
		if (added == MAX_ALTERNATIVES)
			break;
		words_add(words, "%s", added++ > 0 ? " or " : "");
		add_phases_of(words, path->route, names, has_phase);
	}
	memory_free(has_phase);
	if (automaton_accepts(match->automaton, match->states))
		words_add(words, "%sthe end of the path", added > 0 ? " or " : "");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which functions are worth mentioning. */
#include "analyse/learn_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* So many functions are thought of, and so many of those that come together are mentioned. */
#define CANDIDATES_MAX 256
#define TOGETHER_MAX 8
/* How many functions may call one that not all samples call. */
#define CALLERS_MAX 2
/* Functions that only call one other are passed over down to here. */
#define WRAPPERS_MAX 16

struct candidate {
	uint32_t name;
	uint32_t first;	     /* the order in which they turned up */
	uint32_t last;	     /* sample, plus 1 */
	uint32_t group;	     /* of those that come together */
	size_t sample_count; /* samples that have it */
	uint64_t times;	     /* calls that have it */
	bool is_repeated;    /* more than once in a sample */
};

struct candidates {
	struct candidate at[CANDIDATES_MAX];
	uint32_t count;
};

/* ---- who there is ---------------------------------------------------------------------------- */

static struct candidate *find_candidate(struct candidates *candidates, uint32_t name)
{
	for (uint32_t i = 0; i < candidates->count; i++) {
		if (candidates->at[i].name == name)
			return &candidates->at[i];
	}
	if (candidates->count == CANDIDATES_MAX)
		return NULL;
	struct candidate *added = &candidates->at[candidates->count];
	*added = (struct candidate){ .name = name,
				     .first = candidates->count,
				     .group = candidates->count };
	candidates->count++;
	return added;
}

static bool is_shy(const struct former *former, uint32_t name)
{
	return former->callers->rows.at[name].is_shy;
}

static void add_sample(const struct former *former, const struct sample *sample, uint32_t index,
		       struct candidates *out)
{
	const struct shapes *shapes = &former->learn->shapes;
	const shape_id *children = shape_children(shapes, sample->shape);
	for (uint32_t i = 0; i < shapes_get(shapes, sample->shape)->count; i++) {
		const uint32_t name = shapes_get(shapes, children[i])->name;
		struct candidate *candidate =
			is_shy(former, name) ? NULL : find_candidate(out, name);
		if (candidate == NULL)
			continue;
		if (candidate->last == index + 1) {
			candidate->is_repeated = true;
			continue;
		}
		candidate->last = index + 1;
		candidate->sample_count++;
		candidate->times += sample->times;
	}
}

static void collect(const struct former *former, const sample_list *samples, struct candidates *out)
{
	out->count = 0;
	for (size_t i = 0; i < samples->count; i++)
		add_sample(former, &samples->at[i], (uint32_t)i, out);
}

/* The samples that all calls of one function below the samples are. */
static bool step_into(const struct former *former, uint32_t name, sample_list *samples)
{
	const struct shapes *shapes = &former->learn->shapes;
	sample_list inner = { 0 };
	bool is_done = true;
	for (size_t i = 0; i < samples->count && is_done; i++) {
		const shape_id *children = shape_children(shapes, samples->at[i].shape);
		for (uint32_t j = 0; j < shapes_get(shapes, samples->at[i].shape)->count; j++) {
			if (is_done && shapes_get(shapes, children[j])->name == name)
				is_done = samples_add(&inner, children[j], samples->at[i].times);
		}
	}
	column_release(samples);
	*samples = inner;
	samples_sort(samples);
	return is_done;
}

/* ---- who is chosen --------------------------------------------------------------------------- */

static bool is_common(const struct candidate *candidate, const sample_list *samples)
{
	return candidate->sample_count == samples->count;
}

/*
 * A function that not all call may have come unasked: then others call it as well, or it came once.
 * Of steps, and where there is nothing that all call, once may be what matters.
 */
static bool is_reliable(const struct former *former, const struct candidate *candidate,
			const sample_list *samples, bool may_be_once)
{
	if (is_common(candidate, samples))
		return true;
	return former->callers->rows.at[candidate->name].caller_count <= CALLERS_MAX &&
	       (candidate->times > 1 || (may_be_once && former->trace_count < 2));
}

static void drop_unreliable(const struct former *former, const sample_list *samples, bool are_steps,
			    struct candidates *candidates)
{
	bool may_be_once = true;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < candidates->count && !are_steps; i++)
		may_be_once &= !is_common(&candidates->at[i], samples);
	for (uint32_t i = 0; i < candidates->count; i++) {
		if (is_reliable(former, &candidates->at[i], samples, may_be_once))
			candidates->at[kept++] = candidates->at[i];
	}
	candidates->count = kept;
}

static void join_groups(struct candidates *candidates, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < candidates->count; i++) {
		if (candidates->at[i].group == from)
			candidates->at[i].group = to;
	}
}

/* Puts those into one group that come together though not always. */
static void group_by_sample(const struct former *former, const sample_list *samples,
			    struct candidates *candidates)
{
	const struct shapes *shapes = &former->learn->shapes;
	uint32_t common = UINT32_MAX;
	for (uint32_t i = 0; i < candidates->count; i++) {
		if (is_common(&candidates->at[i], samples)) {
			if (common == UINT32_MAX)
				common = candidates->at[i].group;
			candidates->at[i].group = common;
		}
	}
	for (size_t i = 0; i < samples->count; i++) {
		const shape_id *children = shape_children(shapes, samples->at[i].shape);
		uint32_t group = UINT32_MAX;
		for (uint32_t j = 0; j < shapes_get(shapes, samples->at[i].shape)->count; j++) {
			const uint32_t name = shapes_get(shapes, children[j])->name;
			uint32_t k = 0;
			while (k < candidates->count && candidates->at[k].name != name)
				k++;
			if (k == candidates->count || candidates->at[k].group == common)
				continue;
			if (group == UINT32_MAX)
				group = candidates->at[k].group;
			else if (candidates->at[k].group != group)
				join_groups(candidates, candidates->at[k].group, group);
		}
	}
}

/* It does something, or is one half of something. */
static bool is_weighty(const struct former *former, uint32_t name)
{
	return former->callers->rows.at[name].has_callees ||
	       pairs_has_counterpart(&former->learn->pairs, name);
}

/* The more telling one of two of a group. */
static bool is_better(const struct former *former, const struct candidate *a,
		      const struct candidate *b)
{
	const struct name_callers *row_a = &former->callers->rows.at[a->name];
	const struct name_callers *row_b = &former->callers->rows.at[b->name];
	if (a->sample_count != b->sample_count)
		return a->sample_count > b->sample_count;
	if (is_weighty(former, a->name) != is_weighty(former, b->name))
		return is_weighty(former, a->name);
	if (row_a->caller_count != row_b->caller_count)
		return row_a->caller_count < row_b->caller_count;
	return a->first < b->first;
}

/* Whether so many of its group are better that there is no room for it. */
static bool is_crowded_out(const struct former *former, const struct candidates *candidates,
			   const struct candidate *candidate)
{
	uint32_t better = 0;
	for (uint32_t i = 0; i < candidates->count; i++) {
		const struct candidate *other = &candidates->at[i];
		better += other->group == candidate->group && is_better(former, other, candidate);
	}
	return better >= TOGETHER_MAX;
}

static void choose(const struct former *former, const struct candidates *candidates,
		   struct words *out)
{
	for (uint32_t i = 0; i < candidates->count && out->count < WORDS_MAX; i++) {
		if (!is_crowded_out(former, candidates, &candidates->at[i]))
			out->names[out->count++] = candidates->at[i].name;
	}
}

/* Whether all that is below the samples is one call each of one function. */
static bool is_wrapper(const struct former *former, const struct candidates *candidates,
		       const sample_list *samples)
{
	return candidates->count == 1 && is_common(&candidates->at[0], samples) &&
	       !candidates->at[0].is_repeated &&
	       former->callers->rows.at[candidates->at[0].name].has_callees;
}

bool words_choose(const struct former *former, const sample_list *samples, bool are_steps,
		  struct words *out)
{
	struct candidates *candidates = memory_alloc(sizeof(*candidates));
	sample_list inner = { 0 };
	bool is_done = candidates != NULL;
	out->count = 0;
	for (size_t i = 0; i < samples->count && is_done; i++)
		is_done = column_push(&inner, samples->at[i]);
	if (is_done)
		collect(former, &inner, candidates);
	for (int i = 0;
	     i < WRAPPERS_MAX && is_done && !are_steps && is_wrapper(former, candidates, &inner);
	     i++) {
		const struct candidate wrapper = candidates->at[0];
		is_done = step_into(former, wrapper.name, &inner);
		if (is_done)
			collect(former, &inner, candidates);
		if (is_done && candidates->count == 0)
			*candidates = (struct candidates){ .at = { wrapper }, .count = 1 };
	}
	if (is_done) {
		drop_unreliable(former, &inner, are_steps, candidates);
		group_by_sample(former, &inner, candidates);
		choose(former, candidates, out);
	}
	column_release(&inner);
	memory_free(candidates);
	return is_done;
}

/* ---- where they are -------------------------------------------------------------------------- */

struct visit {
	shape_id shape;
	uint32_t next; /* child */
};

static uint32_t word_of(const struct words *words, uint32_t name)
{
	uint32_t word = 0;
	while (word < words->count && words->names[word] != name)
		word++;
	return word;
}

bool words_project(const struct former *former, const struct words *words, shape_id shape,
		   struct passages *out)
{
	const struct shapes *shapes = &former->learn->shapes;
	COLUMN(struct visit) visits = { 0 };
	uint64_t classes = 0;
	for (uint32_t i = 0; i < words->count; i++)
		classes |= shape_class(words->names[i]);
	bool is_done = column_push(&visits, (struct visit){ .shape = shape });
	while (is_done && visits.count > 0) {
		struct visit *visit = &visits.at[visits.count - 1];
		if (visit->next == shapes_get(shapes, visit->shape)->count) {
			visits.count--;
			continue;
		}
		const shape_id child = shape_children(shapes, visit->shape)[visit->next++];
		const struct shape *inner = shapes_get(shapes, child);
		const uint32_t word = word_of(words, inner->name);
		if (word < words->count)
			is_done = column_push(&out->tokens,
					      (struct token){ .word = word, .shape = child });
		else if ((inner->below & classes) != 0)
			is_done = column_push(&visits, (struct visit){ .shape = child });
	}
	column_release(&visits);
	return is_done;
}

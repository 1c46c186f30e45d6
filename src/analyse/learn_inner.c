/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how what is below calls becomes a pattern. */
#include "analyse/learn_inner.h"

#include <stdlib.h>

#include "analyse/learn_words.h"
#include "base/banned.h"

/* Alternatives of one pattern; what has more is not described. */
#define KINDS_MAX 8
/* Calls that are looked at for one pattern. */
#define TOKENS_MAX (UINT32_C(1) << 22)

/* ---- samples --------------------------------------------------------------------------------- */

bool samples_add(sample_list *samples, shape_id shape, uint64_t times)
{
	const struct sample sample = { .shape = shape, .times = times };
	if (samples->count > 0 && samples->at[samples->count - 1].shape == shape) {
		samples->at[samples->count - 1].times += times;
		return true;
	}
	return column_push(samples, sample);
}

static int compare_samples(const void *a, const void *b)
{
	const struct sample *left = a;
	const struct sample *right = b;
	return (left->shape > right->shape) - (left->shape < right->shape);
}

void samples_sort(sample_list *samples)
{
	size_t kept = 0;
	if (samples->count == 0)
		return;
	qsort(samples->at, samples->count, sizeof(*samples->at), compare_samples);
	for (size_t i = 1; i < samples->count; i++) {
		if (samples->at[i].shape == samples->at[kept].shape)
			samples->at[kept].times += samples->at[i].times;
		else
			samples->at[++kept] = samples->at[i];
	}
	samples->count = kept + 1;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

/* Which words a sample has: behind a piece of its own. */
static uint32_t words_in(const struct passages *passages, const struct piece *piece)
{
	uint32_t words = 0;
	for (size_t i = 0; i < piece->len; i++)
		words |= 1U << passages->tokens.at[piece->first + i].word;
	return words;
}

/* Joins sets of words that have a word in common, but for those that all have; returns how many. */
static bool join_sets(const struct passages *all, uint32_t common, struct kinds *out)
{
	for (size_t i = 0; i < all->pieces.count; i++) {
		uint32_t set = words_in(all, &all->pieces.at[i]) & ~common;
		size_t kept = 0;
		if (set == 0)
			continue;
		for (size_t j = 0; j < out->rows.count; j++) {
			if ((out->rows.at[j].words & set) != 0)
				set |= out->rows.at[j].words;
			else
				out->rows.at[kept++] = out->rows.at[j];
		}
		out->rows.count = kept;
		if (!column_push(&out->rows, (struct kind){ .words = set }))
			return false;
	}
	return true;
}

/* The row whose words a set is of, or the one for bare sets, which is the last. */
static uint32_t row_of_set(const struct kinds *kinds, uint32_t set)
{
	uint32_t row = 0;
	while (row < kinds->rows.count && (kinds->rows.at[row].words & set) == 0)
		row++;
	return row < kinds->rows.count ? row : (uint32_t)kinds->rows.count - 1;
}

static bool add_to_kind(const struct passages *all, const struct piece *piece, struct kind *kind)
{
	const size_t first = kind->passages.tokens.count;
	const uint32_t words = words_in(all, piece);
	for (size_t i = 0; i < piece->len; i++) {
		if (!column_push(&kind->passages.tokens, all->tokens.at[piece->first + i]))
			return false;
	}
	kind->core = kind->passages.pieces.count == 0 ? words : kind->core & words;
	return passages_end_piece(&kind->passages, first, piece->times);
}

/* Deals the samples out. Of each kind the words are those that its samples have. */
static bool deal_out(const struct passages *all, uint32_t common, bool is_split,
		     struct kinds *kinds)
{
	bool has_bare = false;
	for (size_t i = 0; i < all->pieces.count; i++)
		has_bare |= (words_in(all, &all->pieces.at[i]) & ~common) == 0;
	if (!is_split)
		kinds->rows.count = 0;
	if ((!is_split || has_bare) && !column_push(&kinds->rows, (struct kind){ 0 }))
		return false;
	for (size_t i = 0; i < all->pieces.count; i++) {
		const struct piece *piece = &all->pieces.at[i];
		const uint32_t words = words_in(all, piece);
		const uint32_t row = is_split && (words & ~common) != 0
					     ? row_of_set(kinds, words & ~common)
					     : (uint32_t)kinds->rows.count - 1;
		if (!add_to_kind(all, piece, &kinds->rows.at[row]) ||
		    !column_push(&kinds->kind_of, row))
			return false;
	}
	for (size_t i = 0; i < kinds->rows.count; i++) {
		struct kind *kind = &kinds->rows.at[i];
		kind->words = 0;
		for (size_t j = 0; j < kind->passages.pieces.count; j++)
			kind->words |= words_in(&kind->passages, &kind->passages.pieces.at[j]);
	}
	return true;
}

static bool project_all(const struct former *former, const sample_list *samples,
			struct words *words, struct passages *out)
{
	for (size_t i = 0; i < samples->count; i++) {
		const size_t first = out->tokens.count;
		if (!words_project(former, words, samples->at[i].shape, out) ||
		    !passages_end_piece(out, first, samples->at[i].times))
			return false;
		if (out->tokens.count > TOKENS_MAX) {
			words->count = 0;
			passages_release(out);
			return project_all(former, samples, words, out);
		}
	}
	return true;
}

bool kinds_find(const struct former *former, const sample_list *samples, bool are_steps,
		struct kinds *out)
{
	struct passages all = { 0 };
	*out = (struct kinds){ .common = UINT32_MAX };
	bool is_done = words_choose(former, samples, are_steps, &out->words) &&
		       project_all(former, samples, &out->words, &all);
	for (size_t i = 0; i < all.pieces.count; i++)
		out->common &= words_in(&all, &all.pieces.at[i]);
	is_done = is_done && join_sets(&all, out->common, out);
	if (is_done) {
		const bool is_split =
			out->common == 0 ? out->rows.count > 0 : are_steps && out->rows.count > 1;
		is_done = deal_out(&all, out->common, is_split && out->rows.count < 2 * KINDS_MAX,
				   out);
	}
	passages_release(&all);
	if (!is_done)
		kinds_release(out);
	return is_done;
}

void kinds_release(struct kinds *kinds)
{
	for (size_t i = 0; i < kinds->rows.count; i++)
		passages_release(&kinds->rows.at[i].passages);
	column_release(&kinds->rows);
	column_release(&kinds->kind_of);
}

bool kind_form(const struct former *former, const struct kinds *kinds, uint32_t index,
	       const struct kg_form **out)
{
	form_list parts = { 0 };
	bool is_done =
		form_sequence(former, &kinds->words, &kinds->rows.at[index].passages, &parts);
	*out = NULL;
	if (is_done && parts.count > 0) {
		*out = form_join(former, &parts);
		is_done = *out != NULL;
	}
	column_release(&parts);
	return is_done;
}

/* ---- what is below --------------------------------------------------------------------------- */

/* A pattern or nothing. */
static const struct kg_form *optional(const struct former *former, const struct kg_form *form)
{
	form_list parts = { 0 };
	if (form->kind == KG_FORM_CALL && form->min == 1 && form->max == 1) {
		struct kg_form *copy = arena_alloc(former->memory, sizeof(*copy));
		if (copy == NULL)
			return NULL;
		*copy = *form;
		copy->min = 0;
		return copy;
	}
	const struct kg_form *out = NULL;
	if (column_push(&parts, form))
		out = form_of_parts(former, KG_FORM_REPEAT, &parts, 0, 1);
	column_release(&parts);
	return out;
}

/* Marks the words that are of one kind alone. */
static void note_alternatives(const struct former *former, const struct kinds *kinds)
{
	uint32_t row_count = 0;
	for (size_t i = 0; i < kinds->rows.count; i++)
		row_count += kinds->rows.at[i].core != 0;
	for (size_t i = 0; i < kinds->rows.count; i++) {
		for (uint32_t rest = kinds->rows.at[i].core; rest != 0; rest &= rest - 1) {
			const uint32_t name = kinds->words.names[__builtin_ctz(rest)];
			former->is_optional[name] = true;
			former->is_alternative[name] |= row_count > 1;
		}
	}
}

static bool alternatives(const struct former *former, const struct kinds *kinds,
			 const struct kg_form **out)
{
	form_list forms = { 0 };
	bool is_optional = false;
	bool is_done = true;
	note_alternatives(former, kinds);
	for (uint32_t i = 0; i < kinds->rows.count && is_done; i++) {
		const struct kg_form *form;
		is_done = kind_form(former, kinds, i, &form);
		if (is_done && form == NULL)
			is_optional = true;
		else
			is_done = is_done && column_push(&forms, form);
	}
	if (is_done && forms.count == 1)
		*out = forms.at[0];
	else if (is_done)
		*out = form_of_parts(former, KG_FORM_ANY, &forms, 1, 1);
	if (*out != NULL && is_optional)
		*out = optional(former, *out);
	column_release(&forms);
	return is_done && *out != NULL;
}

bool inner_form(const struct former *former, sample_list *samples, const struct kg_form **out)
{
	struct former below = *former;
	struct kinds kinds;
	*out = NULL;
	if (former->nesting == 0)
		return true;
	samples_sort(samples);
	if (!kinds_find(&below, samples, false, &kinds))
		return false;
	const uint32_t cost = kinds.words.count > 1;
	if (cost > former->depth)
		kinds.words.count = 0;
	below.nesting--;
	below.depth -= cost > former->depth ? 0 : cost;
	bool is_done = true;
	if (kinds.words.count > 0 && kinds.rows.count == 1)
		is_done = kind_form(&below, &kinds, 0, out);
	else if (kinds.words.count > 0 && kinds.rows.count <= KINDS_MAX)
		is_done = alternatives(&below, &kinds, out);
	kinds_release(&kinds);
	return is_done;
}

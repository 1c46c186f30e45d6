/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which steps of a function are of one class. */
#include "analyse/learn_classes.h"

#include "base/banned.h"

/* So many calls are named that a step of a class does not make. */
#define BANNED_MAX 8

/* ---- samples --------------------------------------------------------------------------------- */

/* The shapes of all steps of a name; *has_unseen: some were not looked into. */
static bool collect(const struct former *former, const struct learn_path *path, uint32_t name,
		    sample_list *out, uint64_t *times, bool *has_unseen)
{
	const struct kg_learn *learn = former->learn;
	*has_unseen = false;
	*times = 0;
	for (size_t t = 0; t < learn->traces.count; t++) {
		if (path->subjects.at[t] == 0)
			continue;
		const struct learn_task *task =
			&learn->traces.at[t].tasks.at[path->subjects.at[t] - 1];
		for (size_t i = 0; i < task->steps.count; i++) {
			const struct learn_step *step = &task->steps.at[i];
			if (step->name != name)
				continue;
			*times += step->times;
			if (step->shape == NO_SHAPE)
				*has_unseen = true;
			else if (!samples_add(out, step->shape, step->times))
				return false;
		}
	}
	samples_sort(out);
	return true;
}

/* ---- what tells classes apart ---------------------------------------------------------------- */

/*
 * The word that all steps of a kind have, and no other kind: called by as few as can be. NO_NAME
 * where there is none, or no other kind.
 */
static uint32_t label_of(const struct former *former, const struct kinds *kinds, uint32_t index)
{
	uint32_t words = kinds->rows.at[index].core;
	uint32_t best = NO_NAME;
	if (kinds->rows.count == 1)
		return NO_NAME;
	for (size_t i = 0; i < kinds->rows.count; i++)
		words &= i == index ? UINT32_MAX : ~kinds->rows.at[i].words;
	for (; words != 0; words &= words - 1) {
		const uint32_t name = kinds->words.names[__builtin_ctz(words)];
		const struct name_callers *row = &former->callers->rows.at[name];
		if (best == NO_NAME ||
		    row->caller_count < former->callers->rows.at[best].caller_count)
			best = name;
	}
	return best;
}

/* A kind without words of its own is what has not those of the others. */
static bool ban_others(const struct former *former, const struct kinds *kinds, uint32_t index,
		       struct learn_class *class)
{
	const char **banned = arena_alloc(former->memory, BANNED_MAX * sizeof(*banned));
	if (banned == NULL)
		return false;
	for (uint32_t i = 0; i < kinds->rows.count && class->banned_count < BANNED_MAX; i++) {
		const uint32_t label = i == index ? NO_NAME : label_of(former, kinds, i);
		if (label != NO_NAME)
			banned[class->banned_count++] = former->learn->name_infos.at[label].text;
	}
	class->banned = banned;
	return true;
}

static bool add_class(const struct former *former, struct learn_path *path, uint32_t name,
		      const struct kinds *kinds, uint32_t index)
{
	const struct kind *kind = &kinds->rows.at[index];
	struct learn_class class = { .name = name, .label = label_of(former, kinds, index) };
	if (!kind_form(former, kinds, index, &class.in))
		return false;
	if ((kind->words & ~kinds->common) == 0 && kinds->rows.count > 1 &&
	    !ban_others(former, kinds, index, &class))
		return false;
	return column_push(&path->classes, class);
}

/* ---- classes --------------------------------------------------------------------------------- */

static bool add_looked_into(const struct former *former, struct learn_path *path, uint32_t name,
			    const sample_list *samples)
{
	const uint32_t first = (uint32_t)path->classes.count;
	struct kinds kinds;
	if (!kinds_find(former, samples, true, &kinds))
		return false;
	bool is_done = true;
	for (uint32_t i = 0; i < kinds.rows.count && is_done; i++)
		is_done = add_class(former, path, name, &kinds, i);
	for (size_t i = 0; i < samples->count && is_done; i++) {
		const struct sample *sample = &samples->at[i];
		const uint32_t class = first + kinds.kind_of.at[i];
		path->class_of_shape.at[sample->shape] = class + 1;
		path->classes.at[class].calls +=
			sample->times * former->callers->sizes.at[sample->shape];
	}
	kinds_release(&kinds);
	return is_done;
}

static bool add_for_name(const struct former *former, struct learn_path *path, uint32_t name)
{
	sample_list samples = { 0 };
	uint64_t times;
	bool has_unseen;
	bool is_done = collect(former, path, name, &samples, &times, &has_unseen);
	if (is_done && !has_unseen) {
		is_done = add_looked_into(former, path, name, &samples);
	} else if (is_done) {
		const struct learn_class class = { .name = name, .label = NO_NAME, .calls = times };
		is_done = column_push(&path->classes, class);
		path->class_of_name.at[name] = (uint32_t)path->classes.count;
	}
	column_release(&samples);
	return is_done;
}

bool classes_find(const struct former *former, struct learn_path *path)
{
	const struct kg_learn *learn = former->learn;
	bool *is_known = memory_zalloc(learn->name_infos.count + 1);
	bool is_done = is_known != NULL &&
		       column_reach(&path->class_of_shape, learn->shapes.rows.count) &&
		       column_reach(&path->class_of_name, learn->name_infos.count);
	for (size_t t = 0; t < learn->traces.count && is_done; t++) {
		if (path->subjects.at[t] == 0)
			continue;
		const struct learn_task *task =
			&learn->traces.at[t].tasks.at[path->subjects.at[t] - 1];
		for (size_t i = 0; i < task->steps.count && is_done; i++) {
			const uint32_t name = task->steps.at[i].name;
			if (!is_known[name] && learn->name_infos.at[name].is_plain)
				is_done = add_for_name(former, path, name);
			is_known[name] = true;
		}
	}
	memory_free(is_known);
	return is_done;
}

uint32_t class_of(const struct learn_path *path, const struct learn_step *step)
{
	const uint32_t by_name = path->class_of_name.at[step->name];
	return (by_name != 0 ? by_name : path->class_of_shape.at[step->shape]) - 1;
}

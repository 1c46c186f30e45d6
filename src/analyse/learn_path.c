/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows in which order the steps of the subjects come. */
#include "analyse/learn_path.h"

#include "analyse/learn_classes.h"
#include "analyse/learn_noise.h"
#include "analyse/learn_subject.h"
#include "base/banned.h"

/* ---- the order of steps ---------------------------------------------------------------------- */

/* All runs of a subject, noise and all. */
static bool collect_runs(const struct kg_learn *learn, const struct learn_path *path,
			 const struct learn_task *task, run_list *out)
{
	for (size_t i = 0; i < task->steps.count; i++) {
		const struct learn_step *step = &task->steps.at[i];
		if (learn->name_infos.at[step->name].is_plain &&
		    !runs_add(out, class_of(path, step), step->times))
			return false;
	}
	return true;
}

static bool collect_all(const struct kg_learn *learn, struct learn_path *path)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_task *task = subject_of(learn, path, t);
		run_list runs = { 0 };
		if ((task != NULL && !collect_runs(learn, path, task, &runs)) ||
		    !column_push(&path->runs, runs)) {
			column_release(&runs);
			return false;
		}
	}
	return true;
}

/* The runs that are left without noise, from the first step that finds the subject on. */
static bool filter_runs(const struct learn_path *path, const run_list *runs, run_list *out)
{
	bool has_begun = false;
	for (size_t i = 0; i < runs->count; i++) {
		const uint32_t name = path->classes.at[runs->at[i].class].name;
		has_begun |= name == path->first;
		if (has_begun && !path->is_noise.at[name] &&
		    !runs_add(out, runs->at[i].class, runs->at[i].max))
			return false;
	}
	return true;
}

bool path_find_items(const struct kg_learn *learn, const struct learn_path *path, item_list *out)
{
	run_list *runs = memory_zalloc((learn->traces.count + 1) * sizeof(*runs));
	size_t count = 0;
	bool is_done = runs != NULL;
	for (size_t t = 0; t < learn->traces.count && is_done; t++) {
		if (path->subjects.at[t] != 0)
			is_done = filter_runs(path, &path->runs.at[t], &runs[count++]);
	}
	is_done = is_done && items_of(runs, count, out);
	for (size_t i = 0; i < count; i++)
		column_release(&runs[i]);
	memory_free(runs);
	return is_done;
}

/* ---- all of it ------------------------------------------------------------------------------- */

enum kg_status path_find(const struct former *former, struct learn_path *out)
{
	const struct kg_learn *learn = former->learn;
	out->first = NO_NAME;
	if (!column_reach(&out->is_noise, learn->name_infos.count))
		return KG_NOMEM;
	if (out->trace_count == 0)
		return KG_OK;
	if (!classes_find(former, out))
		return KG_NOMEM;
	if (out->classes.count > CLASSES_MAX)
		return KG_OK;
	return collect_all(learn, out) && noise_pass_over(learn, out) ? KG_OK : KG_NOMEM;
}

static const struct kg_form *class_form(const struct former *former, const struct learn_path *path,
					uint32_t index, uint64_t min, uint64_t max)
{
	const struct learn_class *class = &path->classes.at[index];
	struct kg_form *form = arena_alloc(former->memory, sizeof(*form));
	const bool is_exact = min == max && max <= EXACT_MAX;
	if (form == NULL)
		return NULL;
	*form = (struct kg_form){
		.kind = KG_FORM_CALL,
		.name = former->learn->name_infos.at[class->name].text,
		.in = class->in,
		.banned = class->banned,
		.banned_count = class->banned_count,
		.min = is_exact ? (uint32_t)min : min > 0,
		.max = is_exact || max <= 1 ? (uint32_t)max : KG_FORM_NO_LIMIT,
	};
	return form;
}

static const struct kg_form *any_form(const struct former *former, const struct learn_path *path,
				      const struct item *item)
{
	form_list parts = { 0 };
	form_list loop = { 0 };
	const struct kg_form *form = NULL;
	bool is_done = true;
	for (uint64_t rest = item->any; rest != 0 && is_done; rest &= rest - 1) {
		form = class_form(former, path, (uint32_t)__builtin_ctzll(rest), 1, 1);
		is_done = form != NULL && column_push(&parts, form);
	}
	form = is_done ? form_of_parts(former, KG_FORM_ANY, &parts, 1, 1) : NULL;
	if (form != NULL && column_push(&loop, form))
		form = form_of_parts(former, KG_FORM_REPEAT, &loop, item->min > 0,
				     KG_FORM_NO_LIMIT);
	else
		form = NULL;
	column_release(&parts);
	column_release(&loop);
	return form;
}

static const struct kg_form *loop_form(const struct former *former, const struct learn_path *path,
				       const struct item *item, bool is_optional, uint64_t room)
{
	form_list parts = { 0 };
	const struct kg_form *form = NULL;
	bool is_done = true;
	uint64_t calls = 0;
	for (uint32_t i = 0; i < item->len; i++)
		calls += item->body[i].max > EXACT_MAX ? EXACT_MAX : item->body[i].max;
	const bool is_exact = item->max <= EXACT_MAX && item->max * calls <= room;
	for (uint32_t i = 0; i < item->len && is_done; i++) {
		const struct run *run = &item->body[i];
		form = class_form(former, path, run->class, run->min,
				  is_exact ? run->max : run->min + (run->max > 1));
		is_done = form != NULL && column_push(&parts, form);
	}
	form = NULL;
	if (is_done && is_exact && item->min == item->max && !is_optional)
		form = form_of_parts(former, KG_FORM_REPEAT, &parts, (uint32_t)item->min,
				     (uint32_t)item->max);
	else if (is_done)
		form = form_of_parts(former, KG_FORM_REPEAT, &parts, !is_optional,
				     item->max == 1 ? 1 : KG_FORM_NO_LIMIT);
	column_release(&parts);
	return form;
}

const struct kg_form *path_item_form(const struct former *former, const struct learn_path *path,
				     const struct item *item, uint64_t room)
{
	const bool is_optional = item->trace_count < path->trace_count;
	if (item->any != 0)
		return any_form(former, path, item);
	if (item->len > 1)
		return loop_form(former, path, item, is_optional, room);
	const struct run *run = &item->body[0];
	const bool fits = run->max <= room;
	return class_form(former, path, run->class, is_optional ? 0 : run->min,
			  fits ? run->max : run->min + (run->max > 1));
}

void path_release_learned(struct learn_path *path)
{
	column_release(&path->subjects);
	column_release(&path->classes);
	column_release(&path->class_of_shape);
	column_release(&path->class_of_name);
	column_release(&path->is_noise);
	for (size_t i = 0; i < path->runs.count; i++)
		column_release(&path->runs.at[i]);
	column_release(&path->runs);
	column_release(&path->items);
}

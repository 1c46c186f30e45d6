/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what is said of calls that are no steps of the subject. */
#include <inttypes.h>

#include "analyse/learn_rules.h"
#include "base/banned.h"

/* So many rules of a kind are as much as anybody reads. */
#define EACHES_MAX 12
#define COUNTS_MAX 12
/* Numbers of calls up to here are told as such. */
#define COUNT_MAX 16
/* So many calls are no coincidence. */
#define EACH_CALLS_MIN 3

/* By name: whose steps they are, other than the subjects'. */
struct others {
	bool *is_step;	/* of any other task */
	bool *is_awake; /* of one that is no idle task */
};

static void note_steps(const struct learn_task *task, const struct others *others)
{
	for (size_t i = 0; i < task->steps.count; i++) {
		others->is_step[task->steps.at[i].name] = true;
		others->is_awake[task->steps.at[i].name] |= !task->is_idle;
	}
}

static void note_others(const struct kg_learn *learn, const struct learn_path *path,
			const struct others *others)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		for (uint32_t i = 0; i < trace->tasks.count; i++) {
			if (i + 1 != path->subjects.at[t])
				note_steps(&trace->tasks.at[i], others);
		}
	}
}

static bool is_mentioned(const struct learn_path *path, uint32_t name)
{
	for (size_t i = 0; i < path->classes.count; i++) {
		if (path->classes.at[i].name == name)
			return true;
	}
	return false;
}

/* Whether its number tells something: it is another task's step, or one of several ways to go on.
 */
static bool is_worth_counting(const struct former *former, const struct learn_path *path,
			      const struct others *others, uint32_t name)
{
	if (former->callers->rows.at[name].is_shy || rules_is_idle_root(former->learn, name) ||
	    is_mentioned(path, name))
		return false;
	return former->is_alternative[name] || others->is_awake[name];
}

static bool add_counts(const struct former *former, const struct learn_path *path,
		       const struct others *others, rule_list *out)
{
	size_t added = 0;
	for (uint32_t name = 0; name < former->learn->name_infos.count && added < COUNTS_MAX;
	     name++) {
		uint64_t min;
		uint64_t max;
		rules_range(former, name, &min, &max);
		if (min != max || min == 0 || max > COUNT_MAX ||
		    !is_worth_counting(former, path, others, name))
			continue;
		const struct kg_learned_rule rule = {
			.kind = KG_LEARNED_COUNT,
			.number = min,
			.title = arena_format(former->memory, "%s is called %" PRIu64 " time%s",
					      former->learn->name_infos.at[name].text, min,
					      min == 1 ? "" : "s"),
			.why = arena_format(former->memory, "So many in %s.",
					    rules_traces(former, former->trace_count)),
		};
		if (!rules_add(former, &rule, &name, 1, out))
			return false;
		added++;
	}
	return true;
}

/* Whether each call of a function is on another CPU, and they are no coincidence. */
static bool is_once_per_cpu(const struct former *former, uint32_t name)
{
	const struct kg_learn *learn = former->learn;
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_count count = learn_count_of(&learn->traces.at[t], name);
		if (learn->traces.at[t].lack.is_whole &&
		    (count.repeats_cpu || __builtin_popcountll(count.cpus) < 2))
			return false;
	}
	return rules_is_idle_root(learn, name);
}

static bool add_cpus(const struct former *former, rule_list *out)
{
	for (uint32_t name = 0; name < former->learn->name_infos.count; name++) {
		if (!is_once_per_cpu(former, name) || rules_is_unfit(former, name))
			continue;
		const struct kg_learned_rule rule = {
			.kind = KG_LEARNED_CPUS,
			.title = arena_format(former->memory, "%s is called once on each CPU",
					      former->learn->name_infos.at[name].text),
			.why = arena_format(former->memory, "No CPU has two in %s.",
					    rules_traces(former, former->trace_count)),
		};
		if (!rules_add(former, &rule, &name, 1, out))
			return false;
	}
	return true;
}

/* ---- what is below each call ----------------------------------------------------------------- */

/* All calls of a function, whoever made them. */
static bool collect_calls(const struct former *former, uint32_t name, sample_list *out,
			  uint64_t *times)
{
	const struct shapes *shapes = &former->learn->shapes;
	*times = 0;
	for (size_t id = 0; id < shapes->rows.count; id++) {
		const uint64_t count = former->callers->times.at[id];
		if (shapes->rows.at[id].name != name || count == 0)
			continue;
		*times += count;
		if (!samples_add(out, (shape_id)id, count))
			return false;
	}
	return true;
}

static bool add_each(const struct former *former, uint32_t name, uint64_t least, rule_list *out,
		     size_t *added)
{
	sample_list samples = { 0 };
	const struct kg_form *form = NULL;
	uint64_t times;
	bool is_done = collect_calls(former, name, &samples, &times) &&
		       (times < least || inner_form(former, &samples, &form));
	column_release(&samples);
	if (!is_done || form == NULL)
		return is_done;
	const struct kg_learned_rule rule = {
		.kind = KG_LEARNED_EACH,
		.form = form,
		.title = arena_format(former->memory, "what %s calls",
				      former->learn->name_infos.at[name].text),
		.why = arena_format(former->memory, "All of %" PRIu64 " call%s in %s.", times,
				    times == 1 ? "" : "s",
				    rules_traces(former, former->trace_count)),
	};
	++*added;
	return rules_add(former, &rule, &name, 1, out);
}

/* Steps of other tasks, and the ways to go on that are too deep in the subject's to be described
 * there. */
static bool add_eaches(const struct former *former, const struct learn_path *path,
		       const struct others *others, rule_list *out)
{
	size_t added = 0;
	for (uint32_t name = 0; name < former->learn->name_infos.count && added < EACHES_MAX;
	     name++) {
		const bool is_deep = former->is_alternative[name] && former->is_bare[name];
		if (rules_is_unfit(former, name) || is_mentioned(path, name) ||
		    !(others->is_step[name] || is_deep))
			continue;
		if (!add_each(former, name, others->is_step[name] ? 0 : EACH_CALLS_MIN, out,
			      &added))
			return false;
	}
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool others_find(const struct former *former, const struct learn_path *path, rule_list *out)
{
	const size_t count = former->learn->name_infos.count;
	const struct others others = { .is_step = memory_zalloc(count + 1),
				       .is_awake = memory_zalloc(count + 1) };
	bool is_done = others.is_step != NULL && others.is_awake != NULL;
	if (is_done) {
		note_others(former->learn, path, &others);
		is_done = add_counts(former, path, &others, out) && add_cpus(former, out) &&
			  add_eaches(former, path, &others, out);
	}
	memory_free(others.is_step);
	memory_free(others.is_awake);
	return is_done;
}

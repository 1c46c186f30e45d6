/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows whose path is learned. */
#include "analyse/learn_subject.h"

#include <string.h>

#include "base/glob.h"
#include "base/assert.h"
#include "base/banned.h"

/* ---- the subject ----------------------------------------------------------------------------- */

/* Names that are steps of some task, other than an idle one, in every whole trace. */
static bool find_common(const struct kg_learn *learn, bool *is_common)
{
	const size_t count = learn->name_infos.count;
	bool *here = memory_alloc(count + 1);
	if (here == NULL)
		return false;
	memset(is_common, true, count);
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		if (!trace->lack.is_whole)
			continue;
		memset(here, false, count);
		for (size_t i = 0; i < trace->tasks.count; i++) {
			const struct learn_task *task = &trace->tasks.at[i];
			for (size_t j = 0; j < task->steps.count && !task->is_idle; j++)
				here[task->steps.at[j].name] = true;
		}
		for (size_t name = 0; name < count; name++)
			is_common[name] &= here[name];
	}
	memory_free(here);
	return true;
}

/* How many of these names are steps of a task; marks[name] is the last task, plus 1, that had it.
 */
static uint32_t count_common(const struct learn_task *task, uint32_t mark, const bool *is_common,
			     uint32_t *marks)
{
	uint32_t count = 0;
	for (size_t i = 0; i < task->steps.count; i++) {
		const uint32_t name = task->steps.at[i].name;
		count += is_common[name] && marks[name] != mark;
		marks[name] = mark;
	}
	return count;
}

/* The task of a trace to follow, plus 1; 0 for none. */
static uint32_t choose_task(const struct kg_learn *learn, const struct learn_trace *trace,
			    const bool *is_common, uint32_t *marks)
{
	uint32_t best = 0;
	uint32_t best_count = 0;
	for (uint32_t i = 0; i < trace->tasks.count; i++) {
		const struct learn_task *task = &trace->tasks.at[i];
		const bool is_asked_for = learn->opts.subject != NULL;
		if (is_asked_for ? !glob_match(learn->opts.subject, task->comm) : task->is_idle)
			continue;
		const uint32_t count =
			is_asked_for ? 0 : count_common(task, i + 1, is_common, marks);
		if (best == 0 || count > best_count ||
		    (count == best_count && task->calls > trace->tasks.at[best - 1].calls)) {
			best = i + 1;
			best_count = count;
		}
	}
	return best;
}

bool subjects_find(const struct kg_learn *learn, struct learn_path *path)
{
	const size_t count = learn->name_infos.count;
	bool *is_common = memory_alloc(count + 1);
	uint32_t *marks = memory_alloc((count + 1) * sizeof(*marks));
	bool is_done = is_common != NULL && marks != NULL && find_common(learn, is_common);
	for (size_t t = 0; t < learn->traces.count && is_done; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		memset(marks, 0, count * sizeof(*marks));
		uint32_t task =
			trace->lack.is_whole ? choose_task(learn, trace, is_common, marks) : 0;
		if (task != 0 &&
		    (trace->tasks.at[task - 1].is_torn || trace->tasks.at[task - 1].is_cut ||
		     trace->tasks.at[task - 1].steps.count == 0))
			task = 0;
		is_done = column_push(&path->subjects, task);
		path->trace_count += task != 0;
	}
	memory_free(is_common);
	memory_free(marks);
	return is_done;
}

/* ---- who goes on for it ---------------------------------------------------------------------- */

/* Whether a name can be written as a regular expression that fits nothing else. */
static bool is_plain_comm(const char *comm)
{
	static const char *const pools[] = { "kworker", "ksoftirqd", "rcu", "migration" };
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		if (strncmp(comm, pools[i], strlen(pools[i])) == 0)
			return false;
	}
	return comm[0] != '\0' && strspn(comm, letters) == strlen(comm);
}

/* The only task of a name in a trace; NULL if there is none, or more. */
static struct learn_task *only_task(const struct learn_trace *trace, const char *comm)
{
	struct learn_task *only = NULL;
	for (size_t i = 0; i < trace->tasks.count; i++) {
		if (strcmp(trace->tasks.at[i].comm, comm) != 0)
			continue;
		if (only != NULL)
			return NULL;
		only = &trace->tasks.at[i];
	}
	return only;
}

/* Whether a task begins its steps when the subject has done with its own, in every trace. */
static bool goes_on(const struct kg_learn *learn, const struct learn_path *path, const char *comm)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_task *subject = subject_of(learn, path, t);
		if (subject == NULL)
			continue;
		const struct learn_task *task = only_task(&learn->traces.at[t], comm);
		if (task == NULL || task == subject || task->is_idle || task->is_torn ||
		    task->is_cut || task->first_step_no < subject->last_step_no)
			return false;
	}
	return is_plain_comm(comm);
}

static bool append_steps(struct learn_task *subject, struct learn_task *worker)
{
	for (size_t i = 0; i < worker->steps.count; i++) {
		if (!column_push(&subject->steps, worker->steps.at[i]))
			return false;
	}
	worker->steps.count = 0;
	return true;
}

bool subjects_join_worker(struct kg_learn *learn, const struct learn_path *path, const char **comm)
{
	size_t first = 0;
	const char *found = NULL;
	/* in one trace it may be a coincidence */
	if (path->trace_count < 2)
		return true;
	while (subject_of(learn, path, first) == NULL)
		first++;
	const struct learn_trace *trace = &learn->traces.at[first];
	for (size_t i = 0; i < trace->tasks.count && found == NULL; i++) {
		if (trace->tasks.at[i].steps.count > 0 &&
		    goes_on(learn, path, trace->tasks.at[i].comm))
			found = trace->tasks.at[i].comm;
	}
	for (size_t t = 0; t < learn->traces.count && found != NULL; t++) {
		const uint32_t subject = path->subjects.at[t];
		struct learn_trace *row = &learn->traces.at[t];
		struct learn_task *worker = only_task(row, found);
		if (subject == 0)
			continue;
		KG_ASSERT(worker != NULL); /* goes_on() has found it in each such trace */
		if (!append_steps(&row->tasks.at[subject - 1], worker))
			return false;
	}
	*comm = found;
	return true;
}

/* ---- how it is found again ------------------------------------------------------------------- */

const struct learn_task *subject_of(const struct kg_learn *learn, const struct learn_path *path,
				    size_t trace)
{
	const uint32_t task = path->subjects.at[trace];
	return task == 0 ? NULL : &learn->traces.at[trace].tasks.at[task - 1];
}

/* Whether the first call of a function is a step of the subject, in every trace. */
static bool finds_subject(const struct kg_learn *learn, const struct learn_path *path,
			  uint32_t name)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_count count = learn_count_of(&learn->traces.at[t], name);
		if (path->subjects.at[t] == 0)
			continue;
		if (count.calls == 0 || !count.first_is_step ||
		    count.first_task != path->subjects.at[t] - 1)
			return false;
	}
	return true;
}

bool subjects_leave_out(const struct kg_learn *learn, const struct learn_path *path, uint32_t name)
{
	return path->is_noise.at[name] || !learn->name_infos.at[name].is_plain;
}

/* The first step of a subject by which all subjects can be found. */
uint32_t subjects_find_first(const struct kg_learn *learn, const struct learn_path *path)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_task *task = subject_of(learn, path, t);
		for (size_t i = 0; task != NULL && i < task->steps.count; i++) {
			const uint32_t name = task->steps.at[i].name;
			if (!subjects_leave_out(learn, path, name) &&
			    finds_subject(learn, path, name))
				return name;
		}
	}
	return NO_NAME;
}

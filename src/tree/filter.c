/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls a user wants to see. */
#include <kvmgraph/tree.h>

#include <stdlib.h>
#include <string.h>

#include "base/column.h"
#include "base/error.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/banned.h"

/* What is known about a function or a task once its name was looked at. */
enum match_flag {
	MATCH_DONE = 1 << 0,
	MATCH_ONLY = 1 << 1, /* a function to be shown with what is below it */
	MATCH_NOT = 1 << 2,  /* a function to be taken out with what is below it */
	MATCH_TASK = 1 << 3, /* a task to be shown */
};

struct cpu_range {
	uint32_t first;
	uint32_t last;
};

/* Where a lane is inside of calls that the options name. */
struct filter_lane {
	COLUMN(uint16_t) only_levels; /* of the open calls that `only` chose */
	uint16_t not_level;	      /* of the outermost open call that `not` took out */
	bool is_below_not;
};

struct kg_filter {
	struct kg_filter_opts opts;
	const struct kg_funcs *funcs;
	const struct kg_tasks *tasks;
	struct kg_call_sink next;
	COLUMN(struct cpu_range) cpus;
	COLUMN(uint8_t) func_matches; /* enum match_flag, by func_id */
	COLUMN(uint8_t) task_matches; /* by task_id */
	COLUMN(struct filter_lane) lanes;
};

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_any_function(const char *const *globs, size_t glob_count, const struct kg_func *func)
{
	for (size_t i = 0; i < glob_count; i++) {
		if (glob_match(globs[i], func->name) || glob_match(globs[i], func->base))
			return true;
	}
	return false;
}

static uint8_t match_function(const struct kg_filter *filter, kg_func_id func_id)
{
	const struct kg_filter_opts *opts = &filter->opts;
	const struct kg_func *func = kg_funcs_get(filter->funcs, func_id);
	uint8_t match = MATCH_DONE;
	if (is_any_function(opts->only, opts->only_count, func))
		match |= MATCH_ONLY;
	if (is_any_function(opts->without, opts->without_count, func))
		match |= MATCH_NOT;
	return match;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static uint8_t match_task(const struct kg_filter *filter, kg_task_id task_id)
{
	const struct kg_filter_opts *opts = &filter->opts;
	const struct kg_task *task = kg_tasks_get(filter->tasks, task_id);
	for (size_t i = 0; i < opts->task_count; i++) {
		const char *wanted = opts->tasks[i];
		if (is_number(wanted) ? task->pid == strtoll(wanted, NULL, 10)
				      : glob_match(wanted, task->comm))
			return MATCH_DONE | MATCH_TASK;
	}
	return MATCH_DONE;
}

/* Looks at the names of a call, if nobody has yet; false when memory is out. */
static bool look_up(struct kg_filter *filter, const struct kg_call *call, uint8_t *match)
{
	*match = 0;
	if (call->func_id != KG_NO_FUNC) {
		if (!column_reach(&filter->func_matches, call->func_id))
			return false;
		uint8_t *func_match = &filter->func_matches.at[call->func_id];
		if (*func_match == 0)
			*func_match = match_function(filter, call->func_id);
		*match |= *func_match;
	}
	if (filter->opts.task_count > 0) {
		if (!column_reach(&filter->task_matches, call->task_id))
			return false;
		uint8_t *task_match = &filter->task_matches.at[call->task_id];
		if (*task_match == 0)
			*task_match = match_task(filter, call->task_id);
		*match |= *task_match;
	}
	return true;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static bool has_cpu(const struct kg_filter *filter, uint16_t cpu)
{
	for (size_t i = 0; i < filter->cpus.count; i++) {
		if (cpu >= filter->cpus.at[i].first && cpu <= filter->cpus.at[i].last)
			return true;
	}
	return false;
}

static bool is_too_short(const struct kg_filter *filter, const struct kg_call *call)
{
	return (call->flags & KG_CALL_INCOMPLETE) == 0 && call->dur_ns < filter->opts.min_ns;
}

/* How many levels a call is below the one that its depth counts from. */
static uint32_t levels_below(const struct filter_lane *lane, const struct kg_call *call,
			     uint8_t match)
{
	if ((match & MATCH_ONLY) != 0)
		return 0;
	if (lane->only_levels.count == 0)
		return call->level;
	return (uint32_t)call->level - lane->only_levels.at[lane->only_levels.count - 1];
}

/* Whether a call is to be taken out, going by all but its duration. */
static bool is_hidden(const struct kg_filter *filter, const struct filter_lane *lane,
		      const struct kg_call *call, uint8_t match)
{
	const struct kg_filter_opts *opts = &filter->opts;
	if (lane->is_below_not || (match & MATCH_NOT) != 0)
		return true;
	if (opts->only_count > 0 && lane->only_levels.count == 0 && (match & MATCH_ONLY) == 0)
		return true;
	if (opts->depth > 0 && levels_below(lane, call, match) >= opts->depth)
		return true;
	if (opts->task_count > 0 && (match & MATCH_TASK) == 0)
		return true;
	return opts->cpus != NULL && !has_cpu(filter, call->cpu_enter);
}

static bool enter(struct filter_lane *lane, const struct kg_call *call, uint8_t match)
{
	if ((match & MATCH_NOT) != 0 && !lane->is_below_not) {
		lane->is_below_not = true;
		lane->not_level = call->level;
	}
	return (match & MATCH_ONLY) == 0 || column_push(&lane->only_levels, call->level);
}

static void leave(struct filter_lane *lane, const struct kg_call *call, uint8_t match)
{
	if (lane->is_below_not && lane->not_level == call->level)
		lane->is_below_not = false;
	if ((match & MATCH_ONLY) != 0)
		lane->only_levels.count--;
}

/* ---- the sink -------------------------------------------------------------------------------- */

static struct kg_call hide(const struct kg_call *call)
{
	struct kg_call hidden = *call;
	hidden.flags |= KG_CALL_HIDDEN;
	return hidden;
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct kg_filter *filter = self;
	uint8_t match;
	if (!look_up(filter, call, &match) || !column_reach(&filter->lanes, call->lane_id))
		return KG_NOMEM;
	struct filter_lane *lane = &filter->lanes.at[call->lane_id];
	bool is_taken_out = is_hidden(filter, lane, call, match);
	if (!enter(lane, call, match))
		return KG_NOMEM;
	struct kg_call hidden;
	if (is_taken_out) {
		hidden = hide(call);
		call = &hidden;
	}
	return filter->next.opened(filter->next.self, call);
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_filter *filter = self;
	uint8_t match;
	if (!look_up(filter, call, &match) || !column_reach(&filter->lanes, call->lane_id))
		return KG_NOMEM;
	struct filter_lane *lane = &filter->lanes.at[call->lane_id];
	bool is_taken_out = is_hidden(filter, lane, call, match) || is_too_short(filter, call);
	if ((call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) == 0)
		leave(lane, call, match);
	struct kg_call hidden;
	if (is_taken_out) {
		hidden = hide(call);
		call = &hidden;
	}
	return filter->next.closed(filter->next.self, call);
}

static enum kg_status take_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	const struct kg_filter *filter = self;
	return filter->next.vanished(filter->next.self, id, parent_id);
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	const struct kg_filter *filter = self;
	return filter->next.gap(filter->next.self, gap);
}

static enum kg_status take_done(void *self)
{
	const struct kg_filter *filter = self;
	return filter->next.done(filter->next.self);
}

/* ---- options --------------------------------------------------------------------------------- */

/* One CPU number at *text, which is moved behind it. */
static bool scan_cpu(const char **text, uint32_t *cpu)
{
	size_t digits = strspn(*text, "0123456789");
	if (digits == 0 || digits > 5)
		return false;
	*cpu = (uint32_t)strtoul(*text, NULL, 10);
	*text += digits;
	return *cpu < KG_NO_CPU;
}

/* "3" or "2-5" at *text, which is moved behind it. */
static bool scan_range(const char **text, struct cpu_range *range)
{
	if (!scan_cpu(text, &range->first))
		return false;
	range->last = range->first;
	if (**text != '-')
		return true;
	(*text)++;
	return scan_cpu(text, &range->last) && range->first <= range->last;
}

static enum kg_status scan_cpus(struct kg_filter *filter, const char *list, struct kg_error *err)
{
	const char *at = list;
	for (;;) {
		struct cpu_range range;
		if (!scan_range(&at, &range) || (*at != ',' && *at != '\0'))
			return error_set(err, KG_BAD_ARG, NULL, 0,
					 "\"%s\" is no list of CPUs (such as 0,2-3)", list);
		if (!column_push(&filter->cpus, range))
			return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
		if (*at == '\0')
			return KG_OK;
		at++;
	}
}

/* ---- life cycle ------------------------------------------------------------------------------ */

enum kg_status kg_filter_new(const struct kg_filter_opts *opts, const struct kg_funcs *funcs,
			     const struct kg_tasks *tasks, const struct kg_call_sink *next,
			     struct kg_filter **out, struct kg_error *err)
{
	struct kg_filter *filter = memory_zalloc(sizeof(*filter));
	if (filter == NULL)
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	filter->opts = *opts;
	filter->funcs = funcs;
	filter->tasks = tasks;
	filter->next = *next;
	if (opts->cpus != NULL) {
		enum kg_status status = scan_cpus(filter, opts->cpus, err);
		if (status != KG_OK) {
			kg_filter_free(filter);
			return status;
		}
	}
	*out = filter;
	return KG_OK;
}

struct kg_call_sink kg_filter_sink(struct kg_filter *filter)
{
	return (struct kg_call_sink){
		.self = filter,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = take_vanished,
		.gap = take_gap,
		.done = take_done,
	};
}

void kg_filter_free(struct kg_filter *filter)
{
	if (filter == NULL)
		return;
	for (size_t i = 0; i < filter->lanes.count; i++)
		column_release(&filter->lanes.at[i].only_levels);
	column_release(&filter->cpus);
	column_release(&filter->func_matches);
	column_release(&filter->task_matches);
	column_release(&filter->lanes);
	memory_free(filter);
}

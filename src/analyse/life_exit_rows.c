/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how exits add up: which reasons went to which handlers, and how long these took. */
#include "analyse/life.h"

#include <stdlib.h>
#include <string.h>

#include "analyse/sum.h"
#include "base/banned.h"

static bool is_same_handler(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The group of a reason and a handler (NULL: none), added if new; NULL when memory is out. */
static struct exit_group *find_group(struct kg_life *life, uint8_t reason, const char *handler)
{
	for (size_t i = 0; i < life->exit_groups.count; i++) {
		struct exit_group *group = &life->exit_groups.at[i];
		if (group->reason == reason && is_same_handler(group->handler, handler))
			return group;
	}
	if (!column_push(&life->exit_groups,
			 (struct exit_group){ .reason = reason, .handler = handler }))
		return NULL;
	return &life->exit_groups.at[life->exit_groups.count - 1];
}

static bool add_duration(struct exit_group *group, uint64_t dur_ns)
{
	if (dur_ns == KG_NO_NS)
		return true;
	if (!histogram_add(&group->durations, dur_ns))
		return false;
	group->total_ns = sum_add(group->total_ns, dur_ns);
	if (dur_ns > group->max_ns)
		group->max_ns = dur_ns;
	return true;
}

enum kg_status exits_count(struct kg_life *life, const struct exit_verdict *verdict)
{
	struct exit_group *group = find_group(life, verdict->reason, verdict->handler);
	if (group == NULL || !add_duration(group, verdict->dur_ns))
		return KG_NOMEM;
	group->count++;
	group->inferred += verdict->is_inferred;
	life->vm_exits++;
	return KG_OK;
}

static int compare_exits(const void *a, const void *b)
{
	const struct kg_exit_timing *left = a;
	const struct kg_exit_timing *right = b;
	if (left->total_ns != right->total_ns)
		return left->total_ns < right->total_ns ? 1 : -1;
	int order = strcmp(kg_reason_name(left->reason), kg_reason_name(right->reason));
	if (order != 0)
		return order;
	return strcmp(left->handler != NULL ? left->handler : "",
		      right->handler != NULL ? right->handler : "");
}

static struct kg_exit_timing timing_of(struct exit_group *group, unsigned __int128 all_ns)
{
	unsigned __int128 share =
		all_ns == 0 ? 0
			    : ((unsigned __int128)group->total_ns * 1000000 + all_ns / 2) / all_ns;
	return (struct kg_exit_timing){
		.reason = (enum kg_exit_reason)group->reason,
		.handler = group->handler,
		.count = group->count,
		.inferred = group->inferred,
		.total_ns = group->total_ns,
		.mean_ns = sum_mean(group->total_ns, group->durations.count),
		.max_ns = group->max_ns,
		.p99_ns = histogram_quantile(&group->durations, 99),
		.percentiles_exact = histogram_is_exact(&group->durations),
		.share_ppm = (uint32_t)share,
	};
}

enum kg_status exits_report(struct kg_life *life)
{
	unsigned __int128 all_ns = 0;
	for (size_t i = 0; i < life->exit_groups.count; i++)
		all_ns += life->exit_groups.at[i].total_ns;
	life->exit_rows.count = 0;
	for (size_t i = 0; i < life->exit_groups.count; i++) {
		if (!column_push(&life->exit_rows, timing_of(&life->exit_groups.at[i], all_ns)))
			return KG_NOMEM;
	}
	if (life->exit_rows.count > 0)
		qsort(life->exit_rows.at, life->exit_rows.count, sizeof(*life->exit_rows.at),
		      compare_exits);
	return KG_OK;
}

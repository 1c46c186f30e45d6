/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what bundles of calls come to that the specification does not speak of. */
#include "analyse/verify.h"
#include "base/assert.h"
#include "event/bundle.h"
#include "base/banned.h"

static bool wants(void *self, kg_func_id func_id)
{
	struct kg_verify *verify = self;
	/* without memory the call itself will fail, too */
	return verify_look_up_functions(verify) != KG_OK || verify->functions.at[func_id].matters;
}

/* The call that waits to be told what it calls first; NULL if it has been, or there is none. */
static struct watched_call *find_unaware(struct verify_lane *lane)
{
	if (lane->watched.count == 0 || lane->ignored_id != KG_NO_CALL)
		return NULL;
	struct watched_call *around = &lane->watched.at[lane->watched.count - 1];
	return around->first_inner == KG_NO_FUNC ? around : NULL;
}

/* The function of the first root. */
static kg_func_id first_function(const struct event_bundle *bundle,
				 const struct bundled_call *calls)
{
	uint32_t i = bundle->first_call;
	while (calls[i].row != bundle->first_row || !bundle_has(bundle, &calls[i]))
		i++;
	return calls[i].func_id;
}

static bool refuses(void *self, uint32_t lane_id, const struct event_bundle *bundle,
		    const struct bundled_call *calls)
{
	const struct kg_verify *verify = self;
	KG_DCHECK(lane_id < verify->lanes.count);
	struct verify_lane *lane = &verify->lanes.at[lane_id];
	if (lane->ignored_id != KG_NO_CALL)
		return false;
	/* of such a module a call has something to tell */
	const uint64_t telling = modules_funcs_but(verify, modules_settled(verify, lane));
	if ((bundle->funcs & telling) != 0)
		return true;
	/* if it is a part of its caller, the caller's first call is another one */
	return find_unaware(lane) != NULL &&
	       verify->functions.at[first_function(bundle, calls)].is_split;
}

static enum kg_status take(void *self, uint32_t lane_id, uint32_t level,
			   const struct event_bundle *bundle, struct bundled_call *calls)
{
	struct kg_verify *verify = self;
	struct verify_lane *lane = &verify->lanes.at[lane_id];
	struct watched_call *unaware = find_unaware(lane);
	KG_DCHECK(level > 0 && level <= lane->opened.count);
	orphans_go_on(verify);
	owner_note_complete(&verify->owners.at[lane->owner], bundle->depth);
	lane->opened.at[level - 1].child_ns += bundle->dur_ns;
	if (unaware != NULL)
		unaware->first_inner = first_function(bundle, calls);
	return KG_OK;
}

static enum kg_status count(void *self, uint32_t worker, const struct bundled_call *calls,
			    size_t call_count, uint64_t line_no)
{
	struct call_counts *counts = &((struct kg_verify *)self)->bundled[worker];
	(void)line_no;
	for (size_t i = 0; i < call_count; i++) {
		const kg_func_id func_id = calls[i].func_id;
		if (func_id >= counts->by_func.count) {
			if (func_id == KG_NO_FUNC)
				continue;
			if (!column_reach(&counts->by_func, func_id))
				return KG_NOMEM;
		}
		counts->by_func.at[func_id]++;
	}
	return KG_OK;
}

static uint64_t counted(const void *self, kg_func_id func_id)
{
	const struct kg_verify *verify = self;
	uint64_t sum = 0;
	for (size_t i = 0; i < BUNDLE_WORKERS; i++) {
		if (func_id < verify->bundled[i].by_func.count)
			sum += verify->bundled[i].by_func.at[func_id];
	}
	return sum;
}

const struct kg_bundler verify_bundler = {
	.wants = wants,
	.refuses = refuses,
	.take = take,
	.count = count,
	.counted = counted,
};

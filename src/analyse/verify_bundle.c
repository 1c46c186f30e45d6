/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows what bundles of calls come to: that the specification does not speak of, or only in rules
 * that can be told of them afterwards.
 */
#include "analyse/verify.h"
#include "base/assert.h"
#include "event/bundle.h"
#include "base/banned.h"

static bool wants(void *self, kg_func_id func_id)
{
	struct kg_verify *verify = self;
	/* without memory the call itself will fail, too */
	if (verify_look_up_functions(verify) != KG_OK)
		return true;
	const struct function_entry *entry = &verify->functions.at[func_id];
	return entry->matters && !entry->is_told;
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

/* ---- calls that rules are told of ------------------------------------------------------------ */

/* Lists them; false if there are too many. They stand in the order of their ends. */
static bool list_told(struct kg_verify *verify, const struct event_bundle *bundle,
		      const struct bundled_call *calls)
{
	struct told_calls *told = &verify->told;
	for (uint32_t i = bundle->first_call; i < bundle->calls_end; i++) {
		if (!bundle_has(bundle, &calls[i]) ||
		    !verify->functions.at[calls[i].func_id].is_told)
			continue;
		if (told->count == TOLD_MAX)
			return false;
		uint32_t at = told->count++;
		for (; at > 0 && calls[told->at[at - 1]].row > calls[i].row; at--)
			told->at[at] = told->at[at - 1];
		told->at[at] = i;
	}
	return true;
}

/*
 * Whether a call is a part of its caller, as far as rules go: of the first that ends later but
 * starts before it, or else of what is open around the bundle.
 */
static bool is_part(const struct kg_verify *verify, const struct event_bundle *bundle,
		    const struct bundled_call *calls, uint32_t index, kg_func_id outside)
{
	const kg_func_id func_id = calls[index].func_id;
	kg_func_id caller = outside;
	if (!verify->functions.at[func_id].is_split)
		return false;
	for (uint32_t i = index + 1; i < bundle->calls_end; i++) {
		if (calls[i].row < calls[index].row && bundle_has(bundle, &calls[i])) {
			caller = calls[i].func_id;
			break;
		}
	}
	return caller != func_id && caller != KG_NO_FUNC && verify_is_part(verify, caller, func_id);
}

static enum kg_status tell(struct kg_verify *verify, struct verify_lane *lane,
			   const struct event_bundle *bundle, const struct bundled_call *told)
{
	const struct kg_call call = {
		.line_no = bundle->line_no + told->row - bundle->first_row,
		.func_id = told->func_id,
		.task_id = verify->owners.at[lane->owner].task_id,
		.cpu_enter = bundle->cpu,
	};
	return rules_open(verify, lane, &call);
}

static enum kg_status tell_all(struct kg_verify *verify, struct verify_lane *lane, uint32_t level,
			       const struct event_bundle *bundle, const struct bundled_call *calls)
{
	const kg_func_id outside = lane->opened.at[level - 1].func_id;
	enum kg_status status = KG_OK;
	for (uint32_t i = 0; i < verify->told.count && status == KG_OK; i++) {
		const uint32_t index = verify->told.at[i];
		if (!is_part(verify, bundle, calls, index, outside))
			status = tell(verify, lane, bundle, &calls[index]);
	}
	return status;
}

/* ---- bundles --------------------------------------------------------------------------------- */

static bool refuses(void *self, uint32_t lane_id, const struct event_bundle *bundle,
		    const struct bundled_call *calls)
{
	struct kg_verify *verify = self;
	KG_DCHECK(lane_id < verify->lanes.count);
	struct verify_lane *lane = &verify->lanes.at[lane_id];
	verify->told.count = 0;
	if (lane->ignored_id != KG_NO_CALL)
		return false;
	/* of such a module a call has something to tell */
	const uint64_t telling = modules_funcs_but(verify, modules_settled(verify, lane));
	if ((bundle->funcs & telling) != 0)
		return true;
	if ((bundle->funcs & verify->told_funcs) != 0 && !list_told(verify, bundle, calls))
		return true;
	if (verify->told.count > 0 && !subject_is_settled(verify, lane))
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
	return tell_all(verify, lane, level, bundle, calls);
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

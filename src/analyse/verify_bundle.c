/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows what bundles of calls come to, in which the specification speaks of no call but such as may
 * come before what other tasks do meanwhile.
 */
#include "analyse/verify.h"
#include "analyse/verify_rehearsal.h"
#include "base/assert.h"
#include "event/bundle.h"
#include "base/banned.h"

static enum bundle_wish wish(void *self, kg_func_id func_id)
{
	struct kg_verify *verify = self;
	/* without memory the call itself will fail, too */
	if (verify_look_up_functions(verify) != KG_OK)
		return BUNDLE_NEVER;
	const struct function_entry *entry = &verify->functions.at[func_id];
	if (!entry->matters)
		return BUNDLE_FREELY;
	return entry->is_noted ? BUNDLE_NOTED : BUNDLE_NEVER;
}

/* The call that waits to be told what it calls first; NULL if it has been, or there is none. */
static struct watched_call *find_unaware(struct verify_lane *lane)
{
	if (lane->watched.count == 0 || lane->ignored_id != KG_NO_CALL)
		return NULL;
	struct watched_call *around = &lane->watched.at[lane->watched.count - 1];
	return around->first_inner == KG_NO_FUNC ? around : NULL;
}

/* ---- calls that are noted -------------------------------------------------------------------- */

/*
 * Whether a call is a part of its caller, as far as rules go: of the first that ends later but
 * starts before it, or else of what is open around the bundle.
 */
bool bundle_is_part(const struct bundle_visit *visit, uint32_t index)
{
	const struct kg_verify *verify = visit->verify;
	const struct event_bundle *bundle = visit->placed->bundle;
	const struct bundled_call *calls = visit->placed->calls;
	const kg_func_id func_id = calls[index].func_id;
	kg_func_id caller = visit->lane->opened.at[visit->placed->level - 1].func_id;
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

/* The function of the first call below a noted one that is no part of its caller. */
static kg_func_id first_inner(const struct bundle_visit *visit, const struct bundle_note *note)
{
	const struct placed_bundle *placed = visit->placed;
	const struct bundled_call *outer = &placed->calls[note->call];
	const struct bundled_call *first = NULL;
	if (note->first_func_id == KG_NO_FUNC ||
	    !visit->verify->functions.at[note->first_func_id].is_split)
		return note->first_func_id;
	/* they end before it */
	for (uint32_t i = note->call; i > placed->bundle->first_call; i--) {
		const struct bundled_call *call = &placed->calls[i - 1];
		if (!bundle_has(placed->bundle, call))
			continue;
		if (call->row < outer->row)
			break;
		if ((first == NULL || call->row < first->row) && !bundle_is_part(visit, i - 1))
			first = call;
	}
	return first != NULL ? first->func_id : KG_NO_FUNC;
}

static enum kg_status open_noted(void *self, const struct kg_call *call,
				 const struct bundle_note *note)
{
	const struct bundle_visit *visit = self;
	struct verify_lane *lane = visit->lane;
	enum kg_status status =
		verify_open_call(visit->verify, lane, call, bundle_is_part(visit, note->call));
	/* what it calls first need not be noted */
	if (lane->watched.count > 0 && lane->watched.at[lane->watched.count - 1].id == call->id)
		lane->watched.at[lane->watched.count - 1].first_inner = first_inner(visit, note);
	return status;
}

static enum kg_status close_noted(void *self, const struct kg_call *call,
				  const struct bundle_note *note)
{
	const struct bundle_visit *visit = self;
	enum kg_status status = KG_OK;
	if (note->kind == NOTE_LEAF)
		status = verify_open_call(visit->verify, visit->lane, call,
					  bundle_is_part(visit, note->call));
	return status == KG_OK ? verify_close_call(visit->verify, visit->lane, call) : status;
}

/* ---- bundles --------------------------------------------------------------------------------- */

static bool refuses(void *self, const struct placed_bundle *placed)
{
	struct kg_verify *verify = self;
	const struct event_bundle *bundle = placed->bundle;
	KG_DCHECK(placed->lane_id < verify->lanes.count);
	struct verify_lane *lane = &verify->lanes.at[placed->lane_id];
	if (lane->ignored_id != KG_NO_CALL)
		return false;
	/* of such a module a call has something to tell */
	const uint64_t telling = modules_funcs_but(verify, modules_settled(verify, lane));
	if ((bundle->funcs & telling) != 0)
		return true;
	if (bundle->note_count > 0 && !subject_is_settled(verify, lane))
		return true;
	/* if it is a part of its caller, the caller's first call is another one */
	return find_unaware(lane) != NULL && verify->functions.at[bundle->first_func_id].is_split;
}

/* Hands the noted calls of a bundle to matches and rules, or what is remembered of such. */
static enum kg_status take_notes(struct kg_verify *verify, struct verify_lane *lane,
				 const struct placed_bundle *placed)
{
	struct bundle_visit visit = { verify, lane, placed };
	const struct bundle_listener listener = { &visit, open_noted, close_noted };
	struct repeat *repeat;
	enum kg_status status = repeat_find(&visit, &repeat);
	if (status != KG_OK)
		return status;
	const bool is_taken = repeat != NULL && repeat->is_known && repeat_fits(&visit, repeat);
	const bool is_rehearsed = is_taken && rehearsal_start(&visit, repeat);
	if (is_taken && !is_rehearsed)
		return repeat_take(&visit, repeat);
	status = bundle_replay(placed, &listener);
	if (is_rehearsed)
		rehearsal_end(&visit, status == KG_OK);
	else if (repeat != NULL && !repeat->is_known && status == KG_OK)
		repeat_note(&visit, repeat);
	return status;
}

static enum kg_status take(void *self, const struct placed_bundle *placed)
{
	struct kg_verify *verify = self;
	const struct event_bundle *bundle = placed->bundle;
	struct verify_lane *lane = &verify->lanes.at[placed->lane_id];
	struct watched_call *unaware = find_unaware(lane);
	KG_DCHECK(placed->level > 0 && placed->level <= lane->opened.count);
	orphans_go_on(verify);
	owner_note_complete(&verify->owners.at[lane->owner], bundle->depth);
	lane->opened.at[placed->level - 1].child_ns += bundle->dur_ns;
	if (unaware != NULL)
		unaware->first_inner = bundle->first_func_id;
	if (bundle->note_count == 0 || lane->ignored_id != KG_NO_CALL)
		return KG_OK;
	return take_notes(verify, lane, placed);
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
	.wish = wish,
	.refuses = refuses,
	.take = take,
	.count = count,
	.counted = counted,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls without a start or an end say something against a trace. */
#include "analyse/verify.h"
#include "base/banned.h"

static bool is_relevant(const struct kg_verify *verify, const struct kg_call *call)
{
	return call->func_id == KG_NO_FUNC || verify->functions.at[call->func_id].is_mentioned;
}

static void note_torn(struct orphans *orphans, const struct kg_place *place)
{
	if (orphans->torn < KG_CHECK_PLACES)
		orphans->torn_places[orphans->torn] = *place;
	orphans->torn++;
}

void orphans_go_on(struct kg_verify *verify)
{
	struct orphans *orphans = &verify->orphans;
	if (orphans->late == 0)
		return;
	const uint64_t late = orphans->late;
	for (uint64_t i = 0; i < late; i++)
		note_torn(orphans, &orphans->late_places[i % KG_CHECK_PLACES]);
	orphans->late = 0;
	orphans->late_relevant = 0;
}

/*
 * An interrupt may come between the record of a call and the count of its depth. What it calls has
 * the depth of that call then, so that the call seems to have ended; its end comes later. False
 * unless a call without a start is the other half of the last one without an end.
 */
static bool note_split(struct orphans *orphans, struct owner *owner, const struct kg_call *call)
{
	if (owner->unended.line_no == 0 || owner->unended_depth != call->depth ||
	    (call->func_id != KG_NO_FUNC && call->func_id != owner->unended.func_id))
		return false;
	uint64_t i = 0;
	while (i < orphans->torn && i < KG_CHECK_PLACES &&
	       orphans->torn_places[i].line_no != owner->unended.line_no)
		i++;
	for (; i + 1 < orphans->torn && i + 1 < KG_CHECK_PLACES; i++)
		orphans->torn_places[i] = orphans->torn_places[i + 1];
	orphans->torn--;
	orphans->split++;
	owner->unended.line_no = 0;
	return true;
}

static void note_relevant(struct orphans *orphans, const struct kg_place *place)
{
	if (orphans->relevant.line_no == 0)
		orphans->relevant = *place;
}

bool orphans_note(struct kg_verify *verify, struct owner *owner, const struct kg_call *call)
{
	struct orphans *orphans = &verify->orphans;
	const struct kg_place place = place_of_start(call);
	const bool matters = is_relevant(verify, call);
	if (call->flags & KG_CALL_NO_END) {
		owner->unended = place;
		owner->unended_depth = call->depth;
		orphans->late_places[orphans->late++ % KG_CHECK_PLACES] = place;
		orphans->late_relevant += matters;
	} else if (note_split(orphans, owner, call)) {
		return true;
	} else if (owner->has_complete && call->depth >= owner->least_depth) {
		/* the lane has been seen at this depth: it should have been seen to start */
		note_torn(orphans, &place);
	} else {
		orphans->early++;
		orphans->early_relevant += matters;
	}
	if (matters)
		note_relevant(orphans, &place);
	return false;
}

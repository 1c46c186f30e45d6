/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a trace without starts of calls looks. */
#include "tree/exits_only.h"

#include "event/bundle.h"
#include "base/banned.h"

/* CPUs share a place if there are more: then only less is noticed. */
#define PLACES 256

struct place {
	bool is_used;
	uint16_t cpu;
	uint16_t depth;
	kg_task_id task_id;
};

/* Whether an end cannot follow the one before it without a start in between. */
static bool is_proof(const struct place *place, const struct kg_event *event)
{
	return place->is_used && place->cpu == event->cpu && place->task_id == event->task_id &&
	       event->depth >= place->depth;
}

enum exits_only exits_only_look(const struct kg_event *events, size_t count)
{
	struct place places[PLACES] = { 0 };
	enum exits_only found = EXITS_ONLY_UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		const struct kg_event *event = &events[i];
		struct place *place = &places[event->cpu % PLACES];
		if (event->kind == KG_EV_ENTER || event->kind == KG_EV_LEAF ||
		    event->kind == KG_EV_LOST || event->kind == EVENT_BUNDLE)
			return EXITS_ONLY_NO;
		if (event->kind != KG_EV_LEAVE)
			continue;
		/* without a start there is nothing that a brace could match, so it is named */
		if (event->func_id == KG_NO_FUNC && !(event->flags & KG_EVF_NAMELESS))
			return EXITS_ONLY_NO;
		if (is_proof(place, event))
			found = EXITS_ONLY_YES;
		else if (found == EXITS_ONLY_UNKNOWN)
			found = EXITS_ONLY_NO;
		*place = (struct place){ true, event->cpu, event->depth, event->task_id };
	}
	return found;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how an exit shows that comes behind the calls of an interrupt. */
#include "tree/hold.h"

#include "base/banned.h"

void hold_start(struct hold *hold, size_t lane_at, const struct frame *top,
		const struct kg_event *event)
{
	hold->count = 0;
	hold->lane_at = lane_at;
	hold->open_count = event->kind == KG_EV_ENTER;
	hold->func_id = top->call.func_id;
	hold->depth = top->call.depth;
	hold->events[hold->count++] = *event;
}

/* Whether an exit is that of the call, nothing that is held being open. */
static bool is_late_exit(const struct hold *hold, const struct kg_event *event)
{
	if (event->depth != hold->depth)
		return false;
	return event->func_id == hold->func_id || (event->flags & KG_EVF_NAMELESS);
}

enum hold_answer hold_take(struct hold *hold, const struct kg_event *event)
{
	const bool is_leave = event->kind == KG_EV_LEAVE;
	if (is_leave && hold->open_count == 0)
		return is_late_exit(hold, event) ? HOLD_LATE : HOLD_NEVER;
	if (event->depth < hold->depth || hold->count == HOLD_EVENTS)
		return HOLD_NEVER;
	if (event->kind == KG_EV_ENTER)
		hold->open_count++;
	else if (is_leave)
		hold->open_count--;
	hold->events[hold->count++] = *event;
	return HOLD_WAIT;
}

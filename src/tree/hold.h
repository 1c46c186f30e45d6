/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events held back until it is known whether a call had ended before them.
 *
 * Between the return of a function and the record of it an interrupt may come. What it calls has
 * the depth of the call that just ended and stands in front of that call's exit:
 *
 *	f() {
 *	irq_enter();
 *	} (of f)
 *
 * That depth cannot be entered while f is open. So either the exit of f comes late, as here, or it
 * never comes. Until that shows, the events of f's lane wait here: at most HOLD_EVENTS of them.
 */
#ifndef TREE_HOLD_H
#define TREE_HOLD_H

#include <stdbool.h>

#include "tree/lane.h"

#define HOLD_EVENTS 128

/* A zeroed struct holds nothing. */
struct hold {
	size_t count;
	size_t lane_at;	    /* whose events they are */
	size_t open_count;  /* calls that they leave open */
	kg_func_id func_id; /* of the call that may have ended, ... */
	uint16_t depth;	    /* ... and its depth */
	struct kg_event events[HOLD_EVENTS];
};

enum hold_answer {
	HOLD_WAIT,  /* the event is held */
	HOLD_LATE,  /* it is the exit that was waited for, and comes before all that is held */
	HOLD_NEVER, /* that exit does not come: what is held comes first, then this event */
};

/* Whether an event cannot be while the call on top of its lane is open. */
static inline bool hold_is_due(const struct frame *top, const struct kg_event *event)
{
	return event->kind != KG_EV_LEAVE && top->call.depth == event->depth &&
	       (top->flags & (FRAME_UNSEEN | FRAME_GAP)) == 0;
}

/* Starts with such an event. */
void hold_start(struct hold *hold, size_t lane_at, const struct frame *top,
		const struct kg_event *event);
/* What the next event of the lane is to it. */
enum hold_answer hold_take(struct hold *hold, const struct kg_event *event);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lane: the open calls of one task, or of one CPU's idle task.
 *
 * Frames are kept by their recorded depth. Where a line is deeper than its caller by more than one,
 * the frames between have not been seen to open: they stand there as *unseen* ones until a closing
 * brace proves that they are real (a call without a start), or something else that they are not.
 */
#ifndef TREE_LANE_H
#define TREE_LANE_H

#include <stdbool.h>

#include <kvmgraph/calls.h>

#include "base/column.h"

enum frame_flag {
	FRAME_UNSEEN = 1 << 0,
	FRAME_GAP = 1 << 1,	     /* events were lost while it was open */
	FRAME_SELF_UNKNOWN = 1 << 2, /* a callee's time is not known */
};

/*
 * A call while it is open, as it is handed out when it ends: what is known of it by now. Its sums
 * are those of its callees.
 */
struct frame {
	struct kg_call call;
	uint64_t child_ns;   /* time of its callees */
	uint32_t root_count; /* UNSEEN: callees that counted as roots */
	uint8_t flags;	     /* enum frame_flag */
};

/* A lane has a stack only while something is open on it: there are far more tasks than busy ones.
 */
#define NO_STACK UINT32_MAX

/* A column, with a name so that lanes can hand it over. */
struct stack {
	struct frame *at;
	size_t count;
	size_t cap;
};

struct lane {
	struct stack frames; /* empty while it has no stack */
	uint64_t last_time_ns;
	uint64_t calls;
	uint64_t roots;
	uint32_t stack_id;
	kg_task_id task_id;
	uint32_t real_count; /* frames that are not unseen */
	uint16_t last_cpu;
	COLUMN(uint16_t) cpus; /* where it was seen, in that order */
};

static inline struct frame *lane_top(struct lane *lane)
{
	return lane->frames.count > 0 ? &lane->frames.at[lane->frames.count - 1] : NULL;
}

/* Whether a call at this depth goes right on top, with nothing to close and nothing missing. */
static inline bool lane_fits(const struct lane *lane, uint16_t depth)
{
	const size_t count = lane->frames.count;
	return count == 0 ? depth == 0 : lane->frames.at[count - 1].call.depth + 1 == depth;
}

/* The number of frames with a smaller depth: where a frame of this depth belongs. */
static inline size_t lane_position(const struct lane *lane, uint16_t depth)
{
	size_t position = lane->frames.count;
	while (position > 0 && lane->frames.at[position - 1].call.depth >= depth)
		position--;
	return position;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events in, calls out: one shadow stack per lane, driven by recorded depths.
 *
 * What the depths leave open is never guessed. A call is closed by the closing brace of its depth
 * in its lane, whichever CPU that stands under; a line at a depth that should have been left closes
 * what is open there as a call without an end, unless that end comes just behind (hold.h); a gap
 * marks every call open on its CPU.
 */
#ifndef TREE_BUILDER_H
#define TREE_BUILDER_H

#include <kvmgraph/calls.h>
#include <kvmgraph/diag.h>

#include "base/column.h"
#include "event/bundle.h"
#include "tree/hold.h"
#include "tree/lane.h"

/* The lane of the event before: mostly it is that of the next. */
struct last_lane {
	size_t lane_at;
	kg_task_id task_id;
	uint16_t cpu;
	uint8_t flags; /* KG_EVF_IDLE or not */
	bool is_known;
};

struct builder {
	const struct kg_call_sink *sink;
	struct kg_diags *diags;
	struct kg_call_counts counts;
	COLUMN(struct lane) lanes;
	COLUMN(struct stack) stacks;
	COLUMN(uint32_t) free_stacks; /* with room for all of them */
	COLUMN(uint32_t) by_task;     /* lane + 1 of each task id */
	COLUMN(uint32_t) by_cpu;      /* lane + 1 of each CPU's idle task */
	COLUMN(uint64_t) calls_by_func;
	struct last_lane last;
	kg_call_id next_id;
	/* the tracer records no starts (tracing_thresh): a call is complete with its end */
	bool is_exits_only;
	struct hold hold;
};

/* A zeroed builder with sink and diags set is ready. */
KG_MUST_USE enum kg_status builder_feed(struct builder *builder, const struct kg_event *events,
					size_t count);

/*
 * The bundle that an event of kind EVENT_BUNDLE stands for, in its place. *is_taken false: it is
 * not known to be below a call that is open; its events have to be fed instead. Calls and notes are
 * those of its window.
 */
KG_MUST_USE enum kg_status builder_take_bundle(struct builder *builder,
					       const struct kg_event *event,
					       const struct event_bundle *bundle,
					       struct bundled_call *calls,
					       const struct bundle_note *notes, bool *is_taken);

/* Closes what is still open, and tells the sink that the trace is done. */
KG_MUST_USE enum kg_status builder_finish(struct builder *builder);
void builder_release(struct builder *builder);

#endif

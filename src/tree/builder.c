/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how calls are rebuilt from what was entered and left, at which depth, by whom. */
#include "tree/builder.h"

#include "base/diag.h"
#include "base/seldom.h"
#include "base/banned.h"

/* ---- lanes ---- */

/* The lane of a new task or CPU; NULL when memory is out. */
static struct lane *add_lane(struct builder *builder, uint32_t *slot, kg_task_id task_id)
{
	if (builder->lanes.count >= UINT32_MAX - 1)
		return NULL;
	struct lane lane = { .stack_id = NO_STACK, .task_id = task_id, .last_cpu = KG_NO_CPU };
	if (!column_push(&builder->lanes, lane))
		return NULL;
	*slot = (uint32_t)builder->lanes.count;
	return &builder->lanes.at[builder->lanes.count - 1];
}

static KG_SELDOM struct lane *look_up_lane(struct builder *builder, const struct kg_event *event)
{
	uint32_t *slot;
	if (event->flags & KG_EVF_IDLE) {
		if (!column_reach(&builder->by_cpu, event->cpu))
			return NULL;
		slot = &builder->by_cpu.at[event->cpu];
	} else {
		if (!column_reach(&builder->by_task, event->task_id))
			return NULL;
		slot = &builder->by_task.at[event->task_id];
	}
	return *slot != 0 ? &builder->lanes.at[*slot - 1] : add_lane(builder, slot, event->task_id);
}

static bool note_cpu(struct lane *lane, uint16_t cpu)
{
	lane->last_cpu = cpu;
	for (size_t i = 0; i < lane->cpus.count; i++) {
		if (lane->cpus.at[i] == cpu)
			return true;
	}
	return column_push(&lane->cpus, cpu);
}

/* The lane of an event, seen on its CPU; NULL when memory is out. */
static KG_OFTEN struct lane *lane_of(struct builder *builder, const struct kg_event *event)
{
	struct last_lane *last = &builder->last;
	if (last->is_known && last->task_id == event->task_id && last->cpu == event->cpu &&
	    last->flags == (event->flags & KG_EVF_IDLE))
		return &builder->lanes.at[last->lane_at];
	struct lane *lane = look_up_lane(builder, event);
	if (lane == NULL || (lane->last_cpu != event->cpu && !note_cpu(lane, event->cpu)))
		return NULL;
	*last = (struct last_lane){ .is_known = true,
				    .task_id = event->task_id,
				    .cpu = event->cpu,
				    .flags = event->flags & KG_EVF_IDLE,
				    .lane_at = (size_t)(lane - builder->lanes.at) };
	return lane;
}

/* Gives an idle lane the stack that was given back last. False when memory is out. */
static KG_SELDOM bool claim_stack(struct builder *builder, struct lane *lane)
{
	if (builder->free_stacks.count == 0) {
		const struct stack none = { 0 };
		if (!column_reserve(&builder->free_stacks, builder->stacks.count + 1) ||
		    !column_push(&builder->stacks, none))
			return false;
		builder->free_stacks.at[builder->free_stacks.count++] =
			(uint32_t)builder->stacks.count - 1;
	}
	lane->stack_id = builder->free_stacks.at[--builder->free_stacks.count];
	lane->frames = builder->stacks.at[lane->stack_id];
	/* it has one owner at a time, so that it is released once */
	builder->stacks.at[lane->stack_id] = (struct stack){ 0 };
	return true;
}

static KG_SELDOM void return_stack(struct builder *builder, struct lane *lane)
{
	builder->stacks.at[lane->stack_id] = lane->frames;
	lane->frames = (struct stack){ 0 };
	builder->free_stacks.at[builder->free_stacks.count++] = lane->stack_id;
	lane->stack_id = NO_STACK;
}

static KG_OFTEN void check_time(struct builder *builder, struct lane *lane,
				const struct kg_event *event)
{
	if (event->time_ns == KG_NO_NS)
		return;
	if (event->time_ns < lane->last_time_ns)
		diag_add(builder->diags, KG_DIAG_TIME_BACKWARDS, event->line_no);
	lane->last_time_ns = event->time_ns;
}

/* ---- calls ---- */

/*
 * Starts a call at an event that is about to go on top of its lane: what is known when it opens.
 * Member by member, for a struct that is put together elsewhere and copied costs more than all of
 * them: the copy has to wait for the members.
 */
static KG_OFTEN void start_call(struct builder *builder, struct lane *lane,
				const struct kg_event *event, struct kg_call *call)
{
	const struct frame *below = lane_top(lane);
	call->id = builder->next_id++;
	call->parent_id = below != NULL ? below->call.id : KG_NO_CALL;
	call->line_no = event->line_no;
	call->end_line_no = 0;
	call->time_ns = event->time_ns;
	call->end_time_ns = KG_NO_NS;
	call->dur_ns = KG_NO_NS;
	call->self_ns = KG_NO_NS;
	call->call_count = 0;
	call->func_id = event->func_id;
	call->task_id = lane->task_id;
	call->lane_id = lane->stack_id;
	call->child_count = 0;
	call->cpu_enter = event->cpu;
	call->cpu_leave = KG_NO_CPU;
	call->depth = event->depth;
	call->level = (uint16_t)lane->real_count;
	call->flags = lane->real_count == 0 ? KG_CALL_ROOT : 0;
	call->mark = ' ';
}

static KG_OFTEN void start_frame(struct builder *builder, struct lane *lane,
				 const struct kg_event *event, struct frame *frame)
{
	start_call(builder, lane, event, &frame->call);
	frame->child_ns = 0;
	frame->root_count = 0;
	frame->flags = 0;
}

/* The same at a depth that nothing is known about. */
static KG_SELDOM void start_unseen(struct builder *builder, struct lane *lane, uint16_t depth,
				   struct frame *frame)
{
	const struct kg_event nothing = {
		.time_ns = KG_NO_NS, .func_id = KG_NO_FUNC, .cpu = KG_NO_CPU, .depth = depth
	};
	start_frame(builder, lane, &nothing, frame);
	frame->flags = FRAME_UNSEEN;
}

/* Makes room for one more frame; false when memory is out. */
static inline bool reserve_frame(struct lane *lane)
{
	return column_reserve(&lane->frames, lane->frames.count + 1);
}

static KG_SELDOM void count_incomplete(struct kg_call_counts *counts, const struct kg_call *call)
{
	counts->no_start += (call->flags & KG_CALL_NO_START) != 0;
	counts->no_end += (call->flags & KG_CALL_NO_END) != 0;
	counts->in_gap += (call->flags & KG_CALL_INCOMPLETE) == KG_CALL_GAP;
}

/* Clocks that disagree make durations so long that a sum of them may not fit its type. */
static inline void add_child_time(struct frame *frame, uint64_t dur_ns)
{
	if (__builtin_add_overflow(frame->child_ns, dur_ns, &frame->child_ns))
		frame->flags |= FRAME_SELF_UNKNOWN;
}

/* Adds a closed call to its caller's sums, and to the counts. False when memory is out. */
static KG_OFTEN bool account(struct builder *builder, struct lane *lane, struct frame *below,
			     const struct kg_call *call)
{
	struct kg_call_counts *counts = &builder->counts;
	const bool is_root = call->flags & KG_CALL_ROOT;
	if (call->flags & KG_CALL_INCOMPLETE)
		count_incomplete(counts, call);
	if (call->cpu_enter != call->cpu_leave)
		counts->migrations += call->cpu_enter != KG_NO_CPU && call->cpu_leave != KG_NO_CPU;
	if (call->depth > counts->max_depth)
		counts->max_depth = call->depth;
	counts->leaf += call->child_count == 0;
	lane->calls++;
	lane->roots += is_root;
	if (call->func_id != KG_NO_FUNC) {
		if (!column_reach(&builder->calls_by_func, call->func_id))
			return false;
		builder->calls_by_func.at[call->func_id]++;
	}
	if (below == NULL)
		return true;
	below->call.call_count += call->call_count;
	below->call.child_count++;
	below->root_count += is_root;
	if (call->dur_ns == KG_NO_NS)
		below->flags |= FRAME_SELF_UNKNOWN;
	else
		add_child_time(below, call->dur_ns);
	return true;
}

/* The part of a duration that its callees do not explain. */
static KG_OFTEN uint64_t self_time(struct builder *builder, struct frame *frame,
				   const struct kg_event *event)
{
	static const uint64_t unit[] = { 1, 10, 100, 1000 };
	if (event->dur_ns == KG_NO_NS || (frame->flags & FRAME_SELF_UNKNOWN))
		return KG_NO_NS;
	if (frame->child_ns <= event->dur_ns)
		return event->dur_ns - frame->child_ns;
	/* a long duration is printed cut: that much more it may have been */
	if (frame->child_ns - event->dur_ns >= unit[event->flags & KG_EVF_CUT_MASK]) {
		diag_add(builder->diags, KG_DIAG_CHILDREN_EXCEED, event->line_no);
		frame->call.flags |= KG_CALL_EXCEEDED;
	}
	return 0;
}

/* ---- what ends frames ---- */

/* An unseen frame was none: its callees belong to whatever is below it. */
static enum kg_status drop_unseen(struct builder *builder, const struct frame *frame,
				  struct frame *below)
{
	if (below != NULL) {
		below->call.call_count += frame->call.call_count;
		below->call.child_count += frame->call.child_count;
		below->root_count += frame->root_count;
		add_child_time(below, frame->child_ns);
		below->flags |= frame->flags & FRAME_SELF_UNKNOWN;
	}
	return builder->sink->vanished(builder->sink->self, frame->call.id, frame->call.parent_id);
}

/* Takes the top frame off its lane: it has no end. */
static enum kg_status abandon_top(struct builder *builder, struct lane *lane)
{
	/* nothing is put on the lane before the frame is done with */
	struct frame *frame = &lane->frames.at[--lane->frames.count];
	struct kg_call *call = &frame->call;
	struct frame *below = lane_top(lane);
	if (frame->flags & FRAME_UNSEEN)
		return drop_unseen(builder, frame, below);
	lane->real_count--;
	call->flags |= KG_CALL_NO_END;
	if (frame->flags & FRAME_GAP)
		call->flags |= KG_CALL_GAP;
	call->call_count++;
	diag_add(builder->diags, KG_DIAG_NO_END, call->line_no);
	if (!account(builder, lane, below, call))
		return KG_NOMEM;
	return builder->sink->closed(builder->sink->self, call);
}

static enum kg_status abandon_down_to(struct builder *builder, struct lane *lane, size_t count)
{
	while (lane->frames.count > count) {
		enum kg_status status = abandon_top(builder, lane);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

/* Puts unseen frames up to (not including) a depth on the lane. */
static enum kg_status fill_up_to(struct builder *builder, struct lane *lane,
				 const struct kg_event *event)
{
	const struct frame *top = lane_top(lane);
	uint16_t depth = top != NULL ? (uint16_t)(top->call.depth + 1) : 0;
	if (depth >= event->depth)
		return KG_OK;
	/* where nothing was open the trace simply begins in the middle */
	if (lane->real_count > 0)
		diag_add(builder->diags, KG_DIAG_DEPTH_JUMP, event->line_no);
	for (; depth < event->depth; depth++) {
		if (!reserve_frame(lane))
			return KG_NOMEM;
		start_unseen(builder, lane, depth, &lane->frames.at[lane->frames.count]);
		lane->frames.count++;
	}
	return KG_OK;
}

/* Makes the lane ready for a call at the event's depth: what is that deep or deeper has ended. */
static KG_SELDOM enum kg_status make_place(struct builder *builder, struct lane *lane,
					   const struct kg_event *event)
{
	enum kg_status status = abandon_down_to(builder, lane, lane_position(lane, event->depth));
	return status == KG_OK ? fill_up_to(builder, lane, event) : status;
}

/* ---- events ---- */

static KG_OFTEN enum kg_status enter(struct builder *builder, struct lane *lane,
				     const struct kg_event *event)
{
	if (!lane_fits(lane, event->depth)) {
		enum kg_status status = make_place(builder, lane, event);
		if (status != KG_OK)
			return status;
	}
	if (!reserve_frame(lane))
		return KG_NOMEM;
	struct frame *frame = &lane->frames.at[lane->frames.count];
	start_frame(builder, lane, event, frame);
	lane->frames.count++;
	lane->real_count++;
	if (builder->sink->opened == kg_sink_ignore_call)
		return KG_OK;
	return builder->sink->opened(builder->sink->self, &frame->call);
}

static KG_OFTEN enum kg_status leaf(struct builder *builder, struct lane *lane,
				    const struct kg_event *event)
{
	if (!lane_fits(lane, event->depth)) {
		enum kg_status status = make_place(builder, lane, event);
		if (status != KG_OK)
			return status;
	}
	struct kg_call call;
	start_call(builder, lane, event, &call);
	call.end_line_no = event->line_no;
	call.dur_ns = event->dur_ns;
	call.self_ns = event->dur_ns;
	call.call_count = 1;
	call.cpu_leave = event->cpu;
	call.flags |= KG_CALL_ATOMIC;
	call.mark = event->mark;
	if (!account(builder, lane, lane_top(lane), &call))
		return KG_NOMEM;
	return builder->sink->closed(builder->sink->self, &call);
}

/* A call whose start the trace does not have: missing, or not recorded of any. */
static KG_SELDOM void turn_up(struct builder *builder, struct lane *lane, struct frame *frame,
			      const struct kg_event *event)
{
	frame->call.func_id = event->func_id;
	frame->call.flags |= KG_CALL_LATE;
	/* its callees are no roots after all */
	lane->roots -= frame->root_count;
	if (builder->is_exits_only && event->dur_ns != KG_NO_NS)
		return;
	frame->call.flags |= KG_CALL_NO_START;
	diag_add(builder->diags, KG_DIAG_NO_START, event->line_no);
}

/* Hands out the call that a closing brace ends; its frame is off the lane. */
static KG_OFTEN enum kg_status close_frame(struct builder *builder, struct lane *lane,
					   struct frame *frame, const struct kg_event *event)
{
	struct kg_call *call = &frame->call;
	call->end_line_no = event->line_no;
	call->end_time_ns = event->time_ns;
	call->dur_ns = event->dur_ns;
	call->call_count++;
	call->cpu_leave = event->cpu;
	call->mark = event->mark;
	if (frame->flags & FRAME_GAP)
		call->flags |= KG_CALL_GAP;
	if (frame->flags & FRAME_UNSEEN)
		turn_up(builder, lane, frame, event);
	if ((call->flags & KG_CALL_INCOMPLETE) == 0)
		call->self_ns = self_time(builder, frame, event);
	if (!account(builder, lane, lane_top(lane), call))
		return KG_NOMEM;
	return builder->sink->closed(builder->sink->self, call);
}

/* A closing brace where nothing is open at its depth. */
static KG_SELDOM enum kg_status close_unknown(struct builder *builder, struct lane *lane,
					      const struct kg_event *event)
{
	enum kg_status status = fill_up_to(builder, lane, event);
	if (status != KG_OK)
		return status;
	struct frame frame;
	start_unseen(builder, lane, event->depth, &frame);
	return close_frame(builder, lane, &frame, event);
}

/* A closing brace for the frame on top of its lane. */
static KG_OFTEN enum kg_status close_top(struct builder *builder, struct lane *lane,
					 const struct kg_event *event)
{
	struct frame *frame = &lane->frames.at[--lane->frames.count];
	lane->real_count -= (frame->flags & FRAME_UNSEEN) == 0;
	return close_frame(builder, lane, frame, event);
}

/* Whether a closing brace that names its function names another than the one on top. */
static bool contradicts(const struct frame *top, const struct kg_event *event)
{
	return event->func_id != KG_NO_FUNC && event->func_id != top->call.func_id &&
	       (top->flags & FRAME_UNSEEN) == 0;
}

/* A closing brace that is not simply the one of the call on top. */
static KG_SELDOM enum kg_status leave_elsewhere(struct builder *builder, struct lane *lane,
						const struct kg_event *event)
{
	size_t position = lane_position(lane, event->depth);
	if (position == lane->frames.count)
		return close_unknown(builder, lane, event);
	/* what is deeper was left without a trace of it */
	enum kg_status status = abandon_down_to(builder, lane, position + 1);
	if (status != KG_OK)
		return status;
	const struct frame *top = &lane->frames.at[position];
	if (top->call.depth == event->depth && !contradicts(top, event))
		return close_top(builder, lane, event);
	if (top->call.depth == event->depth)
		/* the end of the open call is missing, and so is the start of this one */
		diag_add(builder->diags, KG_DIAG_NAME_MISMATCH, event->line_no);
	status = abandon_down_to(builder, lane, position);
	return status == KG_OK ? close_unknown(builder, lane, event) : status;
}

static KG_OFTEN enum kg_status leave(struct builder *builder, struct lane *lane,
				     const struct kg_event *event)
{
	const struct frame *top = lane_top(lane);
	if (top != NULL && top->call.depth == event->depth && !contradicts(top, event))
		return close_top(builder, lane, event);
	return leave_elsewhere(builder, lane, event);
}

/* Hands an event to its lane. */
static KG_OFTEN enum kg_status drive(struct builder *builder, struct lane *lane,
				     const struct kg_event *event)
{
	if (lane->stack_id == NO_STACK && !claim_stack(builder, lane))
		return KG_NOMEM;
	enum kg_status status;
	if (event->kind == KG_EV_LEAF)
		status = leaf(builder, lane, event);
	else if (event->kind == KG_EV_ENTER)
		status = enter(builder, lane, event);
	else
		status = leave(builder, lane, event);
	if (lane->frames.count == 0)
		return_stack(builder, lane);
	return status;
}

static KG_SELDOM enum kg_status drive_held(struct builder *builder, struct lane *lane,
					   const struct kg_event *event)
{
	return drive(builder, lane, event);
}

/* Ends the holding of events: what is held goes on. */
static enum kg_status let_go(struct builder *builder)
{
	struct hold *hold = &builder->hold;
	const size_t count = hold->count;
	enum kg_status status = KG_OK;
	hold->count = 0;
	for (size_t i = 0; i < count && status == KG_OK; i++)
		status = drive_held(builder, &builder->lanes.at[hold->lane_at], &hold->events[i]);
	return status;
}

/* Takes an event of the lane whose events are held. */
static KG_SELDOM enum kg_status take_held(struct builder *builder, struct lane *lane,
					  const struct kg_event *event)
{
	enum kg_status status = KG_OK;
	switch (hold_take(&builder->hold, event)) {
	case HOLD_WAIT:
		break;
	case HOLD_LATE:
		status = drive_held(builder, lane, event);
		if (status == KG_OK)
			status = let_go(builder);
		break;
	case HOLD_NEVER:
		status = let_go(builder);
		if (status == KG_OK)
			status = drive_held(builder, lane, event);
		break;
	}
	return status;
}

/* Holds an event that contradicts the open call of its lane: that may have ended. */
static KG_SELDOM enum kg_status start_to_hold(struct builder *builder, struct lane *lane,
					      const struct kg_event *event)
{
	enum kg_status status = let_go(builder);
	hold_start(&builder->hold, (size_t)(lane - builder->lanes.at), lane_top(lane), event);
	return status;
}

static enum kg_status lose(struct builder *builder, const struct kg_event *event)
{
	enum kg_status status = let_go(builder);
	for (size_t i = 0; i < builder->lanes.count; i++) {
		struct lane *lane = &builder->lanes.at[i];
		for (size_t k = 0; lane->last_cpu == event->cpu && k < lane->frames.count; k++)
			lane->frames.at[k].flags |= FRAME_GAP;
	}
	struct kg_gap gap = { .line_no = event->line_no,
			      .lost_count = event->dur_ns,
			      .cpu = event->cpu };
	return status == KG_OK ? builder->sink->gap(builder->sink->self, &gap) : status;
}

static enum kg_status close_all(struct builder *builder)
{
	enum kg_status status = let_go(builder);
	for (size_t i = 0; i < builder->lanes.count && status == KG_OK; i++) {
		struct lane *lane = &builder->lanes.at[i];
		lane->last_time_ns = 0;
		status = abandon_down_to(builder, lane, 0);
		if (status == KG_OK && lane->stack_id != NO_STACK)
			return_stack(builder, lane);
	}
	return status;
}

static KG_OFTEN enum kg_status take_call(struct builder *builder, const struct kg_event *event)
{
	struct lane *lane = lane_of(builder, event);
	if (lane == NULL)
		return KG_NOMEM;
	check_time(builder, lane, event);
	if (builder->hold.count > 0 && lane == &builder->lanes.at[builder->hold.lane_at])
		return take_held(builder, lane, event);
	const struct frame *top = lane_top(lane);
	if (top != NULL && hold_is_due(top, event))
		return start_to_hold(builder, lane, event);
	return drive(builder, lane, event);
}

/* An event that is no call. */
static KG_SELDOM enum kg_status take_other(struct builder *builder, const struct kg_event *event)
{
	switch ((enum kg_event_kind)event->kind) {
	case KG_EV_LOST:
		return lose(builder, event);
	case KG_EV_NEW_TRACE:
		return close_all(builder);
	case KG_EV_ENTER:
	case KG_EV_LEAF:
	case KG_EV_LEAVE:
	case KG_EV_SWITCH:
	case KG_EV_COMMENT:
	case KG_EV_IRQ_ENTER:
	case KG_EV_IRQ_LEAVE:
		break;
	}
	return KG_OK;
}

enum kg_status builder_feed(struct builder *builder, const struct kg_event *events, size_t count)
{
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < count && status == KG_OK; i++) {
		const uint8_t kind = events[i].kind;
		if (kind == KG_EV_ENTER || kind == KG_EV_LEAF)
			builder->is_exits_only = false;
		else if (kind != KG_EV_LEAVE) {
			status = take_other(builder, &events[i]);
			continue;
		}
		status = take_call(builder, &events[i]);
	}
	return status;
}

/* Whether all that is in a bundle is below the call on top of a lane, as it seems to be. */
static bool is_below_top(const struct builder *builder, struct lane *lane,
			 const struct event_bundle *bundle)
{
	const bool is_held =
		builder->hold.count > 0 && lane == &builder->lanes.at[builder->hold.lane_at];
	const struct frame *top = lane_top(lane);
	return top != NULL && lane->real_count > 0 && !is_held && lane_fits(lane, bundle->depth) &&
	       (top->flags & FRAME_UNSEEN) == 0;
}

enum kg_status builder_take_bundle(struct builder *builder, const struct kg_event *event,
				   const struct event_bundle *bundle, struct bundled_call *calls,
				   const struct bundle_note *notes, bool *is_taken)
{
	const struct kg_call_sink *sink = builder->sink;
	struct lane *lane = lane_of(builder, event);
	if (lane == NULL)
		return KG_NOMEM;
	*is_taken = is_below_top(builder, lane, bundle);
	if (!*is_taken)
		return KG_OK;
	struct frame *top = lane_top(lane);
	const struct placed_bundle placed = {
		.bundle = bundle,
		.calls = calls,
		.notes = notes + bundle->first_note,
		.lane_id = lane->stack_id,
		.level = lane->real_count,
		.task_id = lane->task_id,
		.caller_id = top->call.id,
		.first_id = builder->next_id,
	};
	*is_taken = !bundler_refuses(sink->bundler, sink->self, &placed);
	if (!*is_taken)
		return KG_OK;
	const uint32_t call_count = bundle_call_count(bundle);
	struct kg_call_counts *counts = &builder->counts;
	builder->is_exits_only = false;
	builder->next_id += call_count;
	counts->leaf += bundle->atomic_count + bundle->empty_count;
	if (bundle->max_depth > counts->max_depth)
		counts->max_depth = bundle->max_depth;
	lane->calls += call_count;
	top->call.call_count += call_count;
	top->call.child_count += bundle->root_count;
	add_child_time(top, bundle->dur_ns);
	return sink->bundler->take(sink->self, &placed);
}

enum kg_status builder_finish(struct builder *builder)
{
	enum kg_status status = close_all(builder);
	struct kg_call_counts *counts = &builder->counts;
	counts->lane_count = (uint32_t)builder->lanes.count;
	for (size_t i = 0; i < builder->lanes.count; i++) {
		counts->total += builder->lanes.at[i].calls;
		counts->roots += builder->lanes.at[i].roots;
	}
	counts->complete = counts->total - counts->no_start - counts->no_end - counts->in_gap;
	return status == KG_OK ? builder->sink->done(builder->sink->self) : status;
}

void builder_release(struct builder *builder)
{
	for (size_t i = 0; i < builder->lanes.count; i++) {
		column_release(&builder->lanes.at[i].frames);
		column_release(&builder->lanes.at[i].cpus);
	}
	for (size_t i = 0; i < builder->stacks.count; i++)
		column_release(&builder->stacks.at[i]);
	column_release(&builder->lanes);
	column_release(&builder->stacks);
	column_release(&builder->free_stacks);
	column_release(&builder->by_task);
	column_release(&builder->by_cpu);
	column_release(&builder->calls_by_func);
}

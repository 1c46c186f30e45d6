/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls written down by hand, for sinks: as a builder would hand them out, without events.
 *
 *	struct script script = { .sink = kg_functions_sink(functions) };
 *	script_enter(&script, 0, "kvm_vcpu_ioctl [kvm]");
 *	script_leaf(&script, 0, "vcpu_load [kvm]", 300);
 *	script_leave(&script, 0, 1000);
 *	script_done(&script);
 *	script_release(&script);
 *
 * Each of these is one line, from 1 on. A lane is task and CPU of that number, too. After a sink
 * has failed its status is kept, and nothing more is handed to it.
 */
#ifndef UNIT_CALL_SCRIPT_H
#define UNIT_CALL_SCRIPT_H

#include <check.h>
#include <string.h>

#include <kvmgraph/calls.h>

#include "event/func.h"
#include "event/task.h"

#define SCRIPT_LANES 4
#define SCRIPT_DEPTH 32

struct script_frame {
	struct kg_call call;
	uint64_t child_ns;
	bool is_unseen;
};

struct script {
	struct kg_call_sink sink;
	struct kg_funcs funcs;
	struct kg_tasks tasks;
	enum kg_status status;
	uint8_t flags;	   /* of calls from now on: KG_CALL_HIDDEN, KG_CALL_GAP */
	uint32_t swapping; /* lanes of tasks from now on: task 1 has lane 1 ^ swapping, and so on */
	uint64_t line_no;
	kg_call_id next_id;
	struct script_frame frames[SCRIPT_LANES][SCRIPT_DEPTH];
	uint32_t depths[SCRIPT_LANES];
};

/* The id of a function; known ones cost no memory. */
static inline kg_func_id script_func(struct script *script, const char *symbol)
{
	struct span name = { (const unsigned char *)symbol, strlen(symbol) };
	for (uint32_t id = 0; id < script->funcs.rows.count; id++) {
		if (span_equal(intern_get(&script->funcs.symbols, id), name))
			return id;
	}
	kg_func_id id = funcs_add(&script->funcs, name);
	ck_assert_uint_ne(id, KG_NO_FUNC);
	return id;
}

static inline struct kg_call script_start(struct script *script, uint32_t lane)
{
	ck_assert_uint_lt(script->depths[lane], SCRIPT_DEPTH);
	uint16_t level = 0;
	for (uint32_t i = 0; i < script->depths[lane]; i++)
		level += !script->frames[lane][i].is_unseen;
	uint32_t depth = script->depths[lane];
	return (struct kg_call){
		.id = script->next_id++,
		.parent_id = depth == 0 ? KG_NO_CALL : script->frames[lane][depth - 1].call.id,
		.time_ns = KG_NO_NS,
		.end_time_ns = KG_NO_NS,
		.dur_ns = KG_NO_NS,
		.self_ns = KG_NO_NS,
		.func_id = KG_NO_FUNC,
		.task_id = lane,
		.lane_id = lane ^ script->swapping,
		.cpu_enter = KG_NO_CPU,
		.cpu_leave = KG_NO_CPU,
		.depth = (uint16_t)depth,
		.level = level,
		.flags = (uint8_t)(script->flags | (level == 0 ? KG_CALL_ROOT : 0)),
		.mark = ' ',
	};
}

static inline void script_hand(struct script *script,
			       enum kg_status (*take)(void *self, const struct kg_call *call),
			       const struct kg_call *call)
{
	if (script->status == KG_OK)
		script->status = take(script->sink.self, call);
}

static inline void script_push(struct script *script, uint32_t lane, const struct kg_call *call,
			       bool is_unseen)
{
	script->frames[lane][script->depths[lane]++] =
		(struct script_frame){ .call = *call, .is_unseen = is_unseen };
}

/* Adds a call that is over to the one that is around it. */
static inline void script_account(struct script *script, uint32_t lane, const struct kg_call *call)
{
	if (script->depths[lane] == 0)
		return;
	struct script_frame *below = &script->frames[lane][script->depths[lane] - 1];
	below->child_ns += call->dur_ns == KG_NO_NS ? 0 : call->dur_ns;
	below->call.call_count += call->call_count;
	below->call.child_count++;
}

static inline void script_enter(struct script *script, uint32_t lane, const char *symbol)
{
	struct kg_call call = script_start(script, lane);
	call.func_id = script_func(script, symbol);
	call.line_no = ++script->line_no;
	call.cpu_enter = (uint16_t)lane;
	script_push(script, lane, &call, false);
	script_hand(script, script->sink.opened, &call);
}

/* dur_ns KG_NO_NS: the trace does not tell. */
static inline void script_leaf(struct script *script, uint32_t lane, const char *symbol,
			       uint64_t dur_ns)
{
	struct kg_call call = script_start(script, lane);
	call.func_id = script_func(script, symbol);
	call.line_no = call.end_line_no = ++script->line_no;
	call.dur_ns = call.self_ns = dur_ns;
	call.call_count = 1;
	call.cpu_enter = call.cpu_leave = (uint16_t)lane;
	call.flags |= KG_CALL_ATOMIC;
	script_account(script, lane, &call);
	script_hand(script, script->sink.closed, &call);
}

static inline struct script_frame script_pop(struct script *script, uint32_t lane)
{
	ck_assert_uint_gt(script->depths[lane], 0);
	struct script_frame frame = script->frames[lane][--script->depths[lane]];
	frame.call.call_count++;
	frame.call.flags |= script->flags;
	return frame;
}

static inline void script_leave(struct script *script, uint32_t lane, uint64_t dur_ns)
{
	struct script_frame frame = script_pop(script, lane);
	frame.call.end_line_no = ++script->line_no;
	frame.call.dur_ns = dur_ns;
	frame.call.self_ns = dur_ns == KG_NO_NS ? KG_NO_NS : dur_ns - frame.child_ns;
	frame.call.cpu_leave = (uint16_t)lane;
	script_account(script, lane, &frame.call);
	script_hand(script, script->sink.closed, &frame.call);
}

/* The innermost call of a lane has no end. */
static inline void script_abandon(struct script *script, uint32_t lane)
{
	struct script_frame frame = script_pop(script, lane);
	frame.call.flags |= KG_CALL_NO_END;
	script_account(script, lane, &frame.call);
	script_hand(script, script->sink.closed, &frame.call);
}

/* What follows is below a caller that was not seen to start ... */
static inline void script_unseen(struct script *script, uint32_t lane)
{
	struct kg_call call = script_start(script, lane);
	script_push(script, lane, &call, true);
}

/* ... which turns up, ... */
static inline void script_turn_up(struct script *script, uint32_t lane, const char *symbol,
				  uint64_t dur_ns)
{
	struct script_frame frame = script_pop(script, lane);
	frame.call.func_id = script_func(script, symbol);
	frame.call.end_line_no = ++script->line_no;
	frame.call.dur_ns = dur_ns;
	frame.call.cpu_leave = (uint16_t)lane;
	frame.call.flags |= KG_CALL_NO_START | KG_CALL_LATE;
	script_account(script, lane, &frame.call);
	script_hand(script, script->sink.closed, &frame.call);
}

/* ... or does not. */
static inline void script_vanish(struct script *script, uint32_t lane)
{
	struct script_frame frame = script_pop(script, lane);
	if (script->depths[lane] > 0) {
		struct script_frame *below = &script->frames[lane][script->depths[lane] - 1];
		below->child_ns += frame.child_ns;
		below->call.call_count += frame.call.call_count - 1;
		below->call.child_count += frame.call.child_count;
	}
	if (script->status == KG_OK)
		script->status = script->sink.vanished(script->sink.self, frame.call.id,
						       frame.call.parent_id);
}

static inline void script_done(struct script *script)
{
	for (uint32_t lane = 0; lane < SCRIPT_LANES; lane++) {
		while (script->depths[lane] > 0) {
			if (script->frames[lane][script->depths[lane] - 1].is_unseen)
				script_vanish(script, lane);
			else
				script_abandon(script, lane);
		}
	}
	if (script->status == KG_OK)
		script->status = script->sink.done(script->sink.self);
}

/* Ready for another sink; names stay known. */
static inline void script_rewind(struct script *script, struct kg_call_sink sink)
{
	struct kg_funcs funcs = script->funcs;
	struct kg_tasks tasks = script->tasks;
	*script = (struct script){ .sink = sink, .funcs = funcs, .tasks = tasks };
}

static inline void script_release(struct script *script)
{
	funcs_release(&script->funcs);
	tasks_release(&script->tasks);
}

#endif

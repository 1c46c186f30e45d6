/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sink that believes nothing: it aborts where calls are not handed out as calls.h promises.
 *
 *	struct checking_sink checking = { 0 };
 *	const struct kg_call_sink sink = checking_sink_of(&checking);
 *	... run ...
 *	checking.counts.total;
 *	checking_sink_release(&checking);
 */
#ifndef UNIT_CHECKING_SINK_H
#define UNIT_CHECKING_SINK_H

#include <stdio.h>
#include <stdlib.h>

#include <kvmgraph/calls.h>

enum checking_state {
	CHECKING_FRESH, /* not heard of */
	CHECKING_NAMED, /* named as a parent, nothing else known */
	CHECKING_OPEN,
	CHECKING_CLOSED,
	CHECKING_VANISHED,
};

/* What is known of one id. */
struct checking_call {
	enum checking_state state;
	struct kg_call call;  /* as opened, then as closed */
	kg_call_id parent_id; /* the newest one told */
	uint64_t child_count; /* closed directly below */
	uint64_t call_count;  /* in their trees */
	uint64_t child_ns;
	bool has_unknown_child; /* without a duration */
};

struct checking_lane {
	kg_call_id *open;
	size_t open_count;
	size_t open_cap;
	kg_task_id task_id; /* while calls are open */
};

struct checking_task {
	uint64_t open;
	uint64_t no_start;
	uint64_t no_end;
};

struct checking_sink {
	struct checking_call *calls; /* by id */
	size_t call_cap;
	kg_call_id next_id; /* all ids from here on are fresh */
	struct checking_lane *lanes;
	size_t lane_cap;
	struct checking_task *tasks; /* by id */
	size_t task_cap;
	struct kg_call_counts counts; /* as they should be; complete with done */
	uint64_t gaps;
	uint64_t exits_only; /* calls that are complete without a start */
	bool is_done;
};

#define CHECKING(condition)                                                                        \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: the sink was promised: %s\n", __FILE__, __LINE__,  \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static inline void *checking_grow(void *rows, size_t *cap, size_t want, size_t row_bytes)
{
	if (want <= *cap)
		return rows;
	const size_t next = want * 2 + 16;
	rows = realloc(rows, next * row_bytes);
	CHECKING(rows != NULL);
	for (unsigned char *at = (unsigned char *)rows + *cap * row_bytes;
	     at < (unsigned char *)rows + next * row_bytes; at++)
		*at = 0;
	*cap = next;
	return rows;
}

static inline struct checking_call *checking_call_at(struct checking_sink *self, kg_call_id id)
{
	CHECKING(id < UINT32_MAX);
	self->calls =
		checking_grow(self->calls, &self->call_cap, (size_t)id + 1, sizeof(*self->calls));
	if (id >= self->next_id)
		self->next_id = id + 1;
	return &self->calls[id];
}

static inline struct checking_lane *checking_lane_at(struct checking_sink *self,
						     const struct kg_call *call)
{
	CHECKING(call->lane_id < UINT32_MAX / 2);
	self->lanes = checking_grow(self->lanes, &self->lane_cap, (size_t)call->lane_id + 1,
				    sizeof(*self->lanes));
	struct checking_lane *lane = &self->lanes[call->lane_id];
	CHECKING(lane->open_count == 0 || lane->task_id == call->task_id);
	lane->task_id = call->task_id;
	return lane;
}

static inline struct checking_task *checking_task_at(struct checking_sink *self, kg_task_id id)
{
	CHECKING(id < UINT32_MAX / 2);
	self->tasks =
		checking_grow(self->tasks, &self->task_cap, (size_t)id + 1, sizeof(*self->tasks));
	return &self->tasks[id];
}

/* A parent is the call on top of the lane, or one of which nothing but its id is known yet. */
static inline void checking_parent(struct checking_sink *self, const struct checking_lane *lane,
				   const struct kg_call *call)
{
	CHECKING(call->level == lane->open_count);
	CHECKING(((call->flags & KG_CALL_ROOT) != 0) == (call->level == 0));
	const kg_call_id top = lane->open_count > 0 ? lane->open[lane->open_count - 1] : KG_NO_CALL;
	if (top != KG_NO_CALL)
		CHECKING(self->calls[top].call.depth < call->depth);
	if (call->parent_id == top)
		return;
	CHECKING(call->parent_id != KG_NO_CALL);
	CHECKING(call->parent_id < call->id);
	struct checking_call *parent = checking_call_at(self, call->parent_id);
	CHECKING(parent->state == CHECKING_FRESH || parent->state == CHECKING_NAMED);
	parent->state = CHECKING_NAMED;
}

static inline enum kg_status checking_opened(void *sink, const struct kg_call *call)
{
	struct checking_sink *self = sink;
	CHECKING(!self->is_done);
	/* ids are in the order in which calls open */
	CHECKING(call->id >= self->next_id);
	CHECKING(call->line_no > 0 && call->end_line_no == 0);
	CHECKING(call->end_time_ns == KG_NO_NS && call->dur_ns == KG_NO_NS);
	CHECKING(call->self_ns == KG_NO_NS && call->call_count == 0 && call->child_count == 0);
	CHECKING(call->cpu_leave == KG_NO_CPU && call->mark == ' ');
	CHECKING((call->flags & ~(unsigned int)KG_CALL_ROOT) == 0);
	struct checking_lane *lane = checking_lane_at(self, call);
	checking_parent(self, lane, call);
	struct checking_call *row = checking_call_at(self, call->id);
	row->state = CHECKING_OPEN;
	row->call = *call;
	row->parent_id = call->parent_id;
	lane->open = checking_grow(lane->open, &lane->open_cap, lane->open_count + 1,
				   sizeof(*lane->open));
	lane->open[lane->open_count++] = call->id;
	checking_task_at(self, call->task_id)->open++;
	return KG_OK;
}

/* The end of a call that was opened: on top of its lane, and as it was then. */
static inline void checking_end(struct checking_sink *self, struct checking_lane *lane,
				const struct kg_call *call)
{
	CHECKING(lane->open_count > 0 && lane->open[lane->open_count - 1] == call->id);
	lane->open_count--;
	checking_task_at(self, call->task_id)->open--;
	const struct checking_call *row = checking_call_at(self, call->id);
	CHECKING(row->state == CHECKING_OPEN);
	CHECKING(row->call.line_no == call->line_no && row->call.time_ns == call->time_ns);
	CHECKING(row->call.func_id == call->func_id && row->call.depth == call->depth);
	CHECKING(row->call.cpu_enter == call->cpu_enter && row->call.level == call->level);
	CHECKING(row->call.parent_id == call->parent_id);
}

static inline void checking_shape(const struct kg_call *call)
{
	const bool has_start = (call->flags & KG_CALL_LATE) == 0;
	CHECKING(!has_start || (call->flags & KG_CALL_NO_START) == 0);
	const bool has_end = (call->flags & KG_CALL_NO_END) == 0;
	CHECKING(has_start || has_end);
	CHECKING(has_start == (call->line_no != 0));
	CHECKING(has_end == (call->end_line_no != 0));
	if (!has_start)
		CHECKING(call->cpu_enter == KG_NO_CPU && call->time_ns == KG_NO_NS);
	if (!has_end)
		CHECKING(call->cpu_leave == KG_NO_CPU && call->dur_ns == KG_NO_NS &&
			 call->end_time_ns == KG_NO_NS);
	if (has_start && has_end)
		CHECKING(call->line_no <= call->end_line_no);
	if (call->flags & KG_CALL_ATOMIC)
		CHECKING(call->line_no == call->end_line_no && call->child_count == 0 &&
			 (call->flags & KG_CALL_INCOMPLETE) == 0);
	if (call->flags & KG_CALL_INCOMPLETE)
		CHECKING(call->self_ns == KG_NO_NS);
	CHECKING(call->self_ns == KG_NO_NS || call->self_ns <= call->dur_ns);
}

/* What a call says of its callees is what they said themselves. */
static inline void checking_sums(const struct checking_call *row, const struct kg_call *call)
{
	CHECKING(call->child_count == row->child_count);
	CHECKING(call->call_count == row->call_count + 1);
	if (call->flags & KG_CALL_INCOMPLETE)
		return;
	if (row->has_unknown_child || call->dur_ns == KG_NO_NS)
		CHECKING(call->self_ns == KG_NO_NS);
	else if (row->child_ns <= call->dur_ns)
		CHECKING(call->self_ns == call->dur_ns - row->child_ns);
	else
		CHECKING(call->self_ns == 0);
}

static inline void checking_add_time(struct checking_call *row, uint64_t ns)
{
	if (__builtin_add_overflow(row->child_ns, ns, &row->child_ns))
		row->has_unknown_child = true;
}

static inline void checking_count(struct checking_sink *self, const struct kg_call *call)
{
	struct kg_call_counts *counts = &self->counts;
	struct checking_task *task = checking_task_at(self, call->task_id);
	const unsigned int ends = call->flags & (KG_CALL_NO_START | KG_CALL_NO_END);
	self->exits_only += (call->flags & (KG_CALL_LATE | KG_CALL_NO_START)) == KG_CALL_LATE;
	counts->total++;
	counts->complete += (call->flags & KG_CALL_INCOMPLETE) == 0;
	counts->no_start += (ends & KG_CALL_NO_START) != 0;
	counts->no_end += (ends & KG_CALL_NO_END) != 0;
	counts->in_gap += ends == 0 && (call->flags & KG_CALL_GAP) != 0;
	counts->leaf += call->child_count == 0;
	counts->migrations += ends == 0 && call->cpu_enter != KG_NO_CPU &&
			      call->cpu_leave != KG_NO_CPU && call->cpu_enter != call->cpu_leave;
	if (call->depth > counts->max_depth)
		counts->max_depth = call->depth;
	task->no_start += (ends & KG_CALL_NO_START) != 0;
	task->no_end += (ends & KG_CALL_NO_END) != 0;
}

static inline enum kg_status checking_closed(void *sink, const struct kg_call *call)
{
	struct checking_sink *self = sink;
	CHECKING(!self->is_done);
	struct checking_lane *lane = checking_lane_at(self, call);
	checking_shape(call);
	if (call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) {
		const bool is_new = call->id >= self->next_id;
		CHECKING(is_new || ((call->flags & KG_CALL_LATE) != 0 &&
				    self->calls[call->id].state == CHECKING_NAMED));
		checking_parent(self, lane, call);
	} else {
		checking_end(self, lane, call);
	}
	struct checking_call *row = checking_call_at(self, call->id);
	checking_sums(row, call);
	row->state = CHECKING_CLOSED;
	row->call = *call;
	row->parent_id = call->parent_id;
	checking_count(self, call);
	if (call->parent_id == KG_NO_CALL)
		return KG_OK;
	struct checking_call *parent = checking_call_at(self, call->parent_id);
	parent->child_count++;
	parent->call_count += call->call_count;
	if (call->dur_ns == KG_NO_NS)
		parent->has_unknown_child = true;
	else
		checking_add_time(parent, call->dur_ns);
	return KG_OK;
}

static inline enum kg_status checking_vanished(void *sink, kg_call_id id, kg_call_id parent_id)
{
	struct checking_sink *self = sink;
	CHECKING(!self->is_done);
	CHECKING(id < self->next_id && self->calls[id].state == CHECKING_NAMED);
	if (parent_id != KG_NO_CALL) {
		CHECKING(parent_id < id);
		struct checking_call *parent = checking_call_at(self, parent_id);
		CHECKING(parent->state != CHECKING_CLOSED && parent->state != CHECKING_VANISHED);
		if (parent->state == CHECKING_FRESH)
			parent->state = CHECKING_NAMED;
		const struct checking_call *row = &self->calls[id];
		parent->child_count += row->child_count;
		parent->call_count += row->call_count;
		parent->has_unknown_child |= row->has_unknown_child;
		checking_add_time(parent, row->child_ns);
	}
	self->calls[id].state = CHECKING_VANISHED;
	self->calls[id].parent_id = parent_id;
	return KG_OK;
}

static inline enum kg_status checking_gap(void *sink, const struct kg_gap *gap)
{
	struct checking_sink *self = sink;
	CHECKING(!self->is_done);
	CHECKING(gap->line_no > 0);
	self->gaps++;
	return KG_OK;
}

/* Who a call's parent is when all is known; KG_NO_CALL for a root. */
static inline kg_call_id checking_parent_of(const struct checking_sink *self, kg_call_id id)
{
	id = self->calls[id].parent_id;
	while (id != KG_NO_CALL && self->calls[id].state == CHECKING_VANISHED)
		id = self->calls[id].parent_id;
	return id;
}

static inline enum kg_status checking_done(void *sink)
{
	struct checking_sink *self = sink;
	CHECKING(!self->is_done);
	self->is_done = true;
	for (size_t i = 0; i < self->lane_cap; i++)
		CHECKING(self->lanes[i].open_count == 0);
	for (kg_call_id id = 0; id < self->next_id; id++) {
		const enum checking_state state = self->calls[id].state;
		CHECKING(state != CHECKING_NAMED && state != CHECKING_OPEN);
		if (state == CHECKING_CLOSED)
			self->counts.roots += checking_parent_of(self, id) == KG_NO_CALL;
	}
	return KG_OK;
}

static inline struct kg_call_sink checking_sink_of(struct checking_sink *self)
{
	return (struct kg_call_sink){ .self = self,
				      .opened = checking_opened,
				      .closed = checking_closed,
				      .vanished = checking_vanished,
				      .gap = checking_gap,
				      .done = checking_done };
}

/* The counts that a builder or a trace gives are those that were seen here. */
static inline void checking_same_counts(const struct checking_sink *self,
					const struct kg_call_counts *counts)
{
	CHECKING(counts->total == self->counts.total);
	CHECKING(counts->complete == self->counts.complete);
	CHECKING(counts->no_start == self->counts.no_start);
	CHECKING(counts->no_end == self->counts.no_end);
	CHECKING(counts->in_gap == self->counts.in_gap);
	CHECKING(counts->roots == self->counts.roots);
	CHECKING(counts->leaf == self->counts.leaf);
	CHECKING(counts->migrations == self->counts.migrations);
	CHECKING(counts->max_depth == self->counts.max_depth);
}

static inline void checking_sink_release(struct checking_sink *self)
{
	for (size_t i = 0; i < self->lane_cap; i++)
		free(self->lanes[i].open);
	free(self->lanes);
	free(self->tasks);
	free(self->calls);
}

#endif

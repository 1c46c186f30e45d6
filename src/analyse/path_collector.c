/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which tree a call belongs to, and what a tree is when it is over. */
#include "analyse/path_collector.h"

#include "analyse/interrupters.h"
#include "analyse/kvm_names.h"
#include "analyse/life.h"
#include "analyse/path_phases.h"
#include "analyse/path_turns.h"
#include "base/assert.h"
#include "base/banned.h"

/* ---- functions ------------------------------------------------------------------------------- */

static const struct func_fact *find_fact(struct path_collector *collector, kg_func_id func_id)
{
	while (collector->facts.count <= func_id) {
		const struct kg_func *func =
			kg_funcs_get(collector->funcs, (kg_func_id)collector->facts.count);
		const uint32_t name = renames_add(&collector->paths->names, func->base);
		if (name == INTERN_NONE)
			return NULL;
		const struct func_fact fact = {
			.name = name,
			.key = renames_key(&collector->paths->names, name),
			.interrupter = (uint8_t)interrupter_of(func->base),
			.is_entry = kvm_role_of(func).part == PART_ENTRY,
		};
		if (!column_push(&collector->facts, fact))
			return NULL;
	}
	return &collector->facts.at[func_id];
}

/* ---- trees ----------------------------------------------------------------------------------- */

/* The index of a tree with a root; NO_SCRATCH when memory is out. */
static uint32_t take_scratch(struct path_collector *collector, const struct func_fact *fact)
{
	if (collector->free_scratches.count == 0) {
		/* room for all of them, so that none fails to be given back */
		if (!column_push(&collector->scratches, (struct path_scratch){ 0 }) ||
		    !column_reserve(&collector->free_scratches, collector->scratches.count))
			return NO_SCRATCH;
		const uint32_t fresh = (uint32_t)(collector->scratches.count - 1);
		collector->free_scratches.at[collector->free_scratches.count++] = fresh;
	}
	const uint32_t index = collector->free_scratches.at[collector->free_scratches.count - 1];
	if (!scratch_start(&collector->scratches.at[index], fact->key, fact->name))
		return NO_SCRATCH;
	collector->free_scratches.count--;
	return index;
}

/* Adds a tree that is over to the whole, below a root. */
static enum kg_status add_tree(struct path_collector *collector, struct path_scratch *scratch,
			       uint32_t root)
{
	struct paths *paths = collector->paths;
	struct path_run *run = &paths->runs.at[collector->run];
	for (size_t i = 0; i < scratch->nodes.count; i++) {
		struct scratch_node *node = &scratch->nodes.at[i];
		if (i > 0 && node->sample.count == 0 && node->sample.incomplete == 0)
			continue; /* hidden by a filter, and all below it too */
		if (i > 0) {
			const uint32_t parent = scratch->nodes.at[node->parent].path;
			node->path =
				parent == NO_PATH ? NO_PATH : paths_add(paths, parent, node->key);
			if (node->path == NO_PATH)
				return KG_NOMEM;
			paths_name(paths, node->path, run->side, node->name);
		} else {
			node->path = root;
		}
		if (!column_reach(&run->orders, node->path))
			return KG_NOMEM;
		if (run->orders.at[node->path] == 0)
			run->orders.at[node->path] = ++collector->order;
		if (!run_add(run, node->path, &node->sample))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* A tree is over: phase is what it is, or NULL. */
static enum kg_status end_tree(struct path_collector *collector, uint32_t index,
			       const struct phase_row *phase, bool is_aside)
{
	struct path_scratch *scratch = &collector->scratches.at[index];
	struct paths *paths = collector->paths;
	struct scratch_node *top = &scratch->nodes.at[0];
	uint32_t name = top->name;
	enum kg_status status = KG_OK;
	const bool is_counted = top->sample.count > 0 || top->sample.incomplete > 0;
	bool is_first = false;
	if (phase != NULL && is_counted)
		status = phase_name(collector, phase, top->name, &is_first, &name);
	if (status == KG_OK && is_counted) {
		const uint32_t root = paths_add(paths, NO_PATH, renames_key(&paths->names, name));
		if (root == NO_PATH)
			return KG_NOMEM;
		paths_name(paths, root, paths->runs.at[collector->run].side, name);
		struct path_node *node = &paths->nodes.at[root];
		if (phase != NULL) {
			node->kind = phase->phase.kind;
			paths_name_top(paths, root, top->name);
			node->reason = phase->run.ended_by;
			node->is_first = is_first;
		}
		node->is_aside |= is_aside || (phase != NULL && phase_is_aside(phase->phase.kind));
		status = add_tree(collector, scratch, root);
		if (status == KG_OK && phase != NULL && phase->phase.kind == KG_PHASE_RUN)
			status = phase_add_passes(collector, phase, root, scratch->turns);
	}
	scratch_reset(scratch);
	collector->free_scratches.at[collector->free_scratches.count++] = index;
	return status;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* A task is seen on a CPU; returns how often that has changed hands, or UINT32_MAX: unknown. */
static uint32_t see_task(struct path_collector *collector, uint16_t cpu, kg_task_id task_id)
{
	if (cpu == KG_NO_CPU)
		return UINT32_MAX;
	/* without memory for it nobody is seen to wait */
	if (cpu >= collector->cpus.count && !column_reach(&collector->cpus, cpu))
		return UINT32_MAX;
	struct path_cpu *row = &collector->cpus.at[cpu];
	if (row->task_id != task_id) {
		row->task_id = task_id;
		row->switches++;
	}
	return row->switches;
}

/* A call is known to run here and now. */
static void note_running(struct path_frame *frame, uint16_t cpu, uint32_t switches)
{
	frame->cpu = cpu;
	frame->switches = switches;
}

/*
 * The same for one that was by itself since it was last known to run: it has waited if it goes on
 * elsewhere, or if another task was seen on its CPU.
 */
static void note_own_time(struct path_frame *frame, uint16_t cpu, uint32_t switches)
{
	if (frame->switches != UINT32_MAX && switches != UINT32_MAX &&
	    (frame->cpu != cpu || frame->switches != switches))
		frame->has_waited = true;
	note_running(frame, cpu, switches);
}

/* ---- the sink -------------------------------------------------------------------------------- */

static const struct life_lane *life_lane_of(const struct path_collector *collector,
					    const struct kg_call *call)
{
	return &collector->life->lanes.at[call->lane_id];
}

static bool is_ignored(const struct path_collector *collector, const struct func_fact *fact,
		       const struct path_frame *caller)
{
	if (fact->interrupter == INTERRUPTER_YIELD)
		return caller != NULL && caller->func_id != KG_NO_FUNC &&
		       interrupter_yields(kg_funcs_get(collector->funcs, caller->func_id));
	return fact->interrupter == INTERRUPTER_IGNORED;
}

static bool is_aside(const struct func_fact *fact)
{
	return fact->interrupter == INTERRUPTER_ASIDE || fact->interrupter == INTERRUPTER_TURN ||
	       fact->interrupter == INTERRUPTER_GIVES_UP;
}

/* Where a call belongs that is below another one, or below none: fills in its frame. */
static enum kg_status place_call(struct path_collector *collector, struct path_frame *caller,
				 const struct kg_call *call, bool is_phase, struct path_frame *out)
{
	*out = (struct path_frame){ .func_id = call->func_id, .scratch = NO_SCRATCH };
	if (call->func_id == KG_NO_FUNC || (call->flags & KG_CALL_HIDDEN) != 0) {
		/* nesting goes on through it */
		if (caller != NULL)
			*out = (struct path_frame){ .func_id = call->func_id,
						    .scratch = caller->scratch,
						    .node = caller->node,
						    .is_folded = true };
		return KG_OK;
	}
	const struct func_fact *fact = find_fact(collector, call->func_id);
	if (fact == NULL)
		return KG_NOMEM;
	const bool is_below_ignored =
		caller != NULL && caller->scratch == NO_SCRATCH && caller->node == NO_PATH;
	if (is_ignored(collector, fact, caller) || is_below_ignored) {
		out->node = NO_PATH;
		if (fact->interrupter == INTERRUPTER_YIELD && !is_below_ignored)
			caller->is_void = true;
		return KG_OK;
	}
	const bool is_below = caller != NULL && caller->scratch != NO_SCRATCH;
	if (is_below)
		turn_note(&collector->scratches.at[caller->scratch], collector->funcs, caller,
			  fact);
	if (is_phase || is_aside(fact) || !is_below) {
		out->scratch = take_scratch(collector, fact);
		out->is_top = true;
		return out->scratch == NO_SCRATCH ? KG_NOMEM : KG_OK;
	}
	struct path_scratch *scratch = &collector->scratches.at[caller->scratch];
	out->scratch = caller->scratch;
	if (scratch->nodes.at[caller->node].key == fact->key && caller->func_id != call->func_id) {
		/* f calls f.part.0, or the new name of itself: one call */
		out->node = caller->node;
		out->is_folded = true;
		return KG_OK;
	}
	out->node = scratch_child(scratch, caller->node, fact->key, fact->name);
	if (out->node == NO_PATH)
		return KG_NOMEM;
	if (turn_is_again(scratch, out->node)) {
		out->scratch = NO_SCRATCH;
		out->node = NO_PATH;
	}
	return KG_OK;
}

static struct path_lane *reach_lane(struct path_collector *collector, const struct kg_call *call)
{
	if (!column_reach(&collector->lanes, call->lane_id))
		return NULL;
	struct path_lane *lane = &collector->lanes.at[call->lane_id];
	return column_reach(&lane->frames, call->level) ? lane : NULL;
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct path_collector *collector = self;
	const struct kg_call_sink life = kg_life_sink(collector->life);
	enum kg_status status = life.opened(life.self, call);
	if (status != KG_OK)
		return status;
	struct path_lane *lane = reach_lane(collector, call);
	if (lane == NULL)
		return KG_NOMEM;
	const bool is_phase = call->lane_id < collector->life->lanes.count &&
			      life_lane_of(collector, call)->phase_id == call->id;
	struct path_frame *caller = call->level > 0 ? &lane->frames.at[call->level - 1] : NULL;
	struct path_frame *frame = &lane->frames.at[call->level];
	status = place_call(collector, caller, call, is_phase, frame);
	const uint32_t switches = see_task(collector, call->cpu_enter, call->task_id);
	if (call->level > 0)
		note_own_time(frame - 1, call->cpu_enter, switches);
	note_running(frame, call->cpu_enter, switches);
	return status;
}

static void count_call(struct path_sample *sample, const struct kg_call *call,
		       const struct path_frame *frame)
{
	const bool is_whole = (call->flags & KG_CALL_INCOMPLETE) == 0;
	if (is_whole && call->self_ns != KG_NO_NS)
		sample->self_ns += call->self_ns;
	sample->waits += frame->has_waited;
	if (frame->is_folded || (frame->is_void && is_whole))
		return;
	if (is_whole && (sample->count == 0 || call->self_ns < sample->least_ns))
		sample->least_ns = call->self_ns != KG_NO_NS ? call->self_ns : 0;
	sample->count += is_whole;
	sample->incomplete += !is_whole;
}

/* What the life analysis made of the tree that a call was the top of; false: no phase. */
static enum kg_status phase_of(struct path_collector *collector, const struct kg_call *call,
			       struct phase_row *row, bool *is_phase)
{
	const struct life_lane *lane = life_lane_of(collector, call);
	*is_phase = lane->last_phase_id == call->id;
	return *is_phase ? spool_get(&collector->life->rows, lane->row_index, row) : KG_OK;
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct path_collector *collector = self;
	const struct kg_call_sink life = kg_life_sink(collector->life);
	enum kg_status status = life.closed(life.self, call);
	if (status != KG_OK)
		return status;
	struct path_lane *lane = reach_lane(collector, call);
	if (lane == NULL)
		return KG_NOMEM;
	struct path_frame *frame = &lane->frames.at[call->level];
	if ((call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) != 0) {
		const bool is_phase = life_lane_of(collector, call)->last_phase_id == call->id;
		struct path_frame *caller = call->level > 0 ? frame - 1 : NULL;
		status = place_call(collector, caller, call, is_phase, frame);
		if (status != KG_OK)
			return status;
	}
	const uint32_t switches = see_task(collector, call->cpu_leave, call->task_id);
	if ((call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) == 0) {
		note_own_time(frame, call->cpu_leave, switches);
		/* until here the caller did not run: the wait was not its own */
		if (call->level > 0)
			note_running(frame - 1, call->cpu_leave, switches);
	} else if (call->level > 0) {
		note_own_time(frame - 1, call->cpu_leave, switches);
	}
	if (frame->scratch == NO_SCRATCH)
		return KG_OK;
	struct path_scratch *scratch = &collector->scratches.at[frame->scratch];
	if ((call->flags & KG_CALL_HIDDEN) == 0 && call->func_id != KG_NO_FUNC)
		count_call(&scratch->nodes.at[frame->node].sample, call, frame);
	if (!frame->is_top)
		return KG_OK;
	struct phase_row row;
	bool is_phase;
	status = phase_of(collector, call, &row, &is_phase);
	if (status != KG_OK)
		return status;
	const struct func_fact *fact = find_fact(collector, frame->func_id);
	KG_ASSERT(fact != NULL);
	return end_tree(collector, frame->scratch, is_phase ? &row : NULL, is_aside(fact));
}

static enum kg_status take_done(void *self)
{
	struct path_collector *collector = self;
	const struct kg_call_sink life = kg_life_sink(collector->life);
	return life.done(life.self);
}

/* ---- life cycle ------------------------------------------------------------------------------ */

enum kg_status collector_init(struct path_collector *collector, struct paths *paths, size_t run,
			      const struct kg_funcs *funcs, const char *tmp_folder)
{
	*collector = (struct path_collector){ .paths = paths, .run = run, .funcs = funcs };
	return kg_life_new(funcs, tmp_folder, &collector->life);
}

struct kg_call_sink collector_sink(struct path_collector *collector)
{
	return (struct kg_call_sink){
		.self = collector,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = kg_sink_ignore_gap,
		.done = take_done,
	};
}

void collector_release(struct path_collector *collector)
{
	kg_life_free(collector->life);
	for (size_t i = 0; i < collector->lanes.count; i++)
		column_release(&collector->lanes.at[i].frames);
	for (size_t i = 0; i < collector->scratches.count; i++)
		scratch_release(&collector->scratches.at[i]);
	column_release(&collector->facts);
	column_release(&collector->lanes);
	column_release(&collector->cpus);
	column_release(&collector->scratches);
	column_release(&collector->free_scratches);
	column_release(&collector->has_run);
	*collector = (struct path_collector){ 0 };
}

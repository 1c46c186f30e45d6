/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls of a trace are learned from, and what is kept of them. */
#include "analyse/learn.h"

#include <string.h>

#include "base/glob.h"
#include "base/banned.h"

/* Where interrupts come in: what they call has nothing to do with what they interrupt. */
static const char *const interrupt_globs[] = {
	"asm_sysvec_*",	    "sysvec_*",		  "__sysvec_*",	    "asm_common_interrupt",
	"common_interrupt", "__common_interrupt", "asm_exc_nmi",    "exc_nmi",
	"do_IRQ",	    "smp_*_interrupt",	  "irq_enter*",	    "irq_exit*",
	"__irq_exit_rcu",   "do_softirq*",	  "__do_softirq",   "handle_softirqs",
	"el1_interrupt",    "el0_interrupt",	  "gic_handle_irq", "hrtimer_interrupt",
};

/* ---- names ----------------------------------------------------------------------------------- */

static bool fits_any(const char *const *globs, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (glob_match(globs[i], text))
			return true;
	}
	return false;
}

static bool is_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		const bool is_word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
				     (*at >= '0' && *at <= '9') || *at == '_' || *at == '.';
		if (!is_word)
			return false;
	}
	return text[0] != '\0';
}

static bool add_name(struct kg_learn *learn, uint32_t name, const struct kg_func *func)
{
	struct learn_name info = {
		.text = (const char *)intern_get(&learn->names, name).at,
		.module = arena_copy_string(&learn->memory, func->module),
	};
	info.is_plain = is_plain(info.text);
	info.is_step = learn->opts.root_count == 0 ||
		       fits_any(learn->opts.roots, learn->opts.root_count, info.text);
	info.is_ignored = !(learn->opts.root_count > 0 && info.is_step) &&
			  fits_any(interrupt_globs,
				   sizeof(interrupt_globs) / sizeof(interrupt_globs[0]), info.text);
	return info.module != NULL && column_push(&learn->name_infos, info) &&
	       pairs_add_name(&learn->pairs, &learn->names, name);
}

/* The name of a function of the trace; NO_NAME when memory is out. */
static uint32_t look_up(struct kg_learn *learn, kg_func_id func_id)
{
	const struct kg_func *func = kg_funcs_get(learn->funcs, func_id);
	const struct span base = { (const unsigned char *)func->base, strlen(func->base) };
	const uint32_t name = intern_add_copy(&learn->names, base);
	if (name == INTERN_NONE || !column_reach(&learn->name_of_func, func_id) ||
	    !column_reach(&learn_current(learn)->counts, name))
		return NO_NAME;
	if (name == learn->name_infos.count && !add_name(learn, name, func))
		return NO_NAME;
	learn->name_of_func.at[func_id] = name + 1;
	return name;
}

static inline uint32_t name_of(struct kg_learn *learn, kg_func_id func_id)
{
	if (func_id < learn->name_of_func.count && learn->name_of_func.at[func_id] != 0)
		return learn->name_of_func.at[func_id] - 1;
	return look_up(learn, func_id);
}

/* ---- tasks and lanes ------------------------------------------------------------------------- */

static uint32_t *task_slot(struct kg_learn *learn, const struct kg_call *call, bool *is_idle)
{
	/* KG_NO_TASK + 1 is 0 */
	const kg_task_id key = call->task_id + 1;
	const uint16_t cpu = call->line_no != 0 ? call->cpu_enter : call->cpu_leave;
	*is_idle = key != 0 && kg_tasks_get(learn->tasks, call->task_id)->is_idle;
	if (*is_idle)
		return column_reach(&learn->task_of_idle, cpu) ? &learn->task_of_idle.at[cpu]
							       : NULL;
	return column_reach(&learn->task_of_id, key) ? &learn->task_of_id.at[key] : NULL;
}

static bool find_task(struct kg_learn *learn, const struct kg_call *call, uint32_t *out)
{
	bool is_idle;
	uint32_t *slot = task_slot(learn, call, &is_idle);
	if (slot == NULL)
		return false;
	if (*slot == 0) {
		struct learn_trace *trace = learn_current(learn);
		const struct learn_task task = { .task_id = call->task_id, .is_idle = is_idle };
		if (!column_push(&trace->tasks, task))
			return false;
		*slot = (uint32_t)trace->tasks.count;
	}
	*out = *slot - 1;
	return true;
}

static struct learn_lane *reach_lane(struct kg_learn *learn, const struct kg_call *call)
{
	if (!column_reach(&learn->lanes, call->lane_id))
		return NULL;
	struct learn_lane *lane = &learn->lanes.at[call->lane_id];
	if (!lane->is_known) {
		lane->is_known = true;
		lane->ignored_id = KG_NO_CALL;
	}
	/* a lane that was empty may be another's now */
	if (call->level == 0 && !find_task(learn, call, &lane->task))
		return NULL;
	return lane;
}

/* ---- calls that open ------------------------------------------------------------------------- */

/* "f.part.0" below "f": the compiler has split what is one function. */
static bool is_part_of_caller(const struct kg_learn *learn, const struct learn_lane *lane,
			      const struct kg_call *call, uint32_t name)
{
	if (call->level == 0)
		return false;
	const struct learn_frame *caller = &lane->frames.at[call->level - 1];
	if (caller->id != call->parent_id || caller->name != name ||
	    caller->func_id == call->func_id)
		return false;
	const struct kg_func *func = kg_funcs_get(learn->funcs, call->func_id);
	return strcmp(func->name, func->base) != 0;
}

/* Whether a call counts; starts to ignore what is to be ignored. */
static bool takes_part(struct kg_learn *learn, struct learn_lane *lane, const struct kg_call *call,
		       uint32_t name)
{
	if (lane->ignored_id != KG_NO_CALL || name == NO_NAME)
		return false;
	if (learn->name_infos.at[name].is_ignored) {
		if ((call->flags & KG_CALL_ATOMIC) == 0)
			lane->ignored_id = call->id;
		return false;
	}
	return (call->flags & KG_CALL_HIDDEN) == 0 && !is_part_of_caller(learn, lane, call, name);
}

static bool count_call(struct kg_learn *learn, const struct learn_lane *lane,
		       const struct kg_call *call, const struct learn_frame *frame)
{
	struct learn_trace *trace = learn_current(learn);
	struct learn_count *count = &trace->counts.at[frame->name];
	const uint16_t cpu = call->line_no != 0 ? call->cpu_enter : call->cpu_leave;
	const uint64_t bit = cpu < 64 ? UINT64_C(1) << cpu : 0;
	if (count->calls++ == 0) {
		count->first_task = lane->task;
		count->first_is_step = frame->is_step;
	}
	count->repeats_cpu |= bit == 0 || (count->cpus & bit) != 0;
	count->cpus |= bit;
	if (call->flags & KG_CALL_ROOT)
		count->is_idle_root |= trace->tasks.at[lane->task].is_idle;
	else
		count->is_nested = true;
	trace->tasks.at[lane->task].calls++;
	return pairs_take(&learn->pairs, frame->name, lane->task, cpu);
}

static enum kg_status open_call(struct kg_learn *learn, struct learn_lane *lane,
				const struct kg_call *call)
{
	const bool is_named = call->func_id != KG_NO_FUNC;
	const uint32_t name = is_named ? name_of(learn, call->func_id) : NO_NAME;
	if ((is_named && name == NO_NAME) || !column_reach(&lane->frames, call->level))
		return KG_NOMEM;
	struct learn_frame *frame = &lane->frames.at[call->level];
	if (call->level == 0) {
		lane->children.count = 0;
		lane->is_in_step = false;
	}
	*frame = (struct learn_frame){ .id = call->id,
				       .func_id = call->func_id,
				       .name = name,
				       .first_child = (uint32_t)lane->children.count };
	frame->counts = takes_part(learn, lane, call, name);
	if (!frame->counts)
		return KG_OK;
	if (!lane->is_in_step && learn->name_infos.at[name].is_step) {
		frame->is_step = true;
		lane->is_in_step = true;
	}
	return count_call(learn, lane, call, frame) ? KG_OK : KG_NOMEM;
}

/* ---- calls that close ------------------------------------------------------------------------ */

static bool add_step(struct kg_learn *learn, const struct learn_lane *lane, uint32_t name,
		     shape_id shape, bool is_torn)
{
	struct learn_trace *trace = learn_current(learn);
	struct learn_task *task = &trace->tasks.at[lane->task];
	const uint64_t step_no = ++trace->step_count;
	if (is_torn) {
		task->is_torn = true;
		return true;
	}
	trace->lack.unseen_steps += shape == NO_SHAPE;
	if (task->first_step_no == 0)
		task->first_step_no = step_no;
	task->last_step_no = step_no;
	if (task->steps.count > 0) {
		struct learn_step *last = &task->steps.at[task->steps.count - 1];
		if (last->name == name && last->shape == shape) {
			last->times++;
			return true;
		}
	}
	if (trace->kept_count == LEARN_STEPS_MAX) {
		trace->lack.unseen_steps += shape != NO_SHAPE;
		task->is_cut = true;
		return true;
	}
	trace->kept_count++;
	const struct learn_step step = { .name = name, .shape = shape, .times = 1 };
	return column_push(&task->steps, step);
}

/* What is left of a call that counted: a shape for its caller, or a step. */
static bool close_counted(struct kg_learn *learn, struct learn_lane *lane,
			  const struct kg_call *call, const struct learn_frame *frame)
{
	struct learn_count *count = &learn_current(learn)->counts.at[frame->name];
	shape_id shape = NO_SHAPE;
	if ((call->flags & KG_CALL_INCOMPLETE) != 0)
		count->is_torn = true;
	else if (call->dur_ns != KG_NO_NS && call->dur_ns > count->max_ns)
		count->max_ns = call->dur_ns;
	if (!lane->is_in_step)
		return true;
	if (!frame->is_torn &&
	    !shapes_add(&learn->shapes, frame->name, lane->children.at + frame->first_child,
			lane->children.count - frame->first_child, &shape))
		return false;
	lane->children.count = frame->first_child;
	if (!frame->is_step)
		return column_push(&lane->children, shape);
	lane->is_in_step = false;
	return add_step(learn, lane, frame->name, shape, frame->is_torn);
}

static enum kg_status close_call(struct kg_learn *learn, struct learn_lane *lane,
				 const struct kg_call *call)
{
	struct learn_frame frame = lane->frames.at[call->level];
	frame.is_torn |= (call->flags & KG_CALL_INCOMPLETE) != 0;
	if (lane->ignored_id == call->id)
		lane->ignored_id = KG_NO_CALL;
	if (frame.is_torn && call->level > 0)
		lane->frames.at[call->level - 1].is_torn = true;
	if (!frame.counts)
		return KG_OK;
	return close_counted(learn, lane, call, &frame) ? KG_OK : KG_NOMEM;
}

/* ---- the sink -------------------------------------------------------------------------------- */

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct learn_lane *lane = reach_lane(self, call);
	return lane != NULL ? open_call(self, lane, call) : KG_NOMEM;
}

/* A call whose start nobody saw: what it is below, and all steps before it in its task, are torn.
 */
static enum kg_status take_late(struct kg_learn *learn, struct learn_lane *lane,
				const struct kg_call *call)
{
	struct learn_trace *trace = learn_current(learn);
	if (call->level > 0)
		lane->frames.at[call->level - 1].is_torn = true;
	else
		trace->tasks.at[lane->task].is_torn = true;
	if (call->func_id == KG_NO_FUNC)
		return KG_OK;
	const uint32_t name = name_of(learn, call->func_id);
	if (name == NO_NAME)
		return KG_NOMEM;
	trace->counts.at[name].is_torn = true;
	return KG_OK;
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_learn *learn = self;
	struct learn_lane *lane = reach_lane(learn, call);
	enum kg_status status = KG_OK;
	if (lane == NULL)
		return KG_NOMEM;
	learn_current(learn)->lack.torn_calls += (call->flags & KG_CALL_INCOMPLETE) != 0;
	if (call->flags & KG_CALL_LATE)
		return take_late(learn, lane, call);
	if (call->flags & KG_CALL_ATOMIC)
		status = open_call(learn, lane, call);
	if (status != KG_OK || call->level >= lane->frames.count ||
	    lane->frames.at[call->level].id != call->id)
		return status;
	return close_call(learn, lane, call);
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	(void)gap;
	learn_current(self)->lack.gaps++;
	return KG_OK;
}

struct kg_call_sink kg_learn_sink(struct kg_learn *learn)
{
	return (struct kg_call_sink){
		.self = learn,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = take_gap,
		.done = kg_sink_ignore_done,
	};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which rows of a window are whole trees of calls, whatever is open around them. */
#include "trace/bundle_rows.h"

#include "base/memory.h"
#include "base/seldom.h"
#include "base/banned.h"

/* Calls that are open within one window; what is deeper is handed out. */
#define OPEN_MAX 40

/* A call that was entered in this window. */
struct open_call {
	struct event_bundle callees; /* what it has called so far: nothing but whole trees */
	uint64_t open_funcs;	     /* bits of it and of those around it */
	kg_func_id func_id;
	uint32_t row;
};

struct cpu_calls {
	struct open_call *top;
	/* the first one stands for whatever is open outside */
	struct open_call calls[1 + OPEN_MAX];
};

struct bundling {
	struct bundle_stacks *stacks;
	struct text_bundles *bundles;
	struct scan_row *rows;
	const uint32_t *func_ids;
	struct bundled_call *next_call;
	bool is_out_of_memory;
};

/* ---- what is handed out ---------------------------------------------------------------------- */

static inline void expect_callees(struct event_bundle *callees, uint16_t cpu, uint16_t depth)
{
	*callees = (struct event_bundle){ .cpu = cpu, .depth = depth, .max_depth = depth };
}

static uint32_t call_index(const struct bundling *self)
{
	return (uint32_t)(self->next_call - self->bundles->calls.at);
}

static void put_out(struct bundling *self, struct event_bundle *callees)
{
	if (callees->root_count == 0)
		return;
	callees->calls_end = call_index(self);
	if (!text_bundles_add(self->bundles, self->rows, callees))
		self->is_out_of_memory = true;
}

/*
 * Something comes that no bundle has. The calls that are open are handed out, and what they have
 * called so far as bundles between them.
 */
static KG_SELDOM void end_bundles(struct bundling *self, struct cpu_calls *cpu)
{
	for (struct open_call *call = cpu->calls; call <= cpu->top; call++) {
		if (call != cpu->calls)
			bundles_show(self->bundles, call->row);
		put_out(self, &call->callees);
	}
	cpu->top = cpu->calls;
	expect_callees(&cpu->top->callees, cpu->top->callees.cpu, 0);
}

static inline bool has_bundle(const struct cpu_calls *cpu)
{
	return cpu->top != cpu->calls || cpu->top->callees.root_count > 0;
}

static void end_all_bundles(struct bundling *self)
{
	for (size_t i = 0; i < self->bundles->cpus.count; i++)
		end_bundles(self, self->stacks->cpus[self->bundles->cpus.at[i]]);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Whether a call of this function is being made by another one of it, as far as is known here. */
static KG_SELDOM bool is_open(const struct cpu_calls *cpu, const struct open_call *top,
			      kg_func_id func_id)
{
	for (; top != cpu->calls; top--) {
		if (top->func_id == func_id)
			return true;
	}
	return false;
}

static inline void note_call(struct bundling *self, const struct cpu_calls *cpu,
			     struct open_call *caller, kg_func_id func_id,
			     const struct scan_row *end, uint64_t self_ns, uint32_t row,
			     uint32_t end_row)
{
	struct event_bundle *callees = &caller->callees;
	const uint64_t bit = bundle_bit(func_id);
	struct bundled_call *call = self->next_call++;
	call->dur_ns = end->dur_ns;
	call->self_ns = self_ns;
	call->func_id = func_id;
	call->row = row;
	call->end_row = end_row;
	call->cpu = callees->cpu;
	call->is_nested = (caller->open_funcs & bit) != 0 && is_open(cpu, caller, func_id);
	self->bundles->mark_lines[end->mark % BUNDLE_MARKS]++;
	callees->root_count++;
	callees->dur_ns += end->dur_ns;
	callees->funcs |= bit;
	callees->last_row = end_row;
	if (self_ns >= callees->hot_next_ns) {
		callees->hot_next_ns = self_ns + 1;
		callees->hot_func_id = func_id;
	}
}

/* Whether a call may be part of a bundle, going by its function. */
static inline bool is_bundled(uint32_t known)
{
	return known - FUNC_ID_OFFSET < FUNC_IS_WANTED - FUNC_ID_OFFSET;
}

/* The open call that one at this depth is made by. */
static inline struct open_call *find_caller(struct bundling *self, struct cpu_calls *cpu,
					    uint16_t depth)
{
	if (cpu->top->callees.depth == depth)
		return cpu->top;
	if (has_bundle(cpu))
		end_bundles(self, cpu);
	cpu->top->callees.depth = cpu->top->callees.max_depth = depth;
	return cpu->top;
}

static inline bool take_leaf(struct bundling *self, struct cpu_calls *cpu,
			     const struct scan_row *row, uint32_t row_index)
{
	const uint32_t known = self->func_ids[row->symbol + 1];
	if (!is_bundled(known))
		return false;
	struct open_call *caller = find_caller(self, cpu, row->depth);
	struct event_bundle *callees = &caller->callees;
	if (callees->root_count == 0) {
		callees->first_row = row_index;
		callees->first_call = call_index(self);
	}
	callees->atomic_count++;
	note_call(self, cpu, caller, known - FUNC_ID_OFFSET, row, row->dur_ns, row_index,
		  row_index);
	return true;
}

static inline bool take_enter(struct bundling *self, struct cpu_calls *cpu,
			      const struct scan_row *row, uint32_t row_index)
{
	const uint32_t known = self->func_ids[row->symbol + 1];
	if (!is_bundled(known) || cpu->top == cpu->calls + OPEN_MAX)
		return false;
	const struct open_call *caller = find_caller(self, cpu, row->depth);
	struct open_call *call = ++cpu->top;
	expect_callees(&call->callees, row->cpu, (uint16_t)(row->depth + 1));
	call->callees.first_call = call_index(self);
	call->func_id = known - FUNC_ID_OFFSET;
	call->open_funcs = caller->open_funcs | bundle_bit(call->func_id);
	call->row = row_index;
	return true;
}

/* Sums up what a call has called with what its caller has. */
static inline void merge_callees(struct event_bundle *into, const struct event_bundle *from)
{
	into->atomic_count += from->atomic_count;
	into->pair_count += from->pair_count;
	into->empty_count += from->empty_count;
	into->named_count += from->named_count;
	into->funcs |= from->funcs;
	if (from->max_depth > into->max_depth)
		into->max_depth = from->max_depth;
	if (from->hot_next_ns > into->hot_next_ns) {
		into->hot_next_ns = from->hot_next_ns;
		into->hot_func_id = from->hot_func_id;
	}
}

static inline bool take_leave(struct bundling *self, struct cpu_calls *cpu,
			      const struct scan_row *row, uint32_t row_index)
{
	const struct open_call *call = cpu->top;
	const struct event_bundle *inside = &call->callees;
	/* what is not as it should be is told when it is handed out */
	if (call == cpu->calls || row->depth + 1 != inside->depth || inside->dur_ns > row->dur_ns ||
	    (row->symbol != SCAN_NONE &&
	     self->func_ids[row->symbol + 1] != call->func_id + FUNC_ID_OFFSET))
		return false;
	struct open_call *caller = --cpu->top;
	struct event_bundle *callees = &caller->callees;
	if (callees->root_count == 0) {
		callees->first_row = call->row;
		callees->first_call = inside->first_call;
	}
	if (inside->root_count == 0)
		callees->empty_count++;
	else
		merge_callees(callees, inside);
	callees->pair_count++;
	callees->named_count += (row->flags & SCAN_NAMED) != 0;
	note_call(self, cpu, caller, call->func_id, row, row->dur_ns - inside->dur_ns, call->row,
		  row_index);
	return true;
}

static inline bool take_plain(struct bundling *self, struct cpu_calls *cpu,
			      const struct scan_row *row, uint32_t row_index)
{
	if (row->kind == TEXT_LEAF)
		return take_leaf(self, cpu, row, row_index);
	if (row->kind == TEXT_ENTER)
		return take_enter(self, cpu, row, row_index);
	return take_leave(self, cpu, row, row_index);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The calls of a CPU that has none in this window yet; NULL when memory is out. */
static struct cpu_calls *use_cpu(struct bundling *self, uint16_t cpu)
{
	struct cpu_calls **place = &self->stacks->cpus[cpu];
	if (*place == NULL)
		*place = memory_zalloc(sizeof(**place));
	if (*place == NULL || !column_push(&self->bundles->cpus, cpu))
		return NULL;
	(*place)->top = (*place)->calls;
	expect_callees(&(*place)->top->callees, cpu, 0);
	self->stacks->used[cpu] = *place;
	return *place;
}

static bool is_call(const struct scan_row *row)
{
	return row->kind == TEXT_ENTER || row->kind == TEXT_LEAF || row->kind == TEXT_LEAVE;
}

/* A call that no bundle has: what is open around it is handed out too. */
static inline void hand_out(struct bundling *self, struct cpu_calls *cpu, uint32_t row_index)
{
	if (has_bundle(cpu))
		end_bundles(self, cpu);
	bundles_show(self->bundles, row_index);
}

/* Takes a row that is not plain, or of a CPU that is new. False when memory is out. */
static KG_SELDOM bool take_other(struct bundling *self, uint32_t row_index)
{
	const struct scan_row *row = &self->rows[row_index];
	if (!is_call(row) || row->cpu >= BUNDLE_CPUS || row->extra != SCAN_NONE) {
		/* from here on a CPU may run another task, or what looks like calls be text */
		end_all_bundles(self);
		bundles_show(self->bundles, row_index);
		return true;
	}
	struct cpu_calls *cpu = self->stacks->used[row->cpu];
	if (cpu == NULL) {
		cpu = use_cpu(self, row->cpu);
		if (cpu == NULL)
			return false;
		if (row->is_plain != ROW_IS_NOT_PLAIN && take_plain(self, cpu, row, row_index))
			return true;
	}
	hand_out(self, cpu, row_index);
	return true;
}

static bool bundle_all(struct bundling *self, size_t row_count)
{
	struct cpu_calls *const *used = self->stacks->used;
	const struct scan_row *row = self->rows;
	for (uint32_t i = 0; i < row_count; i++, row++) {
		struct cpu_calls *cpu = row->cpu < BUNDLE_CPUS ? used[row->cpu] : NULL;
		if (cpu == NULL || row->is_plain == ROW_IS_NOT_PLAIN) {
			if (!take_other(self, i))
				return false;
		} else if (!take_plain(self, cpu, row, i)) {
			hand_out(self, cpu, i);
		}
	}
	end_all_bundles(self);
	return !self->is_out_of_memory;
}

bool bundle_rows(struct bundle_stacks *stacks, struct text_piece *piece)
{
	struct text_bundles *bundles = &piece->bundles;
	const size_t row_count = piece->scan.rows.count;
	if (!text_bundles_start(bundles, row_count))
		return false;
	struct bundling bundling = { .stacks = stacks,
				     .bundles = bundles,
				     .rows = piece->scan.rows.at,
				     .func_ids = piece->func_ids,
				     .next_call = bundles->calls.at };
	const bool is_done = bundle_all(&bundling, row_count);
	bundles->calls.count = call_index(&bundling);
	for (size_t i = 0; i < bundles->cpus.count; i++)
		stacks->used[bundles->cpus.at[i]] = NULL;
	return is_done;
}

void bundle_stacks_release(struct bundle_stacks *stacks)
{
	for (size_t i = 0; i < BUNDLE_CPUS; i++) {
		memory_free(stacks->cpus[i]);
		stacks->cpus[i] = NULL;
	}
}

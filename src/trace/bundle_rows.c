/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which rows of a window are whole trees of calls, whatever is open around them. */
#include "trace/bundle_rows.h"

#include "base/memory.h"
#include "base/seldom.h"
#include "base/banned.h"

/* Calls that are open within one window; what is deeper is handed out. */
#define OPEN_MAX (BUNDLE_DEPTH_MAX - 1)

/* Calls by how they stand in lines, as in a bundle. */
struct line_counts {
	uint32_t atomic;
	uint32_t pair;
	uint32_t empty;
	uint32_t named;
};

/* What an open call has called so far: nothing but whole trees. */
struct callees {
	uint64_t dur_ns; /* of its roots */
	uint64_t hot_next_ns;
	uint64_t funcs;
	struct line_counts before; /* of the CPU, when the first might have come */
	kg_func_id hot_func_id;
	kg_func_id first_func_id; /* from here on it is set with the first root */
	uint32_t first_row;
	uint32_t last_row;
	uint32_t root_count;
	uint32_t first_call;
	uint32_t first_note; /* of the CPU's */
	uint16_t depth;	     /* of the roots */
	uint16_t max_depth;
};

/* A call that was entered in this window. */
struct open_call {
	struct callees callees;
	uint64_t open_funcs; /* bits of it and of those around it */
	uint32_t known;	     /* its function, as in func_ids */
	uint32_t row;
	uint32_t first_note; /* of the CPU's: its own, if it is noted, or the next one */
};

struct cpu_calls {
	struct open_call *top;
	struct line_counts counts; /* of all calls in bundles by now */
	uint16_t cpu;
	/* of what is not handed out yet; with room for one of each row */
	COLUMN(struct bundle_note) notes;
	/* the first one stands for whatever is open outside */
	struct open_call calls[1 + OPEN_MAX];
};

struct bundling {
	struct bundle_stacks *stacks;
	struct text_bundles *bundles;
	struct scan_row *rows;
	const uint32_t *func_ids;
	size_t row_count;
	struct bundled_call *next_call;
	bool is_out_of_memory;
};

/* ---- what is handed out ---------------------------------------------------------------------- */

static uint32_t call_index(const struct bundling *self)
{
	return (uint32_t)(self->next_call - self->bundles->calls.at);
}

/* Begins with no callee, at a depth. */
static inline void expect_callees(const struct bundling *self, const struct cpu_calls *cpu,
				  uint16_t depth, struct callees *callees)
{
	callees->dur_ns = 0;
	callees->hot_next_ns = 0;
	callees->funcs = 0;
	callees->before = cpu->counts;
	callees->hot_func_id = KG_NO_FUNC;
	callees->root_count = 0;
	callees->first_call = call_index(self);
	callees->first_note = (uint32_t)cpu->notes.count;
	callees->depth = callees->max_depth = depth;
}

/* What the calls come to of which these were the counts behind them. */
static struct event_bundle bundle_of(const struct bundling *self, const struct cpu_calls *cpu,
				     const struct callees *callees,
				     const struct line_counts *counts)
{
	return (struct event_bundle){
		.dur_ns = callees->dur_ns,
		.hot_next_ns = callees->hot_next_ns,
		.funcs = callees->funcs,
		.hot_func_id = callees->hot_func_id,
		.first_func_id = callees->first_func_id,
		.root_count = callees->root_count,
		.atomic_count = counts->atomic - callees->before.atomic,
		.pair_count = counts->pair - callees->before.pair,
		.empty_count = counts->empty - callees->before.empty,
		.named_count = counts->named - callees->before.named,
		.first_row = callees->first_row,
		.last_row = callees->last_row,
		.first_call = callees->first_call,
		.calls_end = call_index(self),
		.cpu = cpu->cpu,
		.depth = callees->depth,
		.max_depth = callees->max_depth,
	};
}

/* Hands out the callees of an open call. */
static void put_out(struct bundling *self, const struct cpu_calls *cpu,
		    const struct open_call *call)
{
	const struct callees *callees = &call->callees;
	const bool is_top = call == cpu->top;
	const uint32_t notes_end = is_top ? (uint32_t)cpu->notes.count : call[1].first_note;
	const struct event_bundle bundle =
		bundle_of(self, cpu, callees, is_top ? &cpu->counts : &call[1].callees.before);
	if (!text_bundles_add(self->bundles, self->rows, &bundle,
			      cpu->notes.at + callees->first_note, notes_end - callees->first_note))
		self->is_out_of_memory = true;
}

/* Begins anew, with nothing open and nothing called. */
static void start_over(const struct bundling *self, struct cpu_calls *cpu)
{
	cpu->top = cpu->calls;
	cpu->notes.count = 0;
	expect_callees(self, cpu, 0, &cpu->top->callees);
}

/*
 * Something comes that no bundle has. The calls that are open are handed out, and what they have
 * called so far as bundles between them.
 */
static KG_SELDOM void end_bundles(struct bundling *self, struct cpu_calls *cpu)
{
	for (const struct open_call *call = cpu->calls; call <= cpu->top; call++) {
		if (call != cpu->calls)
			bundles_show(self->bundles, call->row);
		if (call->callees.root_count > 0)
			put_out(self, cpu, call);
	}
	start_over(self, cpu);
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

static inline kg_func_id func_of(uint32_t known)
{
	return (known & FUNC_ID_MASK) - FUNC_ID_OFFSET;
}

static inline bool is_noted(uint32_t known)
{
	return (known & FUNC_IS_NOTED) != 0;
}

static inline void add_note(const struct bundling *self, struct cpu_calls *cpu, uint32_t known,
			    enum note_kind kind, const struct scan_row *row, uint32_t row_index)
{
	cpu->notes.at[cpu->notes.count++] = (struct bundle_note){ .dur_ns = row->dur_ns,
								  .func_id = func_of(known),
								  .first_func_id = KG_NO_FUNC,
								  .call = call_index(self),
								  .row = row_index,
								  .level = row->depth,
								  .kind = (uint8_t)kind };
}

/* Whether a call of this function is being made by another one of it, as far as is known here. */
static KG_SELDOM bool is_open(const struct cpu_calls *cpu, const struct open_call *top,
			      kg_func_id func_id)
{
	for (; top != cpu->calls; top--) {
		if (func_of(top->known) == func_id)
			return true;
	}
	return false;
}

static KG_OFTEN void note_call(struct bundling *self, const struct cpu_calls *cpu,
			       struct open_call *caller, kg_func_id func_id,
			       const struct scan_row *end, uint64_t self_ns, uint32_t row,
			       uint32_t end_row)
{
	struct callees *callees = &caller->callees;
	const uint64_t bit = bundle_bit(func_id);
	struct bundled_call *call = self->next_call++;
	call->dur_ns = end->dur_ns;
	call->self_ns = self_ns;
	call->func_id = func_id;
	call->row = row;
	call->end_row = end_row;
	call->cpu = cpu->cpu;
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

/* A call without a caller is none's callee. */
static inline bool is_callee(const struct scan_row *row)
{
	return row->depth > 0;
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

static KG_OFTEN bool take_leaf(struct bundling *self, struct cpu_calls *cpu,
			       const struct scan_row *row, uint32_t row_index)
{
	const uint32_t known = self->func_ids[row->symbol + 1];
	if (!is_bundled(known) || !is_callee(row))
		return false;
	struct open_call *caller = find_caller(self, cpu, row->depth);
	struct callees *callees = &caller->callees;
	if (callees->root_count == 0) {
		callees->first_row = row_index;
		callees->first_call = call_index(self);
		callees->first_func_id = func_of(known);
	}
	if (is_noted(known))
		add_note(self, cpu, known, NOTE_LEAF, row, row_index);
	cpu->counts.atomic++;
	note_call(self, cpu, caller, func_of(known), row, row->dur_ns, row_index, row_index);
	return true;
}

static KG_OFTEN bool take_enter(struct bundling *self, struct cpu_calls *cpu,
				const struct scan_row *row, uint32_t row_index)
{
	const uint32_t known = self->func_ids[row->symbol + 1];
	if (!is_bundled(known) || !is_callee(row) || cpu->top == cpu->calls + OPEN_MAX)
		return false;
	const struct open_call *caller = find_caller(self, cpu, row->depth);
	struct open_call *call = ++cpu->top;
	call->first_note = (uint32_t)cpu->notes.count;
	if (is_noted(known))
		add_note(self, cpu, known, NOTE_ENTER, row, row_index);
	expect_callees(self, cpu, (uint16_t)(row->depth + 1), &call->callees);
	call->known = known;
	call->open_funcs = caller->open_funcs | bundle_bit(func_of(known));
	call->row = row_index;
	return true;
}

/* Sums up what a call has called with what its caller has. */
static inline void merge_callees(struct callees *into, const struct callees *from)
{
	into->funcs |= from->funcs;
	if (from->max_depth > into->max_depth)
		into->max_depth = from->max_depth;
	if (from->hot_next_ns > into->hot_next_ns) {
		into->hot_next_ns = from->hot_next_ns;
		into->hot_func_id = from->hot_func_id;
	}
}

static KG_OFTEN bool take_leave(struct bundling *self, struct cpu_calls *cpu,
				const struct scan_row *row, uint32_t row_index)
{
	const struct open_call *call = cpu->top;
	const struct callees *inside = &call->callees;
	/* what is not as it should be is told when it is handed out */
	if (call == cpu->calls || row->depth + 1 != inside->depth || inside->dur_ns > row->dur_ns ||
	    (row->symbol != SCAN_NONE && self->func_ids[row->symbol + 1] != call->known))
		return false;
	struct open_call *caller = --cpu->top;
	struct callees *callees = &caller->callees;
	if (callees->root_count == 0) {
		callees->first_row = call->row;
		callees->first_call = inside->first_call;
		callees->first_func_id = func_of(call->known);
	}
	if (inside->root_count == 0)
		cpu->counts.empty++;
	else
		merge_callees(callees, inside);
	cpu->counts.pair++;
	cpu->counts.named += (row->flags & SCAN_NAMED) != 0;
	if (is_noted(call->known)) {
		struct bundle_note *note = &cpu->notes.at[call->first_note];
		note->call = call_index(self);
		if (inside->root_count > 0)
			note->first_func_id = inside->first_func_id;
		add_note(self, cpu, call->known, NOTE_LEAVE, row, row_index);
	}
	note_call(self, cpu, caller, func_of(call->known), row, row->dur_ns - inside->dur_ns,
		  call->row, row_index);
	return true;
}

static KG_OFTEN bool take_plain(struct bundling *self, struct cpu_calls *cpu,
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
	if (*place == NULL || !column_push(&self->bundles->cpus, cpu) ||
	    !column_reserve(&(*place)->notes, self->row_count))
		return NULL;
	(*place)->cpu = cpu;
	start_over(self, *place);
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

static bool bundle_all(struct bundling *self)
{
	struct cpu_calls *const *used = self->stacks->used;
	const struct scan_row *row = self->rows;
	for (uint32_t i = 0; i < self->row_count; i++, row++) {
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
				     .row_count = row_count,
				     .next_call = bundles->calls.at };
	const bool is_done = bundle_all(&bundling);
	bundles->calls.count = call_index(&bundling);
	for (size_t i = 0; i < bundles->cpus.count; i++)
		stacks->used[bundles->cpus.at[i]] = NULL;
	return is_done;
}

void bundle_stacks_release(struct bundle_stacks *stacks)
{
	for (size_t i = 0; i < BUNDLE_CPUS; i++) {
		if (stacks->cpus[i] != NULL)
			column_release(&stacks->cpus[i]->notes);
		memory_free(stacks->cpus[i]);
		stacks->cpus[i] = NULL;
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the time of calls becomes the time of functions. */
#include <kvmgraph/analyse.h>

#include <stdlib.h>
#include <string.h>

#include "analyse/function_sums.h"
#include "base/assert.h"
#include "base/column.h"
#include "base/memory.h"
#include "base/seldom.h"
#include "event/bundle.h"
#include "base/banned.h"

struct open_function {
	kg_func_id func_id; /* KG_NO_FUNC: of a hidden call */
	uint64_t bits;	    /* bundle_bit() of it and of those around it */
};

/* Functions of the open calls of a lane, by level. */
struct function_stack {
	COLUMN(struct open_function) levels;
};

/* By func_id. */
struct function_table {
	COLUMN(struct function_sums) rows;
};

struct kg_functions {
	const struct kg_funcs *funcs;
	struct function_table table;
	struct function_table bundled[BUNDLE_WORKERS]; /* of calls in bundles; by worker */
	COLUMN(uint32_t) open_counts; /* by func_id: calls that are open now, in all lanes */
	COLUMN(struct function_stack) lanes;
	COLUMN(struct kg_function_timing) rows;
};

/* ---- gathering ------------------------------------------------------------------------------- */

/* Makes every function known by now addressable. */
static bool reach_function(struct kg_functions *self, kg_func_id func_id)
{
	uint32_t known = kg_funcs_count(self->funcs);
	size_t last = func_id >= known ? func_id : known - 1;
	return column_reach(&self->table.rows, last) && column_reach(&self->open_counts, last);
}

/* Makes room for an open call: its lane, its level, its function. False when memory is out. */
static bool reach_open(struct kg_functions *self, const struct kg_call *call)
{
	return column_reach(&self->lanes, call->lane_id) &&
	       column_reach(&self->lanes.at[call->lane_id].levels, call->level) &&
	       (call->func_id == KG_NO_FUNC || call->func_id < self->open_counts.count ||
		reach_function(self, call->func_id));
}

static inline void note_open(struct kg_functions *self, const struct kg_call *call)
{
	const bool counts = (call->flags & KG_CALL_HIDDEN) == 0 && call->func_id != KG_NO_FUNC;
	struct open_function *open = &self->lanes.at[call->lane_id].levels.at[call->level];
	open->func_id = counts ? call->func_id : KG_NO_FUNC;
	open->bits = call->level > 0 ? open[-1].bits : 0;
	if (counts) {
		open->bits |= bundle_bit(call->func_id);
		self->open_counts.at[call->func_id]++;
	}
}

static KG_SELDOM enum kg_status open_new(struct kg_functions *self, const struct kg_call *call)
{
	if (!reach_open(self, call))
		return KG_NOMEM;
	note_open(self, call);
	return KG_OK;
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct kg_functions *functions = self;
	if (call->lane_id >= functions->lanes.count ||
	    call->level >= functions->lanes.at[call->lane_id].levels.count ||
	    call->func_id >= functions->open_counts.count)
		return open_new(functions, call);
	note_open(functions, call);
	return KG_OK;
}

/* Takes a call that was opened off the stack of its lane. */
static void forget_open(struct kg_functions *self, const struct kg_call *call)
{
	KG_DCHECK(call->lane_id < self->lanes.count);
	const struct function_stack *stack = &self->lanes.at[call->lane_id];
	KG_DCHECK(call->level < stack->levels.count);
	if (stack->levels.at[call->level].func_id == call->func_id)
		self->open_counts.at[call->func_id]--;
}

/* Whether a call that is being closed is below another one of its function in its lane. */
static bool is_below_its_own(const struct kg_functions *self, const struct kg_call *call)
{
	if (call->lane_id >= self->lanes.count)
		return false;
	const struct function_stack *stack = &self->lanes.at[call->lane_id];
	for (size_t i = 0; i < call->level && i < stack->levels.count; i++) {
		if (stack->levels.at[i].func_id == call->func_id)
			return true;
	}
	return false;
}

static inline struct timed_call timed_call_of(const struct kg_call *call)
{
	return (struct timed_call){ .dur_ns = call->dur_ns,
				    .line_no = call->line_no,
				    .end_line_no = call->end_line_no };
}

/* Adds a call of a function that others are open of. */
static KG_SELDOM enum kg_status add_among_others(const struct kg_functions *self,
						 struct function_sums *function,
						 const struct kg_call *call)
{
	if (is_below_its_own(self, call))
		function->nested_ns = sum_add(function->nested_ns, call->dur_ns);
	return function_add(function, timed_call_of(call));
}

static inline enum kg_status take_known(struct kg_functions *self, const struct kg_call *call)
{
	if ((call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) == 0)
		forget_open(self, call);
	if ((call->flags & KG_CALL_HIDDEN) != 0)
		return KG_OK;
	struct function_sums *function = &self->table.rows.at[call->func_id];
	if ((call->flags & KG_CALL_INCOMPLETE) != 0) {
		function->incomplete++;
		return KG_OK;
	}
	if (call->self_ns != KG_NO_NS)
		function->self_ns = sum_add(function->self_ns, call->self_ns);
	if (call->dur_ns == KG_NO_NS) {
		function->untimed++;
		return KG_OK;
	}
	if (self->open_counts.at[call->func_id] > 0)
		return add_among_others(self, function, call);
	return function_add(function, timed_call_of(call));
}

/* A call of a function that is new, or not known at all. */
static KG_SELDOM enum kg_status take_new(struct kg_functions *self, const struct kg_call *call)
{
	if (call->func_id == KG_NO_FUNC)
		return KG_OK;
	return reach_function(self, call->func_id) ? take_known(self, call) : KG_NOMEM;
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_functions *functions = self;
	if (call->func_id >= functions->table.rows.count)
		return take_new(functions, call);
	return take_known(functions, call);
}

/* ---- bundles --------------------------------------------------------------------------------- */

static enum bundle_wish wish_nothing(void *self, kg_func_id func_id)
{
	(void)self;
	(void)func_id;
	return BUNDLE_FREELY;
}

/* Tells the calls of a function that is open around their bundle. */
static void note_nested(const struct event_bundle *bundle, struct bundled_call *calls,
			kg_func_id func_id)
{
	for (uint32_t i = bundle->first_call; i < bundle->calls_end; i++) {
		if (calls[i].func_id == func_id && bundle_has(bundle, &calls[i]))
			calls[i].is_nested = true;
	}
}

static enum kg_status take_bundle(void *self, const struct placed_bundle *placed)
{
	const struct kg_functions *functions = self;
	const struct event_bundle *bundle = placed->bundle;
	const uint32_t level = placed->level;
	KG_DCHECK(placed->lane_id < functions->lanes.count);
	const struct function_stack *stack = &functions->lanes.at[placed->lane_id];
	const struct open_function *open = stack->levels.at;
	KG_DCHECK(level > 0 && level <= stack->levels.count);
	/* mostly none of these is open */
	for (uint32_t i = level; i > 0 && (bundle->funcs & open[i - 1].bits) != 0; i--) {
		const kg_func_id func_id = open[i - 1].func_id;
		if (func_id != KG_NO_FUNC && (bundle->funcs & bundle_bit(func_id)) != 0)
			note_nested(bundle, placed->calls, func_id);
	}
	return KG_OK;
}

static inline enum kg_status count_call(struct function_sums *function,
					const struct bundled_call *call, uint64_t line_no)
{
	const struct timed_call timed = { .dur_ns = call->dur_ns,
					  .line_no = line_no + call->row,
					  .end_line_no = line_no + call->end_row };
	function->self_ns = sum_add(function->self_ns, call->self_ns);
	if (call->is_nested)
		function->nested_ns = sum_add(function->nested_ns, call->dur_ns);
	return function_add(function, timed);
}

static enum kg_status count_calls(void *self, uint32_t worker, const struct bundled_call *calls,
				  size_t count, uint64_t line_no)
{
	struct function_table *table = &((struct kg_functions *)self)->bundled[worker];
	for (size_t i = 0; i < count; i++) {
		const struct bundled_call *call = &calls[i];
		if (call->func_id >= table->rows.count) {
			if (call->func_id == KG_NO_FUNC)
				continue;
			if (!column_reach(&table->rows, call->func_id))
				return KG_NOMEM;
		}
		enum kg_status status = count_call(&table->rows.at[call->func_id], call, line_no);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

static uint64_t counted(const void *self, kg_func_id func_id)
{
	const struct kg_functions *functions = self;
	uint64_t count = 0;
	for (size_t i = 0; i < BUNDLE_WORKERS; i++) {
		const struct function_table *table = &functions->bundled[i];
		if (func_id < table->rows.count)
			count += table->rows.at[func_id].durations.count;
	}
	return count;
}

/* Puts what the workers have counted to the rest. False when memory is out. */
static bool merge_bundled(struct kg_functions *functions)
{
	for (size_t i = 0; i < BUNDLE_WORKERS; i++) {
		struct function_table *table = &functions->bundled[i];
		if (table->rows.count > 0 &&
		    !reach_function(functions, (kg_func_id)(table->rows.count - 1)))
			return false;
		for (size_t id = 0; id < table->rows.count; id++) {
			if (function_merge(&functions->table.rows.at[id], &table->rows.at[id]) !=
			    KG_OK)
				return false;
		}
	}
	return true;
}

static const struct kg_bundler bundler = {
	.wish = wish_nothing,
	.take = take_bundle,
	.count = count_calls,
	.counted = counted,
};

/* ---- the report ------------------------------------------------------------------------------ */

/* The largest number whose square is not larger. */
static uint64_t square_root(unsigned __int128 square)
{
	uint64_t root = 0;
	for (uint64_t bit = UINT64_C(1) << 63; bit != 0; bit >>= 1) {
		uint64_t tried = root | bit;
		if ((unsigned __int128)tried * tried <= square)
			root = tried;
	}
	return root;
}

/*
 * The standard deviation of all calls, rounded to the nearest.
 *
 * With the mean split into quotient and remainder, sum = count * quotient + remainder, the squared
 * distances from the quotient sum up to
 *	near = square_sum - quotient * (sum + remainder)
 * and those from the mean to near - remainder^2 / count. Four times the variance, rounded down,
 * decides how its root rounds: r is to be rounded up to k + 1 if 4 r^2 >= (2 k + 1)^2.
 */
static uint64_t deviation(const struct function_sums *function)
{
	uint64_t count = function->durations.count;
	if (count == 0)
		return 0;
	unsigned __int128 sum = function->sum_ns;
	unsigned __int128 quotient = sum / count;
	unsigned __int128 remainder = sum % count;
	unsigned __int128 near = function->square_sum - quotient * (sum + remainder);
	unsigned __int128 surplus = (4 * remainder * remainder + count - 1) / count;
	unsigned __int128 four_variances = (4 * near - surplus) / count;
	return (square_root(four_variances) + 1) / 2;
}

/* What a histogram tells may be less than any of its values. */
static uint64_t quantile_of(struct function_sums *function, unsigned int percent)
{
	const uint64_t ns = histogram_quantile(&function->durations, percent);
	return ns > function->min_ns ? ns : function->min_ns;
}

static struct kg_function_timing timing_of(struct function_sums *function, kg_func_id func_id)
{
	return (struct kg_function_timing){
		.func_id = func_id,
		.calls = function->durations.count + function->untimed,
		.incomplete = function->incomplete,
		.total_ns = function->sum_ns - function->nested_ns,
		.self_ns = function->self_ns,
		.min_ns = function->min_ns,
		.max_ns = function->max_ns,
		.max_line = function->max_line,
		.mean_ns = sum_mean(function->sum_ns, function->durations.count),
		.stddev_ns = deviation(function),
		.p50_ns = quantile_of(function, 50),
		.p90_ns = quantile_of(function, 90),
		.p99_ns = quantile_of(function, 99),
		.percentiles_exact = histogram_is_exact(&function->durations),
	};
}

static int compare_rows(const void *a, const void *b, void *funcs)
{
	const struct kg_function_timing *left = a;
	const struct kg_function_timing *right = b;
	if (left->total_ns != right->total_ns)
		return left->total_ns < right->total_ns ? 1 : -1;
	const struct kg_func *left_func = kg_funcs_get(funcs, left->func_id);
	const struct kg_func *right_func = kg_funcs_get(funcs, right->func_id);
	int order = strcmp(left_func->name, right_func->name);
	return order != 0 ? order : strcmp(left_func->module, right_func->module);
}

enum kg_status kg_functions_report(struct kg_functions *functions, struct kg_functions_report *out)
{
	functions->rows.count = 0;
	if (!merge_bundled(functions))
		return KG_NOMEM;
	for (size_t i = 0; i < functions->table.rows.count; i++) {
		struct function_sums *function = &functions->table.rows.at[i];
		if (function->durations.count + function->untimed + function->incomplete == 0)
			continue;
		if (!column_push(&functions->rows, timing_of(function, (kg_func_id)i)))
			return KG_NOMEM;
	}
	if (functions->rows.count > 0)
		qsort_r(functions->rows.at, functions->rows.count, sizeof(*functions->rows.at),
			compare_rows, (void *)(uintptr_t)functions->funcs);
	*out = (struct kg_functions_report){
		.rows = functions->rows.at,
		.row_count = functions->rows.count,
	};
	return KG_OK;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

enum kg_status kg_functions_new(const struct kg_funcs *funcs, struct kg_functions **out)
{
	struct kg_functions *functions = memory_zalloc(sizeof(*functions));
	if (functions == NULL)
		return KG_NOMEM;
	functions->funcs = funcs;
	*out = functions;
	return KG_OK;
}

struct kg_call_sink kg_functions_sink(struct kg_functions *functions)
{
	return (struct kg_call_sink){
		.self = functions,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = kg_sink_ignore_gap,
		.done = kg_sink_ignore_done,
		.bundler = &bundler,
	};
}

static void table_release(struct function_table *table)
{
	for (size_t i = 0; i < table->rows.count; i++)
		histogram_release(&table->rows.at[i].durations);
	column_release(&table->rows);
}

void kg_functions_free(struct kg_functions *functions)
{
	if (functions == NULL)
		return;
	table_release(&functions->table);
	for (size_t i = 0; i < BUNDLE_WORKERS; i++)
		table_release(&functions->bundled[i]);
	for (size_t i = 0; i < functions->lanes.count; i++)
		column_release(&functions->lanes.at[i].levels);
	column_release(&functions->open_counts);
	column_release(&functions->lanes);
	column_release(&functions->rows);
	memory_free(functions);
}

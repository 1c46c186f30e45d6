/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows who calls whom, and which functions come unasked. */
#include "analyse/learn_callers.h"

#include <string.h>

#include "base/banned.h"

/* "caller calls callee": in how many of its calls. */
struct edge {
	uint64_t key; /* caller and callee, plus 1; 0: free */
	uint64_t times;
};

struct edges {
	struct edge *slots;
	size_t count;
	size_t mask;
};

static struct edge *find_edge(const struct edges *edges, uint64_t key)
{
	size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & edges->mask;
	while (edges->slots[i].key != 0 && edges->slots[i].key != key)
		i = (i + 1) & edges->mask;
	return &edges->slots[i];
}

static bool grow_edges(struct edges *edges)
{
	const struct edges old = *edges;
	const size_t cap = old.slots == NULL ? 1024 : 2 * (old.mask + 1);
	edges->slots = memory_zalloc(cap * sizeof(*edges->slots));
	if (edges->slots == NULL) {
		*edges = old;
		return false;
	}
	edges->mask = cap - 1;
	for (size_t i = 0; old.slots != NULL && i <= old.mask; i++) {
		if (old.slots[i].key != 0)
			*find_edge(edges, old.slots[i].key) = old.slots[i];
	}
	memory_free(old.slots);
	return true;
}

static bool add_edge(struct edges *edges, uint32_t caller, uint32_t callee, uint64_t times)
{
	const uint64_t key = (((uint64_t)caller << 32) | callee) + 1;
	if ((edges->slots == NULL || edges->count * 2 > edges->mask) && !grow_edges(edges))
		return false;
	struct edge *edge = find_edge(edges, key);
	edges->count += edge->key == 0;
	edge->key = key;
	edge->times += times;
	return true;
}

/* ---- how often each shape was there ---------------------------------------------------------- */

static bool count_shapes(const struct kg_learn *learn, struct learn_callers *callers)
{
	const struct shapes *shapes = &learn->shapes;
	if (shapes->rows.count > 0 && !column_reach(&callers->times, shapes->rows.count - 1))
		return false;
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		for (size_t i = 0; i < trace->tasks.count; i++) {
			const struct learn_task *task = &trace->tasks.at[i];
			for (size_t j = 0; j < task->steps.count; j++) {
				const struct learn_step *step = &task->steps.at[j];
				if (step->shape != NO_SHAPE)
					callers->times.at[step->shape] += step->times;
			}
		}
	}
	/* a caller has a larger id than what it calls */
	for (size_t id = shapes->rows.count; id-- > 0;) {
		const shape_id *children = shape_children(shapes, (shape_id)id);
		for (uint32_t i = 0; i < shapes->rows.at[id].count; i++)
			callers->times.at[children[i]] += callers->times.at[id];
	}
	return true;
}

static bool measure_shapes(const struct kg_learn *learn, struct learn_callers *callers)
{
	const struct shapes *shapes = &learn->shapes;
	if (shapes->rows.count > 0 && !column_reach(&callers->sizes, shapes->rows.count - 1))
		return false;
	for (size_t id = 0; id < shapes->rows.count; id++) {
		const shape_id *children = shape_children(shapes, (shape_id)id);
		callers->sizes.at[id] = 1;
		for (uint32_t i = 0; i < shapes->rows.at[id].count; i++)
			callers->sizes.at[id] += callers->sizes.at[children[i]];
	}
	return true;
}

/* ---- who calls whom -------------------------------------------------------------------------- */

/* seen[name] is the last shape, plus 1, that had the name directly below. */
static bool add_edges(const struct kg_learn *learn, struct learn_callers *callers,
		      struct edges *edges, uint64_t *calls, uint32_t *seen)
{
	const struct shapes *shapes = &learn->shapes;
	for (size_t id = 0; id < shapes->rows.count; id++) {
		const struct shape *shape = &shapes->rows.at[id];
		const shape_id *children = shape_children(shapes, (shape_id)id);
		const uint64_t times = callers->times.at[id];
		calls[shape->name] += times;
		callers->rows.at[shape->name].has_callees |= shape->count > 0;
		for (uint32_t i = 0; i < shape->count && times > 0; i++) {
			const uint32_t callee = shapes_get(shapes, children[i])->name;
			if (seen[callee] == id + 1)
				continue;
			seen[callee] = (uint32_t)id + 1;
			if (!add_edge(edges, shape->name, callee, times))
				return false;
		}
	}
	return true;
}

static void sum_up(struct learn_callers *callers, const struct edges *edges, const uint64_t *calls)
{
	for (size_t i = 0; edges->slots != NULL && i <= edges->mask; i++) {
		const struct edge *edge = &edges->slots[i];
		if (edge->key == 0)
			continue;
		struct name_callers *row = &callers->rows.at[(uint32_t)(edge->key - 1)];
		row->caller_count++;
		row->caller = (uint32_t)((edge->key - 1) >> 32);
		row->with += edge->times;
		row->total += calls[(edge->key - 1) >> 32];
	}
}

/* ---- which come unasked ---------------------------------------------------------------------- */

/*
 * What an interrupt calls is below whatever it interrupts, now and then, and in the idle task below
 * nothing.
 */
static bool is_shy(const struct kg_learn *learn, const struct name_callers *row, uint32_t name)
{
	const struct learn_name *info = &learn->name_infos.at[name];
	bool is_idle_root = false;
	bool is_nested = false;
	bool is_torn = false;
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_count count = learn_count_of(&learn->traces.at[t], name);
		is_idle_root |= count.is_idle_root;
		is_nested |= count.is_nested;
		is_torn |= count.is_torn && learn->traces.at[t].lack.is_whole;
	}
	return !info->is_plain || info->is_ignored || is_torn || (is_idle_root && is_nested) ||
	       (row->caller_count >= 3 && row->with < row->total / 4);
}

enum kg_status callers_find(const struct kg_learn *learn, struct learn_callers *out)
{
	const size_t count = learn->name_infos.count;
	struct edges edges = { 0 };
	if (count == 0)
		return KG_OK;
	uint64_t *calls = memory_zalloc(count * sizeof(*calls));
	uint32_t *seen = memory_zalloc(count * sizeof(*seen));
	const bool is_done = calls != NULL && seen != NULL && column_reach(&out->rows, count - 1) &&
			     count_shapes(learn, out) && measure_shapes(learn, out) &&
			     add_edges(learn, out, &edges, calls, seen);
	if (is_done) {
		sum_up(out, &edges, calls);
		for (uint32_t name = 0; name < count; name++)
			out->rows.at[name].is_shy = is_shy(learn, &out->rows.at[name], name);
	}
	memory_free(edges.slots);
	memory_free(calls);
	memory_free(seen);
	return is_done ? KG_OK : KG_NOMEM;
}

void callers_release(struct learn_callers *callers)
{
	column_release(&callers->rows);
	column_release(&callers->times);
	column_release(&callers->sizes);
}

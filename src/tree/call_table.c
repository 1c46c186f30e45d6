/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows every call of a trace, and which of them are seen below which. */
#include <kvmgraph/tree.h>

#include "base/assert.h"
#include "base/column.h"
#include "base/memory.h"
#include "base/banned.h"

#define NO_ROW UINT32_MAX

/*
 * Ids are given in the order in which calls are entered, callers before their callees even where
 * the trace shows a caller only when it ends. So the order of ids is the order of rows.
 */
struct kg_call_table {
	COLUMN(struct kg_call) calls; /* by id; what is not in the trace is hidden */
	COLUMN(uint32_t) ids;	      /* by row: which call it is */
	COLUMN(uint32_t) parents;     /* by row: row of the parent, or NO_ROW */
};

/*
 * Makes an id valid. An id without a call yet is a caller that has only been named; until it turns
 * up it is hidden.
 */
static bool reach_call(struct kg_call_table *table, kg_call_id id)
{
	const struct kg_call named = { .parent_id = KG_NO_CALL, .flags = KG_CALL_HIDDEN };
	if (id >= NO_ROW)
		return false;
	while (table->calls.count <= id) {
		if (!column_push(&table->calls, named))
			return false;
	}
	return true;
}

static enum kg_status take_call(void *self, const struct kg_call *call)
{
	struct kg_call_table *table = self;
	if (!reach_call(table, call->id))
		return KG_NOMEM;
	table->calls.at[call->id] = *call;
	return KG_OK;
}

static enum kg_status take_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	struct kg_call_table *table = self;
	if (!reach_call(table, id))
		return KG_NOMEM;
	table->calls.at[id].parent_id = parent_id;
	return KG_OK;
}

/*
 * Gives every call that is not hidden a row. nearest has, by id, the row of the call itself or else
 * of the nearest caller that has one.
 */
static bool make_rows(struct kg_call_table *table, uint32_t *nearest)
{
	for (size_t id = 0; id < table->calls.count; id++) {
		const struct kg_call *call = &table->calls.at[id];
		uint32_t parent = NO_ROW;
		if (call->parent_id != KG_NO_CALL) {
			KG_ASSERT(call->parent_id < id);
			parent = nearest[call->parent_id];
		}
		nearest[id] = parent;
		if ((call->flags & KG_CALL_HIDDEN) != 0)
			continue;
		nearest[id] = (uint32_t)table->ids.count;
		if (!column_push(&table->ids, (uint32_t)id) ||
		    !column_push(&table->parents, parent))
			return false;
	}
	return true;
}

static enum kg_status take_done(void *self)
{
	struct kg_call_table *table = self;
	if (table->calls.count == 0)
		return KG_OK;
	uint32_t *nearest = memory_alloc(table->calls.count * sizeof(*nearest));
	if (nearest == NULL)
		return KG_NOMEM;
	bool is_done = make_rows(table, nearest);
	memory_free(nearest);
	return is_done ? KG_OK : KG_NOMEM;
}

enum kg_status kg_call_table_new(struct kg_call_table **out)
{
	struct kg_call_table *table = memory_zalloc(sizeof(*table));
	if (table == NULL)
		return KG_NOMEM;
	*out = table;
	return KG_OK;
}

struct kg_call_sink kg_call_table_sink(struct kg_call_table *table)
{
	return (struct kg_call_sink){
		.self = table,
		.opened = take_call,
		.closed = take_call,
		.vanished = take_vanished,
		.gap = kg_sink_ignore_gap,
		.done = take_done,
	};
}

size_t kg_call_table_count(const struct kg_call_table *table)
{
	return table->ids.count;
}

size_t kg_call_table_parent(const struct kg_call_table *table, size_t row)
{
	uint32_t parent = table->parents.at[row];
	return parent == NO_ROW ? SIZE_MAX : parent;
}

const struct kg_call *kg_call_table_get(const struct kg_call_table *table, size_t row)
{
	return &table->calls.at[table->ids.at[row]];
}

void kg_call_table_free(struct kg_call_table *table)
{
	if (table == NULL)
		return;
	column_release(&table->calls);
	column_release(&table->ids);
	column_release(&table->parents);
	memory_free(table);
}

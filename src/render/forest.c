/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how to walk the calls of a table without recursion. */
#include "render/forest.h"

#include "base/memory.h"
#include "base/banned.h"

static size_t *new_links(size_t count)
{
	size_t bytes;
	/* one more: none is a size too */
	if (__builtin_mul_overflow(count + 1, sizeof(size_t), &bytes))
		return NULL;
	size_t *links = memory_alloc(bytes);
	for (size_t i = 0; links != NULL && i < count; i++)
		links[i] = FOREST_END;
	return links;
}

enum kg_status forest_plant(struct forest *forest, const struct kg_call_table *table,
			    uint32_t task_count)
{
	const size_t count = kg_call_table_count(table);
	struct forest planted = {
		.table = table,
		.first_child = new_links(count),
		.next = new_links(count),
		.first_root = new_links(task_count),
	};
	if (planted.first_child == NULL || planted.next == NULL || planted.first_root == NULL) {
		forest_release(&planted);
		return KG_NOMEM;
	}
	/* from the last to the first, so that each list ends up in order */
	for (size_t row = count; row-- > 0;) {
		size_t parent = kg_call_table_parent(table, row);
		size_t *head =
			parent != SIZE_MAX
				? &planted.first_child[parent]
				: &planted.first_root[kg_call_table_get(table, row)->task_id];
		planted.next[row] = *head;
		*head = row;
	}
	*forest = planted;
	return KG_OK;
}

void forest_release(struct forest *forest)
{
	memory_free(forest->first_child);
	memory_free(forest->next);
	memory_free(forest->first_root);
	*forest = (struct forest){ 0 };
}

bool forest_starts_task(const struct forest *forest, size_t row)
{
	return kg_call_table_parent(forest->table, row) == SIZE_MAX &&
	       forest->first_root[kg_call_table_get(forest->table, row)->task_id] == row;
}

size_t forest_next(const struct forest *forest, size_t row, uint32_t *level)
{
	if (forest->first_child[row] != FOREST_END) {
		++*level;
		return forest->first_child[row];
	}
	while (forest->next[row] == FOREST_END && *level > 0) {
		row = kg_call_table_parent(forest->table, row);
		--*level;
	}
	return forest->next[row];
}

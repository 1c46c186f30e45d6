/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows an order of paths in which it does not matter which run was read first. */
#include "analyse/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* ---- siblings -------------------------------------------------------------------------------- */

static int compare_orders(uint32_t a, uint32_t b)
{
	/* what was never seen comes last */
	return (a - 1 > b - 1) - (a - 1 < b - 1);
}

static int compare_siblings(const void *a, const void *b, void *self)
{
	const struct paths *paths = self;
	const struct path_node *left = &paths->nodes.at[*(const uint32_t *)a];
	const struct path_node *right = &paths->nodes.at[*(const uint32_t *)b];
	for (int side = 0; side < KG_SIDE_COUNT; side++) {
		const int order = compare_orders(left->orders[side], right->orders[side]);
		if (order != 0)
			return order;
	}
	return strcmp(renames_text(&paths->names, left->key),
		      renames_text(&paths->names, right->key));
}

bool paths_sort(struct paths *paths)
{
	COLUMN(uint32_t) sorted = { 0 };
	const size_t count = paths->nodes.count;
	if (!column_reserve(&sorted, count))
		return false;
	paths->first_root = paths->last_root = NO_PATH;
	for (uint32_t node = 0; node < count; node++) {
		struct path_node *row = &paths->nodes.at[node];
		row->first_child = row->last_child = row->next_sibling = NO_PATH;
		sorted.at[sorted.count++] = node;
	}
	if (count > 1)
		qsort_r(sorted.at, count, sizeof(*sorted.at), compare_siblings, paths);
	for (size_t i = 0; i < count; i++)
		paths_link(paths, sorted.at[i]);
	column_release(&sorted);
	return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

struct numbers {
	COLUMN(uint32_t) by_node; /* its new number */
	COLUMN(struct path_node) nodes;
};

static uint32_t number_of(const struct numbers *numbers, uint32_t node)
{
	return node == NO_PATH ? NO_PATH : numbers->by_node.at[node];
}

static bool number_nodes(const struct paths *paths, struct numbers *numbers)
{
	if (!column_reach(&numbers->by_node, paths->nodes.count - 1))
		return false;
	for (uint32_t root = paths->first_root; root != NO_PATH;
	     root = paths->nodes.at[root].next_sibling) {
		for (uint32_t node = root; node != NO_PATH;
		     node = paths_next_below(paths, root, node)) {
			numbers->by_node.at[node] = (uint32_t)numbers->nodes.count;
			if (!column_push(&numbers->nodes, paths->nodes.at[node]))
				return false;
		}
	}
	return true;
}

static bool renumber_nodes(struct paths *paths, struct numbers *numbers)
{
	struct path_slots slots = { 0 };
	for (uint32_t i = 0; i < numbers->nodes.count; i++) {
		struct path_node *node = &numbers->nodes.at[i];
		uint32_t *const links[] = { &node->parent, &node->first_child, &node->last_child,
					    &node->next_sibling, &node->root };
		for (size_t k = 0; k < sizeof(links) / sizeof(links[0]); k++)
			*links[k] = number_of(numbers, *links[k]);
		if (!slots_add(&slots, node->parent, node->key, i)) {
			slots_release(&slots);
			return false;
		}
	}
	memcpy(paths->nodes.at, numbers->nodes.at, numbers->nodes.count * sizeof(*paths->nodes.at));
	slots_release(&paths->slots);
	paths->slots = slots;
	paths->first_root = number_of(numbers, paths->first_root);
	paths->last_root = number_of(numbers, paths->last_root);
	return true;
}

static bool renumber_run(struct path_run *run, const struct numbers *numbers)
{
	struct path_run fresh = { .side = run->side, .is_rest = run->is_rest };
	const size_t last = numbers->nodes.count - 1;
	if (!column_reach(&fresh.samples, last) || !column_reach(&fresh.passes, last) ||
	    (run->is_rest && !column_reach(&fresh.bounds, last))) {
		run_release(&fresh);
		return false;
	}
	for (uint32_t node = 0; node < numbers->nodes.count; node++) {
		fresh.samples.at[numbers->by_node.at[node]] = run_sample(run, node);
		fresh.passes.at[numbers->by_node.at[node]] = run_passes(run, node);
	}
	for (uint32_t node = 0; node < run->bounds.count; node++)
		fresh.bounds.at[numbers->by_node.at[node]] = run->bounds.at[node];
	run_release(run);
	*run = fresh;
	return true;
}

bool paths_arrange(struct paths *paths)
{
	struct numbers numbers = { 0 };
	if (paths->nodes.count == 0)
		return true;
	bool is_done = paths_sort(paths) && number_nodes(paths, &numbers);
	for (size_t i = 0; i < paths->runs.count && is_done; i++)
		is_done = renumber_run(&paths->runs.at[i], &numbers);
	is_done = is_done && renumber_nodes(paths, &numbers);
	column_release(&numbers.by_node);
	column_release(&numbers.nodes);
	return is_done;
}

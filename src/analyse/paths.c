/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how call paths are kept and found, and how a side's part of them is moved. */
#include "analyse/paths.h"

#include <string.h>

#include "analyse/sum.h"
#include "base/assert.h"
#include "base/banned.h"

/* ---- finding --------------------------------------------------------------------------------- */

uint32_t paths_find(const struct paths *paths, uint32_t parent, uint32_t key)
{
	return slots_find(&paths->slots, parent, key);
}

void paths_link(struct paths *paths, uint32_t node)
{
	const uint32_t parent = paths->nodes.at[node].parent;
	uint32_t *first = &paths->first_root;
	uint32_t *last = &paths->last_root;
	if (parent != NO_PATH) {
		first = &paths->nodes.at[parent].first_child;
		last = &paths->nodes.at[parent].last_child;
	}
	if (*last == NO_PATH)
		*first = node;
	else
		paths->nodes.at[*last].next_sibling = node;
	*last = node;
}

uint32_t paths_add(struct paths *paths, uint32_t parent, uint32_t key)
{
	uint32_t node = paths_find(paths, parent, key);
	if (node != NO_PATH)
		return node;
	node = (uint32_t)paths->nodes.count;
	const struct path_node fresh = {
		.key = key,
		.parent = parent,
		.first_child = NO_PATH,
		.last_child = NO_PATH,
		.next_sibling = NO_PATH,
		.names = { NO_KEY, NO_KEY },
		.root = parent == NO_PATH ? node : paths->nodes.at[parent].root,
		.level = parent == NO_PATH ? 0 : paths->nodes.at[parent].level + 1,
		.top = NO_KEY,
		.kind = KG_PHASE_KIND_COUNT,
	};
	if (!column_reserve(&paths->nodes, paths->nodes.count + 1) ||
	    !slots_add(&paths->slots, parent, key, node))
		return NO_PATH;
	paths->nodes.at[paths->nodes.count++] = fresh;
	paths_link(paths, node);
	return node;
}

static void take_first_name(const struct paths *paths, uint32_t *known, uint32_t name)
{
	if (*known == NO_KEY || (*known != name && strcmp(renames_text(&paths->names, name),
							  renames_text(&paths->names, *known)) < 0))
		*known = name;
}

void paths_name(struct paths *paths, uint32_t node, enum kg_diff_side side, uint32_t name)
{
	take_first_name(paths, &paths->nodes.at[node].names[side], name);
}

void paths_name_top(struct paths *paths, uint32_t root, uint32_t name)
{
	take_first_name(paths, &paths->nodes.at[root].top, name);
}

void paths_note_order(struct paths *paths, uint32_t node, enum kg_diff_side side, uint32_t order)
{
	uint32_t *known = &paths->nodes.at[node].orders[side];
	if (*known == 0 || order < *known)
		*known = order;
}

void paths_note_orders(struct paths *paths, struct path_run *run)
{
	for (uint32_t node = 0; node < run->orders.count; node++) {
		if (run->orders.at[node] > 0)
			paths_note_order(paths, node, run->side, run->orders.at[node]);
	}
	column_release(&run->orders);
}

/* ---- what a side has at a node --------------------------------------------------------------- */

static uint32_t count_add(uint32_t a, uint32_t b)
{
	return sum_cut((uint64_t)a + b);
}

bool run_add(struct path_run *run, uint32_t node, const struct path_sample *more)
{
	if (!column_reach(&run->samples, node))
		return false;
	struct path_sample *sample = &run->samples.at[node];
	if (more->count > 0 && (sample->count == 0 || more->least_ns < sample->least_ns))
		sample->least_ns = more->least_ns;
	sample->self_ns = sum_add(sample->self_ns, more->self_ns);
	sample->count = sum_add(sample->count, more->count);
	sample->incomplete = count_add(sample->incomplete, more->incomplete);
	sample->waits = count_add(sample->waits, more->waits);
	return true;
}

void run_release(struct path_run *run)
{
	column_release(&run->samples);
	column_release(&run->totals);
	column_release(&run->passes);
	column_release(&run->orders);
	column_release(&run->bounds);
}

/* What was least at two places is least, or less, where both are one; the same of most. */
static void move_bounds(struct path_run *run, uint32_t from, uint32_t to, bool own_time_only)
{
	if (from >= run->bounds.count)
		return;
	const struct path_bounds moved = run->bounds.at[from];
	run->bounds.at[from] = (struct path_bounds){ 0 };
	if (own_time_only)
		return;
	run->bounds.at[to].least = count_add(run->bounds.at[to].least, moved.least);
	run->bounds.at[to].most = count_add(run->bounds.at[to].most, moved.most);
}

/* Moves what a side has at one node, not below it, to another. own_time_only: no counts. */
static bool move_samples(struct paths *paths, uint32_t from, uint32_t to, enum kg_diff_side side,
			 bool own_time_only)
{
	for (size_t i = 0; i < paths->runs.count; i++) {
		struct path_run *run = &paths->runs.at[i];
		if (run->side != side || from >= run->samples.count)
			continue;
		struct path_sample sample = run->samples.at[from];
		if (own_time_only)
			sample.count = 0;
		run->samples.at[from] = (struct path_sample){ 0 };
		if (!run_add(run, to, &sample) || (run->is_rest && !column_reach(&run->bounds, to)))
			return false;
		if (own_time_only && sample.self_ns > 0)
			run->samples.at[to].least_ns = 0; /* who had how much of it? */
		move_bounds(run, from, to, own_time_only);
	}
	struct path_node *source = &paths->nodes.at[from];
	struct path_node *target = &paths->nodes.at[to];
	if (!own_time_only && target->names[side] == NO_KEY) {
		target->names[side] = source->names[side];
		target->orders[side] = source->orders[side];
	}
	source->names[side] = NO_KEY;
	return true;
}

uint32_t paths_next_below(const struct paths *paths, uint32_t top, uint32_t node)
{
	if (paths->nodes.at[node].first_child != NO_PATH)
		return paths->nodes.at[node].first_child;
	while (node != top && paths->nodes.at[node].next_sibling == NO_PATH)
		node = paths->nodes.at[node].parent;
	return node == top ? NO_PATH : paths->nodes.at[node].next_sibling;
}

bool paths_merge(struct paths *paths, uint32_t from, uint32_t to, enum kg_diff_side side)
{
	/* where each node of the path that is being walked goes to */
	COLUMN(uint32_t) targets = { 0 };
	bool is_done = true;
	for (uint32_t node = from; node != NO_PATH && is_done;
	     node = paths_next_below(paths, from, node)) {
		const size_t level = paths->nodes.at[node].level - paths->nodes.at[from].level;
		uint32_t target = to;
		if (level > 0)
			target = paths_add(paths, targets.at[level - 1], paths->nodes.at[node].key);
		targets.count = level;
		is_done = target != NO_PATH && column_push(&targets, target) &&
			  move_samples(paths, node, target, side, false);
	}
	column_release(&targets);
	return is_done;
}

bool paths_dissolve(struct paths *paths, uint32_t node, enum kg_diff_side side)
{
	const uint32_t parent = paths->nodes.at[node].parent;
	KG_ASSERT(parent != NO_PATH);
	if (!move_samples(paths, node, parent, side, true))
		return false;
	/* children are added to the parent while this walks, behind the node's own */
	for (uint32_t child = paths->nodes.at[node].first_child; child != NO_PATH;
	     child = paths->nodes.at[child].next_sibling) {
		const uint32_t target = paths_add(paths, parent, paths->nodes.at[child].key);
		if (target == NO_PATH || !paths_merge(paths, child, target, side))
			return false;
	}
	return true;
}

bool run_sum(const struct paths *paths, struct path_run *run)
{
	run->totals.count = 0;
	if (paths->nodes.count == 0 || !column_reach(&run->totals, paths->nodes.count - 1))
		return paths->nodes.count == 0;
	memset(run->totals.at, 0, run->totals.count * sizeof(*run->totals.at));
	for (size_t node = paths->nodes.count; node-- > 0;) {
		uint64_t *total = &run->totals.at[node];
		*total = sum_add(*total, run_sample(run, (uint32_t)node).self_ns);
		const uint32_t parent = paths->nodes.at[node].parent;
		if (parent != NO_PATH)
			run->totals.at[parent] = sum_add(run->totals.at[parent], *total);
	}
	return true;
}

bool paths_sum(struct paths *paths)
{
	for (size_t i = 0; i < paths->runs.count; i++) {
		if (!run_sum(paths, &paths->runs.at[i]))
			return false;
	}
	return true;
}

/* ---- another tree ---------------------------------------------------------------------------- */

/* The id that a name of another tree has here; NO_KEY stays what it is. */
static bool adopt_name(struct paths *paths, const struct paths *from, uint32_t name, uint32_t *out)
{
	*out = NO_KEY;
	if (name != NO_KEY)
		*out = renames_add(&paths->names, renames_text(&from->names, name));
	return name == NO_KEY || *out != INTERN_NONE;
}

static uint32_t adopt_node(struct paths *paths, enum kg_diff_side side, const struct paths *from,
			   const struct path_node *row, uint32_t parent)
{
	uint32_t key;
	uint32_t name;
	uint32_t top;
	if (!adopt_name(paths, from, row->key, &key) ||
	    !adopt_name(paths, from, row->names[KG_SIDE_OLD], &name) ||
	    !adopt_name(paths, from, row->top, &top))
		return NO_PATH;
	const uint32_t node = paths_add(paths, parent, renames_key(&paths->names, key));
	if (node == NO_PATH)
		return NO_PATH;
	if (name != NO_KEY)
		paths_name(paths, node, side, name);
	if (top != NO_KEY)
		paths_name_top(paths, node, top);
	if (row->orders[KG_SIDE_OLD] > 0)
		paths_note_order(paths, node, side, row->orders[KG_SIDE_OLD]);
	struct path_node *to = &paths->nodes.at[node];
	if (row->kind != KG_PHASE_KIND_COUNT) {
		to->kind = row->kind;
		to->reason = row->reason;
		to->is_first = row->is_first;
	}
	to->is_aside |= row->is_aside;
	return node;
}

bool paths_adopt(struct paths *paths, enum kg_diff_side side, const struct paths *from,
		 uint32_t *map)
{
	for (size_t i = 0; i < from->nodes.count; i++) {
		const struct path_node *row = &from->nodes.at[i];
		const uint32_t parent = row->parent != NO_PATH ? map[row->parent] : NO_PATH;
		map[i] = adopt_node(paths, side, from, row, parent);
		if (map[i] == NO_PATH)
			return false;
	}
	return true;
}

bool run_adopt(struct path_run *run, const struct path_run *from, const uint32_t *map)
{
	for (size_t i = 0; i < from->samples.count; i++) {
		const struct path_sample *sample = &from->samples.at[i];
		if ((sample->count > 0 || sample->incomplete > 0) && !run_add(run, map[i], sample))
			return false;
	}
	return true;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

enum kg_status paths_init(struct paths *paths)
{
	*paths = (struct paths){ .first_root = NO_PATH, .last_root = NO_PATH };
	return renames_init(&paths->names);
}

void paths_release(struct paths *paths)
{
	for (size_t i = 0; i < paths->runs.count; i++)
		run_release(&paths->runs.at[i]);
	column_release(&paths->runs);
	column_release(&paths->nodes);
	slots_release(&paths->slots);
	renames_release(&paths->names);
}

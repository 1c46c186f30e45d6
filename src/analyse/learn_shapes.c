/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how each shape of a call is kept once. */
#include "analyse/learn_shapes.h"

#include <string.h>

#include "base/banned.h"

#define FIRST_SLOTS 1024

static uint32_t hash_of(uint32_t name, const shape_id *children, size_t count)
{
	uint64_t hash = (name + UINT64_C(1)) * 0x9e3779b97f4a7c15u;
	for (size_t i = 0; i < count; i++) {
		hash = (hash ^ children[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash >> 32);
}

/* Where a shape is, or where it would go. */
static shape_id *find_slot(const struct shapes *shapes, uint32_t hash, uint32_t name,
			   const shape_id *children, size_t count)
{
	for (uint32_t i = hash & shapes->slot_mask;; i = (i + 1) & shapes->slot_mask) {
		shape_id *slot = &shapes->slots[i];
		if (*slot == NO_SHAPE)
			return slot;
		const struct shape *shape = shapes_get(shapes, *slot);
		if (shape->hash == hash && shape->name == name && shape->count == count &&
		    (count == 0 || memcmp(shape_children(shapes, *slot), children,
					  count * sizeof(*children)) == 0))
			return slot;
	}
}

static bool grow_slots(struct shapes *shapes)
{
	const size_t count =
		shapes->slots == NULL ? FIRST_SLOTS : 2 * (size_t)shapes->slot_mask + 2;
	shape_id *slots = memory_alloc(count * sizeof(*slots));
	if (slots == NULL)
		return false;
	memset(slots, 0xff, count * sizeof(*slots));
	memory_free(shapes->slots);
	shapes->slots = slots;
	shapes->slot_mask = (uint32_t)count - 1;
	for (size_t id = 0; id < shapes->rows.count; id++) {
		uint32_t i = shapes->rows.at[id].hash & shapes->slot_mask;
		while (slots[i] != NO_SHAPE)
			i = (i + 1) & shapes->slot_mask;
		slots[i] = (shape_id)id;
	}
	return true;
}

static bool has_room(const struct shapes *shapes, size_t count)
{
	const uint32_t limit = shapes->row_limit != 0 ? shapes->row_limit : SHAPES_MAX;
	return shapes->rows.count < limit && count <= SHAPE_CHILDREN_MAX - shapes->children.count;
}

/* Keeps a shape that is new. */
static bool keep(struct shapes *shapes, const struct shape *shape, const shape_id *children)
{
	if (!column_reserve(&shapes->children, shapes->children.count + shape->count) ||
	    !column_push(&shapes->rows, *shape))
		return false;
	if (shape->count > 0)
		memcpy(shapes->children.at + shapes->children.count, children,
		       shape->count * sizeof(*children));
	shapes->children.count += shape->count;
	return true;
}

bool shapes_add(struct shapes *shapes, uint32_t name, const shape_id *children, size_t count,
		shape_id *out)
{
	uint64_t below = 0;
	*out = NO_SHAPE;
	if (shapes->rows.count * 2 >= shapes->slot_mask && !grow_slots(shapes))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (children[i] == NO_SHAPE)
			return true;
		const struct shape *child = shapes_get(shapes, children[i]);
		below |= child->below | shape_class(child->name);
	}
	const uint32_t hash = hash_of(name, children, count);
	shape_id *slot = find_slot(shapes, hash, name, children, count);
	if (*slot != NO_SHAPE) {
		*out = *slot;
		return true;
	}
	if (!has_room(shapes, count))
		return true;
	const struct shape shape = { .below = below,
				     .name = name,
				     .hash = hash,
				     .first = (uint32_t)shapes->children.count,
				     .count = (uint32_t)count };
	if (!keep(shapes, &shape, children))
		return false;
	*slot = *out = (shape_id)(shapes->rows.count - 1);
	return true;
}

void shapes_release(struct shapes *shapes)
{
	column_release(&shapes->rows);
	column_release(&shapes->children);
	memory_free(shapes->slots);
	shapes->slots = NULL;
}

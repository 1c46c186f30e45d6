/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shapes: what calls called, each kept once however often it was called.
 *
 * A shape is a name and the shapes of the calls directly below, in order. Equal shapes have the
 * same id, and those below have smaller ids than those above. A zeroed struct is empty.
 */
#ifndef ANALYSE_LEARN_SHAPES_H
#define ANALYSE_LEARN_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/column.h"

typedef uint32_t shape_id;
#define NO_SHAPE UINT32_MAX

/* Beyond these nothing new is kept: some 100 MiB in all. */
#define SHAPES_MAX (UINT32_C(1) << 20)
#define SHAPE_CHILDREN_MAX (UINT32_C(1) << 23)

struct shape {
	uint64_t below; /* which of 64 classes of names are anywhere below */
	uint32_t name;
	uint32_t hash;
	uint32_t first; /* child */
	uint32_t count;
};

struct shapes {
	COLUMN(struct shape) rows;
	COLUMN(shape_id) children;
	shape_id *slots; /* a power of two of them */
	uint32_t slot_mask;
	uint32_t row_limit; /* 0: SHAPES_MAX */
};

/* The class of a name. */
static inline uint64_t shape_class(uint32_t name)
{
	return UINT64_C(1) << (name % 64);
}

/*
 * *out is the shape of these, or NO_SHAPE if one of the children is, or if it would be new and
 * there is no more room. False when memory is out.
 */
bool shapes_add(struct shapes *shapes, uint32_t name, const shape_id *children, size_t count,
		shape_id *out);

static inline const struct shape *shapes_get(const struct shapes *shapes, shape_id id)
{
	return &shapes->rows.at[id];
}

static inline const shape_id *shape_children(const struct shapes *shapes, shape_id id)
{
	return &shapes->children.at[shapes->rows.at[id].first];
}

void shapes_release(struct shapes *shapes);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How values are spread: their exact sum, and how many there are of each size.
 *
 * Sizes have four binary digits below the leading one: values below 32 are exact, and no quantile
 * is more than a sixteenth too small or at all too large. There are at most 960 sizes; only those
 * that occur take room. What a spread is depends on its values alone, in whatever order they were
 * added or merged. A zeroed struct has no values.
 */
#ifndef ANALYSE_SPREAD_H
#define ANALYSE_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/api.h>

#include "base/column.h"

#define SPREAD_DIGITS 4

struct spread_row {
	uint64_t from; /* the smallest value of its size */
	uint64_t count;
};

struct spread {
	unsigned __int128 sum;
	COLUMN(struct spread_row) rows; /* by from */
};

/* The smallest value of the same size. */
static inline uint64_t spread_size(uint64_t value)
{
	const int width = 64 - __builtin_clzll(value | 1);
	const int shift = width > SPREAD_DIGITS + 1 ? width - (SPREAD_DIGITS + 1) : 0;
	return value >> shift << shift;
}

/* Counts values of one size without adding to the sum. False, and nothing changed: no memory. */
KG_MUST_USE bool spread_count(struct spread *spread, uint64_t size, uint64_t times);
/* Adds a value; the same. */
KG_MUST_USE bool spread_add(struct spread *spread, uint64_t value);
/* Adds all values of another. False when memory is out, with some of them added. */
KG_MUST_USE bool spread_merge(struct spread *spread, const struct spread *more);
/* The size of the smallest value that percent (1 to 100) of all do not exceed; 0 of none. */
uint64_t spread_quantile(const struct spread *spread, unsigned int percent);
void spread_release(struct spread *spread);

#endif

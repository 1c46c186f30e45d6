/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics that ask for order alone, since times have long tails. All results depend on the
 * values and on nothing else: what is random starts from a fixed seed.
 */
#ifndef ANALYSE_RANK_H
#define ANALYSE_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/column.h"

/* Up to so many values in all a test is exact. */
#define RANK_EXACT_MAX 40

/* Room for the work of tests and bootstraps; a zeroed struct is empty. */
struct rank {
	COLUMN(double) work;
	COLUMN(uint64_t) values;
	COLUMN(uint64_t) other_values;
};
void rank_release(struct rank *rank);

void rank_sort(uint64_t *values, size_t count);
/* The middle of some values, which are sorted by that; of an even number the mean of two, down. */
uint64_t rank_median(uint64_t *values, size_t count);

/*
 * Mann-Whitney, two-sided: how probable is an order as one-sided as this one, or more, where there
 * is no difference. Exact, ties included, up to RANK_EXACT_MAX values, else by the normal
 * approximation with corrections for ties and continuity. Negative when memory is out.
 */
double rank_test(struct rank *rank, const uint64_t *old, size_t old_count, const uint64_t *new,
		 size_t new_count);
/* The smallest that an exact test can give. */
double rank_test_least(size_t old_count, size_t new_count);

/* Cliff's delta: how much more often new is above old than below, -1 to 1. */
double rank_effect(const uint64_t *old, size_t old_count, const uint64_t *new, size_t new_count);

/*
 * The 99 % interval of the difference of medians, new less old, by bootstrap. False when memory is
 * out.
 */
bool rank_interval(struct rank *rank, const uint64_t *old, size_t old_count, const uint64_t *new,
		   size_t new_count, int64_t *low, int64_t *high);
/*
 * How far apart the medians of two halves of the same values are, in all but one of a hundred
 * random cuts; 0 of less than 4 values. UINT64_MAX when memory is out.
 */
uint64_t rank_noise(struct rank *rank, const uint64_t *values, size_t count);

/* Adjusts p-values for their number. by_index: row i's p is p[i], in any order. */
bool rank_adjust_holm(double *p, size_t count);
/* The same so that of what is accepted only a part is expected to be wrong: Benjamini-Hochberg. */
bool rank_adjust_rate(double *p, size_t count);

#endif

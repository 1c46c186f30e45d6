/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quantiles of a stream of values: exact while they are few, to within 1/128 afterwards.
 *
 *	struct histogram histogram = { 0 };
 *	if (!histogram_add(&histogram, dur_ns))
 *		return KG_NOMEM;
 *	histogram_quantile(&histogram, 99);
 *	histogram_release(&histogram);
 *
 * Up to HISTOGRAM_EXACT_MAX values are kept as they are. Beyond, values are counted in buckets that
 * have 7 binary digits below the leading one, so values under 256 stay exact and no quantile is
 * more than 1/128 too small or at all too large. There is 1 KiB of buckets for each power of two
 * from the smallest to the largest that occurs. What a histogram answers depends on its values
 * alone: not on their order, nor on whether they were added here or merged from several histograms.
 */
#ifndef ANALYSE_HISTOGRAM_H
#define ANALYSE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/api.h>

#include "base/column.h"

#define HISTOGRAM_EXACT_MAX 512
#define HISTOGRAM_DIGITS 7
#define HISTOGRAM_BUCKETS (1 << HISTOGRAM_DIGITS)

/* A zeroed struct has no values. */
struct histogram {
	uint64_t count;
	uint64_t *buckets; /* of block_count blocks from first_block on; NULL while exact */
	uint32_t first_block;
	uint32_t block_count;
	COLUMN(uint64_t) samples; /* all values while exact */
	bool is_sorted;
};

/* The buckets of a value's block are 2^shift wide: those of the first two blocks count one value.
 */
static inline uint32_t histogram_shift(uint64_t value)
{
	return 64 - (HISTOGRAM_DIGITS + 1) -
	       (uint32_t)__builtin_clzll(value | UINT64_C(1) << HISTOGRAM_DIGITS);
}

/* Which bucket a value belongs to, of all blocks: 0 has 0 to 127, 1 128 to 255, 2 256 to 511, ...
 */
static inline uint32_t histogram_bucket(uint64_t value)
{
	/* from block 1 on the leading digit of the shifted value is the 1 that block has more */
	const uint32_t shift = histogram_shift(value);
	return shift * HISTOGRAM_BUCKETS + (uint32_t)(value >> shift);
}

/* The part of histogram_add() that allocates. */
KG_MUST_USE bool histogram_add_slowly(struct histogram *histogram, uint64_t value);

/* The part that does not; false, and nothing changed, where that is not enough. */
static inline KG_MUST_USE bool histogram_count(struct histogram *histogram, uint64_t value)
{
	const uint32_t bucket =
		histogram_bucket(value) - histogram->first_block * HISTOGRAM_BUCKETS;
	if (bucket >= histogram->block_count * HISTOGRAM_BUCKETS)
		return false;
	histogram->buckets[bucket]++;
	histogram->count++;
	return true;
}

/* Adds a value; false, and nothing changed, when memory is out. */
static inline KG_MUST_USE bool histogram_add(struct histogram *histogram, uint64_t value)
{
	return histogram_count(histogram, value) || histogram_add_slowly(histogram, value);
}

/* Adds all values of another; false when memory is out, with some of them added. */
KG_MUST_USE bool histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The smallest value that percent (1 to 100) of all values do not exceed; 0 of none. */
uint64_t histogram_quantile(struct histogram *histogram, unsigned int percent);

/* Whether its quantiles are values that were added, not bounds of buckets. */
static inline bool histogram_is_exact(const struct histogram *histogram)
{
	return histogram->buckets == NULL;
}

void histogram_release(struct histogram *histogram);

#endif

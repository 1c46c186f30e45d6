/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how many values become few counts. */
#include "analyse/histogram.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/banned.h"

#define BLOCK_BYTES (HISTOGRAM_BUCKETS * sizeof(uint64_t))

/* The smallest value of a bucket. */
static uint64_t bucket_start(uint32_t block, size_t bucket)
{
	if (block == 0)
		return bucket;
	return (uint64_t)(HISTOGRAM_BUCKETS + bucket) << (block - 1);
}

/* Makes sure that there are buckets for a block; false, and nothing changed, without memory. */
static bool reach_block(struct histogram *histogram, uint32_t block)
{
	uint32_t first = block;
	uint32_t end = block + 1;
	if (histogram->buckets != NULL) {
		uint32_t old_end = histogram->first_block + histogram->block_count;
		first = block < histogram->first_block ? block : histogram->first_block;
		end = end > old_end ? end : old_end;
	}
	if (end - first == histogram->block_count)
		return true;
	uint64_t *buckets = memory_zalloc((end - first) * BLOCK_BYTES);
	if (buckets == NULL)
		return false;
	if (histogram->buckets != NULL)
		memcpy(buckets + (histogram->first_block - first) * HISTOGRAM_BUCKETS,
		       histogram->buckets, histogram->block_count * BLOCK_BYTES);
	memory_free(histogram->buckets);
	histogram->buckets = buckets;
	histogram->first_block = first;
	histogram->block_count = end - first;
	return true;
}

static bool count_value(struct histogram *histogram, uint64_t value, uint64_t times)
{
	const uint32_t bucket = histogram_bucket(value);
	if (!reach_block(histogram, bucket / HISTOGRAM_BUCKETS))
		return false;
	histogram->buckets[bucket - histogram->first_block * HISTOGRAM_BUCKETS] += times;
	histogram->count += times;
	return true;
}

/* Turns values into counts. */
static bool leave_exactness(struct histogram *histogram)
{
	struct histogram counts = { 0 };
	for (size_t i = 0; i < histogram->samples.count; i++) {
		if (!count_value(&counts, histogram->samples.at[i], 1)) {
			histogram_release(&counts);
			return false;
		}
	}
	histogram_release(histogram);
	*histogram = counts;
	return true;
}

bool histogram_add_slowly(struct histogram *histogram, uint64_t value)
{
	if (!histogram_is_exact(histogram))
		return count_value(histogram, value, 1);
	if (histogram->count == HISTOGRAM_EXACT_MAX)
		return leave_exactness(histogram) && count_value(histogram, value, 1);
	if (!column_push(&histogram->samples, value))
		return false;
	histogram->is_sorted = false;
	histogram->count++;
	return true;
}

static bool merge_buckets(struct histogram *histogram, const struct histogram *other)
{
	for (uint32_t i = 0; i < other->block_count; i++) {
		const uint64_t *block = other->buckets + i * HISTOGRAM_BUCKETS;
		for (size_t k = 0; k < HISTOGRAM_BUCKETS; k++) {
			uint64_t start = bucket_start(other->first_block + i, k);
			if (block[k] != 0 && !count_value(histogram, start, block[k]))
				return false;
		}
	}
	return true;
}

bool histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	if (!histogram_is_exact(other)) {
		if (histogram_is_exact(histogram) && !leave_exactness(histogram))
			return false;
		return merge_buckets(histogram, other);
	}
	for (size_t i = 0; i < other->samples.count; i++) {
		if (!histogram_add(histogram, other->samples.at[i]))
			return false;
	}
	return true;
}

static int compare_values(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static uint64_t find_sample(struct histogram *histogram, uint64_t rank)
{
	if (!histogram->is_sorted) {
		qsort(histogram->samples.at, histogram->samples.count,
		      sizeof(*histogram->samples.at), compare_values);
		histogram->is_sorted = true;
	}
	return histogram->samples.at[rank - 1];
}

static uint64_t find_bucket(const struct histogram *histogram, uint64_t rank)
{
	uint64_t seen = histogram->buckets[0];
	size_t at = 0;
	while (seen < rank)
		seen += histogram->buckets[++at];
	return bucket_start(histogram->first_block + (uint32_t)(at / HISTOGRAM_BUCKETS),
			    at % HISTOGRAM_BUCKETS);
}

uint64_t histogram_quantile(struct histogram *histogram, unsigned int percent)
{
	KG_DCHECK(percent >= 1 && percent <= 100);
	if (histogram->count == 0)
		return 0;
	/* nearest rank: the ceiling of count * percent / 100 */
	unsigned __int128 product = (unsigned __int128)histogram->count * percent + 99;
	uint64_t rank = (uint64_t)(product / 100);
	return histogram_is_exact(histogram) ? find_sample(histogram, rank)
					     : find_bucket(histogram, rank);
}

void histogram_release(struct histogram *histogram)
{
	memory_free(histogram->buckets);
	column_release(&histogram->samples);
	*histogram = (struct histogram){ 0 };
}

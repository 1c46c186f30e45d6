/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the order of two sets of values tells. */
#include "analyse/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define BOOTSTRAPS 1000
#define CUTS 200
#define SEED UINT64_C(0x9e3779b97f4a7c15)

void rank_release(struct rank *rank)
{
	column_release(&rank->work);
	column_release(&rank->values);
	column_release(&rank->other_values);
}

static int compare_values(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;
	return (*left > *right) - (*left < *right);
}

void rank_sort(uint64_t *values, size_t count)
{
	if (count > 1)
		qsort(values, count, sizeof(*values), compare_values);
}

uint64_t rank_median(uint64_t *values, size_t count)
{
	if (count == 0)
		return 0;
	rank_sort(values, count);
	if (count % 2 == 1)
		return values[count / 2];
	const uint64_t low = values[count / 2 - 1];
	return low + (values[count / 2] - low) / 2;
}

/* ---- Mann-Whitney ---------------------------------------------------------------------------- */

struct ranked {
	uint64_t value;
	bool is_new;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *left = a;
	const struct ranked *right = b;
	return (left->value > right->value) - (left->value < right->value);
}

/* Twice the rank of each of some sorted values, whole even where ranks are shared. */
static void double_ranks(const struct ranked *sorted, size_t count, uint32_t *ranks,
			 double *tie_cubes)
{
	*tie_cubes = 0;
	for (size_t first = 0; first < count;) {
		size_t end = first + 1;
		while (end < count && sorted[end].value == sorted[first].value)
			end++;
		for (size_t i = first; i < end; i++)
			ranks[i] = (uint32_t)(first + 1 + end);
		const double length = (double)(end - first);
		*tie_cubes += length * length * length - length;
		first = end;
	}
}

/*
 * How many of all choices of so many among the ranks have each sum: ways[chosen * (most + 1) +
 * sum]. The share of choices whose sum is at least as far from the mean as the one that came.
 */
static double exact_share(double *ways, const uint32_t *ranks, size_t count, size_t chosen,
			  uint32_t most, uint32_t sum)
{
	const size_t width = (size_t)most + 1;
	memset(ways, 0, (chosen + 1) * width * sizeof(*ways));
	ways[0] = 1;
	for (size_t i = 0; i < count; i++) {
		for (size_t taken = i + 1 < chosen ? i + 1 : chosen; taken > 0; taken--) {
			double *to = &ways[taken * width];
			const double *from = &ways[(taken - 1) * width];
			for (size_t s = ranks[i]; s < width; s++)
				to[s] += from[s - ranks[i]];
		}
	}
	/* twice the mean of a sum of double ranks is whole */
	const int64_t mean2 = (int64_t)(2 * chosen * (count + 1));
	const int64_t distance = llabs(2 * (int64_t)sum - mean2);
	double all = 0;
	double far = 0;
	for (size_t s = 0; s < width; s++) {
		const double here = ways[chosen * width + s];
		all += here;
		if (llabs(2 * (int64_t)s - mean2) >= distance)
			far += here;
	}
	return all == 0 ? 1 : far / all;
}

static double normal_share(double sum, double old_count, double new_count, double tie_cubes)
{
	const double count = old_count + new_count;
	const double mean = new_count * (count + 1);
	const double variance =
		old_count * new_count / 12 * (count + 1 - tie_cubes / (count * (count - 1)));
	if (variance <= 0)
		return 1;
	/* sums of double ranks: everything is twice as large */
	const double distance = (fabs(sum - mean) - 1) / 2;
	return distance <= 0 ? 1 : erfc(distance / sqrt(variance) / sqrt(2));
}

double rank_test(struct rank *rank, const uint64_t *old, size_t old_count, const uint64_t *new,
		 size_t new_count)
{
	const size_t count = old_count + new_count;
	if (old_count == 0 || new_count == 0)
		return 1;
	struct ranked *sorted = memory_alloc(count * sizeof(*sorted));
	uint32_t *ranks = memory_alloc(count * sizeof(*ranks));
	double share = -1;
	if (sorted == NULL || ranks == NULL)
		goto out;
	for (size_t i = 0; i < count; i++)
		sorted[i] = i < old_count ? (struct ranked){ old[i], false }
					  : (struct ranked){ new[i - old_count], true };
	qsort(sorted, count, sizeof(*sorted), compare_ranked);
	double tie_cubes;
	double_ranks(sorted, count, ranks, &tie_cubes);
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += sorted[i].is_new ? ranks[i] : 0;
	if (count > RANK_EXACT_MAX) {
		share = normal_share((double)sum, (double)old_count, (double)new_count, tie_cubes);
		goto out;
	}
	uint32_t most = 0;
	for (size_t i = count - new_count; i < count; i++)
		most += ranks[i];
	if (column_reserve(&rank->work, (new_count + 1) * ((size_t)most + 1)))
		share = exact_share(rank->work.at, ranks, count, new_count, most, (uint32_t)sum);
out:
	memory_free(sorted);
	memory_free(ranks);
	return share;
}

double rank_test_least(size_t old_count, size_t new_count)
{
	double choices = 1;
	for (size_t i = 0; i < new_count; i++)
		choices = choices * (double)(old_count + i + 1) / (double)(i + 1);
	return choices <= 2 ? 1 : 2 / choices;
}

double rank_effect(const uint64_t *old, size_t old_count, const uint64_t *new, size_t new_count)
{
	int64_t more = 0;
	if (old_count == 0 || new_count == 0)
		return 0;
	for (size_t i = 0; i < old_count; i++) {
		for (size_t j = 0; j < new_count; j++)
			more += (new[j] > old[i]) - (new[j] < old[i]);
	}
	return (double)more / ((double)old_count * (double)new_count);
}

/* ---- what is random -------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *state, uint64_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state * UINT64_C(0x2545f4914f6cdd1d) >> 16) % limit;
}

/* The median of as many values, drawn with putting back. */
static uint64_t draw_median(uint64_t *state, const uint64_t *values, size_t count, uint64_t *into)
{
	for (size_t i = 0; i < count; i++)
		into[i] = values[draw(state, count)];
	return rank_median(into, count);
}

static int compare_signed(const void *a, const void *b)
{
	const int64_t *left = a;
	const int64_t *right = b;
	return (*left > *right) - (*left < *right);
}

bool rank_interval(struct rank *rank, const uint64_t *old, size_t old_count, const uint64_t *new,
		   size_t new_count, int64_t *low, int64_t *high)
{
	int64_t shifts[BOOTSTRAPS];
	uint64_t state = SEED;
	const size_t largest = old_count > new_count ? old_count : new_count;
	if (!column_reserve(&rank->values, largest))
		return false;
	for (size_t i = 0; i < BOOTSTRAPS; i++) {
		const uint64_t old_ns = draw_median(&state, old, old_count, rank->values.at);
		const uint64_t new_ns = draw_median(&state, new, new_count, rank->values.at);
		shifts[i] = (int64_t)(new_ns - old_ns);
	}
	qsort(shifts, BOOTSTRAPS, sizeof(shifts[0]), compare_signed);
	*low = shifts[BOOTSTRAPS / 200];
	*high = shifts[BOOTSTRAPS - 1 - BOOTSTRAPS / 200];
	return true;
}

uint64_t rank_noise(struct rank *rank, const uint64_t *values, size_t count)
{
	uint64_t gaps[CUTS];
	uint64_t state = SEED;
	if (count < 4)
		return 0;
	if (!column_reserve(&rank->values, count) || !column_reserve(&rank->other_values, count))
		return UINT64_MAX;
	uint64_t *shuffled = rank->values.at;
	memcpy(shuffled, values, count * sizeof(*values));
	for (size_t i = 0; i < CUTS; i++) {
		for (size_t j = count - 1; j > 0; j--) {
			const size_t other = (size_t)draw(&state, j + 1);
			const uint64_t kept = shuffled[j];
			shuffled[j] = shuffled[other];
			shuffled[other] = kept;
		}
		uint64_t *halves = rank->other_values.at;
		memcpy(halves, shuffled, count * sizeof(*values));
		const uint64_t a = rank_median(halves, count / 2);
		const uint64_t b = rank_median(halves + count / 2, count - count / 2);
		gaps[i] = a > b ? a - b : b - a;
	}
	rank_sort(gaps, CUTS);
	/* halves scatter more than the whole does, by the root of two */
	return (uint64_t)((double)gaps[CUTS - 1 - CUTS / 100] / sqrt(2.0));
}

/* ---- many comparisons ------------------------------------------------------------------------ */

struct placed {
	double p;
	size_t index;
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed *left = a;
	const struct placed *right = b;
	if (left->p != right->p)
		return left->p < right->p ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static struct placed *sort_p(const double *p, size_t count)
{
	struct placed *sorted = memory_alloc((count + 1) * sizeof(*sorted));
	if (sorted == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct placed){ p[i], i };
	qsort(sorted, count, sizeof(*sorted), compare_placed);
	return sorted;
}

bool rank_adjust_holm(double *p, size_t count)
{
	struct placed *sorted = sort_p(p, count);
	if (sorted == NULL)
		return false;
	double largest = 0;
	for (size_t i = 0; i < count; i++) {
		const double adjusted = sorted[i].p * (double)(count - i);
		largest = adjusted > largest ? adjusted : largest;
		p[sorted[i].index] = largest < 1 ? largest : 1;
	}
	memory_free(sorted);
	return true;
}

bool rank_adjust_rate(double *p, size_t count)
{
	struct placed *sorted = sort_p(p, count);
	if (sorted == NULL)
		return false;
	double least = 1;
	for (size_t i = count; i-- > 0;) {
		const double adjusted = sorted[i].p * (double)count / (double)(i + 1);
		least = adjusted < least ? adjusted : least;
		p[sorted[i].index] = least;
	}
	memory_free(sorted);
	return true;
}

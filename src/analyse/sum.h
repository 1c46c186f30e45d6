/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums and ratios of durations: never wrapped, never in floating point. */
#ifndef ANALYSE_SUM_H
#define ANALYSE_SUM_H

#include <stdint.h>

/* The largest value stands for every sum that would be larger. */
static inline uint64_t sum_add(uint64_t a, uint64_t b)
{
	uint64_t sum;
	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* The same of products. */
static inline uint64_t sum_times(uint64_t a, uint64_t b)
{
	uint64_t product;
	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* The same for what is kept in fewer bits. */
static inline uint32_t sum_cut(uint64_t sum)
{
	return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

/* sum / count, rounded to the nearest; 0 of none. */
static inline uint64_t sum_mean(unsigned __int128 sum, uint64_t count)
{
	return count == 0 ? 0 : (uint64_t)((sum + count / 2) / count);
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers that look random and are the same in every run, so that a failure can be met again. */
#ifndef UNIT_RANDOM_H
#define UNIT_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* the seed; anything but 0 */
};

static inline uint64_t random_next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state * 0x2545f4914f6cdd1du >> 16;
}

/* One of 0 to limit - 1. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}

#endif

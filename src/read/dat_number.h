/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as a trace.dat holds them: of any size, in the byte order of the machine it traced. */
#ifndef READ_DAT_NUMBER_H
#define READ_DAT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define DAT_HOST_IS_BIG false
#else
#define DAT_HOST_IS_BIG true
#endif

/* size is 1, 2, 4 or 8. */
static inline uint64_t dat_number(const unsigned char *at, size_t size, bool is_big)
{
	const bool is_swapped = is_big != DAT_HOST_IS_BIG;
	uint64_t eight;
	uint32_t four;
	uint16_t two;
	if (size == 8) {
		memcpy(&eight, at, 8);
		return is_swapped ? __builtin_bswap64(eight) : eight;
	}
	if (size == 4) {
		memcpy(&four, at, 4);
		return is_swapped ? __builtin_bswap32(four) : four;
	}
	if (size == 2) {
		memcpy(&two, at, 2);
		return is_swapped ? __builtin_bswap16(two) : two;
	}
	return *at;
}

/* The same number with its sign, if it was written with one. */
static inline int64_t dat_signed(uint64_t number, size_t size)
{
	const unsigned int unused_bits = (unsigned int)(64 - 8 * size);
	return (int64_t)(number << unused_bits) >> unused_bits;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an expression of a "print fmt" line comes to: a number as C has it, or bytes. */
#ifndef READ_PRINT_VALUE_H
#define READ_PRINT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum print_value_kind {
	VALUE_UNKNOWN, /* it depends on what the trace does not tell */
	VALUE_NUMBER,
	VALUE_BYTES, /* a string or an array: a piece of the record, of the format, or made up */
};

struct print_value {
	enum print_value_kind kind;
	uint8_t size; /* NUMBER: in bytes; BYTES: of one element */
	bool is_signed;
	uint64_t number;   /* extended to 64 bits as its sign demands */
	struct span bytes; /* all that may be looked at */
};

/* Cuts a number to a size, and extends it again. */
static inline uint64_t print_number_fit(uint64_t number, uint8_t size, bool is_signed)
{
	if (size >= 8)
		return number;
	const unsigned int unused_bits = 64 - 8 * (unsigned int)size;
	number <<= unused_bits;
	return is_signed ? (uint64_t)((int64_t)number >> unused_bits) : number >> unused_bits;
}

static inline struct print_value print_number(uint64_t number, uint8_t size, bool is_signed)
{
	return (struct print_value){ .kind = VALUE_NUMBER,
				     .size = size,
				     .is_signed = is_signed,
				     .number = print_number_fit(number, size, is_signed) };
}

static inline struct print_value print_bytes(struct span bytes, uint8_t size)
{
	return (struct print_value){ .kind = VALUE_BYTES, .size = size, .bytes = bytes };
}

static inline bool print_is_true(const struct print_value *value)
{
	return value->kind == VALUE_BYTES || value->number != 0;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the kernel keeps the arguments of a format until somebody reads them. */
#include "read/dat_binary.h"

#include "read/dat_number.h"
#include "base/banned.h"

/* Numbers stand at multiples of their size, but long ones at multiples of four. */
static struct print_value take_number(struct dat_binary *binary, uint8_t size, bool is_signed)
{
	const size_t align = size < 4 ? size : 4;
	const size_t at = (binary->at + align - 1) / align * align;
	if (at > binary->bytes.len || size > binary->bytes.len - at)
		return (struct print_value){ .kind = VALUE_UNKNOWN };
	binary->at = at + size;
	return print_number(dat_number(binary->bytes.at + at, size, binary->is_big), size,
			    is_signed);
}

static struct print_value take_string(struct dat_binary *binary)
{
	const struct span left = { binary->bytes.at + binary->at, binary->bytes.len - binary->at };
	const struct span string = print_string_of(left);
	if (string.len == left.len)
		return (struct print_value){ .kind = VALUE_UNKNOWN };
	binary->at += string.len + 1;
	return print_bytes(string, 1);
}

struct print_value dat_binary_next(struct dat_binary *binary, const struct print_conversion *how)
{
	/* most kinds of pointers are printed when they are recorded, and kept as that */
	static const char kept_pointers[] = "SsxKeBfF";
	switch (how->letter) {
	case 's':
		return take_string(binary);
	case 'p':
		if (how->variants[0] != '\0' && strchr(kept_pointers, how->variants[0]) == NULL)
			return (struct print_value){ .kind = VALUE_UNKNOWN };
		return take_number(binary, binary->long_bytes, false);
	case 'c':
		return take_number(binary, 1, false);
	default:
		return take_number(binary, how->size, how->letter == 'd');
	}
}

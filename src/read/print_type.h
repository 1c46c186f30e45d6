/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of types in descriptions of events. */
#ifndef READ_PRINT_TYPE_H
#define READ_PRINT_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* A type under construction, word by word; zeroed it is none. */
struct print_type {
	uint8_t size; /* of a number, 0 while unknown */
	bool is_signed;
	bool is_pointer; /* to numbers of that size, or to what is not known */
	uint8_t long_count;
	bool has_sign;
	bool is_other; /* a struct, or a name that is none of a number */
};

/* Adds a word. False if it cannot be part of a type. */
bool print_type_add(struct print_type *type, struct span word, uint8_t long_bytes);

/* The bytes of an element of what "char X[16]" or "__data_loc u32[] X" declares. */
uint8_t print_type_element(struct span declaration, uint8_t long_bytes);

#endif

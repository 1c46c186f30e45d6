/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of the traced kernel by address, from its own list of symbols. */
#ifndef READ_DAT_SYMBOLS_H
#define READ_DAT_SYMBOLS_H

#include <stdint.h>

#include "base/column.h"
#include "base/span.h"

/* No kernel has longer names, module included. */
#define DAT_SYMBOL_MAX 640

struct dat_symbol {
	uint64_t address;
	uint32_t name_at; /* in the text */
};

/* A zeroed struct has no symbols. */
struct dat_symbols {
	unsigned char *text;
	size_t len;
	COLUMN(struct dat_symbol) rows; /* ascending */
};

/*
 * Takes over the content of /proc/kallsyms, in heap memory. False when memory is out; the text is
 * taken over even then.
 */
bool dat_symbols_take(struct dat_symbols *symbols, char *text, size_t len);

/*
 * Writes a function as the kernel's text prints it, "name" or "name [module]", or "0x..." where no
 * symbol has the address. Returns it, in buffer, which has DAT_SYMBOL_MAX bytes.
 */
struct span dat_symbols_name(const struct dat_symbols *symbols, uint64_t address, char *buffer);

/*
 * Writes the place of an address as the kernel prints it: "name [module]", or with the distance and
 * the length of the function "name+0x12/0x340 [module]", or "0x..." for an address of a program.
 * Returns it, in buffer as above; NULL in it where that is not known.
 */
struct span dat_symbols_place(const struct dat_symbols *symbols, uint64_t address,
			      bool has_distance, char *buffer);

void dat_symbols_release(struct dat_symbols *symbols);

#endif

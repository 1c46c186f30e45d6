/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of a trace_printk(), as the kernel keeps them: bytes behind each other. */
#ifndef READ_DAT_BINARY_H
#define READ_DAT_BINARY_H

#include "read/print_text.h"

struct dat_binary {
	struct span bytes;
	size_t at;
	bool is_big;
	uint8_t long_bytes;
};

/* The next argument; unknown if it is not all there, or kept in a way that is not understood. */
struct print_value dat_binary_next(struct dat_binary *binary, const struct print_conversion *how);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows the program of an event for one record of it. */
#ifndef READ_PRINT_RUN_H
#define READ_PRINT_RUN_H

#include "read/print_program.h"
#include "read/print_text.h"

/* What is needed for that, again and again. Zeroed but for what is constant it is ready. */
struct print_run {
	bool is_big;
	uint8_t long_bytes;
	struct span record;
	COLUMN(struct print_value) values; /* that wait */
	struct print_text made;		   /* what functions print, for formats to use */
};

/*
 * Works out an argument of a program, which is valid until the next record. Unknown where the trace
 * does not tell it, or the record is damaged. False when memory is out.
 */
bool print_run_argument(struct print_run *run, const struct print_program *program, size_t argument,
			struct print_value *out);

void print_run_release(struct print_run *run);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands behind the bar of a line: "|    vmx_vcpu_run [kvm_intel]() {".
 *
 * A trace has millions of lines but only some thousands of different bodies, since a body is a
 * function at a depth. So each is taken apart once and known by all its bytes from then on; and as
 * bodies follow each other in the same order again and again, the next one is first guessed. A
 * guess is always compared byte by byte: it makes reading fast, never wrong.
 */
#ifndef READ_TEXT_BODY_H
#define READ_TEXT_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/column.h"
#include "base/intern.h"

struct text_body {
	const unsigned char *text; /* up to and with its newline; zeros behind it */
	uint32_t len;
	uint32_t symbol; /* in the table of functions, or INTERN_NONE for a plain brace */
	uint16_t depth;
	uint8_t kind; /* TEXT_ENTER, TEXT_LEAF or TEXT_LEAVE */
};

#define BODY_NONE UINT32_MAX
/* Longer bodies are not kept; windows are padded so that this much can be compared. */
#define BODY_BYTES_MAX 192
/* More different bodies than any kernel makes: they cost memory, so further ones are not kept. */
#define BODY_COUNT_MAX 65536
#define BODY_GUESSES 16384
#define BODY_CONTEXTS 64

/* A zeroed struct with the table of functions set is ready. */
struct body_table {
	struct intern *symbols;
	struct intern texts;
	COLUMN(struct text_body) rows;
	uint32_t guesses[BODY_GUESSES];	  /* id + 1 of what came next after the same ones */
	uint32_t contexts[BODY_CONTEXTS]; /* of each CPU: its last bodies, mixed */
};

/*
 * The body at `at` on a line of a CPU, and where its line ends in *end (at the newline). BODY_NONE:
 * it is not one of the three kinds, too long, without a newline, or memory is out; *end is set then
 * too, NULL without a newline. `limit` is where the input ends; BODY_BYTES_MAX and more is readable
 * behind it.
 */
uint32_t body_find(struct body_table *table, uint16_t cpu, const unsigned char *at,
		   const unsigned char *limit, const unsigned char **end);
void body_release(struct body_table *table);

#endif

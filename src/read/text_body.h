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
#include "read/text_row.h"

#define BODY_PADDING 48

struct text_body {
	const unsigned char *text; /* up to and with its newline; BODY_PADDING zeros behind it */
	uint32_t len;
	struct scan_row row; /* of a line with it: all but what stands before the bar */
};

/* Longer bodies are not kept; windows are padded so that this much can be compared. */
#define BODY_BYTES_MAX 192
/* More different bodies than any kernel makes: they cost memory, so further ones are not kept. */
#define BODY_COUNT_MAX 65536
#define BODY_GUESSES 16384
#define BODY_CONTEXTS 64

/* A zeroed struct is to be started. */
struct body_table {
	struct intern *symbols;
	struct intern texts;
	struct arena bytes;		  /* the texts once more, padded */
	COLUMN(struct text_body) rows;	  /* from 1, in the order of their texts */
	uint32_t guesses[BODY_GUESSES];	  /* number of what came next after the same ones */
	uint32_t contexts[BODY_CONTEXTS]; /* of each CPU: its last bodies, mixed */
};

/* Before the first search; later ones change nothing. False when memory is out. */
bool body_start(struct body_table *table, struct intern *symbols);

/*
 * The body at `at` on a line of a CPU: f() {, f(); or }. NULL: it is none of these, too long,
 * without a newline, or memory is out. `limit` is where the input ends, at most some bytes before
 * `at`; BODY_BYTES_MAX and more is readable behind it. Valid until the next call.
 */
const struct text_body *body_find(struct body_table *table, uint16_t cpu, const unsigned char *at,
				  const unsigned char *limit);
void body_release(struct body_table *table);

#endif

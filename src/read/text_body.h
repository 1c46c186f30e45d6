/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands behind the bar of a line: "|    vmx_vcpu_run [kvm_intel]() {".
 *
 * A trace has millions of lines but only some thousands of different bodies, since a body is a
 * function at a depth. So each is taken apart once and known by all its bytes from then on; and as
 * bodies follow each other in the same order again and again, the next one is first guessed: it is
 * the one that came next the last time, behind the same bodies. A guess is always compared byte by
 * byte: it makes reading fast, never wrong.
 */
#ifndef READ_TEXT_BODY_H
#define READ_TEXT_BODY_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/column.h"
#include "base/intern.h"
#include "base/seldom.h"
#include "read/text_row.h"

/* So much of a body is compared at once, with zeros behind a shorter one. */
#define BODY_START 64

struct text_body {
	struct scan_row row; /* of a line with it: all but what stands before the bar */
	uint64_t start_bits; /* a bit for each of its first BODY_START bytes */
	uint32_t number;
	uint32_t len;
	alignas(16) unsigned char text[]; /* up to and with its newline */
};

/* Longer bodies are not kept; windows are padded so that this much can be compared. */
#define BODY_BYTES_MAX 192
/* More different bodies than any kernel makes: they cost memory, so further ones are not kept. */
#define BODY_COUNT_MAX 65536
#define BODY_STEPS_MAX 65536
#define BODY_CONTEXTS 16384
#define BODY_CPUS 64

/* A body behind certain others. */
struct body_step {
	const struct text_body *body;
	uint32_t next;	  /* the step that came next the last time; 0: none yet */
	uint32_t context; /* the body and those before it, mixed */
};

/* A zeroed struct is to be started. */
struct body_table {
	struct intern *symbols;
	struct intern texts;
	struct arena memory;		       /* of the bodies */
	COLUMN(const struct text_body *) rows; /* in the order of their texts */
	COLUMN(struct body_step) steps;	    /* from 1, in the order in which they were first made */
	uint32_t last[BODY_CPUS];	    /* of each CPU: its last step */
	uint32_t by_context[BODY_CONTEXTS]; /* the step last made in one of those that share it */
};

/* Before the first search; later ones change nothing. False when memory is out. */
bool body_start(struct body_table *table, struct intern *symbols);

void body_release(struct body_table *table);

/* ---- finding one ----------------------------------------------------------------------------- */

#ifdef __SSE2__
#define BLOCK ((size_t)16)
static_assert(4 * BLOCK == BODY_START, "four blocks are compared at once: enough for most");

/* The bits of the bytes that are the same in a block of a body and one of a line. */
static inline uint64_t same_bits(const unsigned char *body, const unsigned char *at)
{
	const __m128i in_body = _mm_load_si128((const __m128i *)(const void *)body);
	const __m128i in_line = _mm_loadu_si128((const __m128i *)(const void *)at);
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(in_line, in_body));
}

/* The same of a body's start. */
static inline uint64_t same_start_bits(const struct text_body *body, const unsigned char *at)
{
	return same_bits(body->text, at) | same_bits(body->text + BLOCK, at + BLOCK) << BLOCK |
	       same_bits(body->text + 2 * BLOCK, at + 2 * BLOCK) << 2 * BLOCK |
	       same_bits(body->text + 3 * BLOCK, at + 3 * BLOCK) << 3 * BLOCK;
}

/* Whether a body stands at `at`; BODY_BYTES_MAX bytes are readable there. */
static inline bool is_body_at(const struct text_body *body, const unsigned char *at)
{
	return (~same_start_bits(body, at) & body->start_bits) == 0 &&
	       (body->len <= BODY_START ||
		memcmp(body->text + BODY_START, at + BODY_START, body->len - BODY_START) == 0);
}
#else
static inline bool is_body_at(const struct text_body *body, const unsigned char *at)
{
	return memcmp(body->text, at, body->len) == 0;
}
#endif

/* body_find() without a right guess behind *last. */
KG_SELDOM const struct text_body *body_find_slowly(struct body_table *table, uint32_t *last,
						   const unsigned char *at,
						   const unsigned char *limit);

/*
 * The body at `at` on a line of a CPU: f() {, f(); or }. NULL: it is none of these, too long,
 * without a newline, or memory is out. `limit` is where the input ends, at most some bytes before
 * `at`; BODY_BYTES_MAX and more is readable behind it. Valid until the next call.
 */
static inline const struct text_body *body_find(struct body_table *table, uint16_t cpu,
						const unsigned char *at, const unsigned char *limit)
{
	uint32_t *last = &table->last[cpu % BODY_CPUS];
	const struct body_step *steps = table->steps.at;
	const uint32_t next = steps[*last].next;
	const struct text_body *body = steps[next].body;
	/* what is the same ends with the newline of this line, so it is not behind the limit */
	if (!is_body_at(body, at))
		return body_find_slowly(table, last, at, limit);
	*last = next;
	return body;
}

#endif

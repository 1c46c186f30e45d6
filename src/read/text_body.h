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
#define BODY_STEPS_MAX 65536
#define BODY_CONTEXTS 16384
#define BODY_CPUS 64

/* A body behind certain others. */
struct body_step {
	uint32_t body;	  /* its number */
	uint32_t next;	  /* the step that came next the last time; 0: none yet */
	uint32_t context; /* the body and those before it, mixed */
};

/* A zeroed struct is to be started. */
struct body_table {
	struct intern *symbols;
	struct intern texts;
	struct arena bytes;		    /* the texts once more, padded */
	COLUMN(struct text_body) rows;	    /* from 1, in the order of their texts */
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
/* So many blocks are compared at once: enough for most bodies. */
#define BLOCKS_AT_ONCE ((size_t)3)
static_assert(BLOCKS_AT_ONCE * BLOCK <= BODY_PADDING, "blocks end in what is readable");

static inline __m128i load_block(const unsigned char *at)
{
	return _mm_loadu_si128((const __m128i *)at);
}

/* The bits in which two blocks differ, of the bytes that count. */
static inline __m128i differ(const unsigned char *a, const unsigned char *b,
			     const unsigned char *which)
{
	return _mm_and_si128(_mm_xor_si128(load_block(a), load_block(b)), load_block(which));
}

/* Whether len bytes are the same; up to BODY_PADDING more are readable behind both. */
static inline bool is_same(const unsigned char *a, const unsigned char *b, size_t len)
{
	/* of this, the last so many bytes before its middle and what follows them */
	static const unsigned char which[2 * BLOCKS_AT_ONCE * BLOCK] = {
		[0 ... BLOCKS_AT_ONCE * BLOCK - 1] = 0xff
	};
	for (; len > BLOCKS_AT_ONCE * BLOCK; len -= BLOCK, a += BLOCK, b += BLOCK) {
		if (_mm_movemask_epi8(_mm_cmpeq_epi8(load_block(a), load_block(b))) != 0xffff)
			return false;
	}
	const unsigned char *from = which + (BLOCKS_AT_ONCE * BLOCK - len);
	const __m128i all = _mm_or_si128(
		_mm_or_si128(differ(a, b, from), differ(a + BLOCK, b + BLOCK, from + BLOCK)),
		differ(a + 2 * BLOCK, b + 2 * BLOCK, from + 2 * BLOCK));
	return _mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_setzero_si128())) == 0xffff;
}
#else
static inline bool is_same(const unsigned char *a, const unsigned char *b, size_t len)
{
	return memcmp(a, b, len) == 0;
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
	const struct text_body *body = &table->rows.at[steps[next].body];
	/* what is the same ends with the newline of this line, so it is not behind the limit */
	if (!is_same(body->text, at, body->len))
		return body_find_slowly(table, last, at, limit);
	*last = next;
	return body;
}

#endif

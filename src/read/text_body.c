/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the bodies that lines have, and which comes after which. */
#include "read/text_body.h"

#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/seldom.h"
#include "event/func.h"
#include "read/text_line.h"
#include "base/banned.h"

static size_t count_blanks(struct span text)
{
	size_t count = 0;
	while (count < text.len && text.at[count] == ' ')
		count++;
	return count;
}

/* A valid symbol's number; false for an invalid one or when memory is out. */
static bool add_symbol(struct intern *symbols, struct span symbol, uint32_t *id)
{
	if (!func_symbol_is_valid(symbol))
		return false;
	*id = intern_add_copy(symbols, symbol);
	return *id != INTERN_NONE;
}

/* Takes apart the forms that all but a few lines have. It must agree with text_line_scan(). */
static bool take_apart(struct intern *symbols, struct span text, struct scan_row *row)
{
	size_t blanks = count_blanks(text);
	if (blanks < 2 || blanks % 2 != 0 || blanks > 2 + 2 * TEXT_DEPTH_MAX)
		return false;
	text = span_of(text.at + blanks, text.at + text.len);
	*row = (struct scan_row){ .symbol = SCAN_NONE,
				  .extra = SCAN_NONE,
				  .depth = (uint16_t)((blanks - 2) / 2),
				  .is_plain = ROW_IS_PLAIN };
	if (span_starts(text, SPAN("}"))) {
		row->kind = TEXT_LEAVE;
		if (text.len == 1)
			return true;
		if (!span_starts(text, SPAN("} /* ")) || !span_ends(text, SPAN(" */")) ||
		    text.len < 8)
			return false;
		row->flags = SCAN_NAMED;
		return add_symbol(symbols, span_of(text.at + 5, text.at + text.len - 3),
				  &row->symbol);
	}
	size_t tail = 4;
	row->kind = TEXT_ENTER;
	if (span_ends(text, SPAN("();"))) {
		row->kind = TEXT_LEAF;
		tail = 3;
	} else if (!span_ends(text, SPAN("() {"))) {
		return false;
	}
	return add_symbol(symbols, (struct span){ text.at, text.len - tail }, &row->symbol);
}

bool body_start(struct body_table *table, struct intern *symbols)
{
	/* what is guessed where nothing is known: longer than any text */
	const struct text_body none = { .len = UINT32_MAX };
	table->symbols = symbols;
	return table->rows.count > 0 || column_push(&table->rows, none);
}

/* The number of a body, 0 if there is none. */
static uint32_t look_up(struct body_table *table, struct span text)
{
	uint32_t hash = intern_hash(text);
	uint32_t id = intern_find(&table->texts, text, hash);
	struct text_body body = { .len = (uint32_t)text.len };
	if (id != INTERN_NONE)
		return id + 1;
	/* bodies are numbered as their texts are, so both are added or neither */
	if (table->rows.count >= BODY_COUNT_MAX ||
	    !column_reserve(&table->rows, table->rows.count + 1) ||
	    !take_apart(table->symbols, (struct span){ text.at, text.len - 1 }, &body.row))
		return 0;
	unsigned char *copy = arena_alloc(&table->bytes, text.len + BODY_PADDING);
	if (copy == NULL)
		return 0;
	memcpy(copy, text.at, text.len);
	body.text = copy;
	id = intern_add(&table->texts, text, hash);
	if (id == INTERN_NONE)
		return 0;
	table->rows.at[table->rows.count++] = body;
	return id + 1;
}

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

/* What is to be expected behind this body is looked up under the last few that came before. */
static inline void remember(uint32_t *context, uint32_t number)
{
	*context = (*context << 3) ^ (number * 0x9e3779b1u >> 8);
}

/* The way without a right guess. */
static KG_SELDOM const struct text_body *find_slowly(struct body_table *table, uint32_t *context,
						     const unsigned char *at,
						     const unsigned char *limit)
{
	const unsigned char *newline = at < limit ? memchr(at, '\n', (size_t)(limit - at)) : NULL;
	if (newline == NULL || newline - at >= BODY_BYTES_MAX)
		return NULL;
	const uint32_t number = look_up(table, span_of(at, newline + 1));
	if (number == 0)
		return NULL;
	table->guesses[*context % BODY_GUESSES] = number;
	remember(context, number);
	return &table->rows.at[number];
}

const struct text_body *body_find(struct body_table *table, uint16_t cpu, const unsigned char *at,
				  const unsigned char *limit)
{
	uint32_t *context = &table->contexts[cpu % BODY_CONTEXTS];
	const uint32_t number = table->guesses[*context % BODY_GUESSES];
	const struct text_body *body = &table->rows.at[number];
	if ((size_t)(limit - at) < body->len || !is_same(body->text, at, body->len))
		return find_slowly(table, context, at, limit);
	remember(context, number);
	return body;
}

void body_release(struct body_table *table)
{
	intern_release(&table->texts);
	arena_release(&table->bytes);
	column_release(&table->rows);
}

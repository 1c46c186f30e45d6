/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the bodies that lines have, and which comes after which. */
#include "read/text_body.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
				  .is_plain = true };
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

/* The number of a body, INTERN_NONE if there is none. */
static uint32_t look_up(struct body_table *table, struct span text)
{
	uint32_t hash = intern_hash(text);
	uint32_t id = intern_find(&table->texts, text, hash);
	struct text_body body = { .len = (uint32_t)text.len };
	if (id != INTERN_NONE)
		return id;
	/* bodies have the same numbers as their texts, so both are added or neither */
	if (table->rows.count >= BODY_COUNT_MAX ||
	    !column_reserve(&table->rows, table->rows.count + 1) ||
	    !take_apart(table->symbols, (struct span){ text.at, text.len - 1 }, &body.row))
		return INTERN_NONE;
	id = intern_add(&table->texts, text, hash);
	if (id == INTERN_NONE)
		return INTERN_NONE;
	body.text = intern_get(&table->texts, id).at;
	table->rows.at[table->rows.count++] = body;
	return id;
}

/* Whether len bytes are the same; up to 15 more are readable behind both. */
static inline bool is_same(const unsigned char *a, const unsigned char *b, size_t len)
{
#ifdef __SSE2__
	for (; len > 16; len -= 16, a += 16, b += 16) {
		__m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)a),
					       _mm_loadu_si128((const __m128i *)b));
		if (_mm_movemask_epi8(equal) != 0xffff)
			return false;
	}
	__m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)a),
				       _mm_loadu_si128((const __m128i *)b));
	unsigned int differ = (unsigned int)_mm_movemask_epi8(equal) ^ 0xffff;
	return (differ & (0xffffu >> (16 - len))) == 0;
#else
	return memcmp(a, b, len) == 0;
#endif
}

/* What is to be expected behind this body is looked up under the last few that came before. */
static inline void remember(uint32_t *context, uint32_t id)
{
	*context = (*context << 3) ^ (id * 0x9e3779b1u >> 8);
}

const struct text_body *body_find(struct body_table *table, uint16_t cpu, const unsigned char *at,
				  const unsigned char *limit)
{
	uint32_t *context = &table->contexts[cpu % BODY_CONTEXTS];
	uint32_t *guess = &table->guesses[*context % BODY_GUESSES];
	uint32_t id = *guess - 1;
	if (*guess != 0) {
		const struct text_body *body = &table->rows.at[id];
		if (is_same(body->text, at, body->len) && at + body->len <= limit) {
			remember(context, id);
			return body;
		}
	}
	const unsigned char *newline = memchr(at, '\n', (size_t)(limit - at));
	if (newline == NULL || newline - at >= BODY_BYTES_MAX)
		return NULL;
	id = look_up(table, span_of(at, newline + 1));
	if (id == INTERN_NONE)
		return NULL;
	*guess = id + 1;
	remember(context, id);
	return &table->rows.at[id];
}

void body_release(struct body_table *table)
{
	intern_release(&table->texts);
	column_release(&table->rows);
}

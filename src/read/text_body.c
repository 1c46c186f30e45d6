/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the bodies that lines have, and which comes after which. */
#include "read/text_body.h"

#include <string.h>

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

/* NULL: it is of another form, or memory is out. */
static const struct text_body *new_body(struct body_table *table, struct span text)
{
	struct scan_row row;
	if (!take_apart(table->symbols, (struct span){ text.at, text.len - 1 }, &row))
		return NULL;
	const size_t kept_len = text.len > BODY_START ? text.len : BODY_START;
	struct text_body *body = arena_alloc(&table->memory, sizeof(*body) + kept_len);
	if (body == NULL)
		return NULL;
	memcpy(body->text, text.at, text.len);
	body->row = row;
	body->len = (uint32_t)text.len;
	body->number = (uint32_t)table->rows.count;
	body->start_bits = text.len < BODY_START ? (UINT64_C(1) << text.len) - 1 : UINT64_MAX;
	return body;
}

/* The body with a text, with its newline; NULL if there is none. */
static const struct text_body *look_up(struct body_table *table, struct span text)
{
	const uint32_t hash = intern_hash(text);
	const uint32_t id = intern_find(&table->texts, text, hash);
	if (id != INTERN_NONE)
		return table->rows.at[id];
	/* bodies are numbered as their texts are, so both are added or neither */
	if (table->rows.count >= BODY_COUNT_MAX ||
	    !column_reserve(&table->rows, table->rows.count + 1))
		return NULL;
	const struct text_body *body = new_body(table, text);
	if (body == NULL || intern_add(&table->texts, text, hash) == INTERN_NONE)
		return NULL;
	table->rows.at[table->rows.count++] = body;
	return body;
}

bool body_start(struct body_table *table, struct intern *symbols)
{
	/* where nothing else is known this is guessed; it is in every trace that has a call */
	static const unsigned char brace[] = "  }\n\0\0\0\0\0\0";
	table->symbols = symbols;
	if (table->steps.count > 0)
		return true;
	const struct text_body *body = look_up(table, (struct span){ brace, 4 });
	return body != NULL && column_push(&table->steps, ((struct body_step){ .body = body }));
}

/* ---- guesses --------------------------------------------------------------------------------- */

/* Begins anew with what follows what: there are more sequences than are kept. */
static void forget_steps(struct body_table *table)
{
	table->steps.count = 1;
	table->steps.at[0].next = 0;
	memset(table->last, 0, sizeof(table->last));
	memset(table->by_context, 0, sizeof(table->by_context));
}

/* The step to a body in a context, which is added if it is new; 0 when memory is out. */
static uint32_t find_step(struct body_table *table, uint32_t context, const struct text_body *body)
{
	uint32_t *known = &table->by_context[context % BODY_CONTEXTS];
	const struct body_step *step = &table->steps.at[*known];
	if (step->context == context && step->body == body)
		return *known;
	if (!column_push(&table->steps, ((struct body_step){ .body = body, .context = context })))
		return 0;
	*known = (uint32_t)table->steps.count - 1;
	return *known;
}

const struct text_body *body_find_slowly(struct body_table *table, uint32_t *last,
					 const unsigned char *at, const unsigned char *limit)
{
	const unsigned char *newline = at < limit ? memchr(at, '\n', (size_t)(limit - at)) : NULL;
	if (newline == NULL || newline - at >= BODY_BYTES_MAX)
		return NULL;
	const struct text_body *body = look_up(table, span_of(at, newline + 1));
	if (body == NULL)
		return NULL;
	if (table->steps.count == BODY_STEPS_MAX)
		forget_steps(table);
	/* the last ten bodies or so, mixed */
	const uint32_t context = (table->steps.at[*last].context << 3) ^
				 ((body->number + 1) * UINT32_C(0x9e3779b1) >> 8);
	const uint32_t step = find_step(table, context, body);
	if (step == 0)
		return NULL;
	table->steps.at[*last].next = step;
	*last = step;
	return body;
}

void body_release(struct body_table *table)
{
	intern_release(&table->texts);
	arena_release(&table->memory);
	column_release(&table->rows);
	column_release(&table->steps);
}

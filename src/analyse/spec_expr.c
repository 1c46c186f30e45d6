/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a comparison of numbers of calls is written: "#(a) == #(b) + 1". */
#include <string.h>

#include "analyse/spec_reader.h"
#include "base/memory.h"
#include "base/banned.h"

/*
 * comparison: sum (== | != | < | <= | > | >=) sum ...
 * sum:        product ((+ | -) product) ...
 * product:    factor (* factor) ...
 * factor:     #(names) | number | parameter
 */
struct expr_reader {
	const struct spec_reader *reader;
	const struct spot *spot;
	const char *at; /* what is left of the text */
	COLUMN(struct expr_step) steps;
	COLUMN(struct expr_side) sides;
	COLUMN(names_id) names;
};

static void skip_blanks(struct expr_reader *expr)
{
	expr->at += strspn(expr->at, " \t");
}

/* Takes a character if it is the next one. */
static bool take(struct expr_reader *expr, char c)
{
	skip_blanks(expr);
	if (*expr->at != c)
		return false;
	expr->at++;
	return true;
}

static enum kg_status fail_at(const struct expr_reader *expr, const char *wanted)
{
	if (*expr->at == '\0')
		return reader_fail(expr->reader, expr->spot, "%s is missing at its end", wanted);
	return reader_fail(expr->reader, expr->spot, "%s is wanted before \"%s\"", wanted,
			   expr->at);
}

static enum kg_status push_step(struct expr_reader *expr, struct expr_step step)
{
	if (expr->steps.count >= EXPR_MAX_STEPS)
		return reader_fail(expr->reader, expr->spot, "is too long");
	return column_push(&expr->steps, step) ? KG_OK : KG_NOMEM;
}

/* A copy of the next len characters, which are taken. */
static const char *take_text(struct expr_reader *expr, size_t len)
{
	struct span span = { (const unsigned char *)expr->at, len };
	expr->at += len;
	return arena_copy(&expr->reader->spec->memory, span_trim(span));
}

static enum kg_status read_calls(struct expr_reader *expr)
{
	names_id names;
	skip_blanks(expr);
	if (!take(expr, '('))
		return fail_at(expr, "a ( behind #");
	const char *text = take_text(expr, strcspn(expr->at, ")"));
	if (text == NULL)
		return KG_NOMEM;
	if (!take(expr, ')'))
		return fail_at(expr, "a )");
	enum kg_status status = reader_names(expr->reader, expr->spot, text, true, &names);
	if (status != KG_OK)
		return status;
	struct expr_step step = { .code = EXPR_CALLS, .role = (uint32_t)expr->names.count };
	if (!column_push(&expr->names, names))
		return KG_NOMEM;
	return push_step(expr, step);
}

static enum kg_status read_factor(struct expr_reader *expr)
{
	if (take(expr, '#'))
		return read_calls(expr);
	size_t len = strspn(expr->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_");
	if (len == 0)
		return fail_at(expr, "a number or #(function)");
	const char *text = take_text(expr, len);
	if (text == NULL)
		return KG_NOMEM;
	struct expr_step step = { .code = EXPR_NUMBER };
	enum kg_status status = reader_amount_text(expr->reader, expr->spot, text, &step.number);
	return status == KG_OK ? push_step(expr, step) : status;
}

static enum kg_status read_product(struct expr_reader *expr)
{
	enum kg_status status = read_factor(expr);
	while (status == KG_OK && take(expr, '*')) {
		status = read_factor(expr);
		if (status == KG_OK)
			status = push_step(expr, (struct expr_step){ .code = EXPR_MULTIPLY });
	}
	return status;
}

static enum kg_status read_sum(struct expr_reader *expr)
{
	struct expr_side side = { .first_step = (uint32_t)expr->steps.count };
	enum kg_status status = read_product(expr);
	while (status == KG_OK) {
		enum expr_code code = EXPR_ADD;
		if (take(expr, '-'))
			code = EXPR_SUBTRACT;
		else if (!take(expr, '+'))
			break;
		status = read_product(expr);
		if (status == KG_OK)
			status = push_step(expr, (struct expr_step){ .code = code });
	}
	if (status != KG_OK)
		return status;
	side.step_count = (uint32_t)expr->steps.count - side.first_step;
	return column_push(&expr->sides, side) ? KG_OK : KG_NOMEM;
}

static enum kg_status read_comparison(struct expr_reader *expr)
{
	enum kg_status status = read_sum(expr);
	while (status == KG_OK) {
		struct expr_side *last = &expr->sides.at[expr->sides.count - 1];
		skip_blanks(expr);
		size_t len = scan_compare(expr->at, &last->compare);
		if (len == 0)
			break;
		expr->at += len;
		status = read_sum(expr);
	}
	if (status == KG_OK && (*expr->at != '\0' || expr->sides.count < 2))
		status = fail_at(expr, "a comparison");
	return status;
}

/* Moves a column's rows into the specification. */
static const void *keep(const struct spec_reader *reader, const void *rows, size_t bytes)
{
	void *copy = reader_alloc(reader, bytes);
	if (copy != NULL && bytes > 0)
		memcpy(copy, rows, bytes);
	return copy;
}

static enum kg_status keep_expr(const struct expr_reader *expr, struct rule *rule)
{
	const struct spec_reader *reader = expr->reader;
	rule->names = keep(reader, expr->names.at, expr->names.count * sizeof(*rule->names));
	rule->names_count = (uint32_t)expr->names.count;
	rule->expr.steps =
		keep(reader, expr->steps.at, expr->steps.count * sizeof(*rule->expr.steps));
	rule->expr.sides =
		keep(reader, expr->sides.at, expr->sides.count * sizeof(*rule->expr.sides));
	rule->expr.side_count = (uint32_t)expr->sides.count;
	bool is_kept = rule->names != NULL && rule->expr.steps != NULL && rule->expr.sides != NULL;
	return is_kept ? KG_OK : KG_NOMEM;
}

enum kg_status reader_expr(const struct spec_reader *reader, const struct spot *spot,
			   const char *text, struct rule *rule)
{
	struct expr_reader expr = { .reader = reader, .spot = spot, .at = text };
	enum kg_status status = read_comparison(&expr);
	if (status == KG_OK)
		status = keep_expr(&expr, rule);
	column_release(&expr.steps);
	column_release(&expr.sides);
	column_release(&expr.names);
	return status;
}

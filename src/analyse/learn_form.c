/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the orders in which calls came become a pattern. */
#include "analyse/learn_form.h"

#include <string.h>

#include "analyse/learn_inner.h"
#include "base/banned.h"

/* How many words may be in any order: all orders of many need many states. */
#define ANY_ORDER_MAX 4

/* ---- passages -------------------------------------------------------------------------------- */

bool passages_end_piece(struct passages *passages, size_t first, uint64_t times)
{
	const struct piece piece = { .first = first,
				     .len = passages->tokens.count - first,
				     .times = times };
	return column_push(&passages->pieces, piece);
}

void passages_release(struct passages *passages)
{
	column_release(&passages->tokens);
	column_release(&passages->pieces);
}

static const struct token *piece_tokens(const struct passages *passages, const struct piece *piece)
{
	return passages->tokens.at + piece->first;
}

/* ---- forms ----------------------------------------------------------------------------------- */

const struct kg_form *form_of_parts(const struct former *former, enum kg_form_kind kind,
				    const form_list *parts, uint32_t min, uint32_t max)
{
	struct kg_form *form = arena_alloc(former->memory, sizeof(*form));
	const struct kg_form **copy =
		arena_alloc(former->memory, parts->count * sizeof(*copy) + sizeof(*copy));
	if (form == NULL || copy == NULL)
		return NULL;
	if (parts->count > 0)
		memcpy(copy, parts->at, parts->count * sizeof(*copy));
	*form = (struct kg_form){
		.kind = kind, .min = min, .max = max, .parts = copy, .part_count = parts->count
	};
	return form;
}

uint64_t form_states(const struct kg_form *form)
{
	uint64_t states = form->kind == KG_FORM_CALL;
	for (size_t i = 0; i < form->part_count; i++)
		states += form_states(form->parts[i]);
	return form->max == KG_FORM_NO_LIMIT || form->max == 0 ? states : states * form->max;
}

const struct kg_form *form_join(const struct former *former, const form_list *parts)
{
	if (parts->count == 1)
		return parts->at[0];
	return form_of_parts(former, KG_FORM_SEQUENCE, parts, 1, 1);
}

const struct kg_form *form_call(const struct former *former, uint32_t name,
				const struct kg_form *in, uint64_t min, uint64_t max)
{
	struct kg_form *form = arena_alloc(former->memory, sizeof(*form));
	if (form == NULL)
		return NULL;
	*form = (struct kg_form){ .kind = KG_FORM_CALL,
				  .name = former->learn->name_infos.at[name].text,
				  .in = in };
	const bool is_exact = min == max && max <= EXACT_MAX;
	form->min = is_exact ? (uint32_t)min : min > 0;
	form->max = is_exact || max <= 1 ? (uint32_t)max : KG_FORM_NO_LIMIT;
	return form;
}

/* ---- what came before what ------------------------------------------------------------------- */

struct order {
	uint32_t before[WORDS_MAX]; /* the words that came after this one somewhere */
	uint32_t reach[WORDS_MAX];  /* the same, over others */
	uint64_t min[WORDS_MAX];
	uint64_t max[WORDS_MAX];
	uint32_t present; /* words that are in some piece */
};

static void add_piece(struct order *order, const struct passages *passages,
		      const struct piece *piece, bool is_first)
{
	const struct token *tokens = piece_tokens(passages, piece);
	uint64_t counts[WORDS_MAX] = { 0 };
	uint32_t seen = 0;
	for (size_t i = 0; i < piece->len; i++) {
		const uint32_t word = tokens[i].word;
		for (uint32_t rest = seen & ~(1U << word); rest != 0; rest &= rest - 1)
			order->before[__builtin_ctz(rest)] |= 1U << word;
		seen |= 1U << word;
		counts[word]++;
	}
	order->present |= seen;
	for (uint32_t word = 0; word < WORDS_MAX; word++) {
		if (is_first || counts[word] < order->min[word])
			order->min[word] = counts[word];
		if (counts[word] > order->max[word])
			order->max[word] = counts[word];
	}
}

static struct order order_of(const struct passages *passages)
{
	struct order order = { 0 };
	for (size_t i = 0; i < passages->pieces.count; i++)
		add_piece(&order, passages, &passages->pieces.at[i], i == 0);
	memcpy(order.reach, order.before, sizeof(order.reach));
	for (uint32_t over = 0; over < WORDS_MAX; over++) {
		for (uint32_t from = 0; from < WORDS_MAX; from++) {
			if ((order.reach[from] >> over) & 1)
				order.reach[from] |= order.reach[over];
		}
	}
	return order;
}

/* The words that came both before and after this one, itself included. */
static uint32_t block_of(const struct order *order, uint32_t word)
{
	uint32_t block = 1U << word;
	for (uint32_t other = 0; other < WORDS_MAX; other++) {
		if (((order->reach[word] >> other) & 1) && ((order->reach[other] >> word) & 1))
			block |= 1U << other;
	}
	return block;
}

/* The block of those left that none of the others has to come before. */
static uint32_t next_block(const struct order *order, uint32_t left)
{
	for (uint32_t rest = left; rest != 0; rest &= rest - 1) {
		const uint32_t block = block_of(order, (uint32_t)__builtin_ctz(rest));
		uint32_t others = left & ~block;
		bool is_next = true;
		for (; others != 0 && is_next; others &= others - 1)
			is_next = (order->reach[__builtin_ctz(others)] & block) == 0;
		if (is_next)
			return block;
	}
	return left;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* The call of one word in these passages, with what is below it. */
static bool add_call(const struct former *former, const struct words *words,
		     const struct passages *passages, uint32_t word, uint64_t min, uint64_t max,
		     form_list *parts)
{
	sample_list samples = { 0 };
	const struct kg_form *in = NULL;
	bool is_done = true;
	former->is_optional[words->names[word]] |= min == 0;
	for (size_t i = 0; i < passages->pieces.count && is_done; i++) {
		const struct piece *piece = &passages->pieces.at[i];
		const struct token *tokens = piece_tokens(passages, piece);
		for (size_t j = 0; j < piece->len && is_done; j++) {
			if (tokens[j].word == word)
				is_done = samples_add(&samples, tokens[j].shape, piece->times);
		}
	}
	is_done = is_done && inner_form(former, &samples, &in);
	if (is_done) {
		former->is_told[words->names[word]] = true;
		former->is_bare[words->names[word]] |= in == NULL;
		const struct kg_form *form = form_call(former, words->names[word], in, min, max);
		is_done = form != NULL && column_push(parts, form);
	}
	column_release(&samples);
	return is_done;
}

/* ---- blocks: words that come before and after each other ------------------------------------- */

/* The tokens of a block alone; pieces without any stay, empty. */
static bool restrict_to(const struct passages *passages, uint32_t block, struct passages *out)
{
	for (size_t i = 0; i < passages->pieces.count; i++) {
		const struct piece *piece = &passages->pieces.at[i];
		const struct token *tokens = piece_tokens(passages, piece);
		const size_t first = out->tokens.count;
		for (size_t j = 0; j < piece->len; j++) {
			if (((block >> tokens[j].word) & 1) &&
			    !column_push(&out->tokens, tokens[j]))
				return false;
		}
		if (!passages_end_piece(out, first, piece->times))
			return false;
	}
	return true;
}

/* Where passes of a loop begin, or end. */
enum loop_edge { LOOP_STARTS_WITH, LOOP_ENDS_WITH };

struct rounds {
	struct passages passes;
	uint64_t min; /* passes in one piece */
	uint64_t max;
};

/* Whether each piece that has something in it begins, or ends, with the word. */
static bool has_edge(const struct passages *passages, uint32_t word, enum loop_edge edge)
{
	for (size_t i = 0; i < passages->pieces.count; i++) {
		const struct piece *piece = &passages->pieces.at[i];
		const struct token *tokens = piece_tokens(passages, piece);
		if (piece->len == 0)
			continue;
		if (tokens[edge == LOOP_STARTS_WITH ? 0 : piece->len - 1].word != word)
			return false;
	}
	return true;
}

static bool cut_piece(const struct passages *passages, const struct piece *piece, uint32_t word,
		      enum loop_edge edge, struct rounds *out)
{
	const struct token *tokens = piece_tokens(passages, piece);
	struct passages *passes = &out->passes;
	size_t first = passes->tokens.count;
	uint64_t count = 0;
	for (size_t i = 0; i < piece->len; i++) {
		if (!column_push(&passes->tokens, tokens[i]))
			return false;
		const bool is_last = i + 1 == piece->len;
		const bool is_over = edge == LOOP_STARTS_WITH
					     ? is_last || tokens[i + 1].word == word
					     : tokens[i].word == word;
		if (!is_over)
			continue;
		if (!passages_end_piece(passes, first, piece->times))
			return false;
		first = passes->tokens.count;
		count++;
	}
	out->min = count < out->min ? count : out->min;
	out->max = count > out->max ? count : out->max;
	return true;
}

static bool cut_rounds(const struct passages *passages, uint32_t word, enum loop_edge edge,
		       struct rounds *out)
{
	*out = (struct rounds){ .min = UINT64_MAX };
	for (size_t i = 0; i < passages->pieces.count; i++) {
		if (!cut_piece(passages, &passages->pieces.at[i], word, edge, out))
			return false;
	}
	return true;
}

static bool add_loop(const struct former *former, const struct words *words,
		     const struct rounds *rounds, form_list *parts)
{
	form_list inner = { 0 };
	bool is_done = form_sequence(former, words, &rounds->passes, &inner);
	if (is_done) {
		uint64_t states = 0;
		for (size_t i = 0; i < inner.count; i++)
			states += form_states(inner.at[i]);
		const bool is_exact = rounds->min == rounds->max && rounds->max <= EXACT_MAX &&
				      rounds->max * states <= EXACT_LOOP_MAX;
		const struct kg_form *form =
			form_of_parts(former, KG_FORM_REPEAT, &inner,
				      is_exact ? (uint32_t)rounds->min : rounds->min > 0,
				      is_exact ? (uint32_t)rounds->max : KG_FORM_NO_LIMIT);
		is_done = form != NULL && column_push(parts, form);
	}
	column_release(&inner);
	return is_done;
}

/* Tries to read a block as a loop; *found says whether it is one. */
static bool try_loop(const struct former *former, const struct words *words,
		     const struct passages *passages, uint32_t block, form_list *parts, bool *found)
{
	bool is_done = true;
	*found = false;
	for (int edge = LOOP_STARTS_WITH; edge <= LOOP_ENDS_WITH && is_done && !*found; edge++) {
		for (uint32_t rest = block; rest != 0 && is_done && !*found; rest &= rest - 1) {
			const uint32_t word = (uint32_t)__builtin_ctz(rest);
			struct rounds rounds = { 0 };
			if (!has_edge(passages, word, (enum loop_edge)edge))
				continue;
			is_done = cut_rounds(passages, word, (enum loop_edge)edge, &rounds);
			if (is_done) {
				const struct order order = order_of(&rounds.passes);
				*found = block_of(&order, word) != block;
			}
			if (*found)
				is_done = add_loop(former, words, &rounds, parts);
			passages_release(&rounds.passes);
		}
	}
	return is_done;
}

/* Words in any order: once each, or as they come. */
static bool add_unordered(const struct former *former, const struct words *words,
			  const struct passages *passages, uint32_t block, form_list *parts)
{
	const struct order order = order_of(passages);
	form_list inner = { 0 };
	bool is_once = (uint32_t)__builtin_popcount(block) <= ANY_ORDER_MAX;
	bool is_always = false;
	bool is_done = true;
	for (uint32_t rest = block; rest != 0; rest &= rest - 1) {
		const uint32_t word = (uint32_t)__builtin_ctz(rest);
		is_once &= order.max[word] <= 1;
		is_always |= order.min[word] > 0;
	}
	for (uint32_t rest = block; rest != 0 && is_done; rest &= rest - 1) {
		const uint32_t word = (uint32_t)__builtin_ctz(rest);
		is_done = add_call(former, words, passages, word, is_once ? order.min[word] : 1, 1,
				   &inner);
	}
	const struct kg_form *form = NULL;
	if (is_done)
		form = form_of_parts(former, is_once ? KG_FORM_ALL : KG_FORM_ANY, &inner, 1, 1);
	column_release(&inner);
	if (form == NULL)
		return false;
	if (is_once)
		return column_push(parts, form);
	form_list any = { 0 };
	is_done = column_push(&any, form);
	if (is_done)
		form = form_of_parts(former, KG_FORM_REPEAT, &any, is_always, KG_FORM_NO_LIMIT);
	column_release(&any);
	return is_done && form != NULL && column_push(parts, form);
}

static bool add_block(const struct former *former, const struct words *words,
		      const struct passages *passages, uint32_t block, form_list *parts)
{
	struct passages own = { 0 };
	bool is_loop = false;
	bool is_done = restrict_to(passages, block, &own) &&
		       try_loop(former, words, &own, block, parts, &is_loop);
	if (is_done && !is_loop)
		is_done = add_unordered(former, words, &own, block, parts);
	passages_release(&own);
	return is_done;
}

bool form_sequence(const struct former *former, const struct words *words,
		   const struct passages *passages, form_list *parts)
{
	const struct order order = order_of(passages);
	uint32_t left = order.present;
	while (left != 0) {
		const uint32_t block = next_block(&order, left);
		const uint32_t word = (uint32_t)__builtin_ctz(block);
		left &= ~block;
		const bool is_done = (block & (block - 1)) == 0
					     ? add_call(former, words, passages, word,
							order.min[word], order.max[word], parts)
					     : add_block(former, words, passages, block, parts);
		if (!is_done)
			return false;
	}
	return true;
}

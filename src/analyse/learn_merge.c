/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the steps of several traces become one order. */
#include "analyse/learn_merge.h"

#include "base/banned.h"

/* What is aligned: more than this, in one trace or in the end, is no order that a person reads. */
#define ALIGN_MAX 512
#define ITEMS_MAX 40

bool runs_add(run_list *runs, uint32_t class, uint64_t times)
{
	if (runs->count > 0 && runs->at[runs->count - 1].class == class) {
		struct run *last = &runs->at[runs->count - 1];
		last->min += times;
		last->max += times;
		return true;
	}
	return column_push(runs, (struct run){ .class = class, .min = times, .max = times });
}

/* ---- folding --------------------------------------------------------------------------------- */

static bool same_classes(const struct run *a, const struct run *b, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (a[i].class != b[i].class)
			return false;
	}
	return true;
}

static void widen(struct run *run, const struct run *by)
{
	run->min = by->min < run->min ? by->min : run->min;
	run->max = by->max > run->max ? by->max : run->max;
}

/* How often the len runs of body come behind each other from a place on. */
static uint64_t count_rounds(const run_list *runs, size_t at, const struct run *body, uint32_t len)
{
	uint64_t rounds = 0;
	while (at + (rounds + 1) * len <= runs->count &&
	       same_classes(&runs->at[at + rounds * len], body, len))
		rounds++;
	return rounds;
}

static struct item item_at(const run_list *runs, size_t at, uint32_t len, uint64_t rounds)
{
	struct item item = { .len = len, .min = rounds, .max = rounds, .trace_count = 1 };
	for (uint32_t i = 0; i < len; i++)
		item.body[i] = runs->at[at + i];
	for (uint64_t round = 1; round < rounds; round++) {
		for (uint32_t i = 0; i < len; i++)
			widen(&item.body[i], &runs->at[at + round * len + i]);
	}
	return item;
}

/* The item that begins at a place: a loop that other traces have, a loop, a run. */
static struct item next_item(const run_list *runs, size_t at, const item_list *loops)
{
	for (size_t i = 0; i < loops->count; i++) {
		const struct item *loop = &loops->at[i];
		const uint64_t rounds = count_rounds(runs, at, loop->body, loop->len);
		if (rounds > 0)
			return item_at(runs, at, loop->len, rounds);
	}
	for (uint32_t len = 2; len <= LOOP_MAX && at + 2 * len <= runs->count; len++) {
		const uint64_t rounds = count_rounds(runs, at, &runs->at[at], len);
		if (rounds > 1)
			return item_at(runs, at, len, rounds);
	}
	return item_at(runs, at, 1, 1);
}

static bool fold(const run_list *runs, const item_list *loops, item_list *out)
{
	for (size_t at = 0; at < runs->count;) {
		const struct item item = next_item(runs, at, loops);
		if (!column_push(out, item))
			return false;
		at += item.len * item.min;
	}
	return true;
}

/* The loops of all traces, each once. */
static bool find_loops(const run_list *traces, size_t trace_count, item_list *loops)
{
	const item_list none = { 0 };
	bool is_done = true;
	for (size_t t = 0; t < trace_count && is_done; t++) {
		item_list items = { 0 };
		is_done = fold(&traces[t], &none, &items);
		for (size_t i = 0; i < items.count && is_done; i++) {
			const struct item *item = &items.at[i];
			size_t j = 0;
			while (j < loops->count &&
			       !(loops->at[j].len == item->len &&
				 same_classes(loops->at[j].body, item->body, item->len)))
				j++;
			if (item->len > 1 && j == loops->count)
				is_done = column_push(loops, *item);
		}
		column_release(&items);
	}
	return is_done;
}

/* ---- aligning -------------------------------------------------------------------------------- */

static bool same_item(const struct item *a, const struct item *b)
{
	return a->len == b->len && same_classes(a->body, b->body, a->len);
}

static struct item joined(const struct item *a, const struct item *b)
{
	struct item item = *a;
	for (uint32_t i = 0; i < item.len; i++)
		widen(&item.body[i], &b->body[i]);
	item.min = b->min < item.min ? b->min : item.min;
	item.max = b->max > item.max ? b->max : item.max;
	item.trace_count += b->trace_count;
	return item;
}

/* The length of the longest common sequence from each pair of places on. */
static uint16_t *common_lengths(const item_list *a, const item_list *b)
{
	const size_t row = b->count + 1;
	uint16_t *lengths = memory_zalloc((a->count + 1) * row * sizeof(*lengths));
	for (size_t i = a->count; lengths != NULL && i-- > 0;) {
		for (size_t j = b->count; j-- > 0;) {
			const uint16_t skip_a = lengths[(i + 1) * row + j];
			const uint16_t skip_b = lengths[i * row + j + 1];
			lengths[i * row + j] = skip_a > skip_b ? skip_a : skip_b;
			if (same_item(&a->at[i], &b->at[j]))
				lengths[i * row + j] =
					(uint16_t)(lengths[(i + 1) * row + j + 1] + 1);
		}
	}
	return lengths;
}

static bool align(item_list *items, const item_list *next)
{
	const size_t row = next->count + 1;
	item_list out = { 0 };
	uint16_t *lengths = common_lengths(items, next);
	size_t i = 0;
	size_t j = 0;
	bool is_done = lengths != NULL;
	while (is_done && (i < items->count || j < next->count)) {
		const bool has_both = i < items->count && j < next->count;
		if (has_both && same_item(&items->at[i], &next->at[j]))
			is_done = column_push(&out, joined(&items->at[i++], &next->at[j++]));
		else if (j == next->count ||
			 (has_both && lengths[(i + 1) * row + j] >= lengths[i * row + j + 1]))
			is_done = column_push(&out, items->at[i++]);
		else
			is_done = column_push(&out, next->at[j++]);
	}
	memory_free(lengths);
	column_release(items);
	*items = out;
	return is_done;
}

/* *fits: the traces could be aligned. */
static bool align_all(const run_list *traces, size_t trace_count, item_list *out, bool *fits)
{
	item_list loops = { 0 };
	bool is_done = find_loops(traces, trace_count, &loops);
	*fits = loops.count <= ALIGN_MAX;
	for (size_t t = 0; t < trace_count && is_done && *fits; t++) {
		item_list items = { 0 };
		is_done = fold(&traces[t], &loops, &items);
		*fits = items.count <= ALIGN_MAX && out->count <= ALIGN_MAX;
		if (is_done && *fits) {
			if (t > 0)
				is_done = align(out, &items);
			else
				is_done = column_reserve(out, items.count);
			for (size_t i = 0; t == 0 && is_done && i < items.count; i++)
				is_done = column_push(out, items.at[i]);
		}
		column_release(&items);
	}
	column_release(&loops);
	*fits = *fits && out->count <= ITEMS_MAX;
	return is_done;
}

/* ---- what comes before what ------------------------------------------------------------------ */

struct precedence {
	uint64_t reach[CLASSES_MAX];
	uint64_t min[CLASSES_MAX];
	uint64_t max[CLASSES_MAX];
	uint32_t trace_count[CLASSES_MAX];
	uint64_t present;
};

static void add_trace(struct precedence *order, const run_list *runs, bool is_first)
{
	uint64_t counts[CLASSES_MAX] = { 0 };
	uint64_t seen = 0;
	for (size_t i = 0; i < runs->count; i++) {
		const uint32_t class = runs->at[i].class;
		for (uint64_t rest = seen & ~(UINT64_C(1) << class); rest != 0; rest &= rest - 1)
			order->reach[__builtin_ctzll(rest)] |= UINT64_C(1) << class;
		seen |= UINT64_C(1) << class;
		counts[class] += runs->at[i].max;
	}
	order->present |= seen;
	for (uint32_t class = 0; class < CLASSES_MAX; class ++) {
		order->trace_count[class] += counts[class] > 0;
		if (is_first || counts[class] < order->min[class])
			order->min[class] = counts[class];
		if (counts[class] > order->max[class])
			order->max[class] = counts[class];
	}
}

static bool reaches(const struct precedence *order, uint32_t from, uint32_t to)
{
	return ((order->reach[from] >> to) & 1) != 0;
}

static uint64_t block_around(const struct precedence *order, uint32_t class)
{
	uint64_t block = UINT64_C(1) << class;
	for (uint32_t other = 0; other < CLASSES_MAX; other++) {
		if (reaches(order, class, other) && reaches(order, other, class))
			block |= UINT64_C(1) << other;
	}
	return block;
}

/* The block of those left that none of the others has to come before. */
static uint64_t first_block(const struct precedence *order, uint64_t left)
{
	for (uint64_t rest = left; rest != 0; rest &= rest - 1) {
		const uint64_t block = block_around(order, (uint32_t)__builtin_ctzll(rest));
		bool is_first = true;
		for (uint64_t others = left & ~block; others != 0 && is_first; others &= others - 1)
			is_first = (order->reach[__builtin_ctzll(others)] & block) == 0;
		if (is_first)
			return block;
	}
	return left;
}

static struct item item_of_block(const struct precedence *order, uint64_t block)
{
	const uint32_t class = (uint32_t)__builtin_ctzll(block);
	struct item item = { .any = block };
	for (uint64_t rest = block; rest != 0; rest &= rest - 1) {
		const uint32_t other = (uint32_t)__builtin_ctzll(rest);
		item.min |= order->min[other] > 0;
		item.max += order->max[other];
		item.trace_count = order->trace_count[other] > item.trace_count
					   ? order->trace_count[other]
					   : item.trace_count;
	}
	if ((block & (block - 1)) == 0)
		item = (struct item){ .body = { { class, order->min[class], order->max[class] } },
				      .len = 1,
				      .min = 1,
				      .max = 1,
				      .trace_count = order->trace_count[class] };
	return item;
}

static bool order_all(const run_list *traces, size_t trace_count, item_list *out)
{
	struct precedence *order = memory_zalloc(sizeof(*order));
	if (order == NULL)
		return false;
	for (size_t t = 0; t < trace_count; t++)
		add_trace(order, &traces[t], t == 0);
	for (uint32_t over = 0; over < CLASSES_MAX; over++) {
		for (uint32_t from = 0; from < CLASSES_MAX; from++) {
			if (reaches(order, from, over))
				order->reach[from] |= order->reach[over];
		}
	}
	bool is_done = true;
	uint64_t left = order->present;
	while (left != 0 && is_done) {
		const uint64_t block = first_block(order, left);
		is_done = column_push(out, item_of_block(order, block));
		left &= ~block;
	}
	memory_free(order);
	return is_done;
}

bool items_of(const run_list *traces, size_t trace_count, item_list *out)
{
	bool fits;
	if (!align_all(traces, trace_count, out, &fits))
		return false;
	if (fits)
		return true;
	column_release(out);
	return order_all(traces, trace_count, out);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows in which order the records of several CPUs were written. */
#include "read/dat_merge.h"

#include "base/error.h"
#include "base/banned.h"

static inline bool is_before(const struct dat_cursor *a, const struct dat_cursor *b)
{
	if (a->record.time != b->record.time)
		return a->record.time < b->record.time;
	return a->cpu < b->cpu;
}

/* Moves the cursor at a place down to where it belongs. */
static void sink(struct dat_merge *merge, size_t place)
{
	struct dat_cursor **heap = merge->heap.at;
	const size_t count = merge->heap.count;
	struct dat_cursor *cursor = heap[place];
	for (size_t below = 2 * place + 1; below < count; below = 2 * place + 1) {
		if (below + 1 < count && is_before(heap[below + 1], heap[below]))
			below++;
		if (!is_before(heap[below], cursor))
			break;
		heap[place] = heap[below];
		place = below;
	}
	heap[place] = cursor;
}

/* Moves the cursor at a place up to where it belongs. */
static void rise(struct dat_merge *merge, size_t place)
{
	struct dat_cursor **heap = merge->heap.at;
	struct dat_cursor *cursor = heap[place];
	for (; place > 0 && is_before(cursor, heap[(place - 1) / 2]); place = (place - 1) / 2)
		heap[place] = heap[(place - 1) / 2];
	heap[place] = cursor;
}

enum kg_status dat_merge_add(struct dat_merge *merge, struct dat_cursor *cursor,
			     struct kg_error *err)
{
	enum kg_status status = dat_cursor_next(cursor, err);
	if (status != KG_OK)
		return status == KG_END ? KG_OK : status;
	if (!column_push(&merge->heap, cursor))
		return error_set(err, KG_NOMEM, source_name(cursor->file->source), 0,
				 "out of memory");
	rise(merge, merge->heap.count - 1);
	return KG_OK;
}

enum kg_status dat_merge_next(struct dat_merge *merge, struct kg_error *err)
{
	struct dat_cursor **heap = merge->heap.at;
	enum kg_status status = dat_cursor_next(heap[0], err);
	if (status == KG_END)
		heap[0] = heap[--merge->heap.count];
	else if (status != KG_OK)
		return status;
	if (merge->heap.count > 1)
		sink(merge, 0);
	return KG_OK;
}

void dat_merge_release(struct dat_merge *merge)
{
	column_release(&merge->heap);
}

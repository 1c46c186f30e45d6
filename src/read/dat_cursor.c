/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the pages of a CPU are read, plain or packed, and how damage to them is passed over. */
#include "read/dat_cursor.h"

#include <kvmgraph/event.h>

#include "base/error.h"
#include "base/memory.h"
#include "read/dat_number.h"
#include "base/banned.h"

/* What trace-cmd packs at a time is ten pages; what claims to be more than this is damaged. */
#define CHUNK_MAX ((uint64_t)16 << 20)

void dat_cursor_init(struct dat_cursor *cursor, const struct dat_file *file,
		     const struct dat_buffer *buffer, const struct dat_cpu *cpu,
		     size_t window_bytes)
{
	/* whole pages, at least one, and no more than there are */
	size_t window = window_bytes - window_bytes % buffer->page_bytes;
	if (window == 0)
		window = buffer->page_bytes;
	if (window > cpu->size_bytes)
		window = (size_t)cpu->size_bytes;
	*cursor = (struct dat_cursor){ .cpu = cpu->cpu,
				       .file = file,
				       .pos_bytes = cpu->pos_bytes,
				       .end_bytes = cpu->pos_bytes + cpu->size_bytes,
				       .page_bytes = buffer->page_bytes,
				       .is_packed = buffer->is_packed,
				       .window_bytes = window };
}

static bool reserve(unsigned char **bytes, size_t *cap, size_t want)
{
	if (want <= *cap)
		return true;
	unsigned char *more = memory_realloc(*bytes, want);
	if (more == NULL)
		return false;
	*bytes = more;
	*cap = want;
	return true;
}

static enum kg_status no_memory(const struct dat_cursor *cursor, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(cursor->file->source), 0, "out of memory");
}

/* Takes the next len bytes of the file, which are there unless it shrinks while it is read. */
static enum kg_status take_bytes(struct dat_cursor *cursor, unsigned char *to, size_t len,
				 struct kg_error *err)
{
	size_t got;
	enum kg_status status =
		source_read(cursor->file->source, cursor->pos_bytes, to, len, &got, err);
	cursor->pos_bytes += len;
	return status == KG_OK && got < len ? KG_BAD_FORMAT : status;
}

static enum kg_status fill_plain(struct dat_cursor *cursor, struct kg_error *err)
{
	const uint64_t left = cursor->end_bytes - cursor->pos_bytes;
	const size_t len = left < cursor->window_bytes ? (size_t)left : cursor->window_bytes;
	if (!reserve(&cursor->bytes, &cursor->cap, len))
		return no_memory(cursor, err);
	enum kg_status status = take_bytes(cursor, cursor->bytes, len, err);
	if (status == KG_OK)
		cursor->len = len;
	return status;
}

/* A number of four bytes. Where there is none the CPU's chunks are out of step: that ends them. */
static enum kg_status take_number(struct dat_cursor *cursor, uint64_t *out, struct kg_error *err)
{
	unsigned char bytes[4];
	enum kg_status status = KG_BAD_FORMAT;
	if (cursor->end_bytes - cursor->pos_bytes >= sizeof(bytes))
		status = take_bytes(cursor, bytes, sizeof(bytes), err);
	if (status == KG_OK)
		*out = dat_number(bytes, sizeof(bytes), cursor->file->is_big);
	else
		cursor->chunks_left = 0;
	return status;
}

static enum kg_status unpack_chunk(struct dat_cursor *cursor, uint64_t packed_len, uint64_t len,
				   struct kg_error *err)
{
	if (packed_len > cursor->end_bytes - cursor->pos_bytes) {
		cursor->chunks_left = 0;
		return KG_BAD_FORMAT;
	}
	if (packed_len == 0 || packed_len > CHUNK_MAX || len == 0 || len > CHUNK_MAX) {
		cursor->pos_bytes += packed_len;
		return KG_BAD_FORMAT;
	}
	if (!reserve(&cursor->chunk, &cursor->chunk_cap, (size_t)packed_len) ||
	    !reserve(&cursor->bytes, &cursor->cap, (size_t)len))
		return no_memory(cursor, err);
	enum kg_status status = take_bytes(cursor, cursor->chunk, (size_t)packed_len, err);
	if (status != KG_OK)
		return status;
	const struct span packed = { cursor->chunk, (size_t)packed_len };
	status = dat_unpack(&cursor->file->unpacker, packed, cursor->bytes, (size_t)len,
			    &cursor->len);
	return status == KG_NOMEM ? no_memory(cursor, err) : status;
}

static enum kg_status fill_packed(struct dat_cursor *cursor, struct kg_error *err)
{
	uint64_t packed_len;
	uint64_t len;
	enum kg_status status = KG_OK;
	if (!cursor->has_chunk_count) {
		cursor->has_chunk_count = true;
		status = take_number(cursor, &len, err);
		if (status != KG_OK)
			return status;
		cursor->chunks_left = (uint32_t)len;
	}
	if (cursor->chunks_left == 0)
		return KG_END;
	cursor->chunks_left--;
	status = take_number(cursor, &packed_len, err);
	if (status == KG_OK)
		status = take_number(cursor, &len, err);
	return status == KG_OK ? unpack_chunk(cursor, packed_len, len, err) : status;
}

/* Reads some more pages. KG_END: there are none; KG_BAD_FORMAT: there are, but damaged. */
static enum kg_status fill(struct dat_cursor *cursor, struct kg_error *err)
{
	cursor->len = 0;
	cursor->next_page = 0;
	if (cursor->is_packed)
		return fill_packed(cursor, err);
	return cursor->pos_bytes < cursor->end_bytes ? fill_plain(cursor, err) : KG_END;
}

static bool open_page(struct dat_cursor *cursor)
{
	const size_t left = cursor->len - cursor->next_page;
	const size_t len = left < cursor->page_bytes ? left : cursor->page_bytes;
	cursor->has_page = dat_page_open(&cursor->page, &cursor->file->page,
					 cursor->bytes + cursor->next_page, len);
	cursor->next_page += len;
	return cursor->has_page;
}

static enum kg_status stand_on(struct dat_cursor *cursor, enum dat_item item)
{
	cursor->item = item;
	return KG_OK;
}

/* Goes on behind the page that has come to its end. */
static enum kg_status leave_page(struct dat_cursor *cursor, struct kg_error *err)
{
	cursor->has_page = false;
	while (cursor->next_page == cursor->len) {
		enum kg_status status = fill(cursor, err);
		if (status == KG_BAD_FORMAT)
			return stand_on(cursor, DAT_ITEM_DAMAGED);
		if (status != KG_OK)
			return status;
	}
	if (!open_page(cursor))
		return stand_on(cursor, DAT_ITEM_DAMAGED);
	cursor->item = DAT_ITEM_RECORD;
	if (cursor->page.has_lost) {
		cursor->record.time = cursor->page.time;
		cursor->lost_count = cursor->page.lost_count;
		cursor->item = DAT_ITEM_LOST;
	}
	return KG_OK;
}

enum kg_status dat_cursor_next(struct dat_cursor *cursor, struct kg_error *err)
{
	for (;;) {
		if (cursor->has_page) {
			enum dat_step step = dat_page_next(&cursor->page, &cursor->record);
			if (step == DAT_STEP_RECORD)
				return stand_on(cursor, DAT_ITEM_RECORD);
			if (step == DAT_STEP_DAMAGED) {
				cursor->has_page = false;
				return stand_on(cursor, DAT_ITEM_DAMAGED);
			}
		}
		enum kg_status status = leave_page(cursor, err);
		if (status != KG_OK || cursor->item != DAT_ITEM_RECORD)
			return status;
	}
}

void dat_cursor_release(struct dat_cursor *cursor)
{
	memory_free(cursor->bytes);
	memory_free(cursor->chunk);
	cursor->bytes = NULL;
	cursor->chunk = NULL;
}

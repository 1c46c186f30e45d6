/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One CPU's records, in the order in which it wrote them. */
#ifndef READ_DAT_CURSOR_H
#define READ_DAT_CURSOR_H

#include "read/dat_file.h"

enum dat_item {
	DAT_ITEM_RECORD,
	DAT_ITEM_LOST,	  /* the tracer lost events here */
	DAT_ITEM_DAMAGED, /* something here cannot be read, and nobody knows how much it is */
};

struct dat_cursor {
	/* what it stands on; the record's time is set for other items too */
	enum dat_item item;
	struct dat_record record;
	uint64_t lost_count; /* DAT_ITEM_LOST: how many, or KG_NO_NS */
	uint16_t cpu;

	/* the rest is its own */
	const struct dat_file *file;
	uint64_t pos_bytes; /* of what is still to be read */
	uint64_t end_bytes;
	uint32_t page_bytes;
	uint32_t chunks_left;
	bool is_packed;
	bool has_chunk_count;
	bool has_page;
	struct dat_page page;
	size_t window_bytes;
	size_t next_page; /* in bytes */
	size_t len;	  /* of the pages in bytes */
	size_t cap;
	size_t chunk_cap;
	unsigned char *bytes;
	unsigned char *chunk; /* as it is in the file */
};

/* Puts a cursor before the first item; window_bytes is how much it reads at a time. */
void dat_cursor_init(struct dat_cursor *cursor, const struct dat_file *file,
		     const struct dat_buffer *buffer, const struct dat_cpu *cpu,
		     size_t window_bytes);
/* Goes on to the next item. KG_END behind the last; KG_IO, KG_NOMEM. */
KG_MUST_USE enum kg_status dat_cursor_next(struct dat_cursor *cursor, struct kg_error *err);
void dat_cursor_release(struct dat_cursor *cursor);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One page of the kernel's ring buffer: records with the time between them.
 *
 * A page may be damaged anywhere: nothing is ever read beyond it, and what does not fit is told.
 */
#ifndef READ_DAT_PAGE_H
#define READ_DAT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every page starts with: 64 bits of time, then these. */
struct dat_page_layout {
	uint32_t commit_offset; /* a long: how many bytes of data, and flags */
	uint32_t commit_size;
	uint32_t data_offset;
	bool is_big;
};

struct dat_page {
	const unsigned char *data;
	size_t len;
	size_t next; /* where the next record starts */
	uint64_t time;
	bool is_big;
	bool has_lost;	     /* events were lost before this page */
	uint64_t lost_count; /* or KG_NO_NS */
};

struct dat_record {
	const unsigned char *at;
	size_t len;
	uint64_t time; /* trace clock */
};

enum dat_step { DAT_STEP_RECORD, DAT_STEP_END, DAT_STEP_DAMAGED };

/* Opens a page of which len bytes are there; false if even its start is damaged. */
bool dat_page_open(struct dat_page *page, const struct dat_page_layout *layout,
		   const unsigned char *bytes, size_t len);

/* The next record; its bytes stay where they are in the page. */
enum dat_step dat_page_next(struct dat_page *page, struct dat_record *out);

#endif

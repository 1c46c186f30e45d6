/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the kernel's ring buffer lays out a page. */
#include "read/dat_page.h"

#include <kvmgraph/event.h>

#include "read/dat_number.h"
#include "base/banned.h"

#define COMMIT_MASK (((uint64_t)1 << 27) - 1)
#define LOST_FLAG ((uint64_t)1 << 31)
/* the number of lost events stands behind the data */
#define LOST_COUNT_FLAG ((uint64_t)1 << 30)

/* The first word of an entry: 5 bits of type, 27 bits of time since the entry before. */
#define DELTA_BITS 27
#define DELTA_MASK (((uint32_t)1 << DELTA_BITS) - 1)
#define TYPE_LONG 0 /* length in a word of its own; 1 to 28: so many words */
#define TYPE_PADDING 29
#define TYPE_TIME_EXTEND 30
#define TYPE_TIME_STAMP 31
/* An absolute time has no more bits than this; those above go on from the time before. */
#define STAMP_BITS (32 + DELTA_BITS)

bool dat_page_open(struct dat_page *page, const struct dat_page_layout *layout,
		   const unsigned char *bytes, size_t len)
{
	*page = (struct dat_page){ .is_big = layout->is_big };
	if (len < layout->data_offset)
		return false;
	const uint64_t commit =
		dat_number(bytes + layout->commit_offset, layout->commit_size, layout->is_big);
	page->time = dat_number(bytes, 8, layout->is_big);
	page->data = bytes + layout->data_offset;
	page->len = commit & COMMIT_MASK;
	page->has_lost = commit & LOST_FLAG;
	page->lost_count = KG_NO_NS;
	const size_t room = len - layout->data_offset;
	if (page->len > room)
		return false;
	if (page->has_lost && (commit & LOST_COUNT_FLAG) && room - page->len >= layout->commit_size)
		page->lost_count =
			dat_number(page->data + page->len, layout->commit_size, layout->is_big);
	return true;
}

/* The time that an absolute stamp stands for, which is not before that of the entry before. */
static uint64_t whole_time(uint64_t stamp, uint64_t before)
{
	const uint64_t unit = (uint64_t)1 << STAMP_BITS;
	stamp |= before & ~(unit - 1);
	return stamp >= before ? stamp : stamp + unit;
}

/* An entry of more than one word: time, a hole, or a long record. False if it is damaged. */
static bool take_wide_entry(struct dat_page *page, uint32_t type, uint64_t delta,
			    struct dat_record *out)
{
	const unsigned char *entry = page->data + page->next;
	const size_t left = page->len - page->next;
	if (left < 8)
		return false;
	const uint64_t second = dat_number(entry + 4, 4, page->is_big);
	size_t len = 8;
	if (type == TYPE_TIME_EXTEND) {
		page->time += second << DELTA_BITS | delta;
	} else if (type == TYPE_TIME_STAMP) {
		page->time = whole_time(second << DELTA_BITS | delta, page->time);
	} else {
		/* the length counts its own word */
		if (second < 4 || second > left - 4)
			return false;
		page->time += delta;
		len = 4 + (((size_t)second + 3) & ~(size_t)3);
		if (len > left)
			return false;
		*out = (struct dat_record){ entry + 8, (size_t)second - 4, page->time };
	}
	page->next += len;
	return true;
}

enum dat_step dat_page_next(struct dat_page *page, struct dat_record *out)
{
	while (page->len - page->next >= 4) {
		const unsigned char *entry = page->data + page->next;
		const uint32_t first = (uint32_t)dat_number(entry, 4, page->is_big);
		const uint32_t type = page->is_big ? first >> DELTA_BITS : first & 31;
		const uint64_t delta = page->is_big ? first & DELTA_MASK : first >> 5;
		if (type != TYPE_LONG && type < TYPE_PADDING) {
			const size_t len = (size_t)type * 4;
			if (page->len - page->next < 4 + len)
				return DAT_STEP_DAMAGED;
			page->time += delta;
			page->next += 4 + len;
			*out = (struct dat_record){ entry + 4, len, page->time };
			return DAT_STEP_RECORD;
		}
		/* a hole that takes no time is the rest of the page */
		if (type == TYPE_PADDING && delta == 0)
			return DAT_STEP_END;
		if (!take_wide_entry(page, type, delta, out))
			return DAT_STEP_DAMAGED;
		if (type == TYPE_LONG)
			return DAT_STEP_RECORD;
	}
	return page->next == page->len ? DAT_STEP_END : DAT_STEP_DAMAGED;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a line has beyond its event.
 *
 * Rows are made for speed and keep little; who asks for all that a line says has it taken apart
 * once more, in peace. Lines that are longer than a window holds are handed out in pieces.
 */
#ifndef READ_TEXT_DETAIL_H
#define READ_TEXT_DETAIL_H

#include "base/source.h"
#include "read/text_scan.h"

/* A line, with its newline, and the row that was made of it under a layout. */
void text_detail_fill(struct span line, const struct scan_row *row, struct text_layout layout,
		      struct kg_detail *out);

/* What a window left out of a line. A zeroed struct has nothing left. */
struct text_rest {
	uint64_t pos_bytes; /* of what comes next */
	bool is_open;	    /* the line goes on there */
	enum kg_line_kind kind;
	uint64_t line_no;
	unsigned char *bytes;
};

/* Goes on with the line at a position behind its first piece, if that is not all of it. */
void text_rest_open(struct text_rest *rest, const struct source *source, uint64_t pos_bytes,
		    const struct kg_detail *first);
/* The next piece, valid until the next call. */
KG_MUST_USE enum kg_status text_rest_next(struct text_rest *rest, const struct source *source,
					  struct kg_detail *detail, struct kg_error *err);
void text_rest_release(struct text_rest *rest);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Event comments of several lines.
 *
 * Only the first line of a message has columns, and what a program wrote into it may read like
 * anything else in a trace. So a comment without an end on its line is measured: up to the first
 * line that ends as comments do and is no line of the trace in itself.
 */
#ifndef READ_TEXT_COMMENT_H
#define READ_TEXT_COMMENT_H

#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/source.h"
#include "read/text_layout.h"

/* A comment is one message of the kernel's, at most two pages. */
#define TEXT_COMMENT_MAX 8192

/*
 * How many lines the comment that is open on the line at a position goes on behind it; 0 if it has
 * no end.
 */
KG_MUST_USE enum kg_status text_comment_measure(const struct source *source, uint64_t pos_bytes,
						struct text_layout layout, uint64_t *lines,
						struct kg_error *err);

/*
 * Whether the line at a position is inside a comment: where that ends, or 0. from_bytes is a place
 * before it that is in none; the layout is in force from there on. Costs the reading of what is
 * between both, but never more than a few pages.
 */
KG_MUST_USE enum kg_status text_comment_around(const struct source *source, uint64_t from_bytes,
					       uint64_t pos_bytes, struct text_layout layout,
					       uint64_t *end_bytes, struct kg_error *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A source in windows of whole lines.
 *
 * Window k has exactly the lines that begin in bytes [k * size, (k + 1) * size), so that every line
 * is in one window whatever the size, and windows can be read in any order and by any thread.
 */
#ifndef BASE_WINDOW_H
#define BASE_WINDOW_H

#include <stdbool.h>

#include "base/source.h"
#include "base/span.h"

/* No kernel prints lines this long (a page is its limit); of longer ones only this much is read. */
#define WINDOW_LINE_MAX 65536
/* This many bytes may be looked at (not used) behind a window's lines. */
#define WINDOW_PADDING 256

struct window {
	unsigned char *buffer; /* of lines that were read */
	size_t cap;
	bool is_in_place;  /* may be set: lines are left where they are, if the source shows them */
	struct span lines; /* from the start of a line; ends with a newline but at the end of all */
	uint64_t pos_bytes; /* of lines.at in the source */
};

/* Reads window k; its lines may be none. A zeroed struct is fine to start with, and to release. */
KG_MUST_USE enum kg_status window_read(struct window *window, const struct source *source,
				       uint64_t k, size_t size, struct kg_error *err);
void window_release(struct window *window);

#endif

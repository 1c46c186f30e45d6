/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A window of text as rows, one a line.
 *
 * Scanning needs nothing but the window and the layout in force at its start, so that windows can
 * be scanned apart from each other. Names become numbers of the scanner's own tables.
 */
#ifndef READ_TEXT_SCAN_H
#define READ_TEXT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/column.h"
#include "base/intern.h"
#include "base/window.h"
#include "read/text_body.h"
#include "read/text_layout.h"
#include "read/text_line.h"
#include "read/text_row.h"

/* What was learnt of earlier windows, for one scan at a time. A zeroed struct is empty. */
struct scan_tables {
	struct intern symbols; /* functions as printed */
	struct body_table bodies;
};

/* Zeroed but for its tables it is empty; they may be others for each window. */
struct text_scan {
	struct scan_tables *tables;
	struct intern tasks; /* "comm-pid" as printed */
	COLUMN(struct scan_row) rows;
	COLUMN(struct scan_extra) extras;
	struct text_layout layout; /* in force behind the last line scanned */
	size_t end;		   /* where in the window that is */
};

/* Replaces the rows by those of a window. False when memory is out. */
bool text_scan_window(struct text_scan *scan, const struct window *window,
		      struct text_layout layout);

/*
 * Scans anew what comes behind the first row_count rows, for what reads like a header there was
 * none. Stops behind the next header, since that may be none either: then `end` is not yet the end
 * of the window, and what is behind all rows has to be scanned by another call.
 */
bool text_scan_again(struct text_scan *scan, const struct window *window, size_t row_count,
		     struct text_layout layout);

void text_scan_release(struct text_scan *scan);
void scan_tables_release(struct scan_tables *tables);

#endif

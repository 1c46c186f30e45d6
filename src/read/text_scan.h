/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A window of text as rows, one a line.
 *
 * Scanning needs nothing but the window and the layout in force at its start, so that windows can
 * be scanned apart from each other. Names become numbers of the scanner's own table.
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

enum scan_flag {
	SCAN_CUT_MASK = 3, /* as in struct text_line */
	SCAN_MARK_IS_WRONG = 1 << 2,
	SCAN_NAMED = 1 << 3,	    /* LEAVE with a name */
	SCAN_OPEN_COMMENT = 1 << 4, /* COMMENT without its end */
	SCAN_NO_NEWLINE = 1 << 5,   /* the input ends in this line */
	SCAN_TOO_LONG = 1 << 6,
	SCAN_NEW_TRACE = 1 << 7, /* HEADER: a trace begins here */
};

/* Kept small: there is one for each line, and most lines need no more. */
struct scan_row {
	uint64_t dur_ns; /* LOST: how many */
	uint32_t offset; /* of the line in the window */
	uint32_t symbol; /* ENTER, LEAF, named LEAVE: its function */
	uint32_t extra;	 /* index of its struct scan_extra */
	uint16_t cpu;
	uint16_t depth;
	uint8_t kind; /* enum text_kind */
	uint8_t mark;
	uint8_t flags;
	uint8_t is_plain; /* a call with nothing to it but function, depth and duration */
};

/* What lines of the default columns do not have, but for switches. */
struct scan_extra {
	uint64_t time_ns;
	uint32_t task; /* TASK/PID column; SWITCH: the task before */
	uint32_t next; /* SWITCH: the task after */
};

#define SCAN_NONE INTERN_NONE

struct text_scan {
	struct intern symbols; /* functions as printed */
	struct intern tasks;   /* "comm-pid" as printed */
	struct body_table bodies;
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

#endif

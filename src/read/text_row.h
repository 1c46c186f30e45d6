/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line of text, scanned: plain numbers, and names as numbers of the scanner's own tables.
 */
#ifndef READ_TEXT_ROW_H
#define READ_TEXT_ROW_H

#include <stdint.h>

#include "base/intern.h"

enum scan_flag {
	SCAN_CUT_MASK = 3, /* as in struct text_line */
	SCAN_MARK_IS_WRONG = 1 << 2,
	SCAN_NAMED = 1 << 3,	    /* LEAVE with a name */
	SCAN_OPEN_COMMENT = 1 << 4, /* COMMENT without its end */
	SCAN_NO_NEWLINE = 1 << 5,   /* the input ends in this line */
	SCAN_TOO_LONG = 1 << 6,
	SCAN_NEW_TRACE = 1 << 7, /* HEADER: a trace begins here */
};

enum row_plainness {
	ROW_IS_NOT_PLAIN,
	ROW_IS_PLAIN,	   /* a call with nothing to it but function, depth and duration */
	ROW_STARTS_BUNDLE, /* the same, and the first one of a bundle */
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
	uint8_t is_plain; /* enum row_plainness */
};

/* What lines of the default columns do not have, but for switches. */
struct scan_extra {
	uint64_t time_ns;
	uint32_t task; /* TASK/PID column; SWITCH: the task before */
	uint32_t next; /* SWITCH: the task after */
};

#define SCAN_NONE INTERN_NONE

#endif

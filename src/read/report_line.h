/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line of `trace-cmd report`, taken apart, of the normal form and of the raw one (-R, and -N).
 *
 * This is a pure function of the line. The forms are those of trace-cmd 1.0 to 3.4, with any of the
 * options that change them: -l, -t, --raw-ts, --ts-diff, --debug, several inputs, fgraph's own.
 */
#ifndef READ_REPORT_LINE_H
#define READ_REPORT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "read/text_line.h"

struct report_line {
	/*
	 * What the kernel's lines have too. Its kind is never RULE, SWITCH or IRQ_*; a COMMENT is a
	 * line of any other event. time_ns is KG_NO_NS where the clock does not count seconds.
	 */
	struct text_line text;
	struct span origin; /* name of the input file or buffer, where the line tells it */
	bool is_raw;	    /* ENTER, LEAVE: of the raw form */
	bool starts_trace;  /* HEADER: the one that each report begins with */
	bool is_negative;   /* LEAF, LEAVE: its duration is below zero, which tells nothing */
};

/* Takes a line (without its newline) apart. */
void report_line_scan(struct span line, struct report_line *out);

/* Whether a mark says what trace-cmd never says for such a duration; cut as in struct text_line. */
bool report_mark_is_wrong(uint8_t mark, uint64_t dur_ns, uint8_t cut);

#endif

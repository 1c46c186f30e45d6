/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the start of a report is told from that of the kernel's own text. */
#include "read/report_sample.h"

#include <string.h>

#include "read/report_line.h"
#include "read/text_layout.h"
#include "base/banned.h"

/* What a line says of the form of its text. */
enum report_vote { VOTE_NONE, VOTE_MAYBE, VOTE_REPORT, VOTE_KERNEL };

static enum report_vote vote_of(struct span text)
{
	struct report_line line;
	struct text_line kernel_line;
	if (span_starts(text, SPAN("# tracer:")))
		return VOTE_KERNEL;
	report_line_scan(text, &line);
	if (line.text.kind == TEXT_ENTER || line.text.kind == TEXT_LEAF ||
	    line.text.kind == TEXT_LEAVE)
		return VOTE_REPORT;
	text_line_scan(text, TEXT_LAYOUT_DEFAULT, &kernel_line);
	if (kernel_line.kind == TEXT_ENTER || kernel_line.kind == TEXT_LEAF ||
	    kernel_line.kind == TEXT_LEAVE)
		return VOTE_KERNEL;
	return line.starts_trace || line.text.kind == TEXT_COMMENT ? VOTE_MAYBE : VOTE_NONE;
}

bool report_sample_is_likely(struct span sample)
{
	const unsigned char *end = sample.at + sample.len;
	bool is_likely = false;
	for (const unsigned char *at = sample.at; at < end;) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		const unsigned char *line_end = newline != NULL ? newline : end;
		const enum report_vote vote = vote_of(span_of(at, line_end));
		if (vote == VOTE_REPORT || vote == VOTE_KERNEL)
			return vote == VOTE_REPORT;
		is_likely = is_likely || vote == VOTE_MAYBE;
		at = newline != NULL ? newline + 1 : end;
	}
	return is_likely;
}

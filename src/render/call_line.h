/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a line of a call tree begins and ends: the way the kernel prints it, with the line of the
 * trace in front.
 *
 *	537  3) ! 210.212 us | kvm_vcpu_ioctl [kvm]()
 */
#ifndef RENDER_CALL_LINE_H
#define RENDER_CALL_LINE_H

#include "render/text.h"

/* Widths of the columns; all-zero before any call was measured. */
struct call_line {
	size_t line_width;
	size_t cpu_width; /* 0: no such column */
	size_t time_width;
};

void call_line_measure(struct call_line *widths, const struct kg_call *call);

/* timed: the call whose time to show; NULL: none. */
void call_line_start(const struct call_line *widths, struct text *text, uint64_t line_no,
		     uint16_t cpu, const struct kg_call *timed, uint32_t level);
/* A remark behind the call, with a CPU in it: "(left on cpu 3)". */
void call_line_remark(struct text *text, const char *words, uint16_t cpu);
/* What is wrong with the call, if anything is, and the end of the line. */
void call_line_end(struct text *text, const struct kg_call *call);

#endif

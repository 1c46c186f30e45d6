/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line of the kernel's function_graph text, taken apart.
 *
 * This is a pure function of the line and the layout: what a line means in its trace (which task,
 * which call it closes) is decided by others. The forms are those of kernels 2.6.29 and later.
 */
#ifndef READ_TEXT_LINE_H
#define READ_TEXT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/event.h>

#include "base/span.h"
#include "read/text_layout.h"

enum text_kind {
	TEXT_UNKNOWN, /* no known form */
	TEXT_BLANK,
	TEXT_RULE,    /* the dashes around a switch */
	TEXT_HEADER,  /* starts with # */
	TEXT_ENTER,   /* f() { */
	TEXT_LEAVE,   /* } */
	TEXT_LEAF,    /* f(); */
	TEXT_COMMENT, /* an event, or text that a program wrote */
	TEXT_SWITCH,  /* a-1 => b-2 */
	TEXT_IRQ_ENTER,
	TEXT_IRQ_LEAVE,
	TEXT_LOST, /* CPU:2 [LOST 12 EVENTS] */
	TEXT_NOISE /* overrun counts, stack dumps, notes on buffers */
};
#define TEXT_KIND_COUNT (TEXT_NOISE + 1)

/* No stack of the kernel is deeper; more indentation than that is damage. */
#define TEXT_DEPTH_MAX 1023
/* The kernel cuts names of tasks to so many bytes. */
#define TEXT_COMM_MAX 7

/* Spans point into the line. What a line does not have is empty, KG_NO_NS or KG_NO_CPU. */
struct text_line {
	enum text_kind kind;
	uint16_t cpu;
	uint16_t depth;	    /* ENTER, LEAF, LEAVE */
	uint8_t mark;	    /* before the duration; ' ' for none */
	uint8_t cut;	    /* the duration is cut to a multiple of 10^cut ns */
	bool is_closed;	    /* COMMENT: its end is on this line */
	bool has_flags_bar; /* behind the latency column; kernels before 5.1 print none */
	uint32_t cpu_width; /* of the CPU column behind its leading blank */
	uint32_t indent;    /* COMMENT: blanks in front of it */
	uint64_t time_ns;   /* TIME column */
	uint64_t rel_ns;    /* REL TIME column; time_ns too where there is no TIME */
	uint64_t dur_ns;    /* LEAF, LEAVE; LOST: how many events */
	struct span task;   /* TASK/PID column; SWITCH: the task before */
	struct span next;   /* SWITCH: the task after */
	struct span flags;  /* latency column */
	struct span name;   /* "f [module]"; LEAVE: only where printed */
	struct span args;   /* between the parentheses */
	struct span note;   /* inside the comment at the end; COMMENT: its text (in a closed one
			       without the blanks around it, in an open one all up to the end) */
};

/* Takes a line (without its newline) apart. */
void text_line_scan(struct span line, struct text_layout layout, struct text_line *out);

/* "comm-123": its pid, and the comm in *comm; -1 if it is not of that form. */
int64_t text_task_split(struct span task, struct span *comm);

/* Whether a mark says what no kernel says for such a duration; cut as in struct text_line. */
bool text_mark_is_wrong(uint8_t mark, uint64_t dur_ns, uint8_t cut);

#endif

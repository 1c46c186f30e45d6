/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events, and the functions and tasks that they speak of.
 *
 * An event is one thing that happened, as plain values: it holds no pointer and can be copied.
 * Functions and tasks are named once in a table and meant by id from then on.
 */
#ifndef KVMGRAPH_EVENT_H
#define KVMGRAPH_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/api.h>
#include <kvmgraph/error.h>

KG_BEGIN_C

typedef uint32_t kg_func_id;
typedef uint32_t kg_task_id;

#define KG_NO_FUNC UINT32_MAX
#define KG_NO_TASK UINT32_MAX
#define KG_NO_CPU UINT16_MAX
/* A time or duration that the trace does not tell. */
#define KG_NO_NS UINT64_MAX

enum kg_event_kind {
	KG_EV_ENTER,	 /* a function is entered */
	KG_EV_LEAVE,	 /* a function is left; func_id is KG_NO_FUNC where no name is printed */
	KG_EV_LEAF,	 /* entered and left with nothing in between */
	KG_EV_SWITCH,	 /* the CPU goes on with task_id */
	KG_EV_COMMENT,	 /* an event of another tracer, a marker */
	KG_EV_IRQ_ENTER, /* arrow into an interrupt */
	KG_EV_IRQ_LEAVE, /* arrow out of it */
	KG_EV_LOST, /* events of this CPU were lost here; dur_ns is their number, or KG_NO_NS */
	KG_EV_NEW_TRACE, /* another trace begins in the same input: nothing open goes on */
};

enum kg_event_flag {
	/* dur_ns is cut to a multiple of 10 to the power of these two bits (0 to 3) ns */
	KG_EVF_CUT_MASK = 3,
	/* the task is an idle task: one per CPU though they share pid 0 */
	KG_EVF_IDLE = 4,
	/* LEAVE: the form of the trace never tells the function that is left */
	KG_EVF_NAMELESS = 8,
};

struct kg_event {
	uint64_t line_no; /* line of a text, number of a record, from 1 */
	uint64_t time_ns; /* trace clock, or KG_NO_NS */
	uint64_t dur_ns;  /* LEAVE and LEAF; else KG_NO_NS */
	kg_func_id func_id;
	kg_task_id task_id;
	uint16_t cpu;
	uint16_t depth; /* as recorded, 0 outermost */
	uint8_t kind;	/* enum kg_event_kind */
	uint8_t flags;	/* enum kg_event_flag */
	uint8_t mark;	/* the character before the duration: one of " +!#*@$" */
	uint8_t unused;
};

/* ---- what an event leaves out ---------------------------------------------------------------- */

/* Bytes that somebody else owns; never NUL-terminated. */
struct kg_bytes {
	const unsigned char *at;
	size_t len;
};

/* What a line of text is. */
enum kg_line_kind {
	KG_LINE_EVENT,	 /* event and detail say all of it */
	KG_LINE_HEADER,	 /* starts with # */
	KG_LINE_RULE,	 /* the dashes around a switch */
	KG_LINE_BLANK,	 /* behind a switch, or anywhere */
	KG_LINE_COMMENT, /* of an event comment, but not its first line */
	KG_LINE_NOISE,	 /* overrun counts, stack dumps, notes on buffers */
	KG_LINE_UNKNOWN, /* of no known form, or cut off */
};

/*
 * What a line has beyond its event: with both it can be printed again. What it does not have is
 * empty or 0, so an event without details has a zeroed one. An input that is no text has neither
 * text nor end, and the note of a COMMENT in it is all of its text, with however many lines; no
 * note at all (NULL) means that its text is not known.
 */
struct kg_detail {
	enum kg_line_kind kind;
	bool is_named;	    /* LEAVE: the function is printed behind the brace */
	bool is_closed;	    /* COMMENT: it ends on this line */
	bool has_flags_bar; /* behind the latency column; kernels before 5.1 print none */
	uint32_t columns;   /* enum kg_column: those in force */
	uint32_t cpu_width; /* of the number of the CPU */
	uint32_t indent;    /* COMMENT: blanks in front of it */
	uint64_t line_no;   /* as in the event, if there is one */
	uint64_t rel_ns;    /* REL TIME column */
	uint64_t below_ns;  /* a duration below zero as the kernel prints it, unsigned: no event has
			       it */
	struct kg_bytes task;  /* TASK/PID column; SWITCH: the task before */
	struct kg_bytes next;  /* SWITCH: the task after */
	struct kg_bytes flags; /* latency column */
	struct kg_bytes args;  /* between the parentheses */
	/* inside the comment at the end, of a LEAVE what follows the name; COMMENT: its text */
	struct kg_bytes note;
	struct kg_bytes retval; /* LEAVE of a trace.dat: " ret=0x0", if it was recorded */
	bool has_overrun;	/* LEAVE of a trace.dat: the next is known */
	uint64_t overrun;	/* calls of the task that were too deep to be recorded */
	struct kg_bytes text;	/* the line as it stands, without its end */
	struct kg_bytes end; /* newline with or without a carriage return; nothing where all ends */
};

/*
 * What receives events with all that the input has, line by line. A status other than KG_OK ends
 * the run with it.
 *
 *   line  one line of a text or one record, in order. event is NULL where it is none. The detail
 *         and what it points to are valid during the call only. A line longer than any kernel
 *         prints comes in pieces, of which only the last may have an end.
 *   done  the trace is at its end.
 */
struct kg_event_sink {
	void *self;
	enum kg_status (*line)(void *self, const struct kg_event *event,
			       const struct kg_detail *detail);
	enum kg_status (*done)(void *self);
};

/* ---- functions and tasks --------------------------------------------------------------------- */

struct kg_func {
	const char *name;   /* as the trace prints it: "kvm_free_memslots.part.0" */
	const char *base;   /* without compiler suffixes: "kvm_free_memslots" */
	const char *module; /* "kvm", or "" for the kernel itself and where the trace hides it */
};

struct kg_task {
	int64_t pid;	  /* -1 where no line names the task */
	const char *comm; /* bytes as printed, possibly cut and not UTF-8; "?cpuN" if inferred */
	bool is_idle;	  /* pid 0: one lane per CPU */
	bool is_inferred; /* a CPU whose task no line names */
};

struct kg_funcs;
struct kg_tasks;

/* Ids run from 0 to count - 1. Both tables grow while a trace is read; what they point to stays. */
KG_API uint32_t kg_funcs_count(const struct kg_funcs *funcs);
KG_API const struct kg_func *kg_funcs_get(const struct kg_funcs *funcs, kg_func_id id);
KG_API uint32_t kg_tasks_count(const struct kg_tasks *tasks);
KG_API const struct kg_task *kg_tasks_get(const struct kg_tasks *tasks, kg_task_id id);

KG_END_C

#endif

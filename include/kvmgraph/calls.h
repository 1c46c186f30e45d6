/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls: the nodes of the rebuilt trees, and how they are handed out.
 *
 * While a trace is read each call is handed to a sink, first when it opens, then when it closes;
 * the sink keeps what it needs and nothing else is kept. In one lane (one task, or one CPU's idle
 * task) calls open and close like brackets. Lanes are interleaved as the trace interleaves them.
 * A call whose exit was recorded only behind an interrupt that came after it is closed before what
 * that called, though its end_line_no is larger.
 */
#ifndef KVMGRAPH_CALLS_H
#define KVMGRAPH_CALLS_H

#include <kvmgraph/error.h>
#include <kvmgraph/event.h>

KG_BEGIN_C

typedef uint64_t kg_call_id;
#define KG_NO_CALL UINT64_MAX

enum kg_call_flag {
	KG_CALL_NO_START = 1 << 0, /* the trace has its end only */
	KG_CALL_NO_END = 1 << 1,   /* the trace has its start only */
	KG_CALL_GAP = 1 << 2,	   /* events were lost on its CPU while it was open */
	KG_CALL_ROOT = 1 << 3,	   /* no traced caller in its lane, as far as was read */
	KG_CALL_ATOMIC = 1 << 4,   /* printed as one line: it is only closed, never opened first */
	KG_CALL_HIDDEN = 1 << 5,   /* a filter took it out: keep the nesting, count nothing */
	/*
	 * It turned up with its end and was not opened before. Either the trace lacks its start
	 * (NO_START too), or the tracer records ends only, and the call is as complete as its
	 * duration: what it called for less than the threshold is missing, so self_ns is an upper
	 * bound.
	 */
	KG_CALL_LATE = 1 << 6,
	KG_CALL_EXCEEDED = 1 << 7, /* what it called took longer than it did itself */
	/* any of these: its duration and what it called are not to be trusted in a statistic */
	KG_CALL_INCOMPLETE = KG_CALL_NO_START | KG_CALL_NO_END | KG_CALL_GAP,
};

/* Ids count from 0 in the order in which calls open, so a caller's is below its callees'. */
struct kg_call {
	kg_call_id id;
	kg_call_id parent_id; /* KG_NO_CALL for a root */
	uint64_t line_no;     /* where it is entered; 0 without a start */
	uint64_t end_line_no; /* where it is left; 0 while open and without an end */
	uint64_t time_ns;     /* trace clock at entry, or KG_NO_NS */
	uint64_t end_time_ns; /* trace clock when left, or KG_NO_NS */
	uint64_t dur_ns;      /* as the kernel measured it, or KG_NO_NS */
	uint64_t self_ns;     /* dur_ns without the callees, or KG_NO_NS where that is unknown */
	uint64_t call_count;  /* calls in its tree, itself included; 0 while it is open */
	kg_func_id func_id;   /* KG_NO_FUNC where only an unnamed closing brace is left of it */
	kg_task_id task_id;
	uint32_t lane_id;     /* of its lane while calls are open there, then of others */
	uint32_t child_count; /* calls directly below */
	uint16_t cpu_enter;   /* KG_NO_CPU without a start */
	uint16_t cpu_leave;   /* KG_NO_CPU without an end */
	uint16_t depth;	      /* as recorded; a root may sit at any depth */
	uint16_t level;	      /* open calls above it in its lane */
	uint8_t flags;	      /* enum kg_call_flag */
	uint8_t mark;	      /* the character printed before its duration */
};

struct kg_bundler;

struct kg_gap {
	uint64_t line_no;
	uint64_t lost_count; /* events lost, or KG_NO_NS where unknown */
	uint16_t cpu;
};

/*
 * What receives calls. Every function is set; a status other than KG_OK ends the run with it.
 *
 *   opened    a call starts. Unset yet: everything about its end.
 *   closed    a call is complete, or known to stay incomplete. A KG_CALL_ATOMIC call was not opened
 *             before; nor was a KG_CALL_LATE one, whose callees have already been handed out
 *             with its id as their parent_id.
 *   vanished  a caller that callees named as parent_id turns out not to be in the trace: their
 *             parent is parent_id (which may be KG_NO_CALL).
 *   gap       events of a CPU were lost here.
 *   done      the trace is at its end; every call has been closed.
 *
 * bundler is set by sinks of this library that need not see every call; else it is NULL.
 */
struct kg_call_sink {
	void *self;
	enum kg_status (*opened)(void *self, const struct kg_call *call);
	enum kg_status (*closed)(void *self, const struct kg_call *call);
	enum kg_status (*vanished)(void *self, kg_call_id id, kg_call_id parent_id);
	enum kg_status (*gap)(void *self, const struct kg_gap *gap);
	enum kg_status (*done)(void *self);
	const struct kg_bundler *bundler;
};

/* Functions that do nothing and return KG_OK, for the members a sink has no use for. */
KG_API enum kg_status kg_sink_ignore_call(void *self, const struct kg_call *call);
KG_API enum kg_status kg_sink_ignore_vanished(void *self, kg_call_id id, kg_call_id parent_id);
KG_API enum kg_status kg_sink_ignore_gap(void *self, const struct kg_gap *gap);
KG_API enum kg_status kg_sink_ignore_done(void *self);

/* Counts over a whole trace. */
struct kg_call_counts {
	uint64_t total;
	uint64_t complete; /* with start and end, and no gap while they were open */
	uint64_t no_start;
	uint64_t no_end;
	uint64_t in_gap; /* with start and end, but open while events of their CPU were lost */
	uint64_t roots;
	uint64_t leaf;	     /* without a traced callee */
	uint64_t migrations; /* entered on one CPU and left on another */
	uint32_t max_depth;  /* largest recorded depth */
	uint32_t lane_count;
};

KG_END_C

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trace: opened, read once into a sink, asked, closed.
 *
 *	struct kg_trace *trace;
 *	struct kg_error err = { 0 };
 *	if (kg_trace_open("trace.txt", NULL, &trace, &err) != KG_OK)
 *		...
 *	kg_trace_run(trace, &sink, &err);
 *	const struct kg_info *info = kg_trace_info(trace);
 *	kg_trace_close(trace);
 */
#ifndef KVMGRAPH_TRACE_H
#define KVMGRAPH_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include <kvmgraph/calls.h>
#include <kvmgraph/error.h>
#include <kvmgraph/info.h>

KG_BEGIN_C

struct kg_trace;

/* All-zero is the default. */
struct kg_trace_opts {
	size_t window_bytes;	/* text is read in windows of about this size; 0: 128 KiB */
	uint32_t thread_count;	/* at most so many threads read; 0: only the caller's */
	const char *tmp_folder; /* where a pipe is spooled; NULL: /tmp */
	/*
	 * Who runs on a CPU before its first switch is told by that switch, which may come late or
	 * never. 0: the whole trace is looked through for it, where it has to be. Else only so many
	 * bytes ahead: then the task counts as unnamed, and where it is named after all a run ends
	 * with KG_AGAIN.
	 */
	uint64_t look_ahead_bytes;
	/* told now and then how far the run is; total is never 0 */
	void (*progress)(void *self, uint64_t done_bytes, uint64_t total_bytes);
	void *progress_self;
	/*
	 * A large file may be mapped, which is faster than reading it. Then a file that becomes
	 * shorter meanwhile, or cannot be read any more, is no failure but a SIGBUS: for programs
	 * that have a handler for it.
	 */
	bool may_map;
};

/*
 * Opens a file of any supported form, found out from its first bytes. "-" is standard input; what
 * is not a regular file is spooled to an unnamed file first, since the task of a line may be named
 * only later. Fails with KG_IO, KG_BAD_FORMAT or KG_NOMEM.
 */
KG_API KG_MUST_USE enum kg_status kg_trace_open(const char *path, const struct kg_trace_opts *opts,
						struct kg_trace **out, struct kg_error *err);

/* The same for bytes in memory, which have to stay until the trace is closed. */
KG_API KG_MUST_USE enum kg_status kg_trace_open_memory(const void *bytes, size_t len,
						       const struct kg_trace_opts *opts,
						       struct kg_trace **out, struct kg_error *err);

/*
 * Reads the trace from its start to its end, handing its calls to the sink. May be called once.
 * Fails with KG_BAD_FORMAT if no line of function_graph was found (which is known only after the
 * sink was done), with KG_IO, with KG_NOMEM, or with whatever the sink returned. KG_AGAIN, only
 * with look_ahead_bytes: some task was mistaken, so what the sink has got is worth nothing, and the
 * trace is to be rewound and run with a new one.
 */
KG_API KG_MUST_USE enum kg_status
kg_trace_run(struct kg_trace *trace, const struct kg_call_sink *sink, struct kg_error *err);

/*
 * Reads it like kg_trace_run(), but hands out the events with all their details, and rebuilds no
 * calls: the counts of calls in kg_trace_info() stay 0. A trace is run one way or the other.
 */
KG_API KG_MUST_USE enum kg_status
kg_trace_run_events(struct kg_trace *trace, const struct kg_event_sink *sink, struct kg_error *err);

/*
 * Makes it possible to run the trace again: all that was read is forgotten, and the tables below
 * are filled anew. After a run that the trace itself ended with KG_AGAIN, runs look ahead without a
 * limit, so that no other one ends so; nor does a run after one that went to its end.
 */
KG_API KG_MUST_USE enum kg_status kg_trace_rewind(struct kg_trace *trace, struct kg_error *err);

/* Which form the trace has; known before it is run. */
KG_API enum kg_format kg_trace_format(const struct kg_trace *trace);
/* How many CPUs it speaks of as far as is known by now: before it is run 0, but for a trace.dat. */
KG_API uint32_t kg_trace_cpu_count(const struct kg_trace *trace);

/* Names by id; both fill up during the run. Owned by the trace. */
KG_API const struct kg_funcs *kg_trace_funcs(const struct kg_trace *trace);
KG_API const struct kg_tasks *kg_trace_tasks(const struct kg_trace *trace);

/* The imperfections met so far; analyses add theirs. Owned by the trace. */
KG_API struct kg_diags *kg_trace_diags(struct kg_trace *trace);

/* What is in the trace, after the run. Owned by the trace. Vendor and kernel are left unknown. */
KG_API const struct kg_info *kg_trace_info(const struct kg_trace *trace);

/* Releases everything. NULL is allowed. */
KG_API void kg_trace_close(struct kg_trace *trace);

KG_END_C

#endif

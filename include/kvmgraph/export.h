/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A trace in the form of another program: sinks that write while the trace is read. */
#ifndef KVMGRAPH_EXPORT_H
#define KVMGRAPH_EXPORT_H

#include <kvmgraph/error.h>
#include <kvmgraph/event.h>
#include <kvmgraph/render.h>

KG_BEGIN_C

/* ---- the kernel's own text ------------------------------------------------------------------- */

/* All-zero is the default. */
struct kg_ftrace_opts {
	/*
	 * Where the events do not come from the kernel's text: print them as the kernel would have,
	 * its printer's memory rebuilt. Entry and exit become one line where nothing came between
	 * them on their CPU, switches get their banners, exits a name where the printer lost track.
	 * Without it every line is printed as it was.
	 */
	bool as_kernel;
	bool tail;	    /* as_kernel: a name behind every closing brace */
	bool retval;	    /* as_kernel: what functions returned, as far as it was recorded */
	bool overrun;	    /* as_kernel: how many calls were too deep, the same */
	uint32_t columns;   /* as_kernel: enum kg_column; 0: CPU and DURATION */
	uint32_t cpu_count; /* as_kernel: of the machine, from which the width of the CPU follows */
};

struct kg_ftrace_counts {
	uint64_t made;		 /* lines printed from values */
	uint64_t copied;	 /* lines that say nothing of events: headers, notes, damage */
	uint64_t odd;		 /* lines understood, but not as a kernel prints them: copied too */
	uint64_t odd_first_line; /* 0 for none */
	uint64_t untold;	 /* comments that are left out, since their text is not known */
};

struct kg_ftrace;

/*
 * Prints a trace to an output by way of an event sink. The tables are those of the trace. The bytes
 * of a text come out as they went in, whatever they are: understood lines are printed from what was
 * understood, and only where that differs (see counts) are they copied. Costs memory for the
 * longest line; with as_kernel also for the records between an entry and what follows it on its
 * CPU. A failed write is remembered by the output; what the sink can fail with is KG_NOMEM.
 */
KG_API KG_MUST_USE enum kg_status kg_ftrace_new(struct kg_out *out, const struct kg_funcs *funcs,
						const struct kg_tasks *tasks,
						const struct kg_ftrace_opts *opts,
						struct kg_ftrace **ftrace);
KG_API struct kg_event_sink kg_ftrace_sink(struct kg_ftrace *ftrace);
KG_API const struct kg_ftrace_counts *kg_ftrace_counts(const struct kg_ftrace *ftrace);
KG_API void kg_ftrace_free(struct kg_ftrace *ftrace);

KG_END_C

#endif

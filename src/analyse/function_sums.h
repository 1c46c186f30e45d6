/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the time of the calls of one function sums up to, in whatever order they come. */
#ifndef ANALYSE_FUNCTION_SUMS_H
#define ANALYSE_FUNCTION_SUMS_H

#include <kvmgraph/error.h>

#include "analyse/histogram.h"
#include "analyse/sum.h"
#include "base/seldom.h"

/* Zeroed there were none. The first line of memory is what every call changes. */
struct function_sums {
	uint64_t self_ns;
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t sum_ns;
	unsigned __int128 square_sum;
	struct histogram durations; /* of the complete calls whose duration the trace tells */
	uint64_t untimed;	    /* complete calls whose duration it does not tell */
	uint64_t incomplete;
	uint64_t nested_ns; /* of sum_ns: in calls below another one of the same function */
	uint64_t max_line;  /* of the longest call, the first of them to end */
	uint64_t max_end_line;
};

/*
 * A complete call. Handed on by value, and member by member where it is not inlined, so that it
 * need not be put together in memory.
 */
struct timed_call {
	uint64_t dur_ns;
	uint64_t line_no; /* 0 without a start */
	uint64_t end_line_no;
};

static KG_SELDOM void function_note_longest(struct function_sums *function, uint64_t dur_ns,
					    uint64_t line_no, uint64_t end_line_no)
{
	if (dur_ns == function->max_ns && function->max_end_line != 0 &&
	    end_line_no >= function->max_end_line)
		return;
	function->max_ns = dur_ns;
	function->max_line = line_no != 0 ? line_no : end_line_no;
	function->max_end_line = end_line_no;
}

/* All of a duration but its place in the histogram. */
static inline void function_sum_up(struct function_sums *function, struct timed_call call,
				   bool is_first)
{
	const uint64_t dur_ns = call.dur_ns;
	if (dur_ns < function->min_ns || is_first)
		function->min_ns = dur_ns;
	if (dur_ns >= function->max_ns)
		function_note_longest(function, dur_ns, call.line_no, call.end_line_no);
	function->sum_ns = sum_add(function->sum_ns, dur_ns);
	function->square_sum += (unsigned __int128)dur_ns * dur_ns;
}

static KG_SELDOM KG_MUST_USE enum kg_status function_add_slowly(struct function_sums *function,
								uint64_t dur_ns, uint64_t line_no,
								uint64_t end_line_no)
{
	const struct timed_call call = { dur_ns, line_no, end_line_no };
	const bool is_first = function->durations.count == 0;
	if (!histogram_add_slowly(&function->durations, dur_ns))
		return KG_NOMEM;
	function_sum_up(function, call, is_first);
	return KG_OK;
}

/* Adds a duration. The time that the function spent itself is added apart. */
static inline KG_MUST_USE enum kg_status function_add(struct function_sums *function,
						      struct timed_call call)
{
	if (!histogram_count(&function->durations, call.dur_ns))
		return function_add_slowly(function, call.dur_ns, call.line_no, call.end_line_no);
	function_sum_up(function, call, false);
	return KG_OK;
}

/* Adds all that another one has, and releases it. */
static inline KG_MUST_USE enum kg_status function_merge(struct function_sums *into,
							struct function_sums *from)
{
	const bool has_none = into->durations.count == 0;
	if (from->durations.count > 0) {
		if (from->min_ns < into->min_ns || has_none)
			into->min_ns = from->min_ns;
		if (from->max_ns >= into->max_ns)
			function_note_longest(into, from->max_ns, from->max_line,
					      from->max_end_line);
	}
	if (!histogram_merge(&into->durations, &from->durations))
		return KG_NOMEM;
	into->self_ns = sum_add(into->self_ns, from->self_ns);
	into->sum_ns = sum_add(into->sum_ns, from->sum_ns);
	into->nested_ns = sum_add(into->nested_ns, from->nested_ns);
	into->square_sum += from->square_sum;
	into->untimed += from->untimed;
	into->incomplete += from->incomplete;
	histogram_release(&from->durations);
	*from = (struct function_sums){ 0 };
	return KG_OK;
}

#endif

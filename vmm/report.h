/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of a run: each step, in one life or over many. */
#ifndef VMM_REPORT_H
#define VMM_REPORT_H

#include <stdio.h>

#include "log.h"

#define NOT_DONE UINT64_MAX

struct report {
	struct plan plan;
	const char *vendor; /* "vmx", "svm" or NULL */
	char kernel[65];
	uint64_t repeat; /* lives that were to be counted */
	uint64_t warmup;
	uint64_t lives; /* that were */
	bool has_marks;
	struct life *last;    /* the last of them, or the one that failed */
	uint64_t *durations;  /* of row r in life n: [r * repeat + n]; NOT_DONE */
	uint64_t *life_ns;    /* by life: from the begin of its first step to the end of its last */
	uint64_t *outside_ns; /* what of that was in no step; NOT_DONE where steps overlap */
};

/* Over several durations; the percentiles are nearest ranks. All 0 for none. */
struct spread {
	uint64_t count;
	uint64_t min_ns, median_ns, p99_ns, max_ns;
};

/* NULL if memory is out. Takes the plan over in any case. */
struct report *report_new(struct plan *plan, uint64_t repeat, uint64_t warmup);
void report_free(struct report *report);
/* Adds the life that report->last holds. */
void report_count(struct report *report);

/* Rows of the report: those of the first VM, of the second ... */
size_t report_row_count(const struct report *report);
/* The step that a row belongs to, and its number among that step's rows. */
const struct step *report_step(const struct report *report, size_t row, uint32_t *number);
/* Over the lives; sorts the row's durations. */
struct spread report_row_spread(struct report *report, size_t row);
/* Sorts the values. */
struct spread spread_of(uint64_t *values, size_t count);

/* How often KVM_RUN returned for a reason in the last life. */
uint64_t report_exits(const struct report *report, enum reason reason);

/* `kvmgraph.run/1`. False if memory is out; whether all was written, the stream knows. */
bool report_json(struct report *report, FILE *to);
/* Tables for people; long ones are summed up by step unless verbose. False as above. */
bool report_text(struct report *report, bool is_verbose, FILE *to);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Imperfections of a trace, as data.
 *
 * Nothing that a trace lacks or contradicts stops the analysis, and nothing is dropped in silence:
 * each imperfection is counted here under its kind, with the first line it was met on.
 */
#ifndef KVMGRAPH_DIAG_H
#define KVMGRAPH_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/api.h>

KG_BEGIN_C

/* symbol, name in reports, what it means to a person */
#define KG_DIAG_LIST(X)                                                                            \
	X(KG_DIAG_UNRECOGNIZED_LINE, "unrecognized-line", "a line of no known form")               \
	X(KG_DIAG_LINE_TOO_LONG, "line-too-long", "a line longer than any kernel prints")          \
	X(KG_DIAG_TRUNCATED_LINE, "truncated-line", "the last line is cut off")                    \
	X(KG_DIAG_COMMENT_UNTERMINATED, "comment-unterminated", "an event comment without an end") \
	X(KG_DIAG_COMMENT_LOOKALIKE, "comment-lookalike",                                          \
	  "text inside an event comment that reads like a line of the trace")                      \
	X(KG_DIAG_MARK_MISMATCH, "mark-mismatch", "a duration mark that contradicts its duration") \
	X(KG_DIAG_NEGATIVE_DURATION, "negative-duration",                                          \
	  "a duration below zero: the clocks of two CPUs disagree")                                \
	X(KG_DIAG_BANNER_MISMATCH, "banner-mismatch",                                              \
	  "a context switch from a task that was not running there")                               \
	X(KG_DIAG_TASK_MISMATCH, "task-mismatch",                                                  \
	  "a task column that contradicts the context switches")                                   \
	X(KG_DIAG_NO_CPU, "no-cpu", "a line whose CPU the trace does not tell")                    \
	X(KG_DIAG_LOST_EVENTS, "lost-events", "a gap: the tracer lost events")                     \
	X(KG_DIAG_NO_START, "no-start", "a call that ends but never starts")                       \
	X(KG_DIAG_NO_END, "no-end", "a call that starts but never ends")                           \
	X(KG_DIAG_NAME_MISMATCH, "name-mismatch",                                                  \
	  "a closing brace that names another function than the open one")                         \
	X(KG_DIAG_DEPTH_JUMP, "depth-jump", "a call deeper than one below its caller")             \
	X(KG_DIAG_CHILDREN_EXCEED, "children-exceed",                                              \
	  "callees that took longer than their caller")                                            \
	X(KG_DIAG_TIME_BACKWARDS, "time-backwards", "a time stamp before the one of its task")     \
	X(KG_DIAG_OTHER_BUFFER, "other-buffer",                                                    \
	  "a record of a call in another buffer of the tracer, left out")

enum kg_diag_kind {
#define KG_DIAG_ENUM(symbol, name, text) symbol,
	KG_DIAG_LIST(KG_DIAG_ENUM)
#undef KG_DIAG_ENUM
		KG_DIAG_KIND_COUNT
};

struct kg_diag_entry {
	uint64_t count;
	uint64_t first_line; /* counted from 1; 0 where the imperfection has no line */
};

struct kg_diags {
	struct kg_diag_entry entries[KG_DIAG_KIND_COUNT];
};

/* "orphan-leave" and the like: the name used in reports. */
KG_API const char *kg_diag_name(enum kg_diag_kind kind);
/* One English phrase. */
KG_API const char *kg_diag_text(enum kg_diag_kind kind);
/* How many imperfections of all kinds. */
KG_API uint64_t kg_diags_total(const struct kg_diags *diags);

KG_END_C

#endif

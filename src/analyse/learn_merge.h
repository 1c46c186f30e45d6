/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One order of steps out of those of all traces.
 *
 * The steps of a trace are runs of classes (numbers). Runs that repeat as a group are folded to a
 * loop; the loops and runs of all traces are aligned, and what not all of them have is optional.
 * Where the traces agree too little for that, classes that come both before and after each other
 * become one loop in any order.
 */
#ifndef ANALYSE_LEARN_MERGE_H
#define ANALYSE_LEARN_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/column.h"

#define LOOP_MAX 32
#define CLASSES_MAX 64

struct run {
	uint32_t class;
	uint64_t min; /* calls behind each other */
	uint64_t max;
};

typedef COLUMN(struct run) run_list;

struct item {
	struct run body[LOOP_MAX];
	uint32_t len; /* more than one: a loop */
	uint64_t min; /* rounds in one trace */
	uint64_t max;
	uint32_t trace_count; /* traces that have it */
	uint64_t any;	      /* not 0: classes in any order, and no body */
};

typedef COLUMN(struct item) item_list;

/* Appends a call to runs. False when memory is out, as for all. */
bool runs_add(run_list *runs, uint32_t class, uint64_t times);
/* The items of some traces together. */
bool items_of(const run_list *traces, size_t trace_count, item_list *out);

#endif

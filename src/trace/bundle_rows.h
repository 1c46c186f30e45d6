/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes bundles (event/bundle.h) of the rows of a window of text. */
#ifndef TRACE_BUNDLE_ROWS_H
#define TRACE_BUNDLE_ROWS_H

#include "read/text_pipeline.h"

/* Rows of CPUs with larger numbers are handed out as they are. */
#define BUNDLE_CPUS 1024

struct cpu_calls;

/* The calls that are open on each CPU of a window: one for each thread. Zeroed it is empty. */
struct bundle_stacks {
	struct cpu_calls *cpus[BUNDLE_CPUS];
	struct cpu_calls *used[BUNDLE_CPUS]; /* of these: in the window at hand */
};

/*
 * Bundles what can be of a window that was just scanned: runs of whole trees on one CPU, below
 * something, with nothing else of it in between, no switch of any CPU, and no function that is
 * wanted or not yet known. False when memory is out.
 */
bool bundle_rows(struct bundle_stacks *stacks, struct text_piece *piece);

void bundle_stacks_release(struct bundle_stacks *stacks);

#endif

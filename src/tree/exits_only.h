/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traces that were recorded with a threshold (tracing_thresh): the tracer then writes the ends of
 * calls that took longer, and nothing else of any call. No header tells.
 */
#ifndef TREE_EXITS_ONLY_H
#define TREE_EXITS_ONLY_H

#include <stdbool.h>

#include <kvmgraph/event.h>

enum exits_only { EXITS_ONLY_UNKNOWN, EXITS_ONLY_YES, EXITS_ONLY_NO };

/*
 * What the first events of a trace tell of that; unknown if there is no call among them. Where a
 * trace simply begins in the middle there are ends without starts too, but a task can then only
 * leave what is less and less deep. So at least one end has to be no less deep than the one before
 * it of the same task on the same CPU.
 */
enum exits_only exits_only_look(const struct kg_event *events, size_t count);

#endif

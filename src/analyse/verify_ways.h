/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ways to give tasks to subjects where nothing tells whose they are.
 *
 * A way is the list of choices that were made on it, in the order in which they came up. A
 * verification that goes one asks at each choice; the last choice that has another side decides
 * where the next way leaves the last one. So all ways are gone, each once.
 */
#ifndef ANALYSE_VERIFY_WAYS_H
#define ANALYSE_VERIFY_WAYS_H

#include <kvmgraph/verify.h>

/* More ways than these are not gone. */
#define WAYS_MAX 64

/* Which one of so many subjects a task is given to on the way that is being gone. */
KG_MUST_USE enum kg_status ways_choose(struct kg_ways *ways, size_t count, size_t *out);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that come in between: whatever runs when they are called has not called them. */
#ifndef ANALYSE_INTERRUPTERS_H
#define ANALYSE_INTERRUPTERS_H

#include <kvmgraph/event.h>

enum interrupter {
	INTERRUPTER_NONE,
	INTERRUPTER_IGNORED, /* nothing of a VM's: the tick, interrupts as such */
	INTERRUPTER_YIELD,   /* the same, if interrupter_yields() its caller */
	INTERRUPTER_ASIDE,   /* works for a VM, in a tree of its own, as often as it happens to */
};

enum interrupter interrupter_of(const struct kg_func *func);
/* Whether a caller calls what is INTERRUPTER_YIELD only after it gave its CPU away. */
bool interrupter_yields(const struct kg_func *caller);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that come in between: whatever runs when they are called has not called them. */
#ifndef ANALYSE_INTERRUPTERS_H
#define ANALYSE_INTERRUPTERS_H

#include <kvmgraph/event.h>

enum interrupter {
	INTERRUPTER_NONE,
	INTERRUPTER_IGNORED,  /* nothing of a VM's: the tick, interrupts as such */
	INTERRUPTER_YIELD,    /* the same, if interrupter_yields() its caller */
	INTERRUPTER_ASIDE,    /* works for a VM, in a tree of its own, as often as it happens to */
	INTERRUPTER_TURN,     /* the same, and a vCPU below which it came may have more to do */
	INTERRUPTER_GIVES_UP, /* aside; its vCPU was about to enter the guest, and turns round */
	INTERRUPTER_SERVES,   /* called by a vCPU when somebody else has asked for it */
};

/* By a name without compiler suffixes. */
enum interrupter interrupter_of(const char *base);
/* Whether a caller calls what is INTERRUPTER_YIELD only after it gave its CPU away. */
bool interrupter_yields(const struct kg_func *caller);
/* Whether a function is one pass of a vCPU, from the look at what it is to do to the next. */
bool interrupter_is_pass(const struct kg_func *func);

#endif

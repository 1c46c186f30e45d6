/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who calls whom, over all steps of all traces. */
#ifndef ANALYSE_LEARN_CALLERS_H
#define ANALYSE_LEARN_CALLERS_H

#include "analyse/learn.h"

struct name_callers {
	uint32_t caller_count; /* different functions that it is directly below */
	uint32_t caller;       /* one of them; the only one if there is one */
	uint64_t with;	       /* calls of these with it directly below ... */
	uint64_t total;	       /* ... of so many */
	bool is_shy; /* nothing is said of it: it may come unasked, or was not seen whole */
	bool has_callees;
};

struct learn_callers {
	COLUMN(struct name_callers) rows; /* by name */
	COLUMN(uint64_t) times;		  /* by shape: how often it was there */
	COLUMN(uint64_t) sizes;		  /* by shape: calls in it, itself included */
};

KG_MUST_USE enum kg_status callers_find(const struct kg_learn *learn, struct learn_callers *out);
void callers_release(struct learn_callers *callers);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which settings of the tracer a recording takes, and to what it sets them. */
#ifndef CAPTURE_TRACER_PLAN_H
#define CAPTURE_TRACER_PLAN_H

#include "capture/tracer.h"

/* Keeps in tracer->settings all that plan_apply() may change. */
KG_MUST_USE enum kg_status plan_keep(struct tracer *tracer, const struct tracer_opts *opts,
				     struct kg_error *err);
/*
 * Sets the tracer in tracer->folder up, off. Fails with KG_BAD_ARG for what this kernel does not
 * have, KG_LACKING for what it has to share with somebody else, and KG_IO.
 */
KG_MUST_USE enum kg_status plan_apply(struct tracer *tracer, const struct tracer_opts *opts,
				      struct kg_error *err);

/* Options that are on unless somebody turned them off, which a recording does not go along with. */
extern const char *const plan_plain_options[];
extern const size_t plan_plain_option_count;

/* "nofuncgraph-irqs" turns funcgraph-irqs off; an option's own name may begin with "no". */
const char *plan_option_name(struct tracer *tracer, const char *word, bool *on);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the introduction of a trace that say which kernels it fits. */
#ifndef RENDER_FIT_H
#define RENDER_FIT_H

#include <jansson.h>

#include <kvmgraph/builds.h>

#include "render/text.h"

/* What the fit comes to, without an end of line. */
void text_put_fit(struct text *text, const struct kg_fit_report *fit);
/* The closest builds and those next to them, with what they cannot show; all of them if verbose. */
void text_put_fit_table(struct text *text, const struct kg_fit_report *fit);

/* "fit": null where nothing can be said. */
json_t *value_fit(const struct kg_fit_report *fit);

/* Whether a build is one of the closest, between them, or next to them. */
static inline bool fit_is_near(const struct kg_fit_report *fit, size_t build)
{
	return build + 1 >= fit->first_closest && build <= fit->last_closest + 1;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the VMM's built-in scenarios do what a recovered one does. */
#ifndef CLI_REPLAY_LIKE_H
#define CLI_REPLAY_LIKE_H

#include <kvmgraph/render.h>

#define LIKE_PARAMS 8
#define LIKE_OTHERS 8

struct like {
	const char *scenario; /* the one with the fewest parameters of its own; NULL: none */
	struct kg_scenario_param params[LIKE_PARAMS];
	size_t param_count;
	const char *others[LIKE_OTHERS]; /* that would look the same in a trace */
	size_t other_count;
};

/* Decides by steps and exits alone; none in a build without the VMM. */
void like_find(const struct kg_scenario *scenario, struct like *out);

/* Whether a built-in scenario has that name. */
bool like_is_taken(const char *name);

#endif

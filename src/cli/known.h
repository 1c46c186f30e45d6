/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a trace beside the trace: what the VMM did, how it was recorded, which kernels
 * could have made it.
 */
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H

#include <kvmgraph/beside.h>
#include <kvmgraph/builds.h>
#include <kvmgraph/verify.h>

#include "cli/common.h"

struct known {
	struct kg_beside *beside;     /* NULL: it was not looked for */
	struct kg_fit *fit;	      /* NULL: the trace's functions were not looked at */
	const struct kg_build *build; /* the very one that made it, or NULL */
	char partial[256];
	char spec_name[64];
};

/* Finds what is beside a trace, as record and lab leave it; returns an exit code. */
int known_open(struct known *known, const struct command *command, const char *path);
void known_close(struct known *known);

/* The specification of the scenario that was run, or NULL. */
const char *known_spec(struct known *known);
/* Sets the numbers of a specification that the VMM's report tells; for struct candidates. */
int known_set_params(const void *known, struct kg_spec *spec);
/* What the recording could show. The filter is that of the command. */
struct kg_verify_scope known_scope(struct known *known, const struct filter_opts *filter);
/*
 * Looks for builds of the kernel that the trace fits, where nothing else tells what could be
 * recorded; *out_found tells whether the scope would be another one now.
 */
int known_look_for_builds(struct known *known, const struct command *command,
			  const struct kg_info *info, bool *out_found);

#endif

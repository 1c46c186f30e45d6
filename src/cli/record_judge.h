/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the end of a recording means, and how it is told. */
#ifndef CLI_RECORD_JUDGE_H
#define CLI_RECORD_JUDGE_H

#include <stdbool.h>

#include <kvmgraph/environment.h>

#include "cli/opt.h"

struct record_end {
	const struct command *command;
	const struct kg_environment *environment;
	const char *trace; /* its file */
	const char *environment_file;
	bool is_vmm;	       /* the reference VMM was recorded */
	bool has_chosen_tasks; /* it was said which tasks are to be traced */
	bool quiet;
};

/* EXIT_DONE if the recording is worth keeping, else the exit code; and said why. */
int record_is_kept(const struct record_end *end);
/* The exit code of one that was kept; tells what has to be known about it. */
int record_judge(const struct record_end *end);

#endif

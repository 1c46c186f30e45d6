/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which commands there are. */
#include "cli/commands.h"

#include "base/banned.h"

const struct command *const commands[] = {
	&command_info,	 &command_tree,	  &command_timing,   &command_verify,
	&command_learn,	 &command_diff,	  &command_baseline, &command_export,
	&command_record, &command_replay, &command_vmm,	     &command_lab,
};
const size_t command_count = sizeof(commands) / sizeof(commands[0]);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands, one file each. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/opt.h"

/* In the order in which help names them. */
extern const struct command *const commands[];
extern const size_t command_count;

extern const struct command command_info;
extern const struct command command_tree;
extern const struct command command_timing;
extern const struct command command_verify;
extern const struct command command_learn;
extern const struct command command_diff;
extern const struct command command_baseline;
extern const struct command command_export;
extern const struct command command_record;
extern const struct command command_replay;
extern const struct command command_vmm;
extern const struct command command_lab;

#endif

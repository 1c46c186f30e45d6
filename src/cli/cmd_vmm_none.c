/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph vmm, in a build that has no VMM. */
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

static int run_vmm(const struct command *command, const void *opts, size_t count, char **arguments)
{
	(void)opts;
	(void)count;
	(void)arguments;
	report_error(command->name, "this build has no VMM (it is for Linux on x86-64)");
	return EXIT_LACKING;
}

static const struct option_group groups[] = {
	{ "Options", common_rows, COMMON_ROW_COUNT, 0 },
};

const struct command command_vmm = {
	.name = "vmm",
	.summary = "run the reference VMM alone (not in this build)",
	.arguments = "",
	.about = "This build of kvmgraph has no VMM: it is for Linux on x86-64.",
	.examples = "",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct common_opts),
	.run = run_vmm,
};

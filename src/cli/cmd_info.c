/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph info: what is in a trace. */
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct info_opts {
	struct common_opts common;
};

static int write_info(const struct command *command, const struct info_opts *opts,
		      const struct kg_info *info)
{
	struct kg_fit *fit;
	struct kg_out *out;
	enum kg_status status = kg_builds_fit(info->funcs, info->func_calls, &fit);
	if (status != KG_OK)
		return fail_plain(command, status);
	int code = output_open(command, &opts->common, &out);
	if (code == EXIT_DONE) {
		const struct kg_text_opts text = text_opts(&opts->common, out);
		const struct kg_fit_report *report = kg_fit_report(fit);
		status = wants_json(&opts->common) ? kg_render_info_json(out, info, report)
						   : kg_render_info_text(out, info, report, &text);
		code = output_close(command, out, status);
	}
	kg_fit_free(fit);
	return code;
}

static int run_info(const struct command *command, const void *all, size_t count, char **arguments)
{
	const struct info_opts *opts = all;
	const struct kg_call_sink nothing = { .opened = kg_sink_ignore_call,
					      .closed = kg_sink_ignore_call,
					      .vanished = kg_sink_ignore_vanished,
					      .gap = kg_sink_ignore_gap,
					      .done = kg_sink_ignore_done };
	if (count != 1) {
		report_error(command->name, "takes one FILE (- is standard input)");
		return EXIT_WRONG;
	}
	struct input input;
	int code = input_open(&input, command, &opts->common, arguments[0]);
	if (code == EXIT_DONE) {
		do
			code = input_run(&input, NULL, nothing);
		while (code == INPUT_AGAIN);
	}
	if (code == EXIT_DONE)
		code = write_info(command, opts, &input.info);
	if (code == EXIT_DONE)
		code = input_judge(&input);
	input_close(&input);
	return code;
}

static const struct option_group groups[] = {
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct info_opts, common) },
};

const struct command command_info = {
	.name = "info",
	.summary = "what is in the trace: lines, calls, tasks, CPUs, losses",
	.arguments = "FILE",
	.about =
		"Reads FILE, a function_graph trace, and tells what is in it: which form and "
		"columns\n"
		"it has, how many lines of each kind, calls, tasks and CPUs, which events were "
		"lost,\n"
		"and everything about it that is damaged or does not add up.\n\n"
		"Which kernel it comes from is told by the functions of KVM that were called: they "
		"are held\n"
		"against those that the kernels of distributions from 5.4 to 7.3 can show.",
	.examples = "  kvmgraph info trace.txt\n"
		    "  kvmgraph info --json trace.txt | jq .calls\n"
		    "  kvmgraph info --strict -q trace.txt || echo damaged\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct info_opts),
	.run = run_info,
};

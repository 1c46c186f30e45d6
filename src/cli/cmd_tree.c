/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph tree: the rebuilt call trees. */
#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct tree_opts {
	struct common_opts common;
	struct filter_opts filter;
	const char *by;
};

static enum kg_status render(struct kg_out *out, const struct tree_opts *opts,
			     const struct kg_info *info, const struct kg_call_table *table)
{
	const struct kg_text_opts text = text_opts(&opts->common, out);
	if (wants_json(&opts->common))
		return kg_render_tree_json(out, info, table);
	if (opts->by != NULL && strcmp(opts->by, "cpu") == 0)
		return kg_render_tree_by_cpu_text(out, info, table, &text);
	return kg_render_tree_text(out, info, table, &text);
}

static int write_tree(const struct command *command, const struct tree_opts *opts,
		      const struct kg_info *info, const struct kg_call_table *table)
{
	struct kg_out *out;
	int code = output_open(command, &opts->common, &out);
	if (code != EXIT_DONE)
		return code;
	return output_close(command, out, render(out, opts, info, table));
}

/* Reads the calls into a table; *table has to be freed in any case. */
static int read_calls(const struct command *command, const struct tree_opts *opts,
		      struct input *input, struct kg_call_table **table)
{
	int code;
	do {
		kg_call_table_free(*table);
		*table = NULL;
		enum kg_status status = kg_call_table_new(table);
		if (status != KG_OK)
			return fail_plain(command, status);
		code = input_run(input, &opts->filter, kg_call_table_sink(*table));
	} while (code == INPUT_AGAIN);
	return code;
}

static int run_tree(const struct command *command, const void *all, size_t count, char **arguments)
{
	const struct tree_opts *opts = all;
	if (count != 1) {
		report_error(command->name, "takes one FILE (- is standard input)");
		return EXIT_WRONG;
	}
	struct input input;
	struct kg_call_table *table = NULL;
	int code = input_open(&input, command, &opts->common, arguments[0]);
	if (code == EXIT_DONE)
		code = read_calls(command, opts, &input, &table);
	if (code == EXIT_DONE)
		code = write_tree(command, opts, &input.info, table);
	if (code == EXIT_DONE)
		code = input_judge(&input);
	kg_call_table_free(table);
	input_close(&input);
	return code;
}

static const struct option_row rows[] = {
	{ .name = "by",
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct tree_opts, by),
	  .value = "WHAT",
	  .choices = "task|cpu",
	  .help = "task (the default): one tree after another; cpu: what ran on each, in order" },
};

static const struct option_group groups[] = {
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct tree_opts, common) },
	{ "Which calls", filter_rows, FILTER_ROW_COUNT, offsetof(struct tree_opts, filter) },
	{ "Order", rows, 1, 0 },
};

const struct command command_tree = {
	.name = "tree",
	.summary = "the rebuilt call trees, task by task or CPU by CPU",
	.arguments = "FILE",
	.about = "Reads FILE and prints its call trees as they really were: every call under its "
		 "caller\n"
		 "in its own task, however the lines of several CPUs were interleaved and wherever "
		 "the\n"
		 "task moved to in between. Calls whose start or end the trace lacks are marked.",
	.examples = "  kvmgraph tree trace.txt\n"
		    "  kvmgraph tree --by cpu --cpu 1 trace.txt\n"
		    "  kvmgraph tree -F kvm_dev_ioctl -D 3 -t 10us trace.txt\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct tree_opts),
	.run = run_tree,
};

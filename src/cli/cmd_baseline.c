/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph baseline: the timing of many runs in one file that can be merged with others. */
#include <kvmgraph/baseline.h>

#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "cli/trace_set.h"
#include "base/banned.h"

struct baseline_opts {
	struct common_opts common;
};

struct gathering {
	const struct command *command;
	const struct baseline_opts *opts;
	struct kg_baseline *baseline;
	bool is_imperfect; /* under --strict */
};

static enum kg_status take_surroundings(void *self, const char *json, size_t len,
					struct kg_error *err)
{
	return kg_baseline_add_environment(self, json, len, err);
}

static int run_trace(struct gathering *gathering, struct input *input)
{
	int code;
	do {
		struct kg_call_sink sink;
		enum kg_status status = kg_baseline_start_run(gathering->baseline,
							      kg_trace_funcs(input->trace), &sink);
		if (status != KG_OK)
			return fail_plain(gathering->command, status);
		code = input_run(input, NULL, sink);
	} while (code == INPUT_AGAIN);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_baseline_end_run(gathering->baseline, &input->info);
	return status == KG_OK ? EXIT_DONE : fail_plain(gathering->command, status);
}

static int add_trace(struct gathering *gathering, const char *path)
{
	struct input input;
	int code = input_open(&input, gathering->command, &gathering->opts->common, path);
	if (code == EXIT_DONE)
		code = run_trace(gathering, &input);
	if (code == EXIT_DONE && input_judge(&input) != EXIT_DONE)
		gathering->is_imperfect = true;
	input_close(&input);
	if (code == EXIT_DONE)
		code = trace_set_surroundings(gathering->command, path, take_surroundings,
					      gathering->baseline);
	return code;
}

static int add_baseline(struct gathering *gathering, const char *path)
{
	struct kg_error err = { 0 };
	struct kg_baseline *more;
	enum kg_status status = kg_baseline_read(path, &more, &err);
	if (status != KG_OK)
		return report_failure(gathering->command->name, status, &err);
	status = kg_baseline_merge(gathering->baseline, more);
	kg_baseline_free(more);
	return status == KG_OK ? EXIT_DONE : fail_plain(gathering->command, status);
}

static int add_argument(struct gathering *gathering, const char *argument)
{
	struct trace_set set;
	if (kg_baseline_is_file(argument))
		return add_baseline(gathering, argument);
	int code = trace_set_open(gathering->command, argument, &set);
	for (size_t i = 0; i < set.count && code == EXIT_DONE; i++)
		code = add_trace(gathering, set.paths[i]);
	trace_set_close(&set);
	return code;
}

static int write_baseline(const struct gathering *gathering)
{
	const struct common_opts *common = &gathering->opts->common;
	const bool is_text =
		!common->json && common->format != NULL && strcmp(common->format, "text") == 0;
	struct kg_out *out;
	int code = output_open(gathering->command, common, &out);
	if (code != EXIT_DONE)
		return code;
	const struct kg_text_opts text = text_opts(common, out);
	enum kg_status status = is_text ? kg_render_baseline_text(out, gathering->baseline, &text)
					: kg_render_baseline_json(out, gathering->baseline);
	code = output_close(gathering->command, out, status);
	return code == EXIT_DONE && gathering->is_imperfect ? EXIT_NO : code;
}

static int run_baseline(const struct command *command, const void *all, size_t count,
			char **arguments)
{
	struct gathering gathering = { .command = command, .opts = all };
	if (count == 0) {
		report_error(command->name, "takes traces, folders of traces, or other baselines");
		return EXIT_WRONG;
	}
	enum kg_status status = kg_baseline_new(tmp_folder(), &gathering.baseline);
	if (status != KG_OK)
		return fail_plain(command, status);
	int code = EXIT_DONE;
	for (size_t i = 0; i < count && code == EXIT_DONE; i++)
		code = add_argument(&gathering, arguments[i]);
	if (code == EXIT_DONE)
		code = write_baseline(&gathering);
	kg_baseline_free(gathering.baseline);
	return code;
}

static const struct option_row rows[] = {
	{ .name = "format",
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct baseline_opts, common.format),
	  .value = "NAME",
	  .choices = "json|text",
	  .help = "json (a baseline), or text: its phases, with -v what surrounded the runs" },
};

static const struct option_group groups[] = {
	/* its formats in place of the common ones */
	{ "What is written", rows, sizeof(rows) / sizeof(rows[0]), 0 },
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct baseline_opts, common) },
};

const struct command command_baseline = {
	.name = "baseline",
	.summary = "the timing of many runs in one file that diff takes in place of traces",
	.arguments = "FILE...",
	.about =
		"Puts the timing of many runs together, for each call path below a phase of a "
		"VM's life:\n"
		"how often it was called, exact sums of its times, and how its times in a run are\n"
		"spread (by sizes that are a sixteenth apart). Each FILE is a trace, a folder with "
		"the\n"
		"traces of repeated runs, or another baseline. What lies beside a trace "
		"(NAME.env.json,\n"
		"env.json, lab.json) is counted value by value.\n\n"
		"The same runs give the same bytes, in whatever order and over however many steps "
		"they\n"
		"are put together, so that a batch system can reduce the files of many hosts. A "
		"run "
		"that\n"
		"is put in twice counts twice.\n\n"
		"Up to 64 runs are kept whole, and diff finds with them what it finds with the "
		"traces.\n"
		"Of more, 64 are, those with the smallest fingerprints of what is in them, which "
		"is "
		"a\n"
		"fair sample; diff compares times by these, and structure by all.",
	.examples = "  kvmgraph baseline runs-6.1/ -o 6.1.json\n"
		    "  kvmgraph baseline host-*.json -o all.json\n"
		    "  kvmgraph diff all.json new/\n"
		    "  kvmgraph baseline --format text -v all.json\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct baseline_opts),
	.run = run_baseline,
};

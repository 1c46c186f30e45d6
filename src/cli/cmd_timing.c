/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph timing: how long functions, phases, runs and exits took. */
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct timing_opts {
	struct common_opts common;
	struct filter_opts filter;
};

struct analyses {
	struct kg_functions *functions;
	struct kg_life *life;
	struct kg_tee tee;
};

static enum kg_status open_analyses(struct analyses *analyses, const struct kg_trace *trace)
{
	const struct kg_funcs *funcs = kg_trace_funcs(trace);
	enum kg_status status = kg_functions_new(funcs, &analyses->functions);
	if (status == KG_OK)
		status = kg_life_new(funcs, tmp_folder(), &analyses->life);
	if (status != KG_OK)
		return status;
	analyses->tee = (struct kg_tee){ .first = kg_functions_sink(analyses->functions),
					 .second = kg_life_sink(analyses->life) };
	return KG_OK;
}

static enum kg_status render(struct kg_out *out, const struct timing_opts *opts,
			     const struct kg_info *info, const struct analyses *analyses)
{
	struct kg_functions_report functions;
	struct kg_life_report life;
	enum kg_status status = kg_functions_report(analyses->functions, &functions);
	if (status == KG_OK)
		status = kg_life_report(analyses->life, &life);
	if (status != KG_OK)
		return status;
	const struct kg_timing timing = {
		.info = info, .functions = &functions, .life = analyses->life, .life_report = &life
	};
	const struct kg_text_opts text = text_opts(&opts->common, out);
	return wants_json(&opts->common) ? kg_render_timing_json(out, &timing)
					 : kg_render_timing_text(out, &timing, &text);
}

static void close_analyses(struct analyses *analyses)
{
	kg_functions_free(analyses->functions);
	kg_life_free(analyses->life);
	*analyses = (struct analyses){ 0 };
}

static int run_analyses(const struct command *command, const struct timing_opts *opts,
			struct input *input, struct analyses *analyses)
{
	int code;
	do {
		close_analyses(analyses);
		enum kg_status status = open_analyses(analyses, input->trace);
		if (status != KG_OK)
			return fail_plain(command, status);
		code = input_run(input, &opts->filter, kg_tee_sink(&analyses->tee));
	} while (code == INPUT_AGAIN);
	return code;
}

static int time_file(const struct command *command, const struct timing_opts *opts,
		     const char *path, struct kg_out *out)
{
	struct input input;
	struct analyses analyses = { 0 };
	int code = input_open(&input, command, &opts->common, path);
	if (code == EXIT_DONE)
		code = run_analyses(command, opts, &input, &analyses);
	if (code == EXIT_DONE) {
		enum kg_status status = render(out, opts, &input.info, &analyses);
		code = status == KG_OK ? input_judge(&input) : fail_plain(command, status);
	}
	close_analyses(&analyses);
	input_close(&input);
	return code;
}

/* All files, in one output; the first one that cannot be read ends it. */
static int time_files(const struct command *command, const struct timing_opts *opts, size_t count,
		      char **paths, struct kg_out *out)
{
	const bool is_list = count > 1 && wants_json(&opts->common);
	int code = EXIT_DONE;
	if (is_list)
		kg_render_timings_start(out);
	for (size_t i = 0; i < count && (code == EXIT_DONE || code == EXIT_NO); i++) {
		if (is_list)
			kg_render_timings_next(out, i == 0);
		int one = time_file(command, opts, paths[i], out);
		code = one != EXIT_DONE ? one : code;
	}
	if (is_list)
		kg_render_timings_end(out);
	return code;
}

static int run_timing(const struct command *command, const void *all, size_t count,
		      char **arguments)
{
	const struct timing_opts *opts = all;
	if (count == 0) {
		report_error(command->name, "takes a FILE, or several (- is standard input)");
		return EXIT_WRONG;
	}
	struct kg_out *out;
	int code = output_open(command, &opts->common, &out);
	if (code != EXIT_DONE)
		return code;
	code = time_files(command, opts, count, arguments, out);
	if (code == EXIT_DONE || code == EXIT_NO) {
		int closed = output_close(command, out, KG_OK);
		return closed != EXIT_DONE ? closed : code;
	}
	struct kg_error err = { 0 };
	enum kg_status dropped = kg_out_close(out, false, &err);
	(void)dropped; /* what failed before has been told */
	return code;
}

static const struct option_group groups[] = {
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct timing_opts, common) },
	{ "Which calls", filter_rows, FILTER_ROW_COUNT, offsetof(struct timing_opts, filter) },
};

const struct command command_timing = {
	.name = "timing",
	.summary = "how long it took: functions, phases per ioctl, KVM_RUN, exits",
	.arguments = "FILE...",
	.about =
		"Reads each FILE and tells what the steps of a VM's life cost (KVM_CREATE_VM,\n"
		"KVM_CREATE_VCPU, each KVM_RUN, the teardown), which call inside them cost most,\n"
		"why the guest left, and the time of every function with and without its callees.\n"
		"Calls that lack their start or end, or were open while events were lost, are left "
		"out\n"
		"of every figure and counted. With several files there is one report after "
		"another,\nin JSON a list of them in one object (kvmgraph.timings/1).",
	.examples = "  kvmgraph timing trace.txt\n"
		    "  kvmgraph timing --json -o timing.json trace.txt\n"
		    "  kvmgraph timing -F kvm_vm_ioctl -t 10us trace.txt\n"
		    "  ssh host cat /sys/kernel/tracing/trace | kvmgraph timing -\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct timing_opts),
	.run = run_timing,
};

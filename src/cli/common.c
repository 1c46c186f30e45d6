/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the options that commands share and how they shape input and output. */
#include "cli/common.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/report.h"
#include "cli/shrunk.h"
#include "base/banned.h"

#define COMMON(member) offsetof(struct common_opts, member)
#define FILTER(member) offsetof(struct filter_opts, member)

const struct option_row common_rows[] = {
	{ .name = "output",
	  .letter = 'o',
	  .kind = OPTION_STRING,
	  .offset = COMMON(output),
	  .value = "FILE",
	  .help = "write to FILE (whole or not at all) instead of standard output" },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .offset = COMMON(json),
	  .help = "for programs: one JSON object" },
	{ .name = "format",
	  .kind = OPTION_CHOICE,
	  .offset = COMMON(format),
	  .value = "NAME",
	  .choices = "text|json",
	  .help = "text or json" },
	{ .name = "color",
	  .kind = OPTION_CHOICE,
	  .offset = COMMON(color),
	  .value = "WHEN",
	  .choices = "auto|always|never",
	  .help = "auto (on a terminal, unless NO_COLOR is set), always or never" },
	{ .name = "progress",
	  .kind = OPTION_CHOICE,
	  .offset = COMMON(progress),
	  .value = "WHEN",
	  .choices = "auto|never",
	  .help = "auto (a bar on a terminal, for long work) or never" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_FLAG,
	  .offset = COMMON(quiet),
	  .help = "nothing on standard output: the exit code tells" },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPTION_FLAG,
	  .offset = COMMON(verbose),
	  .help = "every row, not only the telling ones" },
	{ .name = "strict",
	  .kind = OPTION_FLAG,
	  .offset = COMMON(strict),
	  .help = "exit 1 if the trace has any imperfection" },
	{ .name = "threads",
	  .letter = 'j',
	  .kind = OPTION_NUMBER,
	  .offset = COMMON(threads),
	  .value = "N",
	  .help = "use at most N threads (the default is what helps)" },
};

const struct option_row filter_rows[] = {
	{ .name = "filter",
	  .letter = 'F',
	  .kind = OPTION_LIST,
	  .offset = FILTER(only),
	  .value = "GLOB",
	  .help = "only calls of these functions and what is below them" },
	{ .name = "notrace",
	  .letter = 'N',
	  .kind = OPTION_LIST,
	  .offset = FILTER(without),
	  .value = "GLOB",
	  .help = "no calls of these functions and nothing below them" },
	{ .name = "depth",
	  .letter = 'D',
	  .kind = OPTION_NUMBER,
	  .offset = FILTER(depth),
	  .value = "N",
	  .help = "at most N levels" },
	{ .name = "time-filter",
	  .letter = 't',
	  .kind = OPTION_TIME,
	  .offset = FILTER(min_ns),
	  .value = "TIME",
	  .help = "no calls shorter than TIME (5us, 1ms)" },
	{ .name = "task",
	  .kind = OPTION_LIST,
	  .offset = FILTER(tasks),
	  .value = "COMM|PID",
	  .help = "only calls of these tasks (a pid, or a glob for the comm)" },
	{ .name = "cpu",
	  .kind = OPTION_STRING,
	  .offset = FILTER(cpus),
	  .value = "LIST",
	  .help = "only calls entered on these CPUs (0,2-3)" },
};

const char *tmp_folder(void)
{
	const char *folder = getenv("TMPDIR");
	return folder != NULL && folder[0] != '\0' ? folder : NULL;
}

bool names_file(const char *scenario)
{
	static const char ending[] = ".json";
	const size_t len = strlen(scenario);
	return strchr(scenario, '/') != NULL ||
	       (len >= strlen(ending) && strcmp(scenario + len - strlen(ending), ending) == 0);
}

int fail_plain(const struct command *command, enum kg_status status)
{
	const struct kg_error nothing = { 0 };
	return report_failure(command->name, status, &nothing);
}

/* One thread scans while another takes in; a third helps where lines are long. */
static uint32_t default_threads(void)
{
	cpu_set_t allowed;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return 1;
	int count = CPU_COUNT(&allowed);
	return count > 3 ? 3 : (uint32_t)count;
}

/*
 * Most CPUs switch tasks much sooner. A longer look costs more where one never does, and a shorter
 * one has traces run twice.
 */
#define LOOK_AHEAD_BYTES (UINT64_C(8) << 20)

int input_open(struct input *input, const struct command *command, const struct common_opts *common,
	       const char *path)
{
	*input = (struct input){ .command = command, .common = common, .path = path };
	const bool wants_bar = common->progress == NULL || strcmp(common->progress, "never") != 0;
	progress_start(&input->progress, wants_bar && !common->quiet);
	const uint64_t threads = common->threads != 0 ? common->threads : default_threads();
	const struct kg_trace_opts opts = {
		.thread_count = threads > UINT32_MAX ? UINT32_MAX : (uint32_t)threads,
		.tmp_folder = tmp_folder(),
		.look_ahead_bytes = command->runs_again ? LOOK_AHEAD_BYTES : 0,
		.progress = progress_tell,
		.progress_self = &input->progress,
		.may_map = true,
	};
	struct kg_error err = { 0 };
	enum kg_status status = kg_trace_open(path, &opts, &input->trace, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(command->name, status, &err);
}

static enum kg_status open_filter(struct input *input, const struct filter_opts *opts,
				  const struct kg_call_sink *sink, struct kg_error *err)
{
	const struct kg_filter_opts filter = {
		.only = opts->only.at,
		.only_count = opts->only.count,
		.without = opts->without.at,
		.without_count = opts->without.count,
		.tasks = opts->tasks.at,
		.task_count = opts->tasks.count,
		.cpus = opts->cpus,
		.depth = opts->depth > UINT32_MAX ? UINT32_MAX : (uint32_t)opts->depth,
		.min_ns = opts->min_ns,
	};
	return kg_filter_new(&filter, kg_trace_funcs(input->trace), kg_trace_tasks(input->trace),
			     sink, &input->filter, err);
}

bool filter_is_set(const struct filter_opts *opts)
{
	return opts != NULL &&
	       (opts->only.count > 0 || opts->without.count > 0 || opts->tasks.count > 0 ||
		opts->cpus != NULL || opts->depth > 0 || opts->min_ns > 0);
}

int input_rewind(struct input *input)
{
	struct kg_error err = { 0 };
	enum kg_status status = kg_trace_rewind(input->trace, &err);
	kg_filter_free(input->filter);
	input->filter = NULL;
	return status == KG_OK ? EXIT_DONE : report_failure(input->command->name, status, &err);
}

/* What there is to do behind a run. */
static int finish_run(struct input *input, enum kg_status status, const struct kg_error *err)
{
	if (status == KG_AGAIN) {
		int code = input_rewind(input);
		return code == EXIT_DONE ? INPUT_AGAIN : code;
	}
	progress_stop(&input->progress);
	if (status != KG_OK)
		return report_failure(input->command->name, status, err);
	input->info = *kg_trace_info(input->trace);
	input->info.diags = *kg_trace_diags(input->trace);
	input->info.vendor = kg_vendor_of(kg_trace_funcs(input->trace));
	return EXIT_DONE;
}

int input_run(struct input *input, const struct filter_opts *filter, struct kg_call_sink sink)
{
	struct kg_error err = { 0 };
	struct kg_call_sink outer = sink;
	enum kg_status status = KG_OK;
	if (filter_is_set(filter)) {
		status = open_filter(input, filter, &sink, &err);
		if (status == KG_OK)
			outer = kg_filter_sink(input->filter);
	}
	shrunk_expect(input->command->name, input->path);
	if (status == KG_OK)
		status = kg_trace_run(input->trace, &outer, &err);
	return finish_run(input, status, &err);
}

int input_run_events(struct input *input, struct kg_event_sink sink)
{
	struct kg_error err = { 0 };
	shrunk_expect(input->command->name, input->path);
	enum kg_status status = kg_trace_run_events(input->trace, &sink, &err);
	return finish_run(input, status, &err);
}

int input_judge(const struct input *input)
{
	uint64_t total = kg_diags_total(&input->info.diags);
	if (!input->common->strict || total == 0)
		return EXIT_DONE;
	size_t kind = 0;
	while (input->info.diags.entries[kind].count == 0)
		kind++;
	const struct kg_diag_entry *entry = &input->info.diags.entries[kind];
	report_error(input->command->name,
		     "%s:%" PRIu64 ": %s, one of %" PRIu64 " imperfections (kvmgraph info lists "
		     "them)",
		     input->info.file, entry->first_line, kg_diag_text((enum kg_diag_kind)kind),
		     total);
	return EXIT_NO;
}

void input_close(struct input *input)
{
	progress_stop(&input->progress);
	kg_filter_free(input->filter);
	kg_trace_close(input->trace);
}

bool wants_json(const struct common_opts *common)
{
	return common->json || (common->format != NULL && strcmp(common->format, "json") == 0);
}

int output_open(const struct command *command, const struct common_opts *common,
		struct kg_out **out)
{
	struct kg_error err = { 0 };
	const char *path = common->quiet && common->output == NULL ? "/dev/null" : common->output;
	enum kg_status status = kg_out_open(path, out, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(command->name, status, &err);
}

int output_close(const struct command *command, struct kg_out *out, enum kg_status status)
{
	struct kg_error err = { 0 };
	enum kg_status closed = kg_out_close(out, status == KG_OK, &err);
	if (status != KG_OK)
		return fail_plain(command, status);
	return closed == KG_OK ? EXIT_DONE : report_failure(command->name, closed, &err);
}

static uint32_t terminal_width(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

struct kg_text_opts text_opts(const struct common_opts *common, const struct kg_out *out)
{
	const char *when = common->color != NULL ? common->color : "auto";
	const char *no_color = getenv("NO_COLOR");
	bool color = kg_out_is_terminal(out) && (no_color == NULL || no_color[0] == '\0');
	if (strcmp(when, "auto") != 0)
		color = strcmp(when, "always") == 0;
	return (struct kg_text_opts){ .color = color,
				      .verbose = common->verbose,
				      .width = kg_out_is_terminal(out) ? terminal_width() : 0 };
}

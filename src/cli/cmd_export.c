/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph export: a trace in the form of another program. */
#include <inttypes.h>
#include <string.h>

#include <kvmgraph/export.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct export_opts {
	struct common_opts common;
	struct filter_opts filter;
	const char *to;
	const char *columns;
	bool tail;
	bool retval;
	bool overrun;
};

/* A form to export to. write() is given the opened trace and an output. */
struct target {
	const char *name;
	bool takes_filters;
	int (*write)(const struct export_opts *opts, struct input *input, struct kg_out *out);
};

/*
 * The kernel's text.
 */

/* "abstime,cpu,proc": bits of enum kg_column; false for a word that is none. */
static bool read_columns(const char *list, uint32_t *columns)
{
	static const enum kg_column offered[] = { KG_COLUMN_ABSTIME, KG_COLUMN_CPU, KG_COLUMN_PROC,
						  KG_COLUMN_LATENCY, KG_COLUMN_DURATION };
	*columns = 0;
	for (const char *at = list; *at != '\0';) {
		const size_t len = strcspn(at, ",");
		const uint32_t before = *columns;
		for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++) {
			const char *name = kg_column_name(offered[i]);
			if (strlen(name) == len && strncmp(name, at, len) == 0)
				*columns |= offered[i];
		}
		if (*columns == before)
			return false;
		at += len + (at[len] == ',');
	}
	return *columns != 0;
}

/* Says how much of the text was understood to the last byte. */
static void tell_counts(const struct input *input, const struct kg_ftrace_counts *counts)
{
	if (counts->untold > 0 && !input->common->quiet)
		report_error(input->command->name,
			     "%s: %" PRIu64 " events between the calls are left out, for their "
			     "text is not known",
			     input->info.file, counts->untold);
	if (!input->common->verbose)
		return;
	report_error(input->command->name,
		     "%s: %" PRIu64 " lines printed from what they say, %" PRIu64
		     " copied, %" PRIu64 " copied because no kernel words them so",
		     input->info.file, counts->made, counts->copied, counts->odd);
	if (counts->odd > 0)
		report_error(input->command->name, "%s:%" PRIu64 ": the first of these",
			     input->info.file, counts->odd_first_line);
}

static int write_ftrace(const struct export_opts *opts, struct input *input, struct kg_out *out)
{
	const bool is_text = kg_trace_format(input->trace) == KG_FORMAT_FTRACE;
	struct kg_ftrace_opts how = { .as_kernel = !is_text,
				      .tail = opts->tail,
				      .retval = opts->retval,
				      .overrun = opts->overrun,
				      .cpu_count = kg_trace_cpu_count(input->trace) };
	if (is_text && (opts->columns != NULL || opts->tail || opts->retval || opts->overrun)) {
		report_error(
			input->command->name,
			"the trace is the kernel's text already and "
			"stays as it is (leave --columns, --tail, --retval and --overrun out)");
		return EXIT_WRONG;
	}
	if (opts->columns != NULL && !read_columns(opts->columns, &how.columns)) {
		report_error(input->command->name,
			     "--columns %s is not understood (it takes some of abstime,cpu,proc,"
			     "latency,duration)",
			     opts->columns);
		return EXIT_WRONG;
	}
	struct kg_ftrace *ftrace;
	enum kg_status status = kg_ftrace_new(out, kg_trace_funcs(input->trace),
					      kg_trace_tasks(input->trace), &how, &ftrace);
	if (status != KG_OK)
		return fail_plain(input->command, status);
	int code = input_run_events(input, kg_ftrace_sink(ftrace));
	if (code == EXIT_DONE)
		tell_counts(input, kg_ftrace_counts(ftrace));
	kg_ftrace_free(ftrace);
	return code;
}

/*
 * The command.
 */

#define TARGET_NAMES "ftrace"

static const struct target targets[] = {
	{ "ftrace", false, write_ftrace },
};

static const struct target *find_target(const char *name)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (name != NULL && strcmp(targets[i].name, name) == 0)
			return &targets[i];
	}
	return NULL;
}

/* The target that was asked for; NULL, and said why, if it cannot be had like this. */
static const struct target *choose_target(const struct command *command,
					  const struct export_opts *opts, size_t count)
{
	const struct target *target = find_target(opts->to);
	if (count != 1)
		report_error(command->name, "takes one FILE (- is standard input)");
	else if (target == NULL)
		report_error(command->name, "needs --to FORMAT (one of " TARGET_NAMES ")");
	else if (opts->common.json || opts->common.format != NULL)
		report_error(command->name, "has its own formats: --to, not --json or --format");
	else if (filter_is_set(&opts->filter) && !target->takes_filters)
		report_error(command->name,
			     "--to %s is the whole trace line by line: filters are not for it",
			     target->name);
	else
		return target;
	return NULL;
}

/* Ends the output as its writing ended. */
static int close_output(const struct command *command, struct kg_out *out, int code)
{
	if (code == EXIT_DONE)
		return output_close(command, out, KG_OK);
	/* what went wrong was reported already: nothing is to be kept, and nothing else matters */
	enum kg_status dropped = kg_out_close(out, false, NULL);
	(void)dropped;
	return code;
}

static int run_export(const struct command *command, const void *all, size_t count,
		      char **arguments)
{
	const struct export_opts *opts = all;
	const struct target *target = choose_target(command, opts, count);
	if (target == NULL)
		return EXIT_WRONG;
	struct input input;
	struct kg_out *out;
	int code = input_open(&input, command, &opts->common, arguments[0]);
	if (code == EXIT_DONE)
		code = output_open(command, &opts->common, &out);
	if (code == EXIT_DONE)
		code = close_output(command, out, target->write(opts, &input, out));
	if (code == EXIT_DONE)
		code = input_judge(&input);
	input_close(&input);
	return code;
}

static const struct option_row rows[] = {
	{ .name = "to",
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct export_opts, to),
	  .value = "FORMAT",
	  .choices = TARGET_NAMES,
	  .help = "ftrace: the kernel's text; what was one already comes out byte for byte" },
	{ .name = "columns",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct export_opts, columns),
	  .value = "LIST",
	  .help = "columns of the text, some of abstime,cpu,proc,latency,duration (cpu,duration)" },
	{ .name = "tail",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct export_opts, tail),
	  .help = "the function's name behind every closing brace, as with funcgraph-tail" },
	{ .name = "retval",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct export_opts, retval),
	  .help = "what functions returned, as with funcgraph-retval" },
	{ .name = "overrun",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct export_opts, overrun),
	  .help = "how many calls were too deep, as with funcgraph-overrun" },
};

static const struct option_group groups[] = {
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct export_opts, common) },
	{ "Which form", rows, sizeof(rows) / sizeof(rows[0]), 0 },
	{ "Which calls", filter_rows, FILTER_ROW_COUNT, offsetof(struct export_opts, filter) },
};

const struct command command_export = {
	.name = "export",
	.summary = "the same trace for another program",
	.arguments = "--to FORMAT FILE",
	.about =
		"Reads FILE and writes it in another form.\n\n"
		"--to ftrace prints the text that the kernel prints, for the tools that read that. "
		"From a\n"
		"trace that is no such text it makes one, with the switches, leaves and names that "
		"the\n"
		"kernel's own printer would have shown. A trace that is one comes out as it went "
		"in, byte\n"
		"for byte, but printed from what was understood of it: -v tells of how many lines "
		"that is\n"
		"true, which shows how much of a trace the other commands see.",
	.examples = "  kvmgraph export --to ftrace trace.dat > trace.txt\n"
		    "  kvmgraph export --to ftrace --columns abstime,cpu,proc,duration trace.dat\n"
		    "  kvmgraph export --to ftrace -v trace.txt | cmp - trace.txt\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct export_opts),
	.run = run_export,
};

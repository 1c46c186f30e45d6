/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph vmm: runs the reference VMM alone. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "vmm/vmm.h"
#include "base/banned.h"

struct vmm_command_opts {
	struct common_opts common;
	const char *scenario;
	bool list;
	const char *describe;
	struct plan_params params;
	uint64_t repeat;
	uint64_t warmup;
	uint64_t timeout_ns;
	uint64_t pin;
	bool marks;
};

static int exit_code_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_PASS:
		return EXIT_DONE;
	case OUTCOME_DIFFERS:
		return EXIT_NO;
	case OUTCOME_LACKING:
		return EXIT_LACKING;
	case OUTCOME_USAGE:
		return EXIT_WRONG;
	case OUTCOME_STOPPED:
	case OUTCOME_INTERNAL:
		break;
	}
	return EXIT_INTERNAL;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* What writes an output, and what it needs for it; false if memory is out. */
struct output {
	bool (*write)(const struct output *output, FILE *to);
	struct report *report;
	const struct plan *plan;
	const struct vmm_command_opts *opts;
};

/* Sends what an output writes to where -o says. */
static int put_output(const struct command *command, const struct output *output)
{
	char *bytes = NULL;
	size_t len = 0;
	struct kg_out *out;
	FILE *memory = open_memstream(&bytes, &len);
	bool is_made = memory != NULL && output->write(output, memory);
	if (memory != NULL && (ferror(memory) || fclose(memory) != 0))
		is_made = false;
	int code = is_made ? output_open(command, &output->opts->common, &out)
			   : fail_plain(command, KG_NOMEM);
	if (is_made && code == EXIT_DONE) {
		kg_out_write(out, bytes, len);
		code = output_close(command, out, KG_OK);
	}
	free(bytes);
	return code;
}

static bool write_list(const struct output *output, FILE *to)
{
	(void)output;
	vmm_list(to);
	return true;
}

static bool write_description(const struct output *output, FILE *to)
{
	vmm_describe(output->plan, to);
	return true;
}

static bool write_report(const struct output *output, FILE *to)
{
	const struct common_opts *common = &output->opts->common;
	return wants_json(common) ? report_json(output->report, to)
				  : report_text(output->report, common->verbose, to);
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static void tell_mistake(void *self, const char *mistake)
{
	const struct command *command = self;
	report_error(command->name, "%s", mistake);
}

/* A scenario by its name, or what is written in a file: then *file is what holds it. */
static int find_scenario(const struct command *command, const char *name,
			 struct scenario_file **file, const struct scenario **scenario)
{
	const struct listener listener = { tell_mistake, (void *)(uintptr_t)command };
	*file = NULL;
	if (names_file(name)) {
		const enum outcome outcome = scenario_file_read(name, &listener, file);
		if (outcome != OUTCOME_PASS)
			return exit_code_of(outcome);
		*scenario = scenario_file_scenario(*file);
		return EXIT_DONE;
	}
	*scenario = scenario_find(name);
	if (*scenario != NULL)
		return EXIT_DONE;
	report_error(command->name, "%s is no scenario (see kvmgraph vmm --list)", name);
	return EXIT_WRONG;
}

static int describe(const struct command *command, const struct vmm_command_opts *opts,
		    const struct scenario *scenario)
{
	char why[384];
	struct plan plan;
	if (!plan_make(&plan, scenario, &opts->params, why, sizeof(why))) {
		report_error(command->name, "%s", why);
		return EXIT_WRONG;
	}
	const struct output description = { .write = write_description,
					    .plan = &plan,
					    .opts = opts };
	const int code = put_output(command, &description);
	plan_release(&plan);
	return code;
}

/* Ends as the signal would have ended it, had there been nothing to clean up. */
static void end_by(int signal_number)
{
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int finish(const struct command *command, const struct vmm_command_opts *opts,
		  enum outcome outcome, struct report *report, const char *why)
{
	const struct output output = { .write = write_report, .report = report, .opts = opts };
	const int signal_number = outcome == OUTCOME_STOPPED ? report->last->stop_signal : 0;
	int code = EXIT_DONE;
	if (opts->marks && report != NULL && !report->has_marks)
		report_error(command->name, "no marks: trace_marker cannot be written (mount "
					    "tracefs at /sys/kernel/tracing, be root)");
	if (outcome == OUTCOME_LACKING || outcome == OUTCOME_USAGE || report == NULL)
		report_error(command->name, "%s", why);
	else
		code = put_output(command, &output);
	report_free(report);
	if (signal_number != 0)
		end_by(signal_number);
	return code == EXIT_DONE ? exit_code_of(outcome) : code;
}

static int run_scenario(const struct command *command, const struct vmm_command_opts *opts,
			const struct scenario *scenario)
{
	char why[384];
	struct report *report;
	const struct vmm_opts run = {
		.params = opts->params,
		.repeat = opts->repeat,
		.warmup = opts->warmup,
		.timeout_ns = opts->timeout_ns,
		.is_pinned = opts->pin != 0,
		.pin_cpu = opts->pin - 1,
		.wants_marks = opts->marks,
	};
	const enum outcome outcome = vmm_run(scenario, &run, &report, why, sizeof(why));
	return finish(command, opts, outcome, report, why);
}

static int run_vmm(const struct command *command, const void *all, size_t count, char **arguments)
{
	const struct vmm_command_opts *opts = all;
	const char *name = opts->scenario != NULL ? opts->scenario : "hello";
	const struct scenario *scenario = NULL;
	struct scenario_file *file = NULL;
	const struct output list = { .write = write_list, .opts = opts };
	(void)arguments;
	if (count != 0) {
		report_error(command->name, "takes options only (see kvmgraph vmm --help)");
		return EXIT_WRONG;
	}
	if (opts->list)
		return put_output(command, &list);
	int code = find_scenario(command, opts->describe != NULL ? opts->describe : name, &file,
				 &scenario);
	if (code == EXIT_DONE)
		code = opts->describe != NULL ? describe(command, opts, scenario)
					      : run_scenario(command, opts, scenario);
	scenario_file_free(file);
	return code;
}

/* ---- options --------------------------------------------------------------------------------- */

#define OPTION(member) offsetof(struct vmm_command_opts, member)
#define PARAM(param) (OPTION(params) + sizeof(uint64_t) * (param))

static const struct option_row what_rows[] = {
	{ .name = "scenario",
	  .letter = 's',
	  .kind = OPTION_STRING,
	  .offset = OPTION(scenario),
	  .value = "NAME",
	  .help = "what the VM is led through (hello); a file, if it has a / or ends in .json" },
	{ .name = "list",
	  .kind = OPTION_FLAG,
	  .offset = OPTION(list),
	  .help = "name the scenarios, their options and what they do" },
	{ .name = "describe",
	  .kind = OPTION_STRING,
	  .offset = OPTION(describe),
	  .value = "NAME",
	  .help = "show the steps of a scenario or a file and what each has to come to" },
};

static const struct option_row param_rows[] = {
	{ .name = "memory",
	  .kind = OPTION_SIZE,
	  .offset = PARAM(PARAM_MEMORY),
	  .value = "SIZE",
	  .help = "guest memory, such as 64M (what the scenario needs)" },
	{ .name = "vcpus",
	  .kind = OPTION_COUNT,
	  .offset = PARAM(PARAM_VCPUS),
	  .value = "N",
	  .help = "vCPUs (smp)" },
	{ .name = "pages",
	  .kind = OPTION_COUNT,
	  .offset = PARAM(PARAM_PAGES),
	  .value = "N",
	  .help = "pages that the guest touches (faults, dirty)" },
	{ .name = "slots",
	  .kind = OPTION_COUNT,
	  .offset = PARAM(PARAM_SLOTS),
	  .value = "N",
	  .help = "memslots beside the main one (slots)" },
	{ .name = "vms",
	  .kind = OPTION_COUNT,
	  .offset = PARAM(PARAM_VMS),
	  .value = "N",
	  .help = "VMs, one after the other (churn)" },
	{ .name = "parallel",
	  .kind = OPTION_COUNT,
	  .offset = PARAM(PARAM_PARALLEL),
	  .value = "P",
	  .help = "of them this many at a time (churn)" },
};

static const struct option_row how_rows[] = {
	{ .name = "repeat",
	  .kind = OPTION_COUNT,
	  .offset = OPTION(repeat),
	  .value = "N",
	  .help = "do it N times: minimum, median, 99th percentile, maximum" },
	{ .name = "warmup",
	  .kind = OPTION_NUMBER,
	  .offset = OPTION(warmup),
	  .value = "N",
	  .help = "do it N times before that, uncounted" },
	{ .name = "pin",
	  .kind = OPTION_INDEX,
	  .offset = OPTION(pin),
	  .value = "CPU",
	  .help = "run on this CPU alone" },
	{ .name = "marks",
	  .kind = OPTION_FLAG,
	  .offset = OPTION(marks),
	  .help = "write a line to trace_marker before and after each step" },
	{ .name = "timeout",
	  .kind = OPTION_TIME,
	  .offset = OPTION(timeout_ns),
	  .value = "TIME",
	  .help = "stop a guest that does not exit in time (10s)" },
};

#define GROUP(title, rows)                                                                         \
	{                                                                                          \
		title, rows, sizeof(rows) / sizeof((rows)[0]), 0                                   \
	}
static const struct option_group groups[] = {
	GROUP("What is run", what_rows),
	GROUP("Scenario", param_rows),
	GROUP("How", how_rows),
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct vmm_command_opts, common) },
};

const struct command command_vmm = {
	.name = "vmm",
	.summary = "run the reference VMM alone, with its own clock",
	.arguments = "",
	.about = "Leads a VM on /dev/kvm through a scenario, one named step after the other: "
		 "create,\n"
		 "memslots, vCPUs, run, exits, teardown. Tells what each step came to and how long "
		 "it\n"
		 "took (CLOCK_MONOTONIC_RAW), so that a trace has something known to be held "
		 "against.\n"
		 "A file that is given in place of a scenario's name holds kvmgraph.scenario/1: "
		 "steps, and\n"
		 "what the guest does in each run; the guest's program is made from that.\n"
		 "Exits 0 if every step came to what the scenario says, 1 if one did not, and 4 if "
		 "KVM\n"
		 "is missing or may not be used.",
	.examples = "  kvmgraph vmm\n"
		    "  kvmgraph vmm --describe smp --vcpus 4\n"
		    "  kvmgraph vmm --scenario faults --pages 512 --repeat 100 --warmup 10\n"
		    "  kvmgraph vmm --scenario ./steps.json\n"
		    "  kvmgraph vmm --scenario churn --vms 100 --parallel 4 --json\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct vmm_command_opts),
	.run = run_vmm,
};

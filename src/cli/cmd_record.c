/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph record: trace the reference VMM, or any command, on this kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kvmgraph/render.h>

#include "capture/capture.h"
#include "cli/commands.h"
#include "cli/record_files.h"
#include "cli/record_judge.h"
#include "cli/report.h"
#include "base/banned.h"

#define SETTLE_NS 100000000
#define DEFAULT_SCENARIO "hello"

struct record_opts {
	const char *output;
	const char *also_text;
	const char *scenario;
	const char *user;
	const char *tracefs;
	const char *clock;
	struct string_list filter;
	struct string_list notrace;
	struct string_list graph;
	struct string_list events;
	struct string_list options;
	uint64_t depth;
	uint64_t buffer_kib;
	uint64_t settle_ns;
	bool text;
	bool all;
	bool own;
	bool force;
	bool restore;
	bool quiet;
	bool verbose;
};

/* ---- what is run ----------------------------------------------------------------------------- */

/* Where a killed recording leaves what has to be put back: gone with a restart, as the tracer is.
 */
static const char *find_state_folder(char *buffer, size_t size)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	if (geteuid() == 0)
		return "/run/kvmgraph";
	if (folder == NULL || folder[0] != '/')
		return NULL;
	snprintf(buffer, size, "%s/kvmgraph", folder);
	return buffer;
}

static const char *scenario_of(const struct record_opts *opts)
{
	return opts->scenario != NULL ? opts->scenario : DEFAULT_SCENARIO;
}

/*
 * This program, for a process that is to have its name in the trace; another user may not be
 * allowed to go where it is.
 */
static const char *find_self(const struct record_opts *opts, char *buffer, size_t size)
{
	const ssize_t len = readlink("/proc/self/exe", buffer, size - 1);
	if (opts->user != NULL || len <= 0 || (size_t)len >= size - 1)
		return "/proc/self/exe";
	buffer[len] = '\0';
	return access(buffer, X_OK) == 0 ? buffer : "/proc/self/exe";
}

static struct kg_env_words words_of(const struct string_list *list)
{
	return (struct kg_env_words){ list->at, list->count };
}

/* What has to be known to tell calls apart in the text, unless the columns were chosen. */
static bool add_columns(const struct record_opts *opts, struct string_list *options)
{
	static const char *const columns[] = { "funcgraph-abstime", "funcgraph-proc" };
	const size_t count = sizeof(columns) / sizeof(columns[0]);
	options->count = 0;
	options->at = malloc((opts->options.count + count) * sizeof(char *));
	if (options->at == NULL)
		return false;
	for (size_t i = 0; i < count && (opts->text || opts->also_text != NULL); i++)
		options->at[options->count++] = columns[i];
	/* what was asked for comes later, and so it holds */
	for (size_t i = 0; i < opts->options.count; i++)
		options->at[options->count++] = opts->options.at[i];
	return true;
}

/* ---- keeping it ------------------------------------------------------------------------------ */

static int keep(const struct command *command, const struct record_opts *opts,
		struct record_files *files, struct capture *capture)
{
	struct kg_error err = { 0 };
	struct kg_environment *environment = &capture->environment;
	const struct record_end end = { .command = command,
					.environment = environment,
					.trace = files->trace,
					.environment_file = files->environment,
					.is_vmm = files->has_run,
					.has_chosen_tasks = opts->all || opts->own,
					.quiet = opts->quiet };
	environment->scenario = files->has_run ? scenario_of(opts) : NULL;
	int code = record_is_kept(&end);
	if (code == EXIT_DONE)
		code = record_files_keep_run(files, command, environment);
	if (code == EXIT_DONE)
		code = record_files_put_environment(files, command, environment);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = capture_keep(capture, &err);
	return status == KG_OK ? record_judge(&end) : report_failure(command->name, status, &err);
}

/* ---- the command ----------------------------------------------------------------------------- */

static void tell_restored(const struct command *command, size_t count)
{
	if (count > 0)
		report_error(command->name,
			     "put back the tracer's settings of %zu recording%s that %s killed",
			     count, count == 1 ? "" : "s", count == 1 ? "was" : "were");
}

static int run_capture(const struct command *command, const struct record_opts *opts,
		       struct record_files *files, const struct capture_opts *how)
{
	struct capture capture;
	struct kg_error err = { 0 };
	enum kg_status status = capture_run(&capture, how, &err);
	int code = EXIT_DONE;
	tell_restored(command, capture.restored_count);
	if (capture.restore_err.status != KG_OK)
		report_error(command->name, "%s: %s (left by a recording that was killed)",
			     capture.restore_err.file, capture.restore_err.text);
	if (capture.state_err.status != KG_OK && opts->verbose)
		report_error(command->name, "%s: %s: only the watchdog can put settings back",
			     capture.state_err.file, capture.state_err.text);
	if (status != KG_OK)
		code = report_failure(command->name, status, &err);
	else
		code = keep(command, opts, files, &capture);
	capture_release(&capture);
	return code;
}

static int record(const struct command *command, const struct record_opts *opts,
		  struct record_files *files, char **arguments)
{
	char folder[4096];
	char self[4096];
	const char *const vmm[] = { find_self(opts, self, sizeof(self)),
				    "vmm",
				    "--scenario",
				    scenario_of(opts),
				    "--json",
				    NULL };
	struct string_list options;
	struct kg_error err = { 0 };
	enum kg_status status = record_files_open_run(files, &err);
	if (status != KG_OK)
		return report_failure(command->name, status, &err);
	if (!add_columns(opts, &options))
		return report_failure(command->name, KG_NOMEM, &err);
	const struct capture_opts how = {
		.tracefs = opts->tracefs,
		.state_folder = find_state_folder(folder, sizeof(folder)),
		.dat_path = opts->text ? NULL : files->trace,
		.text_path = opts->text ? files->trace : opts->also_text,
		.command = files->has_run ? (char *const *)(void *)vmm : arguments,
		.user = opts->user,
		.stdout_fd = files->run_fd,
		.filter = words_of(&opts->filter),
		.notrace = words_of(&opts->notrace),
		.graph = words_of(&opts->graph),
		.events = words_of(&opts->events),
		.options = words_of(&options),
		.depth = opts->depth,
		.clock = opts->clock,
		.buffer_kib = opts->buffer_kib,
		.settle_ns = opts->settle_ns != 0 ? opts->settle_ns : SETTLE_NS,
		.only_command = opts->own,
		.force = opts->force,
	};
	int code = run_capture(command, opts, files, &how);
	free(options.at);
	return code;
}

static int restore(const struct command *command)
{
	char folder[4096];
	size_t count;
	struct kg_error err = { 0 };
	enum kg_status status =
		capture_restore(find_state_folder(folder, sizeof(folder)), &count, &err);
	if (status != KG_OK)
		return report_failure(command->name, status, &err);
	tell_restored(command, count);
	return EXIT_DONE;
}

static int run_record(const struct command *command, const void *all, size_t count,
		      char **arguments)
{
	const struct record_opts *opts = all;
	const char *wrong = NULL;
	if (opts->restore)
		return restore(command);
	if (count > 0 && opts->scenario != NULL)
		wrong = "records a scenario or a command, not both (leave --scenario out)";
	else if (opts->all && opts->own)
		wrong = "takes --all or --own, not both";
	else if (opts->output != NULL && strcmp(opts->output, "-") == 0)
		wrong = "writes several files, none of them to standard output (give -o a name)";
	else if (opts->text && opts->also_text != NULL)
		wrong = "writes the text already (leave --also-text out)";
	if (wrong != NULL) {
		report_error(command->name, "%s", wrong);
		return EXIT_WRONG;
	}
	const char *trace = opts->text ? "trace.txt" : "trace.dat";
	struct record_files files;
	int code = EXIT_INTERNAL;
	if (record_files_name(&files, opts->output != NULL ? opts->output : trace, count == 0))
		code = record(command, opts, &files, arguments);
	else
		report_error(command->name, "out of memory");
	record_files_release(&files);
	return code;
}

static const struct option_row output_rows[] = {
	{ .name = "output",
	  .letter = 'o',
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct record_opts, output),
	  .value = "FILE",
	  .help = "where the trace goes (trace.dat); .env.json and .run.json of its name beside "
		  "it" },
	{ .name = "text",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, text),
	  .help = "the kernel's text (trace.txt) instead of a trace.dat" },
	{ .name = "also-text",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct record_opts, also_text),
	  .value = "FILE",
	  .help = "the text too, of the same buffer" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, quiet),
	  .help = "no line at the end that says what was recorded" },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, verbose),
	  .help = "say too what was not needed in the end" },
};

static const struct option_row what_rows[] = {
	{ .name = "scenario",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct record_opts, scenario),
	  .value = "NAME",
	  .help = "what the reference VMM does (hello): a scenario, or a file of steps" },
	{ .name = "user",
	  .letter = 'u',
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct record_opts, user),
	  .value = "USER",
	  .help = "run the command as USER" },
	{ .name = "all",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, all),
	  .help = "what every task does meanwhile (the default)" },
	{ .name = "own",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, own),
	  .help = "only the command, its children and new threads of the kernel" },
	{ .name = "settle",
	  .kind = OPTION_TIME,
	  .offset = offsetof(struct record_opts, settle_ns),
	  .value = "TIME",
	  .help = "go on for TIME behind the command's end (100ms; 1ns is not at all)" },
};

static const struct option_row how_rows[] = {
	{ .name = "function",
	  .letter = 'l',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct record_opts, filter),
	  .value = "GLOB",
	  .help = "trace these functions instead of KVM's (also :mod:NAME)" },
	{ .name = "notrace",
	  .letter = 'n',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct record_opts, notrace),
	  .value = "GLOB",
	  .help = "not these" },
	{ .name = "graph-function",
	  .letter = 'g',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct record_opts, graph),
	  .value = "NAME",
	  .help = "only what is called by these" },
	{ .name = "depth",
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct record_opts, depth),
	  .value = "N",
	  .help = "at most N levels" },
	{ .name = "event",
	  .letter = 'e',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct record_opts, events),
	  .value = "EVENT",
	  .help = "events as well: kvm, kvm:kvm_exit, all" },
	{ .name = "option",
	  .letter = 'O',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct record_opts, options),
	  .value = "OPTION",
	  .help = "an option of the tracer (funcgraph-tail, nosleep-time)" },
	{ .name = "clock",
	  .letter = 'C',
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct record_opts, clock),
	  .value = "NAME",
	  .help = "the clock of the trace (local)" },
	{ .name = "buffer-size",
	  .letter = 'b',
	  .kind = OPTION_NUMBER,
	  .offset = offsetof(struct record_opts, buffer_kib),
	  .value = "KIB",
	  .help = "room for each CPU (up to 8192, as there is memory)" },
};

static const struct option_row tracer_rows[] = {
	{ .name = "tracefs",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct record_opts, tracefs),
	  .value = "DIR",
	  .help = "where tracefs is (where it is mounted)" },
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, force),
	  .help = "take over from another tracer, and give back" },
	{ .name = "restore",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct record_opts, restore),
	  .help = "only put back what a killed recording left" },
};

#define GROUP(title, rows)                                                                         \
	{                                                                                          \
		title, rows, sizeof(rows) / sizeof((rows)[0]), 0                                   \
	}

static const struct option_group groups[] = {
	GROUP("Output", output_rows),
	GROUP("What is recorded", what_rows),
	GROUP("How it is traced", how_rows),
	GROUP("The tracer", tracer_rows),
};

const struct command command_record = {
	.name = "record",
	.summary = "trace the reference VMM, or a command, on this kernel",
	.arguments = "[[--] COMMAND...]",
	.about =
		"Runs COMMAND, or the reference VMM with a scenario, under the function_graph "
		"tracer "
		"and\n"
		"writes what the kernel did into a trace.dat, which trace-cmd and KernelShark open "
		"too.\n"
		"Beside it stand trace.env.json, which tells what surrounded the recording "
		"(kernel,\n"
		"processor, KVM's parameters, which functions were traced, what was lost), and, of "
		"the\n"
		"VMM, trace.run.json with its own report.\n\n"
		"Without -l the functions of KVM are traced, in all tasks: part of a VM's life "
		"runs in\n"
		"workers of the kernel and in interrupts on other CPUs. --own leaves those out, "
		"and with\n"
		"them other VMs: what is left is the command, what it forks, and threads that the "
		"kernel\n"
		"makes meanwhile, among them KVM's worker for huge pages as long as it is one (up "
		"to about\n"
		"Linux 6.12). The kernel's filter by task also leaves out what it does while it "
		"switches\n"
		"tasks and, on newer kernels, once a task has begun to exit: verify will miss "
		"that.\n\n"
		"The tracer is as it was before when record ends, also when it is killed. It works "
		"in "
		"an\n"
		"instance of its own where the kernel can trace call graphs in one, else in the "
		"top "
		"buffer,\n"
		"and refuses if somebody else uses that. Nothing is read while the command runs, "
		"so "
		"that\n"
		"reading does not disturb it: the buffer has to be large enough. Events that were "
		"lost\n"
		"are told, with the size that would have done.\n\n"
		"A command that fails is told of and recorded: the exit code is that of the "
		"recording.\n"
		"The reference VMM that finds a difference makes it 1.",
	.examples = "  kvmgraph record -o new.dat && kvmgraph verify new.dat\n"
		    "  kvmgraph record --own -e kvm -- qemu-system-x86_64 -enable-kvm disk.img\n"
		    "  kvmgraph record --text -O nofuncgraph-irqs -u nobody -- ./vmm\n"
		    "  kvmgraph record -l vfs_read -g ksys_read -- cat /dev/null\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct record_opts),
	.stops_at_argument = true,
	.run = run_record,
};

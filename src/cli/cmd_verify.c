/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph verify: does a trace follow the expected path? */
#include <kvmgraph/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/candidates.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "cli/verify_format.h"
#include "base/banned.h"

struct verify_opts {
	struct common_opts common;
	struct filter_opts filter;
	const char *spec;
	struct string_list params;
	bool list;
};

static int exit_code_of(enum kg_verdict verdict)
{
	if (verdict == KG_VERDICT_PASS)
		return EXIT_DONE;
	return verdict == KG_VERDICT_FAIL ? EXIT_NO : EXIT_INCONCLUSIVE;
}

static int write_verdict(const struct command *command, const struct verify_opts *opts,
			 const struct kg_info *info, const struct candidate *candidate)
{
	struct kg_verify_report report;
	struct kg_out *out;
	enum kg_status status = kg_verify_report(candidate->verify, info, &report);
	if (status != KG_OK)
		return fail_plain(command, status);
	int code = output_open(command, &opts->common, &out);
	if (code != EXIT_DONE)
		return code;
	status = verify_write(out, &opts->common, info, candidate->spec, &report,
			      exit_code_of(report.verdict));
	code = output_close(command, out, status);
	return code == EXIT_DONE ? exit_code_of(report.verdict) : code;
}

/* Which of two vendors' a trace is has to show in it. */
#define DEFAULT_SPEC "kvm-{vendor}"

/* Holds the trace against the specification that suits it better, unless one was asked for. */
static int run_better(const struct verify_opts *opts, struct input *input,
		      struct candidates *candidates, struct candidate **chosen)
{
	struct kg_verify_report report;
	if (*chosen == NULL || opts->spec != NULL)
		return EXIT_DONE;
	enum kg_status status = kg_verify_report((*chosen)->verify, &input->info, &report);
	if (status != KG_OK)
		return fail_plain(candidates->command, status);
	if (report.better == NULL)
		return EXIT_DONE;
	char *name = strdup(report.better);
	if (name == NULL)
		return fail_plain(candidates->command, KG_NOMEM);
	candidates_close(candidates);
	int code = candidates_open(candidates, name);
	free(name);
	if (code == EXIT_DONE)
		code = input_rewind(input);
	return code == EXIT_DONE ? candidates_run(candidates, input, &opts->filter, chosen) : code;
}

static int verify_file(const struct command *command, const struct verify_opts *opts,
		       const char *path)
{
	struct candidates candidates = { .command = command, .params = &opts->params };
	struct candidate *chosen = NULL;
	struct input input;
	int code = input_open(&input, command, &opts->common, path);
	if (code == EXIT_DONE)
		code = candidates_open(&candidates, opts->spec != NULL ? opts->spec : DEFAULT_SPEC);
	if (code == EXIT_DONE)
		code = candidates_run(&candidates, &input, &opts->filter, &chosen);
	if (code == EXIT_DONE)
		code = run_better(opts, &input, &candidates, &chosen);
	if (code == EXIT_DONE && chosen == NULL) {
		report_error(command->name,
			     "%s: has calls of neither kvm_intel nor kvm_amd, or of both, so no "
			     "specification suggests itself (name one with --spec)",
			     path);
		code = EXIT_INCONCLUSIVE;
	} else if (code == EXIT_DONE) {
		code = write_verdict(command, opts, &input.info, chosen);
	}
	if (code == EXIT_DONE)
		code = input_judge(&input);
	candidates_close(&candidates);
	input_close(&input);
	return code;
}

static int list_specs(void)
{
	const char *name;
	for (size_t i = 0; (name = kg_spec_builtin_name(i)) != NULL; i++)
		puts(name);
	return EXIT_DONE;
}

static int run_verify(const struct command *command, const void *all, size_t count,
		      char **arguments)
{
	const struct verify_opts *opts = all;
	if (opts->list)
		return list_specs();
	if (count != 1) {
		report_error(command->name, "takes one FILE (- is standard input)");
		return EXIT_WRONG;
	}
	return verify_file(command, opts, arguments[0]);
}

static const struct option_row rows[] = {
	{ .name = "spec",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct verify_opts, spec),
	  .value = "SPEC",
	  .help = "a built-in specification or a file (by default the trace's vendor decides)" },
	{ .name = "param",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct verify_opts, params),
	  .value = "NAME=N",
	  .help = "a number that the specification asks for" },
	{ .name = "list-specs",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct verify_opts, list),
	  .help = "name the built-in specifications" },
};

static const struct option_group groups[] = {
	{ "What is expected", rows, 3, 0 },
	{ "For whom", &verify_format_row, 1, offsetof(struct verify_opts, common) },
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct verify_opts, common) },
	{ "Which calls", filter_rows, FILTER_ROW_COUNT, offsetof(struct verify_opts, filter) },
};

const struct command command_verify = {
	.name = "verify",
	.summary = "does the trace follow the expected path?",
	.arguments = "FILE",
	.about = "Reads FILE and holds it against a specification: a VM's life as phases in order, "
		 "what\n"
		 "each has to call, and rules over the whole (what comes in pairs, what never "
		 "happens).\n"
		 "Exits 0 if the path is as expected, 1 with the place where it first departs if "
		 "not, and\n"
		 "3 if the trace cannot tell because events were lost or it is cut "
		 "off.\n\n" VERIFY_FORMATS_ABOUT,
	.examples = "  kvmgraph verify trace.txt\n"
		    "  kvmgraph verify --spec kvm-svm trace.txt\n"
		    "  kvmgraph verify --spec my.json --param cpus=4 trace.txt\n"
		    "  kvmgraph verify --format junit -o kvm.xml trace.txt\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct verify_opts),
	.run = run_verify,
};

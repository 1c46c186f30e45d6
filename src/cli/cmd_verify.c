/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph verify: does a trace follow the expected path? */
#include <kvmgraph/run_check.h>
#include <kvmgraph/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/candidates.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/known.h"
#include "cli/report.h"
#include "cli/verify_format.h"
#include "base/banned.h"

struct verify_opts {
	struct common_opts common;
	struct filter_opts filter;
	const char *spec;
	struct string_list params;
	const char *beside;
	const char *explain;
	bool list;
};

/* A verification under way. */
struct verification {
	const struct command *command;
	const struct verify_opts *opts;
	struct input input;
	struct known known;
	struct candidates candidates;
	struct candidate *chosen; /* NULL: no vendor shows */
};

static int exit_code_of(enum kg_verdict verdict)
{
	if (verdict == KG_VERDICT_PASS)
		return EXIT_DONE;
	return verdict == KG_VERDICT_FAIL ? EXIT_NO : EXIT_INCONCLUSIVE;
}

static int look_at_verdict(const struct verification *in, struct kg_verify_report *out)
{
	enum kg_status status = kg_verify_report(in->chosen->verify, &in->input.info, out);
	return status == KG_OK ? EXIT_DONE : fail_plain(in->command, status);
}

/* Writes how the check that was asked for was matched, if one was. */
static enum kg_status write_explanation(const struct verification *in, struct kg_out *out)
{
	struct kg_explanation explanation = { .check_id = in->opts->explain };
	if (in->opts->explain == NULL)
		return KG_OK;
	explanation.lines = kg_verify_explanation(in->chosen->verify, &explanation.count,
						  &explanation.left_out);
	const struct kg_text_opts text = text_opts(&in->opts->common, out);
	return kg_render_explanation_text(out, &in->input.info, &explanation, &text);
}

static int write_verdict(const struct verification *in)
{
	const struct common_opts *common = &in->opts->common;
	struct kg_verify_report report;
	struct kg_out *out;
	int code = look_at_verdict(in, &report);
	if (code == EXIT_DONE)
		code = output_open(in->command, common, &out);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = write_explanation(in, out);
	if (status == KG_OK)
		status = verify_write(out, common, &in->input.info, in->chosen->spec, &report,
				      exit_code_of(report.verdict));
	code = output_close(in->command, out, status);
	return code == EXIT_DONE ? exit_code_of(report.verdict) : code;
}

/* ---- holding a trace against a specification ------------------------------------------------- */

/* Which of two vendors' a trace is has to show in it. */
#define DEFAULT_SPEC "kvm-{vendor}"

static int run_spec(struct verification *in, const char *name)
{
	int code = candidates_open(&in->candidates, name);
	in->candidates.scope = known_scope(&in->known, &in->opts->filter);
	return code == EXIT_DONE
		       ? candidates_run(&in->candidates, &in->input, &in->opts->filter, &in->chosen)
		       : code;
}

/* The same trace from its start, with a specification that is opened anew. */
static int run_spec_again(struct verification *in, const char *name)
{
	const bool is_at_start = in->candidates.better != NULL;
	char *copy = strdup(name);
	if (copy == NULL)
		return fail_plain(in->command, KG_NOMEM);
	candidates_close(&in->candidates);
	in->candidates.may_switch = false;
	int code = is_at_start ? EXIT_DONE : input_rewind(&in->input);
	if (code == EXIT_DONE)
		code = run_spec(in, copy);
	free(copy);
	return code;
}

/* Holds the trace against the specification that suits it better, unless one was asked for. */
static int run_better(struct verification *in, const char **name)
{
	struct kg_verify_report report;
	if (in->chosen == NULL || !in->candidates.may_switch)
		return EXIT_DONE;
	const char *better = in->candidates.better;
	int code = EXIT_DONE;
	if (better == NULL)
		code = look_at_verdict(in, &report);
	if (better == NULL && code == EXIT_DONE)
		better = report.better;
	if (better == NULL)
		return code;
	code = run_spec_again(in, better);
	if (code == EXIT_DONE && in->chosen != NULL)
		*name = kg_spec_name(in->chosen->spec);
	return code;
}

/* A failure may be that the kernel cannot show what is missing: looks which kernels can. */
static int run_for_builds(struct verification *in, const char *name)
{
	struct kg_verify_report report;
	bool is_found;
	if (in->chosen == NULL || in->candidates.wants_life)
		return EXIT_DONE;
	int code = look_at_verdict(in, &report);
	if (code != EXIT_DONE || report.verdict != KG_VERDICT_FAIL)
		return code;
	code = known_look_for_builds(&in->known, in->command, &in->input.info, &is_found);
	return code == EXIT_DONE && is_found ? run_spec_again(in, name) : code;
}

/* Tasks that could be several VMs' may matter or not: looks. */
static int run_ways(struct verification *in)
{
	struct kg_verify_report report;
	if (in->chosen == NULL || !kg_verify_has_ways(in->chosen->verify))
		return EXIT_DONE;
	int code = look_at_verdict(in, &report);
	if (code != EXIT_DONE || report.verdict == KG_VERDICT_FAIL)
		return code;
	return candidates_run_ways(&in->candidates, &in->input, &in->opts->filter, in->chosen);
}

/* Adds what the VMM's own report says of the trace. */
static int add_run_checks(struct verification *in, struct kg_run_check **out)
{
	size_t count;
	if (in->chosen == NULL || !in->candidates.wants_life)
		return EXIT_DONE;
	const struct kg_run_check_input input = { .run = in->known.beside->run,
						  .environment = in->known.beside->environment,
						  .life = in->candidates.life,
						  .info = &in->input.info };
	enum kg_status status = kg_run_check_new(&input, out);
	if (status != KG_OK)
		return fail_plain(in->command, status);
	const struct kg_check *checks = kg_run_check_list(*out, &count);
	status = kg_verify_add_checks(in->chosen->verify, checks, count);
	return status == KG_OK ? EXIT_DONE : fail_plain(in->command, status);
}

static int run_specs(struct verification *in)
{
	const char *known_name = known_spec(&in->known);
	const char *name = in->opts->spec;
	if (name == NULL)
		name = known_name != NULL ? known_name : DEFAULT_SPEC;
	in->candidates.may_switch = strcmp(name, DEFAULT_SPEC) == 0;
	in->candidates.wants_life = in->known.beside != NULL && in->known.beside->run != NULL;
	int code = run_spec(in, name);
	if (code == EXIT_DONE)
		code = run_better(in, &name);
	if (code == EXIT_DONE)
		code = run_for_builds(in, name);
	return code == EXIT_DONE ? run_ways(in) : code;
}

static int verify_input(struct verification *in, const char *path)
{
	struct kg_run_check *run_check = NULL;
	int code = run_specs(in);
	if (code == EXIT_DONE)
		code = add_run_checks(in, &run_check);
	if (code == EXIT_DONE && in->chosen == NULL) {
		report_error(in->command->name,
			     "%s: has calls of neither kvm_intel nor kvm_amd, or of both, so no "
			     "specification suggests itself (name one with --spec)",
			     path);
		code = EXIT_INCONCLUSIVE;
	} else if (code == EXIT_DONE && in->opts->explain != NULL && !in->chosen->is_explained) {
		report_error(in->command->name,
			     "--explain %s: %s has no such phase or rule (verify -v lists them)",
			     in->opts->explain, kg_spec_name(in->chosen->spec));
		code = EXIT_WRONG;
	} else if (code == EXIT_DONE) {
		code = write_verdict(in);
	}
	if (code == EXIT_DONE)
		code = input_judge(&in->input);
	kg_run_check_free(run_check);
	return code;
}

static bool looks_beside(const struct verify_opts *opts)
{
	return opts->beside == NULL || strcmp(opts->beside, "never") != 0;
}

static int verify_file(const struct command *command, const struct verify_opts *opts,
		       const char *path)
{
	struct verification in = {
		.command = command,
		.opts = opts,
		.candidates = { .command = command,
				.params = &opts->params,
				.set_known = known_set_params },
	};
	in.candidates.known = &in.known;
	in.candidates.explain = opts->explain;
	int code = looks_beside(opts) ? known_open(&in.known, command, path) : EXIT_DONE;
	if (code == EXIT_DONE)
		code = input_open(&in.input, command, &opts->common, path);
	if (code == EXIT_DONE)
		code = verify_input(&in, path);
	candidates_close(&in.candidates);
	input_close(&in.input);
	known_close(&in.known);
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
	if (opts->explain != NULL && (wants_json(&opts->common) || opts->common.format != NULL)) {
		report_error(command->name, "--explain is for people (leave out --json, --format)");
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
	{ .name = "beside",
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct verify_opts, beside),
	  .value = "WHEN",
	  .choices = "auto|never",
	  .help = "auto (use NAME.run.json and NAME.env.json beside FILE) or never" },
	{ .name = "explain",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct verify_opts, explain),
	  .value = "CHECK",
	  .help = "show step by step how a phase or a rule was matched" },
	{ .name = "list-specs",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct verify_opts, list),
	  .help = "name the built-in specifications" },
};

static const struct option_group groups[] = {
	{ "What is expected", rows, sizeof(rows) / sizeof(rows[0]), 0 },
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
		 "Without --spec it is that of the scenario which the VMM's report beside FILE "
		 "names, "
		 "else\n"
		 "kvm-vmx or kvm-svm as the trace has it, or kvm-any where a trace shows more than "
		 "one "
		 "small\n"
		 "life. A report beside FILE is held against the trace as well, and what is known "
		 "of "
		 "the\n"
		 "recording decides what a trace cannot show (not-traceable).\n\n"
		 "Exits 0 if the path is as expected, 1 with the place where it first departs if "
		 "not, and\n"
		 "3 if the trace cannot tell because events were lost or it is cut "
		 "off.\n\n" VERIFY_FORMATS_ABOUT,
	.examples = "  kvmgraph verify trace.txt\n"
		    "  kvmgraph verify --spec kvm-svm trace.txt\n"
		    "  kvmgraph verify --explain run trace.txt\n"
		    "  kvmgraph verify --spec my.json --param cpus=4 trace.txt\n"
		    "  kvmgraph verify --format junit -o kvm.xml trace.txt\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct verify_opts),
	.run = run_verify,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph verify: does a trace follow the expected path? */
#include <kvmgraph/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct verify_opts {
	struct common_opts common;
	struct filter_opts filter;
	const char *spec;
	struct string_list params;
	bool list;
};

/* One specification and the trace held against it. */
struct candidate {
	struct kg_spec *spec;
	struct kg_verify *verify;
};

/* Without --spec the vendor decides, and that is known only when the trace has been read. */
#define CANDIDATES_MAX 2
static const struct {
	const char *spec;
	enum kg_vendor vendor;
} builtins[CANDIDATES_MAX] = {
	{ "kvm-vmx", KG_VENDOR_VMX },
	{ "kvm-svm", KG_VENDOR_SVM },
};

struct verification {
	struct candidate candidates[CANDIDATES_MAX];
	size_t count;
	struct kg_tee tee;
};

static bool is_builtin(const char *name)
{
	const char *builtin;
	for (size_t i = 0; (builtin = kg_spec_builtin_name(i)) != NULL; i++) {
		if (strcmp(builtin, name) == 0)
			return true;
	}
	return false;
}

/* Sets "name=number". */
static int set_param(const struct command *command, struct kg_spec *spec, const char *text)
{
	const char *equals = strchr(text, '=');
	char *end = NULL;
	if (equals != NULL && equals > text && equals[1] >= '0' && equals[1] <= '9') {
		unsigned long long value = strtoull(equals + 1, &end, 10);
		char *name = strndup(text, (size_t)(equals - text));
		if (name == NULL)
			return fail_plain(command, KG_NOMEM);
		enum kg_status status =
			*end == '\0' ? kg_spec_set_param(spec, name, value) : KG_BAD_ARG;
		free(name);
		if (status == KG_OK)
			return EXIT_DONE;
	}
	report_error(command->name, "--param %s: %s has no such number (it takes NAME=NUMBER)",
		     text, kg_spec_name(spec));
	return EXIT_WRONG;
}

static int open_candidate(const struct command *command, const struct verify_opts *opts,
			  const char *name, const struct kg_trace *trace, struct candidate *out)
{
	struct kg_error err = { 0 };
	enum kg_status status = is_builtin(name) ? kg_spec_builtin(name, &out->spec, &err)
						 : kg_spec_read(name, &out->spec, &err);
	if (status != KG_OK)
		return report_failure(command->name, status, &err);
	for (size_t i = 0; i < opts->params.count; i++) {
		int code = set_param(command, out->spec, opts->params.at[i]);
		if (code != EXIT_DONE)
			return code;
	}
	status = kg_verify_new(out->spec, kg_trace_funcs(trace), kg_trace_tasks(trace),
			       &out->verify, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(command->name, status, &err);
}

static int open_verification(const struct command *command, const struct verify_opts *opts,
			     const struct kg_trace *trace, struct verification *out)
{
	int code = EXIT_DONE;
	if (opts->spec != NULL) {
		out->count = 1;
		return open_candidate(command, opts, opts->spec, trace, &out->candidates[0]);
	}
	for (size_t i = 0; i < CANDIDATES_MAX && code == EXIT_DONE; i++) {
		out->count = i + 1;
		code = open_candidate(command, opts, builtins[i].spec, trace, &out->candidates[i]);
	}
	return code;
}

static struct kg_call_sink sink_of(struct verification *verification)
{
	struct kg_call_sink first = kg_verify_sink(verification->candidates[0].verify);
	if (verification->count == 1)
		return first;
	verification->tee =
		(struct kg_tee){ .first = first,
				 .second = kg_verify_sink(verification->candidates[1].verify) };
	return kg_tee_sink(&verification->tee);
}

/* The candidate to believe; NULL if no specification suggests itself. */
static struct candidate *choose(struct verification *verification, enum kg_vendor vendor)
{
	if (verification->count == 1)
		return &verification->candidates[0];
	for (size_t i = 0; i < verification->count; i++) {
		if (builtins[i].vendor == vendor)
			return &verification->candidates[i];
	}
	return NULL;
}

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
	const struct kg_text_opts text = text_opts(&opts->common, out);
	status = wants_json(&opts->common)
			 ? kg_render_verify_json(out, info, candidate->spec, &report)
			 : kg_render_verify_text(out, info, candidate->spec, &report, &text);
	code = output_close(command, out, status);
	return code == EXIT_DONE ? exit_code_of(report.verdict) : code;
}

static int verify_file(const struct command *command, const struct verify_opts *opts,
		       const char *path, struct verification *verification)
{
	struct input input;
	int code = input_open(&input, command, &opts->common, path);
	if (code == EXIT_DONE)
		code = open_verification(command, opts, input.trace, verification);
	if (code == EXIT_DONE)
		code = input_run(&input, &opts->filter, sink_of(verification));
	if (code == EXIT_DONE) {
		const struct candidate *candidate = choose(verification, input.info.vendor);
		if (candidate == NULL) {
			report_error(
				command->name,
				"%s: has calls of neither kvm_intel nor kvm_amd, or of both, so "
				"no specification suggests itself (name one with --spec)",
				path);
			code = EXIT_INCONCLUSIVE;
		} else {
			code = write_verdict(command, opts, &input.info, candidate);
		}
	}
	if (code == EXIT_DONE)
		code = input_judge(&input);
	for (size_t i = 0; i < verification->count; i++)
		kg_verify_free(verification->candidates[i].verify);
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
	struct verification verification = { 0 };
	if (opts->list)
		return list_specs();
	if (count != 1) {
		report_error(command->name, "takes one FILE (- is standard input)");
		return EXIT_WRONG;
	}
	int code = verify_file(command, opts, arguments[0], &verification);
	for (size_t i = 0; i < verification.count; i++)
		kg_spec_free(verification.candidates[i].spec);
	return code;
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
		 "3 if the trace cannot tell because events were lost or it is cut off.",
	.examples = "  kvmgraph verify trace.txt\n"
		    "  kvmgraph verify --spec kvm-svm trace.txt\n"
		    "  kvmgraph verify --spec my.json --param cpus=4 trace.txt\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct verify_opts),
	.run = run_verify,
};

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
	struct kg_call_sink sink;
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

/* So many calls are held against all candidates. Then the vendor nearly always shows. */
#define UNDECIDED_CALLS 1024

/*
 * The candidates, as a sink: calls go to those from `first` up to `end`, which are all until a
 * vendor shows. If the rest of the trace speaks for another one, all of it is read again for that.
 */
struct verification {
	struct candidate candidates[CANDIDATES_MAX];
	size_t count;
	size_t first;
	size_t end;
	const struct kg_funcs *funcs;
	uint64_t undecided_calls; /* since the vendor was last looked for */
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
			  const char *name, struct candidate *out)
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
	return EXIT_DONE;
}

static int open_verification(const struct command *command, const struct verify_opts *opts,
			     struct verification *out)
{
	int code = EXIT_DONE;
	if (opts->spec != NULL) {
		out->count = 1;
		return open_candidate(command, opts, opts->spec, &out->candidates[0]);
	}
	for (size_t i = 0; i < CANDIDATES_MAX && code == EXIT_DONE; i++) {
		out->count = i + 1;
		code = open_candidate(command, opts, builtins[i].spec, &out->candidates[i]);
	}
	return code;
}

/* The number of the candidate that a vendor chooses; count if no specification suggests itself. */
static size_t choose(const struct verification *verification, enum kg_vendor vendor)
{
	size_t i = 0;
	if (verification->count == 1)
		return 0;
	while (i < verification->count && builtins[i].vendor != vendor)
		i++;
	return i;
}

/* ---- the candidates as a sink ---------------------------------------------------------------- */

static void keep_only(struct verification *verification, size_t chosen)
{
	verification->first = chosen;
	verification->end = chosen + 1;
}

/* Leaves out all but one candidate as soon as the functions seen speak for it. */
static void look_for_vendor(struct verification *verification)
{
	if (++verification->undecided_calls < UNDECIDED_CALLS)
		return;
	verification->undecided_calls = 0;
	size_t chosen = choose(verification, kg_vendor_of(verification->funcs));
	if (chosen < verification->count)
		keep_only(verification, chosen);
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	const struct verification *verification = self;
	enum kg_status status = KG_OK;
	for (size_t i = verification->first; i < verification->end && status == KG_OK; i++) {
		const struct kg_call_sink *sink = &verification->candidates[i].sink;
		status = sink->opened(sink->self, call);
	}
	return status;
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct verification *verification = self;
	enum kg_status status = KG_OK;
	for (size_t i = verification->first; i < verification->end && status == KG_OK; i++) {
		const struct kg_call_sink *sink = &verification->candidates[i].sink;
		status = sink->closed(sink->self, call);
	}
	if (verification->end - verification->first > 1)
		look_for_vendor(verification);
	return status;
}

static enum kg_status take_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	const struct verification *verification = self;
	enum kg_status status = KG_OK;
	for (size_t i = verification->first; i < verification->end && status == KG_OK; i++) {
		const struct kg_call_sink *sink = &verification->candidates[i].sink;
		status = sink->vanished(sink->self, id, parent_id);
	}
	return status;
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	const struct verification *verification = self;
	enum kg_status status = KG_OK;
	for (size_t i = verification->first; i < verification->end && status == KG_OK; i++) {
		const struct kg_call_sink *sink = &verification->candidates[i].sink;
		status = sink->gap(sink->self, gap);
	}
	return status;
}

static enum kg_status take_done(void *self)
{
	const struct verification *verification = self;
	enum kg_status status = KG_OK;
	for (size_t i = verification->first; i < verification->end && status == KG_OK; i++) {
		const struct kg_call_sink *sink = &verification->candidates[i].sink;
		status = sink->done(sink->self);
	}
	return status;
}

/* With one candidate its own sink, so that a named specification costs nothing more. */
static struct kg_call_sink sink_of(struct verification *verification)
{
	if (verification->end - verification->first == 1)
		return verification->candidates[verification->first].sink;
	return (struct kg_call_sink){
		.self = verification,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = take_vanished,
		.gap = take_gap,
		.done = take_done,
	};
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Makes the candidates that are to be fed ready for a trace from its start. */
static int start_candidates(const struct command *command, struct verification *verification,
			    const struct kg_trace *trace)
{
	verification->funcs = kg_trace_funcs(trace);
	verification->undecided_calls = 0;
	for (size_t i = verification->first; i < verification->end; i++) {
		struct candidate *candidate = &verification->candidates[i];
		struct kg_error err = { 0 };
		kg_verify_free(candidate->verify);
		candidate->verify = NULL;
		enum kg_status status =
			kg_verify_new(candidate->spec, kg_trace_funcs(trace), kg_trace_tasks(trace),
				      &candidate->verify, &err);
		if (status != KG_OK)
			return report_failure(command->name, status, &err);
		candidate->sink = kg_verify_sink(candidate->verify);
	}
	return EXIT_DONE;
}

/* Reads the input, again where it has to be; *chosen is then the candidate to believe, or count. */
static int run_candidates(const struct command *command, const struct verify_opts *opts,
			  struct input *input, struct verification *verification, size_t *chosen)
{
	verification->end = verification->count;
	for (;;) {
		int code = start_candidates(command, verification, input->trace);
		if (code == EXIT_DONE)
			code = input_run(input, &opts->filter, sink_of(verification));
		if (code == INPUT_AGAIN) {
			verification->first = 0;
			verification->end = verification->count;
			continue;
		}
		if (code != EXIT_DONE)
			return code;
		*chosen = choose(verification, input->info.vendor);
		if (*chosen == verification->count ||
		    (*chosen >= verification->first && *chosen < verification->end))
			return EXIT_DONE;
		keep_only(verification, *chosen);
		code = input_rewind(input);
		if (code != EXIT_DONE)
			return code;
	}
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
	size_t chosen = 0;
	int code = input_open(&input, command, &opts->common, path);
	if (code == EXIT_DONE)
		code = open_verification(command, opts, verification);
	if (code == EXIT_DONE)
		code = run_candidates(command, opts, &input, verification, &chosen);
	if (code == EXIT_DONE) {
		if (chosen == verification->count) {
			report_error(
				command->name,
				"%s: has calls of neither kvm_intel nor kvm_amd, or of both, so "
				"no specification suggests itself (name one with --spec)",
				path);
			code = EXIT_INCONCLUSIVE;
		} else {
			code = write_verdict(command, opts, &input.info,
					     &verification->candidates[chosen]);
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
	.runs_again = true,
	.opts_size = sizeof(struct verify_opts),
	.run = run_verify,
};

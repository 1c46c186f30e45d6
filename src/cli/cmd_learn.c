/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph learn: a first specification out of good traces. */
#include <kvmgraph/learn.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kvmgraph/verify.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct learn_opts {
	struct common_opts common;
	struct filter_opts filter;
	const char *subject;
	struct string_list roots;
	uint64_t levels;
};

/* A trace that is learned from, and then held against what was learned. */
struct lesson {
	const char *path;
	struct input input;
	struct kg_learn_lack lack;
	bool is_open;
};

struct lessons {
	const struct command *command;
	const struct learn_opts *opts;
	struct lesson *at;
	size_t count;
	struct kg_learn *learn;
};

/* ---- learning -------------------------------------------------------------------------------- */

/* Says what a trace could not teach. */
static void tell_lack(const struct lessons *lessons, const struct lesson *lesson)
{
	const struct kg_learn_lack *lack = &lesson->lack;
	const char *name = lessons->command->name;
	if (lack->is_exits_only)
		report_error(name,
			     "%s: was recorded with a threshold, so that short calls are missing: "
			     "it teaches neither path nor numbers",
			     lesson->path);
	else if (lack->gaps > 0)
		report_error(name,
			     "%s: events were lost in %" PRIu64 " places: it teaches neither path "
			     "nor numbers (record again with larger buffers)",
			     lesson->path, lack->gaps);
	else if (lack->contradictions > 0)
		report_error(name,
			     "%s: contradicts itself in %" PRIu64
			     " places: it teaches neither path "
			     "nor numbers (kvmgraph info lists them)",
			     lesson->path, lack->contradictions);
	else if (lack->torn_calls > 0)
		report_error(name,
			     "%s: %" PRIu64 " calls without start or end: nothing is said of their "
			     "functions",
			     lesson->path, lack->torn_calls);
	if (lack->unseen_steps > 0)
		report_error(name,
			     "%s: %" PRIu64 " top-level calls were too many different ones to be "
			     "looked into",
			     lesson->path, lack->unseen_steps);
}

static int learn_one(struct lessons *lessons, struct lesson *lesson)
{
	const struct learn_opts *opts = lessons->opts;
	struct input *input = &lesson->input;
	int code = input_open(input, lessons->command, &opts->common, lesson->path);
	lesson->is_open = true;
	if (code != EXIT_DONE)
		return code;
	do {
		enum kg_status status = kg_learn_start(lessons->learn, kg_trace_funcs(input->trace),
						       kg_trace_tasks(input->trace));
		if (status != KG_OK)
			return fail_plain(lessons->command, status);
		code = input_run(input, &opts->filter, kg_learn_sink(lessons->learn));
	} while (code == INPUT_AGAIN);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_learn_finish(lessons->learn, &input->info, &lesson->lack);
	if (status != KG_OK)
		return fail_plain(lessons->command, status);
	tell_lack(lessons, lesson);
	return input_judge(input);
}

/* ---- checking -------------------------------------------------------------------------------- */

static bool is_structure(const struct kg_check *check)
{
	return strncmp(check->id, "structure:", strlen("structure:")) == 0;
}

/*
 * Whether a check speaks against the draft: it fails; or it is in doubt, where that is not because
 * the trace is damaged.
 */
static bool is_against(const struct lesson *lesson, const struct kg_check *check)
{
	if (!lesson->lack.is_whole)
		return !is_structure(check) && check->verdict == KG_VERDICT_FAIL;
	return check->verdict == KG_VERDICT_FAIL || check->verdict == KG_VERDICT_INCONCLUSIVE;
}

/* Drops one check that a trace speaks against, and says so. */
static int drop_check(const struct lessons *lessons, const struct lesson *lesson,
		      const struct kg_check *check)
{
	const bool is_phase = strncmp(check->id, "phase:", strlen("phase:")) == 0;
	const char *found = check->found != NULL ? check->found : check->why;
	if (!is_structure(check) && kg_learn_drop(lessons->learn, check->id)) {
		report_error(lessons->command->name, "%s: %s is dropped%s: %s", lesson->path,
			     check->id, is_phase ? " in part" : "",
			     found != NULL ? found : kg_verdict_name(check->verdict));
		return EXIT_DONE;
	}
	report_error(lessons->command->name,
		     "%s: %s: %s, so that nothing learned from it can be verified", lesson->path,
		     check->id, kg_verdict_name(check->verdict));
	return EXIT_INCONCLUSIVE;
}

/* What is wrong with the trace itself comes first: there is no use in dropping anything then. */
static int drop_checks(const struct lessons *lessons, const struct lesson *lesson,
		       const struct kg_verify_report *report, bool *has_dropped)
{
	int code = EXIT_DONE;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < report->check_count && code == EXIT_DONE; i++) {
			const struct kg_check *check = &report->checks[i];
			if (is_structure(check) != (pass == 0) || !is_against(lesson, check))
				continue;
			code = drop_check(lessons, lesson, check);
			*has_dropped = true;
		}
	}
	return code;
}

/* Holds one trace against the draft. */
static int check_one(const struct lessons *lessons, struct lesson *lesson,
		     const struct kg_spec *spec, bool *has_dropped)
{
	struct input *input = &lesson->input;
	struct kg_verify *verify = NULL;
	struct kg_verify_report report;
	struct kg_error err = { 0 };
	int code = input_rewind(input);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_verify_new(spec, kg_trace_funcs(input->trace),
					      kg_trace_tasks(input->trace), &verify, &err);
	if (status != KG_OK)
		return report_failure(lessons->command->name, status, &err);
	code = input_run(input, &lessons->opts->filter, kg_verify_sink(verify));
	if (code == EXIT_DONE) {
		status = kg_verify_report(verify, &input->info, &report);
		code = status == KG_OK ? drop_checks(lessons, lesson, &report, has_dropped)
				       : fail_plain(lessons->command, status);
	}
	kg_verify_free(verify);
	return code;
}

static int check_all(const struct lessons *lessons, const char *json, size_t len, bool *has_dropped)
{
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	int code = EXIT_DONE;
	enum kg_status status = kg_spec_parse(json, len, "what was learned", &spec, &err);
	if (status != KG_OK) {
		report_failure(lessons->command->name, status, &err);
		return EXIT_INTERNAL;
	}
	for (size_t i = 0; i < lessons->count && code == EXIT_DONE && !*has_dropped; i++)
		code = check_one(lessons, &lessons->at[i], spec, has_dropped);
	kg_spec_free(spec);
	return code;
}

static bool is_empty(const struct kg_learned *draft)
{
	return draft->phase_count == 0 && draft->rule_count == 0;
}

static int nothing_learned(const struct lessons *lessons)
{
	report_error(lessons->command->name,
		     "%s: nothing can be learned (it takes a trace without losses, whose subject "
		     "is seen whole)",
		     lessons->count == 1 ? lessons->at[0].path : "these traces");
	return EXIT_INCONCLUSIVE;
}

/* Writes the draft into memory again and again until all traces pass. */
static int settle(const struct lessons *lessons, const struct kg_learned *draft,
		  struct kg_out **out)
{
	bool has_dropped = true;
	int code = EXIT_DONE;
	while (has_dropped && code == EXIT_DONE) {
		size_t len;
		if (is_empty(draft))
			return nothing_learned(lessons);
		if (*out != NULL)
			code = output_close(lessons->command, *out, KG_OK);
		*out = NULL;
		enum kg_status status = kg_out_open_memory(out);
		if (status == KG_OK)
			status = kg_render_learned(*out, draft);
		if (status != KG_OK)
			return fail_plain(lessons->command, status);
		has_dropped = false;
		const char *json = kg_out_bytes(*out, &len);
		if (code == EXIT_DONE)
			code = check_all(lessons, json, len, &has_dropped);
	}
	return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int write_spec(const struct lessons *lessons, const struct kg_out *spec)
{
	struct kg_out *out;
	size_t len;
	const char *json = kg_out_bytes(spec, &len);
	int code = output_open(lessons->command, &lessons->opts->common, &out);
	if (code != EXIT_DONE)
		return code;
	kg_out_write(out, json, len);
	return output_close(lessons->command, out, KG_OK);
}

static int learn_all(struct lessons *lessons)
{
	const struct kg_learned *draft;
	struct kg_out *spec = NULL;
	int code = EXIT_DONE;
	for (size_t i = 0; i < lessons->count && code == EXIT_DONE; i++)
		code = learn_one(lessons, &lessons->at[i]);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_learn_draft(lessons->learn, &draft);
	if (status != KG_OK)
		return fail_plain(lessons->command, status);
	code = settle(lessons, draft, &spec);
	if (code == EXIT_DONE)
		code = write_spec(lessons, spec);
	if (code == EXIT_DONE && lessons->opts->common.verbose)
		report_error(lessons->command->name, "%zu phases, %zu rules, %zu definitions",
			     draft->phase_count, draft->rule_count, draft->define_count);
	if (spec != NULL) {
		int closed = output_close(lessons->command, spec, KG_OK);
		code = code == EXIT_DONE ? closed : code;
	}
	return code;
}

static int run_learn(const struct command *command, const void *all, size_t count, char **arguments)
{
	const struct learn_opts *opts = all;
	const struct kg_learn_opts learning = {
		.subject = opts->subject,
		.roots = opts->roots.at,
		.root_count = opts->roots.count,
		.depth = opts->levels > UINT32_MAX ? UINT32_MAX : (uint32_t)opts->levels,
	};
	struct lessons lessons = { .command = command, .opts = opts, .count = count };
	if (count == 0) {
		report_error(command->name, "takes a FILE, or several (- is standard input)");
		return EXIT_WRONG;
	}
	lessons.at = calloc(count, sizeof(*lessons.at));
	enum kg_status status =
		lessons.at == NULL ? KG_NOMEM : kg_learn_new(&learning, &lessons.learn);
	for (size_t i = 0; i < count && status == KG_OK; i++)
		lessons.at[i].path = arguments[i];
	int code = status == KG_OK ? learn_all(&lessons) : fail_plain(command, status);
	for (size_t i = 0; i < count && lessons.at != NULL; i++) {
		if (lessons.at[i].is_open)
			input_close(&lessons.at[i].input);
	}
	kg_learn_free(lessons.learn);
	free(lessons.at);
	return code;
}

static const struct option_row rows[] = {
	{ .name = "subject",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct learn_opts, subject),
	  .value = "GLOB",
	  .help = "follow the task of this name (by default the one with most kinds of roots)" },
	{ .name = "root",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct learn_opts, roots),
	  .value = "GLOB",
	  .help = "its steps are the outermost calls of these functions (by default all roots)" },
	{ .name = "levels",
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct learn_opts, levels),
	  .value = "N",
	  .help = "say what is below a step so many levels deep (by default 4)" },
};

static const struct option_group groups[] = {
	{ "What to learn", rows, 3, 0 },
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct learn_opts, common) },
	{ "Which calls", filter_rows, FILTER_ROW_COUNT, offsetof(struct learn_opts, filter) },
};

const struct command command_learn = {
	.name = "learn",
	.summary = "write a first specification out of good traces",
	.arguments = "FILE...",
	.about =
		"Reads traces that are known to be good, of whatever part of the kernel, and "
		"writes "
		"what\n"
		"they have in common as a specification for verify: the steps of one task as "
		"phases,\n"
		"in order; what each calls, as far as all of them call it; pairs that take turns, "
		"numbers\n"
		"that are equal, and how long steps may take. It is a start, to be read and "
		"changed "
		"by hand.\n"
		"\n"
		"Each item says on how much it rests. The more traces there are, and the more "
		"these "
		"differ\n"
		"in what does not matter, the less is taken for a rule by accident. The task to "
		"follow is\n"
		"that one, idle tasks apart, which has most of the root functions that every trace "
		"has.\n"
		"What is an interrupt's doing is left out, and in doubt other things are, too.\n"
		"\n"
		"Before anything is written all FILEs are held against it. What does not pass is "
		"dropped,\n"
		"which standard error tells. A trace that lost events, or contradicts itself, "
		"teaches\n"
		"neither path nor numbers; exit 3 says that nothing was left to learn from.",
	.examples = "  kvmgraph learn -o my-path.json good-1.txt good-2.txt good-3.txt\n"
		    "  kvmgraph verify --spec my-path.json other.txt\n"
		    "  kvmgraph learn --root 'vfs_*' --subject cat --levels 2 trace.dat\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct learn_opts),
	.run = run_learn,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph diff: what changed between two traces, or two sets of traces. */
#include <kvmgraph/baseline.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "cli/trace_set.h"
#include "base/banned.h"

struct diff_opts {
	struct common_opts common;
	struct filter_opts filter;
	struct string_list threshold;
};

/* One side, and whose options it is read with. */
struct reading {
	const struct command *command;
	const struct diff_opts *opts;
	struct kg_diff *diff;
	enum kg_diff_side side;
	bool is_imperfect; /* under --strict */
};

/* ---- options --------------------------------------------------------------------------------- */

/* "5%", "2.5%" as millionths; false if it is none. */
static bool read_percent(const char *text, size_t len, uint32_t *ppm)
{
	uint64_t value = 0;
	uint64_t scale = 10000;
	bool is_fraction = false;
	if (len < 2 || text[len - 1] != '%')
		return false;
	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] == '.' && !is_fraction && i > 0) {
			is_fraction = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9' || value > 100000000)
			return false;
		if (is_fraction && scale == 1)
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (is_fraction)
			scale /= 10;
	}
	value *= scale;
	if (value > UINT32_MAX)
		return false;
	*ppm = (uint32_t)value;
	return true;
}

static bool read_part(const char *text, size_t len, struct kg_diff_opts *out)
{
	char part[32];
	if (len == 0 || len >= sizeof(part))
		return false;
	if (read_percent(text, len, &out->threshold_ppm))
		return true;
	memcpy(part, text, len);
	part[len] = '\0';
	return option_time(part, &out->threshold_ns);
}

/* "5%", "10us", "5%,10us" */
static bool read_threshold(const char *text, struct kg_diff_opts *out)
{
	for (;;) {
		const size_t len = strcspn(text, ",");
		if (!read_part(text, len, out))
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

static int translate(const struct command *command, const struct diff_opts *opts,
		     struct kg_diff_opts *out)
{
	*out = (struct kg_diff_opts){ .tmp_folder = tmp_folder() };
	for (size_t i = 0; i < opts->threshold.count; i++) {
		out->has_threshold = true;
		if (read_threshold(opts->threshold.at[i], out))
			continue;
		report_error(command->name,
			     "--threshold %s is not understood (it takes 5%%, 10us or 5%%,10us)",
			     opts->threshold.at[i]);
		return EXIT_WRONG;
	}
	return EXIT_DONE;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum kg_status take_surroundings(void *self, const char *json, size_t len,
					struct kg_error *err)
{
	const struct reading *reading = self;
	return kg_diff_add_environment(reading->diff, reading->side, json, len, err);
}

static int run_trace(struct reading *reading, struct input *input)
{
	int code;
	do {
		struct kg_call_sink sink;
		enum kg_status status = kg_diff_start_run(reading->diff, reading->side,
							  kg_trace_funcs(input->trace), &sink);
		if (status != KG_OK)
			return fail_plain(reading->command, status);
		code = input_run(input, &reading->opts->filter, sink);
	} while (code == INPUT_AGAIN);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_diff_end_run(reading->diff, &input->info);
	return status == KG_OK ? EXIT_DONE : fail_plain(reading->command, status);
}

static int read_trace(struct reading *reading, const char *path)
{
	struct input input;
	int code = input_open(&input, reading->command, &reading->opts->common, path);
	if (code == EXIT_DONE)
		code = run_trace(reading, &input);
	if (code == EXIT_DONE && input_judge(&input) != EXIT_DONE)
		reading->is_imperfect = true;
	input_close(&input);
	if (code == EXIT_DONE)
		code = trace_set_surroundings(reading->command, path, take_surroundings, reading);
	return code;
}

static int read_baseline(struct reading *reading, const char *path)
{
	struct kg_error err = { 0 };
	struct kg_baseline *baseline;
	if (filter_is_set(&reading->opts->filter)) {
		report_error(reading->command->name,
			     "%s: is a baseline, from which no calls can be chosen (compare the "
			     "traces)",
			     path);
		return EXIT_WRONG;
	}
	enum kg_status status = kg_baseline_read(path, &baseline, &err);
	if (status != KG_OK)
		return report_failure(reading->command->name, status, &err);
	status = kg_diff_add_baseline(reading->diff, reading->side, baseline, path);
	kg_baseline_free(baseline);
	return status == KG_OK ? EXIT_DONE : fail_plain(reading->command, status);
}

static int read_side(struct reading *reading, const char *argument)
{
	struct trace_set set;
	if (kg_baseline_is_file(argument))
		return read_baseline(reading, argument);
	int code = trace_set_open(reading->command, argument, &set);
	for (size_t i = 0; i < set.count && code == EXIT_DONE; i++)
		code = read_trace(reading, set.paths[i]);
	trace_set_close(&set);
	return code;
}

/* ---- the report ------------------------------------------------------------------------------ */

static enum kg_status render_text(struct kg_out *out, const struct diff_opts *opts,
				  const struct kg_diff *diff, const struct kg_diff_report *report)
{
	const struct kg_text_opts text = text_opts(&opts->common, out);
	return kg_render_diff_text(out, diff, report, &text);
}

static enum kg_status render(struct kg_out *out, const struct diff_opts *opts,
			     const struct kg_diff *diff, const struct kg_diff_report *report)
{
	static const struct {
		const char *name;
		enum kg_status (*render)(struct kg_out *out, const struct kg_diff *diff,
					 const struct kg_diff_report *report);
	} formats[] = {
		{ "json", kg_render_diff_json },     { "markdown", kg_render_diff_markdown },
		{ "folded", kg_render_diff_folded }, { "ktap", kg_render_diff_ktap },
		{ "junit", kg_render_diff_junit },
	};
	const char *wanted = wants_json(&opts->common) ? "json" : opts->common.format;
	for (size_t i = 0; wanted != NULL && i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, wanted) == 0)
			return formats[i].render(out, diff, report);
	}
	return render_text(out, opts, diff, report);
}

static int exit_code_of(enum kg_diff_verdict verdict)
{
	if (verdict == KG_DIFF_SAME)
		return EXIT_DONE;
	return verdict == KG_DIFF_CHANGED ? EXIT_NO : EXIT_INCONCLUSIVE;
}

static int write_report(const struct reading *reading)
{
	const struct kg_diff_report *report;
	struct kg_out *out;
	enum kg_status status = kg_diff_report(reading->diff, &report);
	if (status != KG_OK)
		return fail_plain(reading->command, status);
	int code = output_open(reading->command, &reading->opts->common, &out);
	if (code != EXIT_DONE)
		return code;
	status = render(out, reading->opts, reading->diff, report);
	code = output_close(reading->command, out, status);
	if (code != EXIT_DONE)
		return code;
	code = exit_code_of(report->verdict);
	return code == EXIT_DONE && reading->is_imperfect ? EXIT_NO : code;
}

static int run_diff(const struct command *command, const void *all, size_t count, char **arguments)
{
	const struct diff_opts *opts = all;
	struct reading reading = { .command = command, .opts = opts };
	struct kg_diff_opts diff_opts;
	if (count != KG_SIDE_COUNT) {
		report_error(command->name,
			     "takes OLD and NEW: traces, folders of traces, or baselines");
		return EXIT_WRONG;
	}
	int code = translate(command, opts, &diff_opts);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_diff_new(&diff_opts, &reading.diff);
	if (status != KG_OK)
		return fail_plain(command, status);
	for (int side = 0; side < KG_SIDE_COUNT && code == EXIT_DONE; side++) {
		reading.side = (enum kg_diff_side)side;
		code = read_side(&reading, arguments[side]);
	}
	if (code == EXIT_DONE)
		code = write_report(&reading);
	kg_diff_free(reading.diff);
	return code;
}

static const struct option_row rows[] = {
	{ .name = "format",
	  .kind = OPTION_CHOICE,
	  .offset = offsetof(struct diff_opts, common.format),
	  .value = "NAME",
	  .choices = "text|json|markdown|ktap|junit|folded",
	  .help = "text, json, markdown (a pull request), ktap, junit or folded (two columns)" },
	{ .name = "threshold",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct diff_opts, threshold),
	  .value = "LEAST",
	  .help = "only changes of more than 5%, 10us, or both as in 5%,10us (5%,500)" },
};

static const struct option_group groups[] = {
	/* its formats in place of the common ones */
	{ "Comparison", rows, sizeof(rows) / sizeof(rows[0]), 0 },
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct diff_opts, common) },
	{ "Which calls", filter_rows, FILTER_ROW_COUNT, offsetof(struct diff_opts, filter) },
};

const struct command command_diff = {
	.name = "diff",
	.summary = "what changed between two traces, and which call is to blame",
	.arguments = "OLD NEW",
	.about =
		"OLD and NEW are traces, folders with the traces of repeated runs (a folder of the "
		"lab is\n"
		"one), or baselines. Calls are compared by the path that leads to them, in each "
		"phase of a "
		"VM's "
		"life\n"
		"and in runs that end the same way: what came, went, moved, has another name, was\n"
		"inlined, is called more or less often, and what takes longer or less long, with "
		"the\n"
		"calls whose own time explains it. What lies beside a trace (NAME.env.json, "
		"env.json,\n"
		"lab.json) is compared first.\n\n"
		"With enough runs a side a change in time is claimed by rank tests, adjusted for "
		"their\n"
		"number, and if it is larger than the threshold. With one run a side nothing is "
		"claimed\n"
		"of times, but where the clock counts instructions, as in the lab, or where nearly "
		"all\n"
		"durations are the same; with --threshold the phases are held against that "
		"alone.\n\n"
		"Exit code 0: the same; 1: changed; 3: events were lost, or functions not "
		"traceable,\n"
		"where it matters. So it fits git bisect run.",
	.examples = "  kvmgraph diff old.txt new.txt\n"
		    "  kvmgraph diff --format markdown runs-6.1/ runs-6.12/\n"
		    "  kvmgraph diff --threshold 2%,10us old/ new/\n"
		    "  kvmgraph diff --format folded old.txt new.txt > two-columns.folded\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.runs_again = true,
	.opts_size = sizeof(struct diff_opts),
	.run = run_diff,
};

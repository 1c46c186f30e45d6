/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph replay: recovers what a VMM did from a trace, does it again, and compares. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/replay_like.h"
#include "cli/replay_run.h"
#include "cli/report.h"
#include "cli/trace_set.h"
#include "base/banned.h"

struct replay_opts {
	struct common_opts common;
	const char *on;
	const char *scenario_out;
	const char *keep;
};

/* Longer names of traces are cut for the scenario's. */
#define NAME_LEN 64

/* One trace, and what was recovered from it. */
struct side {
	struct input input;
	struct kg_recover *recover;
	const struct kg_scenario *scenario;
};

struct replaying {
	const struct command *command;
	const struct replay_opts *opts;
	bool is_again; /* it is done again, or was: not only a scenario to be written */
	struct side old_side;
	struct side new_side;
	struct kg_diff *diff;	  /* NULL: nothing is done again */
	struct kg_beside *beside; /* what the replay left beside its trace */
	struct like like;
	struct kg_scenario_words words;
	char name[NAME_LEN];
	char summary[256];
	char alike[256]; /* which scenarios look the same */
	struct recording recording;
};

/* ---- reading --------------------------------------------------------------------------------- */

struct surrounding {
	struct kg_diff *diff;
	enum kg_diff_side side;
};

static enum kg_status take_surroundings(void *self, const char *json, size_t len,
					struct kg_error *err)
{
	const struct surrounding *surrounding = self;
	return kg_diff_add_environment(surrounding->diff, surrounding->side, json, len, err);
}

static int run_side(struct replaying *replaying, struct side *side, enum kg_diff_side which)
{
	struct kg_tee tee;
	enum kg_status status =
		kg_recover_new(kg_trace_funcs(side->input.trace), tmp_folder(), &side->recover);
	if (status != KG_OK)
		return fail_plain(replaying->command, status);
	struct kg_call_sink sink = kg_recover_sink(side->recover);
	if (replaying->diff != NULL) {
		tee.first = sink;
		status = kg_diff_start_run(replaying->diff, which,
					   kg_trace_funcs(side->input.trace), &tee.second);
		if (status != KG_OK)
			return fail_plain(replaying->command, status);
		sink = kg_tee_sink(&tee);
	}
	int code = input_run(&side->input, NULL, sink);
	if (code != EXIT_DONE)
		return code;
	if (replaying->diff != NULL)
		status = kg_diff_end_run(replaying->diff, &side->input.info);
	if (status == KG_OK)
		status = kg_recover_report(side->recover, &side->input.info, &side->scenario);
	return status == KG_OK ? EXIT_DONE : fail_plain(replaying->command, status);
}

static int read_side(struct replaying *replaying, struct side *side, enum kg_diff_side which,
		     const char *path)
{
	struct surrounding surrounding = { .diff = replaying->diff, .side = which };
	int code = input_open(&side->input, replaying->command, &replaying->opts->common, path);
	if (code == EXIT_DONE)
		code = run_side(replaying, side, which);
	if (code == EXIT_DONE && replaying->diff != NULL)
		code = trace_set_surroundings(replaying->command, path, take_surroundings,
					      &surrounding);
	return code;
}

static void close_side(struct side *side)
{
	kg_recover_free(side->recover);
	input_close(&side->input);
}

/* ---- the scenario ---------------------------------------------------------------------------- */

static bool is_plain(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
	       (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

static void cut_ending(char *name, const char *ending)
{
	const size_t len = strlen(name);
	const size_t ending_len = strlen(ending);
	if (len > ending_len && strcmp(name + len - ending_len, ending) == 0)
		name[len - ending_len] = '\0';
}

/*
 * "dir/svm-6.1.txt.xz" gives "svm-6.1", whatever strangers put into names, and "hello.txt" gives
 * "hello-replay", since hello is another one.
 */
static void name_scenario(char *name, size_t size, const char *path)
{
	static const char ending[] = "-replay";
	static const char *const endings[] = { ".xz", ".gz", ".zst", ".txt", ".dat" };
	const char *slash = strrchr(path, '/');
	snprintf(name, size, "%s", slash != NULL ? slash + 1 : path);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		cut_ending(name, endings[i]);
	for (char *at = name; *at != '\0'; at++)
		*at = is_plain(*at) ? *at : '-';
	if (name[0] == '\0' || name[0] == '.' || strcmp(name, "-") == 0)
		snprintf(name, size, "replay");
	const size_t len = strlen(name);
	if (like_is_taken(name) && len + sizeof(ending) <= size)
		memcpy(name + len, ending, sizeof(ending));
}

static void summarize(struct replaying *replaying)
{
	const struct kg_scenario *scenario = replaying->old_side.scenario;
	snprintf(replaying->summary, sizeof(replaying->summary),
		 "replayed from %s: %" PRIu64 " VM%s, %u vCPU%s, %" PRIu64 " run%s%s",
		 replaying->name, scenario->vms, scenario->vms == 1 ? "" : "s",
		 scenario->vcpu_count, scenario->vcpu_count == 1 ? "" : "s", scenario->run_count,
		 scenario->run_count == 1 ? "" : "s", scenario->vms == 1 ? "" : " each");
}

static void find_like(struct replaying *replaying)
{
	struct like *like = &replaying->like;
	like_find(replaying->old_side.scenario, like);
	replaying->words = (struct kg_scenario_words){ .name = replaying->name,
						       .summary = replaying->summary,
						       .like = like->scenario,
						       .params = like->params,
						       .param_count = like->param_count };
	size_t len = 0;
	for (size_t i = 0; i < like->other_count; i++) {
		const int more = snprintf(replaying->alike + len, sizeof(replaying->alike) - len,
					  "%s%s", i > 0 ? ", " : "", like->others[i]);
		if (more < 0 || (size_t)more >= sizeof(replaying->alike) - len)
			break;
		len += (size_t)more;
	}
	replaying->words.others = like->other_count > 0 ? replaying->alike : NULL;
}

static int write_scenario(struct replaying *replaying, const char *path)
{
	struct kg_error err = { 0 };
	struct kg_out *out;
	enum kg_status status = kg_out_open(path, &out, &err);
	if (status != KG_OK)
		return report_failure(replaying->command->name, status, &err);
	enum kg_status rendered =
		kg_render_scenario_json(out, replaying->old_side.scenario, &replaying->words);
	status = kg_out_close(out, rendered == KG_OK, &err);
	if (rendered != KG_OK)
		return report_failure(replaying->command->name, rendered, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(replaying->command->name, status, &err);
}

/* ---- doing it again -------------------------------------------------------------------------- */

static int find_beside(struct replaying *replaying, const char *path)
{
	struct kg_error err = { 0 };
	enum kg_status status = kg_beside_find(path, &replaying->beside, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(replaying->command->name, status, &err);
}

/* Reads the trace that the replay left. */
static int read_new_side(struct replaying *replaying)
{
	struct trace_set set;
	const char *path = replaying->recording.trace;
	if (path == NULL)
		path = replaying->recording.folder;
	int code = trace_set_open(replaying->command, path, &set);
	if (code == EXIT_DONE)
		code = read_side(replaying, &replaying->new_side, KG_SIDE_NEW, set.paths[0]);
	if (code == EXIT_DONE)
		code = find_beside(replaying, set.paths[0]);
	trace_set_close(&set);
	return code;
}

/* Runs what was recovered. */
static int do_again(struct replaying *replaying)
{
	struct recording *recording = &replaying->recording;
	if (recording->trace != NULL)
		return EXIT_DONE;
	char *document = recording_path(recording, replaying->name, ".json");
	if (document == NULL)
		return fail_plain(replaying->command, KG_NOMEM);
	int code = write_scenario(replaying, document);
	/* the guest of a built-in scenario does what no made one can */
	const struct kg_scenario_words *words = &replaying->words;
	const bool is_built_in = words->like != NULL && words->param_count == 0;
	if (code == EXIT_DONE)
		code = recording_make(recording, is_built_in ? words->like : document);
	free(document);
	return code;
}

/* ---- the report ------------------------------------------------------------------------------ */

static int write_report(struct replaying *replaying, const struct kg_replay *replay)
{
	struct kg_out *out;
	int code = output_open(replaying->command, &replaying->opts->common, &out);
	if (code != EXIT_DONE)
		return code;
	const struct kg_text_opts text = text_opts(&replaying->opts->common, out);
	enum kg_status status = wants_json(&replaying->opts->common)
					? kg_render_replay_json(out, replay)
					: kg_render_replay_text(out, replay, &text);
	return output_close(replaying->command, out, status);
}

/* replay: NULL if only the scenario was to be written. */
static int judge(const struct replaying *replaying, const struct kg_replay *replay)
{
	static const int codes[] = { EXIT_DONE, EXIT_NO, EXIT_INCONCLUSIVE };
	const struct kg_scenario *scenario = replaying->old_side.scenario;
	const bool is_good = scenario->recovery == KG_RECOVERED || replaying->words.like != NULL;
	if (!is_good)
		report_error(replaying->command->name, "%s: %s",
			     replaying->old_side.input.info.file, scenario->why);
	if (replay != NULL && replay->on != NULL && codes[kg_replay_verdict(replay)] != EXIT_DONE)
		return codes[kg_replay_verdict(replay)];
	return is_good ? input_judge(&replaying->old_side.input) : EXIT_INCONCLUSIVE;
}

static int report(struct replaying *replaying)
{
	struct kg_replay replay = {
		.file = replaying->old_side.input.info.file,
		.kernel = replaying->old_side.input.info.kernel,
		.scenario = replaying->old_side.scenario,
		.words = &replaying->words,
	};
	if (replaying->new_side.scenario != NULL) {
		replay.on = replaying->opts->on != NULL ? replaying->opts->on : "host";
		replay.new_kernel = replaying->new_side.input.info.kernel;
		replay.again = replaying->new_side.scenario;
		kg_scenario_compare(replay.scenario, replay.again, replay.compared);
		if (replaying->beside != NULL && replaying->beside->run != NULL)
			replay.failure = replaying->beside->run->failure;
		replay.diff = replaying->diff;
		enum kg_status status = kg_diff_report(replaying->diff, &replay.diff_report);
		if (status != KG_OK)
			return fail_plain(replaying->command, status);
	}
	int code = write_report(replaying, &replay);
	return code == EXIT_DONE ? judge(replaying, &replay) : code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int replay_trace(struct replaying *replaying, const char *path)
{
	const struct replay_opts *opts = replaying->opts;
	int code = read_side(replaying, &replaying->old_side, KG_SIDE_OLD, path);
	if (code != EXIT_DONE)
		return code;
	const struct kg_scenario *scenario = replaying->old_side.scenario;
	name_scenario(replaying->name, sizeof(replaying->name), path);
	summarize(replaying);
	find_like(replaying);
	if (scenario->recovery == KG_NOT_RECOVERED)
		return report(replaying);
	if (opts->scenario_out != NULL)
		code = write_scenario(replaying, opts->scenario_out);
	if (code == EXIT_DONE && replaying->is_again) {
		code = do_again(replaying);
		if (code == EXIT_DONE)
			code = read_new_side(replaying);
		if (code != EXIT_DONE) {
			/* what was recovered is worth something without the replay */
			(void)report(replaying);
			return code;
		}
	}
	if (code != EXIT_DONE)
		return code;
	return replaying->is_again ? report(replaying) : judge(replaying, NULL);
}

static int run_replay(const struct command *command, const void *all, size_t count,
		      char **arguments)
{
	const struct replay_opts *opts = all;
	struct replaying replaying = { .command = command,
				       .opts = opts,
				       .is_again = opts->on != NULL || opts->scenario_out == NULL };
	if (count != 1) {
		report_error(command->name, "takes one FILE");
		return EXIT_WRONG;
	}
	int code = recording_open(&replaying.recording, command, opts->on, opts->keep,
				  replaying.is_again);
	if (code == EXIT_DONE && replaying.is_again) {
		const struct kg_diff_opts diff_opts = { .tmp_folder = tmp_folder() };
		enum kg_status status = kg_diff_new(&diff_opts, &replaying.diff);
		if (status != KG_OK)
			code = fail_plain(command, status);
	}
	if (code == EXIT_DONE)
		code = replay_trace(&replaying, arguments[0]);
	kg_diff_free(replaying.diff);
	kg_beside_free(replaying.beside);
	close_side(&replaying.new_side);
	close_side(&replaying.old_side);
	recording_close(&replaying.recording);
	return code;
}

static const struct option_row rows[] = {
	{ .name = "on",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct replay_opts, on),
	  .value = "WHERE",
	  .help = "where to do it again: host (the default), lab:KERNEL:VENDOR (lab:6.12:svm); or "
		  "trace:FILE, the trace of one that was done elsewhere" },
	{ .name = "scenario-out",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct replay_opts, scenario_out),
	  .value = "FILE",
	  .help = "write the scenario, for vmm and record; without --on do nothing more" },
	{ .name = "keep",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct replay_opts, keep),
	  .value = "DIR",
	  .help = "keep what was recorded there, in a new folder" },
};

static const struct option_group groups[] = {
	{ "Replay", rows, sizeof(rows) / sizeof(rows[0]), 0 },
	{ "Options", common_rows, COMMON_ROW_COUNT, offsetof(struct replay_opts, common) },
};

const struct command command_replay = {
	.name = "replay",
	.summary = "do again what the VMM of a trace did, and compare the paths",
	.arguments = "FILE",
	.about =
		"Recovers from FILE what the VMM did: VMs, vCPUs, memslots, registers, runs with "
		"the exits\n"
		"of their guests, teardown. Makes a scenario of it, runs that under the tracer, on "
		"this host\n"
		"or on a kernel in the lab, and compares the two traces: the same steps in the "
		"same order,\n"
		"the same runs, the same exits, the same teardown, or where they depart first; "
		"then how the\n"
		"calls inside differ, as diff tells it, which decides nothing.\n\n"
		"What a trace does not tell, such as sizes and the guest's code, is chosen so that "
		"the exits\n"
		"are the same, and said. A trace that lost events, or that does not have the whole "
		"life of a\n"
		"VM, is no scenario; exits that the reference VMM's guest cannot have are told.\n\n"
		"Exit code 0: the same steps, runs and exits; 1: they depart; 3: the trace or its "
		"replay\n"
		"cannot tell; 4: no /dev/kvm, tracer or emulator.",
	.examples = "  kvmgraph replay customer.txt\n"
		    "  kvmgraph replay --on lab:6.12:svm customer.dat\n"
		    "  kvmgraph replay --scenario-out steps.json customer.txt\n"
		    "  kvmgraph replay --on trace:theirs.dat customer.txt\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct replay_opts),
	.run = run_replay,
};

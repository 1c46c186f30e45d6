/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory runs out everywhere: each way through the library is gone again and again, and each time
 * one allocation later fails, until none does.
 *
 * Every failure has to be told as KG_NOMEM; that nothing is left behind is for a leak checker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kvmgraph/learn.h>
#include <kvmgraph/render.h>
#include <kvmgraph/trace.h>
#include <kvmgraph/tree.h>

#include "base/memory.h"
#include "render/out.h"

/* From here on not each allocation fails but each of so many: long ways would take too long. */
#define EACH_ONE 1500
#define STEP 17

static char output_path[] = "/tmp/chaos-XXXXXX";

static void give_up(const char *way, uint64_t passes, const char *what)
{
	memory_fail_after(UINT64_MAX);
	fprintf(stderr, "chaos: %s: after %ju allocations: %s\n", way, (uintmax_t)passes, what);
	unlink(output_path);
	exit(EXIT_FAILURE);
}

/* ---- one way through the library ---- */

struct way {
	const char *name;
	bool has_functions;
	bool has_life;
	bool has_verify;
	bool has_learn;
	bool has_recover;
	bool has_baseline;
	bool has_filter;
	bool has_table;
	uint32_t thread_count;
	enum kg_status (*render)(const struct way *way, struct kg_out *out);
	/* what a run makes */
	struct kg_trace *trace;
	struct kg_functions *functions;
	struct kg_life *life;
	struct kg_spec *spec;
	struct kg_verify *verify;
	struct kg_learn *learn;
	const struct kg_learned *learned;
	struct kg_recover *recover;
	struct kg_baseline *baseline;
	struct kg_call_sink baseline_sink;
	const struct kg_scenario *scenario;
	struct kg_call_table *table;
	struct kg_filter *filter;
	struct kg_functions_report functions_report;
	struct kg_life_report life_report;
	struct kg_verify_report verify_report;
};

static enum kg_status render_info_text(const struct way *way, struct kg_out *out)
{
	const struct kg_text_opts opts = { .verbose = true };
	const struct kg_info *info = kg_trace_info(way->trace);
	struct kg_fit *fit;
	enum kg_status status = kg_builds_fit(info->funcs, info->func_calls, &fit);
	if (status != KG_OK)
		return status;
	status = kg_render_info_text(out, info, kg_fit_report(fit), &opts);
	kg_fit_free(fit);
	return status;
}

static enum kg_status render_info_json(const struct way *way, struct kg_out *out)
{
	const struct kg_info *info = kg_trace_info(way->trace);
	struct kg_fit *fit;
	enum kg_status status = kg_builds_fit(info->funcs, info->func_calls, &fit);
	if (status != KG_OK)
		return status;
	status = kg_render_info_json(out, info, kg_fit_report(fit));
	kg_fit_free(fit);
	return status;
}

static struct kg_timing timing_of(const struct way *way)
{
	return (struct kg_timing){ .info = kg_trace_info(way->trace),
				   .functions = &way->functions_report,
				   .life = way->life,
				   .life_report = &way->life_report };
}

static enum kg_status render_timing_text(const struct way *way, struct kg_out *out)
{
	const struct kg_timing timing = timing_of(way);
	const struct kg_text_opts opts = { .verbose = true, .color = true };
	return kg_render_timing_text(out, &timing, &opts);
}

static enum kg_status render_timing_json(const struct way *way, struct kg_out *out)
{
	const struct kg_timing timing = timing_of(way);
	return kg_render_timing_json(out, &timing);
}

static enum kg_status render_tree_text(const struct way *way, struct kg_out *out)
{
	const struct kg_text_opts opts = { .width = 80 };
	return kg_render_tree_text(out, kg_trace_info(way->trace), way->table, &opts);
}

static enum kg_status render_tree_by_cpu(const struct way *way, struct kg_out *out)
{
	const struct kg_text_opts opts = { .color = true };
	return kg_render_tree_by_cpu_text(out, kg_trace_info(way->trace), way->table, &opts);
}

static enum kg_status render_tree_json(const struct way *way, struct kg_out *out)
{
	return kg_render_tree_json(out, kg_trace_info(way->trace), way->table);
}

static enum kg_status render_verify_text(const struct way *way, struct kg_out *out)
{
	const struct kg_text_opts opts = { .verbose = true };
	return kg_render_verify_text(out, kg_trace_info(way->trace), way->spec, &way->verify_report,
				     &opts);
}

static enum kg_status render_verify_json(const struct way *way, struct kg_out *out)
{
	return kg_render_verify_json(out, kg_trace_info(way->trace), way->spec,
				     &way->verify_report);
}

static enum kg_status render_learned(const struct way *way, struct kg_out *out)
{
	return kg_render_learned(out, way->learned);
}

static enum kg_status render_replay(const struct way *way, struct kg_out *out)
{
	const struct kg_scenario_words words = { .name = "chaos", .summary = "none" };
	const struct kg_replay replay = { .file = "chaos",
					  .scenario = way->scenario,
					  .words = &words };
	enum kg_status status = kg_render_replay_text(out, &replay, NULL);
	if (status == KG_OK)
		status = kg_render_replay_json(out, &replay);
	return status == KG_OK ? kg_render_scenario_json(out, way->scenario, &words) : status;
}

/* Writes a baseline, reads it again, puts both together, and compares it with itself. */
static enum kg_status compare_baseline(const struct way *way, const char *json, size_t len,
				       struct kg_out *out)
{
	struct kg_baseline *read = NULL;
	struct kg_diff *diff = NULL;
	const struct kg_diff_report *report;
	enum kg_status status = kg_baseline_parse(json, len, "chaos", &read, NULL);
	if (status == KG_OK)
		status = kg_baseline_merge(way->baseline, read);
	if (status == KG_OK)
		status = kg_diff_new(NULL, &diff);
	if (status == KG_OK)
		status = kg_diff_add_baseline(diff, KG_SIDE_OLD, read, "chaos");
	if (status == KG_OK)
		status = kg_diff_add_baseline(diff, KG_SIDE_NEW, way->baseline, "chaos");
	if (status == KG_OK)
		status = kg_diff_report(diff, &report);
	if (status == KG_OK)
		status = kg_render_diff_json(out, diff, report);
	kg_baseline_free(read);
	kg_diff_free(diff);
	return status;
}

static enum kg_status render_baseline(const struct way *way, struct kg_out *out)
{
	struct kg_out *memory;
	enum kg_status status = out_open_memory(&memory);
	if (status != KG_OK)
		return status;
	status = kg_render_baseline_json(memory, way->baseline);
	if (status == KG_OK) {
		size_t len;
		const char *json = out_memory(memory, &len);
		/* without memory for what was written there is none of it */
		status = json != NULL ? compare_baseline(way, json, len, out) : KG_NOMEM;
	}
	enum kg_status closed = kg_out_close(memory, false, NULL);
	return status != KG_OK ? status : closed;
}

static enum kg_status make_analyses(struct way *way, struct kg_error *err)
{
	const struct kg_funcs *funcs = kg_trace_funcs(way->trace);
	enum kg_status status = KG_OK;
	if (way->has_functions)
		status = kg_functions_new(funcs, &way->functions);
	if (status == KG_OK && way->has_life)
		status = kg_life_new(funcs, NULL, &way->life);
	if (status == KG_OK && way->has_verify)
		status = kg_spec_builtin("kvm-vmx", &way->spec, err);
	if (status == KG_OK && way->has_verify)
		status = kg_verify_new(way->spec, funcs, kg_trace_tasks(way->trace), &way->verify,
				       err);
	const struct kg_learn_opts learning = { .depth = 2 };
	if (status == KG_OK && way->has_learn)
		status = kg_learn_new(&learning, &way->learn);
	if (status == KG_OK && way->has_learn)
		status = kg_learn_start(way->learn, funcs, kg_trace_tasks(way->trace));
	if (status == KG_OK && way->has_recover)
		status = kg_recover_new(funcs, NULL, &way->recover);
	if (status == KG_OK && way->has_baseline)
		status = kg_baseline_new(NULL, &way->baseline);
	if (status == KG_OK && way->has_baseline)
		status = kg_baseline_start_run(way->baseline, funcs, &way->baseline_sink);
	if (status == KG_OK && way->has_table)
		status = kg_call_table_new(&way->table);
	return status;
}

static struct kg_call_sink sink_of(struct way *way, struct kg_tee *tee)
{
	if (way->has_verify)
		return kg_verify_sink(way->verify);
	if (way->has_learn)
		return kg_learn_sink(way->learn);
	if (way->has_recover)
		return kg_recover_sink(way->recover);
	if (way->has_baseline)
		return way->baseline_sink;
	if (way->has_table)
		return kg_call_table_sink(way->table);
	if (way->has_life) {
		*tee = (struct kg_tee){ .first = kg_functions_sink(way->functions),
					.second = kg_life_sink(way->life) };
		return kg_tee_sink(tee);
	}
	return (struct kg_call_sink){ .opened = kg_sink_ignore_call,
				      .closed = kg_sink_ignore_call,
				      .vanished = kg_sink_ignore_vanished,
				      .gap = kg_sink_ignore_gap,
				      .done = kg_sink_ignore_done };
}

static enum kg_status run_analyses(struct way *way, struct kg_error *err)
{
	static const char *const without[] = { "kvm_arch_*" };
	static const char *const tasks[] = { "kvm*", "[!z]*" };
	const struct kg_filter_opts opts = { .without = without,
					     .without_count = 1,
					     .tasks = tasks,
					     .task_count = 2,
					     .cpus = "0-3,7",
					     .depth = 9,
					     .min_ns = 300 };
	struct kg_tee tee;
	const struct kg_call_sink sink = sink_of(way, &tee);
	if (!way->has_filter)
		return kg_trace_run(way->trace, &sink, err);
	enum kg_status status = kg_filter_new(&opts, kg_trace_funcs(way->trace),
					      kg_trace_tasks(way->trace), &sink, &way->filter, err);
	if (status != KG_OK)
		return status;
	const struct kg_call_sink filtered = kg_filter_sink(way->filter);
	return kg_trace_run(way->trace, &filtered, err);
}

static enum kg_status ask_analyses(struct way *way)
{
	enum kg_status status = KG_OK;
	if (way->functions != NULL)
		status = kg_functions_report(way->functions, &way->functions_report);
	if (status == KG_OK && way->life != NULL)
		status = kg_life_report(way->life, &way->life_report);
	if (status == KG_OK && way->verify != NULL)
		status = kg_verify_report(way->verify, kg_trace_info(way->trace),
					  &way->verify_report);
	if (status == KG_OK && way->learn != NULL)
		status = kg_learn_finish(way->learn, kg_trace_info(way->trace), NULL);
	if (status == KG_OK && way->learn != NULL)
		status = kg_learn_draft(way->learn, &way->learned);
	if (status == KG_OK && way->recover != NULL)
		status = kg_recover_report(way->recover, kg_trace_info(way->trace), &way->scenario);
	if (status == KG_OK && way->baseline != NULL)
		status = kg_baseline_end_run(way->baseline, kg_trace_info(way->trace));
	return status;
}

static enum kg_status write_report(const struct way *way, struct kg_error *err)
{
	struct kg_out *out = NULL;
	enum kg_status status = kg_out_open(output_path, &out, err);
	if (status != KG_OK)
		return status;
	status = way->render(way, out);
	enum kg_status closed = kg_out_close(out, status == KG_OK, err);
	return status != KG_OK ? status : closed;
}

static void release(struct way *way)
{
	kg_filter_free(way->filter);
	kg_functions_free(way->functions);
	kg_life_free(way->life);
	kg_verify_free(way->verify);
	kg_learn_free(way->learn);
	kg_recover_free(way->recover);
	kg_baseline_free(way->baseline);
	kg_spec_free(way->spec);
	kg_call_table_free(way->table);
	kg_trace_close(way->trace);
}

/* Goes the whole way once; a copy of it, so that the next time starts afresh. */
static enum kg_status go(struct way way, const unsigned char *bytes, size_t len,
			 struct kg_error *err)
{
	const struct kg_trace_opts opts = { .window_bytes = 256, .thread_count = way.thread_count };
	enum kg_status status = kg_trace_open_memory(bytes, len, &opts, &way.trace, err);
	if (status == KG_OK)
		status = make_analyses(&way, err);
	if (status == KG_OK)
		status = run_analyses(&way, err);
	if (status == KG_OK)
		status = ask_analyses(&way);
	if (status == KG_OK && way.render != NULL)
		status = write_report(&way, err);
	release(&way);
	return status;
}

/* ---- all of them ---- */

static const struct way ways[] = {
	{ .name = "run" },
	{ .name = "run with threads", .thread_count = 3 },
	{ .name = "info", .render = render_info_text },
	{ .name = "info --json", .render = render_info_json },
	{ .name = "timing", .has_functions = true, .has_life = true, .render = render_timing_text },
	{ .name = "timing --json",
	  .has_functions = true,
	  .has_life = true,
	  .render = render_timing_json },
	{ .name = "timing, filtered",
	  .has_functions = true,
	  .has_life = true,
	  .has_filter = true,
	  .render = render_timing_text },
	{ .name = "tree", .has_table = true, .render = render_tree_text },
	{ .name = "tree by cpu", .has_table = true, .render = render_tree_by_cpu },
	{ .name = "tree --json", .has_table = true, .render = render_tree_json },
	{ .name = "tree, filtered",
	  .has_table = true,
	  .has_filter = true,
	  .render = render_tree_text },
	{ .name = "verify", .has_verify = true, .render = render_verify_text },
	{ .name = "learn", .has_learn = true, .render = render_learned },
	{ .name = "replay", .has_recover = true, .render = render_replay },
	{ .name = "baseline, diff", .has_baseline = true, .render = render_baseline },
	{ .name = "verify --json", .has_verify = true, .render = render_verify_json },
};

/* The number that the next file to be opened gets: the same as before if none was left open. */
static int next_fd(void)
{
	int fd = dup(STDOUT_FILENO);
	close(fd);
	return fd;
}

static void go_until_done(const struct way *way, const unsigned char *bytes, size_t len)
{
	uint64_t failures = 0;
	const int fd_before = next_fd();
	for (uint64_t passes = 0;; passes += passes < EACH_ONE ? 1 : STEP) {
		struct kg_error err = { 0 };
		memory_fail_after(passes);
		enum kg_status status = go(*way, bytes, len, &err);
		const bool was_short = memory_asked() > passes;
		memory_fail_after(UINT64_MAX);
		if (status == KG_OK && !was_short)
			break;
		/* some do without: fewer threads, a body that is not kept */
		failures++;
		if (status != KG_OK && status != KG_NOMEM)
			give_up(way->name, passes, kg_status_name(status));
		if (status == KG_NOMEM && err.status != KG_OK && err.status != KG_NOMEM)
			give_up(way->name, passes, err.text);
		if (next_fd() != fd_before)
			give_up(way->name, passes, "a file was left open");
	}
	printf("%-16s %ju failures\n", way->name, (uintmax_t)failures);
	if (failures == 0)
		give_up(way->name, 0, "nothing was allocated");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: chaos TRACE\n");
		return 2;
	}
	static unsigned char bytes[1 << 20];
	FILE *file = fopen(argv[1], "rb");
	if (file == NULL) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	const size_t len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	close(mkstemp(output_path));
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		go_until_done(&ways[i], bytes, len);
	unlink(output_path);
	return EXIT_SUCCESS;
}

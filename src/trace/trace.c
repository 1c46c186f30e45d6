/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows that a reader feeds a builder: the one file that sees both ends. */
#include <kvmgraph/trace.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/source.h"
#include "read/reader.h"
#include "trace/bundle_rows.h"
#include "trace/feed.h"
#include "trace/info.h"
#include "tree/builder.h"
#include "tree/exits_only.h"
#include "base/banned.h"

struct kg_trace {
	struct kg_trace_opts opts;
	struct source *source;
	struct kg_reader *reader;
	struct read_facts facts;
	struct builder builder;
	enum exits_only exits_only;
	bool was_run;
	struct trace_info info;
	struct event_batch batch;
	struct feed feed;
	struct bundle_stacks *stacks; /* BUNDLE_WORKERS of them, or NULL */
	struct text_bundler bundler;
};

static enum kg_status start_reader(struct kg_trace *trace, struct kg_error *err)
{
	const struct reader_opts opts = { .window_bytes = trace->opts.window_bytes,
					  .thread_count = trace->opts.thread_count,
					  .look_ahead_bytes = trace->opts.look_ahead_bytes };
	return reader_open(trace->source, &opts, &trace->facts, &trace->reader, err);
}

static enum kg_status trace_new(const struct kg_trace_opts *opts, struct kg_trace **out,
				struct kg_error *err)
{
	struct kg_trace *trace = memory_zalloc(sizeof(*trace));
	if (trace == NULL)
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	if (opts != NULL)
		trace->opts = *opts;
	*out = trace;
	return KG_OK;
}

enum kg_status kg_trace_open(const char *path, const struct kg_trace_opts *opts,
			     struct kg_trace **out, struct kg_error *err)
{
	struct kg_trace *trace = NULL;
	enum kg_status status = trace_new(opts, &trace, err);
	if (trace == NULL)
		return status;
	status = source_open(path, trace->opts.tmp_folder, &trace->source, err);
	if (status == KG_OK && trace->opts.may_map)
		source_map(trace->source);
	if (status == KG_OK)
		status = start_reader(trace, err);
	if (status == KG_OK)
		*out = trace;
	else
		kg_trace_close(trace);
	return status;
}

enum kg_status kg_trace_open_memory(const void *bytes, size_t len, const struct kg_trace_opts *opts,
				    struct kg_trace **out, struct kg_error *err)
{
	struct kg_trace *trace = NULL;
	enum kg_status status = trace_new(opts, &trace, err);
	if (status == KG_OK && source_open_memory(bytes, len, &trace->source) != KG_OK)
		status = error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	if (status == KG_OK)
		status = start_reader(trace, err);
	if (status == KG_OK)
		*out = trace;
	else
		kg_trace_close(trace);
	return status;
}

static void tell_progress(const struct kg_trace *trace)
{
	if (trace->opts.progress != NULL)
		trace->opts.progress(trace->opts.progress_self,
				     trace->reader->class->position(trace->reader),
				     source_size(trace->source));
}

/* Looks at the events at hand until it is known whether the trace has starts of calls. */
static void look_for_exits_only(struct kg_trace *trace)
{
	if (trace->exits_only != EXITS_ONLY_UNKNOWN)
		return;
	trace->exits_only = exits_only_look(trace->batch.events, trace->batch.count);
	trace->builder.is_exits_only = trace->exits_only == EXITS_ONLY_YES;
}

/* The next batch. A reader that was mistaken for not looking far enough is not to be so again. */
static enum kg_status read_batch(struct kg_trace *trace, struct kg_error *err)
{
	enum kg_status status = trace->reader->class->next(trace->reader, &trace->batch, err);
	if (status == KG_AGAIN)
		trace->opts.look_ahead_bytes = 0;
	return status;
}

static enum kg_status feed_all(struct kg_trace *trace, struct kg_error *err)
{
	for (uint64_t batches = 0;; batches++) {
		enum kg_status status = read_batch(trace, err);
		if (status == KG_END)
			return feed_finish(&trace->feed);
		look_for_exits_only(trace);
		if (status == KG_OK)
			status = feed_batch(&trace->feed, &trace->batch);
		if (status != KG_OK)
			return status;
		if (batches % 64 == 0)
			tell_progress(trace);
	}
}

/* ---- bundles --------------------------------------------------------------------------------- */

static enum bundle_wish wish(void *self, kg_func_id func_id)
{
	const struct kg_call_sink *sink = ((struct kg_trace *)self)->builder.sink;
	return sink->bundler->wish(sink->self, func_id);
}

static bool bundle_piece(void *self, uint32_t worker, struct text_piece *piece)
{
	return bundle_rows(&((struct kg_trace *)self)->stacks[worker], piece);
}

static enum kg_status count_calls(void *self, uint32_t worker, const struct text_bundles *bundles)
{
	const struct kg_trace *trace = self;
	const struct kg_call_sink *sink = trace->builder.sink;
	return sink->bundler->count(sink->self, worker, bundles->calls.at, bundles->calls.count,
				    bundles->line_no);
}

/* The reader bundles what the sink need not see. */
static enum kg_status start_bundles(struct kg_trace *trace)
{
	const struct reader_bundling *bundling = trace->reader->class->bundling;
	const struct kg_bundler *bundler = trace->builder.sink->bundler;
	if (bundling == NULL || bundler == NULL || bundler->counted == NULL)
		return KG_OK;
	trace->stacks = memory_zalloc(BUNDLE_WORKERS * sizeof(*trace->stacks));
	if (trace->stacks == NULL)
		return KG_NOMEM;
	trace->bundler = (struct text_bundler){
		.self = trace, .wish = wish, .bundle = bundle_piece, .count = count_calls
	};
	bundling->start(trace->reader, &trace->bundler);
	return KG_OK;
}

/* Adds the calls that the sink has counted. */
static enum kg_status take_counts(struct kg_trace *trace)
{
	const struct kg_call_sink *sink = trace->builder.sink;
	for (uint32_t id = 0; id < kg_funcs_count(&trace->facts.funcs); id++) {
		const uint64_t count = sink->bundler->counted(sink->self, id);
		if (count == 0)
			continue;
		if (!column_reach(&trace->builder.calls_by_func, id))
			return KG_NOMEM;
		trace->builder.calls_by_func.at[id] += count;
	}
	return KG_OK;
}

static enum kg_status finish_bundles(struct kg_trace *trace, enum kg_status status)
{
	if (trace->stacks == NULL)
		return status;
	enum kg_status finished = trace->reader->class->bundling->finish(trace->reader);
	if (status == KG_OK)
		status = finished;
	for (uint32_t i = 0; i < BUNDLE_WORKERS; i++)
		bundle_stacks_release(&trace->stacks[i]);
	memory_free(trace->stacks);
	trace->stacks = NULL;
	return status == KG_OK ? take_counts(trace) : status;
}

/* The events of a reader that has nothing beyond them. */
static enum kg_status hand_out_batches(struct kg_trace *trace, const struct kg_event_sink *sink,
				       struct kg_error *err)
{
	for (;;) {
		enum kg_status status = read_batch(trace, err);
		if (status == KG_END)
			return sink->done(sink->self);
		for (size_t i = 0; status == KG_OK && i < trace->batch.count; i++) {
			const struct kg_event *event = &trace->batch.events[i];
			const struct kg_detail detail = { .line_no = event->line_no };
			status = sink->line(sink->self, event, &detail);
		}
		if (status != KG_OK)
			return status;
		tell_progress(trace);
	}
}

static enum kg_status hand_out_lines(struct kg_trace *trace, const struct kg_event_sink *sink,
				     struct kg_error *err)
{
	struct kg_detail detail;
	for (uint64_t lines = 0;; lines++) {
		enum kg_status status =
			trace->reader->class->next_line(trace->reader, &trace->batch, &detail, err);
		if (status == KG_END)
			return sink->done(sink->self);
		const bool has_event = trace->batch.count > 0;
		if (status == KG_OK)
			status = sink->line(sink->self, has_event ? trace->batch.events : NULL,
					    &detail);
		if (status != KG_OK)
			return status;
		if (lines % (64 * EVENT_BATCH) == 0)
			tell_progress(trace);
	}
}

static enum kg_status start_run(struct kg_trace *trace, struct kg_error *err)
{
	if (trace->was_run)
		return error_set(err, KG_BAD_ARG, source_name(trace->source), 0,
				 "was already read");
	trace->was_run = true;
	return KG_OK;
}

/* Says what was in the trace, or why its reading failed. */
static enum kg_status finish_run(struct kg_trace *trace, enum kg_status status,
				 struct kg_error *err)
{
	const char *name = source_name(trace->source);
	const struct kg_line_counts *lines = &trace->facts.lines;
	if (status == KG_OK && lines->entry + lines->leaf + lines->exit + lines->exit_named == 0)
		return error_set(err, KG_BAD_FORMAT, name, 0,
				 "has no line of a function_graph trace (was current_tracer "
				 "function_graph?)");
	if (status == KG_OK)
		status = trace_info_fill(&trace->info, name, trace->reader->format, &trace->facts,
					 &trace->builder);
	if (status != KG_OK)
		error_set(err, status, name, 0, "%s", kg_status_text(status));
	return status;
}

enum kg_status kg_trace_run(struct kg_trace *trace, const struct kg_call_sink *sink,
			    struct kg_error *err)
{
	enum kg_status status = start_run(trace, err);
	if (status != KG_OK)
		return status;
	trace->builder.sink = sink;
	trace->builder.diags = &trace->facts.diags;
	trace->feed = (struct feed){ .reader = trace->reader, .builder = &trace->builder };
	status = start_bundles(trace);
	if (status == KG_OK)
		status = finish_bundles(trace, feed_all(trace, err));
	if (status == KG_OK)
		status = builder_finish(&trace->builder);
	return finish_run(trace, status, err);
}

enum kg_status kg_trace_run_events(struct kg_trace *trace, const struct kg_event_sink *sink,
				   struct kg_error *err)
{
	enum kg_status status = start_run(trace, err);
	if (status != KG_OK)
		return status;
	status = trace->reader->class->next_line != NULL ? hand_out_lines(trace, sink, err)
							 : hand_out_batches(trace, sink, err);
	return finish_run(trace, status, err);
}

enum kg_status kg_trace_rewind(struct kg_trace *trace, struct kg_error *err)
{
	struct kg_reader *before = trace->reader;
	builder_release(&trace->builder);
	trace_info_release(&trace->info);
	read_facts_release(&trace->facts);
	trace->builder = (struct builder){ 0 };
	trace->info = (struct trace_info){ 0 };
	trace->facts = (struct read_facts){ 0 };
	feed_release(&trace->feed);
	trace->was_run = false;
	enum kg_status status = start_reader(trace, err);
	if (status == KG_OK)
		before->class->close(before);
	return status;
}

enum kg_format kg_trace_format(const struct kg_trace *trace)
{
	return trace->reader->format;
}

uint32_t kg_trace_cpu_count(const struct kg_trace *trace)
{
	return (uint32_t)trace->facts.cpus.count;
}

const struct kg_funcs *kg_trace_funcs(const struct kg_trace *trace)
{
	return &trace->facts.funcs;
}

const struct kg_tasks *kg_trace_tasks(const struct kg_trace *trace)
{
	return &trace->facts.tasks;
}

struct kg_diags *kg_trace_diags(struct kg_trace *trace)
{
	return &trace->facts.diags;
}

const struct kg_info *kg_trace_info(const struct kg_trace *trace)
{
	return &trace->info.info;
}

void kg_trace_close(struct kg_trace *trace)
{
	if (trace == NULL)
		return;
	if (trace->reader != NULL)
		trace->reader->class->close(trace->reader);
	builder_release(&trace->builder);
	feed_release(&trace->feed);
	trace_info_release(&trace->info);
	read_facts_release(&trace->facts);
	source_close(trace->source);
	memory_free(trace);
}

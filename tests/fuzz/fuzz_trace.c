/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a trace, read whole.
 *
 * Calls are handed out as promised whatever the bytes are, and reading them in small windows gives
 * the same as reading them at once, and so does handing out events with their details.
 */
#include <string.h>

#include <kvmgraph/trace.h>

#include "target.h"
#include "tree/checking_sink.h"

struct result {
	enum kg_status status;
	struct kg_line_counts lines;
	struct kg_call_counts calls;
	struct kg_diags diags;
	uint32_t func_count;
	uint32_t task_count;
};

static void run(const uint8_t *data, size_t size, const struct kg_trace_opts *opts,
		struct result *out)
{
	struct checking_sink checking = { 0 };
	const struct kg_call_sink sink = checking_sink_of(&checking);
	struct kg_trace *trace = NULL;
	struct kg_error err = { 0 };
	memset(out, 0, sizeof(*out));
	out->status = kg_trace_open_memory(data, size, opts, &trace, &err);
	if (out->status == KG_OK)
		out->status = kg_trace_run(trace, &sink, &err);
	MUST(err.status == out->status);
	MUST(out->status == KG_OK || err.text[0] != '\0');
	if (out->status == KG_OK) {
		const struct kg_info *info = kg_trace_info(trace);
		MUST(checking.is_done);
		checking_same_counts(&checking, &info->calls);
		out->lines = info->lines;
		out->calls = info->calls;
		out->diags = info->diags;
		out->func_count = kg_funcs_count(info->funcs);
		out->task_count = kg_tasks_count(info->tasks);
	}
	kg_trace_close(trace);
	checking_sink_release(&checking);
}

/* What details point to can be looked at. */
static uint64_t sum_bytes(struct kg_bytes bytes)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < bytes.len; i++)
		sum += bytes.at[i];
	return sum;
}

struct lines {
	uint64_t count;
	uint64_t sum;
};

static enum kg_status take_line(void *self, const struct kg_event *event,
				const struct kg_detail *detail)
{
	struct lines *lines = self;
	const struct kg_bytes all[] = { detail->task, detail->next,   detail->flags, detail->args,
					detail->note, detail->retval, detail->text,  detail->end };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		lines->sum += sum_bytes(all[i]);
	lines->count += event != NULL;
	return KG_OK;
}

static enum kg_status finish_lines(void *self)
{
	(void)self;
	return KG_OK;
}

/* The same bytes with all details: that works out if reading them at all does. */
static void run_events(const uint8_t *data, size_t size, enum kg_status status)
{
	struct lines lines = { 0 };
	const struct kg_event_sink sink = { &lines, take_line, finish_lines };
	struct kg_trace *trace = NULL;
	enum kg_status found = kg_trace_open_memory(data, size, NULL, &trace, NULL);
	if (found == KG_OK)
		found = kg_trace_run_events(trace, &sink, NULL);
	MUST(found == status);
	MUST(found != KG_OK || lines.count > 0);
	kg_trace_close(trace);
}

static void check_lines(const struct kg_line_counts *lines)
{
	MUST(lines->total == lines->header + lines->entry + lines->leaf + lines->exit +
				     lines->exit_named + lines->switches + lines->comment +
				     lines->irq + lines->lost + lines->noise + lines->unrecognized);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kg_trace_opts small = { .window_bytes = 64 };
	struct result whole;
	struct result pieces;
	run(data, size, NULL, &whole);
	run(data, size, &small, &pieces);
	MUST(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	run_events(data, size, whole.status);
	if (whole.status == KG_OK)
		check_lines(&whole.lines);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which settings of the tracer a recording takes, and in which order they are put back. */
#include "capture/tracer_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "capture/buffers.h"
#include "capture/control.h"
#include "base/banned.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static enum kg_status no_memory(struct kg_error *err)
{
	return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
}

static enum kg_status keep_option(struct tracer *tracer, const char *name, struct kg_error *err)
{
	const char *path = arena_format(&tracer->memory, "options/%s", name);
	if (path == NULL)
		return no_memory(err);
	/* instances share options of the tracer with the top: theirs are kept there */
	return settings_keep(&tracer->settings, SETTING_VALUE, tracer->top, path, err);
}

static enum kg_status keep_options(struct tracer *tracer, const struct tracer_opts *opts,
				   struct kg_error *err)
{
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < opts->options.count && status == KG_OK; i++) {
		bool on;
		status = keep_option(tracer, plan_option_name(tracer, opts->options.at[i], &on),
				     err);
	}
	for (size_t i = 0; i < plan_plain_option_count && status == KG_OK; i++)
		status = keep_option(tracer, plan_plain_options[i], err);
	if (status == KG_OK && !tracer->is_instance)
		status = keep_option(tracer, "function-fork", err);
	if (status == KG_OK && !tracer->is_instance)
		status = keep_option(tracer, "event-fork", err);
	return status;
}

/* The sizes of a buffer: where CPUs differ, each of its own. */
static enum kg_status keep_sizes(struct tracer *tracer, struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const char *path = arena_format(memory, "%s/buffer_size_kb", tracer->top);
	const char *size = path != NULL ? control_line(memory, path) : NULL;
	if (size == NULL || strcmp(size, "X") != 0)
		return settings_keep(&tracer->settings, SETTING_SIZE, tracer->top, "buffer_size_kb",
				     err);
	const uint32_t count = buffers_count_cpus(tracer->top);
	enum kg_status status = KG_OK;
	for (uint32_t cpu = 0; cpu < count && status == KG_OK; cpu++) {
		const char *name =
			arena_format(memory, "per_cpu/cpu%" PRIu32 "/buffer_size_kb", cpu);
		status = name == NULL ? no_memory(err)
				      : settings_keep(&tracer->settings, SETTING_SIZE, tracer->top,
						      name, err);
	}
	return status;
}

static enum kg_status keep_quiet(struct tracer *tracer, const char *name, const char *text,
				 struct kg_error *err)
{
	const char *path = arena_format(&tracer->memory, "%s/%s", tracer->folder, name);
	if (path == NULL)
		return no_memory(err);
	return settings_add(&tracer->settings, SETTING_QUIET, path, text, err);
}

struct kept {
	enum setting_kind kind;
	const char *name;
};

static enum kg_status keep_rows(struct tracer *tracer, const struct kept *rows, size_t count,
				struct kg_error *err)
{
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < count && status == KG_OK; i++)
		status = settings_keep(&tracer->settings, rows[i].kind, tracer->top, rows[i].name,
				       err);
	return status;
}

/* Settings that instances have for themselves, so that they matter at the top only. */
static const struct kept top_rows[] = {
	{ SETTING_CHOICE, "trace_clock" },	     { SETTING_FUNCTIONS, "set_ftrace_filter" },
	{ SETTING_FUNCTIONS, "set_ftrace_notrace" }, { SETTING_LIST, "set_ftrace_pid" },
	{ SETTING_LIST, "set_ftrace_notrace_pid" },  { SETTING_LIST, "set_event_pid" },
};

/* Settings that there are once for all. */
static const struct kept shared_rows[] = {
	{ SETTING_LIST, "set_graph_function" },
	{ SETTING_LIST, "set_graph_notrace" },
	{ SETTING_VALUE, "max_graph_depth" },
};

/* What makes the tracer run, and has to wait until all else is in its place. */
static const struct kept running_rows[] = {
	{ SETTING_VALUE, "current_tracer" },
	{ SETTING_LIST, "set_event" },
	{ SETTING_VALUE, "tracing_on" },
};

enum kg_status plan_keep(struct tracer *tracer, const struct tracer_opts *opts,
			 struct kg_error *err)
{
	enum kg_status status = keep_quiet(tracer, "tracing_on", "0\n", err);
	if (status == KG_OK)
		status = keep_quiet(tracer, "current_tracer", "nop\n", err);
	if (status == KG_OK && tracer->is_instance)
		status = settings_add(&tracer->settings, SETTING_FOLDER, tracer->folder, NULL, err);
	if (status == KG_OK)
		status = keep_options(tracer, opts, err);
	if (status == KG_OK)
		status = keep_rows(tracer, shared_rows, COUNT(shared_rows), err);
	/* the first use of any buffer ends the small size that the top's has until then */
	if (status == KG_OK)
		status = keep_sizes(tracer, err);
	if (status == KG_OK && !tracer->is_instance)
		status = keep_rows(tracer, top_rows, COUNT(top_rows), err);
	if (status == KG_OK && !tracer->is_instance)
		status = keep_rows(tracer, running_rows, COUNT(running_rows), err);
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the tracer has to be set for a recording, and in which order. */
#include "capture/tracer_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/buffers.h"
#include "capture/control.h"
#include "capture/functions.h"
#include "base/banned.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static enum kg_status no_memory(struct kg_error *err)
{
	return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
}

/* ---- setting --------------------------------------------------------------------------------- */

/* A file to write to, and what it means if the kernel does not take a value. */
struct target {
	const char *path;
	enum kg_status refused;
	const char *what; /* the option that the value comes from */
};

static enum kg_status failed(const struct target *target, const char *value, struct kg_error *err)
{
	int os_errno = errno;
	if (os_errno == EINVAL && target->refused == KG_BAD_ARG)
		return error_set(err, KG_BAD_ARG, NULL, os_errno, "%s %s: this kernel has none",
				 target->what, value);
	return error_set(err, KG_IO, target->path, os_errno, "does not take %s: %s",
			 value[0] != '\0' ? value : "nothing", strerror(os_errno));
}

static enum kg_status put(struct tracer *tracer, const char *folder, const char *name,
			  const char *value, struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const struct target target = { arena_format(memory, "%s/%s", folder, name), KG_IO, "" };
	const char *line = arena_format(memory, "%s\n", value);
	if (target.path == NULL || line == NULL)
		return no_memory(err);
	return control_put(target.path, line) == 0 ? KG_OK : failed(&target, value, err);
}

/* Empties a list of the tracer, and fills it with words. */
static enum kg_status put_words(struct tracer *tracer, const char *folder, const char *name,
				const char *what, const struct kg_env_words *words,
				struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const struct target target = { arena_format(memory, "%s/%s", folder, name), KG_BAD_ARG,
				       what };
	if (target.path == NULL)
		return no_memory(err);
	/* not every kernel has every list: an empty one is as good as none */
	if (words->count == 0 && access(target.path, F_OK) != 0)
		return KG_OK;
	if (control_put(target.path, "") != 0)
		return failed(&target, "", err);
	for (size_t i = 0; i < words->count; i++) {
		const char *line = arena_format(memory, "%s\n", words->at[i]);
		if (line == NULL)
			return no_memory(err);
		if (control_add(target.path, line) != 0)
			return failed(&target, words->at[i], err);
	}
	return KG_OK;
}

/* ---- the single steps ------------------------------------------------------------------------ */

static enum kg_status set_clock(struct tracer *tracer, const struct tracer_opts *opts,
				struct kg_error *err)
{
	const char *clock = opts->clock != NULL ? opts->clock : "local";
	const struct target target = { arena_format(&tracer->memory, "%s/trace_clock",
						    tracer->folder),
				       KG_BAD_ARG, "--clock" };
	if (target.path == NULL)
		return no_memory(err);
	return control_put(target.path, clock) == 0 ? KG_OK : failed(&target, clock, err);
}

static enum kg_status set_buffer(struct tracer *tracer, const struct tracer_opts *opts,
				 struct kg_error *err)
{
	const char *size;
	tracer->buffer_kib = opts->buffer_kib != 0
				     ? opts->buffer_kib
				     : buffers_choose_size(buffers_count_cpus(tracer->top));
	size = arena_format(&tracer->memory, "%" PRIu64, tracer->buffer_kib);
	if (size == NULL)
		return no_memory(err);
	return put(tracer, tracer->folder, "buffer_size_kb", size, err);
}

static enum kg_status set_filters(struct tracer *tracer, const struct tracer_opts *opts,
				  struct kg_error *err)
{
	enum kg_status status =
		put_words(tracer, tracer->folder, "set_ftrace_notrace", "-n", &opts->notrace, err);
	if (status == KG_OK)
		status = put_words(tracer, tracer->folder, "set_ftrace_filter", "-l", &opts->filter,
				   err);
	if (status == KG_OK && opts->filter.count == 0)
		status = functions_add_kvm(tracer->top, tracer->folder, err);
	return status;
}

/*
 * Only the command, what it forks, and what the kernel forks for it: KVM's worker is a child of
 * kthreadd where it is a thread of the kernel.
 */
static enum kg_status set_tasks(struct tracer *tracer, const struct tracer_opts *opts,
				struct kg_error *err)
{
	const char *words[2] = { arena_format(&tracer->memory, "%ld", (long)opts->only_pid), "2" };
	const char *second = control_line(&tracer->memory, "/proc/2/comm");
	const bool has_kthreadd = second != NULL && strcmp(second, "kthreadd") == 0;
	const struct kg_env_words none = { 0 };
	struct kg_env_words pids = { words, opts->only_pid == 0 ? 0 : 1 + (size_t)has_kthreadd };
	if (words[0] == NULL)
		return no_memory(err);
	enum kg_status status =
		put_words(tracer, tracer->folder, "set_ftrace_pid", "pid", &pids, err);
	if (status == KG_OK)
		status = put_words(tracer, tracer->folder, "set_event_pid", "pid", &pids, err);
	if (status == KG_OK)
		status = put_words(tracer, tracer->folder, "set_ftrace_notrace_pid", "pid", &none,
				   err);
	if (status == KG_OK && opts->only_pid != 0)
		status = put(tracer, tracer->folder, "options/function-fork", "1", err);
	if (status == KG_OK && opts->only_pid != 0 && opts->events.count > 0)
		status = put(tracer, tracer->folder, "options/event-fork", "1", err);
	return status;
}

const char *plan_option_name(struct tracer *tracer, const char *word, bool *on)
{
	const char *path = arena_format(&tracer->memory, "%s/options/%s", tracer->top, word);
	*on = true;
	if (strncmp(word, "no", 2) != 0 || (path != NULL && access(path, F_OK) == 0))
		return word;
	*on = false;
	return word + 2;
}

static enum kg_status set_options(struct tracer *tracer, const struct tracer_opts *opts,
				  struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < opts->options.count && status == KG_OK; i++) {
		bool on;
		const char *name = plan_option_name(tracer, opts->options.at[i], &on);
		const char *top_path = arena_format(memory, "%s/options/%s", tracer->top, name);
		const char *file = arena_format(memory, "options/%s", name);
		if (top_path == NULL || file == NULL)
			return no_memory(err);
		if (strchr(name, '/') != NULL || access(top_path, F_OK) != 0)
			return error_set(err, KG_BAD_ARG, NULL, 0, "-O %s: this kernel has none",
					 name);
		status = put(tracer, tracer->folder, file, on ? "1" : "0", err);
	}
	return status;
}

/* Whether a setting that all share has to be changed; those who run now would feel it. */
static enum kg_status may_share(struct tracer *tracer, const struct tracer_opts *opts,
				struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const char *path = arena_format(memory, "%s/current_tracer", tracer->top);
	const char *current = path != NULL ? control_line(memory, path) : NULL;
	if (opts->force || !tracer->is_instance || current == NULL ||
	    strcmp(current, "function_graph") != 0)
		return KG_OK;
	return error_set(
		err, KG_LACKING, tracer->top, 0,
		"the tracer function_graph is active there, and shares its depth, functions "
		"and options (--force changes them, and puts them back)");
}

static enum kg_status share_words(struct tracer *tracer, const struct tracer_opts *opts,
				  const char *name, const char *what,
				  const struct kg_env_words *words, struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const char *path = arena_format(memory, "%s/%s", tracer->top, name);
	const char *first = path != NULL ? control_line(memory, path) : NULL;
	if (words->count == 0 && (first == NULL || first[0] == '#' || first[0] == '\0'))
		return KG_OK;
	enum kg_status status = may_share(tracer, opts, err);
	return status == KG_OK ? put_words(tracer, tracer->top, name, what, words, err) : status;
}

static enum kg_status set_shared(struct tracer *tracer, const struct tracer_opts *opts,
				 struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const struct kg_env_words none = { 0 };
	const char *depth = arena_format(memory, "%" PRIu64, opts->depth);
	const char *path = arena_format(memory, "%s/max_graph_depth", tracer->top);
	const char *now = path != NULL ? control_line(memory, path) : NULL;
	if (depth == NULL || path == NULL)
		return no_memory(err);
	enum kg_status status =
		share_words(tracer, opts, "set_graph_function", "-g", &opts->graph, err);
	if (status == KG_OK)
		status = share_words(tracer, opts, "set_graph_notrace", "-g", &none, err);
	if (status != KG_OK || (now != NULL ? strcmp(now, depth) == 0 : opts->depth == 0))
		return status;
	status = may_share(tracer, opts, err);
	return status == KG_OK ? put(tracer, tracer->top, "max_graph_depth", depth, err) : status;
}

/* Off, one of these leaves calls out, or takes time off them. */
const char *const plan_plain_options[] = { "funcgraph-irqs", "sleep-time" };
const size_t plan_plain_option_count = COUNT(plan_plain_options);

static enum kg_status set_plain_options(struct tracer *tracer, const struct tracer_opts *opts,
					struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < plan_plain_option_count && status == KG_OK; i++) {
		const char *name = arena_format(memory, "options/%s", plan_plain_options[i]);
		const char *own = arena_format(memory, "%s/%s", tracer->folder, name);
		if (name == NULL || own == NULL)
			return no_memory(err);
		const char *now = control_line(memory, own);
		if (now == NULL || strcmp(now, "0") != 0)
			continue;
		status = may_share(tracer, opts, err);
		if (status == KG_OK)
			status = put(tracer, tracer->folder, name, "1", err);
	}
	return status;
}

/* "kvm" is all of a system, "kvm:kvm_exit" one event of it. */
static enum kg_status set_events(struct tracer *tracer, const struct tracer_opts *opts,
				 struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const size_t size = (opts->events.count + 1) * sizeof(char *);
	struct kg_env_words words = { arena_alloc(memory, size), opts->events.count };
	if (words.at == NULL)
		return no_memory(err);
	for (size_t i = 0; i < words.count; i++) {
		const char *word = opts->events.at[i];
		if (strcmp(word, "all") == 0)
			words.at[i] = "*:*";
		else if (strchr(word, ':') != NULL)
			words.at[i] = word;
		else
			words.at[i] = arena_format(memory, "%s:*", word);
		if (words.at[i] == NULL)
			return no_memory(err);
	}
	return put_words(tracer, tracer->folder, "set_event", "-e", &words, err);
}

static enum kg_status turn_off(struct tracer *tracer, const struct tracer_opts *opts,
			       struct kg_error *err)
{
	(void)opts;
	const struct kg_env_words none = { 0 };
	enum kg_status status = put(tracer, tracer->folder, "tracing_on", "0", err);
	if (status == KG_OK)
		status = put_words(tracer, tracer->folder, "set_event", "-e", &none, err);
	return status == KG_OK ? put(tracer, tracer->folder, "current_tracer", "nop", err) : status;
}

static enum kg_status choose_tracer(struct tracer *tracer, const struct tracer_opts *opts,
				    struct kg_error *err)
{
	(void)opts;
	return put(tracer, tracer->folder, "current_tracer", "function_graph", err);
}

enum kg_status plan_apply(struct tracer *tracer, const struct tracer_opts *opts,
			  struct kg_error *err)
{
	/* the tracer itself last: functions are patched only once, and only those of the filter */
	static enum kg_status (*const steps[])(
		struct tracer * tracer, const struct tracer_opts *opts, struct kg_error *err) = {
		turn_off,	   set_clock,	set_buffer, set_filters, set_tasks,
		set_plain_options, set_options, set_shared, set_events,	 choose_tracer,
	};
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < COUNT(steps) && status == KG_OK; i++)
		status = steps[i](tracer, opts, err);
	return status;
}

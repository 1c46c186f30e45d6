/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the course of a recording. */
#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/buffers.h"
#include "capture/child.h"
#include "capture/control.h"
#include "capture/dat_writer.h"
#include "capture/functions.h"
#include "capture/machine.h"
#include "capture/state_file.h"
#include "capture/symbols.h"
#include "capture/tracer.h"
#include "base/banned.h"

#define COPY_BYTES 65536

/* ---- files ----------------------------------------------------------------------------------- */

static enum kg_status open_file(struct capture_file *file, const char *path, struct kg_error *err)
{
	return path != NULL ? partial_open(&file->partial, path, &file->fd, err) : KG_OK;
}

/* All is written: from now on only the name is missing. */
static enum kg_status settle_file(struct capture_file *file, const char *path, struct kg_error *err)
{
	if (file->fd < 0)
		return KG_OK;
	const int settled = partial_settle(&file->partial, file->fd);
	const int closed = close(file->fd);
	file->fd = -1;
	if (settled == 0 && closed == 0)
		return KG_OK;
	return error_set(err, KG_IO, path, errno, "cannot be written: %s", strerror(errno));
}

static enum kg_status keep_file(struct capture_file *file, struct kg_error *err)
{
	if (file->partial.final == NULL || partial_keep(&file->partial) == 0)
		return KG_OK;
	return error_set(err, KG_IO, file->partial.final, errno, "cannot be written: %s",
			 strerror(errno));
}

static void release_file(struct capture_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	partial_release(&file->partial);
}

/* ---- what was recorded ----------------------------------------------------------------------- */

/* Copies the kernel's text, which leaves it in the buffers. */
static enum kg_status write_text(const struct tracer *tracer, struct capture_file *file,
				 struct arena *memory, struct kg_error *err)
{
	char *bytes = memory_alloc(COPY_BYTES);
	const char *path = arena_format(memory, "%s/trace", tracer->folder);
	if (bytes == NULL || path == NULL) {
		memory_free(bytes);
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	}
	int from = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = from < 0 ? -1 : 1;
	while (got > 0) {
		got = read(from, bytes, COPY_BYTES);
		ssize_t written = 0;
		for (ssize_t at = 0; at < got; at += written) {
			written = write(file->fd, bytes + at, (size_t)(got - at));
			if (written < 0)
				break;
		}
		if (written < 0)
			got = -1;
	}
	int os_errno = errno;
	memory_free(bytes);
	if (from >= 0)
		close(from);
	if (got == 0)
		return KG_OK;
	return error_set(err, KG_IO, path, os_errno, "cannot be copied: %s", strerror(os_errno));
}

/* The options that are on: "print-parent" is, "nosym-offset" is not. */
static bool describe_options(struct kg_environment *environment, const struct tracer *tracer,
			     struct arena *memory)
{
	char *text;
	COLUMN(const char *) found = { 0 };
	const char *path = arena_format(memory, "%s/trace_options", tracer->folder);
	bool result = path != NULL;
	if (path == NULL || control_read(path, &text, NULL, NULL) != KG_OK)
		return result;
	struct span left = { (const unsigned char *)text, strlen(text) };
	struct span line;
	while (result && control_next_line(&left, &line)) {
		if (line.len > 0 && !span_starts(line, SPAN("no")))
			result = column_push(&found, arena_copy(memory, line));
	}
	memory_free(text);
	const char **words = arena_alloc(memory, found.count * sizeof(char *) + 1);
	if (words != NULL && found.count > 0)
		memcpy(words, found.at, found.count * sizeof(char *));
	environment->options = (struct kg_env_words){ words, words != NULL ? found.count : 0 };
	column_release(&found);
	return result && words != NULL;
}

/* What was asked for. */
static void describe_asked(struct kg_environment *environment, const struct capture_opts *opts)
{
	environment->filter = opts->filter;
	environment->notrace = opts->notrace;
	environment->graph = opts->graph;
	environment->events = opts->events;
	environment->depth = opts->depth;
	environment->is_only_command = opts->only_command;
	environment->user = opts->user;
	environment->command.at = (const char **)(void *)opts->command;
	for (environment->command.count = 0; opts->command[environment->command.count] != NULL;)
		environment->command.count++;
}

/* How the tracer was set, what it traced and what it lost; before it is given back. */
static enum kg_status describe_tracer(struct capture *capture, const struct tracer *tracer,
				      const struct buffers *buffers, struct kg_error *err)
{
	struct kg_environment *environment = &capture->environment;
	struct arena *memory = &capture->memory;
	struct functions functions = { 0 };
	const char *clock = arena_format(memory, "%s/trace_clock", tracer->folder);
	const char *page = arena_format(memory, "%s/events/header_page", tracer->top);
	char *text = NULL;
	environment->tracer = "function_graph";
	environment->trace_clock = machine_choice(memory, control_line(memory, clock));
	environment->is_instance = tracer->is_instance;
	environment->buffer_kib = tracer->buffer_kib;
	environment->lost = buffers_lost(buffers);
	const bool has_page = page != NULL && control_read(page, &text, NULL, NULL) == KG_OK;
	environment->needed_kib = buffers_needed_kib(buffers, dat_page_bytes(has_page ? text : ""));
	memory_free(text);
	if (!describe_options(environment, tracer, memory))
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	enum kg_status status =
		functions_traced(tracer->top, tracer->folder, memory, &functions, err);
	if (status != KG_OK)
		return status;
	/* the arrays change hands */
	capture->functions = functions.rows.at;
	environment->functions = functions.rows.at;
	environment->function_count = functions.rows.count;
	environment->is_all_functions = functions.is_all;
	return KG_OK;
}

/* The tracer has stopped: brings home what it has. */
static enum kg_status collect(struct capture *capture, const struct capture_opts *opts,
			      const struct tracer *tracer, struct kg_error *err)
{
	struct buffers buffers = { 0 };
	enum kg_status status = buffers_read(&buffers, tracer->folder, err);
	if (status == KG_OK)
		status = describe_tracer(capture, tracer, &buffers, err);
	if (status == KG_OK && opts->text_path != NULL)
		status = write_text(tracer, &capture->text, &capture->memory, err);
	if (status == KG_OK && opts->dat_path != NULL)
		status = dat_write(tracer, &buffers, capture->dat.fd, err);
	if (status == KG_OK)
		status = settle_file(&capture->text, opts->text_path, err);
	if (status == KG_OK)
		status = settle_file(&capture->dat, opts->dat_path, err);
	capture->buffers = buffers.rows.at;
	capture->environment.buffers = buffers.rows.at;
	capture->environment.buffer_count = buffers.rows.count;
	return status;
}

/* ---- recording ------------------------------------------------------------------------------- */

/* From the command's first step until what it set off has come to rest. */
static enum kg_status trace_command(struct capture *capture, const struct capture_opts *opts,
				    const struct tracer *tracer, struct child *child,
				    struct kg_error *err)
{
	struct kg_environment *environment = &capture->environment;
	enum kg_status status = tracer_start(tracer, err);
	if (status == KG_OK)
		status = child_go(child, err);
	if (status != KG_OK)
		return status;
	child_wait(child, &environment->exit_code, &environment->exit_signal);
	struct timespec left = { (time_t)(opts->settle_ns / 1000000000),
				 (long)(opts->settle_ns % 1000000000) };
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
	return tracer_stop(tracer, err);
}

static enum kg_status record(struct capture *capture, const struct capture_opts *opts,
			     struct tracer *tracer, struct child *child, struct kg_error *err)
{
	const struct tracer_opts how = { .filter = opts->filter,
					 .notrace = opts->notrace,
					 .graph = opts->graph,
					 .events = opts->events,
					 .options = opts->options,
					 .depth = opts->depth,
					 .clock = opts->clock,
					 .buffer_kib = opts->buffer_kib,
					 .only_pid = opts->only_command ? child->pid : 0,
					 .force = opts->force,
					 .state_folder = opts->state_folder };
	enum kg_status status = tracer_setup(tracer, &how, err);
	capture->state_err = tracer->state_err;
	if (status == KG_OK && machine_describe(&capture->environment, &capture->memory) != KG_OK)
		status = error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	if (status == KG_OK)
		status = trace_command(capture, opts, tracer, child, err);
	return status == KG_OK ? collect(capture, opts, tracer, err) : status;
}

enum kg_status capture_run(struct capture *capture, const struct capture_opts *opts,
			   struct kg_error *err)
{
	struct tracer tracer = { 0 };
	struct child child = { .go_fd = -1, .exec_fd = -1 };
	const struct child_opts start = { opts->command, opts->user, opts->stdout_fd };
	*capture = (struct capture){ .dat.fd = -1, .text.fd = -1 };
	describe_asked(&capture->environment, opts);
	enum kg_status status = tracer_open(&tracer, opts->tracefs, err);
	if (status == KG_OK && state_files_restore(opts->state_folder, &capture->restored_count,
						   &capture->restore_err) == KG_NOMEM)
		status = error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	if (status == KG_OK && opts->dat_path != NULL)
		status = symbols_check(tracer.top, err);
	if (status == KG_OK)
		status = open_file(&capture->dat, opts->dat_path, err);
	if (status == KG_OK)
		status = open_file(&capture->text, opts->text_path, err);
	if (status == KG_OK)
		status = child_start(&child, &start, err);
	if (status == KG_OK)
		status = record(capture, opts, &tracer, &child, err);
	child_release(&child);
	enum kg_status closed = tracer_close(&tracer, err);
	return status == KG_OK ? closed : status;
}

enum kg_status capture_keep(struct capture *capture, struct kg_error *err)
{
	enum kg_status status = keep_file(&capture->text, err);
	return status == KG_OK ? keep_file(&capture->dat, err) : status;
}

void capture_release(struct capture *capture)
{
	release_file(&capture->dat);
	release_file(&capture->text);
	memory_free(capture->functions);
	memory_free(capture->buffers);
	arena_release(&capture->memory);
	*capture = (struct capture){ .dat.fd = -1, .text.fd = -1 };
}

enum kg_status capture_restore(const char *state_folder, size_t *count, struct kg_error *err)
{
	return state_files_restore(state_folder, count, err);
}

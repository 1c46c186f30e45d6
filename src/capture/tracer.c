/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where the tracer is, who else uses it, and what of it has to be put back. */
#include "capture/tracer.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tracefs.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/buffers.h"
#include "capture/control.h"
#include "capture/tracer_plan.h"
#include "base/banned.h"

static enum kg_status no_memory(struct kg_error *err)
{
	return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
}

/* ---- finding it ------------------------------------------------------------------------------ */

/* Where tracefs is mounted, or part of debugfs, as it was on older kernels; NULL: nowhere. */
static const char *find_mount(struct arena *memory)
{
	const char *found = NULL;
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	if (mounts == NULL)
		return NULL;
	for (const struct mntent *entry; (entry = getmntent(mounts)) != NULL;) {
		if (strcmp(entry->mnt_type, "tracefs") == 0)
			found = arena_copy_string(memory, entry->mnt_dir);
		else if (strcmp(entry->mnt_type, "debugfs") == 0 && found == NULL)
			found = arena_format(memory, "%s/tracing", entry->mnt_dir);
		if (strcmp(entry->mnt_type, "tracefs") == 0)
			break;
	}
	endmntent(mounts);
	return found;
}

static enum kg_status find_folder(struct tracer *tracer, const char *folder, struct kg_error *err)
{
	const char *mounted = folder != NULL ? folder : find_mount(&tracer->memory);
	if (mounted == NULL)
		return error_set(err, KG_LACKING, NULL, 0,
				 "tracefs is not mounted (mount -t tracefs nodev "
				 "/sys/kernel/tracing)");
	tracer->top = tracer->folder = arena_copy_string(&tracer->memory, mounted);
	return tracer->top != NULL ? KG_OK : no_memory(err);
}

/* Whoever puts settings back may do so from elsewhere. */
static enum kg_status make_absolute(struct tracer *tracer, struct kg_error *err)
{
	char *resolved = realpath(tracer->top, NULL);
	if (resolved == NULL)
		return error_set(err, KG_IO, tracer->top, errno, "%s", strerror(errno));
	char *copy = arena_copy_string(&tracer->memory, resolved);
	free(resolved);
	if (copy == NULL || tracefs_set_tracing_dir(copy) != 0)
		return no_memory(err);
	tracer->top = tracer->folder = copy;
	return KG_OK;
}

static enum kg_status check_tracer(struct tracer *tracer, struct kg_error *err)
{
	const char *current = arena_format(&tracer->memory, "%s/current_tracer", tracer->top);
	if (current == NULL)
		return no_memory(err);
	if (access(current, F_OK) != 0 && errno == ENOENT)
		return error_set(err, KG_LACKING, tracer->top, 0,
				 "is no tracefs (mount -t tracefs nodev /sys/kernel/tracing)");
	if (access(current, R_OK | W_OK) != 0)
		return error_set(err, KG_LACKING, tracer->top, errno,
				 "may not be used: %s (run as root, or have root give it to you: "
				 "chown -R USER %s)",
				 strerror(errno), tracer->top);
	if (!tracefs_tracer_available(tracer->top, "function_graph"))
		return error_set(err, KG_LACKING, tracer->top, 0,
				 "this kernel has no tracer function_graph (it takes one with "
				 "CONFIG_FUNCTION_GRAPH_TRACER and CONFIG_DYNAMIC_FTRACE, as "
				 "distributions have them)");
	return KG_OK;
}

enum kg_status tracer_open(struct tracer *tracer, const char *folder, struct kg_error *err)
{
	*tracer = (struct tracer){ 0 };
	tracefs_set_loglevel(TEP_LOG_NONE);
	enum kg_status status = find_folder(tracer, folder, err);
	if (status == KG_OK)
		status = check_tracer(tracer, err);
	return status == KG_OK ? make_absolute(tracer, err) : status;
}

/* ---- who else is there ----------------------------------------------------------------------- */

static enum kg_status refuse(const struct tracer *tracer, struct kg_error *err, const char *format,
			     const char *what)
{
	char text[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), format, what);
#pragma GCC diagnostic pop
	return error_set(err, KG_LACKING, tracer->top, 0, "%s (--force takes over, and gives back)",
			 text);
}

static enum kg_status check_top_is_free(struct tracer *tracer, struct kg_error *err)
{
	struct arena *memory = &tracer->memory;
	const char *current =
		control_line(memory, arena_format(memory, "%s/current_tracer", tracer->top));
	const char *event = control_line(memory, arena_format(memory, "%s/set_event", tracer->top));
	if (current != NULL && strcmp(current, "nop") != 0)
		return refuse(tracer, err, "the tracer %s is active", current);
	if (event != NULL && event[0] != '\0')
		return refuse(tracer, err, "another user traces events, %s among them", event);
	if (buffers_hold_events(tracer->top))
		return refuse(tracer, err, "its buffer holds events%s, which would be lost", "");
	return KG_OK;
}

/* ---- setting it up --------------------------------------------------------------------------- */

/* Leaves a place with everything there as it was. */
static enum kg_status leave(struct tracer *tracer, struct kg_error *err)
{
	tracefs_instance_free(tracer->instance);
	tracer->instance = NULL;
	enum kg_status status = watchdog_end(&tracer->watchdog, &tracer->settings, err);
	settings_release(&tracer->settings);
	tracer->folder = tracer->top;
	tracer->is_instance = false;
	return status;
}

/* Sets up in one place, watched; keep() says what of it has to be put back. */
static enum kg_status set_up(struct tracer *tracer, const struct tracer_opts *opts,
			     struct kg_error *err)
{
	enum kg_status status = plan_keep(tracer, opts, err);
	if (status == KG_OK)
		status = watchdog_start(&tracer->watchdog, &tracer->settings, opts->state_folder,
					&tracer->state_err, err);
	if (status == KG_OK && tracer->is_instance && mkdir(tracer->folder, 0750) != 0)
		status = error_set(err, KG_IO, tracer->folder, errno, "cannot be made: %s",
				   strerror(errno));
	if (status == KG_OK && tracer->is_instance) {
		const char *name = strrchr(tracer->folder, '/') + 1;
		tracer->instance = tracefs_instance_alloc(tracer->top, name);
		if (tracer->instance == NULL)
			status = no_memory(err);
	}
	if (status == KG_OK)
		status = plan_apply(tracer, opts, err);
	return status;
}

static enum kg_status set_up_instance(struct tracer *tracer, const struct tracer_opts *opts,
				      struct kg_error *err)
{
	const char *folder = arena_format(&tracer->memory, "%s/instances/kvmgraph-%ld", tracer->top,
					  (long)getpid());
	if (folder == NULL)
		return no_memory(err);
	tracer->folder = folder;
	tracer->is_instance = true;
	return set_up(tracer, opts, err);
}

enum kg_status tracer_setup(struct tracer *tracer, const struct tracer_opts *opts,
			    struct kg_error *err)
{
	struct kg_error first = { 0 };
	enum kg_status status = set_up_instance(tracer, opts, &first);
	/* what this kernel cannot do in an instance it may do at the top */
	if (status == KG_IO) {
		status = leave(tracer, err);
		if (status == KG_OK && !opts->force)
			status = check_top_is_free(tracer, err);
		return status == KG_OK ? set_up(tracer, opts, err) : status;
	}
	if (status != KG_OK)
		error_set(err, first.status, first.file[0] != '\0' ? first.file : NULL,
			  first.os_errno, "%s", first.text);
	return status;
}

/* ---- running it ------------------------------------------------------------------------------ */

static enum kg_status turn(const struct tracer *tracer, const char *text, struct kg_error *err)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/tracing_on", tracer->folder);
	if (control_put(path, text) == 0)
		return KG_OK;
	return error_set(err, KG_IO, path, errno, "cannot be written: %s", strerror(errno));
}

enum kg_status tracer_start(const struct tracer *tracer, struct kg_error *err)
{
	return turn(tracer, "1\n", err);
}

enum kg_status tracer_stop(const struct tracer *tracer, struct kg_error *err)
{
	return turn(tracer, "0\n", err);
}

enum kg_status tracer_close(struct tracer *tracer, struct kg_error *err)
{
	enum kg_status status = leave(tracer, err);
	arena_release(&tracer->memory);
	*tracer = (struct tracer){ 0 };
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which functions are KVM's, and which the kernel traces. */
#include "capture/functions.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "capture/control.h"
#include "base/banned.h"

#define AVAILABLE "available_filter_functions"

/* ---- KVM ------------------------------------------------------------------------------------- */

static const char *const kvm_modules[] = { "kvm", "kvm_intel", "kvm_amd" };

/* What KVM's functions are called where it is no module, and what is the guest's side of KVM. */
static const char *const kvm_globs[] = {
	"kvm_*",
	"__kvm_*",
	"vcpu_*",
	"__vcpu_*",
	"vmx_*",
	"__vmx_*",
	"svm_*",
	"__svm_*",
	"nested_vmx_*",
	"nested_svm_*",
	"tdp_mmu_*",
	"tdp_iter_*",
	"*_interception",
	"handle_ept_*",
	"handle_io",
	"hardware_enable*",
	"hardware_disable*",
	"gfn_to_*",
	"x86_emulate_*",
};
static const char *const guest_globs[] = {
	"kvm_clock_*", "kvm_sched_clock_*", "kvm_guest_*", "kvm_steal_*", "kvm_async_pf_task*",
	"kvm_wait",    "kvm_kick_cpu",	    "kvm_setup_*", "kvm_crash_*", "kvm_smp_*",
};

static bool has_line(const char *list, const char *line)
{
	const size_t len = strlen(line);
	for (const char *at = list; (at = strstr(at, line)) != NULL; at += len) {
		if ((at == list || at[-1] == '\n') && at[len] == '\n')
			return true;
	}
	return false;
}

/*
 * Whether a module is loaded. The kernel takes a second of work to list all functions, so it is
 * asked otherwise; what stands in for its tracer has only the list.
 */
static bool has_module(const char *list, const char *module)
{
	char text[64];
	if (list != NULL) {
		snprintf(text, sizeof(text), " [%s]\n", module);
		return strstr(list, text) != NULL;
	}
	snprintf(text, sizeof(text), "/sys/module/%s/initstate", module);
	return access(text, F_OK) == 0;
}

/* list may be NULL */
static enum kg_status add_modules(const char *list, const char *filter, bool *found,
				  struct kg_error *err)
{
	for (size_t i = 0; i < sizeof(kvm_modules) / sizeof(kvm_modules[0]); i++) {
		char word[32];
		if (!has_module(list, kvm_modules[i]))
			continue;
		snprintf(word, sizeof(word), ":mod:%s\n", kvm_modules[i]);
		if (control_add(filter, word) != 0)
			return error_set(err, KG_IO, filter, errno,
					 "does not take the functions of module %s: %s",
					 kvm_modules[i], strerror(errno));
		*found = true;
	}
	return KG_OK;
}

static bool is_tracefs(const char *folder)
{
	struct statfs found;
	return statfs(folder, &found) == 0 && found.f_type == TRACEFS_MAGIC;
}

/* Not every kernel has a function for each of the names. */
static void add_globs(const char *filter, const char *const *globs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char word[64];
		snprintf(word, sizeof(word), "%s\n", globs[i]);
		if (control_add(filter, word) != 0)
			continue;
	}
}

enum kg_status functions_add_kvm(const char *top, const char *folder, struct kg_error *err)
{
	struct arena paths = { 0 };
	char *list = NULL;
	bool found = false;
	enum kg_status status = KG_NOMEM;
	const char *available = arena_format(&paths, "%s/" AVAILABLE, top);
	const char *filter = arena_format(&paths, "%s/set_ftrace_filter", folder);
	const char *notrace = arena_format(&paths, "%s/set_ftrace_notrace", folder);
	if (available == NULL || filter == NULL || notrace == NULL)
		goto out;
	status = is_tracefs(top) ? add_modules(NULL, filter, &found, err) : KG_OK;
	if (status != KG_OK || found)
		goto out;
	status = control_read(available, &list, NULL, err);
	if (status == KG_OK)
		status = add_modules(list, filter, &found, err);
	if (status != KG_OK || found)
		goto out;
	if (!has_line(list, "kvm_vm_ioctl") && !has_line(list, "kvm_dev_ioctl")) {
		status = error_set(err, KG_LACKING, NULL, 0,
				   "this kernel has no KVM to trace (modprobe kvm_intel or "
				   "kvm_amd, or name functions with -l)");
		goto out;
	}
	add_globs(filter, kvm_globs, sizeof(kvm_globs) / sizeof(kvm_globs[0]));
	add_globs(notrace, guest_globs, sizeof(guest_globs) / sizeof(guest_globs[0]));
out:
	memory_free(list);
	arena_release(&paths);
	return status == KG_NOMEM ? error_set(err, KG_NOMEM, NULL, 0, "out of memory") : status;
}

/* ---- what is traced -------------------------------------------------------------------------- */

/*
 * Whether a line names a function. "name:mod:module" waits for a module that is not there;
 * "name:traceoff:unlimited" and the like are commands, which writing to a filter leaves alone.
 */
bool functions_is_name(struct span line)
{
	if (line.len == 0 || line.at[0] == '#')
		return false;
	return memchr(line.at, ':', line.len) == NULL || span_find(line, SPAN(":mod:")) != NULL;
}

static int compare_functions(const void *a, const void *b)
{
	const struct kg_env_function *one = a;
	const struct kg_env_function *two = b;
	int order = strcmp(one->module, two->module);
	return order != 0 ? order : strcmp(one->name, two->name);
}

/* "name" or "name [module]" */
static bool add_function(struct functions *functions, struct arena *memory, struct span line)
{
	const unsigned char *space = span_find(line, SPAN(" ["));
	struct span name = line;
	struct span module = { line.at, 0 };
	if (space != NULL && span_ends(line, SPAN("]"))) {
		name = span_of(line.at, space);
		module = span_of(space + 2, line.at + line.len - 1);
	}
	const struct kg_env_function row = { arena_copy(memory, name), arena_copy(memory, module) };
	return row.name != NULL && row.module != NULL && column_push(&functions->rows, row);
}

/* Whether a filter's text says that it lets all through, or holds none back. */
static bool is_empty_filter(const char *text)
{
	return text[0] == '#' || text[0] == '\0';
}

static bool add_lines(struct functions *functions, struct arena *memory, const char *text,
		      struct intern *without)
{
	struct span left = { (const unsigned char *)text, strlen(text) };
	struct span line;
	while (control_next_line(&left, &line)) {
		if (!functions_is_name(line) || memchr(line.at, ':', line.len) != NULL ||
		    intern_find(without, line, intern_hash(line)) != INTERN_NONE)
			continue;
		if (!add_function(functions, memory, line))
			return false;
	}
	return true;
}

/* Remembers what is held back. False when memory is out. */
static bool add_without(struct intern *without, const char *text)
{
	struct span left = { (const unsigned char *)text, strlen(text) };
	struct span line;
	while (control_next_line(&left, &line)) {
		if (functions_is_name(line) && intern_add_copy(without, line) == INTERN_NONE)
			return false;
	}
	return true;
}

enum kg_status functions_traced(const char *top, const char *folder, struct arena *memory,
				struct functions *out, struct kg_error *err)
{
	char *filter = NULL;
	char *notrace = NULL;
	struct intern without = { 0 };
	struct functions found = { 0 };
	const char *path = arena_format(memory, "%s/set_ftrace_filter", folder);
	const char *notrace_path = arena_format(memory, "%s/set_ftrace_notrace", folder);
	const char *all_path = arena_format(memory, "%s/" AVAILABLE, top);
	enum kg_status status = KG_NOMEM;
	if (path != NULL && notrace_path != NULL && all_path != NULL)
		status = control_read(path, &filter, NULL, err);
	if (status == KG_OK)
		status = control_read(notrace_path, &notrace, NULL, err);
	if (status == KG_OK && is_empty_filter(filter)) {
		found.is_all = is_empty_filter(notrace);
		memory_free(filter);
		filter = NULL;
		status = control_read(all_path, &filter, NULL, err);
	}
	if (status == KG_OK &&
	    (!add_without(&without, notrace) || !add_lines(&found, memory, filter, &without)))
		status = KG_NOMEM;
	intern_release(&without);
	memory_free(filter);
	memory_free(notrace);
	if (status != KG_OK) {
		functions_release(&found);
		return error_set(err, status, NULL, 0, "out of memory");
	}
	if (found.rows.count > 0)
		qsort(found.rows.at, found.rows.count, sizeof(*found.rows.at), compare_functions);
	*out = found;
	return KG_OK;
}

void functions_release(struct functions *functions)
{
	column_release(&functions->rows);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of plain files that stands in for tracefs: it takes everything, and adds nothing. */
#ifndef UNIT_CAPTURE_FAKE_TRACEFS_H
#define UNIT_CAPTURE_FAKE_TRACEFS_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fake {
	char folder[64];
	char path[256]; /* of the file that was named last */
};

static inline const char *fake_path(struct fake *fake, const char *name)
{
	snprintf(fake->path, sizeof(fake->path), "%s/%s", fake->folder, name);
	return fake->path;
}

/* Makes a file, and the folders that it is in. */
static inline void fake_write(struct fake *fake, const char *name, const char *text)
{
	char folder[256];
	snprintf(folder, sizeof(folder), "%s", fake_path(fake, name));
	for (char *slash = folder + strlen(fake->folder) + 1; (slash = strchr(slash, '/'));) {
		*slash = '\0';
		mkdir(folder, 0700);
		*slash++ = '/';
	}
	FILE *file = fopen(fake->path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static inline void fake_check(struct fake *fake, const char *name, const char *text)
{
	char found[4096] = "";
	FILE *file = fopen(fake_path(fake, name), "r");
	ck_assert_msg(file != NULL, "%s is not there", name);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	ck_assert_msg(strcmp(found, text) == 0, "%s holds \"%s\", not \"%s\"", name, found, text);
}

static inline bool fake_has(struct fake *fake, const char *name)
{
	return access(fake_path(fake, name), F_OK) == 0;
}

/* A kernel with KVM as modules, nobody tracing, one CPU, and no instances. */
static inline void fake_make(struct fake *fake)
{
	static const struct {
		const char *name;
		const char *text;
	} files[] = {
		{ "available_tracers", "function_graph function nop\n" },
		{ "available_filter_functions",
		  "schedule\nvfs_read\nkvm_init [kvm]\nkvm_exit [kvm]\nsvm_init [kvm_amd]\n" },
		{ "current_tracer", "nop\n" },
		{ "tracing_on", "1\n" },
		{ "trace_clock", "[local] global counter mono\n" },
		{ "buffer_size_kb", "7 (expanded: 1408)\n" },
		{ "set_ftrace_filter", "#### all functions enabled ####\n" },
		{ "set_ftrace_notrace", "#### no functions disabled ####\n" },
		{ "set_graph_function", "#### all functions enabled ####\n" },
		{ "set_graph_notrace", "#### no functions disabled ####\n" },
		{ "set_ftrace_pid", "no pid\n" },
		{ "set_ftrace_notrace_pid", "no pid\n" },
		{ "set_event_pid", "" },
		{ "set_event", "" },
		{ "max_graph_depth", "0\n" },
		{ "options/function-fork", "0\n" },
		{ "options/event-fork", "0\n" },
		{ "options/funcgraph-tail", "0\n" },
		{ "options/noisy", "0\n" },
		{ "options/sleep-time", "1\n" },
		{ "options/funcgraph-irqs", "0\n" },
		{ "trace_options", "print-parent\nnosym-addr\nnofuncgraph-tail\n" },
		{ "trace", "# tracer: function_graph\n#\n" },
		{ "printk_formats", "" },
		{ "saved_cmdlines", "1 init\n" },
		{ "events/header_page",
		  "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
		  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n" },
		{ "events/header_event", "# compressed entry header\n" },
		{ "events/ftrace/funcgraph_entry/format", "name: funcgraph_entry\nID: 11\n" },
		{ "events/ftrace/funcgraph_exit/format", "name: funcgraph_exit\nID: 10\n" },
		{ "events/kvm/enable", "0\n" },
		{ "events/kvm/kvm_exit/format", "name: kvm_exit\nID: 900\n" },
		{ "events/sched/enable", "0\n" },
		{ "events/sched/sched_switch/format", "name: sched_switch\nID: 901\n" },
		{ "per_cpu/cpu0/stats", "entries: 0\noverrun: 0\nbytes: 0\n" },
		{ "per_cpu/cpu0/buffer_size_kb", "7 (expanded: 1408)\n" },
		{ "per_cpu/cpu0/trace_pipe_raw", "" },
	};
	snprintf(fake->folder, sizeof(fake->folder), "/tmp/kvmgraph-fake-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fake->folder));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		fake_write(fake, files[i].name, files[i].text);
}

static inline int fake_remove_one(const char *path, const struct stat *found, int kind,
				  struct FTW *place)
{
	(void)found, (void)kind, (void)place;
	return remove(path);
}

static inline void fake_remove(struct fake *fake)
{
	nftw(fake->folder, fake_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif

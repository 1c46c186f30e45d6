/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph lab: checks what is asked for and becomes the script that boots kernels. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

struct lab_opts {
	const char *output;
	const char *vendors;
	const char *scenario;
	const char *run;
	struct string_list added;
	const char *kernel_args;
	uint64_t cpus;
	uint64_t memory_mib;
	uint64_t repeat;
	uint64_t jobs;
	uint64_t timeout_s;
	bool host_clock;
	bool install;
	bool list;
	bool keep;
	bool json;
	const char *progress;
	bool quiet;
	bool verbose;
};

#define LAB(member) offsetof(struct lab_opts, member)

static const struct option_row boot_rows[] = {
	{ .name = "vendor",
	  .kind = OPTION_STRING,
	  .offset = LAB(vendors),
	  .value = "LIST",
	  .help = "processors, some of vmx,svm (svm)" },
	{ .name = "smp",
	  .kind = OPTION_COUNT,
	  .offset = LAB(cpus),
	  .value = "N",
	  .help = "CPUs of the guest (1)" },
	{ .name = "memory",
	  .kind = OPTION_COUNT,
	  .offset = LAB(memory_mib),
	  .value = "MIB",
	  .help = "memory of the guest (512)" },
	{ .name = "kernel-args",
	  .kind = OPTION_STRING,
	  .offset = LAB(kernel_args),
	  .value = "TEXT",
	  .help = "more arguments for the kernel's command line" },
	{ .name = "host-clock",
	  .kind = OPTION_FLAG,
	  .offset = LAB(host_clock),
	  .help = "time is the host's: quicker on several CPUs, but no two runs are alike" },
	{ .name = "repeat",
	  .kind = OPTION_COUNT,
	  .offset = LAB(repeat),
	  .value = "N",
	  .help = "boot each kernel N times" },
	{ .name = "jobs",
	  .letter = 'j',
	  .kind = OPTION_COUNT,
	  .offset = LAB(jobs),
	  .value = "N",
	  .help = "boot N at a time (as many as there are CPUs here)" },
	{ .name = "timeout",
	  .kind = OPTION_COUNT,
	  .offset = LAB(timeout_s),
	  .value = "SECONDS",
	  .help = "end a boot that takes longer (svm 600, vmx 1200)" },
	{ .name = "list",
	  .kind = OPTION_FLAG,
	  .offset = LAB(list),
	  .help = "the kernels that apt offers, and which are in the cache" },
	{ .name = "install",
	  .kind = OPTION_FLAG,
	  .offset = LAB(install),
	  .help = "let apt-get install what is missing" },
};

static const struct option_row guest_rows[] = {
	{ .name = "scenario",
	  .kind = OPTION_STRING,
	  .offset = LAB(scenario),
	  .value = "NAME",
	  .help = "what the VMM does (hello): a scenario, or a file of steps" },
	{ .name = "run",
	  .kind = OPTION_STRING,
	  .offset = LAB(run),
	  .value = "SCRIPT",
	  .help = "run this in the guest instead of recording" },
	{ .name = "add",
	  .kind = OPTION_LIST,
	  .offset = LAB(added),
	  .value = "PROGRAM",
	  .help = "take this program or file along, with its libraries" },
};

static const struct option_row result_rows[] = {
	{ .name = "output",
	  .letter = 'o',
	  .kind = OPTION_STRING,
	  .offset = LAB(output),
	  .value = "DIR",
	  .help = "put the results there (kvmgraph-lab)" },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .offset = LAB(json),
	  .help = "print DIR/lab.json instead of a table" },
	{ .name = "keep",
	  .kind = OPTION_FLAG,
	  .offset = LAB(keep),
	  .help = "keep ramdisks and disks, and say where" },
	{ .name = "progress",
	  .kind = OPTION_CHOICE,
	  .offset = LAB(progress),
	  .value = "WHEN",
	  .choices = "auto|never",
	  .help = "auto (what the guests do, on a terminal) or never" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_FLAG,
	  .offset = LAB(quiet),
	  .help = "say nothing: exit code and DIR tell" },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPTION_FLAG,
	  .offset = LAB(verbose),
	  .help = "show the emulators' command lines" },
};

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const struct option_group groups[] = {
	{ "What to boot", ROWS(boot_rows), 0 },
	{ "What to do there", ROWS(guest_rows), 0 },
	{ "Results", ROWS(result_rows), 0 },
};

/* The words of a command line, each its own piece of memory; the last is followed by NULL. */
struct words {
	char **at;
	size_t count;
	bool is_short; /* of memory: a word is missing */
};

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->at[i]);
	free(words->at);
}

static void add_word(struct words *words, const char *dashes, const char *text)
{
	char *word = NULL;
	char **moved = realloc(words->at, (words->count + 2) * sizeof(*moved));
	if (moved != NULL)
		words->at = moved;
	if (moved == NULL || asprintf(&word, "%s%s", dashes, text) < 0) {
		words->is_short = true;
		return;
	}
	words->at[words->count++] = word;
	words->at[words->count] = NULL;
}

static void add_option(struct words *words, const char *name, const char *value)
{
	add_word(words, "--", name);
	add_word(words, "", value);
}

/* Hands an option on under the name that it was given by; what was not given is left out. */
static void forward(struct words *words, const struct option_row *row, const void *place)
{
	if (row->kind == OPTION_FLAG) {
		if (*(const bool *)place)
			add_word(words, "--", row->name);
	} else if (row->kind == OPTION_COUNT) {
		char digits[24];
		snprintf(digits, sizeof(digits), "%" PRIu64, *(const uint64_t *)place);
		if (*(const uint64_t *)place > 0)
			add_option(words, row->name, digits);
	} else if (row->kind == OPTION_LIST) {
		const struct string_list *list = place;
		for (size_t i = 0; i < list->count; i++)
			add_option(words, row->name, list->at[i]);
	} else if (*(const char *const *)place != NULL) {
		add_option(words, row->name, *(const char *const *)place);
	}
}

static bool is_list_of_vendors(const char *list)
{
	for (const char *at = list;; at += 4) {
		if (strncmp(at, "vmx", 3) != 0 && strncmp(at, "svm", 3) != 0)
			return false;
		if (at[3] != ',')
			return at[3] == '\0';
	}
}

/* A scenario becomes part of the names of folders, and of a script in the guest. */
static bool is_plain_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-_.")] == '\0';
}

static const struct {
	const char *name;
	size_t offset;
	uint64_t max;
} limits[] = {
	{ "smp", LAB(cpus), 64 },
	{ "memory", LAB(memory_mib), 65536 },
	{ "repeat", LAB(repeat), 1000 },
	{ "jobs", LAB(jobs), 1000 },
	{ "timeout", LAB(timeout_s), 86400 },
};

static bool check_limits(const struct command *command, const struct lab_opts *opts)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		uint64_t value;
		memcpy(&value, (const char *)opts + limits[i].offset, sizeof(value));
		if (value <= limits[i].max)
			continue;
		report_error(command->name, "--%s %" PRIu64 " is too much (at most %" PRIu64 ")",
			     limits[i].name, value, limits[i].max);
		return false;
	}
	return true;
}

static bool check_opts(const struct command *command, const struct lab_opts *opts,
		       size_t kernel_count)
{
	if (opts->list && kernel_count > 0)
		report_error(command->name, "--list takes no KERNEL");
	else if (!opts->list && kernel_count == 0)
		report_error(command->name, "takes at least one KERNEL: a series such as 6.1, a "
					    ".deb, or VMLINUZ:MODULES (--list shows some)");
	else if (opts->vendors != NULL && !is_list_of_vendors(opts->vendors))
		report_error(command->name,
			     "--vendor %s is not understood (it takes some of vmx,svm)",
			     opts->vendors);
	else if (opts->scenario != NULL && !names_file(opts->scenario) &&
		 !is_plain_name(opts->scenario))
		report_error(command->name,
			     "--scenario %s is no name (letters, digits, dashes and dots are)",
			     opts->scenario);
	else if (opts->run != NULL && access(opts->run, R_OK) != 0)
		report_error(command->name, "%s: cannot be read: %s", opts->run, strerror(errno));
	else
		return check_limits(command, opts);
	return false;
}

/* This program's path, and in folder the same without its name. */
static bool find_program(char *program, char *folder, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", program, size);
	if (len <= 0 || (size_t)len >= size)
		return false;
	program[len] = '\0';
	memcpy(folder, program, (size_t)len + 1);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/*
 * The script: where KVMGRAPH_LAB says, else where it is installed as seen from this program, else
 * where a build has it.
 */
static bool find_script(const char *folder, char *script, size_t size)
{
	static const char *const places[] = { KG_LAB_FROM_PROGRAM, KG_LAB_IN_BUILD };
	const char *chosen = getenv("KVMGRAPH_LAB");
	if (chosen != NULL && chosen[0] != '\0') {
		int len = snprintf(script, size, "%s/lab", chosen);
		return len > 0 && (size_t)len < size && access(script, X_OK) == 0;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int len = snprintf(script, size, "%s/%s/lab", folder, places[i]);
		if (len > 0 && (size_t)len < size && access(script, X_OK) == 0)
			return true;
	}
	return false;
}

/* Becomes the script, so that its exit code is ours and signals reach it; returns if it cannot. */
static int become(const struct command *command, const struct words *words)
{
	if (words->is_short) {
		report_error(command->name, "out of memory");
		return EXIT_INTERNAL;
	}
	execv(words->at[0], words->at);
	report_error(command->name, "%s: cannot be run: %s (it needs bash)", words->at[0],
		     strerror(errno));
	return EXIT_LACKING;
}

static int run_lab(const struct command *command, const void *all, size_t count, char **arguments)
{
	const struct lab_opts *opts = all;
	char program[PATH_MAX];
	char folder[PATH_MAX];
	char script[2 * PATH_MAX];
	if (!check_opts(command, opts, count))
		return EXIT_WRONG;
	if (!find_program(program, folder, sizeof(program)) ||
	    !find_script(folder, script, sizeof(script))) {
		report_error(command->name,
			     "its scripts are not here (KVMGRAPH_LAB names their folder)");
		return EXIT_LACKING;
	}
	struct words words = { 0 };
	add_word(&words, "", script);
	add_option(&words, "program", program);
	for (size_t g = 0; g < command->group_count; g++) {
		const struct option_group *group = &command->groups[g];
		for (size_t i = 0; i < group->row_count; i++)
			forward(&words, &group->rows[i],
				(const char *)all + group->base + group->rows[i].offset);
	}
	add_word(&words, "--", "");
	for (size_t i = 0; i < count; i++)
		add_word(&words, "", arguments[i]);
	int code = become(command, &words);
	words_release(&words);
	return code;
}

const struct command command_lab = {
	.name = "lab",
	.summary = "boot kernels under an emulated VMX or SVM processor and record there",
	.arguments = "KERNEL...",
	.about =
		"Boots each KERNEL on an emulated processor, AMD's (svm) under QEMU and Intel's "
		"(vmx) under\n"
		"Bochs, records a scenario of the VMM there, and brings home trace.dat, trace.txt, "
		"run.json,\n"
		"env.json and console.log in DIR/RELEASE-VENDOR-SCENARIO, with a lab.json that "
		"tells how.\n"
		"No hardware is needed, and nothing is installed or changed here.\n\n"
		"Durations are emulated: they count executed instructions, not the time that "
		"hardware would\n"
		"take. That makes them nearly the same in every run, and two kernels comparable "
		"call by call.\n\n"
		"A KERNEL is a series (6.1, 6.12, 6.12-cloud: the newest package that apt offers) "
		"or a release\n"
		"of Debian, a .deb with a kernel in it, or VMLINUZ:MODULES, a bzImage and the "
		"folder of its\n"
		"modules (without :MODULES, where they usually are). What was fetched stays in "
		"XDG_CACHE_HOME.\n\n"
		"A script given to --run starts in the guest as root, in the folder of the "
		"results, with\n"
		"kvmgraph and busybox in PATH and KVMGRAPH_LAB_VENDOR, _SCENARIO (for record "
		"--scenario) and\n"
		"_EMULATED set; what it leaves there comes home, and its exit code becomes that of "
		"the boot.\n\n"
		"Ends with the highest exit code of all boots: what recording says, and 1 for a "
		"guest that\n"
		"did not bring its results.",
	.examples = "  kvmgraph lab 6.1 6.12 -o lab\n"
		    "  kvmgraph lab 6.1 --vendor vmx,svm --scenario hello -o lab\n"
		    "  kvmgraph lab linux-image-6.1.0-50-amd64_6.1.176-1_amd64.deb --smp 2\n"
		    "  kvmgraph lab 6.12 --run script --add trace-cmd -o lab\n",
	.groups = groups,
	.group_count = sizeof(groups) / sizeof(groups[0]),
	.opts_size = sizeof(struct lab_opts),
	.run = run_lab,
};

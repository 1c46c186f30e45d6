/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where a machine tells about itself. */
#include "capture/machine.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "base/column.h"
#include "base/memory.h"
#include "capture/control.h"
#include "base/banned.h"

#define CPUS "/sys/devices/system/cpu"
#define DMI "/sys/class/dmi/id/"

struct pairs {
	COLUMN(struct kg_env_pair) rows;
};

/* ---- kernel ---------------------------------------------------------------------------------- */

const char *machine_choice(struct arena *memory, const char *text)
{
	const char *from = text != NULL ? strpbrk(text, "([") : NULL;
	if (from == NULL)
		return text;
	const struct span word = { (const unsigned char *)from + 1, strcspn(from + 1, ")]") };
	return arena_copy(memory, word);
}

/* The coarse clock moves with every tick. */
static uint32_t find_hz(void)
{
	struct timespec tick;
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0 || tick.tv_sec != 0 ||
	    tick.tv_nsec <= 0)
		return 0;
	return (uint32_t)((1000000000 + tick.tv_nsec / 2) / tick.tv_nsec);
}

static const char *find_preemption(struct arena *memory, const char *build)
{
	const char *chosen = control_line(memory, "/sys/kernel/debug/sched/preempt");
	if (chosen != NULL)
		return machine_choice(memory, chosen);
	if (strstr(build, "PREEMPT_RT") != NULL)
		return "rt";
	/* chosen at boot, and not told */
	if (strstr(build, "PREEMPT_DYNAMIC") != NULL)
		return "dynamic";
	return strstr(build, "PREEMPT") != NULL ? "full" : NULL;
}

static void describe_kernel(struct kg_environment *environment, struct arena *memory)
{
	struct utsname host;
	uname(&host);
	environment->release = arena_copy_string(memory, host.release);
	environment->build = arena_copy_string(memory, host.version);
	environment->machine = arena_copy_string(memory, host.machine);
	environment->arguments = control_line(memory, "/proc/cmdline");
	environment->hz = find_hz();
	environment->preemption = find_preemption(memory, host.version);
	environment->clock_source = control_line(
		memory, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	char *mounts;
	if (control_read("/proc/self/mounts", &mounts, NULL, NULL) == KG_OK) {
		environment->has_favordynmods = strstr(mounts, "favordynmods") != NULL;
		memory_free(mounts);
	}
}

/* ---- processor ------------------------------------------------------------------------------- */

/* The value of a line "name : value" of /proc/cpuinfo. */
static const char *cpuinfo_value(struct arena *memory, const char *text, const char *name)
{
	const size_t len = strlen(name);
	for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, len) != 0 || (at[len] != '\t' && at[len] != ' '))
			continue;
		const char *colon = strchr(at, ':');
		if (colon == NULL)
			return NULL;
		const struct span value = { (const unsigned char *)colon + 1,
					    strcspn(colon + 1, "\n") };
		return arena_copy(memory, span_trim(value));
	}
	return NULL;
}

static bool has_word(const char *words, const char *word)
{
	const size_t len = strlen(word);
	for (const char *at = words; at != NULL && (at = strstr(at, word)) != NULL; at += len) {
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* What the hypervisor, if there is one, calls itself. */
static const char *find_hypervisor(struct arena *memory)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int words[4] = { 0 };
	char name[13] = "";
	__cpuid(0x40000000, words[0], words[1], words[2], words[3]);
	memcpy(name, &words[1], 12);
	return name[0] != '\0' ? arena_copy_string(memory, name) : NULL;
#else
	(void)memory;
	return NULL;
#endif
}

static void describe_host(struct kg_environment *environment, struct arena *memory,
			  const char *flags)
{
	const char *vendor = control_line(memory, DMI "sys_vendor");
	const char *bios = control_line(memory, DMI "bios_vendor");
	environment->system_vendor = vendor;
	environment->system_product = control_line(memory, DMI "product_name");
	if (has_word(flags, "hypervisor")) {
		environment->hypervisor = find_hypervisor(memory);
		environment->is_virtual = KG_ENV_YES;
	}
	const char *name = environment->hypervisor;
	if (name != NULL && strcmp(name, "TCGTCGTCGTCG") == 0)
		environment->is_emulated = KG_ENV_YES;
	else if (name != NULL)
		environment->is_emulated = KG_ENV_NO;
	/* Bochs has no hypervisor's flag, but its own name on the machine or its start-up code */
	if ((vendor != NULL && strstr(vendor, "Bochs") != NULL) ||
	    (bios != NULL && strstr(bios, "Bochs") != NULL))
		environment->is_virtual = environment->is_emulated = KG_ENV_YES;
}

static enum kg_status describe_cpu(struct kg_environment *environment, struct arena *memory)
{
	char *text;
	const long online = sysconf(_SC_NPROCESSORS_ONLN);
	environment->cpu_count = online > 0 ? (uint32_t)online : 0;
	enum kg_status status = control_read("/proc/cpuinfo", &text, NULL, NULL);
	if (status == KG_NOMEM)
		return status;
	if (status != KG_OK)
		return KG_OK;
	environment->cpu_vendor = cpuinfo_value(memory, text, "vendor_id");
	environment->cpu_model = cpuinfo_value(memory, text, "model name");
	environment->cpu_microcode = cpuinfo_value(memory, text, "microcode");
	const char *flags = cpuinfo_value(memory, text, "flags");
	memory_free(text);
	environment->has_x2apic = flags != NULL && has_word(flags, "x2apic");
	describe_host(environment, memory, flags != NULL ? flags : "");
	return KG_OK;
}

/* ---- folders of values ----------------------------------------------------------------------- */

static int compare_pairs(const void *a, const void *b)
{
	return strcmp(((const struct kg_env_pair *)a)->name, ((const struct kg_env_pair *)b)->name);
}

/* Adds a pair for each file of a folder, prefix in front of its name. */
static bool add_files(struct pairs *pairs, struct arena *memory, const char *folder,
		      const char *prefix)
{
	DIR *files = opendir(folder);
	bool result = true;
	for (const struct dirent *entry; files != NULL && result && (entry = readdir(files));) {
		if (entry->d_name[0] == '.')
			continue;
		const char *path = arena_format(memory, "%s/%s", folder, entry->d_name);
		struct kg_env_pair pair = { arena_format(memory, "%s%s", prefix, entry->d_name),
					    control_line(memory, path) };
		result = path != NULL && pair.name != NULL &&
			 (pair.value == NULL || column_push(&pairs->rows, pair));
	}
	if (files != NULL)
		closedir(files);
	return result;
}

/* Sorted, and kept in the arena. False when memory is out. */
static bool keep_pairs(struct pairs *pairs, struct arena *memory, struct kg_env_pairs *out)
{
	const size_t size = pairs->rows.count * sizeof(*out->at);
	struct kg_env_pair *rows = arena_alloc(memory, size + 1);
	if (rows != NULL && size > 0) {
		memcpy(rows, pairs->rows.at, size);
		qsort(rows, pairs->rows.count, sizeof(*rows), compare_pairs);
	}
	*out = (struct kg_env_pairs){ rows, rows != NULL ? pairs->rows.count : 0 };
	column_release(&pairs->rows);
	return rows != NULL;
}

/* KVM has a folder for each VM, "PID-FD", beside its counters. */
static int count_vms(void)
{
	DIR *files = opendir("/sys/kernel/debug/kvm");
	int count = 0;
	int length = 0;
	if (files == NULL)
		return -1;
	for (const struct dirent *entry; (entry = readdir(files)) != NULL; length = 0) {
		if (sscanf(entry->d_name, "%*d-%*d%n", &length) == 0 && length > 0)
			count += entry->d_name[length] == '\0';
	}
	closedir(files);
	return count;
}

static bool describe_kvm(struct kg_environment *environment, struct arena *memory)
{
	struct pairs pairs = { 0 };
	environment->other_vms = count_vms();
	bool result = add_files(&pairs, memory, "/sys/module/kvm/parameters", "kvm.") &&
		      add_files(&pairs, memory, "/sys/module/kvm_intel/parameters", "kvm_intel.") &&
		      add_files(&pairs, memory, "/sys/module/kvm_amd/parameters", "kvm_amd.");
	return keep_pairs(&pairs, memory, &environment->kvm_parameters) && result;
}

static bool describe_mitigations(struct kg_environment *environment, struct arena *memory)
{
	struct pairs pairs = { 0 };
	bool result = add_files(&pairs, memory, CPUS "/vulnerabilities", "");
	return keep_pairs(&pairs, memory, &environment->mitigations) && result;
}

/* The governors of all CPUs, each named once. */
static bool describe_governors(struct kg_environment *environment, struct arena *memory)
{
	COLUMN(const char *) found = { 0 };
	bool result = true;
	for (uint32_t cpu = 0; cpu < environment->cpu_count && result; cpu++) {
		const char *path = arena_format(memory, CPUS "/cpu%u/cpufreq/scaling_governor",
						(unsigned int)cpu);
		const char *name = control_line(memory, path);
		size_t i = 0;
		while (name != NULL && i < found.count && strcmp(found.at[i], name) != 0)
			i++;
		if (name != NULL && i == found.count)
			result = column_push(&found, name);
	}
	const char **words = arena_alloc(memory, found.count * sizeof(char *) + 1);
	if (words != NULL && found.count > 0)
		memcpy(words, found.at, found.count * sizeof(char *));
	environment->governors = (struct kg_env_words){ words, words ? found.count : 0 };
	column_release(&found);
	return result && words != NULL;
}

enum kg_status machine_describe(struct kg_environment *environment, struct arena *memory)
{
	describe_kernel(environment, memory);
	enum kg_status status = describe_cpu(environment, memory);
	if (status == KG_OK &&
	    (!describe_kvm(environment, memory) || !describe_mitigations(environment, memory) ||
	     !describe_governors(environment, memory)))
		status = KG_NOMEM;
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What surrounded a recording: the machine, its kernel, how the tracer was set, what was lost.
 *
 * Plain values. A string that is NULL and a number that is 0 are not known, unless said otherwise.
 */
#ifndef KVMGRAPH_ENVIRONMENT_H
#define KVMGRAPH_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/api.h>

KG_BEGIN_C

struct kg_env_words {
	const char **at;
	size_t count;
};

/* "kvm.halt_poll_ns", "200000" */
struct kg_env_pair {
	const char *name;
	const char *value;
};

struct kg_env_pairs {
	struct kg_env_pair *at;
	size_t count;
};

/* A function that was traced; module "": the kernel's own. */
struct kg_env_function {
	const char *name;
	const char *module;
};

enum kg_env_answer { KG_ENV_UNKNOWN, KG_ENV_NO, KG_ENV_YES };

/* The buffer of one CPU when recording had stopped. */
struct kg_env_buffer {
	uint32_t cpu;
	uint64_t entries; /* events that are in the trace */
	uint64_t overrun; /* events that newer ones took the room of */
	uint64_t commit_overrun;
	uint64_t dropped;
	uint64_t bytes;
};

struct kg_environment {
	const char *release; /* "6.1.0-56-amd64" */
	const char *build;   /* "#1 SMP PREEMPT_DYNAMIC Debian ..." */
	const char *machine; /* "x86_64" */
	const char *arguments;
	uint32_t hz;
	const char *preemption;

	const char *cpu_vendor;
	const char *cpu_model;
	const char *cpu_microcode;
	uint32_t cpu_count; /* online */
	bool has_x2apic;

	const char *hypervisor; /* how it calls itself: "KVMKVMKVM" */
	enum kg_env_answer is_virtual;
	enum kg_env_answer is_emulated; /* durations are then none of hardware */
	const char *system_vendor;
	const char *system_product;

	int other_vms; /* that ran when recording began; -1: not known */
	struct kg_env_pairs kvm_parameters;
	struct kg_env_pairs mitigations;
	struct kg_env_words governors; /* each once */
	const char *clock_source;
	bool has_favordynmods;

	const char *tracer;
	const char *trace_clock;
	bool is_instance;
	bool is_only_command;
	uint64_t buffer_kib; /* of each CPU */
	struct kg_env_words options;

	/* as they were asked for */
	struct kg_env_words filter;
	struct kg_env_words notrace;
	struct kg_env_words graph;
	struct kg_env_words events;
	uint64_t depth;

	bool is_all_functions;
	const struct kg_env_function *functions; /* by module, then name */
	size_t function_count;

	struct kg_env_words command;
	const char *scenario;
	const char *user;
	int exit_code; /* -1: ended by a signal */
	int exit_signal;

	const struct kg_env_buffer *buffers;
	size_t buffer_count;
	uint64_t lost;	     /* events, in all */
	uint64_t needed_kib; /* for each CPU, to have lost none; 0: none were lost */
};

KG_END_C

#endif

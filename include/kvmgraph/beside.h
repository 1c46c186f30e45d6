/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that a recording leaves beside its trace: what the VMM did (kvmgraph.run/1) and what
 * surrounded it (kvmgraph.env/1).
 *
 * They are read whole: up to 16 MiB each, which is some thousand VMs. Strings are UTF-8.
 */
#ifndef KVMGRAPH_BESIDE_H
#define KVMGRAPH_BESIDE_H

#include <kvmgraph/analyse.h>
#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

KG_BEGIN_C

/* ---- what the VMM did ------------------------------------------------------------------------ */

/* Why KVM_RUN returned, as the VMM saw it: symbol, name in reports. */
#define KG_RUN_EXIT_LIST(X)                                                                        \
	X(KG_RUN_EXIT_IO, "io")                                                                    \
	X(KG_RUN_EXIT_MMIO, "mmio")                                                                \
	X(KG_RUN_EXIT_HLT, "hlt")                                                                  \
	X(KG_RUN_EXIT_INTERRUPT_WINDOW, "interrupt-window")                                        \
	X(KG_RUN_EXIT_SHUTDOWN, "shutdown")                                                        \
	X(KG_RUN_EXIT_FAIL_ENTRY, "fail-entry")                                                    \
	X(KG_RUN_EXIT_INTERNAL_ERROR, "internal-error")                                            \
	X(KG_RUN_EXIT_OTHER, "other")

enum kg_run_exit {
#define KG_RUN_EXIT_ENUM(symbol, name) symbol,
	KG_RUN_EXIT_LIST(KG_RUN_EXIT_ENUM)
#undef KG_RUN_EXIT_ENUM
		KG_RUN_EXIT_COUNT
};

KG_API const char *kg_run_exit_name(enum kg_run_exit exit);

enum kg_run_verdict { KG_RUN_PASS, KG_RUN_FAIL, KG_RUN_STOPPED };

struct kg_run_step {
	const char *step;     /* "memslot-add" */
	const char *ioctl;    /* "KVM_SET_USER_MEMORY_REGION"; NULL: another system call, or none */
	const char *detail;   /* NULL: none */
	int64_t result;	      /* what the call returned */
	uint64_t start_ns;    /* since the begin of the first step */
	uint64_t interrupted; /* KVM_RUNs before this one that returned for a signal */
	uint32_t vm;	      /* ascending from row to row */
	uint32_t vcpu;
	int os_errno;		  /* 0: none */
	enum kg_phase_kind phase; /* as which a trace shows it; KG_PHASE_KIND_COUNT: as none */
	enum kg_run_exit exit;	  /* KG_RUN_EXIT_COUNT: it was no run, or one that failed */
	bool is_ok;
};

struct kg_run_parameter {
	const char *name; /* "vcpus" */
	uint64_t value;
};

struct kg_run_failure {
	const char *step; /* NULL: none is to blame */
	const char *expected;
	const char *found;
	const char *message;
};

/* The steps are those of the last life. */
struct kg_run_report {
	const char *scenario;
	const char *vendor; /* "vmx", "svm"; NULL: neither, or not known */
	const char *kernel; /* NULL: not known */
	const struct kg_run_parameter *parameters;
	size_t parameter_count;
	uint64_t repeat;
	uint64_t warmup;
	const struct kg_run_step *steps;
	size_t step_count;
	uint64_t exits[KG_RUN_EXIT_COUNT];
	uint64_t output_bytes;
	const struct kg_run_failure *failure; /* NULL: none */
	enum kg_run_verdict verdict;
};

/* name is what messages call it. KG_BAD_FORMAT: err tells what is wrong, and where. */
KG_API KG_MUST_USE enum kg_status kg_run_report_parse(const char *json, size_t len,
						      const char *name, struct kg_run_report **out,
						      struct kg_error *err);
KG_API KG_MUST_USE enum kg_status kg_run_report_read(const char *path, struct kg_run_report **out,
						     struct kg_error *err);
KG_API void kg_run_report_free(struct kg_run_report *report);

/* ---- what surrounded it ---------------------------------------------------------------------- */

/* As for run reports. What the file does not know is as environment.h has it. */
KG_API KG_MUST_USE enum kg_status kg_environment_parse(const char *json, size_t len,
						       const char *name,
						       struct kg_environment **out,
						       struct kg_error *err);
KG_API KG_MUST_USE enum kg_status kg_environment_read(const char *path, struct kg_environment **out,
						      struct kg_error *err);
/* Only what the two functions above have made. */
KG_API void kg_environment_free(struct kg_environment *environment);

/*
 * Whether a function could show up in the trace, compiler suffixes aside; KG_ENV_UNKNOWN without a
 * list of what was traced. Costs a binary search a module.
 */
KG_API enum kg_env_answer kg_env_is_traced(const struct kg_environment *environment,
					   const char *name);

/* ---- finding them ---------------------------------------------------------------------------- */

struct kg_beside {
	const char *run_path; /* NULL: there is none, as for the next three */
	const char *environment_path;
	const struct kg_run_report *run;
	const struct kg_environment *environment;
};

/*
 * Reads what is beside a trace: of "a/b.dat", "a/b.txt.xz" and the like "a/b.run.json" and
 * "a/b.env.json"; of "a/trace.*" also "a/run.json" and "a/env.json", as they lie in a folder of
 * the lab. "-" has none. A file that is there and cannot be used is a failure.
 */
KG_API KG_MUST_USE enum kg_status kg_beside_find(const char *trace_path, struct kg_beside **out,
						 struct kg_error *err);
KG_API void kg_beside_free(struct kg_beside *beside);

KG_END_C

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Analyses: sinks for the calls of a trace, each with a report to be asked for when the run is
 * over.
 *
 * Each analysis is made with kg_<analysis>_new(), fed through kg_<analysis>_sink(), asked through
 * kg_<analysis>_report(), released with kg_<analysis>_free(). Reports belong to their analysis.
 */
#ifndef KVMGRAPH_ANALYSE_H
#define KVMGRAPH_ANALYSE_H

#include <stdio.h>

#include <kvmgraph/calls.h>
#include <kvmgraph/error.h>
#include <kvmgraph/info.h>
#include <kvmgraph/tree.h>

KG_BEGIN_C

/* ---- several analyses in one run ------------------------------------------------------------ */

/* Hands every call to two sinks, first to one, then to the other. */
struct kg_tee {
	struct kg_call_sink first;
	struct kg_call_sink second;
};
KG_API struct kg_call_sink kg_tee_sink(struct kg_tee *tee);

/*
 * Hands every call to those of some sinks that are still wanted: from `first` up to `end`. `look`
 * is asked now and then and may leave some out; what it returns ends the run if it is not KG_OK.
 * The sinks have to stay to the end of the run, also those that were left out.
 */
#define KG_CHOICE_MAX 2

struct kg_choice {
	struct kg_call_sink sinks[KG_CHOICE_MAX];
	size_t first;
	size_t end;
	enum kg_status (*look)(void *self);
	void *self;
	/* its own */
	size_t counting; /* who counts what is in bundles */
	uint64_t calls;	 /* since it looked */
};
KG_API struct kg_call_sink kg_choice_sink(struct kg_choice *choice);

/* ---- time per function ----------------------------------------------------------------------- */

struct kg_function_timing {
	kg_func_id func_id;
	uint64_t calls;	     /* complete ones: all the figures below are theirs */
	uint64_t incomplete; /* calls left out of them */
	uint64_t total_ns;   /* callees included; a recursive call counts with its outermost */
	uint64_t self_ns;    /* callees excluded */
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t max_line; /* where the longest call was entered */
	uint64_t mean_ns;  /* rounded to the nearest */
	uint64_t stddev_ns;
	uint64_t p50_ns; /* percentiles: nearest rank, see percentiles_exact */
	uint64_t p90_ns;
	uint64_t p99_ns;
	bool percentiles_exact; /* else up to 1/128 too small, never too large */
};

struct kg_functions_report {
	const struct kg_function_timing *rows; /* by total, descending; then by name and module */
	size_t row_count;
};

struct kg_functions;

KG_API KG_MUST_USE enum kg_status kg_functions_new(const struct kg_funcs *funcs,
						   struct kg_functions **out);
KG_API struct kg_call_sink kg_functions_sink(struct kg_functions *functions);
KG_API KG_MUST_USE enum kg_status kg_functions_report(struct kg_functions *functions,
						      struct kg_functions_report *out);
KG_API void kg_functions_free(struct kg_functions *functions);

/* ---- the life of a VM ------------------------------------------------------------------------ */

/* symbol, name in reports, what it is */
#define KG_PHASE_LIST(X)                                                                           \
	X(KG_PHASE_PROBE, "probe", "asks /dev/kvm what it can do")                                 \
	X(KG_PHASE_CREATE_VM, "create-vm", "KVM_CREATE_VM")                                        \
	X(KG_PHASE_SET_TSS, "set-tss", "KVM_SET_TSS_ADDR")                                         \
	X(KG_PHASE_MEMSLOT, "memslot", "KVM_SET_USER_MEMORY_REGION")                               \
	X(KG_PHASE_CREATE_VCPU, "create-vcpu", "KVM_CREATE_VCPU")                                  \
	X(KG_PHASE_MMAP_SIZE, "mmap-size", "KVM_GET_VCPU_MMAP_SIZE")                               \
	X(KG_PHASE_MAP_VCPU, "map-vcpu", "mmap of the vCPU's page")                                \
	X(KG_PHASE_GET_SREGS, "get-sregs", "KVM_GET_SREGS")                                        \
	X(KG_PHASE_SET_SREGS, "set-sregs", "KVM_SET_SREGS")                                        \
	X(KG_PHASE_GET_REGS, "get-regs", "KVM_GET_REGS")                                           \
	X(KG_PHASE_SET_REGS, "set-regs", "KVM_SET_REGS")                                           \
	X(KG_PHASE_RUN, "run", "KVM_RUN")                                                          \
	X(KG_PHASE_VCPU_FAULT, "vcpu-fault", "first touch of a vCPU page")                         \
	X(KG_PHASE_MMU_NOTIFIER, "mmu-notifier", "the VMM's own memory changes")                   \
	X(KG_PHASE_MM_TEARDOWN, "mm-teardown", "the VMM's memory goes away")                       \
	X(KG_PHASE_RELEASE_VCPU, "release-vcpu", "a vCPU file is closed, not the last")            \
	X(KG_PHASE_RELEASE_VM, "release-vm", "the VM file is closed, not the last")                \
	X(KG_PHASE_DESTROY_VM, "destroy-vm", "the last file is closed: the VM is destroyed")       \
	X(KG_PHASE_HARDWARE_ENABLE, "hardware-enable", "virtualisation on, one CPU")               \
	X(KG_PHASE_HARDWARE_DISABLE, "hardware-disable", "virtualisation off, one CPU")            \
	X(KG_PHASE_WORKER, "worker", "a KVM worker")                                               \
	X(KG_PHASE_RCU, "rcu", "an RCU callback")

enum kg_phase_kind {
#define KG_PHASE_ENUM(symbol, name, text) symbol,
	KG_PHASE_LIST(KG_PHASE_ENUM)
#undef KG_PHASE_ENUM
		KG_PHASE_KIND_COUNT
};

/* symbol, name in reports */
#define KG_REASON_LIST(X)                                                                          \
	X(KG_REASON_IO, "io")                                                                      \
	X(KG_REASON_MMIO, "mmio")                                                                  \
	X(KG_REASON_HLT, "hlt")                                                                    \
	X(KG_REASON_EPT_VIOLATION, "ept-violation")                                                \
	X(KG_REASON_NPF, "npf")                                                                    \
	X(KG_REASON_CPUID, "cpuid")                                                                \
	X(KG_REASON_MSR_READ, "msr-read")                                                          \
	X(KG_REASON_MSR_WRITE, "msr-write")                                                        \
	X(KG_REASON_CR_ACCESS, "cr-access")                                                        \
	X(KG_REASON_HYPERCALL, "hypercall")                                                        \
	X(KG_REASON_EXTERNAL_INTERRUPT, "external-interrupt")                                      \
	X(KG_REASON_INTERRUPT_WINDOW, "interrupt-window")                                          \
	X(KG_REASON_EXCEPTION, "exception")                                                        \
	X(KG_REASON_SHUTDOWN, "shutdown")                                                          \
	X(KG_REASON_PREEMPTION_TIMER, "preemption-timer")                                          \
	X(KG_REASON_OTHER, "other")                                                                \
	X(KG_REASON_UNKNOWN, "unknown")

enum kg_exit_reason {
#define KG_REASON_ENUM(symbol, name) symbol,
	KG_REASON_LIST(KG_REASON_ENUM)
#undef KG_REASON_ENUM
		KG_REASON_COUNT
};

KG_API const char *kg_phase_name(enum kg_phase_kind phase);
KG_API const char *kg_phase_text(enum kg_phase_kind phase);
KG_API const char *kg_reason_name(enum kg_exit_reason reason);

/* Outermost call of its lane that is a step of a VM's life. */
struct kg_phase {
	uint64_t line_no;
	uint64_t dur_ns; /* KG_NO_NS where the trace does not tell */
	uint64_t self_ns;
	uint64_t calls; /* its tree, itself included */
	/*
	 * The one call below it with the largest self time, and that time; KG_NO_FUNC and 0 where
	 * none took longer than the phase's own self time, and for a phase without a start.
	 */
	uint64_t hot_self_ns;
	kg_func_id hot_func_id;
	kg_func_id func_id;
	kg_task_id task_id;
	uint32_t run_index; /* of KG_PHASE_RUN: which run, from 0; else UINT32_MAX */
	uint16_t cpu_enter;
	uint16_t cpu_leave;
	uint8_t kind;  /* enum kg_phase_kind */
	uint8_t ioctl; /* index for kg_ioctl_name() */
	uint8_t flags; /* enum kg_call_flag */
	uint8_t unused;
};

/* "KVM_CREATE_VM", or NULL for index 0: the tree does not show which ioctl it was. */
KG_API const char *kg_ioctl_name(uint8_t ioctl);

/* One KVM_RUN. */
struct kg_run {
	uint64_t line_no;
	uint64_t dur_ns;
	uint64_t guest_entries;
	uint64_t exit_count;
	uint32_t first_chunk; /* where its exit reasons are kept */
	kg_task_id task_id;
	uint8_t ended_by; /* enum kg_exit_reason of its last exit; KG_REASON_UNKNOWN without one */
	uint8_t flags;	  /* enum kg_call_flag */
	uint8_t unused[6];
};

/* Exits of one reason that went to one handler. */
struct kg_exit_timing {
	enum kg_exit_reason reason;
	const char *handler; /* base name of the call that served them, or NULL */
	uint64_t count;
	uint64_t inferred; /* of these: no handler was traced, but the path leaves one reading */
	uint64_t total_ns; /* in the handler */
	uint64_t mean_ns;
	uint64_t max_ns;
	uint64_t p99_ns;
	bool percentiles_exact; /* else up to 1/128 too small, never too large */
	uint32_t share_ppm;	/* of the time in all handlers, in millionths */
};

/* All complete phases of one kind together. */
struct kg_phase_total {
	uint64_t count;
	uint64_t incomplete;
	uint64_t total_ns;
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t max_line;
	kg_func_id hot_func_id; /* of the longest one */
	uint64_t hot_self_ns;
};

struct kg_life_report {
	size_t phase_count;
	size_t run_count;
	struct kg_phase_total phase_totals[KG_PHASE_KIND_COUNT];
	const struct kg_exit_timing *exits; /* by total, descending */
	size_t exit_count;
	uint64_t guest_entries;
	uint64_t vm_exits;
	uint64_t other_roots; /* roots that are no step of a VM's life */
};

struct kg_life;

/*
 * Phases and runs are kept outside of memory (in tmp_folder, which is copied; NULL: /tmp) once they
 * are many; the sink fails with KG_IO where that cannot be done.
 */
KG_API KG_MUST_USE enum kg_status kg_life_new(const struct kg_funcs *funcs, const char *tmp_folder,
					      struct kg_life **out);
KG_API struct kg_call_sink kg_life_sink(struct kg_life *life);
KG_API KG_MUST_USE enum kg_status kg_life_report(struct kg_life *life, struct kg_life_report *out);
/* Row by row, in the order in which they were entered. KG_IO if the rows cannot be read back. */
KG_API KG_MUST_USE enum kg_status kg_life_phase(struct kg_life *life, size_t row,
						struct kg_phase *out);
KG_API KG_MUST_USE enum kg_status kg_life_run(struct kg_life *life, size_t row, struct kg_run *out);
/* Exit reasons of a run, handed out in order in pieces. */
KG_API KG_MUST_USE enum kg_status
kg_life_run_exits(struct kg_life *life, const struct kg_run *run,
		  void (*take)(void *self, const uint8_t *reasons, size_t count), void *self);
KG_API void kg_life_free(struct kg_life *life);

/* Which processor vendor the functions seen so far belong to. */
KG_API enum kg_vendor kg_vendor_of(const struct kg_funcs *funcs);

KG_END_C

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a VMM did, recovered from a trace of it: the steps of a VM's life, in order, for the
 * reference VMM to do them again.
 *
 * A trace tells which steps there were, which exits the guest had, and whose threads they were; it
 * tells no sizes, no contents and no numbers. What it does not tell is chosen, and said.
 */
#ifndef KVMGRAPH_RECOVER_H
#define KVMGRAPH_RECOVER_H

#include <kvmgraph/analyse.h>

KG_BEGIN_C

/* symbol, name in scenarios */
#define KG_STEP_LIST(X)                                                                            \
	X(KG_STEP_OPEN, "open")                                                                    \
	X(KG_STEP_API_VERSION, "api-version")                                                      \
	X(KG_STEP_CHECK_EXTENSION, "check-extension")                                              \
	X(KG_STEP_SUPPORTED_CPUID, "supported-cpuid")                                              \
	X(KG_STEP_CREATE_VM, "create-vm")                                                          \
	X(KG_STEP_SET_TSS_ADDR, "set-tss-addr")                                                    \
	X(KG_STEP_SET_IDENTITY_MAP, "set-identity-map")                                            \
	X(KG_STEP_CREATE_IRQCHIP, "create-irqchip")                                                \
	X(KG_STEP_CREATE_PIT, "create-pit")                                                        \
	X(KG_STEP_MEMSLOT_ADD, "memslot-add")                                                      \
	X(KG_STEP_MEMSLOT_MOVE, "memslot-move")                                                    \
	X(KG_STEP_MEMSLOT_DELETE, "memslot-delete")                                                \
	X(KG_STEP_DIRTY_LOG, "dirty-log")                                                          \
	X(KG_STEP_CREATE_VCPU, "create-vcpu")                                                      \
	X(KG_STEP_MMAP_SIZE, "mmap-size")                                                          \
	X(KG_STEP_MAP_VCPU, "map-vcpu")                                                            \
	X(KG_STEP_LOAD_GUEST, "load-guest")                                                        \
	X(KG_STEP_SET_CPUID, "set-cpuid")                                                          \
	X(KG_STEP_GET_CPUID, "get-cpuid")                                                          \
	X(KG_STEP_GET_SREGS, "get-sregs")                                                          \
	X(KG_STEP_SET_SREGS, "set-sregs")                                                          \
	X(KG_STEP_GET_REGS, "get-regs")                                                            \
	X(KG_STEP_SET_REGS, "set-regs")                                                            \
	X(KG_STEP_GET_MSRS, "get-msrs")                                                            \
	X(KG_STEP_SET_MSRS, "set-msrs")                                                            \
	X(KG_STEP_RUN, "run")                                                                      \
	X(KG_STEP_UNMAP_VCPU, "unmap-vcpu")                                                        \
	X(KG_STEP_CLOSE_VCPU, "close-vcpu")                                                        \
	X(KG_STEP_CLOSE_VM, "close-vm")                                                            \
	X(KG_STEP_CLOSE, "close")                                                                  \
	X(KG_STEP_EXIT, "exit")

enum kg_step_kind {
#define KG_STEP_ENUM(symbol, name) symbol,
	KG_STEP_LIST(KG_STEP_ENUM)
#undef KG_STEP_ENUM
		KG_STEP_KIND_COUNT
};

/* What a guest does, one exit each; the last three end a run. Symbol, name in scenarios. */
#define KG_ACT_LIST(X)                                                                             \
	X(KG_ACT_TOUCH, "touch")                                                                   \
	X(KG_ACT_IO, "io")                                                                         \
	X(KG_ACT_IO_IN, "io-in")                                                                   \
	X(KG_ACT_MMIO, "mmio")                                                                     \
	X(KG_ACT_MMIO_READ, "mmio-read")                                                           \
	X(KG_ACT_CPUID, "cpuid")                                                                   \
	X(KG_ACT_RDMSR, "rdmsr")                                                                   \
	X(KG_ACT_WRMSR, "wrmsr")                                                                   \
	X(KG_ACT_HYPERCALL, "hypercall")                                                           \
	X(KG_ACT_HLT, "hlt")                                                                       \
	X(KG_ACT_SHUTDOWN, "shutdown")                                                             \
	X(KG_ACT_INVALID, "invalid")

enum kg_act_kind {
#define KG_ACT_ENUM(symbol, name) symbol,
	KG_ACT_LIST(KG_ACT_ENUM)
#undef KG_ACT_ENUM
		KG_ACT_KIND_COUNT
};

/* A processor's mode, as a set: a trace may leave several possible. */
enum kg_guest_mode {
	KG_MODE_REAL = 1 << 0,
	KG_MODE_PROTECTED = 1 << 1,
	KG_MODE_PAGED = 1 << 2,
	KG_MODE_LONG = 1 << 3,
	KG_MODE_INVALID = 1 << 4,
};

struct kg_act {
	uint8_t kind; /* enum kg_act_kind */
	uint64_t count;
};

/* One step of the life. What is no matter of its kind is zero. */
struct kg_step {
	uint64_t line_no; /* 0: the trace does not show such steps */
	uint64_t exits;	  /* of a run: all of them, those that are no act included */
	uint32_t vcpu;
	uint32_t slot;
	uint32_t first_act; /* of a run */
	uint32_t act_count;
	uint32_t row_count;  /* of a run: KVM_RUN calls */
	uint8_t kind;	     /* enum kg_step_kind */
	uint8_t modes;	     /* set-sregs: what the trace leaves possible, enum kg_guest_mode */
	uint8_t mode;	     /* set-sregs: the one that was chosen */
	bool is_logged;	     /* memslot-add: dirty pages are */
	bool in_vcpu_thread; /* done by a thread of the vCPU's own */
};

enum kg_recovery {
	KG_RECOVERED,	      /* the scenario does what the trace shows */
	KG_RECOVERED_IN_PART, /* `why` says what the reference VMM cannot do */
	KG_NOT_RECOVERED,     /* `why` says what is missing; there are no steps */
};

/* Everything belongs to the struct kg_recover that made it. */
struct kg_scenario {
	enum kg_recovery recovery;
	const char *why; /* one sentence without a full stop; NULL if KG_RECOVERED */
	enum kg_vendor vendor;
	uint64_t vms;	   /* that lead the life */
	uint64_t parallel; /* of these, alive at once */
	uint32_t vcpu_count;
	uint32_t slot_count; /* most memslots that it has at once */
	uint64_t run_count;
	uint64_t exit_count;
	const struct kg_step *steps;
	size_t step_count;
	const struct kg_act *acts;
	size_t act_count;
	const char *const *chosen; /* what the trace does not tell, one phrase each */
	size_t chosen_count;
};

struct kg_recover;

/* tmp_folder: see kg_life_new() */
KG_API KG_MUST_USE enum kg_status kg_recover_new(const struct kg_funcs *funcs,
						 const char *tmp_folder, struct kg_recover **out);
KG_API struct kg_call_sink kg_recover_sink(struct kg_recover *recover);
/* Once the trace has been read; info has to stay as long. KG_NOMEM, and KG_IO as kg_life_phase().
 */
KG_API KG_MUST_USE enum kg_status kg_recover_report(struct kg_recover *recover,
						    const struct kg_info *info,
						    const struct kg_scenario **out);
KG_API void kg_recover_free(struct kg_recover *recover);

KG_API const char *kg_step_name(enum kg_step_kind kind);
/* Whether a step is about one vCPU, about one memslot. */
KG_API bool kg_step_is_of_vcpu(enum kg_step_kind kind);
KG_API bool kg_step_is_of_slot(enum kg_step_kind kind);
KG_API const char *kg_act_name(enum kg_act_kind kind);
/* "long"; of several modes the name of the first. */
KG_API const char *kg_guest_mode_name(uint8_t mode);

/* ---- comparing ------------------------------------------------------------------------------- */

enum kg_compared { KG_COMPARE_STEPS, KG_COMPARE_RUNS, KG_COMPARE_EXITS, KG_COMPARE_TEARDOWN };
#define KG_COMPARED_COUNT 4

struct kg_comparison {
	bool is_equal;
	uint64_t old_count; /* steps, KVM_RUN calls, exits of guests, steps of the teardown */
	uint64_t new_count;
	/* where they depart first: steps of either, SIZE_MAX where one has none */
	size_t old_step;
	size_t new_step;
};

/* Compares two scenarios, whichever kernel or processor they are from. */
KG_API void kg_scenario_compare(const struct kg_scenario *old_one,
				const struct kg_scenario *new_one,
				struct kg_comparison out[KG_COMPARED_COUNT]);
/* "steps", "runs", "exits", "teardown" */
KG_API const char *kg_compared_name(enum kg_compared what);

KG_END_C

#endif

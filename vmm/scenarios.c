/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the scenarios. */
#include "scenario.h"

#include <linux/kvm.h>
#include <string.h>

#include "guest/guests.h"

#define PAGE 4096
#define MIB (UINT64_C(1) << 20)
#define MAX_PAGES 65536
#define MAX_SLOTS 4096
#define MAX_VMS 100000
#define MAX_VCPUS 8

/* clang-format off */

/* ---- rows that many scenarios have ----------------------------------------------------------- */

#define DO(step, ...) { .kind = STEP_##step, ##__VA_ARGS__ }

#define NEEDS(name) DO(CHECK_EXTENSION, .capability = (name), .capability_name = #name)
#define OPEN DO(OPEN), DO(API_VERSION)
/* up to a vCPU that can be set up */
#define CREATE DO(CREATE_VM), DO(SET_TSS_ADDR), DO(MEMSLOT_ADD), DO(CREATE_VCPU)
#define MAP DO(MMAP_SIZE), DO(MAP_VCPU), DO(LOAD_GUEST)
#define ENTER(guest_mode) DO(GET_SREGS), DO(SET_SREGS, .mode = (guest_mode))
/* late 6.12 and newer kernels let only a processor into long mode that is said to have it */
#define ALLOW_LONG DO(SET_CPUID, .index = LEAF_EXTENDED)
#define ENTER_LONG ALLOW_LONG, ENTER(MODE_LONG)
#define RUN_TO(reason) DO(RUN, .until = (reason))
#define RUN_SERVING(reason, count) \
	DO(RUN, .until = REASON_HLT, .serves = (reason), .served = FIXED(count))
#define CHECK_RESULT(...) DO(CHECK_MEMORY, .address = GUEST_RESULT, .expect = __VA_ARGS__)
/* everything is given back, in order */
#define TEAR_DOWN DO(UNMAP_VCPU), DO(CLOSE_VCPU), DO(CLOSE_VM), DO(CLOSE)

/* ---- the scenarios --------------------------------------------------------------------------- */

static const struct scenario_step hello_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ENTER_LONG,
	DO(SET_REGS),
	RUN_SERVING(REASON_IO, 14),
	DO(GET_REGS),
	DO(CHECK_REGISTER, .expect = FIXED(42)),
	CHECK_RESULT(FIXED(42)),
	DO(CHECK_OUTPUT, .expect = FIXED(14)),
	DO(EXIT),
};

static const struct scenario_step minimal_steps[] = {
	OPEN,
	CREATE,
	MAP,
	RUN_TO(REASON_HLT),
	TEAR_DOWN,
};

/* the guest has its work for 16, 32 and 64 bit at these places */
#define WORK(guest_mode, offset, letter, ...) \
	DO(GET_SREGS, __VA_ARGS__), \
	DO(SET_SREGS, __VA_ARGS__, .mode = (guest_mode)), \
	DO(SET_REGS, __VA_ARGS__, .entry = (offset), .args = { FIXED(letter) }), \
	DO(RUN, __VA_ARGS__, .until = REASON_HLT, .serves = REASON_IO, .served = FIXED(1)), \
	DO(CHECK_MEMORY, __VA_ARGS__, .address = GUEST_RESULT, .expect = FIXED(5050))

static const struct scenario_step modes_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ALLOW_LONG,
	WORK(MODE_REAL, 0, 'r', .where = WHERE_ANY),
	WORK(MODE_PROTECTED, 0x100, 'p', .where = WHERE_ANY),
	WORK(MODE_LONG, 0x200, 'l', .where = WHERE_ANY),
	/* PVM has paging in long mode only */
	WORK(MODE_PAGED, 0x100, 'g', .where = WHERE_HARDWARE),
	DO(CHECK_OUTPUT, .expect = FIXED_AND_EACH(3, 1, PARAM_HAS_HARDWARE)),
	TEAR_DOWN,
};

static const struct scenario_step mmio_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ENTER_LONG,
	DO(SET_REGS),
	RUN_SERVING(REASON_MMIO, 8),
	/* what was written, and what was read: the device answers 0xa5 in every byte */
	DO(CHECK_MMIO, .expect = FIXED(0x11 + 0x2222 + 0x33333333 + 0x4444444444444444)),
	CHECK_RESULT(FIXED(0xa5 + 0xa5a5 + 0xa5a5a5a5 + 0xa5a5a5a5a5a5a5a5)),
	TEAR_DOWN,
};

static const struct scenario_step cpuid_steps[] = {
	OPEN,
	NEEDS(KVM_CAP_EXT_CPUID),
	DO(SUPPORTED_CPUID),
	CREATE,
	MAP,
	DO(SET_CPUID, .index = LEAF_OWN),
	DO(GET_CPUID, .index = LEAF_OWN),
	ENTER(MODE_LONG),
	DO(SET_REGS, .args = { FIXED(LEAF_OWN), FIXED(4) }),
	RUN_TO(REASON_HLT),
	CHECK_RESULT(FIXED(UINT64_C(0x11111111) + 0x22222222 + 0x33333333 + 0x44444444)),
	TEAR_DOWN,
};

static const struct scenario_step msr_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ENTER_LONG,
	DO(SET_MSRS, .index = MSR_PAT, .expect = FIXED(PAT_BEFORE)),
	DO(SET_REGS, .args = { FIXED(MSR_PAT), FIXED(PAT_AFTER) }),
	RUN_TO(REASON_HLT),
	CHECK_RESULT(FIXED(PAT_BEFORE)),
	DO(GET_MSRS, .index = MSR_PAT, .expect = FIXED(PAT_AFTER)),
	TEAR_DOWN,
};

static const struct scenario_param faults_params[] = { { PARAM_PAGES, 16, 1, MAX_PAGES } };
static const struct scenario_step faults_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ENTER_LONG,
	/* once over nothing, so that the second run has the faults of the pages alone */
	DO(SET_REGS),
	RUN_TO(REASON_HLT),
	DO(SET_REGS, .args = { FIXED(2 * MIB), EACH(1, PARAM_PAGES), FIXED(PAGE) }),
	RUN_TO(REASON_HLT),
	CHECK_RESULT(FIXED(0)),
	TEAR_DOWN,
};

/* the slot whose dirty pages are logged */
#define LOGGED .slot = 1, .address = GUEST_SLOTS, .pages = EACH(1, PARAM_PAGES)
#define WRITE_EVERY(apart, ...) \
	DO(SET_REGS, .args = { FIXED(GUEST_SLOTS), __VA_ARGS__, FIXED((apart) * PAGE) }), \
	RUN_TO(REASON_HLT)
static const struct scenario_param dirty_params[] = { { PARAM_PAGES, 16, 4, MAX_PAGES } };
static const struct scenario_step dirty_steps[] = {
	OPEN,
	CREATE,
	DO(MEMSLOT_ADD, LOGGED, .is_logged = true),
	MAP,
	ENTER_LONG,
	WRITE_EVERY(1, EACH(1, PARAM_PAGES)),
	DO(DIRTY_LOG, LOGGED, .dirty_every = 1),
	/* nothing since; then one page alone; then all again, now that they are there */
	DO(DIRTY_LOG, LOGGED, .dirty_every = 0),
	WRITE_EVERY(MAX_PAGES, FIXED(1)),
	DO(DIRTY_LOG, LOGGED, .dirty_every = MAX_PAGES),
	WRITE_EVERY(1, EACH(1, PARAM_PAGES)),
	DO(DIRTY_LOG, LOGGED, .dirty_every = 1),
	CHECK_RESULT(FIXED_AND_EACH(1, 1, PARAM_PAGES)),
	DO(MEMSLOT_DELETE, LOGGED),
	TEAR_DOWN,
};

/* KVM_HC_VAPIC_POLL_IRQ answers 0; a number that there is not, -ENOSYS as KVM has it */
#define HYPERCALL(number, answer) \
	DO(SET_REGS, .args = { EACH(1, PARAM_IS_AMD), FIXED(number) }), \
	RUN_TO(REASON_HLT), \
	CHECK_RESULT(FIXED(answer))
static const struct scenario_step hypercall_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ENTER_LONG,
	HYPERCALL(1, 0),
	HYPERCALL(0x7fff, (uint64_t)-1000),
	TEAR_DOWN,
};

#define BY_VCPU .times = TIMES_VCPU, .in_vcpu_thread = true
static const struct scenario_param smp_params[] = { { PARAM_VCPUS, 2, 1, MAX_VCPUS } };
static const struct scenario_step smp_steps[] = {
	OPEN,
	DO(CREATE_VM),
	DO(SET_TSS_ADDR),
	DO(MEMSLOT_ADD),
	DO(CREATE_VCPU, .times = TIMES_VCPU),
	DO(MMAP_SIZE),
	DO(MAP_VCPU, .times = TIMES_VCPU),
	DO(LOAD_GUEST),
	DO(SET_CPUID, BY_VCPU, .index = LEAF_EXTENDED),
	DO(GET_SREGS, BY_VCPU),
	DO(SET_SREGS, BY_VCPU, .mode = MODE_LONG),
	DO(SET_REGS, BY_VCPU, .args = { FIXED_AND_EACH('A', 1, PARAM_INDEX) }),
	DO(RUN, BY_VCPU, .until = REASON_HLT, .serves = REASON_IO, .served = FIXED(1)),
	CHECK_RESULT(EACH(1, PARAM_VCPUS)),
	DO(CHECK_OUTPUT, .expect = EACH(1, PARAM_VCPUS)),
	DO(UNMAP_VCPU, .times = TIMES_VCPU),
	DO(CLOSE_VCPU, .times = TIMES_VCPU),
	DO(CLOSE_VM),
	DO(CLOSE),
};

#define EACH_SLOT(at) \
	.times = TIMES_SLOT, .slot = 1, .address = (at), .stride = 2 * PAGE, .pages = FIXED(1)
#define ADD_UP(from) \
	DO(SET_REGS, .args = { FIXED(from), EACH(1, PARAM_SLOTS), FIXED(2 * PAGE) }), \
	RUN_TO(REASON_HLT)
static const struct scenario_param slots_params[] = { { PARAM_SLOTS, 8, 1, MAX_SLOTS } };
static const struct scenario_step slots_steps[] = {
	OPEN,
	CREATE,
	DO(MEMSLOT_ADD, EACH_SLOT(GUEST_SLOTS)),
	MAP,
	ENTER_LONG,
	ADD_UP(GUEST_SLOTS),
	CHECK_RESULT(FIXED(0)),
	/* each a page further on, into the gap behind it; what is in it moves along */
	DO(MEMSLOT_MOVE, EACH_SLOT(GUEST_SLOTS + PAGE)),
	ADD_UP(GUEST_SLOTS + PAGE),
	CHECK_RESULT(EACH(1, PARAM_SLOTS)),
	DO(MEMSLOT_DELETE, EACH_SLOT(GUEST_SLOTS + PAGE)),
	TEAR_DOWN,
};

static const struct scenario_step irqchip_steps[] = {
	OPEN,
	NEEDS(KVM_CAP_IRQCHIP),
	NEEDS(KVM_CAP_PIT2),
	NEEDS(KVM_CAP_SET_IDENTITY_MAP_ADDR),
	DO(CREATE_VM),
	DO(SET_IDENTITY_MAP),
	DO(SET_TSS_ADDR),
	DO(CREATE_IRQCHIP),
	DO(CREATE_PIT),
	DO(MEMSLOT_ADD),
	DO(CREATE_VCPU),
	MAP,
	ENTER(MODE_REAL),
	DO(SET_REGS),
	/* HLT does not come back: KVM waits for the interrupt itself */
	RUN_TO(REASON_IO),
	DO(CHECK_OUTPUT, .expect = FIXED(1)),
	CHECK_RESULT(FIXED(1)),
	TEAR_DOWN,
};

/* up to the end of a guest in real mode that halts at once */
#define LIVE OPEN, CREATE, MAP, ENTER(MODE_REAL), DO(SET_REGS), RUN_TO(REASON_HLT)

static const struct scenario_param churn_params[] = { { PARAM_VMS, 8, 1, MAX_VMS },
						      { PARAM_PARALLEL, 1, 1, 64 } };
static const struct scenario_step explicit_steps[] = { LIVE, DO(MEMSLOT_DELETE), TEAR_DOWN };
static const struct scenario_step exit_steps[] = { LIVE, DO(EXIT) };
static const struct scenario_step spin_steps[] = { LIVE, TEAR_DOWN };

static const struct scenario_step shutdown_steps[] = {
	OPEN, CREATE, MAP, ENTER_LONG, DO(SET_REGS), RUN_TO(REASON_SHUTDOWN), TEAR_DOWN,
};

static const struct scenario_step bad_state_steps[] = {
	OPEN,
	CREATE,
	MAP,
	ALLOW_LONG,
	ENTER(MODE_INVALID),
	DO(SET_REGS),
	DO(RUN, .where = WHERE_HARDWARE, .until = REASON_FAIL_ENTRY),
	/* no processor looks at it */
	DO(RUN, .where = WHERE_NO_HARDWARE, .until = REASON_HLT),
	TEAR_DOWN,
};

#define STEPS(array) .steps = (array), .step_count = sizeof(array) / sizeof((array)[0])
#define PARAMS(array) .params = (array), .param_count = sizeof(array) / sizeof((array)[0])
#define LOW_MEMORY .code = GUEST_CODE, .memory = FIXED(2 * MIB)

static const struct scenario hello = {
	"hello", "long mode: prints \"Hello, world!\\n\" byte by byte, halts; the process exits",
	GUEST(hello), LOW_MEMORY, .output = "Hello, world!\n", STEPS(hello_steps),
};
static const struct scenario minimal = {
	"minimal", "the shortest legal life: a page, a vCPU as reset left it, HLT",
	GUEST(halt), .code = GUEST_RESET, .memory_end = GUEST_4G, .memory = FIXED(PAGE),
	STEPS(minimal_steps),
};
static const struct scenario modes = {
	"modes", "the same work in real, protected, long and 32-bit paged mode",
	GUEST(modes), LOW_MEMORY, .output = "rplg", STEPS(modes_steps),
};
static const struct scenario mmio = {
	"mmio", "1, 2, 4 and 8 bytes written to a device, and read from it",
	GUEST(mmio), LOW_MEMORY, STEPS(mmio_steps),
};
static const struct scenario cpuid = {
	"cpuid", "CPUID: the guest is told what the VMM has set",
	GUEST(cpuid), LOW_MEMORY, STEPS(cpuid_steps),
};
static const struct scenario msr = {
	"msr", "RDMSR and WRMSR of an MSR that the VMM sets and reads, too",
	GUEST(msr), LOW_MEMORY, STEPS(msr_steps),
};
static const struct scenario faults = {
	"faults", "touches pages for the first time: one second-level fault each",
	GUEST(touch), .code = GUEST_CODE, .memory = FIXED_AND_EACH(2 * MIB, PAGE, PARAM_PAGES),
	PARAMS(faults_params), STEPS(faults_steps),
};
static const struct scenario dirty = {
	"dirty", "dirty logging: what was written between two looks at the log, and no more",
	GUEST(touch), LOW_MEMORY, PARAMS(dirty_params), STEPS(dirty_steps),
};
static const struct scenario hypercall = {
	"hypercall", "hypercalls that KVM answers: one that it knows, one that it does not",
	GUEST(hypercall), LOW_MEMORY, .needs_hardware = true, STEPS(hypercall_steps),
};
static const struct scenario smp = {
	"smp", "several vCPUs, each run by a thread of its own",
	GUEST(smp), LOW_MEMORY, .output = "ABCDEFGH", PARAMS(smp_params), STEPS(smp_steps),
};
static const struct scenario churn = {
	"churn", "many VMs, each created, run and destroyed; some alive at once",
	GUEST(halt), LOW_MEMORY, PARAMS(churn_params), STEPS(explicit_steps),
};
static const struct scenario slots = {
	"slots", "many memslots: added, read, moved, read again, deleted",
	GUEST(touch), LOW_MEMORY, PARAMS(slots_params), STEPS(slots_steps),
};
static const struct scenario irqchip = {
	"irqchip", "interrupt controller and timer in the kernel: an interrupt ends HLT",
	GUEST(irqchip), LOW_MEMORY, .output = "w", STEPS(irqchip_steps),
};
static const struct scenario teardown_explicit = {
	"teardown-explicit", "slot deleted, vCPU unmapped, everything closed in order",
	GUEST(halt), LOW_MEMORY, STEPS(explicit_steps),
};
static const struct scenario teardown_exit = {
	"teardown-exit", "the process exits with everything open",
	GUEST(halt), LOW_MEMORY, STEPS(exit_steps),
};
static const struct scenario shutdown = {
	"shutdown", "triple fault: an exception without a handler shuts the guest down",
	GUEST(fault), LOW_MEMORY, STEPS(shutdown_steps),
};
static const struct scenario bad_state = {
	"bad-state", "registers that no processor enters a guest with: the entry fails",
	GUEST(halt), LOW_MEMORY, STEPS(bad_state_steps),
};
static const struct scenario spin = {
	"spin", "a guest that never exits, for trying --timeout; it fails",
	GUEST(spin), LOW_MEMORY, STEPS(spin_steps),
};
/* clang-format on */

const struct scenario *const scenarios[] = {
	&hello,		&minimal,   &modes,	&mmio,	&cpuid, &msr,	  &faults,
	&dirty,		&hypercall, &smp,	&churn, &slots, &irqchip, &teardown_explicit,
	&teardown_exit, &shutdown,  &bad_state, &spin,
};
const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < scenario_count; i++) {
		if (strcmp(scenarios[i]->name, name) == 0)
			return scenarios[i];
	}
	return NULL;
}

const char *param_option(enum param param)
{
	static const char *const options[PARAM_OPTIONS] = { "--memory", "--vcpus", "--pages",
							    "--slots",	"--vms",   "--parallel" };
	return options[param];
}

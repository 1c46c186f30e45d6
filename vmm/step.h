/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps that a VM's life is made of: what each is called, here, in KVM and in a trace. */
#ifndef VMM_STEP_H
#define VMM_STEP_H

#include <stddef.h>

/*
 * kind, name, ioctl (NULL: another system call, or none), and the phase as which a trace of KVM
 * shows it (NULL: as none). Which of the last closes destroys the VM is for the plan to say.
 */
#define STEP_LIST(X)                                                                               \
	X(OPEN, "open", NULL, NULL)                                                                \
	X(API_VERSION, "api-version", "KVM_GET_API_VERSION", "probe")                              \
	X(CHECK_EXTENSION, "check-extension", "KVM_CHECK_EXTENSION", "probe")                      \
	X(SUPPORTED_CPUID, "supported-cpuid", "KVM_GET_SUPPORTED_CPUID", NULL)                     \
	X(CREATE_VM, "create-vm", "KVM_CREATE_VM", "create-vm")                                    \
	X(SET_TSS_ADDR, "set-tss-addr", "KVM_SET_TSS_ADDR", "set-tss")                             \
	X(SET_IDENTITY_MAP, "set-identity-map", "KVM_SET_IDENTITY_MAP_ADDR", NULL)                 \
	X(CREATE_IRQCHIP, "create-irqchip", "KVM_CREATE_IRQCHIP", NULL)                            \
	X(CREATE_PIT, "create-pit", "KVM_CREATE_PIT2", NULL)                                       \
	X(MEMSLOT_ADD, "memslot-add", "KVM_SET_USER_MEMORY_REGION", "memslot")                     \
	X(MEMSLOT_MOVE, "memslot-move", "KVM_SET_USER_MEMORY_REGION", "memslot")                   \
	X(MEMSLOT_DELETE, "memslot-delete", "KVM_SET_USER_MEMORY_REGION", "memslot")               \
	X(DIRTY_LOG, "dirty-log", "KVM_GET_DIRTY_LOG", NULL)                                       \
	X(CREATE_VCPU, "create-vcpu", "KVM_CREATE_VCPU", "create-vcpu")                            \
	X(MMAP_SIZE, "mmap-size", "KVM_GET_VCPU_MMAP_SIZE", "mmap-size")                           \
	X(MAP_VCPU, "map-vcpu", NULL, "map-vcpu")                                                  \
	X(LOAD_GUEST, "load-guest", NULL, NULL)                                                    \
	X(GET_SREGS, "get-sregs", "KVM_GET_SREGS", "get-sregs")                                    \
	X(SET_SREGS, "set-sregs", "KVM_SET_SREGS", "set-sregs")                                    \
	X(GET_REGS, "get-regs", "KVM_GET_REGS", "get-regs")                                        \
	X(SET_REGS, "set-regs", "KVM_SET_REGS", "set-regs")                                        \
	X(GET_CPUID, "get-cpuid", "KVM_GET_CPUID2", NULL)                                          \
	X(SET_CPUID, "set-cpuid", "KVM_SET_CPUID2", NULL)                                          \
	X(GET_MSRS, "get-msrs", "KVM_GET_MSRS", NULL)                                              \
	X(SET_MSRS, "set-msrs", "KVM_SET_MSRS", NULL)                                              \
	X(RUN, "run", "KVM_RUN", "run")                                                            \
	X(CHECK_REGISTER, "check-register", NULL, NULL)                                            \
	X(CHECK_MEMORY, "check-memory", NULL, NULL)                                                \
	X(CHECK_OUTPUT, "check-output", NULL, NULL)                                                \
	X(CHECK_MMIO, "check-mmio", NULL, NULL)                                                    \
	X(UNMAP_VCPU, "unmap-vcpu", NULL, NULL)                                                    \
	X(CLOSE_VCPU, "close-vcpu", NULL, "release-vcpu")                                          \
	X(CLOSE_VM, "close-vm", NULL, "release-vm")                                                \
	X(CLOSE, "close", NULL, NULL)                                                              \
	X(EXIT, "exit", NULL, "destroy-vm")

enum step_kind {
#define STEP_ENUM(kind, name, ioctl, phase) STEP_##kind,
	STEP_LIST(STEP_ENUM)
#undef STEP_ENUM
		STEP_COUNT
};

struct step_words {
	const char *name;
	const char *ioctl;
	const char *phase;
};

const struct step_words *step_words(enum step_kind kind);

/* Why KVM_RUN returned: name, and what a report calls it. */
#define REASON_LIST(X)                                                                             \
	X(IO, "io")                                                                                \
	X(MMIO, "mmio")                                                                            \
	X(HLT, "hlt")                                                                              \
	X(INTERRUPT_WINDOW, "interrupt-window")                                                    \
	X(SHUTDOWN, "shutdown")                                                                    \
	X(FAIL_ENTRY, "fail-entry")                                                                \
	X(INTERNAL_ERROR, "internal-error")                                                        \
	X(OTHER, "other")

enum reason {
#define REASON_ENUM(reason, name) REASON_##reason,
	REASON_LIST(REASON_ENUM)
#undef REASON_ENUM
		REASON_COUNT
};

const char *reason_name(enum reason reason);
/* What KVM_EXIT_* of struct kvm_run is. */
enum reason reason_of_exit(unsigned int exit_reason);

#endif

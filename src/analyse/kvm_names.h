/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The vocabulary of KVM: what a function's name says about a VM's life.
 *
 * Names differ between kernels and processors; all that is known of them stands in kvm_names.c.
 */
#ifndef ANALYSE_KVM_NAMES_H
#define ANALYSE_KVM_NAMES_H

#include <kvmgraph/analyse.h>

/* What part a function plays. The comment says what the detail of a struct kvm_role means. */
enum kvm_part {
	PART_NONE,
	PART_STEP,	   /* the whole of a phase: enum kg_phase_kind */
	PART_FRAME,	   /* around a phase that its callees decide: enum kvm_frame */
	PART_SIGN,	   /* decides what the frame around it is: for kvm_sign_get() */
	PART_ARCH_IOCTL,   /* kvm_arch_vm_ioctl(), around what is left to the processor's vendor */
	PART_VENDOR,	   /* makes a VM on one kind of processor: enum kg_vendor */
	PART_NOISE,	   /* may interrupt anything anywhere */
	PART_ENTRY,	   /* the guest runs inside */
	PART_EARLY_EXIT,   /* serves host interrupts after an exit */
	PART_DISPATCHER,   /* looks at an exit and calls its handler: enum kg_vendor */
	PART_HANDLER,	   /* serves an exit if a dispatcher calls it: enum kvm_reason */
	PART_FAST_HANDLER, /* serves an exit before a dispatcher sees it: enum kvm_reason */
	PART_MMIO_FAULT,   /* turns a fault into MMIO */
};

struct kvm_role {
	uint8_t part;
	uint8_t detail;
};

struct kvm_role kvm_role_of(const struct kg_func *func);

/* Entry points that serve several kinds of phases. */
enum kvm_frame {
	FRAME_DEV_IOCTL = 1 << 0,
	FRAME_VM_IOCTL = 1 << 1,
	FRAME_VCPU_IOCTL = 1 << 2,
	FRAME_VM_RELEASE = 1 << 3,
	FRAME_VCPU_RELEASE = 1 << 4,
	FRAME_FILE_RELEASE = 1 << 5, /* other files that keep a VM alive */
	FRAME_RELEASES = FRAME_VM_RELEASE | FRAME_VCPU_RELEASE | FRAME_FILE_RELEASE,
};

/* For kg_ioctl_name(). */
enum kvm_ioctl {
	IOCTL_UNKNOWN,
	IOCTL_CHECK_EXTENSION,
	IOCTL_CREATE_VM,
	IOCTL_SET_TSS_ADDR,
	IOCTL_SET_USER_MEMORY_REGION,
	IOCTL_CREATE_VCPU,
	IOCTL_GET_SREGS,
	IOCTL_SET_SREGS,
	IOCTL_GET_REGS,
	IOCTL_SET_REGS,
	IOCTL_RUN,
	IOCTL_COUNT
};

/* A function that tells what the call around it does. */
struct kvm_sign {
	const char *name;
	uint8_t frames; /* in which frames it does so: enum kvm_frame */
	uint8_t phase;	/* enum kg_phase_kind */
	uint8_t ioctl;	/* enum kvm_ioctl */
};

const struct kvm_sign *kvm_sign_get(uint8_t detail);
/* All of them, from 0; NULL behind the last. */
const struct kvm_sign *kvm_sign_at(size_t index);

/* Reasons as handlers tell them: enum kg_exit_reason, or what takes a second look. */
enum kvm_reason {
	REASON_MSR = KG_REASON_COUNT, /* read or write: a handler inside says which */
	REASON_PAGE_FAULT,	      /* second-level fault or MMIO: the vendor says which */
};

#endif

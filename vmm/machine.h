/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VM as the VMM holds it: its files, its memory, its vCPUs. */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "log.h"
#include "plan.h"
#include "stopper.h"

#define MACHINE_VCPUS 8
#define CPUID_ENTRIES 256

struct vcpu {
	int fd;
	struct kvm_run *run; /* shared with KVM; NULL: not mapped */
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct runner runner;
	uint64_t mmio_sum; /* of what the guest wrote to the device */
	uint32_t output_len;
	char output[OUTPUT_BYTES];
};

struct cpuid_table {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[CPUID_ENTRIES];
};

/* What is the same for all VMs of a run. */
struct setting {
	const struct plan *plan;
	const struct kvm_calls *calls;
	const char *device; /* "/dev/kvm" */
	uint64_t timeout_ns;
	int marker_fd; /* trace_marker; -1: no marks */
};

struct machine {
	const struct setting *setting;
	const struct plan *plan; /* of the setting */
	struct stopper *stopper;
	struct life *life;
	uint32_t vm; /* which of the life's */
	struct log_row *log;
	atomic_bool is_stopping; /* something went wrong */
	int kvm_fd;
	int vm_fd;
	size_t run_bytes; /* of a mapped vCPU */
	unsigned char *memory;
	struct cpuid_table *cpuid;
	struct vcpu vcpus[MACHINE_VCPUS];
};

/* Gets the guest's memory; false after machine_fail(). machine_release() in either case. */
bool machine_init(struct machine *machine, const struct setting *setting, struct stopper *stopper,
		  struct life *life, uint32_t vm);
/* Gives everything back that a step has not given back, in the order in which VMMs do. */
void machine_release(struct machine *machine);

/*
 * Says what went wrong; the first of all VMs and vCPUs to do so is kept. Stops the machine's other
 * vCPUs. Returns false, to be returned. step NULL: none is to blame; expected is taken from it.
 */
bool machine_fail(struct machine *machine, const struct step *step, enum outcome outcome,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Where a guest physical address of the main slot is. */
unsigned char *machine_at(const struct machine *machine, uint64_t address);

/* ---- what steps are made of ------------------------------------------------------------------ */

/* A row of a step, from its begin to its end, timed and marked; between them is what it is for. */
void row_begin(struct machine *machine, const struct step *step, struct log_row *row);
void row_end(struct machine *machine, const struct step *step, struct log_row *row, int64_t result);
/* An ioctl as the only thing that the step does; its result. */
int64_t row_ioctl(struct machine *machine, const struct step *step, struct log_row *row, int fd,
		  unsigned long request, uintptr_t arg);

/* Fails the step if its row has a result below 0, naming the errno. */
bool step_succeeded(struct machine *machine, const struct step *step, struct log_row *row);

/* Does all steps of the plan. False after machine_fail(). */
bool machine_live(struct machine *machine);

#endif

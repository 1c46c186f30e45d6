/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the steps on a vCPU but for its running. */
#include "steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "guest/layout.h"
#include "modes.h"

#define RFLAGS_FIXED 0x2

static int vcpu_fd(const struct machine *machine, const struct step *step)
{
	return machine->vcpus[step->vcpu].fd;
}

/* ---- its file -------------------------------------------------------------------------------- */

bool step_create_vcpu(struct machine *machine, const struct step *step, struct log_row *row)
{
	machine->vcpus[step->vcpu].fd =
		(int)row_ioctl(machine, step, row, machine->vm_fd, KVM_CREATE_VCPU, step->vcpu);
	return step_succeeded(machine, step, row);
}

bool step_map_vcpu(struct machine *machine, const struct step *step, struct log_row *row)
{
	const struct kvm_calls *calls = machine->setting->calls;
	struct vcpu *vcpu = &machine->vcpus[step->vcpu];
	row_begin(machine, step, row);
	void *run = calls->map(calls->self, machine->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			       vcpu->fd);
	row_end(machine, step, row, run == MAP_FAILED ? -1 : 0);
	if (run != MAP_FAILED)
		vcpu->run = run;
	return step_succeeded(machine, step, row);
}

bool step_unmap_vcpu(struct machine *machine, const struct step *step, struct log_row *row)
{
	const struct kvm_calls *calls = machine->setting->calls;
	struct vcpu *vcpu = &machine->vcpus[step->vcpu];
	row_begin(machine, step, row);
	const int result = calls->unmap(calls->self, vcpu->run, machine->run_bytes);
	row_end(machine, step, row, result);
	/* what is still mapped is unmapped by machine_release() */
	if (result == 0)
		vcpu->run = NULL;
	return step_succeeded(machine, step, row);
}

/* ---- registers ------------------------------------------------------------------------------- */

bool step_get_sregs(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_GET_SREGS,
		  (uintptr_t)&machine->vcpus[step->vcpu].sregs);
	return step_succeeded(machine, step, row);
}

bool step_set_sregs(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct kvm_sregs *sregs = &machine->vcpus[step->vcpu].sregs;
	mode_set(sregs, step->row->mode);
	snprintf(row->detail, sizeof(row->detail), "%s", mode_name(step->row->mode));
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_SET_SREGS, (uintptr_t)sregs);
	return step_succeeded(machine, step, row);
}

bool step_get_regs(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct kvm_regs *regs = &machine->vcpus[step->vcpu].regs;
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_GET_REGS, (uintptr_t)regs);
	if (!step_succeeded(machine, step, row))
		return false;
	snprintf(row->detail, sizeof(row->detail), "rip 0x%" PRIx64 " rax 0x%" PRIx64,
		 (uint64_t)regs->rip, (uint64_t)regs->rax);
	return true;
}

bool step_set_regs(struct machine *machine, const struct step *step, struct log_row *row)
{
	const struct scenario_step *wanted = step->row;
	const struct kvm_regs regs = {
		.rip = machine->plan->scenario->code + wanted->entry,
		.rsp = GUEST_STACK,
		.rflags = RFLAGS_FIXED,
		.rdi = amount_of(machine->plan, &wanted->args[0], step->index),
		.rsi = amount_of(machine->plan, &wanted->args[1], step->index),
		.rdx = amount_of(machine->plan, &wanted->args[2], step->index),
	};
	snprintf(row->detail, sizeof(row->detail), "rip 0x%" PRIx64, (uint64_t)regs.rip);
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_SET_REGS, (uintptr_t)&regs);
	return step_succeeded(machine, step, row);
}

/* ---- CPUID ----------------------------------------------------------------------------------- */

#define HAS_LONG_MODE (1U << 29)

static struct kvm_cpuid_entry2 make_leaf(uint32_t function)
{
	if (function == LEAF_EXTENDED)
		return (struct kvm_cpuid_entry2){ .function = function, .edx = HAS_LONG_MODE };
	return (struct kvm_cpuid_entry2){ .function = function,
					  .eax = 0x11111111,
					  .ebx = 0x22222222,
					  .ecx = 0x33333333,
					  .edx = 0x44444444 };
}

/* What supported-cpuid has told, if that was asked, and one leaf more. */
bool step_set_cpuid(struct machine *machine, const struct step *step, struct log_row *row)
{
	/* a copy, since several vCPUs may be at this at once */
	struct cpuid_table table = *machine->cpuid;
	if (table.head.nent >= CPUID_ENTRIES)
		return machine_fail(machine, step, OUTCOME_DIFFERS, "no room for another leaf");
	table.entries[table.head.nent++] = make_leaf(step->row->index);
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_SET_CPUID2, (uintptr_t)&table);
	snprintf(row->detail, sizeof(row->detail), "%u %s", table.head.nent,
		 table.head.nent == 1 ? "leaf" : "leaves");
	return step_succeeded(machine, step, row);
}

bool step_get_cpuid(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct cpuid_table *table = machine->cpuid;
	const struct kvm_cpuid_entry2 own = make_leaf(step->row->index);
	table->head.nent = CPUID_ENTRIES;
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_GET_CPUID2, (uintptr_t)table);
	if (!step_succeeded(machine, step, row))
		return false;
	snprintf(row->detail, sizeof(row->detail), "%u leaves", table->head.nent);
	for (uint32_t i = 0; i < table->head.nent && i < CPUID_ENTRIES; i++) {
		const struct kvm_cpuid_entry2 *entry = &table->entries[i];
		if (entry->function == own.function && entry->eax == own.eax &&
		    entry->ebx == own.ebx && entry->ecx == own.ecx && entry->edx == own.edx)
			return true;
	}
	row->is_ok = false;
	return machine_fail(machine, step, OUTCOME_DIFFERS, "%s without it", row->detail);
}

/* ---- MSRs ------------------------------------------------------------------------------------ */

struct one_msr {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

/* Both ioctls return how many MSRs they have done. */
static bool one_was_done(struct machine *machine, const struct step *step, struct log_row *row)
{
	row->is_ok = row->result == 1;
	return row->is_ok ||
	       (step_succeeded(machine, step, row) &&
		machine_fail(machine, step, OUTCOME_DIFFERS, "%lld", (long long)row->result));
}

bool step_set_msrs(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct one_msr msr = { .head.nmsrs = 1 };
	msr.entry.index = step->row->index;
	msr.entry.data = amount_of(machine->plan, &step->row->expect, step->index);
	snprintf(row->detail, sizeof(row->detail), "MSR 0x%x = 0x%" PRIx64, msr.entry.index,
		 (uint64_t)msr.entry.data);
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_SET_MSRS, (uintptr_t)&msr);
	return one_was_done(machine, step, row);
}

bool step_get_msrs(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct one_msr msr = { .head.nmsrs = 1 };
	msr.entry.index = step->row->index;
	row_ioctl(machine, step, row, vcpu_fd(machine, step), KVM_GET_MSRS, (uintptr_t)&msr);
	if (!one_was_done(machine, step, row))
		return false;
	snprintf(row->detail, sizeof(row->detail), "MSR 0x%x = 0x%" PRIx64, msr.entry.index,
		 (uint64_t)msr.entry.data);
	row->is_ok = msr.entry.data == amount_of(machine->plan, &step->row->expect, step->index);
	return row->is_ok || machine_fail(machine, step, OUTCOME_DIFFERS, "1: %s", row->detail);
}

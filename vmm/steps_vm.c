/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the steps on /dev/kvm and on a VM. */
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* where KVM may keep its own pages below 4 GiB: as the other VMMs have it */
#define IDENTITY_MAP UINT64_C(0xfffbc000)
#define TSS_ADDR 0xfffbd000

/* ---- /dev/kvm -------------------------------------------------------------------------------- */

static bool no_kvm(struct machine *machine, const struct step *step, int os_errno)
{
	const char *device = machine->setting->device;
	switch (os_errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return machine_fail(machine, step, OUTCOME_LACKING,
				    "there is no %s (load kvm_intel or kvm_amd, and let the "
				    "firmware enable virtualisation)",
				    device);
	case EACCES:
	case EPERM:
		return machine_fail(machine, step, OUTCOME_LACKING,
				    "%s may not be opened (join the group kvm, or run as root)",
				    device);
	default:
		return machine_fail(machine, step, OUTCOME_DIFFERS, "errno %d (%s)", os_errno,
				    strerror(os_errno));
	}
}

bool step_open(struct machine *machine, const struct step *step, struct log_row *row)
{
	const struct kvm_calls *calls = machine->setting->calls;
	row_begin(machine, step, row);
	machine->kvm_fd = calls->open(calls->self, machine->setting->device, O_RDWR);
	row_end(machine, step, row, machine->kvm_fd);
	row->is_ok = machine->kvm_fd >= 0;
	return row->is_ok || no_kvm(machine, step, row->os_errno);
}

bool step_api_version(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_ioctl(machine, step, row, machine->kvm_fd, KVM_GET_API_VERSION, 0);
	row->is_ok = row->result == KVM_API_VERSION;
	if (row->is_ok)
		return true;
	if (row->os_errno == ENOTTY)
		return machine_fail(machine, step, OUTCOME_LACKING, "%s is not KVM",
				    machine->setting->device);
	return machine_fail(machine, step, OUTCOME_LACKING,
			    "KVM's API version is %lld, not %d (this kernel is too old)",
			    (long long)row->result, KVM_API_VERSION);
}

bool step_check_extension(struct machine *machine, const struct step *step, struct log_row *row)
{
	snprintf(row->detail, sizeof(row->detail), "%s", step->row->capability_name);
	row_ioctl(machine, step, row, machine->kvm_fd, KVM_CHECK_EXTENSION,
		  (uintptr_t)step->row->capability);
	if (!step_succeeded(machine, step, row))
		return false;
	row->is_ok = row->result > 0;
	return row->is_ok ||
	       machine_fail(machine, step, OUTCOME_LACKING,
			    "this KVM has no %s (another scenario may do: see --list)",
			    step->row->capability_name);
}

bool step_supported_cpuid(struct machine *machine, const struct step *step, struct log_row *row)
{
	machine->cpuid->head.nent = CPUID_ENTRIES;
	row_ioctl(machine, step, row, machine->kvm_fd, KVM_GET_SUPPORTED_CPUID,
		  (uintptr_t)machine->cpuid);
	snprintf(row->detail, sizeof(row->detail), "%u leaves", machine->cpuid->head.nent);
	return step_succeeded(machine, step, row);
}

bool step_mmap_size(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_ioctl(machine, step, row, machine->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (!step_succeeded(machine, step, row))
		return false;
	row->is_ok = row->result >= (int64_t)sizeof(struct kvm_run);
	if (!row->is_ok)
		return machine_fail(machine, step, OUTCOME_DIFFERS, "%lld, too small",
				    (long long)row->result);
	machine->run_bytes = (size_t)row->result;
	return true;
}

/* ---- the VM ---------------------------------------------------------------------------------- */

bool step_create_vm(struct machine *machine, const struct step *step, struct log_row *row)
{
	machine->vm_fd = (int)row_ioctl(machine, step, row, machine->kvm_fd, KVM_CREATE_VM, 0);
	return step_succeeded(machine, step, row);
}

bool step_set_tss_addr(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_ioctl(machine, step, row, machine->vm_fd, KVM_SET_TSS_ADDR, TSS_ADDR);
	return step_succeeded(machine, step, row);
}

bool step_set_identity_map(struct machine *machine, const struct step *step, struct log_row *row)
{
	const uint64_t address = IDENTITY_MAP;
	row_ioctl(machine, step, row, machine->vm_fd, KVM_SET_IDENTITY_MAP_ADDR,
		  (uintptr_t)&address);
	return step_succeeded(machine, step, row);
}

bool step_create_irqchip(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_ioctl(machine, step, row, machine->vm_fd, KVM_CREATE_IRQCHIP, 0);
	return step_succeeded(machine, step, row);
}

bool step_create_pit(struct machine *machine, const struct step *step, struct log_row *row)
{
	const struct kvm_pit_config config = { 0 };
	row_ioctl(machine, step, row, machine->vm_fd, KVM_CREATE_PIT2, (uintptr_t)&config);
	return step_succeeded(machine, step, row);
}

/* ---- closing --------------------------------------------------------------------------------- */

static bool close_file(struct machine *machine, const struct step *step, struct log_row *row,
		       int *fd)
{
	const struct kvm_calls *calls = machine->setting->calls;
	row_begin(machine, step, row);
	const int result = calls->close(calls->self, *fd);
	row_end(machine, step, row, result);
	/* a failed close has closed it, too */
	*fd = -1;
	return step_succeeded(machine, step, row);
}

bool step_close_vm(struct machine *machine, const struct step *step, struct log_row *row)
{
	return close_file(machine, step, row, &machine->vm_fd);
}

bool step_close(struct machine *machine, const struct step *step, struct log_row *row)
{
	return close_file(machine, step, row, &machine->kvm_fd);
}

bool step_close_vcpu(struct machine *machine, const struct step *step, struct log_row *row)
{
	return close_file(machine, step, row, &machine->vcpus[step->vcpu].fd);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a VM holds and how it is given back. */
#include "machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "marks.h"

bool machine_init(struct machine *machine, const struct setting *setting, struct stopper *stopper,
		  struct life *life, uint32_t vm)
{
	const struct kvm_calls *calls = setting->calls;
	*machine = (struct machine){ .setting = setting,
				     .plan = setting->plan,
				     .stopper = stopper,
				     .life = life,
				     .vm = vm,
				     .kvm_fd = -1,
				     .vm_fd = -1 };
	machine->log = &life->rows[(size_t)vm * life->row_count];
	for (size_t i = 0; i < MACHINE_VCPUS; i++)
		machine->vcpus[i].fd = -1;
	machine->cpuid = calloc(1, sizeof(*machine->cpuid));
	if (machine->cpuid == NULL)
		return machine_fail(machine, NULL, OUTCOME_INTERNAL, "out of memory");
	void *memory = calls->map(calls->self, machine->plan->backing_bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (memory == MAP_FAILED)
		return machine_fail(machine, NULL, OUTCOME_INTERNAL,
				    "no memory for the guest: %s (a smaller --memory helps)",
				    strerror(errno));
	machine->memory = memory;
	/* a fault each page: huge pages would make the number of faults a matter of luck */
	madvise(memory, machine->plan->backing_bytes, MADV_NOHUGEPAGE);
	return true;
}

static void close_fd(const struct machine *machine, int *fd)
{
	if (*fd >= 0)
		machine->setting->calls->close(machine->setting->calls->self, *fd);
	*fd = -1;
}

void machine_release(struct machine *machine)
{
	const struct kvm_calls *calls = machine->setting->calls;
	for (size_t i = 0; i < MACHINE_VCPUS; i++) {
		struct vcpu *vcpu = &machine->vcpus[i];
		if (vcpu->run != NULL)
			calls->unmap(calls->self, vcpu->run, machine->run_bytes);
		vcpu->run = NULL;
		close_fd(machine, &vcpu->fd);
	}
	close_fd(machine, &machine->vm_fd);
	close_fd(machine, &machine->kvm_fd);
	if (machine->memory != NULL)
		calls->unmap(calls->self, machine->memory, machine->plan->backing_bytes);
	machine->memory = NULL;
	free(machine->cpuid);
	machine->cpuid = NULL;
}

unsigned char *machine_at(const struct machine *machine, uint64_t address)
{
	return machine->memory + (address - machine->plan->memory_base);
}

/* ---- failing --------------------------------------------------------------------------------- */

bool machine_fail(struct machine *machine, const struct step *step, enum outcome outcome,
		  const char *format, ...)
{
	char found[256];
	va_list args;
	va_start(args, format);
	vsnprintf(found, sizeof(found), format, args);
	va_end(args);
	/* the stopper's lock is the one that all vCPUs and VMs of a life share */
	pthread_mutex_lock(&machine->stopper->lock);
	failure_set(&machine->life->failure, outcome, machine->plan, step, machine->vm, found);
	pthread_mutex_unlock(&machine->stopper->lock);
	atomic_store(&machine->is_stopping, true);
	stopper_kick(machine->stopper, machine);
	return false;
}

/* ---- rows ------------------------------------------------------------------------------------ */

void row_begin(struct machine *machine, const struct step *step, struct log_row *row)
{
	mark(machine, step, row, "begin");
	row->start_ns = now_ns();
}

void row_end(struct machine *machine, const struct step *step, struct log_row *row, int64_t result)
{
	const int os_errno = result < 0 ? errno : 0;
	row->duration_ns = now_ns() - row->start_ns;
	row->result = result;
	row->os_errno = os_errno;
	row->is_done = true;
	row->is_ok = true;
	mark(machine, step, row, "end");
}

int64_t row_ioctl(struct machine *machine, const struct step *step, struct log_row *row, int fd,
		  unsigned long request, uintptr_t arg)
{
	const struct kvm_calls *calls = machine->setting->calls;
	row_begin(machine, step, row);
	const int result = calls->ioctl(calls->self, fd, request, arg);
	row_end(machine, step, row, result);
	return result;
}

bool step_succeeded(struct machine *machine, const struct step *step, struct log_row *row)
{
	if (row->result >= 0)
		return true;
	row->is_ok = false;
	return machine_fail(machine, step, OUTCOME_DIFFERS, "errno %d (%s)", row->os_errno,
			    strerror(row->os_errno));
}

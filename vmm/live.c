/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a VM is led through all steps of its plan, by one thread or by one for each vCPU. */
#include "steps.h"

#include <string.h>

/* By kind, in the order of STEP_LIST. */
static step_function *const functions[STEP_COUNT] = {
	[STEP_OPEN] = step_open,
	[STEP_API_VERSION] = step_api_version,
	[STEP_CHECK_EXTENSION] = step_check_extension,
	[STEP_SUPPORTED_CPUID] = step_supported_cpuid,
	[STEP_CREATE_VM] = step_create_vm,
	[STEP_SET_TSS_ADDR] = step_set_tss_addr,
	[STEP_SET_IDENTITY_MAP] = step_set_identity_map,
	[STEP_CREATE_IRQCHIP] = step_create_irqchip,
	[STEP_CREATE_PIT] = step_create_pit,
	[STEP_MEMSLOT_ADD] = step_memslot_put,
	[STEP_MEMSLOT_MOVE] = step_memslot_put,
	[STEP_MEMSLOT_DELETE] = step_memslot_delete,
	[STEP_DIRTY_LOG] = step_dirty_log,
	[STEP_CREATE_VCPU] = step_create_vcpu,
	[STEP_MMAP_SIZE] = step_mmap_size,
	[STEP_MAP_VCPU] = step_map_vcpu,
	[STEP_LOAD_GUEST] = step_load_guest,
	[STEP_GET_SREGS] = step_get_sregs,
	[STEP_SET_SREGS] = step_set_sregs,
	[STEP_GET_REGS] = step_get_regs,
	[STEP_SET_REGS] = step_set_regs,
	[STEP_GET_CPUID] = step_get_cpuid,
	[STEP_SET_CPUID] = step_set_cpuid,
	[STEP_GET_MSRS] = step_get_msrs,
	[STEP_SET_MSRS] = step_set_msrs,
	[STEP_RUN] = step_run,
	[STEP_CHECK_REGISTER] = step_check_register,
	[STEP_CHECK_MEMORY] = step_check_memory,
	[STEP_CHECK_OUTPUT] = step_check_output,
	[STEP_CHECK_MMIO] = step_check_mmio,
	[STEP_UNMAP_VCPU] = step_unmap_vcpu,
	[STEP_CLOSE_VCPU] = step_close_vcpu,
	[STEP_CLOSE_VM] = step_close_vm,
	[STEP_CLOSE] = step_close,
	[STEP_EXIT] = step_exit,
};

/* It only begins here: whoever waits for the process sees the end. */
bool step_exit(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_begin(machine, step, row);
	return true;
}

static bool do_step(struct machine *machine, const struct step *step)
{
	if (stopper_signal(machine->stopper) != 0)
		return machine_fail(machine, step, OUTCOME_STOPPED, "signal %d",
				    stopper_signal(machine->stopper));
	return functions[step->row->kind](machine, step, &machine->log[step->first_log]);
}

/* ---- threads --------------------------------------------------------------------------------- */

struct vcpu_thread {
	struct machine *machine;
	const struct step *steps;
	uint32_t step_count;
	pthread_t thread;
};

static void *run_vcpu_thread(void *self)
{
	const struct vcpu_thread *own = self;
	for (uint32_t i = 0; i < own->step_count; i++) {
		if (atomic_load(&own->machine->is_stopping) ||
		    !do_step(own->machine, &own->steps[i]))
			break;
	}
	return NULL;
}

/* How many steps from here on are done in threads: vCPU by vCPU, one behind the other. */
static uint32_t section_length(const struct plan *plan, uint32_t first)
{
	uint32_t end = first;
	while (end < plan->step_count && plan->steps[end].row->in_vcpu_thread)
		end++;
	return end - first;
}

/* How many of these steps are of the first one's vCPU. */
static uint32_t own_length(const struct step *steps, uint32_t count)
{
	uint32_t length = 1;
	while (length < count && steps[length].vcpu == steps[0].vcpu)
		length++;
	return length;
}

static bool live_section(struct machine *machine, uint32_t first, uint32_t step_count)
{
	const struct kvm_calls *calls = machine->setting->calls;
	const struct step *steps = &machine->plan->steps[first];
	struct vcpu_thread threads[MACHINE_VCPUS];
	uint32_t started = 0;
	for (uint32_t at = 0; at < step_count; started++) {
		struct vcpu_thread *thread = &threads[started];
		const uint32_t count = own_length(steps + at, step_count - at);
		*thread = (struct vcpu_thread){ machine, steps + at, count, 0 };
		at += count;
		const int failed =
			calls->spawn(calls->self, &thread->thread, run_vcpu_thread, thread);
		if (failed != 0) {
			machine_fail(machine, thread->steps, OUTCOME_INTERNAL, "no thread: %s",
				     strerror(failed));
			break;
		}
	}
	for (uint32_t i = 0; i < started; i++)
		pthread_join(threads[i].thread, NULL);
	return !atomic_load(&machine->is_stopping);
}

bool machine_live(struct machine *machine)
{
	const struct plan *plan = machine->plan;
	for (uint32_t i = 0; i < plan->step_count;) {
		const uint32_t threaded = section_length(plan, i);
		if (threaded > 0 ? !live_section(machine, i, threaded)
				 : !do_step(machine, &plan->steps[i]))
			return false;
		i += threaded > 0 ? threaded : 1;
	}
	return true;
}

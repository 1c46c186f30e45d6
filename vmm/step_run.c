/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a guest is run, and the devices that it finds: two ports, a page of MMIO. */
#include "steps.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guest/layout.h"

#define MMIO_BYTES 4096
#define DEVICE_ANSWER 0xa5

/* ---- devices --------------------------------------------------------------------------------- */

/* One that takes what is written and has an answer for who reads. */
static bool serve_silent_port(struct kvm_run *run)
{
	if (run->io.direction == KVM_EXIT_IO_IN)
		memset((char *)run + run->io.data_offset, DEVICE_ANSWER, run->io.count);
	return true;
}

static bool serve_io(struct vcpu *vcpu)
{
	if (vcpu->run->io.port == PORT_SILENT && vcpu->run->io.size == 1)
		return serve_silent_port(vcpu->run);
	const struct kvm_run *run = vcpu->run;
	if (run->io.port != PORT_DEBUG || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.size != 1 || run->io.count > OUTPUT_BYTES - vcpu->output_len)
		return false;
	memcpy(vcpu->output + vcpu->output_len, (const char *)run + run->io.data_offset,
	       run->io.count);
	vcpu->output_len += run->io.count;
	return true;
}

static uint64_t mmio_value(const struct kvm_run *run)
{
	uint64_t value = 0;
	memcpy(&value, run->mmio.data, run->mmio.len < 8 ? run->mmio.len : 8);
	return value;
}

static bool serve_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const uint64_t page = run->mmio.phys_addr & ~(uint64_t)(MMIO_BYTES - 1);
	if (page != GUEST_MMIO && page != GUEST_MMIO_LOW)
		return false;
	if (run->mmio.is_write)
		vcpu->mmio_sum += mmio_value(run);
	else
		memset(run->mmio.data, DEVICE_ANSWER, sizeof(run->mmio.data));
	return true;
}

/* Does what the guest's access asks for; false if there is no such device. */
static bool serve(struct vcpu *vcpu, enum reason reason)
{
	switch (reason) {
	case REASON_IO:
		return serve_io(vcpu);
	case REASON_MMIO:
		return serve_mmio(vcpu);
	case REASON_HLT:
	case REASON_INTERRUPT_WINDOW:
	case REASON_SHUTDOWN:
	case REASON_FAIL_ENTRY:
	case REASON_INTERNAL_ERROR:
	case REASON_OTHER:
	case REASON_COUNT:
		break;
	}
	return true;
}

/* ---- exits in words -------------------------------------------------------------------------- */

static void describe_io(const struct kvm_run *run, char *text, size_t len)
{
	const unsigned char *data = (const unsigned char *)run + run->io.data_offset;
	const bool is_out = run->io.direction == KVM_EXIT_IO_OUT;
	if (is_out && run->io.size == 1 && run->io.count == 1)
		snprintf(text, len,
			 isprint(data[0]) ? "io out 0x%x: 0x%02x '%c'" : "io out 0x%x: 0x%02x",
			 run->io.port, data[0], data[0]);
	else
		snprintf(text, len, "io %s 0x%x: %u x %u bytes", is_out ? "out" : "in",
			 run->io.port, run->io.count, run->io.size);
}

static void describe_exit(const struct kvm_run *run, enum reason reason, char *text, size_t len)
{
	switch (reason) {
	case REASON_IO:
		describe_io(run, text, len);
		return;
	case REASON_MMIO:
		if (run->mmio.is_write)
			snprintf(text, len, "mmio write 0x%" PRIx64 ": %u bytes 0x%" PRIx64,
				 (uint64_t)run->mmio.phys_addr, run->mmio.len, mmio_value(run));
		else
			snprintf(text, len, "mmio read 0x%" PRIx64 ": %u bytes",
				 (uint64_t)run->mmio.phys_addr, run->mmio.len);
		return;
	case REASON_FAIL_ENTRY:
		snprintf(text, len, "fail-entry, hardware reason 0x%" PRIx64,
			 (uint64_t)run->fail_entry.hardware_entry_failure_reason);
		return;
	case REASON_INTERNAL_ERROR:
		snprintf(text, len, "internal-error, suberror %u", run->internal.suberror);
		return;
	case REASON_OTHER:
		snprintf(text, len, "KVM_EXIT number %u", run->exit_reason);
		return;
	case REASON_HLT:
	case REASON_INTERRUPT_WINDOW:
	case REASON_SHUTDOWN:
	case REASON_COUNT:
		snprintf(text, len, "%s", reason_name(reason));
	}
}

/* ---- running --------------------------------------------------------------------------------- */

static bool must_stop(const struct machine *machine, const struct vcpu *vcpu)
{
	return atomic_load(&machine->is_stopping) || atomic_load(&vcpu->runner.is_late) ||
	       stopper_signal(machine->stopper) != 0;
}

/* KVM_RUN until it returns for the guest, or because somebody wants it to. */
static int enter_guest(struct machine *machine, struct vcpu *vcpu, struct log_row *row)
{
	const struct kvm_calls *calls = machine->setting->calls;
	for (;;) {
		const int result = calls->ioctl(calls->self, vcpu->fd, KVM_RUN, 0);
		if (result == 0 || errno != EINTR || must_stop(machine, vcpu))
			return result;
		row->interrupted++;
	}
}

static bool fail_stopped(struct machine *machine, const struct step *step)
{
	if (atomic_load(&machine->vcpus[step->vcpu].runner.is_late))
		return machine_fail(machine, step, OUTCOME_DIFFERS,
				    "no such exit within %g s (see --timeout)",
				    (double)machine->setting->timeout_ns / 1e9);
	if (stopper_signal(machine->stopper) != 0)
		return machine_fail(machine, step, OUTCOME_STOPPED, "signal %d",
				    stopper_signal(machine->stopper));
	/* another vCPU has failed, and said why */
	return false;
}

/* One row: a stay in the guest and why it ended. */
static bool run_once(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct vcpu *vcpu = &machine->vcpus[step->vcpu];
	row_begin(machine, step, row);
	const int result = enter_guest(machine, vcpu, row);
	row_end(machine, step, row, result);
	if (result < 0 && row->os_errno == EINTR) {
		row->is_ok = false;
		snprintf(row->detail, sizeof(row->detail), "stopped");
		return fail_stopped(machine, step);
	}
	if (!step_succeeded(machine, step, row))
		return false;
	row->reason = reason_of_exit(vcpu->run->exit_reason);
	describe_exit(vcpu->run, row->reason, row->detail, sizeof(row->detail));
	return true;
}

static bool run_until(struct machine *machine, const struct step *step, struct log_row *row)
{
	for (uint32_t count = 0;; count++, row++) {
		if (!run_once(machine, step, row))
			return false;
		row->is_ok = row->reason == step_exit_due(step, count) &&
			     serve(&machine->vcpus[step->vcpu], row->reason);
		if (!row->is_ok)
			return machine_fail(machine, step, OUTCOME_DIFFERS, "%s after %u",
					    row->detail, count);
		if (count + 1 == step->log_count)
			return true;
	}
}

bool step_run(struct machine *machine, const struct step *step, struct log_row *row)
{
	struct runner *runner = &machine->vcpus[step->vcpu].runner;
	runner->immediate_exit = &machine->vcpus[step->vcpu].run->immediate_exit;
	runner->owner = machine;
	stopper_enter(machine->stopper, runner, &machine->is_stopping);
	const bool is_done = run_until(machine, step, row);
	stopper_leave(machine->stopper, runner);
	return is_done;
}

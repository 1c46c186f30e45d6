/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which phases the steps of a report let expect. */
#include "analyse/run_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/kvm_names.h"
#include "base/banned.h"

/* ---- what a trace can show ------------------------------------------------------------------- */

/* Ioctls that have no phase of their own, and look like one that has. */
static const struct {
	const char *ioctl;
	enum kg_phase_kind phase;
} lookalikes[] = {
	{ "KVM_GET_SUPPORTED_CPUID", KG_PHASE_PROBE },
	{ "KVM_GET_EMULATED_CPUID", KG_PHASE_PROBE },
	{ "KVM_GET_MSR_INDEX_LIST", KG_PHASE_PROBE },
	{ "KVM_GET_MSR_FEATURE_INDEX_LIST", KG_PHASE_PROBE },
	{ "KVM_X86_GET_MCE_CAP_SUPPORTED", KG_PHASE_PROBE },
	/* on AMD's processors neither has anything to do */
	{ "KVM_SET_IDENTITY_MAP_ADDR", KG_PHASE_SET_TSS },
};

static enum kg_phase_kind looks_like(const char *ioctl)
{
	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++) {
		if (ioctl != NULL && strcmp(lookalikes[i].ioctl, ioctl) == 0)
			return lookalikes[i].phase;
	}
	return KG_PHASE_KIND_COUNT;
}

/* Without which a phase is not there, whatever it calls; NULL: what it calls is enough. */
static const char *frame_of(enum kg_phase_kind kind)
{
	static const char *const frames[KG_PHASE_KIND_COUNT] = {
		[KG_PHASE_PROBE] = "kvm_dev_ioctl",
		[KG_PHASE_MMAP_SIZE] = "kvm_dev_ioctl",
		[KG_PHASE_CREATE_VM] = "kvm_dev_ioctl",
		[KG_PHASE_SET_TSS] = "kvm_vm_ioctl",
		[KG_PHASE_MEMSLOT] = "kvm_vm_ioctl",
		[KG_PHASE_CREATE_VCPU] = "kvm_vm_ioctl",
		[KG_PHASE_MAP_VCPU] = "kvm_vcpu_mmap",
		[KG_PHASE_RELEASE_VCPU] = "kvm_vcpu_release",
		[KG_PHASE_RELEASE_VM] = "kvm_vm_release",
	};
	return frames[kind];
}

/* Whether the recorded list of functions rules out that there is any sign of a phase. */
static bool lacks_signs(const struct kg_environment *environment, enum kg_phase_kind kind)
{
	const struct kvm_sign *sign;
	bool has_signs = false;
	for (size_t i = 0; (sign = kvm_sign_at(i)) != NULL; i++) {
		if (sign->phase != kind)
			continue;
		has_signs = true;
		if (kg_env_is_traced(environment, sign->name) != KG_ENV_NO)
			return false;
	}
	return has_signs;
}

bool wants_is_hidden(const struct kg_run_check *check, enum kg_phase_kind kind)
{
	const struct kg_environment *environment = check->input.environment;
	if (environment == NULL)
		return false;
	const char *frame = frame_of(kind);
	if (frame != NULL && kg_env_is_traced(environment, frame) == KG_ENV_NO)
		return true;
	/* a question needs no sign; nor does what AMD's processors have nothing to do for */
	if (kind == KG_PHASE_PROBE)
		return false;
	if (kind == KG_PHASE_SET_TSS && check->vendor == KG_VENDOR_SVM)
		return kg_env_is_traced(environment, "kvm_arch_vm_ioctl") == KG_ENV_NO;
	return lacks_signs(environment, kind);
}

/* ---- VMs and vCPUs --------------------------------------------------------------------------- */

struct vm_steps wants_vm(const struct kg_run_report *run, uint32_t vm)
{
	size_t first = 0;
	size_t end = run->step_count;
	while (first < end) {
		const size_t middle = first + (end - first) / 2;
		if (run->steps[middle].vm < vm)
			first = middle + 1;
		else
			end = middle;
	}
	while (end < run->step_count && run->steps[end].vm == vm)
		end++;
	return (struct vm_steps){ (uint32_t)first, (uint32_t)(end - first) };
}

static bool is_of_vcpu(const struct kg_run_step *step)
{
	return step->phase == KG_PHASE_GET_REGS || step->phase == KG_PHASE_SET_REGS ||
	       step->phase == KG_PHASE_GET_SREGS || step->phase == KG_PHASE_SET_SREGS ||
	       step->phase == KG_PHASE_RUN;
}

static int compare_starts(const void *a, const void *b)
{
	const struct vcpu_order *left = a;
	const struct vcpu_order *right = b;
	if (left->start_ns != right->start_ns)
		return left->start_ns < right->start_ns ? -1 : 1;
	return (left->vcpu > right->vcpu) - (left->vcpu < right->vcpu);
}

static int compare_vcpus(const void *a, const void *b)
{
	const struct vcpu_order *left = a;
	const struct vcpu_order *right = b;
	if (left->vcpu != right->vcpu)
		return left->vcpu < right->vcpu ? -1 : 1;
	return (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

enum kg_status wants_order_vcpus(struct kg_run_check *check, struct vm_steps vm)
{
	const struct kg_run_step *steps = check->input.run->steps;
	check->vcpus.count = 0;
	for (uint32_t i = vm.first; i < vm.first + vm.count; i++) {
		if (is_of_vcpu(&steps[i]) &&
		    !column_push(&check->vcpus,
				 (struct vcpu_order){ .vcpu = steps[i].vcpu,
						      .start_ns = steps[i].start_ns }))
			return KG_NOMEM;
	}
	if (check->vcpus.count == 0)
		return KG_OK;
	struct vcpu_order *rows = check->vcpus.at;
	size_t count = 0;
	qsort(rows, check->vcpus.count, sizeof(*rows), compare_vcpus);
	for (size_t i = 0; i < check->vcpus.count; i++) {
		if (i == 0 || rows[i].vcpu != rows[count - 1].vcpu)
			rows[count++] = rows[i];
	}
	check->vcpus.count = count;
	qsort(rows, count, sizeof(*rows), compare_starts);
	for (size_t i = 0; i < count; i++)
		rows[i].rank = (uint32_t)i;
	qsort(rows, count, sizeof(*rows), compare_vcpus);
	return KG_OK;
}

static uint32_t rank_of(const struct selection *selection, uint32_t vcpu)
{
	const struct vcpu_order wanted = { .vcpu = vcpu };
	size_t first = 0;
	size_t end = selection->vcpu_count;
	while (end - first > 1) {
		const size_t middle = first + (end - first) / 2;
		if (selection->vcpus[middle].vcpu <= wanted.vcpu)
			first = middle;
		else
			end = middle;
	}
	return selection->vcpus[first].rank;
}

static bool is_selected(const struct selection *selection, const struct kg_run_step *step)
{
	const bool is_mains = selection->rank == UINT32_MAX;
	if (selection->thread_count == 0 || !is_of_vcpu(step))
		return is_mains;
	const uint32_t rank = rank_of(selection, step->vcpu);
	return is_mains ? rank >= selection->thread_count : rank == selection->rank;
}

/* ---- wants ----------------------------------------------------------------------------------- */

/* Questions to /dev/kvm without callees are told apart by guess. */
static uint8_t class_of(uint8_t kind)
{
	return kind == KG_PHASE_MMAP_SIZE ? KG_PHASE_PROBE : kind;
}

static enum kg_status add_want(struct wants *wants, const struct want *want)
{
	struct want *last = wants->rows.count > 0 ? &wants->rows.at[wants->rows.count - 1] : NULL;
	if (last == NULL || last->kind != want->kind || last->is_check != want->is_check)
		return column_push(&wants->rows, *want) ? KG_OK : KG_NOMEM;
	last->least += want->least;
	if (last->most != UINT32_MAX)
		last->most += want->most;
	return KG_OK;
}

static enum kg_status want_step(struct kg_run_check *check, uint32_t index)
{
	struct wants *wants = &check->wants;
	const struct kg_run_step *step = &check->input.run->steps[index];
	const bool has_phase = step->phase != KG_PHASE_KIND_COUNT;
	const enum kg_phase_kind kind = has_phase ? step->phase : looks_like(step->ioctl);
	if (kind == KG_PHASE_KIND_COUNT)
		return KG_OK;
	if (check->is_hidden[kind]) {
		wants->hidden++;
		return KG_OK;
	}
	const bool is_run = kind == KG_PHASE_RUN;
	/* with several VMs alive nothing tells what stands alone on AMD's processors */
	const bool is_lonely =
		kind == KG_PHASE_SET_TSS && check->lives.overlaps && check->vendor == KG_VENDOR_SVM;
	const struct want want = {
		.first = (uint32_t)wants->steps.count,
		/* what fails may do so before it shows */
		.least = has_phase && step->result >= 0 && !is_lonely,
		.most = is_run ? UINT32_MAX : 1,
		.kind = class_of((uint8_t)kind),
		.is_check = step->ioctl != NULL && strcmp(step->ioctl, "KVM_CHECK_EXTENSION") == 0,
	};
	if (!column_push(&wants->steps, index) || (is_run && !column_push(&wants->runs, index)))
		return KG_NOMEM;
	return add_want(wants, &want);
}

enum kg_status wants_make(struct kg_run_check *check, const struct selection *selection)
{
	struct wants *wants = &check->wants;
	const struct vm_steps vm = selection->vm;
	enum kg_status status = KG_OK;
	wants->steps.count = 0;
	wants->rows.count = 0;
	wants->runs.count = 0;
	for (uint32_t i = vm.first; i < vm.first + vm.count && status == KG_OK; i++) {
		if (is_selected(selection, &check->input.run->steps[i]))
			status = want_step(check, i);
	}
	return status;
}

bool wants_accepts(const struct want *want, const struct seen *seen)
{
	if (want->kind != class_of(seen->kind))
		return false;
	return want->kind != KG_PHASE_PROBE || !seen->has_ioctl || want->is_check;
}

bool wants_tolerates(const struct kg_run_check *check, const struct seen *seen)
{
	/* a process that ends closes what is open, and a VMM that fails destroys what it has */
	return seen->kind == KG_PHASE_RELEASE_VCPU || seen->kind == KG_PHASE_RELEASE_VM ||
	       (seen->kind == KG_PHASE_DESTROY_VM && check->input.run->verdict != KG_RUN_PASS) ||
	       check->is_hidden[seen->kind];
}

/* ---- output ---------------------------------------------------------------------------------- */

uint64_t wants_printed(const struct kg_run_step *step)
{
	unsigned int port;
	unsigned int count;
	unsigned int size;
	int end = 0;
	if (step->exit != KG_RUN_EXIT_IO || step->detail == NULL)
		return 0;
	if (sscanf(step->detail, "io out 0x%x: %u x %u bytes%n", &port, &count, &size, &end) == 3 &&
	    end > 0)
		return (uint64_t)count * size;
	return sscanf(step->detail, "io out 0x%x: 0x%x", &port, &count) == 2;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what KVM's functions are called, from 5.4 to 7.3, on Intel's and AMD's processors. */
#include "analyse/kvm_names.h"

#include <string.h>

#include "base/assert.h"
#include "base/banned.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* ---- tables ---------------------------------------------------------------------------------- */

/* The first that fits counts. A * stands at the end or at the start of a pattern only. */
static const struct {
	const char *pattern;
	struct kvm_role role;
} roles[] = {
	/* entry points */
	{ "kvm_dev_ioctl", { PART_FRAME, FRAME_DEV_IOCTL } },
	{ "kvm_vm_ioctl", { PART_FRAME, FRAME_VM_IOCTL } },
	{ "kvm_vcpu_ioctl", { PART_FRAME, FRAME_VCPU_IOCTL } },
	{ "kvm_vm_release", { PART_FRAME, FRAME_VM_RELEASE } },
	{ "kvm_vcpu_release", { PART_FRAME, FRAME_VCPU_RELEASE } },
	{ "kvm_device_release", { PART_FRAME, FRAME_FILE_RELEASE } },
	{ "kvm_gmem_release", { PART_FRAME, FRAME_FILE_RELEASE } },
	{ "kvm_vm_stats_release", { PART_FRAME, FRAME_FILE_RELEASE } },
	{ "kvm_vcpu_stats_release", { PART_FRAME, FRAME_FILE_RELEASE } },
	{ "kvm_debugfs_release", { PART_FRAME, FRAME_FILE_RELEASE } },
	{ "kvm_vcpu_mmap", { PART_STEP, KG_PHASE_MAP_VCPU } },
	{ "kvm_vcpu_fault", { PART_STEP, KG_PHASE_VCPU_FAULT } },
	{ "kvm_mmu_notifier_release", { PART_STEP, KG_PHASE_MM_TEARDOWN } },
	{ "kvm_mmu_notifier_*", { PART_STEP, KG_PHASE_MMU_NOTIFIER } },
	{ "kvm_arch_vm_ioctl", { PART_ARCH_IOCTL, 0 } },

	/* CPUs are made ready for guests, and given back */
	{ "*hardware_enable_nolock", { PART_STEP, KG_PHASE_HARDWARE_ENABLE } },
	{ "*hardware_enable", { PART_STEP, KG_PHASE_HARDWARE_ENABLE } },
	{ "*_enable_virtualization_cpu", { PART_STEP, KG_PHASE_HARDWARE_ENABLE } },
	{ "kvm_enable_virtualization", { PART_STEP, KG_PHASE_HARDWARE_ENABLE } },
	{ "kvm_starting_cpu", { PART_STEP, KG_PHASE_HARDWARE_ENABLE } },
	{ "kvm_online_cpu", { PART_STEP, KG_PHASE_HARDWARE_ENABLE } },
	{ "*hardware_disable_nolock", { PART_STEP, KG_PHASE_HARDWARE_DISABLE } },
	{ "*hardware_disable", { PART_STEP, KG_PHASE_HARDWARE_DISABLE } },
	{ "*_disable_virtualization_cpu", { PART_STEP, KG_PHASE_HARDWARE_DISABLE } },
	{ "kvm_disable_virtualization", { PART_STEP, KG_PHASE_HARDWARE_DISABLE } },
	{ "kvm_dying_cpu", { PART_STEP, KG_PHASE_HARDWARE_DISABLE } },
	{ "kvm_offline_cpu", { PART_STEP, KG_PHASE_HARDWARE_DISABLE } },

	/* others who work for a VM */
	{ "kvm_vm_worker_thread", { PART_STEP, KG_PHASE_WORKER } },
	{ "kvm_nx_*", { PART_STEP, KG_PHASE_WORKER } },
	{ "tdp_mmu_zap_root_work", { PART_STEP, KG_PHASE_WORKER } },
	{ "tdp_mmu_free_sp_rcu_callback", { PART_STEP, KG_PHASE_RCU } },
	{ "pvclock_gtod_notify", { PART_NOISE, 0 } },

	/* whose processor it is */
	{ "svm_vm_init", { PART_VENDOR, KG_VENDOR_SVM } },
	{ "avic_vm_init", { PART_VENDOR, KG_VENDOR_SVM } },
	{ "vmx_vm_init", { PART_VENDOR, KG_VENDOR_VMX } },
	{ "vt_vm_init", { PART_VENDOR, KG_VENDOR_VMX } },

	/* into the guest and out again */
	{ "vmx_vcpu_run", { PART_ENTRY, 0 } },
	{ "svm_vcpu_run", { PART_ENTRY, 0 } },
	{ "vt_vcpu_run", { PART_ENTRY, 0 } },
	{ "tdx_vcpu_run", { PART_ENTRY, 0 } },
	{ "vmx_handle_exit_irqoff", { PART_EARLY_EXIT, 0 } },
	{ "svm_handle_exit_irqoff", { PART_EARLY_EXIT, 0 } },
	{ "vt_handle_exit_irqoff", { PART_EARLY_EXIT, 0 } },
	{ "vmx_handle_exit", { PART_DISPATCHER, KG_VENDOR_VMX } },
	{ "__vmx_handle_exit", { PART_DISPATCHER, KG_VENDOR_VMX } },
	{ "vt_handle_exit", { PART_DISPATCHER, KG_VENDOR_VMX } },
	{ "tdx_handle_exit", { PART_DISPATCHER, KG_VENDOR_VMX } },
	{ "svm_handle_exit", { PART_DISPATCHER, KG_VENDOR_SVM } },
	{ "svm_invoke_exit_handler", { PART_DISPATCHER, KG_VENDOR_SVM } },
	{ "handle_exit", { PART_DISPATCHER, KG_VENDOR_SVM } },

	/* handlers that need no dispatcher */
	{ "handle_fastpath_hlt", { PART_FAST_HANDLER, KG_REASON_HLT } },
	{ "handle_fastpath_preemption_timer", { PART_FAST_HANDLER, KG_REASON_PREEMPTION_TIMER } },
	{ "handle_fastpath_set_msr_irqoff", { PART_FAST_HANDLER, KG_REASON_MSR_WRITE } },
	{ "handle_fastpath_wrmsr*", { PART_FAST_HANDLER, KG_REASON_MSR_WRITE } },
	{ "handle_fastpath_*", { PART_FAST_HANDLER, KG_REASON_OTHER } },

	/* handlers of both vendors; some are shortcuts past a vendor's own */
	{ "kvm_emulate_halt", { PART_HANDLER, KG_REASON_HLT } },
	{ "kvm_emulate_cpuid", { PART_HANDLER, KG_REASON_CPUID } },
	{ "kvm_emulate_rdmsr*", { PART_HANDLER, KG_REASON_MSR_READ } },
	{ "kvm_emulate_wrmsr*", { PART_HANDLER, KG_REASON_MSR_WRITE } },
	{ "kvm_emulate_hypercall", { PART_HANDLER, KG_REASON_HYPERCALL } },
	{ "kvm_emulate_*", { PART_HANDLER, KG_REASON_OTHER } },
	{ "kvm_handle_*", { PART_HANDLER, KG_REASON_OTHER } },
	{ "kvm_fast_pio", { PART_HANDLER, KG_REASON_IO } },
	{ "kvm_io_bus_write", { PART_HANDLER, KG_REASON_MMIO } },
	{ "kvm_skip_emulated_instruction", { PART_HANDLER, KG_REASON_OTHER } },
	{ "kvm_mmu_page_fault", { PART_HANDLER, REASON_PAGE_FAULT } },
	{ "handle_mmio_page_fault", { PART_MMIO_FAULT, 0 } },

	/* Intel's */
	{ "handle_io", { PART_HANDLER, KG_REASON_IO } },
	{ "handle_ept_violation", { PART_HANDLER, KG_REASON_EPT_VIOLATION } },
	{ "handle_ept_misconfig", { PART_HANDLER, KG_REASON_MMIO } },
	{ "handle_halt", { PART_HANDLER, KG_REASON_HLT } },
	{ "handle_cpuid", { PART_HANDLER, KG_REASON_CPUID } },
	{ "handle_rdmsr*", { PART_HANDLER, KG_REASON_MSR_READ } },
	{ "handle_wrmsr*", { PART_HANDLER, KG_REASON_MSR_WRITE } },
	{ "handle_cr", { PART_HANDLER, KG_REASON_CR_ACCESS } },
	{ "handle_vmcall", { PART_HANDLER, KG_REASON_HYPERCALL } },
	{ "handle_external_interrupt", { PART_HANDLER, KG_REASON_EXTERNAL_INTERRUPT } },
	{ "handle_interrupt_window", { PART_HANDLER, KG_REASON_INTERRUPT_WINDOW } },
	{ "handle_exception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "handle_exception_nmi", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "handle_triple_fault", { PART_HANDLER, KG_REASON_SHUTDOWN } },
	{ "handle_preemption_timer", { PART_HANDLER, KG_REASON_PREEMPTION_TIMER } },
	{ "handle_*", { PART_HANDLER, KG_REASON_OTHER } },
	{ "tdx_emulate_io", { PART_HANDLER, KG_REASON_IO } },
	{ "tdx_emulate_mmio", { PART_HANDLER, KG_REASON_MMIO } },
	{ "tdx_emulate_cpuid", { PART_HANDLER, KG_REASON_CPUID } },
	{ "tdx_emulate_vmcall", { PART_HANDLER, KG_REASON_HYPERCALL } },
	{ "tdx_handle_ept_violation", { PART_HANDLER, KG_REASON_EPT_VIOLATION } },
	{ "tdx_handle_external_interrupt", { PART_HANDLER, KG_REASON_EXTERNAL_INTERRUPT } },
	{ "tdx_handle_exception_nmi", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "tdx_handle_triple_fault", { PART_HANDLER, KG_REASON_SHUTDOWN } },
	{ "tdx_emulate_*", { PART_HANDLER, KG_REASON_OTHER } },
	{ "tdx_handle_*", { PART_HANDLER, KG_REASON_OTHER } },

	/* AMD's */
	{ "io_interception", { PART_HANDLER, KG_REASON_IO } },
	{ "npf_interception", { PART_HANDLER, KG_REASON_NPF } },
	{ "halt_interception", { PART_HANDLER, KG_REASON_HLT } },
	{ "cpuid_interception", { PART_HANDLER, KG_REASON_CPUID } },
	{ "msr_interception", { PART_HANDLER, REASON_MSR } },
	{ "rdmsr_interception", { PART_HANDLER, KG_REASON_MSR_READ } },
	{ "wrmsr_interception", { PART_HANDLER, KG_REASON_MSR_WRITE } },
	{ "cr_interception", { PART_HANDLER, KG_REASON_CR_ACCESS } },
	{ "cr_trap", { PART_HANDLER, KG_REASON_CR_ACCESS } },
	{ "vmmcall_interception", { PART_HANDLER, KG_REASON_HYPERCALL } },
	{ "intr_interception", { PART_HANDLER, KG_REASON_EXTERNAL_INTERRUPT } },
	{ "interrupt_window_interception", { PART_HANDLER, KG_REASON_INTERRUPT_WINDOW } },
	{ "nmi_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "pf_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "db_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "bp_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "ud_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "ac_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "gp_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "mc_interception", { PART_HANDLER, KG_REASON_EXCEPTION } },
	{ "shutdown_interception", { PART_HANDLER, KG_REASON_SHUTDOWN } },
	{ "*_interception", { PART_HANDLER, KG_REASON_OTHER } },
};

/* The first sign inside a frame counts: what it calls in turn does not change what it is. */
static const struct kvm_sign signs[] = {
	{ "kvm_arch_init_vm", FRAME_DEV_IOCTL, KG_PHASE_CREATE_VM, IOCTL_CREATE_VM },
	{ "kvm_create_vm", FRAME_DEV_IOCTL, KG_PHASE_CREATE_VM, IOCTL_CREATE_VM },
	{ "kvm_vm_ioctl_check_extension_generic", FRAME_DEV_IOCTL | FRAME_VM_IOCTL, KG_PHASE_PROBE,
	  IOCTL_CHECK_EXTENSION },
	{ "kvm_vm_ioctl_check_extension", FRAME_DEV_IOCTL | FRAME_VM_IOCTL, KG_PHASE_PROBE,
	  IOCTL_CHECK_EXTENSION },
	{ "kvm_arch_dev_ioctl", FRAME_DEV_IOCTL, KG_PHASE_PROBE, IOCTL_UNKNOWN },

	{ "kvm_vm_ioctl_create_vcpu", FRAME_VM_IOCTL, KG_PHASE_CREATE_VCPU, IOCTL_CREATE_VCPU },
	{ "kvm_arch_vcpu_precreate", FRAME_VM_IOCTL, KG_PHASE_CREATE_VCPU, IOCTL_CREATE_VCPU },
	{ "kvm_arch_vcpu_create", FRAME_VM_IOCTL, KG_PHASE_CREATE_VCPU, IOCTL_CREATE_VCPU },
	{ "vmx_set_tss_addr", FRAME_VM_IOCTL, KG_PHASE_SET_TSS, IOCTL_SET_TSS_ADDR },
	{ "svm_set_tss_addr", FRAME_VM_IOCTL, KG_PHASE_SET_TSS, IOCTL_SET_TSS_ADDR },
	{ "vt_set_tss_addr", FRAME_VM_IOCTL, KG_PHASE_SET_TSS, IOCTL_SET_TSS_ADDR },
	{ "init_rmode_tss", FRAME_VM_IOCTL, KG_PHASE_SET_TSS, IOCTL_SET_TSS_ADDR },
	{ "kvm_set_memory_region", FRAME_VM_IOCTL, KG_PHASE_MEMSLOT, IOCTL_SET_USER_MEMORY_REGION },
	{ "__kvm_set_memory_region", FRAME_VM_IOCTL, KG_PHASE_MEMSLOT,
	  IOCTL_SET_USER_MEMORY_REGION },
	{ "kvm_set_memslot", FRAME_VM_IOCTL, KG_PHASE_MEMSLOT, IOCTL_SET_USER_MEMORY_REGION },
	{ "kvm_arch_prepare_memory_region", FRAME_VM_IOCTL, KG_PHASE_MEMSLOT,
	  IOCTL_SET_USER_MEMORY_REGION },

	{ "kvm_arch_vcpu_ioctl_get_sregs", FRAME_VCPU_IOCTL, KG_PHASE_GET_SREGS, IOCTL_GET_SREGS },
	{ "kvm_arch_vcpu_ioctl_set_sregs", FRAME_VCPU_IOCTL, KG_PHASE_SET_SREGS, IOCTL_SET_SREGS },
	{ "kvm_arch_vcpu_ioctl_get_regs", FRAME_VCPU_IOCTL, KG_PHASE_GET_REGS, IOCTL_GET_REGS },
	{ "kvm_arch_vcpu_ioctl_set_regs", FRAME_VCPU_IOCTL, KG_PHASE_SET_REGS, IOCTL_SET_REGS },
	{ "kvm_arch_vcpu_ioctl_run", FRAME_VCPU_IOCTL, KG_PHASE_RUN, IOCTL_RUN },

	{ "kvm_destroy_vm", FRAME_RELEASES, KG_PHASE_DESTROY_VM, IOCTL_UNKNOWN },
	{ "kvm_arch_destroy_vm", FRAME_RELEASES, KG_PHASE_DESTROY_VM, IOCTL_UNKNOWN },
};

_Static_assert(COUNT_OF(signs) <= UINT8_MAX, "a sign's index is a role's detail");

/* ---- looking up ------------------------------------------------------------------------------ */

static bool fits(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);
	if (pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	if (pattern[0] != '*')
		return strcmp(pattern, name) == 0;
	size_t name_len = strlen(name);
	return name_len >= len - 1 && strcmp(pattern + 1, name + name_len - (len - 1)) == 0;
}

/* A trace may leave modules out, so no module is any module. */
static bool may_be_kvm(const struct kg_func *func)
{
	return func->module[0] == '\0' || strncmp(func->module, "kvm", 3) == 0;
}

struct kvm_role kvm_role_of(const struct kg_func *func)
{
	const struct kvm_role none = { PART_NONE, 0 };
	if (!may_be_kvm(func))
		return none;
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		if (strcmp(signs[i].name, func->base) == 0)
			return (struct kvm_role){ PART_SIGN, (uint8_t)i };
	}
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		if (fits(roles[i].pattern, func->base))
			return roles[i].role;
	}
	return none;
}

const struct kvm_sign *kvm_sign_get(uint8_t detail)
{
	KG_DCHECK(detail < COUNT_OF(signs));
	return &signs[detail];
}

const struct kvm_sign *kvm_sign_at(size_t index)
{
	return index < COUNT_OF(signs) ? &signs[index] : NULL;
}

enum kg_vendor kg_vendor_of(const struct kg_funcs *funcs)
{
	uint32_t vmx_count = 0;
	uint32_t svm_count = 0;
	for (kg_func_id id = 0; id < kg_funcs_count(funcs); id++) {
		const struct kg_func *func = kg_funcs_get(funcs, id);
		if (!may_be_kvm(func))
			continue;
		vmx_count += strncmp(func->base, "vmx_", 4) == 0;
		svm_count += strncmp(func->base, "svm_", 4) == 0;
	}
	/* a stray name of the other vendor must not hide which one it is */
	if (vmx_count == svm_count)
		return KG_VENDOR_UNKNOWN;
	return vmx_count > svm_count ? KG_VENDOR_VMX : KG_VENDOR_SVM;
}

/* ---- names for reports ----------------------------------------------------------------------- */

const char *kg_phase_name(enum kg_phase_kind phase)
{
	static const char *const names[] = {
#define PHASE_NAME(symbol, name, text) [symbol] = name,
		KG_PHASE_LIST(PHASE_NAME)
#undef PHASE_NAME
	};
	return (size_t)phase < KG_PHASE_KIND_COUNT ? names[phase] : "unknown";
}

const char *kg_phase_text(enum kg_phase_kind phase)
{
	static const char *const texts[] = {
#define PHASE_TEXT(symbol, name, text) [symbol] = text,
		KG_PHASE_LIST(PHASE_TEXT)
#undef PHASE_TEXT
	};
	return (size_t)phase < KG_PHASE_KIND_COUNT ? texts[phase] : "unknown";
}

const char *kg_reason_name(enum kg_exit_reason reason)
{
	static const char *const names[] = {
#define REASON_NAME(symbol, name) [symbol] = name,
		KG_REASON_LIST(REASON_NAME)
#undef REASON_NAME
	};
	return (size_t)reason < KG_REASON_COUNT ? names[reason] : "unknown";
}

const char *kg_ioctl_name(uint8_t ioctl)
{
	static const char *const names[] = {
		[IOCTL_UNKNOWN] = NULL,
		[IOCTL_CHECK_EXTENSION] = "KVM_CHECK_EXTENSION",
		[IOCTL_CREATE_VM] = "KVM_CREATE_VM",
		[IOCTL_SET_TSS_ADDR] = "KVM_SET_TSS_ADDR",
		[IOCTL_SET_USER_MEMORY_REGION] = "KVM_SET_USER_MEMORY_REGION",
		[IOCTL_CREATE_VCPU] = "KVM_CREATE_VCPU",
		[IOCTL_GET_SREGS] = "KVM_GET_SREGS",
		[IOCTL_SET_SREGS] = "KVM_SET_SREGS",
		[IOCTL_GET_REGS] = "KVM_GET_REGS",
		[IOCTL_SET_REGS] = "KVM_SET_REGS",
		[IOCTL_RUN] = "KVM_RUN",
	};
	return ioctl < IOCTL_COUNT ? names[ioctl] : NULL;
}

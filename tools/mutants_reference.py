# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mutants of the reference trace: one rule of a KVM trace each."""

from __future__ import annotations

from mutant_table import INCONCLUSIVE, PASS, mutant
from trace_print import Record


# ---- what is missing, surplus or misplaced ----------------------------------------------------

@mutant("01-disable-missing", "hw-per-cpu")
def disable_missing(draft):
    """CPU 2 never disables virtualisation."""
    draft.remove(next(call for call in draft.trace.named("hardware_disable_nolock")
                      if call.first.cpu == 2))


@mutant("02-enable-twice", "hw-on-once", "hw-per-cpu")
def enable_twice(draft):
    """CPU 1 enables virtualisation twice."""
    call = next(call for call in draft.trace.named("hardware_enable_nolock")
                if call.first.cpu == 1)
    draft.insert(draft.copy(call), after=draft.leave(call))


@mutant("03-put-missing", "load-put", "phase:run arch-load-put vmx-load-put")
def put_missing(draft):
    """A KVM_RUN loads the vCPU and does not put it."""
    draft.remove(draft.call("vcpu_put", under=draft.run(3)))


@mutant("04-put-before-run", "phase:run")
def put_before_run(draft):
    """A KVM_RUN puts the vCPU before the guest runs."""
    run = draft.run(3)
    draft.move(draft.call("vcpu_put", under=run),
               before=draft.enter(draft.call("vcpu_run", under=run)))


@mutant("05-fault-storm", "fault-maps", "phase:run")
def fault_storm(draft):
    """The guest faults 80 times more on one page, and nothing is mapped."""
    guest = draft.call("vcpu_enter_guest", 2, under=draft.run(1))
    timer = draft.call("kvm_cpu_has_pending_timer", 2, under=draft.run(1))
    mapping = draft.call("kvm_tdp_mmu_map", under=guest)
    for _ in range(80):
        draft.insert(draft.copy(guest, without=mapping) + draft.copy(timer),
                     after=draft.leave(timer))
        draft.add_time(guest.parent,
                       guest.duration_ns - mapping.duration_ns + timer.duration_ns)


@mutant("06-fault-without-map", "fault-maps", "phase:run sptes-accessed sptes-dirty")
def fault_without_map(draft):
    """An EPT violation is handled without mapping a page."""
    draft.remove(draft.call("kvm_tdp_mmu_map", 2))


@mutant("07-not-destroyed", "vm-destroyed",
        "phase:destroy-vm vcpu-destroyed page-track vmcs-freed")
def not_destroyed(draft):
    """The last release does not destroy the VM."""
    draft.remove(draft.call("kvm_arch_destroy_vm"))


@mutant("08-release-10x", "release-budget")
def release_10x(draft):
    """Destroying the VM takes ten times as long."""
    draft.add_time(draft.call("kvm_mmu_uninit_tdp_mmu"),
                   9 * draft.call("kvm_vm_release").duration_ns)


@mutant("09-byte-lost", "io-bytes", arguments=["--param", "out_bytes=14"])
def byte_lost(draft):
    """The guest prints one byte less, all else in order."""
    draft.remove(draft.run(7))


@mutant("10-pio-not-completed", "io-completed", "phase:run")
def pio_not_completed(draft):
    """A KVM_RUN does not complete the OUT that ended the one before."""
    draft.remove(draft.call("complete_fast_pio_out", 5))


@mutant("11-triple-fault", "never", "phase:run halts")
def triple_fault(draft):
    """The guest ends in a triple fault instead of a HLT."""
    halt = draft.call("kvm_emulate_halt")
    draft.drop(draft.records_in(*halt.children))
    draft.rename(halt, "handle_triple_fault", "kvm_intel")


@mutant("12-no-hlt", "halts", "phase:run")
def no_hlt(draft):
    """The last exit is not the HLT."""
    draft.remove(draft.call("kvm_emulate_halt"))


@mutant("13-notifier-end-missing", "notifier-range")
def notifier_end_missing(draft):
    """An invalidation of the VMM's memory starts and never ends."""
    draft.remove(draft.call("kvm_mmu_notifier_invalidate_range_end"))


@mutant("14-mmu-before-vcpu", "destroy-order", "phase:destroy-vm")
def mmu_before_vcpu(draft):
    """The MMU is taken down before the vCPU that uses it."""
    draft.move(draft.call("kvm_destroy_vcpus"),
               after=draft.leave(draft.call("kvm_mmu_uninit_vm")))


@mutant("15-disable-before-destroy", "hw-off-last", "phase:destroy-vm")
def disable_before_destroy(draft):
    """Virtualisation is disabled on all CPUs before the VM is destroyed."""
    draft.move(*draft.trace.named("hardware_disable_nolock"),
               before=draft.enter(draft.call("kvm_arch_destroy_vm")))


@mutant("16-worker-leaked", "worker-stopped")
def worker_leaked(draft):
    """The NX worker never returns, though the VM is gone."""
    draft.drop([draft.leave(draft.call("kvm_nx_lpage_recovery_worker")),
                draft.leave(draft.call("kvm_vm_worker_thread"))])


@mutant("17-page-table-leaked", "tdp-pages-freed")
def page_table_leaked(draft):
    """One page table is never freed."""
    draft.remove(draft.call("tdp_mmu_free_sp_rcu_callback", 2))


@mutant("18-spte-left", "sptes-dirty")
def spte_left(draft):
    """One mapping of the guest is not zapped."""
    draft.remove(draft.call("kvm_set_pfn_dirty", 3))


@mutant("19-sched-in-missing", "sched-out-in", "arch-load-put vmx-load-put")
def sched_in_missing(draft):
    """The vCPU is scheduled out and not in again."""
    draft.remove(draft.call("kvm_sched_in"))


@mutant("20-spurious-fault", "never")
def spurious_fault(draft):
    """A VMX instruction faults."""
    put = draft.call("vmx_vcpu_put", under=draft.run(4))
    draft.insert(draft.leaf(put, "kvm_spurious_fault", "kvm", 400), before=draft.leave(put))


@mutant("21-sregs-after-run", "phase:set-sregs")
def sregs_after_run(draft):
    """The special registers are set after the guest has run."""
    draft.move(draft.ioctl("kvm_arch_vcpu_ioctl_set_sregs"), after=draft.leave(draft.run(1)))


@mutant("22-no-mmu-load", "phase:run", "tdp-pages-freed")
def no_mmu_load(draft):
    """The guest is entered without a page table root."""
    draft.remove(draft.call("kvm_mmu_load"))


@mutant("23-double-entry", "phase:run")
def double_entry(draft):
    """The guest is entered twice for one exit."""
    entry = draft.call("vmx_vcpu_run", under=draft.run(9))
    draft.insert(draft.copy(entry), after=draft.leave(entry))
    draft.add_time(entry.parent, entry.duration_ns)


@mutant("24-exit-not-handled", "enter-exit", "phase:run io-completed")
def exit_not_handled(draft):
    """An exit is not handled."""
    draft.remove(draft.call("vmx_handle_exit", under=draft.run(9)))


@mutant("25-events-lost", "structure:no-losses", verdict=INCONCLUSIVE)
def events_lost(draft):
    """The tracer lost events of the CPU that the VM runs on."""
    where = draft.leave(draft.call("vmx_vcpu_run", under=draft.run(8)))
    draft.insert([Record("lost", where.cpu, duration_ns=123)], after=where)


@mutant("26-truncated", "structure:no-orphans", verdict=INCONCLUSIVE)
def truncated(draft):
    """The file ends in the middle of a line, while the VM is destroyed."""
    lines = draft.text().split("\n")
    last = draft.enter(draft.call("kvm_arch_destroy_vm")).line
    return "\n".join(lines[:last - 1] + [lines[last - 1][:30]])


@mutant("27-wrong-mark", "structure:marks")
def wrong_mark(draft):
    """A duration is marked as longer than it is."""
    draft.leave(draft.call("kvm_vcpu_fault")).mark = "!"


@mutant("28-child-longer", "structure:children")
def child_longer(draft):
    """A call takes longer than its caller."""
    call = draft.call("kvm_wait_lapic_expire", under=draft.run(9))
    draft.leave(call).duration_ns = call.parent.duration_ns + 1000


@mutant("29-banner-removed", "structure:no-orphans")
def banner_removed(draft):
    """The trace does not tell that the CPU goes on with another task."""
    lines = draft.text().split("\n")
    worker = draft.leave(draft.call("kvm_nx_lpage_recovery_worker")).line
    del lines[worker - 5:worker - 1]
    return "\n".join(lines)


@mutant("30-other-vendor", "one-vendor")
def other_vendor(draft):
    """A function of the other vendor's module is called."""
    load = draft.call("kvm_arch_vcpu_load", under=draft.run(3))
    draft.insert(draft.leaf(load, "svm_flush_tlb_current", "kvm_amd", 300),
                 before=draft.leave(load))


@mutant("31-runs-10x", "run-budget", verdict=PASS)
def runs_10x(draft):
    """Every KVM_RUN takes ten times as long: slow, but no violation without a baseline."""
    for run in draft.runs():
        draft.add_time(draft.call("vmx_vcpu_run", under=run), 9 * run.duration_ns)


@mutant("32-memslot-not-committed", "memslot-committed", "phase:memslot")
def memslot_not_committed(draft):
    """A memory region is prepared and not committed."""
    draft.remove(draft.call("kvm_arch_commit_memory_region"))


@mutant("hlt-out", "halts", "phase:run io-completed")
def hlt_out(draft):
    """The KVM_RUN that ends in the HLT is not there."""
    draft.remove(draft.run(-1))


@mutant("triple-fault-in", "never", "phase:run")
def triple_fault_in(draft):
    """A triple fault in the midst of a run that goes on."""
    served = draft.call("__vmx_handle_exit", under=draft.run(5))
    draft.insert(draft.leaf(served, "handle_triple_fault", "kvm_intel", 500),
                 after=draft.enter(served))


@mutant("vmcs-leaked", "vmcs-freed")
def vmcs_leaked(draft):
    """A VMCS is not freed."""
    draft.remove(draft.call("free_loaded_vmcs.part.0"))


# The phases in which a vCPU is put, and how often.
VCPU_PUTS = [("create-vcpu", 2), ("get-sregs", 1), ("set-sregs", 1), ("set-regs", 1), ("run", 15),
             ("inspect", 1), ("destroy-vm", 2)]


def register_vcpu_put(nth, phase):
    @mutant(f"vcpu-put-{nth}", "load-put", f"phase:{phase} arch-load-put vmx-load-put",
            text=f"The vCPU is not put, the {nth}. time.")
    def without_vcpu_put(draft):
        draft.remove(draft.call("vcpu_put", nth))


for place, of_phase in enumerate([name for name, count in VCPU_PUTS for _ in range(count)], 1):
    register_vcpu_put(place, of_phase)


# ---- neighbouring phases the other way round --------------------------------------------------

PHASES = {
    "create-vm": lambda draft: draft.ioctl("kvm_arch_init_vm"),
    "set-tss": lambda draft: draft.ioctl("vmx_set_tss_addr"),
    "memslot": lambda draft: draft.ioctl("kvm_arch_prepare_memory_region"),
    "create-vcpu": lambda draft: draft.ioctl("kvm_arch_vcpu_create"),
    "map-vcpu": lambda draft: draft.call("kvm_vcpu_mmap"),
    "set-regs": lambda draft: draft.ioctl("kvm_arch_vcpu_ioctl_set_regs"),
    "first-run": lambda draft: draft.run(1),
    "second-run": lambda draft: draft.run(2),
    "last-io-run": lambda draft: draft.run(-2),
    "hlt-run": lambda draft: draft.run(-1),
    "get-regs": lambda draft: draft.ioctl("kvm_arch_vcpu_ioctl_get_regs"),
    "mm-teardown": lambda draft: draft.call("kvm_mmu_notifier_release"),
    "release-vcpu": lambda draft: draft.call("kvm_vcpu_release"),
    "destroy-vm": lambda draft: draft.call("kvm_vm_release"),
}
SWAPS = [("create-vm", "set-tss", "phase:create-vm", ""),
         ("set-tss", "memslot", "phase:create-vcpu", ""),
         ("memslot", "create-vcpu", "phase:memslot", ""),
         ("create-vcpu", "map-vcpu", "phase:create-vcpu", ""),
         ("set-regs", "first-run", "phase:set-regs", ""),
         ("first-run", "second-run", "io-completed", ""),
         ("last-io-run", "hlt-run", "io-completed", "phase:inspect"),
         ("hlt-run", "get-regs", "phase:run", ""),
         ("get-regs", "mm-teardown", "phase:destroy-vm", ""),
         ("release-vcpu", "destroy-vm", "last-file-destroys",
          "phase:destroy-vm hw-off-in-release worker-stopped")]


def register_swap(first, second, caught, also):
    @mutant(f"swap-{first}-{second}", caught, also, text=f"{second} comes before {first}.")
    def swapped(draft):
        draft.move(PHASES[second](draft), before=draft.enter(PHASES[first](draft)))


for swap in SWAPS:
    register_swap(*swap)


# ---- calls that are not made ------------------------------------------------------------------

# What a phase has to call, and the call that it is below, if there are more of them.
CALLS = [
    ("create-vm", "kvm_eventfd_init", None), ("create-vm", "kvm_mmu_init_vm", None),
    ("create-vm", "vmx_vm_init", None), ("create-vm", "kvm_hv_init_vm", None),
    ("create-vm", "kvm_coalesced_mmio_init", None),
    ("memslot", "kvm_arch_memslots_updated", None),
    ("create-vcpu", "kvm_mmu_create", None), ("create-vcpu", "kvm_pmu_init", None),
    ("create-vcpu", "kvm_vcpu_reset", None), ("create-vcpu", "kvm_init_mmu", None),
    ("create-vcpu", "kvm_arch_vcpu_postcreate", None),
    ("get-sregs", "vmx_get_segment", "kvm_arch_vcpu_ioctl_get_sregs"),
    ("set-sregs", "vmx_set_efer", "kvm_arch_vcpu_ioctl_set_sregs"),
    ("set-sregs", "vmx_set_cr0", "kvm_arch_vcpu_ioctl_set_sregs"),
    ("set-sregs", "vmx_set_cr4", "kvm_arch_vcpu_ioctl_set_sregs"),
    ("set-sregs", "vmx_set_segment", "kvm_arch_vcpu_ioctl_set_sregs"),
    ("set-regs", "vmx_set_rflags", "kvm_arch_vcpu_ioctl_set_regs"),
    ("run", "vmx_prepare_switch_to_guest", "kvm_arch_vcpu_ioctl_run"),
    ("run", "kvm_faultin_pfn", "kvm_arch_vcpu_ioctl_run"),
    ("mm-teardown", "kvm_arch_flush_shadow_all", None),
    ("destroy-vm", "kvm_arch_pre_destroy_vm", None), ("destroy-vm", "kvm_free_irq_routing", None),
    ("destroy-vm", "kvm_mmu_unload", None), ("destroy-vm", "kvm_mmu_destroy", None),
    ("destroy-vm", "kvm_mmu_uninit_vm", None),
]


def register_call(phase, name, caller):
    @mutant(f"no-{name}", f"phase:{phase}", text=f"{phase} does not call {name}.")
    def without_call(draft):
        draft.remove(draft.call(name, under=draft.call(caller) if caller else None))


for call in CALLS:
    register_call(*call)

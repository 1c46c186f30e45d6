# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mutants of the traces of the VMM's scenarios, each caught by the specification of its scenario."""

from __future__ import annotations

from mutant_table import INCONCLUSIVE, PASS, mutant
from trace_print import Record
from trace_text import Task


def last_run_of(draft, nth):
    """The last KVM_RUN of the nth thread that has some."""
    tasks = list(dict.fromkeys(run.task for run in draft.runs()))
    return [run for run in draft.runs() if run.task == tasks[nth - 1]][-1]


# ---- hello ------------------------------------------------------------------------------------

@mutant("hello-one-vm-more", "memory-flushed", verdict=INCONCLUSIVE, scenario="hello")
def one_vm_more(draft):
    """A second VM is made in the task of the first: nothing tells their calls apart."""
    create = draft.ioctl("kvm_arch_init_vm")
    draft.add_last(create, "kvm_arch_init_vm")


@mutant("hello-flushed-twice", "memory-flushed", scenario="hello")
def flushed_twice(draft):
    """The guest's memory is given up once more."""
    draft.add_last(draft.call("kvm_mmu_notifier_release"), "kvm_mmu_notifier_release")


@mutant("hello-flush-missing", "flush-before-destroy", scenario="hello")
def flush_late(draft):
    """Mappings are given up once more when the VM is destroyed already."""
    draft.add_last(draft.ioctl("kvm_arch_destroy_vm"), "kvm_arch_flush_shadow_all")


@mutant("hello-sigset-stays", "sigset", scenario="hello")
def sigset_stays(draft):
    """The signal mask is put on where nothing is run."""
    draft.add_last(draft.ioctl("kvm_arch_vcpu_ioctl_get_sregs"), "kvm_sigset_activate")


@mutant("hello-xsave-stays", "xsave-swap", scenario="hello")
def xsave_stays(draft):
    """The host's extended state is not put back."""
    draft.remove(draft.call("kvm_load_host_xsave_state", under=draft.run(5)))


@mutant("hello-off-twice", "hw-off-once", "hw-per-cpu", scenario="hello")
def off_twice(draft):
    """The CPU is switched off twice."""
    draft.repeat(draft.call("kvm_arch_hardware_disable"))


@mutant("hello-off-twice-alone", "hw-off-once", scenario="hello")
def off_twice_alone(draft):
    """The CPU, which another VM had switched on, is switched off twice."""
    draft.remove(draft.call("hardware_enable_nolock"))
    draft.repeat(draft.call("kvm_arch_hardware_disable"))


@mutant("hello-off-before-last", "hw-off-last", scenario="hello")
def off_before_last(draft):
    """Virtualisation is switched off while a file is closed that is not the last one."""
    draft.put_below(draft.call("hardware_disable_nolock"), draft.call("kvm_vcpu_release"))


@mutant("hello-off-elsewhere", "hw-off-in-release", scenario="hello")
def off_elsewhere(draft):
    """The CPU is switched off while registers are read."""
    draft.put_below(draft.call("kvm_arch_hardware_disable"),
                    draft.ioctl("kvm_arch_vcpu_ioctl_get_regs"))


@mutant("hello-exit-outside", "enter-exit", scenario="hello")
def exit_outside(draft):
    """An exit is handled that no entry led to."""
    draft.add_last(draft.ioctl("kvm_arch_vcpu_ioctl_get_regs"), "svm_handle_exit", "kvm_amd")


@mutant("hello-worker-late", "worker-stopped", scenario="hello")
def worker_late(draft):
    """The worker returns when the VM is gone."""
    ends = [draft.leave(draft.call(name))
            for name in ("kvm_nx_lpage_recovery_worker", "kvm_vm_worker_thread")]
    draft.drop(ends)
    last = draft.leave(draft.ioctl("kvm_arch_destroy_vm"))
    for end in ends:
        end.time_ns = last.time_ns
    draft.insert(ends, after=last)


@mutant("hello-closed-late", "last-file-destroys", scenario="hello")
def closed_late(draft):
    """A file is closed by a worker of the kernel when the VM is gone."""
    late = draft.copy(draft.call("kvm_vcpu_release"))
    last = draft.leave(draft.ioctl("kvm_arch_destroy_vm"))
    for record in late:
        record.task, record.time_ns = Task(77, "kworker"), last.time_ns
    draft.insert(late, after=last)


@mutant("hello-destroyed-twice", "vm-destroyed", "last-file-destroys flush-before-destroy teardown-order",
        scenario="hello")
def destroyed_twice(draft):
    """The VM is destroyed while it is still in use, too."""
    draft.add_last(draft.ioctl("kvm_arch_vcpu_ioctl_get_regs"), "kvm_arch_destroy_vm")


@mutant("hello-destroyed-in-itself", "vm-destroyed", scenario="hello")
def destroyed_in_itself(draft):
    """The VM is destroyed once more in the midst of being destroyed."""
    draft.add_last(draft.call("kvm_arch_destroy_vm"), "kvm_arch_destroy_vm")


@mutant("hello-on-twice-alone", "hw-on-once", scenario="hello")
def on_twice_alone(draft):
    """Only the VMM was recorded, and the CPU is switched on twice."""
    task = draft.call("kvm_arch_init_vm").task
    draft.remove(*[root for root in draft.trace.roots if root.task != task])
    draft.repeat(draft.call("kvm_arch_hardware_enable"))


@mutant("hello-fault-elsewhere", "fault-maps", scenario="hello")
def fault_elsewhere(draft):
    """A fault is served while registers are read, a page found and not mapped."""
    regs = draft.call("kvm_arch_vcpu_ioctl_get_regs")
    found = draft.leaf(regs, "kvm_faultin_pfn", "kvm", 500)
    fault = draft.leaf(regs, "npf_interception", "kvm_amd", 800)
    for record in found:
        record.depth += 1
    draft.insert([fault[0], *found, fault[1]], before=draft.leave(regs))


@mutant("hello-cpu-left-out", "hw-on-all", scenario="hello", arguments=["--param", "cpus=2"])
def cpu_left_out(_draft):
    """Virtualisation is switched on on one CPU of two."""


@mutant("hello-on-late", "hw-on-in-create", scenario="hello")
def on_late(draft):
    """Virtualisation is switched on when the guest gets its memory."""
    draft.put_below(draft.call("hardware_enable_nolock"), draft.ioctl("kvm_arch_prepare_memory_region"))


@mutant("hello-off-early", "hw-off-in-release", "hw-off-last", scenario="hello")
def off_early(draft):
    """Virtualisation is switched off before any file is closed."""
    draft.put_below(draft.call("hardware_disable_nolock"), draft.ioctl("kvm_arch_vcpu_ioctl_get_regs"))


@mutant("hello-use-kept", "hw-refcount", scenario="hello", lab="svm-6.12")
def use_kept(draft):
    """A use of virtualisation is not given back."""
    draft.remove(draft.call("kvm_disable_virtualization"))


@mutant("hello-run-more", "runs", scenario="hello", arguments=["--param", "out_bytes=15"])
def run_more(draft):
    """The guest prints a byte more than it is meant to, and so runs once more."""
    draft.repeat(draft.run(3))


@mutant("hello-arch-put-missing", "arch-load-put", scenario="hello")
def arch_put_missing(draft):
    """A vCPU is put only halfway."""
    put = draft.call("vcpu_put", under=draft.run(4))
    draft.inline(draft.call("kvm_arch_vcpu_put", under=put))


@mutant("hello-vendor-put-missing", "svm-load-put", scenario="hello")
def vendor_put_missing(draft):
    """The vendor's part of a vCPU is not put."""
    draft.remove(draft.call("svm_vcpu_put", under=draft.run(4)))


@mutant("hello-vendor-put-missing-vmx", "vmx-load-put", scenario="hello", lab="vmx-6.12")
def vendor_put_missing_vmx(draft):
    """The vendor's part of a vCPU is not put."""
    draft.remove(draft.call("vmx_vcpu_put", under=draft.run(4)))


@mutant("hello-vendors-mixed", "one-vendor", scenario="hello", lab="svm-6.12")
def vendors_mixed(draft):
    """A function of the other vendor's module is called."""
    draft.add_last(draft.call("vcpu_put", under=draft.run(4)), "vmx_vcpu_put", "kvm_intel")


@mutant("hello-put-unloaded", "load-put", scenario="hello")
def put_unloaded(draft):
    """A vCPU is put that was not loaded, while its CPUID is set."""
    draft.add_last(draft.ioctl("kvm_arch_vcpu_ioctl"), "vcpu_put")


@mutant("hello-scheduled-out", "sched-out-in", scenario="hello")
def scheduled_out(draft):
    """A vCPU is scheduled out and not in again."""
    draft.add_last(draft.run(2).children[0], "kvm_sched_out")


@mutant("hello-tracking-left", "page-track", scenario="hello")
def tracking_left(draft):
    """The tracking of pages is not given up."""
    draft.remove(draft.call("kvm_page_track_cleanup"))


@mutant("hello-page-unused", "sptes-accessed", scenario="hello")
def page_unused(draft):
    """A page that is unmapped was not used."""
    draft.remove(draft.call("kvm_set_pfn_accessed", 2))


@mutant("hello-storm", "fault-storm", scenario="hello", arguments=["--param", "max_faults=3"])
def storm(_draft):
    """The guest faults more often than it has pages."""


@mutant("hello-slow-fault", "fault-budget", verdict=PASS, scenario="hello",
        arguments=["--param", "fault_us=1"])
def slow_fault(_draft):
    """A second-level fault takes longer than it may: no violation, but a warning."""


@mutant("hello-freed-early", "teardown-order", scenario="hello")
def freed_early(draft):
    """The VM's memory is freed before the VM is taken apart."""
    draft.add_last(draft.call("kvm_mmu_notifier_release"), "kvm_arch_free_vm")


@mutant("hello-hyperv-early", "destroy-order", scenario="hello")
def hyperv_early(draft):
    """The VM's part for Hyper-V goes while its pages are still tracked."""
    draft.swap(draft.call("kvm_page_track_cleanup"), draft.call("kvm_hv_destroy_vm"))


@mutant("hello-slot-kept", "memslot-committed", scenario="hello")
def slot_kept(draft):
    """A memory slot is prepared and forgotten while a file is closed."""
    draft.add_last(draft.call("kvm_vcpu_release", -1), "kvm_arch_prepare_memory_region")


@mutant("hello-events-lost", "structure:no-losses", verdict=INCONCLUSIVE, scenario="hello")
def events_lost(draft):
    """The tracer lost events in the midst of a run."""
    where = draft.leave(draft.call("svm_vcpu_run", under=draft.run(8)))
    draft.insert([Record("lost", where.cpu, duration_ns=7)], after=where)


# ---- smp --------------------------------------------------------------------------------------

@mutant("smp-never-halts", "halts", "phase:run", scenario="smp")
def smp_never_halts(draft):
    """A vCPU's last exit is not its HLT."""
    draft.remove(draft.call("kvm_emulate_halt", under=last_run_of(draft, 2)))


@mutant("smp-run-missing", "runs", "halts io-completed", scenario="smp")
def smp_run_missing(draft):
    """A vCPU's thread runs it once less."""
    draft.remove(last_run_of(draft, 2))


@mutant("smp-vcpu-not-destroyed", "vcpu-destroyed", scenario="smp")
def smp_vcpu_not_destroyed(draft):
    """One vCPU of two is not destroyed."""
    draft.remove(draft.call("kvm_arch_vcpu_destroy", 2))


@mutant("smp-thread-not-put", "load-put", "phase:run arch-load-put svm-load-put", scenario="smp")
def smp_thread_not_put(draft):
    """A thread does not put its vCPU."""
    draft.remove(draft.call("vcpu_put", under=last_run_of(draft, 1)))


@mutant("smp-put-by-other", "load-put", "phase:run arch-load-put svm-load-put", scenario="smp")
def smp_put_by_other(draft):
    """A thread puts the vCPU that the other one has loaded."""
    put = draft.call("vcpu_put", under=last_run_of(draft, 2))
    draft.put_below(put, last_run_of(draft, 1))
    draft.give(put, last_run_of(draft, 1).task)


@mutant("smp-exit-moved", "phase:run", "io-completed", scenario="smp")
def smp_exit_moved(draft):
    """The last run of one thread is the other's."""
    first, second = last_run_of(draft, 1), last_run_of(draft, 2)
    earlier, later = sorted((first, second), key=lambda run: run.first.number)
    draft.give(earlier, later.task)
    draft.move(earlier, after=draft.leave(later))


@mutant("smp-vcpu-more", "vcpus", scenario="smp")
def smp_vcpu_more(draft):
    """Three vCPUs live instead of two."""
    draft.repeat(draft.ioctl("kvm_arch_vcpu_create", 2))
    draft.repeat(draft.call("kvm_arch_vcpu_destroy", 2))


@mutant("smp-thread-without-sregs", "phase:set-sregs", scenario="smp")
def smp_thread_without_sregs(draft):
    """One vCPU's system registers are not set."""
    draft.remove(draft.ioctl("kvm_arch_vcpu_ioctl_set_sregs", 2))


@mutant("smp-thread-without-regs", "phase:set-regs", scenario="smp")
def smp_thread_without_regs(draft):
    """One vCPU's registers are not set."""
    draft.remove(draft.ioctl("kvm_arch_vcpu_ioctl_set_regs", 2))


@mutant("smp-unmapped", "phase:map-vcpu", scenario="smp")
def smp_unmapped(draft):
    """No vCPU's page is mapped."""
    draft.remove(*draft.calls("kvm_vcpu_mmap"))


# ---- memory slots -----------------------------------------------------------------------------

@mutant("dirty-log-unprotected", "log-write-protects", scenario="dirty")
def dirty_log_unprotected(draft):
    """A look at the log does not protect the pages anew."""
    draft.remove(draft.call("kvm_arch_mmu_enable_log_dirty_pt_masked", 2))


@mutant("dirty-log-unread", "phase:run", "log-write-protects", scenario="dirty")
def dirty_log_unread(draft):
    """Nobody looks at the log after the last run."""
    last = draft.run(-1).last.number
    draft.remove(*[call.parent for call in draft.calls("kvm_get_dirty_log_protect")
                   if call.first.number > last])


@mutant("dirty-slot-left", "phase:slot-deleted", "sptes-accessed", scenario="dirty")
def dirty_slot_left(draft):
    """The slot is not deleted."""
    draft.remove(draft.ioctl("kvm_arch_flush_shadow_memslot"))


@mutant("dirty-slots-missing", "phase:slots-added", scenario="dirty")
def dirty_slots_missing(draft):
    """The slot of which the log is kept is never added."""
    slots = draft.calls("kvm_arch_commit_memory_region")[1:-1]
    draft.remove(*[[*slot.ancestors()][-1] for slot in slots])


@mutant("slots-moved-unflushed", "phase:slots-moved", scenario="slots")
def slots_moved_unflushed(draft):
    """A slot is moved and its old mappings are left."""
    draft.remove(draft.call("kvm_arch_flush_shadow_memslot", 2))


@mutant("slots-deleted-unflushed", "phase:slots-deleted", scenario="slots")
def slots_deleted_unflushed(draft):
    """A slot is deleted and its mappings are left."""
    draft.remove(draft.call("kvm_arch_flush_shadow_memslot", -1))


@mutant("slots-not-deleted", "phase:slots-deleted", "sptes-accessed tdp-pages-freed",
        scenario="slots")
def slots_not_deleted(draft):
    """No slot is deleted."""
    last = draft.run(-1).last.number
    draft.remove(*[[*call.ancestors()][-1] for call in draft.calls("kvm_arch_flush_shadow_memslot")
                   if call.first.number > last])


@mutant("slots-never-added", "phase:slots-added", scenario="slots")
def slots_never_added(draft):
    """No slots are added behind the first."""
    first = draft.run(1).first.number
    draft.remove(*[[*call.ancestors()][-1]
                   for call in draft.calls("kvm_arch_commit_memory_region")[1:]
                   if call.first.number < first])


@mutant("slots-stale-registers", "phase:set-regs-again", scenario="slots")
def slots_stale_registers(draft):
    """The guest starts its second round where the first one ended."""
    draft.remove(draft.ioctl("kvm_arch_vcpu_ioctl_set_regs", 2))


@mutant("slots-unread", "phase:run", "runs halts sptes-accessed tdp-pages-freed", scenario="slots")
def slots_unread(draft):
    """The guest does not run before the slots are moved."""
    draft.remove(draft.run(1))


@mutant("slots-unread-again", "phase:run-again", "runs halts sptes-accessed tdp-pages-freed",
        scenario="slots")
def slots_unread_again(draft):
    """The guest does not run after the slots were moved."""
    draft.remove(draft.run(2))


# ---- interrupts -------------------------------------------------------------------------------

@mutant("irqchip-without-timer", "timer", scenario="irqchip")
def irqchip_without_timer(draft):
    """No timer is made."""
    draft.remove(draft.call("kvm_create_pit"))


@mutant("irqchip-without-controller", "controller", "io-completed", scenario="irqchip")
def irqchip_without_controller(draft):
    """No interrupt controller is made."""
    draft.remove(draft.call("kvm_pic_init"))


@mutant("irqchip-uninterrupted", "interrupt", scenario="irqchip")
def irqchip_uninterrupted(draft):
    """HLT ends without an interrupt that is injected."""
    draft.remove(*draft.calls("svm_inject_irq"))


@mutant("irqchip-uninterrupted-vmx", "interrupt", scenario="irqchip", lab="vmx-6.12")
def irqchip_uninterrupted_vmx(draft):
    """HLT ends without an interrupt that is injected."""
    draft.remove(*draft.calls("vmx_inject_irq"))


@mutant("irqchip-without-halt", "halts", scenario="irqchip")
def irqchip_without_halt(draft):
    """The guest does not wait for the interrupt."""
    draft.remove(draft.call("kvm_emulate_halt"))


# ---- exits ------------------------------------------------------------------------------------

@mutant("mmio-access-lost", "phase:run", "runs", scenario="mmio")
def mmio_access_lost(draft):
    """The guest accesses the device once less."""
    draft.remove(draft.run(3))


@mutant("mmio-not-emulated", "phase:run", scenario="mmio")
def mmio_not_emulated(draft):
    """An access to the device is not emulated."""
    draft.remove(draft.call("x86_emulate_instruction", under=draft.run(3)))


@mutant("mmio-not-completed", "phase:run", scenario="mmio")
def mmio_not_completed(draft):
    """A run does not complete the access that ended the one before."""
    draft.remove(draft.call("complete_emulated_mmio", 3))


@mutant("mmio-not-completed-vmx", "phase:run", scenario="mmio", lab="vmx-6.12")
def mmio_not_completed_vmx(draft):
    """A run does not complete the access that ended the one before."""
    draft.remove(draft.call("complete_emulated_mmio", 3))


@mutant("cpuid-unanswered", "cpuid", scenario="cpuid")
def cpuid_unanswered(draft):
    """The guest asks for CPUID once less."""
    draft.remove(draft.call("kvm_emulate_cpuid", 2))


@mutant("msr-unread", "rdmsr", scenario="msr")
def msr_unread(draft):
    """The guest does not read the MSR."""
    draft.remove(draft.call("kvm_emulate_rdmsr"))


@mutant("msr-unwritten", "wrmsr", scenario="msr")
def msr_unwritten(draft):
    """The guest does not write the MSR."""
    draft.remove(draft.call("kvm_emulate_wrmsr"))


@mutant("hypercall-unanswered", "hypercalls", scenario="hypercall")
def hypercall_unanswered(draft):
    """A hypercall is not answered."""
    draft.remove(draft.call("kvm_emulate_hypercall"))


@mutant("hypercall-stale-registers", "phase:run", scenario="hypercall")
def hypercall_stale_registers(draft):
    """The guest starts its second call where the first one ended."""
    draft.remove(draft.ioctl("kvm_arch_vcpu_ioctl_set_regs", 2))


@mutant("faults-storm", "fault-maps", "phase:run", scenario="faults")
def faults_storm(draft):
    """The guest faults 80 times more on one page, and nothing is mapped."""
    run = draft.call("kvm_arch_vcpu_ioctl_run")
    served = next(call for call in run.children if call.name == "svm_handle_exit"
                  and any(below.name == "npf_interception" for below in call.walk()))
    start = [call for call in run.children if call.name == "svm_prepare_switch_to_guest"
             and call.first.number < served.first.number][-1]
    calls = run.children[run.children.index(start):run.children.index(served) + 1]
    mapping = draft.call("kvm_tdp_mmu_map", under=served)
    for _ in range(80):
        for call in calls:
            without = mapping if call is served else None
            copies = draft.copy(call, without)
            draft.add_time(run, copies[-1].duration_ns)
            draft.insert(copies, before=draft.enter(start))


@mutant("faults-page-unmapped", "fault-maps", "phase:run sptes-accessed", scenario="faults")
def faults_page_unmapped(draft):
    """A fault is served without mapping a page."""
    draft.remove(draft.call("kvm_tdp_mmu_map", 9))


@mutant("modes-registers-missing", "phase:run", scenario="modes")
def modes_registers_missing(draft):
    """The guest enters a mode without registers set for it."""
    draft.remove(draft.ioctl("kvm_arch_vcpu_ioctl_set_sregs", 2))


@mutant("modes-mode-missing", "phase:run", "runs halts io-bytes sptes-accessed sptes-dirty",
        scenario="modes")
def modes_mode_missing(draft):
    """Two of four modes are left out."""
    first = draft.ioctl("kvm_arch_vcpu_ioctl_get_sregs", 3).first.number
    last = draft.run(-1).last.number
    draft.remove(*[root for root in draft.trace.roots if root.name == "kvm_vcpu_ioctl"
                   and first <= root.first.number <= last])


# ---- guests that break ------------------------------------------------------------------------

@mutant("shutdown-survived", "phase:run", scenario="shutdown")
def shutdown_survived(draft):
    """The guest does not shut down."""
    draft.remove(draft.call("shutdown_interception"))


@mutant("shutdown-halted", "phase:run", "halts", scenario="shutdown")
def shutdown_halted(draft):
    """The guest halts instead of shutting down."""
    call = draft.call("shutdown_interception")
    draft.empty(call)
    draft.rename(call, "kvm_emulate_halt", "kvm")


@mutant("shutdown-spurious", "never", scenario="shutdown")
def shutdown_spurious(draft):
    """An instruction of SVM's faults."""
    draft.add_last(draft.call("svm_vcpu_put"), "kvm_spurious_fault")


@mutant("bad-state-entered", "phase:run", scenario="bad-state")
def bad_state_entered(draft):
    """The guest is entered, and leaves for a CPUID."""
    draft.add_last(draft.call("svm_handle_exit"), "kvm_emulate_cpuid")


@mutant("bad-state-shut", "never", "phase:run", scenario="bad-state")
def bad_state_shut(draft):
    """The guest is entered, and shuts down."""
    draft.add_last(draft.call("svm_handle_exit"), "shutdown_interception", "kvm_amd")


# ---- short lives ------------------------------------------------------------------------------

@mutant("minimal-not-run", "phase:run", "runs halts sptes-accessed sptes-dirty", scenario="minimal")
def minimal_not_run(draft):
    """The guest is never run."""
    draft.remove(draft.run(1))


@mutant("minimal-left-open", "vm-destroyed", verdict=INCONCLUSIVE, scenario="minimal")
def minimal_left_open(draft):
    """The last file that is closed destroys nothing: another one may still be open."""
    draft.empty(draft.ioctl("kvm_arch_destroy_vm"))


@mutant("teardown-exit-memory-kept", "memory-flushed", scenario="teardown-exit")
def teardown_exit_memory_kept(draft):
    """The memory of the VMM goes away and the guest keeps its mappings."""
    draft.remove(draft.call("kvm_mmu_notifier_release"))


@mutant("teardown-explicit-slot-kept", "phase:slot-deleted", scenario="teardown-explicit")
def teardown_explicit_slot_kept(draft):
    """The slot is not deleted before the files are closed."""
    draft.remove(draft.ioctl("kvm_arch_flush_shadow_memslot"))


@mutant("teardown-explicit-swapped", "phase:slot-deleted", scenario="teardown-explicit")
def teardown_explicit_swapped(draft):
    """The slot is deleted when the vCPU is closed already."""
    draft.move(draft.ioctl("kvm_arch_flush_shadow_memslot"),
               after=draft.leave(draft.call("kvm_vcpu_release")))


@mutant("churn-one-left", "vm-destroyed", verdict=INCONCLUSIVE, scenario="churn")
def churn_one_left(draft):
    """One VM of eight is not destroyed: nothing tells its calls from those of the next."""
    draft.remove(draft.call("kvm_arch_destroy_vm", 5))


# ---- one for each phase -----------------------------------------------------------------------

def register_unprepared(scenario, phase, nth, **where):
    @mutant(f"{scenario}-unprepared-{phase}", f"phase:{phase}", scenario=scenario,
            text="The guest is entered without being prepared for.", **where)
    def unprepared(draft):
        draft.remove(draft.call("svm_prepare_switch_to_guest", nth))


for name in ("bad-state", "churn", "cpuid", "dirty", "faults", "hello", "hypercall", "irqchip", "minimal",
             "mmio", "modes", "msr", "shutdown", "slots", "smp", "teardown-exit", "teardown-explicit"):
    register_unprepared(name, "run", 1)
register_unprepared("slots", "run-again", -1)

# Of hello's trace: the phase, where it departs, the function that is not called, its place among those of
# this name. Where a phase may be empty it is the next one that does not begin.
LEFT_OUT = [("create-vm", "create-vm", "kvm_eventfd_init", 1),
            ("set-tss", "memslot", "kvm_arch_vm_ioctl", 1),
            ("memslot", "memslot", "kvm_arch_memslots_updated", 1),
            ("create-vcpu", "create-vcpu", "kvm_pmu_init", 1),
            ("map-vcpu", "map-vcpu", "kvm_vcpu_mmap", 1),
            ("vcpu-setup", "set-sregs", "kvm_arch_vcpu_ioctl", 1),
            ("get-sregs", "get-sregs", "svm_get_segment", 1),
            ("set-sregs", "set-sregs", "svm_set_cr0", -1),
            ("set-regs", "set-regs", "svm_set_rflags", -1),
            ("inspect", "inspect", "kvm_arch_vcpu_ioctl_get_regs", -1),
            ("mm-teardown", "mm-teardown", "kvm_arch_flush_shadow_all", 1),
            ("destroy-vm", "destroy-vm", "kvm_coalesced_mmio_free", 1)]


def register_left_out(phase, caught, function, nth):
    @mutant(f"hello-left-out-{phase}", f"phase:{caught}", scenario="hello",
            text=f"{function} is not called.")
    def left_out(draft):
        draft.remove(draft.call(function, nth))


for row in LEFT_OUT:
    register_left_out(*row)


@mutant("hello-size-asked-twice", "phase:map-vcpu", scenario="hello")
def size_asked_twice(draft):
    """The size of the vCPU's page is asked for twice."""
    draft.repeat(draft.call("kvm_dev_ioctl", -1))


@mutant("msr-settings-unset", "phase:set-regs", scenario="msr")
def msr_settings_unset(draft):
    """An ioctl of the vCPU does nothing where MSRs are set."""
    regs = draft.ioctl("kvm_arch_vcpu_ioctl_get_sregs").last.number
    draft.empty(next(root for root in draft.trace.roots if root.name == "kvm_vcpu_ioctl"
                     and root.first.number > regs and root.children
                     and root.children[0].name == "kvm_arch_vcpu_ioctl"))


def register_unflushed(scenario, also):
    @mutant(f"{scenario}-unflushed", "phase:slot-deleted", also, scenario=scenario,
            text="A slot is deleted and its mappings are left.")
    def unflushed(draft):
        draft.remove(draft.call("kvm_arch_flush_shadow_memslot", -1))


register_unflushed("churn", "")
register_unflushed("dirty", "sptes-accessed")
register_unflushed("teardown-explicit", "")


@mutant("dirty-slot-uncommitted", "phase:slot-deleted", scenario="dirty")
def dirty_slot_uncommitted(draft):
    """The slots are not swapped a second time while one of them is deleted."""
    draft.remove(draft.call("kvm_arch_memslots_updated", -1))


@mutant("smp-vcpu-without-pmu", "phase:create-vcpu", scenario="smp")
def smp_vcpu_without_pmu(draft):
    """The second vCPU gets no PMU."""
    draft.remove(draft.call("kvm_pmu_init", 2))


@mutant("any-unprepared", "phase:use", scenario="hello", spec="kvm-any")
def any_unprepared(draft):
    """The guest is entered without being prepared for."""
    draft.remove(draft.call("svm_prepare_switch_to_guest", 2))


@mutant("any-thread-unprepared", "phase:thread", scenario="smp", spec="kvm-any")
def any_thread_unprepared(draft):
    """A guest is entered by a thread without being prepared for."""
    draft.remove(draft.call("svm_prepare_switch_to_guest", 2))


@mutant("any-unflushed", "phase:close", scenario="hello", spec="kvm-any")
def any_unflushed(draft):
    """The memory of the VMM goes away and the guest keeps its mappings."""
    draft.remove(draft.call("kvm_arch_flush_shadow_all"))


@mutant("bad-state-spurious", "never", scenario="bad-state")
def bad_state_spurious(draft):
    """An instruction of SVM's faults."""
    draft.add_last(draft.call("svm_vcpu_put"), "kvm_spurious_fault")


@mutant("irqchip-second-controller", "controller", scenario="irqchip")
def irqchip_second_controller(draft):
    """A second interrupt controller is made."""
    draft.repeat(draft.call("kvm_pic_init"))

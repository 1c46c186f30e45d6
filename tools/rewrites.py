# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rewrites of a trace that change what no rule is about: it has to pass as before."""

from __future__ import annotations

import dataclasses
import random

from mutant_table import rewrite
from trace_draft import Draft
from trace_text import Task

# What the Debian builds inline and the kernel of the reference trace does not.
INLINED = {"kvm_create_vm", "vcpu_run", "vcpu_enter_guest", "__vmx_handle_exit",
           "kvm_vm_ioctl_create_vcpu", "tdp_mmu_map_handle_target_level",
           "mmu_alloc_direct_roots", "handle_removed_pt", "host_pfn_mapping_level",
           "enter_lmode", "init_kvm_tdp_mmu", "vmx_update_hv_timer"}

# What some build or other has not, of those that Debian's have.
INLINED_ELSEWHERE = {"kvm_set_memslot", "kvm_swap_active_memslots", "kvm_replace_memslot", "__get_sregs",
                     "__set_sregs", "__set_regs", "__get_sregs_common", "kvm_set_rflags",
                     "direct_page_fault", "svm_invoke_exit_handler", "kvm_mmu_page_fault",
                     "kvm_mmu_topup_memory_cache", "kvm_destroy_vm", "kvm_destroy_vcpus",
                     "tdp_iter_start", "__set_sregs_common"}

SUFFIXES = {"vcpu_run": ".isra.0", "vcpu_enter_guest": ".constprop.0",
            "__vmx_handle_exit": ".isra.0", "kvm_faultin_pfn": ".isra.0",
            "kvm_tdp_mmu_map": ".constprop.0", "kvm_set_pfn_dirty": ".part.0",
            "tdp_mmu_link_sp": ".isra.0.constprop.0", "alloc_loaded_vmcs": ".part.0",
            "vcpu_load": ".isra.0", "vcpu_put": ".constprop.0", "kvm_arch_destroy_vm": ".part.0",
            "npf_interception": ".isra.0", "io_interception": ".constprop.0",
            "kvm_get_dirty_log_protect": ".part.0.isra.0", "kvm_create_pit": ".cold.1.part.0"}

# By the name of 6.1 or before, what the same function is called in 6.12 or, where it has no name there,
# in some kernel between.
NEWER = {"kvm_calc_mmu_role_common": "kvm_calc_cpu_role.isra.0",
         "inject_pending_event": "kvm_check_and_inject_events",
         "kvm_tdp_mmu_get_vcpu_root_hpa": "kvm_tdp_mmu_alloc_root",
         "__handle_changed_spte": "handle_changed_spte",
         "kvm_is_zone_device_pfn": "kvm_pfn_to_refcounted_page",
         "kvm_is_reserved_pfn": "kvm_pfn_to_refcounted_page",
         "kvm_set_apic_base": "kvm_apic_set_base",
         "kvm_lapic_set_base": "__kvm_apic_set_base",
         "__kvm_set_memory_region": "kvm_set_memory_region",
         "kvm_faultin_pfn": "kvm_mmu_faultin_pfn",
         "__direct_map": "direct_map",
         "kvm_nx_lpage_recovery_worker": "kvm_nx_huge_page_recovery_worker"}
GONE = {"kvm_mmu_notifier_invalidate_range", "kvm_mmu_notifier_change_pte", "kvm_arch_sched_in",
        "handle_changed_spte_acc_track", "kvm_page_track_register_notifier",
        "kvm_page_track_unregister_notifier"}

# The other way: what was called so in 5.4 to 5.17.
OLDER = {"svm_vcpu_create": "svm_create_vcpu", "vmx_vcpu_create": "vmx_create_vcpu",
         "svm_vcpu_free": "svm_free_vcpu", "vmx_vcpu_free": "vmx_free_vcpu",
         "svm_handle_exit": "handle_exit",
         "svm_prepare_switch_to_guest": "svm_prepare_guest_switch",
         "svm_flush_tlb_current": "svm_flush_tlb", "svm_flush_tlb_asid": "svm_flush_tlb",
         "kvm_check_and_inject_events": "inject_pending_event",
         "kvm_faultin_pfn": "try_async_pf",
         "svm_load_mmu_pgd": "svm_set_cr3", "vmx_load_mmu_pgd": "vmx_set_cr3",
         "vmx_hardware_enable": "hardware_enable", "vmx_hardware_disable": "hardware_disable",
         "kvm_tdp_mmu_alloc_root": "kvm_tdp_mmu_get_vcpu_root_hpa",
         "handle_changed_spte": "__handle_changed_spte",
         "kvm_mmu_faultin_pfn": "try_async_pf", "direct_map": "__direct_map",
         "kvm_apic_set_base": "kvm_set_apic_base", "__kvm_apic_set_base": "kvm_lapic_set_base",
         "kvm_nx_huge_page_recovery_worker": "kvm_nx_lpage_recovery_worker"}


# ---- names ------------------------------------------------------------------------------------

@rewrite("same")
def same(_):
    """The trace as it is."""


@rewrite("inlined")
def inlined(draft):
    """The compiler inlined what distributions' compilers inline."""
    for call in draft.trace.calls:
        if call.name in INLINED:
            draft.inline(call)


@rewrite("inlined-more")
def inlined_more(draft):
    """The compiler inlined helpers that no rule names."""
    for call in draft.trace.calls:
        if call.name.partition(".")[0] in INLINED | INLINED_ELSEWHERE:
            draft.inline(call)


@rewrite("suffixed")
def suffixed(draft):
    """The compiler split and cloned functions."""
    for call in draft.trace.calls:
        draft.rename(call, call.name + SUFFIXES.get(call.name, ""))


@rewrite("renamed")
def renamed(draft):
    """The functions go by their names of 6.12, where the CPUs are enabled once for all VMs."""
    on_off = [call for verb in ("enable", "disable")
              for call in draft.trace.named(f"hardware_{verb}_nolock")]
    for call in on_off:
        if call.parent:
            name = call.name.removeprefix("hardware_").removesuffix("_nolock")
            leaf = draft.leaf(call.parent, f"kvm_{name}_virtualization", "kvm", 250)
            draft.insert(leaf, before=draft.enter(call))
    gone = [call for call in draft.trace.calls if call.name in GONE]
    draft.remove(*on_off, *gone)
    for call in draft.trace.calls:
        draft.rename(call, NEWER.get(call.name, call.name))


@rewrite("renamed-back")
def renamed_back(draft):
    """The functions go by their names of 5.x."""
    for call in draft.trace.calls:
        draft.rename(call, OLDER.get(call.name, call.name))


@rewrite("fast-path-hlt")
def fast_path_hlt(draft):
    """The last HLT is served before the guest is left for good, as 6.12 does."""
    halt = draft.call("kvm_emulate_halt", -1)
    if halt.parent.name == "handle_fastpath_hlt":
        return
    run = next(call for call in halt.ancestors() if call.name == "kvm_arch_vcpu_ioctl_run")
    entry = [call for call in run.walk() if call.name in ("vmx_vcpu_run", "svm_vcpu_run")
             and call.first.number < halt.first.number][-1]
    served = draft.records_in(halt)
    draft.remove(halt)
    path = draft.leaf(entry, "handle_fastpath_hlt", "kvm", halt.duration_ns + 300)
    for record in served:
        record.depth += path[0].depth + 1 - halt.depth
    draft.insert([path[0], *served, path[1]], before=draft.leave(entry))


def calls_its_part(call):
    """Whether a function calls what the compiler split from it; nothing stands between the two."""
    return any(child.name.startswith(call.name + ".") for child in call.children)


@rewrite("extra-helpers")
def extra_helpers(draft):
    """Helpers are called that no rule knows."""
    for call in draft.trace.calls[::5]:
        draft.add_first(call, "kvm_helper_of_tomorrow", duration_ns=40)


@rewrite("helpers-between")
def helpers_between(draft):
    """Helpers that no rule knows stand between calls and what these call."""
    for call in draft.trace.calls[::3]:
        if call.children and not calls_its_part(call):
            draft.wrap(call, "kvm_another_helper")


# ---- what comes in between --------------------------------------------------------------------

def put_in(draft, count, make):
    """Inserts calls at random places; `make` gives their names, modules and depths below the place."""
    dice = random.Random(1)
    owners = {record: call for call, ends in draft.ends.items() for record in ends}
    for record in dice.sample(draft.records, min(count, len(draft.records))):
        call = owners[record]
        parent = call if record.kind == "leave" else call.parent
        depth = parent.depth + 1 if parent else 0
        calls = make(dice)
        piece = dataclasses.replace(record, mark=None)
        inserted = nest(piece, depth, calls)
        draft.add_time(parent, inserted[-1].duration_ns)
        draft.insert(inserted, before=record)


def nest(like, depth, calls):
    """Records of calls, each called by the one before, at the place of another record."""
    enters = [dataclasses.replace(like, kind="enter", name=name, module=module, depth=depth + below,
                                  duration_ns=None) for below, (name, module) in enumerate(calls)]
    leaves = [dataclasses.replace(enter, kind="leave", duration_ns=300 * (len(calls) - below))
              for below, enter in enumerate(enters)]
    return enters + leaves[::-1]


@rewrite("tick-noise")
def tick_noise(draft):
    """Timer ticks call the clock's notifier anywhere, in any task, at any depth."""
    put_in(draft, 60, lambda dice: [("pvclock_gtod_notify", "kvm")])


@rewrite("interrupts-inside")
def interrupts_inside(draft):
    """Interrupts come in the midst of calls, and what they do is recorded, too."""
    put_in(draft, 40, lambda dice: [("hrtimer_interrupt", ""), ("tick_sched_timer", ""),
                                    ("timekeeping_update", ""), ("pvclock_gtod_notify", "kvm")])


@rewrite("softirqs-inside")
def softirqs_inside(draft):
    """Pages of page tables are freed by a softirq that comes in the midst of another call."""
    freed = draft.calls("tdp_mmu_free_sp_rcu_callback")
    alone = [call for call in freed if not call.parent]
    for call in alone:
        later = [other for other in draft.trace.roots if other.complete and other.children
                 and other.last.number > call.last.number and other.task.pid]
        if later:
            above = later[-1]
            draft.give(call, above.task)
            for record in draft.records_in(call):
                record.cpu = above.last.cpu
            draft.put_below(call, above)


@rewrite("notifier-noise")
def notifier_noise(draft):
    """The VMM's memory changes in the midst of its ioctls."""
    for root in [root for root in draft.trace.roots if root.name == "kvm_vm_ioctl" and root.children]:
        for end in ("start", "end"):
            draft.add_last(root, f"kvm_mmu_notifier_invalidate_range_{end}")


@rewrite("other-module")
def other_module(draft):
    """Functions of another module are recorded, too, around KVM's and below them."""
    put_in(draft, 40, lambda dice: [("ext4_file_read_iter", "ext4"), ("ext4_map_blocks", "ext4")])


# ---- where and who ----------------------------------------------------------------------------

@rewrite("cpus-rotated")
def cpus_rotated(draft):
    """The same on other CPUs."""
    for record in draft.records:
        record.cpu = (record.cpu + 1) % 4


@rewrite("other-tasks")
def other_tasks(draft):
    """The same in tasks of other names and pids."""
    rename_tasks(draft.records, 31000, {"kvmgrap": "qemu-sy", "kvm-hel": "qemu-sy"})


def rename_tasks(records, more, comms):
    """Other pids, and other names of the tasks that are not the kernel's own."""
    for record in records:
        if record.task and record.task.pid:
            comm = record.task.comm
            record.task = Task(record.task.pid + more, comms.get(comm, comm))


# ---- a second VM meanwhile --------------------------------------------------------------------

ON_OFF = ("hardware_enable_nolock", "hardware_disable_nolock", "kvm_arch_enable_virtualization_cpu",
          "kvm_arch_disable_virtualization_cpu", "kvm_arch_hardware_enable",
          "kvm_arch_hardware_disable")


def other_vm(draft):
    """The records of another life like this one, of a VM that finds the CPUs switched on."""
    other = Draft(draft.trace)
    switches = [call for call in draft.trace.named(*ON_OFF)
                if not any(above.name in ON_OFF for above in call.ancestors())]
    other.remove(*switches)
    rename_tasks(other.records, 500, {})
    return other.records


def life(draft, records):
    """From where to where the VM is there: behind its creation, before the file is closed that ends it."""
    first = draft.leave(draft.ioctl("kvm_arch_init_vm"))
    last = draft.enter(draft.ioctl("kvm_arch_destroy_vm"))
    return records.index(first) + 1, records.index(last)


def interleave(draft, chunk):
    """Puts another life into this one, in pieces of so many records."""
    records, other = draft.records, other_vm(draft)
    start, end = life(draft, records)
    mine, merged = records[start:end], []
    pieces = max(len(mine), len(other)) // chunk + 1
    for number in range(pieces):
        for source in (mine, other):
            merged += source[len(source) * number // pieces:len(source) * (number + 1) // pieces]
    draft.records = records[:start] + merged + records[end:]
    at_time(draft.records)


def at_time(records):
    """Has no record be earlier than the one before."""
    latest = 0
    for record in records:
        latest = record.time_ns = max(latest, record.time_ns)


@rewrite("second-vm")
def second_vm(draft):
    """A second VM lives within the life of this one, on other CPUs."""
    cpus = 1 + max(record.cpu for record in draft.records)
    mine = set(draft.records)
    interleave(draft, 7)
    for record in draft.records:
        if record not in mine:
            record.cpu += cpus


@rewrite("second-vm-same-cpu")
def second_vm_same_cpu(draft):
    """A second VM lives within the life of this one, on the same CPUs in turns."""
    interleave(draft, 40)

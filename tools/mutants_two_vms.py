# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mutants of recordings of two VMs that are alive at once: in one of them something is wrong."""

from __future__ import annotations

from mutant_table import mutant


def two(name, recording, caught, also=""):
    return mutant(f"two-{name}-{recording.removeprefix('svm-')}", caught, also, spec="kvm-hello",
                  recording=f"two-vms/{recording}")


def of_vm(draft, nth, name):
    """The calls of a function that the task makes which made the nth VM."""
    task = draft.call("kvm_arch_init_vm", nth).task
    return [call for call in draft.calls(name) if call.task == task]


for recording in ("svm-6.1", "svm-6.1-smp", "svm-6.12", "svm-6.12-smp"):
    @two("put-missing-first", recording, "load-put", "phase:run arch-load-put svm-load-put")
    def put_missing(draft):
        """The first of two VMs does not put its vCPU after a run."""
        run = of_vm(draft, 1, "kvm_arch_vcpu_ioctl_run")[4]
        draft.remove(draft.call("vcpu_put", under=run))

    @two("run-lost-second", recording, "runs", "io-bytes")
    def run_lost(draft):
        """The second of two VMs runs once less."""
        draft.remove(of_vm(draft, 2, "kvm_arch_vcpu_ioctl_run")[4].parent)

    @two("run-more-first", recording, "runs", "io-bytes")
    def run_more(draft):
        """The first of two VMs runs once more."""
        draft.repeat(of_vm(draft, 1, "kvm_arch_vcpu_ioctl_run")[4].parent)

    @two("run-given-away", recording, "runs", "io-bytes")
    def run_given_away(draft):
        """One VM makes a run that is the other's."""
        run = of_vm(draft, 1, "kvm_arch_vcpu_ioctl_run")[4].parent
        other = of_vm(draft, 2, "kvm_arch_vcpu_ioctl_run")[4].parent
        draft.give(run, other.task)
        for record in draft.records_in(run):
            record.cpu = other.last.cpu
        draft.move(run, after=draft.leave(other))

    @two("page-unused-second", recording, "sptes-accessed")
    def page_unused(draft):
        """A page that one of two VMs had mapped was not used."""
        draft.remove(draft.call("kvm_set_pfn_accessed", -1))

    @two("vcpu-kept", recording, "vcpu-destroyed", "phase:destroy-vm")
    def vcpu_kept(draft):
        """One of two VMs is destroyed and its vCPU is not."""
        draft.remove(draft.call("kvm_arch_vcpu_destroy", 2))

    @two("not-destroyed", recording, "vm-destroyed", "phase:destroy-vm vcpu-destroyed page-track")
    def not_destroyed(draft):
        """One of two VMs is not destroyed."""
        draft.remove(draft.call("kvm_arch_destroy_vm", 2))

    @two("memory-kept", recording, "memory-flushed")
    def memory_kept(draft):
        """The memory of one of two VMMs goes away and the guest keeps its mappings."""
        draft.remove(draft.call("kvm_mmu_notifier_release", 2))


@two("worker-leaked-first", "svm-6.1", "worker-stopped")
def worker_leaked(draft):
    """The worker of the VM that ends first never returns."""
    draft.drop([draft.leave(draft.call(name)) for name in
                ("kvm_nx_lpage_recovery_worker", "kvm_vm_worker_thread")])


for recording in ("svm-6.1", "svm-6.1-smp"):
    @two("worker-late-second", recording, "worker-stopped")
    def worker_late(draft):
        """The worker of the second VM returns when the VM is gone."""
        worker = draft.call("kvm_vm_worker_thread", -1)
        ends = [draft.leave(draft.call("kvm_nx_lpage_recovery_worker", -1)), draft.leave(worker)]
        draft.drop(ends)
        last = draft.leave(draft.ioctl("kvm_arch_destroy_vm", 2))
        for end in ends:
            end.time_ns = last.time_ns
        draft.insert(ends, after=last)

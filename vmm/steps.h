/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each kind of step does. A function does its step, writes its rows from `row` on, and returns
 * false after machine_fail().
 */
#ifndef VMM_STEPS_H
#define VMM_STEPS_H

#include "machine.h"

typedef bool step_function(struct machine *machine, const struct step *step, struct log_row *row);

/* steps_vm.c: /dev/kvm and the VM */
step_function step_open, step_api_version, step_check_extension, step_supported_cpuid;
step_function step_create_vm, step_set_tss_addr, step_set_identity_map;
step_function step_create_irqchip, step_create_pit;
step_function step_mmap_size, step_close_vm, step_close;

/* steps_memory.c: memslots and what is in them */
step_function step_memslot_put, step_memslot_delete, step_dirty_log;
step_function step_load_guest;

/* steps_vcpu.c: a vCPU but for its running */
step_function step_create_vcpu, step_map_vcpu, step_unmap_vcpu, step_close_vcpu;
step_function step_get_sregs, step_set_sregs, step_get_regs, step_set_regs;
step_function step_get_cpuid, step_set_cpuid, step_get_msrs, step_set_msrs;

/* step_run.c */
step_function step_run;

/* step_check.c: what has come of it */
step_function step_check_register, step_check_memory, step_check_output, step_check_mmio;

/* live.c */
step_function step_exit;

#endif

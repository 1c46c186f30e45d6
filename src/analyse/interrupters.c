/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the functions that an interrupt, a softirq or the scheduler calls. */
#include "analyse/interrupters.h"

#include <string.h>

#include "base/banned.h"

/* A * stands at the end only. */
static const struct {
	const char *pattern;
	enum interrupter what;
} interrupters[] = {
	/* the timekeeper's tick tells KVM the time */
	{ "pvclock_gtod_notify", INTERRUPTER_IGNORED },
	{ "kvmclock_cpufreq_notifier", INTERRUPTER_IGNORED },
	{ "mmu_shrink_*", INTERRUPTER_IGNORED },
	/* a walk that gave its CPU away begins anew */
	{ "tdp_iter_restart", INTERRUPTER_YIELD },
	/* where all of the kernel is traced */
	{ "asm_sysvec_*", INTERRUPTER_IGNORED },
	{ "sysvec_*", INTERRUPTER_IGNORED },
	{ "asm_common_interrupt", INTERRUPTER_IGNORED },
	{ "common_interrupt", INTERRUPTER_IGNORED },
	{ "smp_apic_timer_interrupt", INTERRUPTER_IGNORED },
	{ "do_IRQ", INTERRUPTER_IGNORED },
	{ "do_softirq", INTERRUPTER_IGNORED },
	{ "__do_softirq", INTERRUPTER_IGNORED },
	{ "handle_softirqs", INTERRUPTER_IGNORED },
	{ "irq_enter_rcu", INTERRUPTER_IGNORED },
	{ "irq_exit_rcu", INTERRUPTER_IGNORED },
	{ "asm_exc_nmi", INTERRUPTER_IGNORED },
	{ "exc_nmi", INTERRUPTER_IGNORED },
	/* the scheduler takes a vCPU off its CPU and puts it back */
	{ "kvm_sched_in", INTERRUPTER_TURN },
	{ "kvm_sched_out", INTERRUPTER_ASIDE },
	/* timers and wake-ups of a guest's devices */
	{ "apic_timer_fn", INTERRUPTER_TURN },
	{ "pit_timer_fn", INTERRUPTER_TURN },
	{ "vmx_preemption_timer_fn", INTERRUPTER_TURN },
	{ "pi_wakeup_handler", INTERRUPTER_TURN },
	{ "irqfd_wakeup", INTERRUPTER_TURN },
	{ "kvm_on_user_return", INTERRUPTER_ASIDE },
	/* work that is put off: the guests' clocks are set, devices are served */
	{ "kvmclock_update_fn", INTERRUPTER_ASIDE },
	{ "kvmclock_sync_fn", INTERRUPTER_ASIDE },
	{ "pvclock_gtod_update_fn", INTERRUPTER_ASIDE },
	{ "pvclock_irq_work_fn", INTERRUPTER_ASIDE },
	{ "async_pf_execute", INTERRUPTER_ASIDE },
	{ "irqfd_inject", INTERRUPTER_ASIDE },
	{ "pit_do_work", INTERRUPTER_ASIDE },
	/* the host wants the CPU before the guest has it */
	{ "svm_cancel_injection", INTERRUPTER_GIVES_UP },
	{ "vmx_cancel_injection", INTERRUPTER_GIVES_UP },
	/* the guest's clock is set anew after another vCPU's, or a timer */
	{ "kvm_guest_time_update", INTERRUPTER_SERVES },
	{ "kvm_gen_update_masterclock", INTERRUPTER_SERVES },
	{ "kvm_update_masterclock", INTERRUPTER_SERVES },
	/* a vCPU takes its timers along to another CPU */
	{ "__kvm_migrate_timers", INTERRUPTER_SERVES },
	/* RCU gives back what nobody looks at any more */
	{ "tdp_mmu_free_sp_rcu_callback", INTERRUPTER_ASIDE },
};

enum interrupter interrupter_of(const char *base)
{
	for (size_t i = 0; i < sizeof(interrupters) / sizeof(interrupters[0]); i++) {
		const char *pattern = interrupters[i].pattern;
		const size_t len = strlen(pattern);
		const bool is_open = pattern[len - 1] == '*';
		if (is_open ? strncmp(base, pattern, len - 1) == 0 : strcmp(base, pattern) == 0)
			return interrupters[i].what;
	}
	return INTERRUPTER_NONE;
}

bool interrupter_yields(const struct kg_func *caller)
{
	return strcmp(caller->base, "tdp_iter_next") == 0;
}

bool interrupter_is_pass(const struct kg_func *func)
{
	return strcmp(func->base, "vcpu_enter_guest") == 0;
}

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
	{ "kvm_sched_in", INTERRUPTER_ASIDE },
	{ "kvm_sched_out", INTERRUPTER_ASIDE },
	/* timers and wake-ups of a guest's devices */
	{ "apic_timer_fn", INTERRUPTER_ASIDE },
	{ "pit_timer_fn", INTERRUPTER_ASIDE },
	{ "vmx_preemption_timer_fn", INTERRUPTER_ASIDE },
	{ "pi_wakeup_handler", INTERRUPTER_ASIDE },
	{ "irqfd_wakeup", INTERRUPTER_ASIDE },
	{ "kvm_on_user_return", INTERRUPTER_ASIDE },
	/* RCU gives back what nobody looks at any more */
	{ "tdp_mmu_free_sp_rcu_callback", INTERRUPTER_ASIDE },
};

enum interrupter interrupter_of(const struct kg_func *func)
{
	for (size_t i = 0; i < sizeof(interrupters) / sizeof(interrupters[0]); i++) {
		const char *pattern = interrupters[i].pattern;
		const size_t len = strlen(pattern);
		const bool is_open = pattern[len - 1] == '*';
		if (is_open ? strncmp(func->base, pattern, len - 1) == 0
			    : strcmp(func->base, pattern) == 0)
			return interrupters[i].what;
	}
	return INTERRUPTER_NONE;
}

bool interrupter_yields(const struct kg_func *caller)
{
	return strcmp(caller->base, "tdp_iter_next") == 0;
}

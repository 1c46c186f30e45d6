/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the words for steps and exits. */
#include "step.h"

#include <linux/kvm.h>

const struct step_words *step_words(enum step_kind kind)
{
	static const struct step_words words[STEP_COUNT] = {
#define STEP_WORDS(kind, name, ioctl, phase) { name, ioctl, phase },
		STEP_LIST(STEP_WORDS)
#undef STEP_WORDS
	};
	return &words[kind];
}

const char *reason_name(enum reason reason)
{
	static const char *const names[REASON_COUNT] = {
#define REASON_NAME(reason, name) name,
		REASON_LIST(REASON_NAME)
#undef REASON_NAME
	};
	return names[reason];
}

enum reason reason_of_exit(unsigned int exit_reason)
{
	switch (exit_reason) {
	case KVM_EXIT_IO:
		return REASON_IO;
	case KVM_EXIT_MMIO:
		return REASON_MMIO;
	case KVM_EXIT_HLT:
		return REASON_HLT;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return REASON_INTERRUPT_WINDOW;
	case KVM_EXIT_SHUTDOWN:
		return REASON_SHUTDOWN;
	case KVM_EXIT_FAIL_ENTRY:
		return REASON_FAIL_ENTRY;
	case KVM_EXIT_INTERNAL_ERROR:
		return REASON_INTERNAL_ERROR;
	default:
		return REASON_OTHER;
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guests' programs: flat code, one assembler source each, that says what its guest does. */
#ifndef VMM_GUEST_GUESTS_H
#define VMM_GUEST_GUESTS_H

#include "layout.h"

#define GUEST_LIST(X)                                                                              \
	X(hello)                                                                                   \
	X(halt)                                                                                    \
	X(modes)                                                                                   \
	X(mmio)                                                                                    \
	X(cpuid)                                                                                   \
	X(msr)                                                                                     \
	X(touch)                                                                                   \
	X(hypercall)                                                                               \
	X(smp)                                                                                     \
	X(irqchip)                                                                                 \
	X(fault)                                                                                   \
	X(spin)

#define GUEST_DECLARE(name) extern const unsigned char guest_##name[], guest_##name##_end[];
GUEST_LIST(GUEST_DECLARE)
#undef GUEST_DECLARE

/* The two ends of a guest's bytes, for a table. */
#define GUEST(name) guest_##name, guest_##name##_end

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processor's modes, as special registers. */
#ifndef VMM_MODES_H
#define VMM_MODES_H

#include <linux/kvm.h>

#include "scenario.h"

/* Changes what KVM_GET_SREGS told so that the vCPU is in the mode, with flat segments. */
void mode_set(struct kvm_sregs *sregs, enum guest_mode mode);
const char *mode_name(enum guest_mode mode);

#endif

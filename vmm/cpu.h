/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What processor this is, as far as the VMM cares. */
#ifndef VMM_CPU_H
#define VMM_CPU_H

#include <stdbool.h>

/* Whether it has AMD's instructions for guests (vmmcall), not Intel's (vmcall). */
bool cpu_is_amd(void);

/* "vmx" or "svm" where KVM uses that; NULL where it uses neither, or cannot be asked. */
const char *cpu_vendor(void);

#endif

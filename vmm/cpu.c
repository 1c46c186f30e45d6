/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the processors' names. */
#include "cpu.h"

#include <cpuid.h>
#include <string.h>
#include <unistd.h>

bool cpu_is_amd(void)
{
	unsigned int eax;
	unsigned int name[3];
	if (__get_cpuid(0, &eax, &name[0], &name[2], &name[1]) == 0)
		return false;
	return memcmp(name, "AuthenticAMD", 12) == 0 || memcmp(name, "HygonGenuine", 12) == 0;
}

const char *cpu_vendor(void)
{
	unsigned int eax, ebx, ecx, edx;
	/* the modules' folders are there when they are built in, too: they have parameters */
	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & 1U << 5) != 0 &&
	    access("/sys/module/kvm_intel", F_OK) == 0)
		return "vmx";
	if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) != 0 && (ecx & 1U << 2) != 0 &&
	    access("/sys/module/kvm_amd", F_OK) == 0)
		return "svm";
	return NULL;
}

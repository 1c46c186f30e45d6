/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long mode: reads the MSR in edi, stores what it read, writes rsi to it. */
#include "blob.inc"

guest msr
	.code64
	mov %edi, %ecx
	rdmsr
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, GUEST_RESULT
	mov %rsi, %rax
	mov %rsi, %rdx
	shr $32, %rdx
	wrmsr
	hlt
guest_end msr

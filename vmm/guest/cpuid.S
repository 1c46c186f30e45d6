/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long mode: asks for the leaf in edi, esi times, and adds what the last answer holds. */
#include "blob.inc"

guest cpuid
	.code64
1:	mov %edi, %eax
	xor %ecx, %ecx
	cpuid
	dec %esi
	jnz 1b
	add %rbx, %rax
	add %rcx, %rax
	add %rdx, %rax
	mov %rax, GUEST_RESULT
	hlt
guest_end cpuid

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long mode: makes the hypercall whose number is in rsi by the instruction of the processor's
 * vendor, vmmcall where edi is not 0, and stores the answer.
 */
#include "blob.inc"

guest hypercall
	.code64
	mov %rsi, %rax
	test %edi, %edi
	jnz 1f
	vmcall
	jmp 2f
1:	vmmcall
2:	mov %rax, GUEST_RESULT
	hlt
guest_end hypercall

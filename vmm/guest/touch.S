/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long mode: from rdi on, rsi times every rdx bytes: adds the word to a sum, then writes to it. */
#include "blob.inc"

guest touch
	.code64
	xor %eax, %eax
	test %rsi, %rsi
	jz 2f
1:	add (%rdi), %rax
	incq (%rdi)
	add %rdx, %rdi
	dec %rsi
	jnz 1b
2:	mov %rax, GUEST_RESULT
	hlt
guest_end touch

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long mode: writes 1, 2, 4 and 8 bytes to a device, reads as many, keeps the sum of what it read. */
#include "blob.inc"

guest mmio
	.code64
	mov $GUEST_MMIO, %ebx
	movb $0x11, (%rbx)
	movw $0x2222, 8(%rbx)
	movl $0x33333333, 16(%rbx)
	mov $0x4444444444444444, %rax
	mov %rax, 24(%rbx)
	movzbl (%rbx), %eax
	movzwl 8(%rbx), %edx
	add %rdx, %rax
	mov 16(%rbx), %edx
	add %rdx, %rax
	add 24(%rbx), %rax
	mov %rax, GUEST_RESULT
	hlt
guest_end mmio

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same work three times, assembled for 16, 32 and 64 bit, one behind the other at 0, 0x100 and
 * 0x200: adds the numbers from 1 to 100, stores the sum, prints the letter that it is given in di.
 */
#include "blob.inc"

.macro work
	xor %ax, %ax
	mov $100, %cx
1:	add %cx, %ax
	dec %cx
	jnz 1b
	mov %ax, GUEST_RESULT
	mov %di, %ax
	out %al, $PORT_DEBUG
	hlt
.endm

guest modes
	.code16
	work
	.org guest_modes + 0x100
	.code32
	work
	.org guest_modes + 0x200
	.code64
	work
guest_end modes

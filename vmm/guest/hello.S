/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long mode: prints a line byte by byte, leaves 42 in its result and in rax, halts. */
#include "blob.inc"

guest hello
	.code64
	lea message(%rip), %rsi
	mov $(message_end - message), %ecx
1:	lodsb
	out %al, $PORT_DEBUG
	dec %ecx
	jnz 1b
	mov $42, %eax
	mov %eax, GUEST_RESULT
	hlt
message:
	.ascii "Hello, world!\n"
message_end:
guest_end hello

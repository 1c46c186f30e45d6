/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long mode, several processors at once: each counts itself, prints its letter (di), halts. */
#include "blob.inc"

guest smp
	.code64
	lock incq GUEST_RESULT
	mov %edi, %eax
	out %al, $PORT_DEBUG
	hlt
guest_end smp

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any mode: never exits. */
#include "blob.inc"

guest spin
1:	jmp 1b
guest_end spin

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any mode: halts. */
#include "blob.inc"

guest halt
	hlt
guest_end halt

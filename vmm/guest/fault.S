/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any mode: raises an exception that nothing handles. */
#include "blob.inc"

guest fault
	ud2
guest_end fault

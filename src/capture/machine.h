/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be found out about the machine and its kernel. */
#ifndef CAPTURE_MACHINE_H
#define CAPTURE_MACHINE_H

#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

#include "base/arena.h"

/*
 * Fills the machine's part of an environment: kernel, processor, what it runs on, KVM's parameters,
 * mitigations, clocks. What cannot be found out stays unknown. Strings are kept in the arena. Fails
 * with KG_NOMEM.
 */
KG_MUST_USE enum kg_status machine_describe(struct kg_environment *environment,
					    struct arena *memory);

/* The word in brackets, or the whole text: "none voluntary (full)", "[local] global". */
const char *machine_choice(struct arena *memory, const char *text);

#endif

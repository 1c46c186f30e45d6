/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The function table: each distinct name and module once. A zeroed struct is empty. */
#ifndef EVENT_FUNC_H
#define EVENT_FUNC_H

#include <kvmgraph/event.h>

#include "base/arena.h"
#include "base/intern.h"

struct kg_funcs {
	struct intern symbols; /* "vmx_vcpu_run [kvm_intel]" */
	COLUMN(const struct kg_func *) rows;
	struct arena memory;
};

/* Whether text prints a function like this: "name" or "name [module]", no stray characters. */
bool func_symbol_is_valid(struct span symbol);

/* The id of a valid symbol as text prints it, added if new; KG_NO_FUNC when memory is out. */
kg_func_id funcs_add(struct kg_funcs *funcs, struct span symbol);

/* The name without .part.N, .isra.N, .constprop.N, .cold, .lto_priv.N, .llvm.N at its end. */
struct span func_base(struct span name);

void funcs_release(struct kg_funcs *funcs);

#endif

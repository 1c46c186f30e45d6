/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which functions of the kernel are traced. */
#ifndef CAPTURE_FUNCTIONS_H
#define CAPTURE_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

#include "base/arena.h"
#include "base/column.h"
#include "base/span.h"

/* Names by module, in order; strings are in the arena that functions_traced() was given. */
struct functions {
	COLUMN(struct kg_env_function) rows;
	bool is_all; /* no filter: every function that can be traced */
};

/* Whether a line of a filter names a function, and is no comment or command. */
bool functions_is_name(struct span line);

/*
 * Makes a filter (set_ftrace_filter, set_ftrace_notrace) hold what it held when text was read from
 * it: every function by its number in available_filter_functions beside it, since finding one of
 * fifty thousand by its name takes the kernel a while, and a name may stand for several functions.
 * 0, or -1 with errno set.
 */
KG_MUST_USE int functions_put(const char *path, const char *text);

/*
 * Adds the functions of KVM to a filter: those of its modules, or where it is built in those whose
 * names say so. top is the folder of the tracer, folder that of the instance. Fails with KG_LACKING
 * if there is no KVM.
 */
KG_MUST_USE enum kg_status functions_add_kvm(const char *top, const char *folder,
					     struct kg_error *err);

/* What the filters in a folder let through now. */
KG_MUST_USE enum kg_status functions_traced(const char *top, const char *folder,
					    struct arena *memory, struct functions *out,
					    struct kg_error *err);
void functions_release(struct functions *functions);

#endif

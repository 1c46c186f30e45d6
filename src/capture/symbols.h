/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's functions and their addresses. */
#ifndef CAPTURE_SYMBOLS_H
#define CAPTURE_SYMBOLS_H

#include <stddef.h>

#include <kvmgraph/error.h>

/*
 * Lines in the form of /proc/kallsyms, those of functions only: data would be more than half of
 * them. Where /proc hides addresses, the tracer's own list of functions is used if the kernel has
 * one with addresses, else it fails with KG_LACKING. *text is freed by memory_free(). Other
 * failures: KG_IO, KG_NOMEM.
 */
KG_MUST_USE enum kg_status symbols_read(const char *top, char **text, size_t *len,
					struct kg_error *err);

/* Whether symbols_read() will have addresses; KG_LACKING if not. Cheap: looks at the first only. */
KG_MUST_USE enum kg_status symbols_check(const char *top, struct kg_error *err);

/* Leaves lines of functions alone in place; returns the new length. All addresses 0: returns 0. */
size_t symbols_reduce(char *text, size_t len);

#endif

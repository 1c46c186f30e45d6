/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes with the library: tables generated from the folders specs and renames. */
#ifndef ANALYSE_SPEC_BUILTIN_H
#define ANALYSE_SPEC_BUILTIN_H

#include <stddef.h>

struct spec_builtin {
	const char *name;
	const unsigned char *json;
	size_t len;
};

extern const struct spec_builtin spec_builtins[];
extern const size_t spec_builtin_count;

/* Names of functions in different kernels, see renames.h. */
extern const struct spec_builtin rename_builtins[];
extern const size_t rename_builtin_count;

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The specifications that come with the library: a table generated from the folder specs. */
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

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of specifications: those that come with the library, and files. */
#ifndef ANALYSE_SPEC_SOURCE_H
#define ANALYSE_SPEC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <kvmgraph/error.h>

/* A text; bytes are to be freed if they are owned. */
struct spec_source {
	const char *bytes;
	size_t len;
	char *owned;
};

/* False if no built-in specification has that name. */
bool spec_source_builtin(const char *name, struct spec_source *out);
KG_MUST_USE enum kg_status spec_source_read(const char *path, struct spec_source *out,
					    struct kg_error *err);
void spec_source_release(struct spec_source *source);

#endif

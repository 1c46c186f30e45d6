/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The traces in fixtures/, as bytes in memory. */
#ifndef UNIT_FIXTURE_H
#define UNIT_FIXTURE_H

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

/* The bytes of a file, to be freed by fixture_free(); an unreadable one fails the test. */
static inline struct span fixture_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s cannot be read", path);
	fseek(file, 0, SEEK_END);
	const size_t len = (size_t)ftell(file);
	rewind(file);
	unsigned char *bytes = malloc(len + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, len, file), len);
	fclose(file);
	return (struct span){ bytes, len };
}

static inline void fixture_free(struct span bytes)
{
	free((void *)(uintptr_t)bytes.at);
}

/* Calls a function with each text of fixtures/traces. */
static inline void fixtures_each(void (*check)(const char *path, struct span bytes))
{
	glob_t found;
	ck_assert_int_eq(glob(KG_FIXTURES "/traces/*.txt", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct span bytes = fixture_read(found.gl_pathv[i]);
		check(found.gl_pathv[i], bytes);
		fixture_free(bytes);
	}
	globfree(&found);
}

#endif

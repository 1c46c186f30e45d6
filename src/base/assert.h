/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of our own mistakes, never of the input's. */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include <stdio.h>
#include <stdlib.h>

/* Holds in every build; its failure is a bug of this program. */
#define KG_ASSERT(condition)                                                                       \
	do {                                                                                       \
		if (__builtin_expect(!(condition), 0)) {                                           \
			fprintf(stderr, "%s:%d: bug: %s\n", __FILE__, __LINE__, #condition);       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The same for hot paths: only in builds without NDEBUG. */
#ifdef NDEBUG
#define KG_DCHECK(condition) ((void)sizeof(condition))
#else
#define KG_DCHECK(condition) KG_ASSERT(condition)
#endif

#endif

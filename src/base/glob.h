/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matching of names by shell patterns. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

/* Whether the whole of text fits pattern: * ? [abc] [a-z] [!a-z] and \ to take a character as it
 * is. */
bool glob_match(const char *pattern, const char *text);

#endif

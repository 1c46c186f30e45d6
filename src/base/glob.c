/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which library matches shell patterns. */
#include "base/glob.h"

#include <fnmatch.h>

#include "base/banned.h"

bool glob_match(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

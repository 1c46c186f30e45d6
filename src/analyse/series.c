/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows after which minor number the major one went up. */
#include "analyse/series.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "base/banned.h"

struct series {
	uint32_t major;
	uint32_t minor;
};

static bool series_read(const char *text, struct series *out)
{
	int length = 0;
	return sscanf(text, "%" SCNu32 ".%" SCNu32 "%n", &out->major, &out->minor, &length) == 2 &&
	       text[length] == '\0';
}

static struct series series_next(struct series of)
{
	static const struct series last_of_major[] = { { 3, 19 }, { 4, 20 }, { 5, 19 }, { 6, 19 } };
	for (size_t i = 0; i < sizeof(last_of_major) / sizeof(last_of_major[0]); i++) {
		if (of.major == last_of_major[i].major && of.minor == last_of_major[i].minor)
			return (struct series){ of.major + 1, 0 };
	}
	return (struct series){ of.major, of.minor + 1 };
}

bool series_between(const char *older, const char *newer, char out[SERIES_TEXT_MAX])
{
	struct series first;
	struct series last;
	if (!series_read(older, &first) || !series_read(newer, &last))
		return false;
	const struct series one = series_next(first);
	const struct series behind = series_next(one);
	if (behind.major != last.major || behind.minor != last.minor)
		return false;
	(void)snprintf(out, SERIES_TEXT_MAX, "%" PRIu32 ".%" PRIu32, one.major, one.minor);
	return true;
}

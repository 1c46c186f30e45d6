/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows in which order paths of one side find their place on the other. */
#include "analyse/diff.h"

#include "base/banned.h"

/*
 * Names first: what is only called otherwise must not look as if it were inlined. What was moved
 * shows more of what is below it, so all begins anew after each success.
 */
enum kg_status diff_align(struct kg_diff *diff)
{
	static enum kg_status (*const kinds[])(struct kg_diff * diff, bool *is_changed) = {
		diff_find_renames,
		diff_find_inlines,
		diff_find_moves,
		diff_find_timed_inlines,
	};
	for (int round = 0; round < KG_DIFF_ROUNDS; round++) {
		bool is_changed = false;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !is_changed; i++) {
			if (!diff_count(diff))
				return KG_NOMEM;
			enum kg_status status = kinds[i](diff, &is_changed);
			if (status != KG_OK)
				return status;
		}
		if (!is_changed)
			break;
	}
	return diff_count(diff) ? KG_OK : KG_NOMEM;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A baseline while it is made: the paths of all runs, what each came to, and the runs kept whole.
 */
#ifndef ANALYSE_BASELINE_H
#define ANALYSE_BASELINE_H

#include <kvmgraph/baseline.h>

#include "analyse/path_collector.h"
#include "analyse/paths.h"
#include "analyse/spread.h"
#include "analyse/surroundings.h"
#include "base/arena.h"

/* All runs that have a path, in sum. Counts are of calls, times of all calls of a run. */
struct baseline_path {
	uint64_t runs;
	uint64_t calls; /* complete ones */
	uint64_t incomplete;
	uint64_t waits;
	uint32_t least; /* calls in one run, of those that have it, incomplete ones included */
	uint32_t most;
	struct path_passes passes; /* of a root: the most of one run */
	struct spread total_ns;
	struct spread self_ns;
};

/* A run that is kept whole; its figures are in the run of paths that has the same index. */
struct baseline_run {
	uint64_t id; /* a fingerprint of all that is in it */
	const char *file;
	const char *kernel; /* or NULL */
	enum kg_vendor vendor;
	uint64_t calls;
	uint64_t incomplete;
	uint64_t gaps;
	bool exits_only;
};

struct kg_baseline {
	char *tmp_folder;
	struct arena memory;
	struct paths paths; /* what it calls OLD is all there is */
	struct path_collector collector;
	bool is_collecting; /* into the run behind the last one that is kept */
	struct surroundings surroundings;

	COLUMN(struct baseline_path) sums; /* by path */
	COLUMN(struct baseline_run) kept;  /* by id, once baseline_arrange() was called */
	uint64_t runs;			   /* in all */
	uint64_t calls;
	uint64_t incomplete;
	uint64_t gaps;
	uint64_t exits_only; /* runs */
};

/* All runs of a path together; NULL if no run has it. */
static inline const struct baseline_path *baseline_sum(const struct kg_baseline *baseline,
						       uint32_t path)
{
	return path < baseline->sums.count && baseline->sums.at[path].runs > 0
		       ? &baseline->sums.at[path]
		       : NULL;
}

/* ---- baseline_kept.c ------------------------------------------------------------------------- */

/* The fingerprint of a run that was read, and of what is told of it. */
KG_MUST_USE bool baseline_fingerprint(const struct paths *paths, const struct path_run *figures,
				      const struct baseline_run *run, uint64_t *id);
/* Drops runs until only so many are kept as may be. */
void baseline_drop_runs(struct kg_baseline *baseline);
/* Puts paths and kept runs in the one order in which they are written. */
KG_MUST_USE bool baseline_arrange(struct kg_baseline *baseline);

#endif

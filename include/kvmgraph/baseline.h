/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Baselines: the timing of many runs in one file that can be merged with others.
 *
 *	kg_baseline_new(NULL, &baseline);
 *	for (each trace) {
 *		kg_baseline_start_run(baseline, kg_trace_funcs(trace), &sink);
 *		kg_trace_run(trace, &sink, &err);
 *		kg_baseline_end_run(baseline, kg_trace_info(trace));
 *	}
 *	kg_render_baseline_json(out, baseline);
 *	kg_baseline_free(baseline);
 *
 * Of each call path below a phase it knows how many runs have it, how often it was called, and how
 * long that took in a run: exact sums, and counts by size. KG_BASELINE_KEPT runs at most are kept
 * whole besides, with the figures of every path: those with the smallest fingerprints of what is in
 * them, which is a fair sample, and the same one in whatever order runs came together. So merging
 * is associative and commutative. Memory goes by the number of distinct paths, not of runs.
 */
#ifndef KVMGRAPH_BASELINE_H
#define KVMGRAPH_BASELINE_H

#include <kvmgraph/diff.h>

KG_BEGIN_C

#define KG_BASELINE_KEPT 64

struct kg_baseline;

/* tmp_folder as for kg_life_new() */
KG_API KG_MUST_USE enum kg_status kg_baseline_new(const char *tmp_folder, struct kg_baseline **out);
/*
 * Begins to read one more trace into *sink; what was read of one that was not ended is forgotten.
 * funcs are the trace's own, and have to stay until kg_baseline_end_run().
 */
KG_API KG_MUST_USE enum kg_status kg_baseline_start_run(struct kg_baseline *baseline,
							const struct kg_funcs *funcs,
							struct kg_call_sink *sink);
/* The trace is read; nothing of it has to stay. On failure the baseline is only good to be freed.
 */
KG_API KG_MUST_USE enum kg_status kg_baseline_end_run(struct kg_baseline *baseline,
						      const struct kg_info *info);
/* As kg_diff_add_environment(). */
KG_API KG_MUST_USE enum kg_status kg_baseline_add_environment(struct kg_baseline *baseline,
							      const char *json, size_t len,
							      struct kg_error *err);

/* Whether a file begins as a baseline does; false, too, if it cannot be read. */
KG_API bool kg_baseline_is_file(const char *path);
/* Reads a kvmgraph.baseline/1. name is for errors. KG_BAD_FORMAT if it is none. */
KG_API KG_MUST_USE enum kg_status kg_baseline_parse(const char *json, size_t len, const char *name,
						    struct kg_baseline **out, struct kg_error *err);
KG_API KG_MUST_USE enum kg_status kg_baseline_read(const char *path, struct kg_baseline **out,
						   struct kg_error *err);
/* Adds all runs of another. On KG_NOMEM the baseline is only good to be freed. */
KG_API KG_MUST_USE enum kg_status kg_baseline_merge(struct kg_baseline *baseline,
						    const struct kg_baseline *more);
KG_API void kg_baseline_free(struct kg_baseline *baseline);

/*
 * Adds the runs of a baseline to a side of a difference. Those that are kept whole are runs like
 * any other; of the rest it is only known how often they call what. name is the file's.
 */
KG_API KG_MUST_USE enum kg_status kg_diff_add_baseline(struct kg_diff *diff, enum kg_diff_side side,
						       const struct kg_baseline *baseline,
						       const char *name);

KG_END_C

#endif

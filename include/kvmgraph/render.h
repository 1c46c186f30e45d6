/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports as bytes: tables for people, JSON for programs.
 *
 * Names in a trace come from strangers: whatever is not plain printable text is escaped, in text as
 * \xNN, in JSON as JSON does (bytes that are not UTF-8 become U+FFFD).
 */
#ifndef KVMGRAPH_RENDER_H
#define KVMGRAPH_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include <kvmgraph/analyse.h>
#include <kvmgraph/baseline.h>
#include <kvmgraph/beside.h>
#include <kvmgraph/builds.h>
#include <kvmgraph/diff.h>
#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>
#include <kvmgraph/info.h>
#include <kvmgraph/learn.h>
#include <kvmgraph/recover.h>
#include <kvmgraph/verify.h>

KG_BEGIN_C

/* ---- where output goes ----------------------------------------------------------------------- */

struct kg_out;

/*
 * Opens an output. NULL or "-" is standard output. A file is written beside its final name and gets
 * that name in kg_out_close(), so that it is there whole or not at all.
 */
KG_API KG_MUST_USE enum kg_status kg_out_open(const char *path, struct kg_out **out,
					      struct kg_error *err);
/*
 * Ends an output and releases it. keep says whether a file gets its final name; without it nothing
 * is left behind. Fails with KG_IO if anything could not be written, now or earlier.
 */
KG_API KG_MUST_USE enum kg_status kg_out_close(struct kg_out *out, bool keep, struct kg_error *err);
/* Writes bytes as they are. */
KG_API void kg_out_write(struct kg_out *out, const void *bytes, size_t len);
/* An output that keeps its bytes ... */
KG_API KG_MUST_USE enum kg_status kg_out_open_memory(struct kg_out **out);
/* ... to be read here: what was written so far, NUL-terminated; valid until more is. */
KG_API const char *kg_out_bytes(const struct kg_out *out, size_t *len);
/* Whether it is a terminal. */
KG_API bool kg_out_is_terminal(const struct kg_out *out);

/* ---- what is rendered ------------------------------------------------------------------------ */

/* All-zero is the default. */
struct kg_text_opts {
	bool color;
	bool verbose;	/* every row instead of the telling ones */
	uint32_t width; /* columns of the terminal; 0: 100 */
};

/* A timing report: what its analyses found. */
struct kg_timing {
	const struct kg_info *info;
	const struct kg_functions_report *functions;
	struct kg_life *life; /* for its rows */
	const struct kg_life_report *life_report;
};

/*
 * Each writes one report. A failed write is remembered by the output and told by kg_out_close();
 * other failures are KG_NOMEM, and KG_IO where the rows of a report cannot be read back.
 */

/* fit NULL: nothing is said of the kernels that the trace fits. */
KG_API KG_MUST_USE enum kg_status kg_render_info_text(struct kg_out *out,
						      const struct kg_info *info,
						      const struct kg_fit_report *fit,
						      const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status kg_render_info_json(struct kg_out *out,
						      const struct kg_info *info,
						      const struct kg_fit_report *fit);

KG_API KG_MUST_USE enum kg_status kg_render_timing_text(struct kg_out *out,
							const struct kg_timing *timing,
							const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status kg_render_timing_json(struct kg_out *out,
							const struct kg_timing *timing);

/*
 * Several timing reports as one JSON object: started before the first, told of each report before
 * it is written, ended behind the last.
 */
KG_API void kg_render_timings_start(struct kg_out *out);
KG_API void kg_render_timings_next(struct kg_out *out, bool is_first);
KG_API void kg_render_timings_end(struct kg_out *out);

/* Task by task. */
KG_API KG_MUST_USE enum kg_status kg_render_tree_text(struct kg_out *out,
						      const struct kg_info *info,
						      const struct kg_call_table *table,
						      const struct kg_text_opts *opts);
/* CPU by CPU: what ran there, in order. */
KG_API KG_MUST_USE enum kg_status kg_render_tree_by_cpu_text(struct kg_out *out,
							     const struct kg_info *info,
							     const struct kg_call_table *table,
							     const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status kg_render_tree_json(struct kg_out *out,
						      const struct kg_info *info,
						      const struct kg_call_table *table);

/* How a check was matched, see kg_verify_explanation(). */
struct kg_explanation {
	const char *check_id;
	const struct kg_explain_line *lines;
	size_t count;
	uint64_t left_out;
};

KG_API KG_MUST_USE enum kg_status
kg_render_explanation_text(struct kg_out *out, const struct kg_info *info,
			   const struct kg_explanation *explanation,
			   const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status
kg_render_verify_text(struct kg_out *out, const struct kg_info *info, const struct kg_spec *spec,
		      const struct kg_verify_report *report, const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status kg_render_verify_json(struct kg_out *out,
							const struct kg_info *info,
							const struct kg_spec *spec,
							const struct kg_verify_report *report);

/*
 * The same verdicts in the forms of test runners. In each of them the tests that fail, are in error
 * or are skipped add up to the verdict: who sees only these never takes an inconclusive trace for a
 * good one, nor a failed warning for the end of it.
 */
KG_API KG_MUST_USE enum kg_status kg_render_verify_ktap(struct kg_out *out,
							const struct kg_info *info,
							const struct kg_spec *spec,
							const struct kg_verify_report *report);
KG_API KG_MUST_USE enum kg_status kg_render_verify_junit(struct kg_out *out,
							 const struct kg_info *info,
							 const struct kg_spec *spec,
							 const struct kg_verify_report *report);

/* What a log of SARIF tells of the program that wrote it. */
struct kg_sarif_opts {
	const char *version; /* of the program */
	int exit_code;	     /* that it ends with */
};
KG_API KG_MUST_USE enum kg_status
kg_render_verify_sarif(struct kg_out *out, const struct kg_info *info, const struct kg_spec *spec,
		       const struct kg_verify_report *report, const struct kg_sarif_opts *opts);

/* A specification as kvmgraph-spec(5) has it, for verify and for people to go on with. */
KG_API KG_MUST_USE enum kg_status kg_render_learned(struct kg_out *out,
						    const struct kg_learned *learned);

KG_API KG_MUST_USE enum kg_status kg_render_diff_text(struct kg_out *out,
						      const struct kg_diff *diff,
						      const struct kg_diff_report *report,
						      const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status kg_render_diff_json(struct kg_out *out,
						      const struct kg_diff *diff,
						      const struct kg_diff_report *report);
/* For a pull request. */
KG_API KG_MUST_USE enum kg_status kg_render_diff_markdown(struct kg_out *out,
							  const struct kg_diff *diff,
							  const struct kg_diff_report *report);
/* "a;b;c OLD NEW" of own times in ns, for differential flame graphs. */
KG_API KG_MUST_USE enum kg_status kg_render_diff_folded(struct kg_out *out,
							const struct kg_diff *diff,
							const struct kg_diff_report *report);
/* A test for each phase, one for structure. */
KG_API KG_MUST_USE enum kg_status kg_render_diff_ktap(struct kg_out *out,
						      const struct kg_diff *diff,
						      const struct kg_diff_report *report);
KG_API KG_MUST_USE enum kg_status kg_render_diff_junit(struct kg_out *out,
						       const struct kg_diff *diff,
						       const struct kg_diff_report *report);

/* What a scenario is called, beside what was recovered of it. */
struct kg_scenario_param {
	const char *name; /* "vcpus" */
	uint64_t value;
};
struct kg_scenario_words {
	const char *name;
	const char *summary; /* one line */
	const char *like;    /* the built-in scenario that does the same, or NULL */
	const struct kg_scenario_param *params; /* of that, where they are not its presets */
	size_t param_count;
	const char *others; /* built-in ones that look the same in a trace, or NULL */
};

/* A kvmgraph.scenario/1, for the reference VMM. */
KG_API KG_MUST_USE enum kg_status kg_render_scenario_json(struct kg_out *out,
							  const struct kg_scenario *scenario,
							  const struct kg_scenario_words *words);

/* A trace, what was recovered from it, and what came of doing it again. */
struct kg_replay {
	const char *file;
	const char *kernel; /* or NULL */
	const struct kg_scenario *scenario;
	const struct kg_scenario_words *words;
	const char *on; /* "host", "lab:6.1:svm"; NULL: it was not done, and nothing below */
	const char *new_kernel;		      /* or NULL */
	const struct kg_scenario *again;      /* as recovered from the trace of the replay */
	const struct kg_run_failure *failure; /* why the VMM gave it up; NULL: nothing tells so */
	struct kg_comparison compared[KG_COMPARED_COUNT];
	const struct kg_diff *diff;
	const struct kg_diff_report *diff_report;
};

enum kg_replay_verdict { KG_REPLAY_SAME, KG_REPLAY_DEPARTS, KG_REPLAY_INCONCLUSIVE };
/* Of one that was done. */
KG_API enum kg_replay_verdict kg_replay_verdict(const struct kg_replay *replay);
/* "same", "departs", "inconclusive" */
KG_API const char *kg_replay_verdict_name(enum kg_replay_verdict verdict);

KG_API KG_MUST_USE enum kg_status kg_render_replay_text(struct kg_out *out,
							const struct kg_replay *replay,
							const struct kg_text_opts *opts);
KG_API KG_MUST_USE enum kg_status kg_render_replay_json(struct kg_out *out,
							const struct kg_replay *replay);

/* Both put the baseline in the one order in which it is written. */
KG_API KG_MUST_USE enum kg_status kg_render_baseline_json(struct kg_out *out,
							  struct kg_baseline *baseline);
KG_API KG_MUST_USE enum kg_status kg_render_baseline_text(struct kg_out *out,
							  struct kg_baseline *baseline,
							  const struct kg_text_opts *opts);

KG_API KG_MUST_USE enum kg_status
kg_render_environment_json(struct kg_out *out, const struct kg_environment *environment);

KG_END_C

#endif

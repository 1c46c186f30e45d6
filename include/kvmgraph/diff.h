/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Differences: what changed between two traces, or two sets of traces, and which call is to blame.
 *
 *	kg_diff_new(&opts, &diff, &err);
 *	for (each trace of each side) {
 *		kg_diff_start_run(diff, side, kg_trace_funcs(trace), &sink);
 *		kg_trace_run(trace, &sink, &err);
 *		kg_diff_end_run(diff, kg_trace_info(trace));
 *	}
 *	kg_diff_report(diff, &report);
 *	kg_diff_free(diff);
 *
 * Calls are compared by the path that leads to them, and memory goes by the number of distinct
 * paths. Aligning two trees costs one step for each path and each round, of which there are at most
 * KG_DIFF_ROUNDS. Where a function is new under a caller that also lost one, the two are held
 * against each other; of more than KG_DIFF_RIVALS a side under one caller only the first ones are.
 */
#ifndef KVMGRAPH_DIFF_H
#define KVMGRAPH_DIFF_H

#include <kvmgraph/analyse.h>

KG_BEGIN_C

#define KG_DIFF_ROUNDS 32
#define KG_DIFF_RIVALS 64

enum kg_diff_side { KG_SIDE_OLD, KG_SIDE_NEW, KG_SIDE_COUNT };

/* All-zero is the default. */
struct kg_diff_opts {
	bool has_threshold;	/* else 5 % and 500 ns */
	uint32_t threshold_ppm; /* a change counts if it is larger than this part of the old time */
	uint64_t threshold_ns;	/* and larger than this */
	const char *tmp_folder; /* as for kg_life_new() */
};

/* symbol, name in reports */
#define KG_DIFF_VERDICT_LIST(X)                                                                    \
	X(KG_DIFF_SAME, "same")                                                                    \
	X(KG_DIFF_CHANGED, "changed")                                                              \
	X(KG_DIFF_INCONCLUSIVE, "inconclusive")                                                    \
	X(KG_DIFF_UNJUDGED, "unjudged")

enum kg_diff_verdict {
#define KG_DIFF_VERDICT_ENUM(symbol, name) symbol,
	KG_DIFF_VERDICT_LIST(KG_DIFF_VERDICT_ENUM)
#undef KG_DIFF_VERDICT_ENUM
};

/* What timing is judged by. symbol, name in reports */
#define KG_DIFF_METHOD_LIST(X)                                                                     \
	X(KG_DIFF_STATISTICS, "statistics") /* several runs a side: rank tests */                  \
	X(KG_DIFF_EXACT, "exact")	    /* a clock that counts instructions */                 \
	X(KG_DIFF_PLAIN, "plain")	    /* few runs, but a threshold was asked for */          \
	X(KG_DIFF_NONE, "none")		    /* few runs of a real clock: no claim is made */

enum kg_diff_method {
#define KG_DIFF_METHOD_ENUM(symbol, name) symbol,
	KG_DIFF_METHOD_LIST(KG_DIFF_METHOD_ENUM)
#undef KG_DIFF_METHOD_ENUM
};

/* symbol, name in reports, plural for headings */
#define KG_CHANGE_LIST(X)                                                                          \
	X(KG_CHANGE_ADDED, "added")                                                                \
	X(KG_CHANGE_REMOVED, "removed")                                                            \
	X(KG_CHANGE_MOVED, "moved")                                                                \
	X(KG_CHANGE_RENAMED, "renamed")                                                            \
	X(KG_CHANGE_REPEATED, "repeated")                                                          \
	X(KG_CHANGE_INLINED, "inlined")	  /* NEW has its callees under its caller */               \
	X(KG_CHANGE_OUTLINED, "outlined") /* OLD has */

enum kg_change_kind {
#define KG_CHANGE_ENUM(symbol, name) symbol,
	KG_CHANGE_LIST(KG_CHANGE_ENUM)
#undef KG_CHANGE_ENUM
		KG_CHANGE_KIND_COUNT
};

KG_API const char *kg_diff_verdict_name(enum kg_diff_verdict verdict);
KG_API const char *kg_diff_method_name(enum kg_diff_method method);
KG_API const char *kg_change_name(enum kg_change_kind kind);

/* A place in the tree of calls that both sides share; for kg_diff_path_...(). */
typedef uint32_t kg_path_id;
#define KG_NO_PATH UINT32_MAX

struct kg_diff_run {
	const char *file;
	const char *kernel; /* or NULL */
	enum kg_vendor vendor;
	enum kg_diff_side side;
	uint64_t calls;
	uint64_t incomplete;
	uint64_t gaps;
	uint64_t count;	 /* 1, or how many runs of a baseline these are the sums of */
	bool exits_only; /* recorded with a threshold: calls are there, callers are not */
};

/* What surrounded one side and not the other. NULL: not known, or not there. */
struct kg_diff_fact {
	const char *name; /* "kvm_parameters.kvm.halt_poll_ns" */
	const char *values[KG_SIDE_COUNT];
};

/* One difference in structure. */
struct kg_diff_change {
	enum kg_change_kind kind;
	kg_path_id path;		  /* of MOVED where it was, else where it is or was */
	kg_path_id to;			  /* MOVED: where it is; else KG_NO_PATH */
	const char *names[KG_SIDE_COUNT]; /* RENAMED: how each side calls it; else both the same */
	uint64_t counts[KG_SIDE_COUNT];	  /* calls in a run: median */
	uint64_t callees;		  /* distinct paths below it that came or went with it */
	bool is_known; /* RENAMED: the table says so; else by its place and shape */
	/* the other side could not have traced it: gone, renamed or inlined is all the same there
	 */
	bool is_untraceable;
	bool is_inconclusive; /* events were lost where it might have been */
};

/* Times of one path, for a run: medians of all runs. */
struct kg_diff_timing {
	kg_path_id path;
	uint64_t counts[KG_SIDE_COUNT];
	uint64_t total_ns[KG_SIDE_COUNT];
	uint64_t self_ns[KG_SIDE_COUNT];
	uint64_t incomplete[KG_SIDE_COUNT]; /* calls of all runs that could not be counted in */
	uint64_t waits[KG_SIDE_COUNT];	    /* calls of all runs that were seen off their CPU */
	/* of the phase's total, of other paths' own time: */
	double p_value; /* adjusted for all that was tested; negative: not tested */
	double effect;	/* Cliff's delta, -1 to 1 */
	int64_t low_ns; /* of the change, 99 % by bootstrap; both 0: not made */
	int64_t high_ns;
	uint64_t noise_ns; /* how far runs of one side are apart by themselves */
	enum kg_diff_verdict verdict;
};

/* A phase of a VM's life, or another tree of calls. */
struct kg_diff_phase {
	kg_path_id path;
	const char *phase; /* "create-vm"; NULL: no phase */
	bool is_aside;	   /* comes when it comes: how often is no difference */
	struct kg_diff_timing timing;
};

/* A call whose own change explains a part of its phase's. */
struct kg_diff_culprit {
	kg_path_id path;
	kg_path_id phase;
	int64_t delta_ns;
	int32_t share_ppm; /* of the phase's change; 0: that is none */
	enum kg_change_kind
		kind;	/* ADDED, REMOVED, REPEATED; else KG_CHANGE_KIND_COUNT: slower, faster */
	double p_value; /* as above */
	bool is_significant;
	bool is_wait; /* it was off its CPU, on the side where it takes longer */
};

struct kg_diff_report {
	enum kg_diff_verdict verdict; /* SAME, CHANGED or INCONCLUSIVE */
	enum kg_diff_method method;
	bool is_clock_learnt; /* EXACT: nobody said so, but nearly all times are the same */
	uint64_t jitter_ns;   /* EXACT: 19 of 20 calls' own times are no further apart */
	uint32_t threshold_ppm;
	uint64_t threshold_ns;
	uint32_t runs_needed; /* STATISTICS, too few to show anything: runs a side that would do */
	uint64_t tested;      /* comparisons that p-values are adjusted for */

	const struct kg_diff_run *runs; /* in the order in which they were given */
	size_t run_count;
	size_t side_runs[KG_SIDE_COUNT];   /* whose times are compared */
	uint64_t side_rest[KG_SIDE_COUNT]; /* others, of which only sums are known */
	bool is_surrounded[KG_SIDE_COUNT]; /* a document says what is around that side's traces */
	bool is_machine_known[KG_SIDE_COUNT]; /* EXACT: one says whether that was emulated */
	const struct kg_diff_fact *facts;
	size_t fact_count;
	const struct kg_diff_phase *phases; /* in the order of OLD, then what only NEW has */
	size_t phase_count;
	const struct kg_diff_change *changes; /* by kind, then by path */
	size_t change_count;
	uint64_t change_counts[KG_CHANGE_KIND_COUNT];
	uint64_t untraceable;  /* of the changes */
	uint64_t inconclusive; /* comparisons that lost events, cuts or filters make worthless */
	/* EXACT: changed times that would be accidents of one run if it was emulated; not known */
	uint64_t maybe_accidents;
	const struct kg_diff_timing *timings; /* every path but the phases, in the tree's order */
	size_t timing_count;
	const struct kg_diff_culprit *culprits; /* by the size of their change */
	size_t culprit_count;
};

struct kg_diff;

KG_API KG_MUST_USE enum kg_status kg_diff_new(const struct kg_diff_opts *opts,
					      struct kg_diff **out);
/*
 * Begins to read one more trace of a side into *sink; what was read of one that was not ended is
 * forgotten. funcs are the trace's own, and have to stay until kg_diff_end_run().
 */
KG_API KG_MUST_USE enum kg_status kg_diff_start_run(struct kg_diff *diff, enum kg_diff_side side,
						    const struct kg_funcs *funcs,
						    struct kg_call_sink *sink);
/* The trace is read; nothing of it has to stay. */
KG_API KG_MUST_USE enum kg_status kg_diff_end_run(struct kg_diff *diff, const struct kg_info *info);
/*
 * Adds what surrounded a side's traces, a kvmgraph.env/1 or kvmgraph.lab/1 in JSON. Fails with
 * KG_BAD_FORMAT if it is neither. What several documents of one side say differently is told with
 * all their values.
 */
KG_API KG_MUST_USE enum kg_status kg_diff_add_environment(struct kg_diff *diff,
							  enum kg_diff_side side, const char *json,
							  size_t len, struct kg_error *err);
/* Both sides need a run. To be called once; the report belongs to the diff. */
KG_API KG_MUST_USE enum kg_status kg_diff_report(struct kg_diff *diff,
						 const struct kg_diff_report **out);
KG_API void kg_diff_free(struct kg_diff *diff);

/* ---- paths ----------------------------------------------------------------------------------- */

KG_API kg_path_id kg_diff_path_parent(const struct kg_diff *diff, kg_path_id path);
/* The function as NEW calls it, or else OLD; of a root the phase, "run (first, io)". */
KG_API const char *kg_diff_path_name(const struct kg_diff *diff, kg_path_id path);
/* The same, but of a phase its outermost function. */
KG_API const char *kg_diff_path_function(const struct kg_diff *diff, kg_path_id path);
/* How many callers it has. */
KG_API uint32_t kg_diff_path_depth(const struct kg_diff *diff, kg_path_id path);
/* The caller so many levels below the root, 0 being the root itself. */
KG_API kg_path_id kg_diff_path_at(const struct kg_diff *diff, kg_path_id path, uint32_t depth);

KG_END_C

#endif

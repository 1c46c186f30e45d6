/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How times are judged: diff_statistics.c does so by rank tests, diff_exact.c where the clock
 * counts instructions or only a threshold is asked for; diff_timing.c chooses, and has what both
 * need.
 */
#ifndef ANALYSE_DIFF_TIMING_H
#define ANALYSE_DIFF_TIMING_H

#include "analyse/diff.h"

enum value { VALUE_TOTAL, VALUE_SELF };

/* ---- diff_timing.c --------------------------------------------------------------------------- */

/* Fills in diff->values with what each run has for a path, in the order of size. */
void timing_gather(struct kg_diff *diff, uint32_t path, enum value value);
bool timing_is_root(const struct kg_diff *diff, uint32_t path);
/* Which of its times a path is judged by: a phase as a whole, a call by what is its own. */
enum value timing_judged_value(const struct kg_diff *diff, uint32_t path);
const uint64_t *timing_judged(const struct kg_diff *diff, const struct kg_diff_timing *timing);
uint64_t timing_distance(uint64_t a, uint64_t b);
/* Whether anything in the tree of a path's root lacks its start or end, or events inside. */
bool timing_is_cut(const struct kg_diff *diff, uint32_t path);
/* Whether a path's time says something: both have it, and it does not just come when it comes. */
bool timing_is_comparable(const struct kg_diff *diff, uint32_t path);

/* ---- diff_exact.c ---------------------------------------------------------------------------- */

/* One run a side may still have a clock that counts the same both times: most times tell. */
bool exact_is_clock(struct kg_diff *diff);
/* Whether its own time is a wait, which lasts until a tick. */
bool exact_is_wait(const struct kg_diff *diff, const struct kg_diff_timing *timing);
/* Fills in what most calls are apart by. */
KG_MUST_USE enum kg_status exact_learn_jitter(struct kg_diff *diff);
/* What is left of chance in one path's own time then. */
uint64_t exact_noise(const struct kg_diff *diff, const struct kg_diff_timing *timing);
/* Judges one path by the method of the report, which is not STATISTICS. */
void exact_judge(struct kg_diff *diff, struct kg_diff_timing *timing);

/* ---- diff_accidents.c ------------------------------------------------------------------------ */

/* Whether so few calls take another time that accidents explain it. */
bool accidents_are_rare(const struct kg_diff *diff);
/* How much of the change of a path's own time is an accident of one run then; of its sign. */
int64_t accident_ns(const struct kg_diff *diff, const struct kg_diff_timing *timing);
/* The same of all that is below a root, and of itself. */
int64_t accidents_below_ns(const struct kg_diff *diff, uint32_t root);

/* ---- diff_statistics.c ----------------------------------------------------------------------- */

/* Judges all paths; *is_done is false where there are too few runs for that. */
KG_MUST_USE enum kg_status rank_judge_times(struct kg_diff *diff, bool *is_done);
/* How far runs of one side are apart, for the values at hand. False when memory is out. */
KG_MUST_USE bool rank_measure_noise(struct kg_diff *diff, uint64_t *noise_ns);

#endif

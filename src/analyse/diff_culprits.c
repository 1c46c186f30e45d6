/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows how much of a phase's change each call in it stands for.
 *
 * Where a call is made more or less often than its caller, or came, or went, all that is below it
 * is its own: that share is its old total times the change of its rate. What a call and its caller
 * have left is the change of its own time at the new rate. So the shares of all calls of a phase
 * add up to the phase's change.
 */
#include "analyse/diff.h"

#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

/* So many are named where none of them stands out. */
#define SPREAD_MAX 5

struct suspect {
	uint32_t path;
	double delta_ns;
	enum kg_change_kind kind;
	bool is_significant;
};

struct inquiry {
	struct kg_diff *diff;
	COLUMN(double) scales; /* by level: calls for each old one */
	COLUMN(struct suspect) suspects;
};

/* ---- shares ---------------------------------------------------------------------------------- */

static double total_of(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	return (double)diff->path_timings.at[path].total_ns[side];
}

static double self_of(const struct kg_diff *diff, uint32_t path, enum kg_diff_side side)
{
	return (double)diff->path_timings.at[path].self_ns[side];
}

/* How often a path is called for each call on the old side, its caller being called so often. */
static double scale_of(const struct kg_diff *diff, uint32_t path, double caller_scale)
{
	const uint64_t *counts = diff->path_timings.at[path].counts;
	if (counts[KG_SIDE_OLD] == 0 || counts[KG_SIDE_NEW] == 0 || !diff_counts_apart(diff, path))
		return caller_scale;
	return (double)counts[KG_SIDE_NEW] / (double)counts[KG_SIDE_OLD];
}

static struct suspect came_or_went(const struct kg_diff *diff, uint32_t path, double scale)
{
	const bool is_new = has_path(diff, path, KG_SIDE_NEW);
	const enum kg_diff_side side = is_new ? KG_SIDE_NEW : KG_SIDE_OLD;
	return (struct suspect){
		.path = path,
		.delta_ns = is_new ? total_of(diff, path, KG_SIDE_NEW)
				   : -scale * total_of(diff, path, KG_SIDE_OLD),
		.kind = is_new ? KG_CHANGE_ADDED : KG_CHANGE_REMOVED,
		.is_significant =
			is_only(diff, path, side) && !diff_is_disturbance(diff, path, side),
	};
}

/* Adds what a path that both sides have stands for. */
static bool accuse(struct inquiry *inquiry, uint32_t path, double scale, double caller_scale)
{
	const struct kg_diff *diff = inquiry->diff;
	const double more_ns = (scale - caller_scale) * total_of(diff, path, KG_SIDE_OLD);
	const double own_ns =
		self_of(diff, path, KG_SIDE_NEW) - scale * self_of(diff, path, KG_SIDE_OLD);
	if (more_ns != 0 &&
	    !column_push(&inquiry->suspects,
			 (struct suspect){ path, more_ns, KG_CHANGE_REPEATED, true }))
		return false;
	if (own_ns == 0)
		return true;
	const struct kg_diff_timing *timing = &diff->path_timings.at[path];
	/* a phase is judged as a whole: its own time has to be looked at anew */
	bool is_changed = timing->verdict == KG_DIFF_CHANGED;
	if (is_changed && diff->paths.nodes.at[path].parent == NO_PATH &&
	    !diff_judge_own_time(inquiry->diff, path, &is_changed))
		return false;
	const bool is_significant = is_changed && scale == 1;
	return column_push(&inquiry->suspects,
			   (struct suspect){ path, own_ns, KG_CHANGE_KIND_COUNT, is_significant });
}

/* Goes down from a phase to the deepest calls that both sides have. */
static bool question(struct inquiry *inquiry, uint32_t root)
{
	const struct kg_diff *diff = inquiry->diff;
	inquiry->suspects.count = 0;
	for (uint32_t path = root; path != NO_PATH;) {
		const uint32_t level = diff->paths.nodes.at[path].level;
		const double caller_scale = level > 0 ? inquiry->scales.at[level - 1] : 1;
		uint32_t below = NO_PATH;
		if (is_shared(diff, path)) {
			const double scale = scale_of(diff, path, caller_scale);
			inquiry->scales.count = level;
			if (!column_push(&inquiry->scales, scale) ||
			    !accuse(inquiry, path, scale, caller_scale))
				return false;
			below = diff->paths.nodes.at[path].first_child;
		} else if ((has_path(diff, path, KG_SIDE_OLD) ||
			    has_path(diff, path, KG_SIDE_NEW)) &&
			   !column_push(&inquiry->suspects,
					came_or_went(diff, path, caller_scale))) {
			return false;
		}
		/* what came or went takes all below it along */
		while (below == NO_PATH && path != root) {
			below = diff->paths.nodes.at[path].next_sibling;
			if (below == NO_PATH)
				path = diff->paths.nodes.at[path].parent;
		}
		path = below;
	}
	return true;
}

/* ---- who is named ---------------------------------------------------------------------------- */

static int compare_suspects(const void *a, const void *b)
{
	const struct suspect *left = a;
	const struct suspect *right = b;
	if (fabs(left->delta_ns) != fabs(right->delta_ns))
		return fabs(left->delta_ns) > fabs(right->delta_ns) ? -1 : 1;
	if (left->path != right->path)
		return left->path < right->path ? -1 : 1;
	return (left->kind > right->kind) - (left->kind < right->kind);
}

static bool is_wait(const struct kg_diff_timing *timing, double delta_ns)
{
	return timing->waits[delta_ns > 0 ? KG_SIDE_NEW : KG_SIDE_OLD] > 0;
}

static bool name_culprit(struct kg_diff *diff, const struct suspect *suspect, uint32_t root,
			 double change_ns)
{
	/* of what is no change there is no share */
	const double share = change_ns != 0 ? suspect->delta_ns / change_ns * 1e6 : 0;
	const struct kg_diff_culprit culprit = {
		.path = suspect->path,
		.phase = root,
		.delta_ns = llround(suspect->delta_ns),
		.share_ppm = (int32_t)fmax(-2e9, fmin(2e9, share)),
		.kind = suspect->kind,
		.p_value = suspect->kind == KG_CHANGE_KIND_COUNT
				   ? diff->path_timings.at[suspect->path].p_value
				   : -1,
		.is_significant = suspect->is_significant,
		.is_wait = is_wait(&diff->path_timings.at[suspect->path], suspect->delta_ns),
	};
	return column_push(&diff->culprits, culprit);
}

/* Whether a suspect is one to name where some are proven, or where none is. */
static bool is_named(const struct suspect *suspect, bool is_any_significant)
{
	return !is_any_significant || suspect->is_significant;
}

/* What works against a phase's change, being clear itself, has to be made up for by the others. */
static bool is_against(const struct suspect *suspect, double change_ns)
{
	return suspect->is_significant && suspect->delta_ns * change_ns < 0 &&
	       fabs(suspect->delta_ns) * 100 >= fabs(change_ns) * (100 - DIFF_EXPLAINED);
}

/* Names the largest that speak for the change until most of it is explained, and those against. */
static bool explain(struct inquiry *inquiry, uint32_t root, double change_ns)
{
	struct kg_diff *diff = inquiry->diff;
	/* where nothing can be proven all are suspects */
	const bool is_proven =
		diff->report.method == KG_DIFF_STATISTICS || diff->report.method == KG_DIFF_EXACT;
	bool is_any_significant = false;
	double wanted = fabs(change_ns);
	for (size_t i = 0; i < inquiry->suspects.count; i++) {
		const struct suspect *suspect = &inquiry->suspects.at[i];
		is_any_significant |=
			is_proven && suspect->is_significant && suspect->delta_ns * change_ns > 0;
		if (is_proven && is_against(suspect, change_ns))
			wanted += fabs(suspect->delta_ns);
	}
	wanted = wanted * DIFF_EXPLAINED / 100;
	size_t named = 0;
	for (size_t i = 0; i < inquiry->suspects.count; i++) {
		const struct suspect *suspect = &inquiry->suspects.at[i];
		const bool is_for = suspect->delta_ns * change_ns > 0 && wanted > 0 &&
				    is_named(suspect, is_any_significant) &&
				    (is_any_significant || named < SPREAD_MAX);
		if (!is_for && !(is_proven && is_against(suspect, change_ns)))
			continue;
		if (!name_culprit(diff, suspect, root, change_ns))
			return false;
		if (is_for)
			wanted -= fabs(suspect->delta_ns);
		named += is_for;
	}
	return true;
}

/* In a phase that is as long as before: what changed all the same, one against the other. */
static bool name_changed(struct inquiry *inquiry, uint32_t root)
{
	struct kg_diff *diff = inquiry->diff;
	for (size_t i = 0; i < inquiry->suspects.count; i++) {
		const struct suspect *suspect = &inquiry->suspects.at[i];
		if (suspect->is_significant &&
		    fabs(suspect->delta_ns) > (double)diff->report.threshold_ns &&
		    !name_culprit(diff, suspect, root, 0))
			return false;
	}
	return true;
}

static int compare_culprits(const void *a, const void *b)
{
	const struct kg_diff_culprit *left = a;
	const struct kg_diff_culprit *right = b;
	if (llabs(left->delta_ns) != llabs(right->delta_ns))
		return llabs(left->delta_ns) > llabs(right->delta_ns) ? -1 : 1;
	if (left->path != right->path)
		return left->path < right->path ? -1 : 1;
	return (left->kind > right->kind) - (left->kind < right->kind);
}

/* Whether a phase is to be explained as a whole; where nothing is proven, by the threshold. */
static bool is_changed(const struct kg_diff *diff, const struct kg_diff_phase *phase)
{
	const uint64_t *times = phase->timing.total_ns;
	return phase->timing.verdict == KG_DIFF_CHANGED ||
	       (diff->report.method == KG_DIFF_NONE &&
		diff_is_beyond(diff, times[KG_SIDE_OLD], times[KG_SIDE_NEW]));
}

enum kg_status diff_find_culprits(struct kg_diff *diff)
{
	struct inquiry inquiry = { .diff = diff };
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < diff->phases.count && status == KG_OK; i++) {
		const struct kg_diff_phase *phase = &diff->phases.at[i];
		if (!is_shared(diff, phase->path) || phase->is_aside ||
		    phase->timing.verdict == KG_DIFF_INCONCLUSIVE)
			continue;
		if (!question(&inquiry, phase->path)) {
			status = KG_NOMEM;
			break;
		}
		if (inquiry.suspects.count > 1)
			qsort(inquiry.suspects.at, inquiry.suspects.count,
			      sizeof(*inquiry.suspects.at), compare_suspects);
		const double change_ns = total_of(diff, phase->path, KG_SIDE_NEW) -
					 total_of(diff, phase->path, KG_SIDE_OLD);
		const bool is_done = is_changed(diff, phase)
					     ? explain(&inquiry, phase->path, change_ns)
					     : name_changed(&inquiry, phase->path);
		if (!is_done)
			status = KG_NOMEM;
	}
	if (status == KG_OK && diff->culprits.count > 1)
		qsort(diff->culprits.at, diff->culprits.count, sizeof(*diff->culprits.at),
		      compare_culprits);
	column_release(&inquiry.scales);
	column_release(&inquiry.suspects);
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how changes, verdicts and paths are put. */
#include "render/diff_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render/out.h"
#include "base/banned.h"

/* Callers that are shown of a long path. */
#define CALLERS_SHOWN 3

void words_change(char out[CHANGE_LEN], int64_t ns)
{
	const uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char time[UNITS_LEN];
	units_ns(time, size);
	snprintf(out, CHANGE_LEN, "%s%s", ns < 0 ? "-" : ns > 0 ? "+" : "", time);
}

void words_percent(char out[CHANGE_LEN], uint64_t old_ns, uint64_t new_ns)
{
	out[0] = '\0';
	if (old_ns == 0 && new_ns == 0)
		return;
	if (old_ns == 0 || new_ns == 0) {
		snprintf(out, CHANGE_LEN, old_ns == 0 ? "new" : "gone");
		return;
	}
	const bool is_less = new_ns < old_ns;
	const uint64_t change = is_less ? old_ns - new_ns : new_ns - old_ns;
	const unsigned __int128 thousandths = (unsigned __int128)change * 1000 / old_ns;
	if (thousandths >= 1000000)
		snprintf(out, CHANGE_LEN, "x%" PRIu64, new_ns / old_ns);
	else
		snprintf(out, CHANGE_LEN, "%s%u.%u%%", is_less ? "-" : "+",
			 (unsigned)(thousandths / 10), (unsigned)(thousandths % 10));
}

const char *words_phase(const struct kg_diff_phase *phase)
{
	const struct kg_diff_timing *timing = &phase->timing;
	switch (timing->verdict) {
	case KG_DIFF_SAME:
		return "same";
	case KG_DIFF_CHANGED:
		return phase_change(phase) > 0 ? "slower" : "faster";
	case KG_DIFF_INCONCLUSIVE:
		return "inconclusive";
	case KG_DIFF_UNJUDGED:
		break;
	}
	if (phase->is_aside)
		return "-";
	if (timing->counts[KG_SIDE_OLD] == 0)
		return "added";
	return timing->counts[KG_SIDE_NEW] == 0 ? "removed" : "-";
}

const char *words_culprit(const struct kg_diff_culprit *culprit)
{
	switch (culprit->kind) {
	case KG_CHANGE_ADDED:
		return culprit->is_wait ? "new wait" : "new";
	case KG_CHANGE_REMOVED:
		return "gone";
	case KG_CHANGE_REPEATED:
		return culprit->delta_ns > 0 ? "more often" : "less often";
	case KG_CHANGE_MOVED:
	case KG_CHANGE_RENAMED:
	case KG_CHANGE_INLINED:
	case KG_CHANGE_OUTLINED:
	case KG_CHANGE_KIND_COUNT:
		break;
	}
	if (culprit->is_wait)
		return culprit->delta_ns > 0 ? "waits longer" : "waits less";
	return culprit->delta_ns > 0 ? "slower" : "faster";
}

const char *words_method(const struct kg_diff_report *report)
{
	switch (report->method) {
	case KG_DIFF_STATISTICS:
		return "rank tests over all runs, adjusted for their number, at 1 % false alarms";
	case KG_DIFF_EXACT:
		return report->is_clock_learnt
			       ? "exactly: nearly all durations are the same on both sides"
			       : "exactly: emulated durations, which count instructions and are "
				 "none of hardware";
	case KG_DIFF_PLAIN:
		return "the threshold alone: too few runs a side to tell a change from noise";
	case KG_DIFF_NONE:
		break;
	}
	return "not at all: too few runs a side to tell a change from noise";
}

const char *words_unknown(const bool is_known[KG_SIDE_COUNT])
{
	if (is_known[KG_SIDE_OLD])
		return "new";
	return is_known[KG_SIDE_NEW] ? "old" : "either side";
}

void words_accidents(char *out, size_t size, const struct kg_diff_report *report)
{
	const char *many = report->maybe_accidents == 1 ? "" : "s";
	snprintf(out, size,
		 "%" PRIu64 " changed time%s may be an emulator's accident%s: whether there was "
		 "one is not known of %s",
		 report->maybe_accidents, many, many, words_unknown(report->is_machine_known));
}

/* ---- the whole in one line ------------------------------------------------------------------- */

static void add_count(char *out, size_t size, uint64_t count, const char *one, const char *many)
{
	const size_t len = strlen(out);
	if (count > 0 && len < size)
		snprintf(out + len, size - len, "%s%" PRIu64 " %s", len > 0 ? ", " : "", count,
			 count == 1 ? one : many);
}

void words_summary(char *out, size_t size, const struct kg_diff_report *report)
{
	uint64_t slower = 0;
	uint64_t faster = 0;
	for (size_t i = 0; i < report->phase_count; i++) {
		const struct kg_diff_phase *phase = &report->phases[i];
		slower += phase->timing.verdict == KG_DIFF_CHANGED && phase_change(phase) > 0;
		faster += phase->timing.verdict == KG_DIFF_CHANGED && phase_change(phase) <= 0;
	}
	out[0] = '\0';
	add_count(out, size, slower, "phase slower", "phases slower");
	add_count(out, size, faster, "phase faster", "phases faster");
	const uint64_t *counts = report->change_counts;
	add_count(out, size, counts[KG_CHANGE_ADDED], "call added", "calls added");
	add_count(out, size, counts[KG_CHANGE_REMOVED], "removed", "removed");
	add_count(out, size, counts[KG_CHANGE_MOVED], "moved", "moved");
	add_count(out, size, counts[KG_CHANGE_REPEATED], "made more or less often",
		  "made more or less often");
	add_count(out, size, counts[KG_CHANGE_RENAMED], "renamed", "renamed");
	add_count(out, size, counts[KG_CHANGE_INLINED] + counts[KG_CHANGE_OUTLINED],
		  "inlined or out of line", "inlined or out of line");
	if (out[0] != '\0')
		return;
	uint64_t calls = 0;
	for (size_t i = 0; i < report->timing_count; i++)
		calls += report->timings[i].verdict == KG_DIFF_CHANGED;
	add_count(out, size, calls, "call changed in time", "calls changed in time");
	if (out[0] == '\0' && report->verdict == KG_DIFF_INCONCLUSIVE)
		snprintf(out, size, "the traces do not tell");
	if (out[0] == '\0')
		snprintf(out, size, "%s",
			 report->method == KG_DIFF_NONE ? "the same calls; times were not judged"
							: "nothing beyond the noise");
}

/* ---- paths ----------------------------------------------------------------------------------- */

void text_put_path(struct text *text, const struct kg_diff *diff, kg_path_id path,
		   uint32_t from_depth)
{
	const uint32_t depth = kg_diff_path_depth(diff, path);
	for (uint32_t level = from_depth; level <= depth; level++) {
		if (level > from_depth)
			text_put(text, " > ");
		text_put_name(text, kg_diff_path_name(diff, kg_diff_path_at(diff, path, level)));
	}
}

void text_put_callers(struct text *text, const struct kg_diff *diff, kg_path_id path)
{
	const kg_path_id parent = kg_diff_path_parent(diff, path);
	if (parent == KG_NO_PATH) {
		text_put(text, "-");
		return;
	}
	const uint32_t depth = kg_diff_path_depth(diff, parent);
	uint32_t first = 0;
	if (depth > CALLERS_SHOWN && !text->is_verbose) {
		text_put_name(text, kg_diff_path_name(diff, kg_diff_path_at(diff, path, 0)));
		text_put(text, " > .. > ");
		first = depth + 2 - CALLERS_SHOWN;
	}
	text_put_path(text, diff, parent, first);
}

void out_path(struct kg_out *out, const struct kg_diff *diff, kg_path_id path, char separator)
{
	const uint32_t depth = kg_diff_path_depth(diff, path);
	for (uint32_t level = 0; level <= depth; level++) {
		if (level > 0)
			out_bytes(out, &separator, 1);
		out_string(out, kg_diff_path_name(diff, kg_diff_path_at(diff, path, level)));
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a person reads what changed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render/diff_words.h"
#include "render/table.h"
#include "base/banned.h"

/* Rows of each part that fit on a screen together with the others. */
#define FEW_FACTS 10
#define FEW_PHASES 24
#define FEW_CULPRITS 12
#define FEW_CHANGES 16

/* ---- what is compared ------------------------------------------------------------------------ */

static void put_side(struct text *text, const struct kg_diff_report *report, enum kg_diff_side side)
{
	uint64_t calls = 0;
	uint64_t gaps = 0;
	uint64_t incomplete = 0;
	const struct kg_diff_run *first = NULL;
	for (size_t i = 0; i < report->run_count; i++) {
		const struct kg_diff_run *run = &report->runs[i];
		if (run->side != side)
			continue;
		first = first != NULL ? first : run;
		calls += run->calls;
		gaps += run->gaps;
		incomplete += run->incomplete;
	}
	text_put(text, side == KG_SIDE_OLD ? "  old  " : "  new  ");
	text_put_name(text, first->file);
	if (report->side_runs[side] > 1) {
		text_put(text, " and ");
		text_put_count(text, report->side_runs[side] - 1, "other");
	}
	if (report->side_rest[side] > 0) {
		text_put(text, ", of ");
		text_put_number(text, report->side_rest[side]);
		text_put(text, " more only sums");
	}
	text_put(text, ": ");
	if (kg_vendor_name(first->vendor) != NULL) {
		text_put(text, kg_vendor_name(first->vendor));
		text_put(text, ", ");
	}
	if (first->kernel != NULL) {
		text_put_name(text, first->kernel);
		text_put(text, ", ");
	}
	text_put_count(text, calls, "call");
	if (incomplete > 0) {
		text_put(text, ", ");
		text_put_number(text, incomplete);
		text_put(text, " incomplete");
	}
	if (gaps > 0) {
		text_put(text, ", ");
		text_put_count(text, gaps, "gap");
	}
	text_end_line(text);
}

static void put_head(struct text *text, const struct kg_diff_report *report)
{
	static const enum text_style styles[] = {
		[KG_DIFF_SAME] = TEXT_GREEN,
		[KG_DIFF_CHANGED] = TEXT_RED,
		[KG_DIFF_INCONCLUSIVE] = TEXT_YELLOW,
		[KG_DIFF_UNJUDGED] = TEXT_PLAIN,
	};
	char summary[256];
	words_summary(summary, sizeof(summary), report);
	text_put_styled(text, styles[report->verdict], kg_diff_verdict_name(report->verdict));
	text_put(text, ": ");
	text_put(text, summary);
	text_end_line(text);
	put_side(text, report, KG_SIDE_OLD);
	put_side(text, report, KG_SIDE_NEW);
	text_put(text, "  times are judged ");
	text_put(text, report->method == KG_DIFF_STATISTICS || report->method == KG_DIFF_PLAIN
			       ? "by "
			       : "");
	text_put(text, words_method(report));
	if (report->method == KG_DIFF_EXACT && report->jitter_ns > 0) {
		text_put(text, "; calls to within ");
		text_put_ns(text, report->jitter_ns);
	}
	text_end_line(text);
	if (report->runs_needed > 0) {
		text_put(text, "  rank tests would need ");
		text_put_number(text, report->runs_needed);
		text_put(text, " runs a side");
		text_end_line(text);
	}
	if (report->inconclusive > 0) {
		text_set_style(text, TEXT_YELLOW);
		text_put(text, "  ");
		text_put_count(text, report->inconclusive, "comparison");
		text_put(text,
			 " inconclusive: calls were cut off, or events lost, where it matters");
		text_set_style(text, TEXT_PLAIN);
		text_end_line(text);
	}
	if (report->maybe_accidents > 0) {
		words_accidents(summary, sizeof(summary), report);
		text_put(text, "  ");
		text_put_styled(text, TEXT_YELLOW, summary);
		text_end_line(text);
	}
}

static void put_more(struct text *text, size_t left_out)
{
	if (left_out == 0)
		return;
	text_set_style(text, TEXT_DIM);
	text_put(text, "  ");
	text_put_number(text, left_out);
	text_put(text, " more (-v shows all)");
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

static void put_facts(struct text *text, const struct kg_diff_report *report)
{
	static const struct table_column columns[] = {
		{ "", TABLE_LEFT, TEXT_PLAIN },
		{ "old", TABLE_LEFT, TEXT_PLAIN },
		{ "new", TABLE_LEFT, TEXT_PLAIN },
	};
	const bool is_known =
		report->is_surrounded[KG_SIDE_OLD] && report->is_surrounded[KG_SIDE_NEW];
	if (!is_known) {
		text_set_style(text, TEXT_DIM);
		text_put(text, "  what surrounds the traces is not known of ");
		text_put(text, words_unknown(report->is_surrounded));
		text_set_style(text, TEXT_PLAIN);
		text_end_line(text);
	}
	if (report->fact_count == 0)
		return;
	const size_t shown = text->is_verbose || report->fact_count <= FEW_FACTS
				     ? report->fact_count
				     : FEW_FACTS;
	struct table table;
	text_put_heading(text, "Environment: what differs around the traces");
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < shown; i++) {
			const struct kg_diff_fact *fact = &report->facts[i];
			table_name(&table, fact->name);
			for (int side = 0; side < KG_SIDE_COUNT; side++)
				table_name(&table,
					   fact->values[side] != NULL ? fact->values[side] : "-");
			table_end_row(&table);
		}
	}
	put_more(text, report->fact_count - shown);
}

/* ---- phases ---------------------------------------------------------------------------------- */

/* What does not just come when it comes, and what is a phase or has changed. */
static bool is_telling(const struct kg_diff_phase *phase)
{
	if (phase->timing.verdict == KG_DIFF_CHANGED)
		return true;
	return phase->phase != NULL && !phase->is_aside;
}

static enum text_style style_of(const struct kg_diff_phase *phase)
{
	switch (phase->timing.verdict) {
	case KG_DIFF_CHANGED:
		return phase_change(phase) > 0 ? TEXT_RED : TEXT_GREEN;
	case KG_DIFF_INCONCLUSIVE:
		return TEXT_YELLOW;
	case KG_DIFF_SAME:
	case KG_DIFF_UNJUDGED:
		break;
	}
	return TEXT_PLAIN;
}

static void put_counts(struct table *table, const uint64_t *counts)
{
	char words[2 * UNITS_LEN];
	if (counts[KG_SIDE_OLD] == counts[KG_SIDE_NEW])
		snprintf(words, sizeof(words), "%" PRIu64, counts[KG_SIDE_OLD]);
	else
		snprintf(words, sizeof(words), "%" PRIu64 "->%" PRIu64, counts[KG_SIDE_OLD],
			 counts[KG_SIDE_NEW]);
	table_words(table, words);
}

static void put_p_value(struct table *table, double p)
{
	char words[UNITS_LEN];
	if (p < 0) {
		table_empty(table);
		return;
	}
	if (p < 0.0001)
		snprintf(words, sizeof(words), "<0.0001");
	else
		snprintf(words, sizeof(words), "%.4f", p);
	table_words(table, words);
}

static void put_phase(struct table *table, const struct kg_diff *diff,
		      const struct kg_diff_phase *phase)
{
	char words[CHANGE_LEN];
	const uint64_t *times = phase->timing.total_ns;
	const uint64_t *counts = phase->timing.counts;
	table_name(table, kg_diff_path_name(diff, phase->path));
	put_counts(table, counts);
	for (int side = 0; side < KG_SIDE_COUNT; side++)
		table_ns(table, counts[side] > 0 ? times[side] : KG_NO_NS);
	words_change(words, phase_change(phase));
	table_words(table, words);
	words_percent(words, times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
	table_words(table, words);
	put_p_value(table, phase->timing.p_value);
	table_styled(table, style_of(phase), words_phase(phase));
	table_end_row(table);
}

static void put_phases(struct text *text, const struct kg_diff *diff,
		       const struct kg_diff_report *report)
{
	static const struct table_column columns[] = {
		{ "phase", TABLE_LEFT, TEXT_PLAIN },   { "times", TABLE_RIGHT, TEXT_PLAIN },
		{ "old", TABLE_RIGHT, TEXT_PLAIN },    { "new", TABLE_RIGHT, TEXT_PLAIN },
		{ "change", TABLE_RIGHT, TEXT_PLAIN }, { "", TABLE_RIGHT, TEXT_PLAIN },
		{ "p", TABLE_RIGHT, TEXT_DIM },	       { "", TABLE_LEFT, TEXT_PLAIN },
	};
	struct table table;
	size_t left_out = 0;
	text_put_heading(text, report->run_count > 2 ? "Phases, medians of all runs" : "Phases");
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		size_t shown = 0;
		for (size_t i = 0; i < report->phase_count; i++) {
			const struct kg_diff_phase *phase = &report->phases[i];
			if (!text->is_verbose && (!is_telling(phase) || shown == FEW_PHASES))
				continue;
			put_phase(&table, diff, phase);
			shown++;
		}
		left_out = report->phase_count - shown;
	}
	put_more(text, left_out);
}

/* ---- culprits -------------------------------------------------------------------------------- */

static void put_culprit(struct table *table, struct text *text, const struct kg_diff *diff,
			const struct kg_diff_culprit *culprit)
{
	char words[CHANGE_LEN];
	const bool is_more = culprit->delta_ns > 0;
	words_change(words, culprit->delta_ns);
	table_styled(table, is_more ? TEXT_RED : TEXT_GREEN, words);
	/* 0 where the phase as a whole has not changed */
	snprintf(words, sizeof(words), "%" PRId32 "%%", culprit->share_ppm / 10000);
	table_words(table, culprit->share_ppm != 0 ? words : "-");
	table_words(table, words_culprit(culprit));
	put_p_value(table, culprit->p_value);
	table_name(table, kg_diff_path_function(diff, culprit->path));
	table_begin_cell(table);
	if (culprit->path == culprit->phase) {
		text_put(text, "as ");
		text_put_name(text, kg_diff_path_name(diff, culprit->path));
	} else {
		text_put_callers(text, diff, culprit->path);
	}
	table_end_cell(table);
	table_end_row(table);
}

static void put_culprits(struct text *text, const struct kg_diff *diff,
			 const struct kg_diff_report *report)
{
	static const struct table_column columns[] = {
		{ "change", TABLE_RIGHT, TEXT_PLAIN }, { "of phase", TABLE_RIGHT, TEXT_PLAIN },
		{ "", TABLE_LEFT, TEXT_PLAIN },	       { "p", TABLE_RIGHT, TEXT_DIM },
		{ "call", TABLE_LEFT, TEXT_BOLD },     { "called from", TABLE_LEFT, TEXT_DIM },
	};
	if (report->culprit_count == 0)
		return;
	const size_t shown = text->is_verbose || report->culprit_count <= FEW_CULPRITS
				     ? report->culprit_count
				     : FEW_CULPRITS;
	struct table table;
	text_put_heading(text, report->method == KG_DIFF_NONE || report->method == KG_DIFF_PLAIN
				       ? "Culprits, if the change is one: calls whose own time "
					 "explains their phase's"
				       : "Culprits: calls whose own change explains their phase's");
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < shown; i++)
			put_culprit(&table, text, diff, &report->culprits[i]);
	}
	put_more(text, report->culprit_count - shown);
}

/* ---- structure ------------------------------------------------------------------------------- */

static const char *remark_of(const struct kg_diff_change *change)
{
	if (change->is_inconclusive)
		return "inconclusive";
	if (change->is_untraceable)
		return change->kind == KG_CHANGE_ADDED || change->kind == KG_CHANGE_OUTLINED
			       ? "not traceable in old"
			       : "not traceable in new";
	if (change->kind == KG_CHANGE_RENAMED)
		return change->is_known ? "a known name" : "by its place and shape";
	return "";
}

static void put_change(struct table *table, struct text *text, const struct kg_diff *diff,
		       const struct kg_diff_change *change)
{
	const char *old_name = change->names[KG_SIDE_OLD];
	const char *new_name = change->names[KG_SIDE_NEW];
	table_words(table, kg_change_name(change->kind));
	put_counts(table, change->counts);
	table_begin_cell(table);
	text_put_name(text, old_name);
	if (strcmp(old_name, new_name) != 0) {
		text_put(text, " -> ");
		text_put_name(text, new_name);
	}
	if (change->callees > 0) {
		text_put(text, " and ");
		text_put_number(text, change->callees);
		text_put(text, " below");
	}
	table_end_cell(table);
	table_begin_cell(table);
	text_put_callers(text, diff, change->path);
	if (change->to != KG_NO_PATH) {
		text_put(text, " -> ");
		text_put_callers(text, diff, change->to);
	}
	table_end_cell(table);
	table_words(table, remark_of(change));
	table_end_row(table);
}

static void put_changes(struct text *text, const struct kg_diff *diff,
			const struct kg_diff_report *report)
{
	static const struct table_column columns[] = {
		{ "", TABLE_LEFT, TEXT_PLAIN },	   { "calls", TABLE_RIGHT, TEXT_PLAIN },
		{ "call", TABLE_LEFT, TEXT_BOLD }, { "called from", TABLE_LEFT, TEXT_DIM },
		{ "", TABLE_LEFT, TEXT_YELLOW },
	};
	if (report->change_count == 0)
		return;
	const size_t shown = text->is_verbose || report->change_count <= FEW_CHANGES
				     ? report->change_count
				     : FEW_CHANGES;
	struct table table;
	text_put_heading(text, "Structure: calls that are not where they were");
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < shown; i++)
			put_change(&table, text, diff, &report->changes[i]);
	}
	put_more(text, report->change_count - shown);
}

/* ---- every path ------------------------------------------------------------------------------ */

static void put_timings(struct text *text, const struct kg_diff *diff,
			const struct kg_diff_report *report)
{
	static const struct table_column columns[] = {
		{ "self", TABLE_RIGHT, TEXT_PLAIN },   { "new", TABLE_RIGHT, TEXT_PLAIN },
		{ "change", TABLE_RIGHT, TEXT_PLAIN }, { "p", TABLE_RIGHT, TEXT_DIM },
		{ "", TABLE_LEFT, TEXT_PLAIN },	       { "calls", TABLE_RIGHT, TEXT_PLAIN },
		{ "path", TABLE_LEFT, TEXT_PLAIN },
	};
	struct table table;
	text_put_heading(text, "Paths, own time");
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < report->timing_count; i++) {
			const struct kg_diff_timing *timing = &report->timings[i];
			char words[CHANGE_LEN];
			table_ns(&table, timing->self_ns[KG_SIDE_OLD]);
			table_ns(&table, timing->self_ns[KG_SIDE_NEW]);
			words_change(words, (int64_t)(timing->self_ns[KG_SIDE_NEW] -
						      timing->self_ns[KG_SIDE_OLD]));
			table_words(&table, words);
			put_p_value(&table, timing->p_value);
			table_words(&table, kg_diff_verdict_name(timing->verdict));
			put_counts(&table, timing->counts);
			table_begin_cell(&table);
			text_put_path(text, diff, timing->path, 0);
			table_end_cell(&table);
			table_end_row(&table);
		}
	}
}

enum kg_status kg_render_diff_text(struct kg_out *out, const struct kg_diff *diff,
				   const struct kg_diff_report *report,
				   const struct kg_text_opts *opts)
{
	struct text text = text_start(out, opts);
	put_head(&text, report);
	put_facts(&text, report);
	put_phases(&text, diff, report);
	put_culprits(&text, diff, report);
	put_changes(&text, diff, report);
	if (text.is_verbose)
		put_timings(&text, diff, report);
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.diff/1. */
#include <string.h>

#include "base/memory.h"
#include "render/diff_words.h"
#include "render/json_row.h"
#include "render/out.h"
#include "base/banned.h"

static json_t *value_signed(int64_t number)
{
	return json_integer(number);
}

static json_t *value_path(const struct kg_diff *diff, kg_path_id path)
{
	struct kg_out *out;
	if (path == KG_NO_PATH)
		return json_null();
	if (out_open_memory(&out) != KG_OK)
		return NULL;
	out_path(out, diff, path, ';');
	size_t len;
	json_t *value = value_text(out_memory(out, &len));
	return kg_out_close(out, false, NULL) == KG_OK ? value : NULL;
}

/* ---- what is compared ------------------------------------------------------------------------ */

static json_t *side_of(const struct kg_diff_report *report, enum kg_diff_side side)
{
	json_t *traces = json_array();
	for (size_t i = 0; i < report->run_count; i++) {
		const struct kg_diff_run *run = &report->runs[i];
		if (run->side != side)
			continue;
		json_t *row = json_object();
		row_add(&row, "file", value_text(run->file));
		row_add(&row, "runs", value_number(run->count));
		row_add(&row, "vendor", value_text(kg_vendor_name(run->vendor)));
		row_add(&row, "kernel", value_text(run->kernel));
		row_add(&row, "calls", value_number(run->calls));
		row_add(&row, "incomplete", value_number(run->incomplete));
		row_add(&row, "gaps", value_number(run->gaps));
		list_add(&traces, row);
	}
	json_t *object = json_object();
	row_add(&object, "runs", value_number(report->side_runs[side]));
	row_add(&object, "rest", value_number(report->side_rest[side]));
	row_add(&object, "traces", traces);
	return object;
}

static void add_facts(struct json_doc *doc, const struct kg_diff_report *report)
{
	doc_start_rows(doc, "environment");
	for (size_t i = 0; i < report->fact_count; i++) {
		const struct kg_diff_fact *fact = &report->facts[i];
		json_t *row = json_object();
		row_add(&row, "name", value_text(fact->name));
		row_add(&row, "old", value_text(fact->values[KG_SIDE_OLD]));
		row_add(&row, "new", value_text(fact->values[KG_SIDE_NEW]));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static json_t *judgement_of(const struct kg_diff_report *report)
{
	json_t *object = json_object();
	row_add(&object, "method", value_text(kg_diff_method_name(report->method)));
	row_add(&object, "clock_learnt", json_boolean(report->is_clock_learnt));
	row_add(&object, "threshold", value_share(report->threshold_ppm));
	row_add(&object, "threshold_ns", value_number(report->threshold_ns));
	row_add(&object, "jitter_ns", value_number(report->jitter_ns));
	row_add(&object, "tested", value_number(report->tested));
	row_add(&object, "runs_needed",
		report->runs_needed > 0 ? value_number(report->runs_needed) : json_null());
	return object;
}

/* ---- times ----------------------------------------------------------------------------------- */

static json_t *value_p(double p)
{
	return p < 0 ? json_null() : json_real(p);
}

/* What is known of the times of one path; is_phase: judged as a whole. */
static void add_times(json_t **row, const struct kg_diff_timing *timing, bool is_phase)
{
	const uint64_t *total = timing->total_ns;
	const uint64_t *self = timing->self_ns;
	row_add(row, "old_ns", value_number(total[KG_SIDE_OLD]));
	row_add(row, "new_ns", value_number(total[KG_SIDE_NEW]));
	row_add(row, "delta_ns", value_signed((int64_t)(total[KG_SIDE_NEW] - total[KG_SIDE_OLD])));
	row_add(row, "ratio",
		total[KG_SIDE_OLD] > 0
			? json_real((double)total[KG_SIDE_NEW] / (double)total[KG_SIDE_OLD])
			: json_null());
	row_add(row, "old_self_ns", value_number(self[KG_SIDE_OLD]));
	row_add(row, "new_self_ns", value_number(self[KG_SIDE_NEW]));
	row_add(row, "delta_self_ns",
		value_signed((int64_t)(self[KG_SIDE_NEW] - self[KG_SIDE_OLD])));
	row_add(row, "old_calls", value_number(timing->counts[KG_SIDE_OLD]));
	row_add(row, "new_calls", value_number(timing->counts[KG_SIDE_NEW]));
	row_add(row, "incomplete",
		value_number(timing->incomplete[KG_SIDE_OLD] + timing->incomplete[KG_SIDE_NEW]));
	row_add(row, "judged", value_text(is_phase ? "total" : "self"));
	row_add(row, "p_value", value_p(timing->p_value));
	row_add(row, "effect", timing->p_value < 0 ? json_null() : json_real(timing->effect));
	const bool has_interval = timing->low_ns != 0 || timing->high_ns != 0;
	row_add(row, "low_ns", has_interval ? value_signed(timing->low_ns) : json_null());
	row_add(row, "high_ns", has_interval ? value_signed(timing->high_ns) : json_null());
	row_add(row, "noise_ns", value_number(timing->noise_ns));
	row_add(row, "significant",
		timing->verdict == KG_DIFF_UNJUDGED
			? json_null()
			: json_boolean(timing->verdict == KG_DIFF_CHANGED));
	row_add(row, "verdict", value_text(kg_diff_verdict_name(timing->verdict)));
}

static void add_phases(struct json_doc *doc, const struct kg_diff *diff,
		       const struct kg_diff_report *report)
{
	doc_start_rows(doc, "phases");
	for (size_t i = 0; i < report->phase_count; i++) {
		const struct kg_diff_phase *phase = &report->phases[i];
		json_t *row = json_object();
		row_add(&row, "phase", value_text(phase->phase));
		row_add(&row, "path", value_path(diff, phase->path));
		row_add(&row, "function", value_text(kg_diff_path_function(diff, phase->path)));
		row_add(&row, "aside", json_boolean(phase->is_aside));
		add_times(&row, &phase->timing, true);
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static void add_timings(struct json_doc *doc, const struct kg_diff *diff,
			const struct kg_diff_report *report)
{
	doc_start_rows(doc, "timing");
	for (size_t i = 0; i < report->timing_count; i++) {
		json_t *row = json_object();
		row_add(&row, "path", value_path(diff, report->timings[i].path));
		add_times(&row, &report->timings[i], false);
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

/* ---- structure ------------------------------------------------------------------------------- */

static json_t *change_row(const struct kg_diff *diff, const struct kg_diff_change *change)
{
	json_t *row = json_object();
	row_add(&row, "path", value_path(diff, change->path));
	if (change->to != KG_NO_PATH)
		row_add(&row, "to", value_path(diff, change->to));
	row_add(&row, "old_name", value_text(change->names[KG_SIDE_OLD]));
	row_add(&row, "new_name", value_text(change->names[KG_SIDE_NEW]));
	row_add(&row, "old_calls", value_number(change->counts[KG_SIDE_OLD]));
	row_add(&row, "new_calls", value_number(change->counts[KG_SIDE_NEW]));
	row_add(&row, "below", value_number(change->callees));
	if (change->kind == KG_CHANGE_RENAMED)
		row_add(&row, "known", json_boolean(change->is_known));
	row_add(&row, "traceable", json_boolean(!change->is_untraceable));
	row_add(&row, "inconclusive", json_boolean(change->is_inconclusive));
	return row;
}

static json_t *changes_of(const struct kg_diff *diff, const struct kg_diff_report *report)
{
	json_t *object = json_object();
	for (int kind = 0; kind < KG_CHANGE_KIND_COUNT; kind++) {
		json_t *list = json_array();
		for (size_t i = 0; i < report->change_count; i++) {
			if ((int)report->changes[i].kind == kind)
				list_add(&list, change_row(diff, &report->changes[i]));
		}
		row_add(&object, kg_change_name((enum kg_change_kind)kind), list);
	}
	return object;
}

static void add_culprits(struct json_doc *doc, const struct kg_diff *diff,
			 const struct kg_diff_report *report)
{
	doc_start_rows(doc, "culprits");
	for (size_t i = 0; i < report->culprit_count; i++) {
		const struct kg_diff_culprit *culprit = &report->culprits[i];
		json_t *row = json_object();
		row_add(&row, "phase", value_path(diff, culprit->phase));
		row_add(&row, "function", value_text(kg_diff_path_function(diff, culprit->path)));
		row_add(&row, "path", value_path(diff, culprit->path));
		row_add(&row, "kind", value_text(kg_change_name(culprit->kind)));
		row_add(&row, "delta_ns", value_signed(culprit->delta_ns));
		row_add(&row, "share", json_real(culprit->share_ppm / 1e6));
		row_add(&row, "p_value", value_p(culprit->p_value));
		row_add(&row, "significant", json_boolean(culprit->is_significant));
		row_add(&row, "wait", json_boolean(culprit->is_wait));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

enum kg_status kg_render_diff_json(struct kg_out *out, const struct kg_diff *diff,
				   const struct kg_diff_report *report)
{
	struct json_doc doc = doc_start(out, "kvmgraph.diff/1");
	doc_add(&doc, "old", side_of(report, KG_SIDE_OLD));
	doc_add(&doc, "new", side_of(report, KG_SIDE_NEW));
	add_facts(&doc, report);
	doc_add(&doc, "verdict", value_text(kg_diff_verdict_name(report->verdict)));
	doc_add(&doc, "judged_by", judgement_of(report));
	doc_add(&doc, "inconclusive", value_number(report->inconclusive));
	doc_add(&doc, "untraceable", value_number(report->untraceable));
	doc_add(&doc, "maybe_accidents", value_number(report->maybe_accidents));
	add_phases(&doc, diff, report);
	doc_add(&doc, "paths", changes_of(diff, report));
	add_timings(&doc, diff, report);
	add_culprits(&doc, diff, report);
	return doc_end(&doc);
}

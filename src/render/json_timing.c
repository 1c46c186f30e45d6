/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.timing/1, and kvmgraph.timings/1, which is a list of those. */
#include "render/json.h"
#include "render/json_row.h"
#include "render/out.h"
#include "base/banned.h"

static void add_functions(struct json_doc *doc, const struct kg_timing *timing)
{
	const struct kg_funcs *funcs = timing->info->funcs;
	doc_start_rows(doc, "functions");
	for (size_t i = 0; i < timing->functions->row_count; i++) {
		const struct kg_function_timing *function = &timing->functions->rows[i];
		json_t *row = json_object();
		row_add(&row, "name", value_func(funcs, function->func_id));
		row_add(&row, "module", value_module(funcs, function->func_id));
		row_add(&row, "calls", value_number(function->calls));
		row_add(&row, "incomplete", value_number(function->incomplete));
		row_add(&row, "total_ns", value_ns(function->total_ns));
		row_add(&row, "self_ns", value_ns(function->self_ns));
		/* no sample, no figure */
		uint64_t none = function->calls == 0 ? KG_NO_NS : 0;
		row_add(&row, "min_ns", value_ns(function->min_ns | none));
		row_add(&row, "max_ns", value_ns(function->max_ns | none));
		row_add(&row, "mean_ns", value_ns(function->mean_ns | none));
		row_add(&row, "stddev_ns", value_ns(function->stddev_ns | none));
		row_add(&row, "p50_ns", value_ns(function->p50_ns | none));
		row_add(&row, "p90_ns", value_ns(function->p90_ns | none));
		row_add(&row, "p99_ns", value_ns(function->p99_ns | none));
		row_add(&row, "max_line", value_line(function->max_line));
		row_add(&row, "percentiles_exact", json_boolean(function->percentiles_exact));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static void add_hot(struct json_row *row, const struct kg_funcs *funcs,
		    const struct kg_phase *phase)
{
	if (phase->hot_func_id == KG_NO_FUNC) {
		row_null(row, "hot");
		return;
	}
	struct json_row hot = row_enter_object(row, "hot");
	row_func(&hot, "function", funcs, phase->hot_func_id);
	row_ns(&hot, "self_ns", phase->hot_self_ns);
	row_leave_object(&hot);
}

static void add_phase(struct json_doc *doc, const struct kg_info *info,
		      const struct kg_phase *phase)
{
	struct json_row row = row_start(doc);
	row_text(&row, "phase", kg_phase_name((enum kg_phase_kind)phase->kind));
	row_text(&row, "ioctl", kg_ioctl_name(phase->ioctl));
	row_func(&row, "root", info->funcs, phase->func_id);
	row_task(&row, "task", info->tasks, phase->task_id);
	row_line(&row, "line", phase->line_no);
	row_cpu(&row, "cpu_enter", phase->cpu_enter);
	row_cpu(&row, "cpu_leave", phase->cpu_leave);
	row_ns(&row, "duration_ns", phase->dur_ns);
	row_ns(&row, "self_ns", phase->self_ns);
	row_number(&row, "calls", phase->calls);
	add_hot(&row, info->funcs, phase);
	row_bool(&row, "incomplete", phase->flags & KG_CALL_INCOMPLETE);
	row_end(&row);
}

static enum kg_status add_phases(struct json_doc *doc, const struct kg_timing *timing)
{
	doc_start_rows(doc, "phases");
	for (size_t i = 0; i < timing->life_report->phase_count; i++) {
		struct kg_phase phase;
		enum kg_status status = kg_life_phase(timing->life, i, &phase);
		if (status != KG_OK)
			return status;
		add_phase(doc, timing->info, &phase);
	}
	doc_end_rows(doc);
	return KG_OK;
}

static void add_exit_names(void *self, const uint8_t *reasons, size_t count)
{
	for (size_t i = 0; i < count; i++)
		row_word(self, kg_reason_name((enum kg_exit_reason)reasons[i]));
}

static enum kg_status add_run(struct json_doc *doc, const struct kg_timing *timing,
			      const struct kg_run *run)
{
	struct json_row row = row_start(doc);
	row_line(&row, "line", run->line_no);
	row_ns(&row, "duration_ns", run->dur_ns);
	row_number(&row, "guest_entries", run->guest_entries);
	struct json_row list = row_enter_list(&row, "exits");
	enum kg_status status = kg_life_run_exits(timing->life, run, add_exit_names, &list);
	row_leave_list(&list);
	row_text(&row, "ended_by", kg_reason_name((enum kg_exit_reason)run->ended_by));
	row_task(&row, "task", timing->info->tasks, run->task_id);
	row_bool(&row, "incomplete", run->flags & KG_CALL_INCOMPLETE);
	row_end(&row);
	return status;
}

static enum kg_status add_runs(struct json_doc *doc, const struct kg_timing *timing)
{
	doc_start_rows(doc, "runs");
	for (size_t i = 0; i < timing->life_report->run_count; i++) {
		struct kg_run run;
		enum kg_status status = kg_life_run(timing->life, i, &run);
		if (status == KG_OK)
			status = add_run(doc, timing, &run);
		if (status != KG_OK)
			return status;
	}
	doc_end_rows(doc);
	return KG_OK;
}

static void add_exits(struct json_doc *doc, const struct kg_life_report *life)
{
	doc_start_rows(doc, "exits");
	for (size_t i = 0; i < life->exit_count; i++) {
		const struct kg_exit_timing *exit = &life->exits[i];
		json_t *row = json_object();
		row_add(&row, "reason", value_text(kg_reason_name(exit->reason)));
		row_add(&row, "handler", value_text(exit->handler));
		row_add(&row, "count", value_number(exit->count));
		row_add(&row, "inferred", value_number(exit->inferred));
		row_add(&row, "total_ns", value_ns(exit->total_ns));
		row_add(&row, "mean_ns", value_ns(exit->mean_ns));
		row_add(&row, "max_ns", value_ns(exit->max_ns));
		row_add(&row, "p99_ns", value_ns(exit->p99_ns));
		row_add(&row, "share", value_share(exit->share_ppm));
		row_add(&row, "percentiles_exact", json_boolean(exit->percentiles_exact));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static json_t *totals_of(const struct kg_life_report *life)
{
	json_t *totals = json_object();
	row_add(&totals, "runs", value_number(life->run_count));
	row_add(&totals, "guest_entries", value_number(life->guest_entries));
	row_add(&totals, "vm_exits", value_number(life->vm_exits));
	row_add(&totals, "other_roots", value_number(life->other_roots));
	return totals;
}

enum kg_status kg_render_timing_json(struct kg_out *out, const struct kg_timing *timing)
{
	struct json_doc doc = doc_start(out, "kvmgraph.timing/1");
	doc_add_trace(&doc, timing->info);
	add_functions(&doc, timing);
	enum kg_status status = add_phases(&doc, timing);
	if (status != KG_OK)
		return status;
	status = add_runs(&doc, timing);
	if (status != KG_OK)
		return status;
	add_exits(&doc, timing->life_report);
	doc_add(&doc, "totals", totals_of(timing->life_report));
	return doc_end(&doc);
}

void kg_render_timings_start(struct kg_out *out)
{
	out_string(out, "{\n\"schema\": \"kvmgraph.timings/1\",\n\"reports\": [\n");
}

void kg_render_timings_next(struct kg_out *out, bool is_first)
{
	out_string(out, is_first ? "" : ",\n");
}

void kg_render_timings_end(struct kg_out *out)
{
	out_string(out, "]\n}\n");
}

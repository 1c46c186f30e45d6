/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.verify/1. */
#include "render/json.h"
#include "base/banned.h"

static json_t *spec_of(const struct kg_spec *spec)
{
	json_t *row = json_object();
	row_add(&row, "name", value_text(kg_spec_name(spec)));
	row_add(&row, "version", value_text(kg_spec_version(spec)));
	row_add(&row, "source", value_text(kg_spec_source(spec)));
	return row;
}

static json_t *places_of(const struct kg_info *info, const struct kg_check *check)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < check->place_count; i++) {
		const struct kg_place *place = &check->places[i];
		json_t *row = json_object();
		row_add(&row, "line", value_line(place->line_no));
		row_add(&row, "cpu", value_cpu(place->cpu));
		row_add(&row, "task", value_task(info->tasks, place->task_id));
		row_add(&row, "function", value_func(info->funcs, place->func_id));
		list_add(&list, row);
	}
	return list;
}

static json_t *check_row(const struct kg_info *info, const struct kg_check *check)
{
	json_t *row = json_object();
	row_add(&row, "id", value_text(check->id));
	row_add(&row, "title", value_text(check->title));
	row_add(&row, "verdict", value_text(kg_verdict_name(check->verdict)));
	row_add(&row, "expected", value_text(check->expected));
	row_add(&row, "found", value_text(check->found));
	row_add(&row, "where", places_of(info, check));
	row_add(&row, "why", value_text(check->why));
	row_add(&row, "severity", value_text(check->is_warning ? "warn" : "error"));
	return row;
}

static json_t *counts_of(const struct kg_verify_report *report)
{
	json_t *row = json_object();
	for (int i = 0; i < KG_VERDICT_COUNT; i++)
		row_add(&row, kg_verdict_name((enum kg_verdict)i), value_number(report->counts[i]));
	return row;
}

enum kg_status kg_render_verify_json(struct kg_out *out, const struct kg_info *info,
				     const struct kg_spec *spec,
				     const struct kg_verify_report *report)
{
	struct json_doc doc = doc_start(out, "kvmgraph.verify/1");
	doc_add(&doc, "spec", spec_of(spec));
	doc_add_trace(&doc, info);
	doc_add(&doc, "verdict", value_text(kg_verdict_name(report->verdict)));
	doc_start_rows(&doc, "checks");
	for (size_t i = 0; i < report->check_count; i++)
		doc_add_row(&doc, check_row(info, &report->checks[i]));
	doc_end_rows(&doc);
	doc_add(&doc, "counts", counts_of(report));
	return doc_end(&doc);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.info/1. */
#include "render/fit.h"
#include "render/json.h"
#include "base/banned.h"

static json_t *columns_of(const struct kg_info *info)
{
	json_t *columns = json_array();
	for (int i = 0; i < KG_COLUMN_COUNT; i++) {
		enum kg_column column = (enum kg_column)(1 << i);
		if (info->columns & column)
			list_add(&columns, value_text(kg_column_name(column)));
	}
	return columns;
}

static json_t *lines_of(const struct kg_line_counts *counts)
{
	json_t *lines = json_object();
	row_add(&lines, "total", value_number(counts->total));
	row_add(&lines, "header", value_number(counts->header));
	row_add(&lines, "entry", value_number(counts->entry));
	row_add(&lines, "leaf", value_number(counts->leaf));
	row_add(&lines, "exit", value_number(counts->exit));
	row_add(&lines, "exit_named", value_number(counts->exit_named));
	row_add(&lines, "switch", value_number(counts->switches));
	row_add(&lines, "comment", value_number(counts->comment));
	row_add(&lines, "irq", value_number(counts->irq));
	row_add(&lines, "lost", value_number(counts->lost));
	row_add(&lines, "noise", value_number(counts->noise));
	row_add(&lines, "unrecognized", value_number(counts->unrecognized));
	return lines;
}

static json_t *calls_of(const struct kg_call_counts *counts)
{
	json_t *calls = json_object();
	row_add(&calls, "total", value_number(counts->total));
	row_add(&calls, "complete", value_number(counts->complete));
	row_add(&calls, "no_start", value_number(counts->no_start));
	row_add(&calls, "no_end", value_number(counts->no_end));
	row_add(&calls, "roots", value_number(counts->roots));
	row_add(&calls, "max_depth", value_number(counts->max_depth));
	row_add(&calls, "leaf", value_number(counts->leaf));
	row_add(&calls, "in_gap", value_number(counts->in_gap));
	row_add(&calls, "lanes", value_number(counts->lane_count));
	return calls;
}

static json_t *marks_of(const struct kg_info *info)
{
	json_t *marks = json_object();
	for (size_t i = 0; i < KG_MARK_COUNT; i++) {
		const char mark[] = { KG_MARKS[i], '\0' };
		row_add(&marks, mark, value_number(info->marks[i]));
	}
	return marks;
}

static void add_modules(struct json_doc *doc, const struct kg_info *info)
{
	json_t *modules = json_object();
	for (uint32_t i = 0; i < info->module_count; i++) {
		/* a key has to be as clean as a value: so it is made as one */
		json_t *name = value_text(info->modules[i].name);
		row_add(&modules, json_string_value(name), value_number(info->modules[i].calls));
		json_decref(name);
	}
	doc_add(doc, "modules", modules);
}

static void add_cpus(struct json_doc *doc, const struct kg_info *info)
{
	doc_start_rows(doc, "cpus");
	for (uint32_t i = 0; i < info->cpu_count; i++) {
		const struct kg_cpu_info *cpu = &info->cpus[i];
		json_t *row = json_object();
		row_add(&row, "cpu", value_cpu(cpu->cpu));
		row_add(&row, "events", value_number(cpu->events));
		row_add(&row, "calls_started", value_number(cpu->calls_started));
		row_add(&row, "switches", value_number(cpu->switches));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static void add_tasks(struct json_doc *doc, const struct kg_info *info)
{
	doc_start_rows(doc, "tasks");
	for (uint32_t i = 0; i < info->task_info_count; i++) {
		const struct kg_task_info *counts = &info->task_infos[i];
		const struct kg_task *task = kg_tasks_get(info->tasks, counts->task_id);
		json_t *row = json_object();
		row_add(&row, "pid", task->pid < 0 ? json_null() : json_integer(task->pid));
		row_add(&row, "comm", value_text(task->comm));
		row_add(&row, "calls", value_number(counts->calls));
		row_add(&row, "roots", value_number(counts->roots));
		row_add(&row, "cpus", value_cpus(counts->cpus, counts->cpu_count));
		row_add(&row, "inferred", json_boolean(task->is_inferred));
		row_add(&row, "lanes", value_number(counts->lanes));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static json_t *losses_of(const struct kg_info *info)
{
	json_t *lost = json_object();
	row_add(&lost, "gaps", value_number(info->lost_gaps));
	row_add(&lost, "events",
		info->lost_events_known ? value_number(info->lost_events) : json_null());
	return lost;
}

static void add_diagnostics(struct json_doc *doc, const struct kg_diags *diags)
{
	doc_start_rows(doc, "diagnostics");
	for (int kind = 0; kind < KG_DIAG_KIND_COUNT; kind++) {
		const struct kg_diag_entry *entry = &diags->entries[kind];
		if (entry->count == 0)
			continue;
		json_t *row = json_object();
		row_add(&row, "kind", value_text(kg_diag_name((enum kg_diag_kind)kind)));
		row_add(&row, "count", value_number(entry->count));
		row_add(&row, "first_line", value_line(entry->first_line));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

enum kg_status kg_render_info_json(struct kg_out *out, const struct kg_info *info,
				   const struct kg_fit_report *fit)
{
	struct json_doc doc = doc_start(out, "kvmgraph.info/1");
	doc_add(&doc, "file", value_text(info->file));
	doc_add(&doc, "format", value_text(kg_format_name(info->format)));
	doc_add(&doc, "columns", columns_of(info));
	doc_add(&doc, "vendor", value_text(kg_vendor_name(info->vendor)));
	doc_add(&doc, "kernel", value_text(info->kernel));
	doc_add(&doc, "lines", lines_of(&info->lines));
	doc_add(&doc, "calls", calls_of(&info->calls));
	doc_add(&doc, "exits_only", json_boolean(info->exits_only));
	doc_add(&doc, "marks", marks_of(info));
	doc_add(&doc, "functions", value_number(kg_funcs_count(info->funcs)));
	add_modules(&doc, info);
	add_cpus(&doc, info);
	add_tasks(&doc, info);
	doc_add(&doc, "lost", losses_of(info));
	doc_add(&doc, "migrations", value_number(info->calls.migrations));
	add_diagnostics(&doc, &info->diags);
	doc_add(&doc, "fit", value_fit(fit));
	return doc_end(&doc);
}

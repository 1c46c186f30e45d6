/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.tree/1. */
#include "render/json.h"
#include "render/json_row.h"
#include "render/out.h"
#include "base/banned.h"

static void add_flags(struct json_row *row, uint8_t flags)
{
	static const struct {
		enum kg_call_flag flag;
		const char *name;
	} names[] = {
		{ KG_CALL_NO_START, "no-start" },
		{ KG_CALL_NO_END, "no-end" },
		{ KG_CALL_GAP, "gap" },
	};
	struct json_row list = row_enter_list(row, "flags");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (flags & names[i].flag)
			row_word(&list, names[i].name);
	}
	row_leave_list(&list);
}

static void add_call(struct json_doc *doc, const struct kg_info *info,
		     const struct kg_call_table *table, size_t id)
{
	const struct kg_call *call = kg_call_table_get(table, id);
	size_t parent = kg_call_table_parent(table, id);
	struct json_row row = row_start(doc);
	row_number(&row, "id", id);
	if (parent == SIZE_MAX)
		row_null(&row, "parent");
	else
		row_number(&row, "parent", parent);
	row_number(&row, "depth", call->depth);
	row_func(&row, "function", info->funcs, call->func_id);
	row_module(&row, "module", info->funcs, call->func_id);
	row_task(&row, "task", info->tasks, call->task_id);
	row_line(&row, "line", call->line_no);
	row_line(&row, "end_line", call->end_line_no);
	row_cpu(&row, "cpu_enter", call->cpu_enter);
	row_cpu(&row, "cpu_leave", call->cpu_leave);
	row_ns(&row, "duration_ns", call->dur_ns);
	row_ns(&row, "self_ns", call->self_ns);
	add_flags(&row, call->flags);
	row_end(&row);
}

enum kg_status kg_render_tree_json(struct kg_out *out, const struct kg_info *info,
				   const struct kg_call_table *table)
{
	struct json_doc doc = doc_start(out, "kvmgraph.tree/1");
	doc_add(&doc, "file", value_text(info->file));
	doc_add(&doc, "format", value_text(kg_format_name(info->format)));
	doc_start_rows(&doc, "calls");
	for (size_t row = 0; row < kg_call_table_count(table); row++) {
		if (doc.status != KG_OK || out_status(out) != KG_OK)
			break;
		add_call(&doc, info, table, row);
	}
	doc_end_rows(&doc);
	return doc_end(&doc);
}

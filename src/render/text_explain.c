/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the steps of a verification are told to a person. */
#include "render/table.h"
#include "base/banned.h"

static void put_step(struct table *table, const struct kg_info *info,
		     const struct kg_explain_line *line)
{
	table_number_or_empty(table, line->place.line_no);
	table_task(table, info->tasks, line->place.task_id);
	table_begin_cell(table);
	for (uint16_t i = 0; i < line->level; i++)
		text_put(table->text, "  ");
	text_put_name(table->text, line->place.func_id == KG_NO_FUNC
					   ? "?"
					   : kg_funcs_get(info->funcs, line->place.func_id)->name);
	table_end_cell(table);
	table_name(table, line->text);
	table_end_row(table);
}

enum kg_status kg_render_explanation_text(struct kg_out *out, const struct kg_info *info,
					  const struct kg_explanation *explanation,
					  const struct kg_text_opts *opts)
{
	static const struct table_column columns[] = {
		{ "line", TABLE_RIGHT, TEXT_DIM },
		{ "task", TABLE_LEFT, TEXT_PLAIN },
		{ "call", TABLE_LEFT, TEXT_PLAIN },
		{ "", TABLE_LEFT, TEXT_PLAIN },
	};
	struct text text = text_start(out, opts);
	struct table table;
	text_put(&text, "How ");
	text_put_name(&text, explanation->check_id);
	text_put(&text, " was matched");
	text_end_line(&text);
	if (explanation->count == 0) {
		text_put(&text, "  no call of the trace is about it");
		text_end_line(&text);
	}
	TABLE_START(&table, &text, columns);
	while (explanation->count > 0 && table_pass(&table)) {
		for (size_t i = 0; i < explanation->count; i++)
			put_step(&table, info, &explanation->lines[i]);
	}
	if (explanation->left_out > 0) {
		text_put(&text, "  and ");
		text_put_count(&text, explanation->left_out, "more step");
		text_end_line(&text);
	}
	text_end_line(&text);
	return KG_OK;
}

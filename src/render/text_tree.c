/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how call trees look to a person, task by task. */
#include "base/memory.h"
#include "render/call_line.h"
#include "render/forest.h"
#include "base/banned.h"

struct tree_view {
	struct text text;
	const struct kg_info *info;
	const struct kg_call_table *table;
	struct forest forest;
	struct call_line widths;
	uint16_t *cpus;	  /* room for every CPU there can be */
	bool *has_cpu;	  /* by CPU; all false between tasks */
	size_t cpu_limit; /* none from here on has been seen */
};

/* ---- the heading of a task ------------------------------------------------------------------- */

static void note_cpu(struct tree_view *view, uint16_t cpu)
{
	if (cpu == KG_NO_CPU)
		return;
	view->has_cpu[cpu] = true;
	if (cpu >= view->cpu_limit)
		view->cpu_limit = (size_t)cpu + 1;
}

/* The CPUs that a task was seen on, in ascending order; has_cpu is all false again. */
static size_t collect_cpus(struct tree_view *view)
{
	size_t count = 0;
	for (size_t cpu = 0; cpu < view->cpu_limit; cpu++) {
		if (view->has_cpu[cpu])
			view->cpus[count++] = (uint16_t)cpu;
		view->has_cpu[cpu] = false;
	}
	return count;
}

static void put_task_heading(struct tree_view *view, size_t root)
{
	struct text *text = &view->text;
	uint64_t calls = 0;
	uint32_t level = 0;
	for (size_t row = root; row != FOREST_END; row = forest_next(&view->forest, row, &level)) {
		const struct kg_call *call = kg_call_table_get(view->table, row);
		note_cpu(view, call->cpu_enter);
		note_cpu(view, call->cpu_leave);
		calls++;
	}
	text_set_style(text, TEXT_BOLD);
	text_put_task(text, view->info->tasks, kg_call_table_get(view->table, root)->task_id);
	text_set_style(text, TEXT_PLAIN);
	text_put(text, ": ");
	text_put_count(text, calls, "call");
	size_t cpu_count = collect_cpus(view);
	if (cpu_count > 0) {
		text_put(text, cpu_count == 1 ? " on CPU " : " on CPUs ");
		text_put_cpus(text, view->cpus, cpu_count);
	}
	text_end_line(text);
}

/* ---- its calls ------------------------------------------------------------------------------- */

static void put_call(struct tree_view *view, size_t row, uint32_t level)
{
	struct text *text = &view->text;
	const struct kg_call *call = kg_call_table_get(view->table, row);
	bool is_shown_leaf = view->forest.first_child[row] == FOREST_END;
	uint16_t cpu = call->cpu_enter != KG_NO_CPU ? call->cpu_enter : call->cpu_leave;
	call_line_start(&view->widths, text, call->line_no, cpu, call, level);
	text_put_func(text, view->info->funcs, call->func_id);
	if (!is_shown_leaf)
		text_put(text, "()");
	else
		text_put(text, call->child_count == 0 ? "();" : "() { ... }");
	if (cpu != call->cpu_leave && call->cpu_leave != KG_NO_CPU) {
		text_put_blanks(text, 2);
		text_set_style(text, TEXT_DIM);
		text_put(text, "cpu ");
		text_put_number(text, cpu);
		text_put(text, " -> ");
		text_put_number(text, call->cpu_leave);
		text_set_style(text, TEXT_PLAIN);
	}
	call_line_end(text, call);
}

static void put_task(struct tree_view *view, size_t root)
{
	uint32_t level = 0;
	put_task_heading(view, root);
	for (size_t row = root; row != FOREST_END; row = forest_next(&view->forest, row, &level))
		put_call(view, row, level);
}

enum kg_status kg_render_tree_text(struct kg_out *out, const struct kg_info *info,
				   const struct kg_call_table *table,
				   const struct kg_text_opts *opts)
{
	struct tree_view view = { .text = text_start(out, opts), .info = info, .table = table };
	const size_t count = kg_call_table_count(table);
	enum kg_status status = KG_NOMEM;
	view.cpus = memory_alloc(KG_NO_CPU * sizeof(*view.cpus));
	view.has_cpu = memory_zalloc(KG_NO_CPU * sizeof(*view.has_cpu));
	if (view.cpus == NULL || view.has_cpu == NULL)
		goto out;
	status = forest_plant(&view.forest, table, kg_tasks_count(info->tasks));
	if (status != KG_OK)
		goto out;
	for (size_t row = 0; row < count; row++)
		call_line_measure(&view.widths, kg_call_table_get(table, row));
	bool is_first = true;
	for (size_t row = 0; row < count && out_status(out) == KG_OK; row++) {
		if (!forest_starts_task(&view.forest, row))
			continue;
		if (!is_first)
			text_end_line(&view.text);
		put_task(&view, row);
		is_first = false;
	}
out:
	forest_release(&view.forest);
	memory_free(view.cpus);
	memory_free(view.has_cpu);
	return status;
}

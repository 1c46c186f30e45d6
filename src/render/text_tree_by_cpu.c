/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how call trees look to a person, CPU by CPU: what ran there, in order. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "render/call_line.h"
#include "base/banned.h"

/* A call is entered or left on the CPU at hand. */
struct step {
	uint64_t line_no;
	size_t row;
	bool is_end;
};

struct cpu_view {
	struct text text;
	const struct kg_info *info;
	const struct kg_call_table *table;
	struct call_line widths;
	uint32_t *levels;   /* by row */
	struct step *steps; /* of one CPU behind those of another */
	size_t *ends;	    /* by CPU: where its steps end; KG_NO_CPU is one too */
};

#define CPU_COUNT ((size_t)KG_NO_CPU + 1)

/* ---- steps in order -------------------------------------------------------------------------- */

static bool is_one_line(const struct kg_call *call)
{
	return call->flags & KG_CALL_ATOMIC;
}

/* How many steps of each CPU there are, as the ends of their places. */
static size_t lay_out_steps(struct cpu_view *view)
{
	for (size_t row = 0; row < kg_call_table_count(view->table); row++) {
		const struct kg_call *call = kg_call_table_get(view->table, row);
		view->ends[call->cpu_enter] += call->line_no != 0;
		view->ends[call->cpu_leave] += call->end_line_no != 0 && !is_one_line(call);
	}
	size_t total = 0;
	for (size_t cpu = 0; cpu < CPU_COUNT; cpu++) {
		size_t count = view->ends[cpu];
		view->ends[cpu] = total;
		total += count;
	}
	return total;
}

static void add_step(struct cpu_view *view, uint16_t cpu, uint64_t line_no, size_t row, bool is_end)
{
	view->steps[view->ends[cpu]++] =
		(struct step){ .line_no = line_no, .row = row, .is_end = is_end };
}

static int compare_steps(const void *left, const void *right)
{
	const struct step *a = left;
	const struct step *b = right;
	return a->line_no < b->line_no ? -1 : a->line_no > b->line_no;
}

/* Filling moves each CPU's start, where lay_out_steps() left it, to its end. */
static void fill_steps(struct cpu_view *view)
{
	for (size_t row = 0; row < kg_call_table_count(view->table); row++) {
		const struct kg_call *call = kg_call_table_get(view->table, row);
		if (call->line_no != 0)
			add_step(view, call->cpu_enter, call->line_no, row, false);
		if (call->end_line_no != 0 && !is_one_line(call))
			add_step(view, call->cpu_leave, call->end_line_no, row, true);
	}
	size_t start = 0;
	for (size_t cpu = 0; cpu < CPU_COUNT; cpu++) {
		qsort(view->steps + start, view->ends[cpu] - start, sizeof(*view->steps),
		      compare_steps);
		start = view->ends[cpu];
	}
}

static void find_levels(struct cpu_view *view)
{
	for (size_t row = 0; row < kg_call_table_count(view->table); row++) {
		size_t parent = kg_call_table_parent(view->table, row);
		KG_DCHECK(parent == SIZE_MAX || parent < row);
		view->levels[row] = parent == SIZE_MAX ? 0 : view->levels[parent] + 1;
	}
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Entered and left on this CPU, and between the two nothing else was. */
static void put_whole(struct cpu_view *view, size_t row)
{
	const struct kg_call *call = kg_call_table_get(view->table, row);
	call_line_start(&view->widths, &view->text, call->line_no, KG_NO_CPU, call,
			view->levels[row]);
	text_put_func(&view->text, view->info->funcs, call->func_id);
	text_put(&view->text, call->child_count == 0 ? "();" : "() { ... }");
	call_line_end(&view->text, call);
}

static void put_start(struct cpu_view *view, size_t row)
{
	const struct kg_call *call = kg_call_table_get(view->table, row);
	call_line_start(&view->widths, &view->text, call->line_no, KG_NO_CPU, NULL,
			view->levels[row]);
	text_put_func(&view->text, view->info->funcs, call->func_id);
	text_put(&view->text, "() {");
	if (call->cpu_leave != KG_NO_CPU && call->cpu_leave != call->cpu_enter)
		call_line_remark(&view->text, "(left on cpu ", call->cpu_leave);
	call_line_end(&view->text, call);
}

static void put_end(struct cpu_view *view, size_t row)
{
	const struct kg_call *call = kg_call_table_get(view->table, row);
	call_line_start(&view->widths, &view->text, call->end_line_no, KG_NO_CPU, call,
			view->levels[row]);
	text_put(&view->text, "} /* ");
	text_put_func(&view->text, view->info->funcs, call->func_id);
	text_put(&view->text, " */");
	if (call->cpu_enter != KG_NO_CPU && call->cpu_enter != call->cpu_leave)
		call_line_remark(&view->text, "(entered on cpu ", call->cpu_enter);
	call_line_end(&view->text, call);
}

static void put_task_change(struct cpu_view *view, kg_task_id task_id)
{
	struct text *text = &view->text;
	text_put_blanks(text, 2);
	text_put(text, "-- ");
	text_put_task(text, view->info->tasks, task_id);
	text_put(text, " --");
	text_end_line(text);
}

static void put_cpu_heading(struct text *text, size_t cpu)
{
	text_set_style(text, TEXT_BOLD);
	if (cpu == KG_NO_CPU) {
		text_put(text, "unknown CPU");
	} else {
		text_put(text, "CPU ");
		text_put_number(text, cpu);
	}
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

static void put_steps(struct cpu_view *view, size_t start, size_t end)
{
	kg_task_id task_id = KG_NO_TASK;
	for (size_t i = start; i < end && out_status(view->text.out) == KG_OK; i++) {
		const struct step *step = &view->steps[i];
		const struct kg_call *call = kg_call_table_get(view->table, step->row);
		if (call->task_id != task_id) {
			task_id = call->task_id;
			put_task_change(view, task_id);
		}
		if (step->is_end) {
			put_end(view, step->row);
		} else if (is_one_line(call)) {
			put_whole(view, step->row);
		} else if (i + 1 < end && step[1].row == step->row) {
			put_whole(view, step->row);
			i++;
		} else {
			put_start(view, step->row);
		}
	}
}

static void put_cpus(struct cpu_view *view)
{
	bool is_first = true;
	size_t start = 0;
	for (size_t cpu = 0; cpu < CPU_COUNT; cpu++) {
		size_t end = view->ends[cpu];
		if (start == end)
			continue;
		if (!is_first)
			text_end_line(&view->text);
		put_cpu_heading(&view->text, cpu);
		put_steps(view, start, end);
		start = end;
		is_first = false;
	}
}

enum kg_status kg_render_tree_by_cpu_text(struct kg_out *out, const struct kg_info *info,
					  const struct kg_call_table *table,
					  const struct kg_text_opts *opts)
{
	struct cpu_view view = { .text = text_start(out, opts), .info = info, .table = table };
	const size_t count = kg_call_table_count(table);
	enum kg_status status = KG_NOMEM;
	view.ends = memory_zalloc(CPU_COUNT * sizeof(*view.ends));
	view.levels = memory_alloc((count + 1) * sizeof(*view.levels));
	if (view.ends == NULL || view.levels == NULL)
		goto out;
	view.steps = memory_alloc((lay_out_steps(&view) + 1) * sizeof(*view.steps));
	if (view.steps == NULL)
		goto out;
	find_levels(&view);
	fill_steps(&view);
	for (size_t row = 0; row < count; row++)
		call_line_measure(&view.widths, kg_call_table_get(table, row));
	/* the CPU stands in the heading */
	view.widths.cpu_width = 0;
	put_cpus(&view);
	status = KG_OK;
out:
	memory_free(view.steps);
	memory_free(view.levels);
	memory_free(view.ends);
	return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a trace is introduced to a person, on one screen. */
#include <inttypes.h>
#include <stdio.h>

#include "render/fit.h"
#include "render/table.h"
#include "base/banned.h"

/* Rows of a table that are shown without being asked for more. */
#define FEW_ROWS 16
/* Where what is said begins. */
#define SUBJECT_WIDTH 10

static void start_line(struct text *text, const char *subject)
{
	text_put_styled(text, TEXT_BOLD, subject);
	text_put_blanks_to(text, SUBJECT_WIDTH);
}

/* One of several counts; those that are 0 are not worth a word. */
static void add_count(struct text *text, uint64_t count, const char *what)
{
	if (count == 0)
		return;
	char words[64];
	int len = snprintf(words, sizeof(words), "%" PRIu64 " %s", count, what);
	text_put(text, ",");
	if (text->column + 1 + (size_t)len > text->width) {
		text_end_line(text);
		text_put_blanks(text, SUBJECT_WIDTH);
	} else {
		text_put_blanks(text, 1);
	}
	text_put(text, words);
}

static void put_format(struct text *text, const struct kg_info *info)
{
	start_line(text, "File");
	text_put_name(text, info->file);
	text_end_line(text);

	start_line(text, "Format");
	text_put(text, kg_format_name(info->format));
	const char *before = ", columns ";
	for (int i = 0; i < KG_COLUMN_COUNT; i++) {
		enum kg_column column = (enum kg_column)(1 << i);
		if (!(info->columns & column))
			continue;
		text_put(text, before);
		text_put(text, kg_column_name(column));
		before = ", ";
	}
	text_end_line(text);

	const char *vendor = kg_vendor_name(info->vendor);
	if (vendor == NULL && info->kernel == NULL)
		return;
	start_line(text, vendor != NULL ? "Vendor" : "Kernel");
	text_put(text, vendor != NULL ? vendor : "");
	if (vendor != NULL && info->kernel != NULL)
		text_put(text, ", kernel ");
	text_put_name(text, info->kernel != NULL ? info->kernel : "");
	text_end_line(text);
}

static void put_fit(struct text *text, const struct kg_fit_report *fit)
{
	if (fit == NULL || fit->name_count == 0)
		return;
	start_line(text, "Fits");
	text_put_fit(text, fit);
	text_end_line(text);
}

static void put_lines(struct text *text, const struct kg_line_counts *lines)
{
	start_line(text, "Lines");
	text_put_number(text, lines->total);
	text_put(text, ": ");
	text_put_number(text, lines->entry);
	text_put(text, " entry");
	add_count(text, lines->leaf, "leaf");
	add_count(text, lines->exit, "exit");
	add_count(text, lines->exit_named, "exit with a name");
	add_count(text, lines->switches, "switch");
	add_count(text, lines->comment, "comment");
	add_count(text, lines->irq, "irq");
	add_count(text, lines->lost, "lost");
	add_count(text, lines->header, "header");
	add_count(text, lines->noise, "noise");
	add_count(text, lines->unrecognized, "unrecognized");
	text_end_line(text);
}

static void put_calls(struct text *text, const struct kg_info *info)
{
	const struct kg_call_counts *calls = &info->calls;
	start_line(text, "Calls");
	text_put_number(text, calls->total);
	text_put(text, " of ");
	text_put_count(text, kg_funcs_count(info->funcs), "function");
	text_put(text, ": ");
	text_put_count(text, calls->roots, "root");
	text_put(text, ", ");
	text_put_number(text, calls->leaf);
	text_put(text, " without callees, depth up to ");
	text_put_number(text, calls->max_depth);
	add_count(text, calls->migrations, "left on another CPU");
	text_end_line(text);

	text_put_blanks(text, SUBJECT_WIDTH);
	if (calls->complete == calls->total) {
		text_put(text, "all complete");
	} else {
		text_put_number(text, calls->complete);
		text_put(text, " complete");
		add_count(text, calls->no_start, "without a start");
		add_count(text, calls->no_end, "without an end");
		add_count(text, calls->in_gap, "with events lost inside");
	}
	text_end_line(text);
	if (!info->exits_only)
		return;
	text_put_blanks(text, SUBJECT_WIDTH);
	text_put(text, "recorded with a threshold (tracing_thresh): only ends of calls that took "
		       "longer");
	text_end_line(text);
}

static void put_marks(struct text *text, const struct kg_info *info)
{
	static const char *const limits[KG_MARK_COUNT] = {
		"> 10 us", "> 100 us", "> 1 ms", "> 10 ms", "> 100 ms", "> 1 s",
	};
	bool is_first = true;
	for (size_t i = 0; i < KG_MARK_COUNT; i++) {
		if (info->marks[i] == 0)
			continue;
		if (is_first)
			start_line(text, "Marks");
		else
			text_put(text, ", ");
		const char mark[] = { KG_MARKS[i], ' ', '\0' };
		text_put(text, mark);
		text_put_number(text, info->marks[i]);
		text_put(text, " (");
		text_put(text, limits[i]);
		text_put(text, ")");
		is_first = false;
	}
	if (!is_first)
		text_end_line(text);
}

static void put_losses(struct text *text, const struct kg_info *info)
{
	start_line(text, "Losses");
	if (info->lost_gaps == 0) {
		text_put(text, "none");
		text_end_line(text);
		return;
	}
	text_set_style(text, TEXT_YELLOW);
	text_put_count(text, info->lost_gaps, "gap");
	text_put(text, ", ");
	if (info->lost_events_known)
		text_put_count(text, info->lost_events, "event");
	else
		text_put(text, "an unknown number of events");
	text_put(text, " lost");
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

/* ---- who and where --------------------------------------------------------------------------- */

static uint32_t rows_shown(const struct text *text, uint32_t count)
{
	return text->is_verbose || count <= FEW_ROWS ? count : FEW_ROWS;
}

static void say_left_out(struct text *text, uint32_t count)
{
	uint32_t shown = rows_shown(text, count);
	if (shown == count)
		return;
	text_put_blanks(text, 2);
	text_set_style(text, TEXT_DIM);
	text_put(text, "... and ");
	text_put_number(text, count - shown);
	text_put(text, " more (-v shows them)");
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

static void put_cpus(struct text *text, const struct kg_info *info)
{
	static const struct table_column columns[] = {
		{ "CPU", TABLE_RIGHT, TEXT_PLAIN },
		{ "events", TABLE_RIGHT, TEXT_PLAIN },
		{ "calls", TABLE_RIGHT, TEXT_PLAIN },
		{ "switches", TABLE_RIGHT, TEXT_PLAIN },
	};
	if (info->cpu_count == 0)
		return;
	text_put_heading(text, "CPUs");
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (uint32_t i = 0; i < rows_shown(text, info->cpu_count); i++) {
			const struct kg_cpu_info *cpu = &info->cpus[i];
			table_number(&table, cpu->cpu);
			table_number(&table, cpu->events);
			table_number(&table, cpu->calls_started);
			table_number(&table, cpu->switches);
			table_end_row(&table);
		}
	}
	say_left_out(text, info->cpu_count);
}

static void put_task_row(struct table *table, const struct kg_info *info,
			 const struct kg_task_info *counts)
{
	const struct kg_task *task = kg_tasks_get(info->tasks, counts->task_id);
	table_task(table, info->tasks, counts->task_id);
	table_number(table, counts->calls);
	table_number(table, counts->roots);
	table_begin_cell(table);
	text_put_cpus(table->text, counts->cpus, counts->cpu_count);
	table_end_cell(table);
	table_words(table, task->is_inferred			? "no line names what ran there"
			   : task->is_idle && counts->lanes > 1 ? "one tree per CPU"
								: "");
	table_end_row(table);
}

static void put_tasks(struct text *text, const struct kg_info *info)
{
	static const struct table_column columns[] = {
		{ "task", TABLE_LEFT, TEXT_PLAIN },   { "calls", TABLE_RIGHT, TEXT_PLAIN },
		{ "roots", TABLE_RIGHT, TEXT_PLAIN }, { "CPUs", TABLE_LEFT, TEXT_PLAIN },
		{ "", TABLE_LEFT, TEXT_DIM },
	};
	if (info->task_info_count == 0)
		return;
	text_put_heading(text, "Tasks");
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (uint32_t i = 0; i < rows_shown(text, info->task_info_count); i++)
			put_task_row(&table, info, &info->task_infos[i]);
	}
	say_left_out(text, info->task_info_count);
}

static void put_modules(struct text *text, const struct kg_info *info)
{
	static const struct table_column columns[] = {
		{ "module", TABLE_LEFT, TEXT_PLAIN },
		{ "calls", TABLE_RIGHT, TEXT_PLAIN },
		{ "share", TABLE_RIGHT, TEXT_PLAIN },
	};
	if (info->module_count == 0)
		return;
	text_put_heading(text, "Modules");
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (uint32_t i = 0; i < rows_shown(text, info->module_count); i++) {
			const struct kg_module_info *module = &info->modules[i];
			table_name(&table, module->name[0] != '\0' ? module->name : "(none)");
			table_number(&table, module->calls);
			table_percent(&table, units_ppm(module->calls, info->calls.total));
			table_end_row(&table);
		}
	}
	say_left_out(text, info->module_count);
}

static void put_imperfections(struct text *text, const struct kg_diags *diags)
{
	static const struct table_column columns[] = {
		{ "kind", TABLE_LEFT, TEXT_YELLOW },
		{ "count", TABLE_RIGHT, TEXT_PLAIN },
		{ "first line", TABLE_RIGHT, TEXT_PLAIN },
		{ "meaning", TABLE_LEFT, TEXT_PLAIN },
	};
	if (kg_diags_total(diags) == 0) {
		text_put_heading(text, "No imperfections");
		return;
	}
	text_put_heading(text, "Imperfections");
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (int i = 0; i < KG_DIAG_KIND_COUNT; i++) {
			enum kg_diag_kind kind = (enum kg_diag_kind)i;
			if (diags->entries[kind].count == 0)
				continue;
			table_words(&table, kg_diag_name(kind));
			table_number(&table, diags->entries[kind].count);
			table_number_or_empty(&table, diags->entries[kind].first_line);
			table_words(&table, kg_diag_text(kind));
			table_end_row(&table);
		}
	}
}

enum kg_status kg_render_info_text(struct kg_out *out, const struct kg_info *info,
				   const struct kg_fit_report *fit, const struct kg_text_opts *opts)
{
	struct text text = text_start(out, opts);
	put_format(&text, info);
	put_fit(&text, fit);
	put_lines(&text, &info->lines);
	put_calls(&text, info);
	put_marks(&text, info);
	put_losses(&text, info);
	put_cpus(&text, info);
	put_tasks(&text, info);
	put_modules(&text, info);
	if (fit != NULL)
		text_put_fit_table(&text, fit);
	put_imperfections(&text, &info->diags);
	return KG_OK;
}

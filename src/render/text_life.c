/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a person reads the life of a VM: its phases and its runs. */
#include "render/text_timing.h"

#include "render/table.h"
#include "base/banned.h"

/* More rows than this are summed up. */
#define MANY_ROWS 60

static bool are_listed(const struct text *text, size_t count)
{
	return text->is_verbose || count <= MANY_ROWS;
}

/* The callee that took most by itself, where there is one. */
static void put_hot_cells(struct table *table, const struct kg_funcs *funcs, uint64_t self_ns,
			  kg_func_id func_id)
{
	if (func_id == KG_NO_FUNC) {
		table_empty(table);
		table_empty(table);
		return;
	}
	table_ns(table, self_ns);
	table_func(table, funcs, func_id);
}

/*
 * The same of a phase; without one, its callees have little to do with what it took, unless those
 * came before it was known that they are below it.
 */
static void put_phase_hot_cells(struct table *table, const struct kg_funcs *funcs,
				const struct kg_phase *phase)
{
	if (phase->hot_func_id != KG_NO_FUNC || phase->calls <= 1 || phase->self_ns == KG_NO_NS ||
	    (phase->flags & KG_CALL_LATE)) {
		put_hot_cells(table, funcs, phase->hot_self_ns, phase->hot_func_id);
		return;
	}
	table_ns(table, phase->self_ns);
	table_words(table, "(itself)");
}

/* ---- phases, one by one ---------------------------------------------------------------------- */

/* The phases that are looked for first. */
static bool is_milestone(enum kg_phase_kind kind)
{
	return kind == KG_PHASE_CREATE_VM || kind == KG_PHASE_CREATE_VCPU || kind == KG_PHASE_RUN ||
	       kind == KG_PHASE_DESTROY_VM;
}

static void put_cpu_cell(struct table *table, uint16_t enter, uint16_t leave)
{
	uint16_t first = enter != KG_NO_CPU ? enter : leave;
	table_begin_cell(table);
	if (first != KG_NO_CPU)
		text_put_number(table->text, first);
	if (enter != leave && enter != KG_NO_CPU && leave != KG_NO_CPU) {
		text_put(table->text, "->");
		text_put_number(table->text, leave);
	}
	table_end_cell(table);
}

static void put_phase_row(struct table *table, const struct kg_info *info,
			  const struct kg_phase *phase)
{
	const enum kg_phase_kind kind = (enum kg_phase_kind)phase->kind;
	const char *ioctl = kg_ioctl_name(phase->ioctl);
	table_number_or_empty(table, phase->line_no);
	table_styled(table, is_milestone(kind) ? TEXT_BOLD : TEXT_PLAIN,
		     ioctl != NULL ? ioctl : kg_phase_name(kind));
	table_task(table, info->tasks, phase->task_id);
	put_cpu_cell(table, phase->cpu_enter, phase->cpu_leave);
	table_ns(table, phase->dur_ns);
	table_number(table, phase->calls);
	put_phase_hot_cells(table, info->funcs, phase);
	table_begin_cell(table);
	text_put_call_flags(table->text, phase->flags);
	table_end_cell(table);
	table_end_row(table);
}

static enum kg_status list_phases(struct text *text, const struct kg_timing *timing)
{
	static const struct table_column columns[] = {
		{ "line", TABLE_RIGHT, TEXT_DIM },	 { "phase", TABLE_LEFT, TEXT_PLAIN },
		{ "task", TABLE_LEFT, TEXT_PLAIN },	 { "cpu", TABLE_LEFT, TEXT_PLAIN },
		{ "duration", TABLE_RIGHT, TEXT_PLAIN }, { "calls", TABLE_RIGHT, TEXT_PLAIN },
		{ "hottest", TABLE_RIGHT, TEXT_PLAIN },	 { "callee", TABLE_LEFT, TEXT_PLAIN },
		{ "", TABLE_LEFT, TEXT_YELLOW },
	};
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < timing->life_report->phase_count; i++) {
			struct kg_phase phase;
			enum kg_status status = kg_life_phase(timing->life, i, &phase);
			if (status != KG_OK)
				return status;
			put_phase_row(&table, timing->info, &phase);
		}
	}
	return KG_OK;
}

/* ---- phases, kind by kind -------------------------------------------------------------------- */

static void put_kind_row(struct table *table, const struct kg_funcs *funcs, enum kg_phase_kind kind,
			 const struct kg_phase_total *total)
{
	uint64_t none = total->count == 0 ? KG_NO_NS : 0;
	uint64_t mean_ns = total->count == 0 ? 0 : total->total_ns / total->count;
	table_words(table, kg_phase_name(kind));
	table_number(table, total->count);
	table_number_or_empty(table, total->incomplete);
	table_ns(table, total->total_ns | none);
	table_ns(table, mean_ns | none);
	table_ns(table, total->min_ns | none);
	table_ns(table, total->max_ns | none);
	table_number_or_empty(table, total->max_line);
	put_hot_cells(table, funcs, total->hot_self_ns,
		      total->count == 0 ? KG_NO_FUNC : total->hot_func_id);
	table_end_row(table);
}

static void sum_up_phases(struct text *text, const struct kg_timing *timing)
{
	static const struct table_column columns[] = {
		{ "phase", TABLE_LEFT, TEXT_PLAIN },	  { "count", TABLE_RIGHT, TEXT_PLAIN },
		{ "left out", TABLE_RIGHT, TEXT_YELLOW }, { "total", TABLE_RIGHT, TEXT_PLAIN },
		{ "mean", TABLE_RIGHT, TEXT_PLAIN },	  { "min", TABLE_RIGHT, TEXT_PLAIN },
		{ "max", TABLE_RIGHT, TEXT_PLAIN },	  { "at line", TABLE_RIGHT, TEXT_DIM },
		{ "hottest", TABLE_RIGHT, TEXT_PLAIN },	  { "callee", TABLE_LEFT, TEXT_PLAIN },
	};
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (int i = 0; i < KG_PHASE_KIND_COUNT; i++) {
			enum kg_phase_kind kind = (enum kg_phase_kind)i;
			const struct kg_phase_total *total =
				&timing->life_report->phase_totals[kind];
			if (total->count > 0 || total->incomplete > 0)
				put_kind_row(&table, timing->info->funcs, kind, total);
		}
	}
}

enum kg_status text_put_phases(struct text *text, const struct kg_timing *timing)
{
	const struct kg_life_report *life = timing->life_report;
	enum kg_status status = KG_OK;
	if (life->phase_count == 0) {
		text_put(text, "No step of a VM's life is in this trace.");
		text_end_line(text);
	} else if (are_listed(text, life->phase_count)) {
		text_put_heading(text, "Phases, and the callee that took most of each by itself");
		status = list_phases(text, timing);
	} else {
		text_put_heading(text, "Phases by kind, and what took most of the longest");
		sum_up_phases(text, timing);
	}
	if (life->other_roots > 0 && status == KG_OK) {
		text_put_blanks(text, 2);
		text_set_style(text, TEXT_DIM);
		text_put(text, "not listed: ");
		text_put_count(text, life->other_roots, "root");
		text_put(text, life->other_roots == 1 ? " that is no step of a VM's life"
						      : " that are no steps of a VM's life");
		text_set_style(text, TEXT_PLAIN);
		text_end_line(text);
	}
	return status;
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* How often a run left the guest for which reason, in the order in which they first came. */
struct exit_counts {
	uint64_t counts[KG_REASON_COUNT];
	uint8_t order[KG_REASON_COUNT];
	size_t order_count;
};

static void count_exits(void *self, const uint8_t *reasons, size_t count)
{
	struct exit_counts *exits = self;
	for (size_t i = 0; i < count; i++) {
		if (exits->counts[reasons[i]]++ == 0)
			exits->order[exits->order_count++] = reasons[i];
	}
}

static void put_exit_counts_cell(struct table *table, const struct exit_counts *exits)
{
	struct text *text = table->text;
	table_begin_cell(table);
	for (size_t i = 0; i < exits->order_count; i++) {
		uint8_t reason = exits->order[i];
		if (i > 0)
			text_put(text, ", ");
		text_put(text, kg_reason_name((enum kg_exit_reason)reason));
		if (exits->counts[reason] > 1) {
			text_put(text, " x");
			text_put_number(text, exits->counts[reason]);
		}
	}
	table_end_cell(table);
}

static enum kg_status put_run_row(struct table *table, const struct kg_timing *timing, size_t row)
{
	struct kg_run run;
	struct exit_counts exits = { 0 };
	enum kg_status status = kg_life_run(timing->life, row, &run);
	if (status == KG_OK)
		status = kg_life_run_exits(timing->life, &run, count_exits, &exits);
	if (status != KG_OK)
		return status;
	table_number(table, row + 1);
	table_number_or_empty(table, run.line_no);
	if (table->text->is_verbose)
		table_task(table, timing->info->tasks, run.task_id);
	else
		table_empty(table);
	table_ns(table, run.dur_ns);
	table_number(table, run.guest_entries);
	put_exit_counts_cell(table, &exits);
	table_words(table,
		    run.exit_count > 0 ? kg_reason_name((enum kg_exit_reason)run.ended_by) : "");
	table_begin_cell(table);
	text_put_call_flags(table->text, run.flags);
	table_end_cell(table);
	table_end_row(table);
	return KG_OK;
}

static enum kg_status list_runs(struct text *text, const struct kg_timing *timing)
{
	static const struct table_column columns[] = {
		{ "run", TABLE_RIGHT, TEXT_PLAIN },	{ "line", TABLE_RIGHT, TEXT_DIM },
		{ "task", TABLE_LEFT, TEXT_PLAIN },	{ "duration", TABLE_RIGHT, TEXT_PLAIN },
		{ "entries", TABLE_RIGHT, TEXT_PLAIN }, { "exits", TABLE_LEFT, TEXT_PLAIN },
		{ "ended by", TABLE_LEFT, TEXT_PLAIN }, { "", TABLE_LEFT, TEXT_YELLOW },
	};
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < timing->life_report->run_count; i++) {
			enum kg_status status = put_run_row(&table, timing, i);
			if (status != KG_OK)
				return status;
		}
	}
	return KG_OK;
}

static void put_runs_heading(struct text *text, const struct kg_life_report *life)
{
	text_end_line(text);
	text_put_styled(text, TEXT_BOLD, "KVM_RUN");
	text_put(text, ": ");
	text_put_count(text, life->run_count, "run");
	text_put(text, ", ");
	text_put_number(text, life->guest_entries);
	text_put(text, life->guest_entries == 1 ? " guest entry, " : " guest entries, ");
	text_put_count(text, life->vm_exits, "exit");
	text_end_line(text);
}

static void sum_up_runs(struct text *text, const struct kg_phase_total *total)
{
	/* a single one says it all by itself */
	if (total->count < 2)
		return;
	text_put_blanks(text, 2);
	if (total->incomplete > 0) {
		text_put_number(text, total->count);
		text_put(text, " complete ones: ");
	}
	text_put_ns(text, total->total_ns);
	text_put(text, " in all, ");
	text_put_ns(text, total->total_ns / total->count);
	text_put(text, " on average, from ");
	text_put_ns(text, total->min_ns);
	text_put(text, " to ");
	text_put_ns(text, total->max_ns);
	text_put(text, " (at line ");
	text_put_number(text, total->max_line);
	text_put(text, ")");
	text_end_line(text);
}

enum kg_status text_put_runs(struct text *text, const struct kg_timing *timing)
{
	const struct kg_life_report *life = timing->life_report;
	if (life->run_count == 0)
		return KG_OK;
	put_runs_heading(text, life);
	sum_up_runs(text, &life->phase_totals[KG_PHASE_RUN]);
	if (are_listed(text, life->run_count))
		return list_runs(text, timing);
	text_put_styled(text, TEXT_DIM, "  (-v lists them)");
	text_end_line(text);
	return KG_OK;
}

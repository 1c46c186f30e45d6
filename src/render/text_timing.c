/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a person reads where the time went. */
#include "render/text_timing.h"

#include <string.h>

#include "render/table.h"
#include "base/banned.h"

#define FEW_FUNCTIONS 20

/* ---- what the figures stand on --------------------------------------------------------------- */

static bool is_whole(const struct kg_call_counts *calls)
{
	return calls->no_start == 0 && calls->no_end == 0 && calls->in_gap == 0;
}

static void put_trace(struct text *text, const struct kg_info *info)
{
	const char *vendor = kg_vendor_name(info->vendor);
	text_set_style(text, TEXT_BOLD);
	text_put_name(text, info->file);
	text_set_style(text, TEXT_PLAIN);
	text_put(text, ": ");
	text_put(text, kg_format_name(info->format));
	if (vendor != NULL) {
		text_put(text, ", ");
		text_put(text, vendor);
	}
	if (info->kernel != NULL) {
		text_put(text, ", kernel ");
		text_put_name(text, info->kernel);
	}
	text_put(text, ", ");
	text_put_count(text, info->calls.total, "call");
	if (info->lost_gaps > 0) {
		text_put(text, ", ");
		text_put_count(text, info->lost_gaps, "gap");
	}
	if (is_whole(&info->calls))
		text_put(text, ", all complete");
	text_end_line(text);
}

static void put_coverage(struct text *text, const struct kg_info *info)
{
	const struct kg_call_counts *calls = &info->calls;
	const uint64_t cut = calls->no_start + calls->no_end;
	if (is_whole(calls))
		return;
	char percent[UNITS_LEN];
	units_percent(percent, kg_info_coverage(info));
	text_set_style(text, TEXT_YELLOW);
	text_put(text, "Figures stand on ");
	text_put(text, percent);
	text_put(text, " of the calls; left out: ");
	if (cut > 0) {
		text_put_number(text, cut);
		text_put(text, cut == 1 ? " that lacks its start or end"
					: " that lack their start or end");
	}
	if (calls->in_gap > 0) {
		text_put(text, cut > 0 ? ", " : "");
		text_put_number(text, calls->in_gap);
		text_put(text, " with events lost inside");
	}
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

/* What is not there at all, and where its time went. */
static void put_threshold(struct text *text, const struct kg_info *info)
{
	if (!info->exits_only)
		return;
	text_set_style(text, TEXT_YELLOW);
	text_put(text,
		 "Recorded with a threshold (tracing_thresh): calls that took less are missing, "
		 "and count as their callers' own time");
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

/* ---- exits ----------------------------------------------------------------------------------- */

/* A percentile that may be a little too small says so. */
static void put_percentile(struct table *table, bool is_exact, uint64_t ns)
{
	char time[UNITS_LEN];
	char about[UNITS_LEN + 1] = "~";
	units_ns_in_column(time, ns);
	memcpy(about + 1, time, sizeof(time));
	table_words(table, is_exact || ns == KG_NO_NS ? time : about);
}

static void put_exit_row(struct table *table, const struct kg_exit_timing *exit, uint64_t exits)
{
	/* its time may be known where its handler is not */
	bool is_timed = exit->handler != NULL || exit->total_ns > 0;
	uint64_t none = is_timed ? 0 : KG_NO_NS;
	table_words(table, kg_reason_name(exit->reason));
	table_name(table, exit->handler != NULL ? exit->handler : "-");
	table_number(table, exit->count);
	table_number_or_empty(table, exit->inferred);
	table_percent(table, units_ppm(exit->count, exits));
	if (is_timed)
		table_percent(table, exit->share_ppm);
	else
		table_words(table, "-");
	table_ns(table, exit->total_ns | none);
	table_ns(table, exit->mean_ns | none);
	put_percentile(table, exit->percentiles_exact, exit->p99_ns | none);
	table_ns(table, exit->max_ns | none);
	table_end_row(table);
}

static void put_exits(struct text *text, const struct kg_life_report *life)
{
	static const struct table_column columns[] = {
		{ "reason", TABLE_LEFT, TEXT_PLAIN },	 { "handler", TABLE_LEFT, TEXT_PLAIN },
		{ "samples", TABLE_RIGHT, TEXT_PLAIN },	 { "inferred", TABLE_RIGHT, TEXT_PLAIN },
		{ "samples%", TABLE_RIGHT, TEXT_PLAIN }, { "time%", TABLE_RIGHT, TEXT_PLAIN },
		{ "total", TABLE_RIGHT, TEXT_PLAIN },	 { "mean", TABLE_RIGHT, TEXT_PLAIN },
		{ "p99", TABLE_RIGHT, TEXT_PLAIN },	 { "max", TABLE_RIGHT, TEXT_PLAIN },
	};
	if (life->exit_count == 0)
		return;
	text_put_heading(text, "VM exits and the time in their handlers");
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < life->exit_count; i++)
			put_exit_row(&table, &life->exits[i], life->vm_exits);
	}
}

/* ---- functions ------------------------------------------------------------------------------- */

static void put_function_row(struct table *table, const struct kg_funcs *funcs,
			     const struct kg_function_timing *row)
{
	uint64_t none = row->calls == 0 ? KG_NO_NS : 0;
	table_ns(table, row->total_ns | none);
	table_ns(table, row->self_ns | none);
	table_number(table, row->calls);
	table_number_or_empty(table, row->incomplete);
	table_ns(table, row->mean_ns | none);
	put_percentile(table, row->percentiles_exact, row->p99_ns | none);
	table_ns(table, row->max_ns | none);
	table_number_or_empty(table, row->max_line);
	table_func(table, funcs, row->func_id);
	table_end_row(table);
}

static void put_functions_heading(struct text *text, size_t shown, size_t count)
{
	text_end_line(text);
	text_put_styled(text, TEXT_BOLD, "Functions");
	if (shown < count) {
		text_put(text, ", the ");
		text_put_number(text, shown);
		text_put(text, " that took most of ");
		text_put_number(text, count);
		text_put_styled(text, TEXT_DIM, " (-v shows all)");
	}
	text_end_line(text);
}

static void put_functions(struct text *text, const struct kg_timing *timing)
{
	static const struct table_column columns[] = {
		{ "total", TABLE_RIGHT, TEXT_PLAIN },	{ "self", TABLE_RIGHT, TEXT_PLAIN },
		{ "calls", TABLE_RIGHT, TEXT_PLAIN },	{ "left out", TABLE_RIGHT, TEXT_YELLOW },
		{ "mean", TABLE_RIGHT, TEXT_PLAIN },	{ "p99", TABLE_RIGHT, TEXT_PLAIN },
		{ "max", TABLE_RIGHT, TEXT_PLAIN },	{ "at line", TABLE_RIGHT, TEXT_DIM },
		{ "function", TABLE_LEFT, TEXT_PLAIN },
	};
	const struct kg_functions_report *report = timing->functions;
	size_t shown = report->row_count;
	if (shown > FEW_FUNCTIONS && !text->is_verbose)
		shown = FEW_FUNCTIONS;
	if (shown == 0)
		return;
	put_functions_heading(text, shown, report->row_count);
	struct table table;
	TABLE_START(&table, text, columns);
	bool is_exact = true;
	while (table_pass(&table)) {
		for (size_t i = 0; i < shown; i++) {
			is_exact = is_exact && report->rows[i].percentiles_exact;
			put_function_row(&table, timing->info->funcs, &report->rows[i]);
		}
	}
	if (is_exact)
		return;
	text_put_styled(text, TEXT_DIM, "  ~ up to 1/128 below the exact percentile");
	text_end_line(text);
}

enum kg_status kg_render_timing_text(struct kg_out *out, const struct kg_timing *timing,
				     const struct kg_text_opts *opts)
{
	struct text text = text_start(out, opts);
	/* one report may follow another */
	if (!out_is_empty(out))
		text_end_line(&text);
	put_trace(&text, timing->info);
	put_coverage(&text, timing->info);
	put_threshold(&text, timing->info);
	enum kg_status status = text_put_phases(&text, timing);
	if (status == KG_OK)
		status = text_put_runs(&text, timing);
	if (status != KG_OK)
		return status;
	put_exits(&text, timing->life_report);
	put_functions(&text, timing);
	return KG_OK;
}

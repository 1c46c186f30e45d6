/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a person reads what a baseline has. */
#include "analyse/baseline.h"
#include "render/table.h"
#include "base/banned.h"

static void put_runs(struct text *text, const struct kg_baseline *baseline)
{
	text_put_count(text, baseline->runs, "run");
	text_put(text, ", ");
	text_put_count(text, baseline->calls, "call");
	if (baseline->incomplete > 0) {
		text_put(text, ", ");
		text_put_number(text, baseline->incomplete);
		text_put(text, " incomplete");
	}
	if (baseline->gaps > 0) {
		text_put(text, ", ");
		text_put_count(text, baseline->gaps, "gap");
	}
	text_end_line(text);
	if (baseline->runs == baseline->kept.count)
		return;
	text_put_number(text, baseline->kept.count);
	text_put(text, " of the runs are kept whole; all are in the sums and quantiles");
	text_end_line(text);
}

static void put_facts(struct text *text, const struct surroundings *surroundings)
{
	static const struct table_column columns[] = {
		{ "what surrounded them", TABLE_LEFT, TEXT_PLAIN },
		{ "told", TABLE_RIGHT, TEXT_PLAIN },
		{ "value", TABLE_LEFT, TEXT_PLAIN },
	};
	if (surroundings->facts.count == 0)
		return;
	struct table table;
	text_end_line(text);
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < surroundings->facts.count; i++) {
			const struct fact *fact = &surroundings->facts.at[i];
			for (size_t k = 0; k < fact->values.count; k++) {
				table_name(&table, k == 0 ? fact->name : "");
				table_number(&table, fact->values.at[k].count);
				table_name(&table, fact->values.at[k].text);
				table_end_row(&table);
			}
		}
	}
}

static void put_phase(struct table *table, const struct kg_baseline *baseline, uint32_t root)
{
	const struct baseline_path *sum = baseline_sum(baseline, root);
	const uint32_t name = baseline->paths.nodes.at[root].names[KG_SIDE_OLD];
	table_name(table, paths_words(&baseline->paths, name));
	table_number(table, sum->runs);
	table_number(table, sum->calls);
	table_number_or_empty(table, sum->incomplete);
	table_ns(table, spread_quantile(&sum->total_ns, 1));
	table_ns(table, spread_quantile(&sum->total_ns, 50));
	table_ns(table, spread_quantile(&sum->total_ns, 90));
	table_ns(table, spread_quantile(&sum->total_ns, 99));
	table_end_row(table);
}

static void put_phases(struct text *text, const struct kg_baseline *baseline)
{
	static const struct table_column columns[] = {
		{ "phase", TABLE_LEFT, TEXT_PLAIN },  { "runs", TABLE_RIGHT, TEXT_PLAIN },
		{ "calls", TABLE_RIGHT, TEXT_PLAIN }, { "cut", TABLE_RIGHT, TEXT_YELLOW },
		{ "p1", TABLE_RIGHT, TEXT_PLAIN },    { "p50", TABLE_RIGHT, TEXT_PLAIN },
		{ "p90", TABLE_RIGHT, TEXT_PLAIN },   { "p99", TABLE_RIGHT, TEXT_PLAIN },
	};
	const struct paths *paths = &baseline->paths;
	struct table table;
	text_end_line(text);
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (uint32_t root = paths->first_root; root != NO_PATH;
		     root = paths->nodes.at[root].next_sibling) {
			if (baseline_sum(baseline, root) != NULL)
				put_phase(&table, baseline, root);
		}
	}
}

enum kg_status kg_render_baseline_text(struct kg_out *out, struct kg_baseline *baseline,
				       const struct kg_text_opts *opts)
{
	if (!baseline_arrange(baseline))
		return KG_NOMEM;
	struct text text = text_start(out, opts);
	put_runs(&text, baseline);
	put_phases(&text, baseline);
	if (text.is_verbose)
		put_facts(&text, &baseline->surroundings);
	return KG_OK;
}

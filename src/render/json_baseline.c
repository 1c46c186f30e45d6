/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.baseline/1: the same runs give the same bytes, however they came together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/baseline.h"
#include "base/memory.h"
#include "render/json_row.h"
#include "render/out.h"
#include "base/banned.h"

#define NS_PER_S 1000000000

/* ---- runs ------------------------------------------------------------------------------------ */

static void add_kept(struct json_doc *doc, const struct kg_baseline *baseline)
{
	doc_start_rows(doc, "kept");
	for (size_t i = 0; i < baseline->kept.count; i++) {
		const struct baseline_run *run = &baseline->kept.at[i];
		struct json_row row = row_start(doc);
		char id[17];
		snprintf(id, sizeof(id), "%016" PRIx64, run->id);
		row_text(&row, "id", id);
		row_text(&row, "file", run->file);
		row_text(&row, "kernel", run->kernel);
		row_text(&row, "vendor", kg_vendor_name(run->vendor));
		row_number(&row, "calls", run->calls);
		row_number(&row, "incomplete", run->incomplete);
		row_number(&row, "gaps", run->gaps);
		row_bool(&row, "exits_only", run->exits_only);
		row_end(&row);
	}
	doc_end_rows(doc);
}

/* ---- what surrounded them -------------------------------------------------------------------- */

static void add_facts(struct json_doc *doc, const struct surroundings *surroundings)
{
	doc_start_rows(doc, "environment");
	for (size_t i = 0; i < surroundings->facts.count; i++) {
		const struct fact *fact = &surroundings->facts.at[i];
		struct json_row row = row_start(doc);
		row_text(&row, "name", fact->name);
		row_number(&row, "told", fact->told);
		struct json_row list = row_enter_list(&row, "values");
		for (size_t k = 0; k < fact->values.count; k++) {
			row_next(&list);
			struct json_row value = row_put_object(&list);
			row_text(&value, "value", fact->values.at[k].text);
			row_number(&value, "count", fact->values.at[k].count);
			row_leave_object(&value);
		}
		row_leave_list(&list);
		row_end(&row);
	}
	doc_end_rows(doc);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_functions(struct json_doc *doc, const struct kg_baseline *baseline)
{
	const struct surroundings *surroundings = &baseline->surroundings;
	COLUMN(const char *) names = { 0 };
	json_t *list = surroundings->knows_functions ? json_array() : json_null();
	for (size_t name = 0; name < surroundings->is_traceable.count; name++) {
		if (!surroundings->is_traceable.at[name])
			continue;
		if (!column_push(&names, renames_text(&baseline->paths.names, (uint32_t)name)))
			doc->status = KG_NOMEM;
	}
	if (names.count > 1)
		qsort(names.at, names.count, sizeof(*names.at), compare_names);
	for (size_t i = 0; i < names.count; i++)
		list_add(&list, value_text(names.at[i]));
	column_release(&names);
	doc_add(doc, "functions", list);
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void put_spread(struct json_row *row, const char *key, const struct spread *spread)
{
	struct json_row object = row_enter_object(row, key);
	struct json_row sum = row_enter_list(&object, "sum");
	row_item(&sum, (uint64_t)(spread->sum / NS_PER_S));
	row_item(&sum, (uint64_t)(spread->sum % NS_PER_S));
	row_leave_list(&sum);
	struct json_row list = row_enter_list(&object, "spread");
	for (size_t i = 0; i < spread->rows.count; i++) {
		row_next(&list);
		struct json_row size = row_put_list(&list);
		row_item(&size, spread->rows.at[i].from);
		row_item(&size, spread->rows.at[i].count);
		row_leave_list(&size);
	}
	row_leave_list(&list);
	row_leave_object(&object);
}

static void put_figures(struct json_row *row, const struct kg_baseline *baseline, uint32_t path)
{
	struct json_row list = row_enter_list(row, "kept");
	for (size_t i = 0; i < baseline->kept.count; i++) {
		const struct path_sample sample = run_sample(&baseline->paths.runs.at[i], path);
		if (sample.count == 0 && sample.incomplete == 0)
			continue;
		row_next(&list);
		struct json_row run = row_put_list(&list);
		row_item(&run, i);
		row_item(&run, sample.count);
		row_item(&run, sample.self_ns);
		row_item(&run, sample.incomplete);
		row_item(&run, sample.waits);
		row_item(&run, sample.least_ns);
		row_leave_list(&run);
	}
	row_leave_list(&list);
}

static void put_root(struct json_row *row, const struct paths *paths, uint32_t path,
		     const struct baseline_path *sum)
{
	const struct path_node *node = &paths->nodes.at[path];
	const bool is_phase = node->kind != KG_PHASE_KIND_COUNT;
	row_text(row, "phase", is_phase ? kg_phase_name((enum kg_phase_kind)node->kind) : NULL);
	row_text(row, "function", node->top != NO_KEY ? paths_words(paths, node->top) : NULL);
	row_text(row, "ended_by",
		 node->kind == KG_PHASE_RUN ? kg_reason_name((enum kg_exit_reason)node->reason)
					    : NULL);
	row_bool(row, "first", node->is_first);
	row_bool(row, "aside", node->is_aside);
	row_number(row, "entries", sum->passes.entries);
	row_number(row, "interrupts", sum->passes.interrupts);
	row_number(row, "turns", sum->passes.turns);
}

static void add_path(struct json_doc *doc, const struct kg_baseline *baseline, uint32_t path,
		     const uint32_t *numbers)
{
	const struct baseline_path *sum = baseline_sum(baseline, path);
	const struct path_node *node = &baseline->paths.nodes.at[path];
	struct json_row row = row_start(doc);
	row_text(&row, "name", paths_words(&baseline->paths, node->names[KG_SIDE_OLD]));
	row_number_or_null(&row, "parent", node->parent != NO_PATH ? numbers[node->parent] : 0,
			   node->parent != NO_PATH);
	row_number(&row, "order", node->orders[KG_SIDE_OLD]);
	if (node->parent == NO_PATH)
		put_root(&row, &baseline->paths, path, sum);
	else
		row_null(&row, "phase");
	row_number(&row, "runs", sum->runs);
	row_number(&row, "calls", sum->calls);
	row_number(&row, "incomplete", sum->incomplete);
	row_number(&row, "waits", sum->waits);
	row_number(&row, "least", sum->least);
	row_number(&row, "most", sum->most);
	put_spread(&row, "total", &sum->total_ns);
	put_spread(&row, "self", &sum->self_ns);
	put_figures(&row, baseline, path);
	row_end(&row);
}

static void add_paths(struct json_doc *doc, const struct kg_baseline *baseline)
{
	const struct paths *paths = &baseline->paths;
	COLUMN(uint32_t) numbers = { 0 }; /* by path: its row */
	uint32_t next = 0;
	doc_start_rows(doc, "paths");
	if (paths->nodes.count > 0 && !column_reach(&numbers, paths->nodes.count - 1)) {
		doc->status = KG_NOMEM;
		return;
	}
	for (uint32_t root = paths->first_root; root != NO_PATH;
	     root = paths->nodes.at[root].next_sibling) {
		for (uint32_t path = root; path != NO_PATH;
		     path = paths_next_below(paths, root, path)) {
			if (baseline_sum(baseline, path) == NULL)
				continue;
			numbers.at[path] = next++;
			add_path(doc, baseline, path, numbers.at);
		}
	}
	doc_end_rows(doc);
	column_release(&numbers);
}

enum kg_status kg_render_baseline_json(struct kg_out *out, struct kg_baseline *baseline)
{
	if (!baseline_arrange(baseline))
		return KG_NOMEM;
	struct json_doc doc = doc_start(out, "kvmgraph.baseline/1");
	doc_add(&doc, "runs", value_number(baseline->runs));
	doc_add(&doc, "calls", value_number(baseline->calls));
	doc_add(&doc, "incomplete", value_number(baseline->incomplete));
	doc_add(&doc, "gaps", value_number(baseline->gaps));
	doc_add(&doc, "exits_only", value_number(baseline->exits_only));
	add_kept(&doc, baseline);
	doc_add(&doc, "documents", value_number(baseline->surroundings.documents));
	doc_add(&doc, "emulated", json_boolean(baseline->surroundings.is_emulated));
	add_facts(&doc, &baseline->surroundings);
	add_functions(&doc, baseline);
	add_paths(&doc, baseline);
	return doc_end(&doc);
}

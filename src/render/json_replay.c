/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a replay is told to programs. */
#include "render/json_scenario.h"

#include "base/banned.h"

static json_t *value_trace(const char *file, const char *kernel, const struct kg_scenario *scenario)
{
	json_t *object = json_object();
	row_add(&object, "file", value_text(file));
	row_add(&object, "kernel", value_text(kernel));
	row_add(&object, "vendor", value_text(kg_vendor_name(scenario->vendor)));
	return object;
}

static void add_scenario(struct json_doc *doc, const struct kg_replay *replay)
{
	static const char *const recoveries[] = { "whole", "in-part", "not" };
	const struct kg_scenario *scenario = replay->scenario;
	doc_add(doc, "recovered", value_text(recoveries[scenario->recovery]));
	doc_add(doc, "why", value_text(scenario->why));
	doc_add(doc, "like", value_like(replay->words));
	doc_add(doc, "chosen", value_chosen(scenario, replay->words));
	doc_add(doc, "vms", value_number(scenario->vms));
	doc_add(doc, "parallel", value_number(scenario->parallel));
	doc_add(doc, "vcpus", value_number(scenario->vcpu_count));
	doc_add(doc, "memslots", value_number(scenario->slot_count));
	doc_add(doc, "runs", value_number(scenario->run_count));
	doc_add(doc, "exits", value_number(scenario->exit_count));
	doc_start_rows(doc, "steps");
	for (size_t i = 0; i < scenario->step_count; i++) {
		json_t *row = value_step(scenario, &scenario->steps[i]);
		row_add(&row, "line", value_line(scenario->steps[i].line_no));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static json_t *value_departing(const struct kg_scenario *scenario, size_t index)
{
	if (index >= scenario->step_count)
		return json_null();
	json_t *row = value_step(scenario, &scenario->steps[index]);
	row_add(&row, "runs", value_number(scenario->steps[index].row_count));
	row_add(&row, "line", value_line(scenario->steps[index].line_no));
	return row;
}

static void add_checks(struct json_doc *doc, const struct kg_replay *replay)
{
	doc_start_rows(doc, "checks");
	for (int i = 0; i < KG_COMPARED_COUNT && replay->on != NULL; i++) {
		const struct kg_comparison *compared = &replay->compared[i];
		json_t *row = json_object();
		row_add(&row, "id", value_text(kg_compared_name((enum kg_compared)i)));
		row_add(&row, "equal", json_boolean(compared->is_equal));
		row_add(&row, "old", value_number(compared->old_count));
		row_add(&row, "new", value_number(compared->new_count));
		row_add(&row, "old_step", value_departing(replay->scenario, compared->old_step));
		row_add(&row, "new_step", value_departing(replay->again, compared->new_step));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

static json_t *value_failure(const struct kg_run_failure *failure)
{
	if (failure == NULL)
		return json_null();
	json_t *object = json_object();
	row_add(&object, "step", value_text(failure->step));
	row_add(&object, "expected", value_text(failure->expected));
	row_add(&object, "found", value_text(failure->found));
	row_add(&object, "message", value_text(failure->message));
	return object;
}

static json_t *value_structure(const struct kg_diff_report *report)
{
	json_t *object = json_object();
	for (int kind = 0; kind < KG_CHANGE_KIND_COUNT; kind++)
		row_add(&object, kg_change_name((enum kg_change_kind)kind),
			value_number(report->change_counts[kind]));
	return object;
}

enum kg_status kg_render_replay_json(struct kg_out *out, const struct kg_replay *replay)
{
	const bool is_run = replay->on != NULL;
	struct json_doc doc = doc_start(out, "kvmgraph.replay/1");
	doc_add(&doc, "trace", value_trace(replay->file, replay->kernel, replay->scenario));
	add_scenario(&doc, replay);
	doc_add(&doc, "on", value_text(replay->on));
	doc_add(&doc, "replayed",
		is_run ? value_trace(NULL, replay->new_kernel, replay->again) : json_null());
	doc_add(&doc, "verdict",
		is_run ? value_text(kg_replay_verdict_name(kg_replay_verdict(replay)))
		       : json_null());
	doc_add(&doc, "failure", value_failure(is_run ? replay->failure : NULL));
	add_checks(&doc, replay);
	doc_add(&doc, "structure", is_run ? value_structure(replay->diff_report) : json_null());
	return doc_end(&doc);
}

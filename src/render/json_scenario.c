/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a scenario is written for the reference VMM. */
#include "render/json_scenario.h"

#include "base/banned.h"

static json_t *value_acts(const struct kg_scenario *scenario, const struct kg_step *step)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < step->act_count; i++) {
		const struct kg_act *act = &scenario->acts[step->first_act + i];
		json_t *pair = json_array();
		list_add(&pair, value_text(kg_act_name((enum kg_act_kind)act->kind)));
		list_add(&pair, value_number(act->count));
		list_add(&list, pair);
	}
	return list;
}

/* What makes a guest invalid is done to long mode, and said by its run. */
static const char *mode_name(uint8_t mode)
{
	return kg_guest_mode_name(mode == KG_MODE_INVALID ? KG_MODE_LONG : mode);
}

json_t *value_step(const struct kg_scenario *scenario, const struct kg_step *step)
{
	const enum kg_step_kind kind = (enum kg_step_kind)step->kind;
	json_t *row = json_object();
	row_add(&row, "step", value_text(kg_step_name(kind)));
	if (kg_step_is_of_slot(kind))
		row_add(&row, "slot", value_number(step->slot));
	if (step->kind == KG_STEP_MEMSLOT_ADD) {
		row_add(&row, "pages", json_null());
		row_add(&row, "log_dirty", json_boolean(step->is_logged));
	}
	if (kg_step_is_of_vcpu(kind))
		row_add(&row, "vcpu", value_number(step->vcpu));
	if (step->in_vcpu_thread || step->kind == KG_STEP_RUN)
		row_add(&row, "thread", json_boolean(step->in_vcpu_thread));
	if (step->kind == KG_STEP_SET_SREGS)
		row_add(&row, "mode", value_text(mode_name(step->mode)));
	if (step->kind == KG_STEP_RUN)
		row_add(&row, "guest", value_acts(scenario, step));
	return row;
}

json_t *value_like(const struct kg_scenario_words *words)
{
	if (words->like == NULL)
		return json_null();
	json_t *params = json_object();
	for (size_t i = 0; i < words->param_count; i++)
		row_add(&params, words->params[i].name, value_number(words->params[i].value));
	json_t *like = json_object();
	row_add(&like, "scenario", value_text(words->like));
	row_add(&like, "params", params);
	return like;
}

json_t *value_chosen(const struct kg_scenario *scenario, const struct kg_scenario_words *words)
{
	json_t *list = json_array();
	for (size_t i = 0; i < scenario->chosen_count; i++)
		list_add(&list, value_text(scenario->chosen[i]));
	if (words->others != NULL)
		list_add(&list, json_sprintf("which built-in scenario it is: %s is as good as %s",
					     words->others, words->like));
	return list;
}

enum kg_status kg_render_scenario_json(struct kg_out *out, const struct kg_scenario *scenario,
				       const struct kg_scenario_words *words)
{
	struct json_doc doc = doc_start(out, "kvmgraph.scenario/1");
	doc_add(&doc, "name", value_text(words->name));
	doc_add(&doc, "summary", value_text(words->summary));
	doc_add(&doc, "like", value_like(words));
	doc_add(&doc, "vendor", value_text(kg_vendor_name(scenario->vendor)));
	doc_add(&doc, "chosen", value_chosen(scenario, words));
	doc_add(&doc, "memory", json_null());
	doc_add(&doc, "vms", value_number(scenario->vms));
	doc_add(&doc, "parallel", value_number(scenario->parallel));
	doc_start_rows(&doc, "steps");
	for (size_t i = 0; i < scenario->step_count; i++)
		doc_add_row(&doc, value_step(scenario, &scenario->steps[i]));
	doc_end_rows(&doc);
	return doc_end(&doc);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a learned specification is written: so that people can go on with it. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "render/json.h"
#include "render/out.h"
#include "base/banned.h"

/* ---- patterns -------------------------------------------------------------------------------- */

static json_t *value_of_form(const struct kg_form *form);

/* "f", "f?", "f{2,4}" */
static json_t *value_of_name(const char *name, uint32_t min, uint32_t max)
{
	char often[32] = "";
	if (min == 0 && max == 1)
		snprintf(often, sizeof(often), "?");
	else if (min == 0 && max == KG_FORM_NO_LIMIT)
		snprintf(often, sizeof(often), "*");
	else if (min == 1 && max == KG_FORM_NO_LIMIT)
		snprintf(often, sizeof(often), "+");
	else if (max == KG_FORM_NO_LIMIT)
		snprintf(often, sizeof(often), "{%u,}", min);
	else if (min != max)
		snprintf(often, sizeof(often), "{%u,%u}", min, max);
	else if (min != 1)
		snprintf(often, sizeof(often), "{%u}", min);
	return json_sprintf("%s%s", name, often);
}

static json_t *value_of_names(const char *const *names, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		list_add(&list, value_text(names[i]));
	return list;
}

static json_t *value_of_parts(const struct kg_form *form)
{
	json_t *list = json_array();
	for (size_t i = 0; i < form->part_count; i++)
		list_add(&list, value_of_form(form->parts[i]));
	return list;
}

/* What is below a call is a list, whatever it is: that is how it is read most easily. */
static json_t *value_of_inside(const struct kg_form *form)
{
	json_t *value = value_of_form(form);
	if (form->kind == KG_FORM_SEQUENCE)
		return value;
	json_t *list = json_array();
	list_add(&list, value);
	return list;
}

static json_t *value_of_call(const struct kg_form *form)
{
	json_t *name = value_of_name(form->name, form->min, form->max);
	if (form->in == NULL && form->banned_count == 0)
		return name;
	json_t *object = json_object();
	row_add(&object, "call", name);
	if (form->in != NULL)
		row_add(&object, "in", value_of_inside(form->in));
	if (form->banned_count > 0)
		row_add(&object, "not", value_of_names(form->banned, form->banned_count));
	return object;
}

static json_t *value_of_repeat(const struct kg_form *form)
{
	json_t *parts =
		form->part_count == 1 ? value_of_form(form->parts[0]) : value_of_parts(form);
	json_t *object = json_object();
	if (form->min == 0 && form->max == 1) {
		row_add(&object, "opt", parts);
		return object;
	}
	row_add(&object, "rep", parts);
	if (form->min > 0)
		row_add(&object, "min", value_number(form->min));
	if (form->max != KG_FORM_NO_LIMIT)
		row_add(&object, "max", value_number(form->max));
	return object;
}

static json_t *value_of_choice(const char *key, const struct kg_form *form)
{
	json_t *object = json_object();
	row_add(&object, key, value_of_parts(form));
	return object;
}

static json_t *value_of_form(const struct kg_form *form)
{
	switch (form->kind) {
	case KG_FORM_CALL:
		return value_of_call(form);
	case KG_FORM_SEQUENCE:
		return value_of_parts(form);
	case KG_FORM_ALL:
		return value_of_choice("all", form);
	case KG_FORM_ANY:
		return value_of_choice("any", form);
	case KG_FORM_REPEAT:
		return value_of_repeat(form);
	case KG_FORM_REFERENCE:
		return json_sprintf("$%s", form->name);
	}
	return NULL;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static json_t *start_check(const char *id, const char *title, const char *why)
{
	json_t *row = json_object();
	row_add(&row, "id", value_text(id));
	row_add(&row, "title", value_text(title));
	row_add(&row, "why", value_text(why));
	return row;
}

static json_t *value_of_phases(const struct kg_learned *learned)
{
	json_t *list = json_array();
	for (size_t i = 0; i < learned->phase_count; i++) {
		const struct kg_learned_phase *phase = &learned->phases[i];
		json_t *row = start_check(phase->id, phase->title, phase->why);
		row_add(&row, "is", value_of_form(phase->form));
		list_add(&list, row);
	}
	return list;
}

/* "#(f) == #(g)" */
static json_t *value_of_equality(const struct kg_learned_rule *rule)
{
	char text[1024] = "";
	size_t len = 0;
	for (size_t i = 0; i < rule->name_count && len < sizeof(text); i++) {
		int added = snprintf(text + len, sizeof(text) - len, "%s#(%s)", i > 0 ? " == " : "",
				     rule->names[i]);
		len += added > 0 ? (size_t)added : 0;
	}
	return value_text(text);
}

/* "kvm kvm_intel" as a list of both. */
static json_t *value_of_set(const char *words)
{
	json_t *list = json_array();
	while (*words != '\0') {
		const size_t len = strcspn(words, " ");
		char *word = memory_alloc(len + 1);
		if (word != NULL) {
			memcpy(word, words, len);
			word[len] = '\0';
		}
		list_add(&list, word != NULL ? value_text(word) : NULL);
		memory_free(word);
		words += len + (words[len] == ' ');
	}
	return list;
}

static json_t *value_of_modules(const struct kg_learned_rule *rule)
{
	json_t *list = json_array();
	for (size_t i = 0; i < rule->name_count; i++)
		list_add(&list, value_of_set(rule->names[i]));
	return list;
}

static json_t *value_of_rule(const struct kg_learned_rule *rule)
{
	json_t *row = start_check(rule->id, rule->title, rule->why);
	switch (rule->kind) {
	case KG_LEARNED_COUNT:
		row_add(&row, "count", value_text(rule->names[0]));
		row_add(&row, "want", value_number(rule->number));
		break;
	case KG_LEARNED_PAIR:
		row_add(&row, "pair", value_of_names(rule->names, rule->name_count));
		row_add(&row, "per", value_text(rule->per));
		break;
	case KG_LEARNED_EXPR:
		row_add(&row, "expr", value_of_equality(rule));
		break;
	case KG_LEARNED_EACH:
		row_add(&row, "each", value_text(rule->names[0]));
		row_add(&row, "in", value_of_inside(rule->form));
		break;
	case KG_LEARNED_CPUS:
		row_add(&row, "cpus", value_text(rule->names[0]));
		break;
	case KG_LEARNED_MODULES:
		row_add(&row, "modules", value_of_modules(rule));
		break;
	case KG_LEARNED_BUDGET:
		row_add(&row, "budget", value_text(rule->names[0]));
		row_add(&row, "max_us", value_number(rule->number));
		row_add(&row, "severity", value_text("warn"));
		break;
	}
	return row;
}

static json_t *value_of_rules(const struct kg_learned *learned)
{
	json_t *list = json_array();
	for (size_t i = 0; i < learned->rule_count; i++)
		list_add(&list, value_of_rule(&learned->rules[i]));
	return list;
}

/* ---- the document ---------------------------------------------------------------------------- */

static json_t *value_of_subject(const struct kg_learned *learned)
{
	json_t *row = json_object();
	row_add(&row, "first", value_text(learned->first));
	if (learned->also_task != NULL)
		row_add(&row, "also_task", value_text(learned->also_task));
	if (learned->noise_count > 0)
		row_add(&row, "noise", value_of_names(learned->noise, learned->noise_count));
	if (learned->root_count > 0)
		row_add(&row, "roots", value_of_names(learned->roots, learned->root_count));
	return row;
}

static json_t *value_of_defines(const struct kg_learned *learned)
{
	json_t *row = json_object();
	for (size_t i = 0; i < learned->define_count; i++)
		row_add(&row, learned->defines[i].name, value_of_inside(learned->defines[i].form));
	return row;
}

static json_t *value_of_learned(const struct kg_learned *learned)
{
	json_t *all = json_object();
	row_add(&all, "fgpath", value_number(1));
	row_add(&all, "name", value_text(learned->name));
	row_add(&all, "title", value_text(learned->title));
	row_add(&all, "version", value_text("1"));
	row_add(&all, "applies", value_text(learned->applies));
	if (learned->first != NULL)
		row_add(&all, "subject", value_of_subject(learned));
	if (learned->ignore_count > 0)
		row_add(&all, "ignore", value_of_names(learned->ignore, learned->ignore_count));
	if (learned->define_count > 0)
		row_add(&all, "define", value_of_defines(learned));
	if (learned->phase_count > 0)
		row_add(&all, "phases", value_of_phases(learned));
	row_add(&all, "rules", value_of_rules(learned));
	return all;
}

enum kg_status kg_render_learned(struct kg_out *out, const struct kg_learned *learned)
{
	json_t *document = value_of_learned(learned);
	if (document == NULL)
		return KG_NOMEM;
	const enum kg_status status = tidy_document(out, document);
	json_decref(document);
	return status;
}

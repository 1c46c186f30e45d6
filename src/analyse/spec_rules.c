/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how rules are written. */
#include <string.h>

#include "analyse/spec_reader.h"
#include "base/memory.h"
#include "base/banned.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_KEYS 12

/* A rule that is being read, and where. */
struct rule_reader {
	struct spec_reader *reader;
	const struct spot *spot;
	json_t *object;
	struct rule *rule;
};

/* What a kind of rule looks like: the key that tells it, and those that only it has. */
struct rule_form {
	enum rule_kind kind;
	const char *key;
	const char *own_keys[3];
	size_t own_count;
	enum kg_status (*read)(const struct rule_reader *in);
};

/* ---- members --------------------------------------------------------------------------------- */

static struct spot spot_of(const struct rule_reader *in, const char *key)
{
	return (struct spot){ .up = in->spot, .key = key };
}

/* Makes room for the sets of names of a rule. */
static names_id *make_names(const struct rule_reader *in, size_t count)
{
	names_id *names = reader_alloc(in->reader, count * sizeof(*names));
	in->rule->names = names;
	in->rule->names_count = (uint32_t)count;
	return names;
}

/* The rule's sets of names are those of one or two members. */
static enum kg_status read_names(const struct rule_reader *in, const char *first,
				 const char *second)
{
	const char *const keys[] = { first, second };
	const size_t count = second != NULL ? 2 : 1;
	names_id *names = make_names(in, count);
	if (names == NULL)
		return KG_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(in->object, keys[i]);
		const struct spot here = spot_of(in, keys[i]);
		if (value == NULL)
			return reader_fail(in->reader, in->spot, "has no \"%s\"", keys[i]);
		enum kg_status status = reader_name_list(in->reader, &here, value, &names[i]);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

/* The rule's sets of names are the elements of a list. */
static enum kg_status read_name_sets(const struct rule_reader *in, const char *key, size_t least,
				     size_t most)
{
	json_t *list = json_object_get(in->object, key);
	const struct spot spot = spot_of(in, key);
	if (!json_is_array(list) || json_array_size(list) < least || json_array_size(list) > most)
		return reader_fail(in->reader, &spot, "has to be a list of %s%zu names",
				   least == most ? "" : "at least ", least);
	names_id *names = make_names(in, json_array_size(list));
	if (names == NULL)
		return KG_NOMEM;
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		const struct spot here = { .up = &spot, .index = i };
		enum kg_status status = reader_name_list(in->reader, &here, item, &names[i]);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

static enum kg_status read_want(const struct rule_reader *in, bool is_required)
{
	const json_t *value = json_object_get(in->object, "want");
	const struct spot here = spot_of(in, "want");
	in->rule->has_want = value != NULL;
	if (value == NULL)
		return is_required ? reader_fail(in->reader, in->spot, "has no \"want\"") : KG_OK;
	return reader_bound(in->reader, &here, value, &in->rule->want);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static enum kg_status read_count(const struct rule_reader *in)
{
	enum kg_status status = read_names(in, "count", NULL);
	return status == KG_OK ? read_want(in, true) : status;
}

static enum kg_status read_pair(const struct rule_reader *in)
{
	static const struct {
		const char *name;
		enum pair_scope scope;
	} scopes[] = {
		{ "trace", PAIR_IN_TRACE },
		{ "task", PAIR_PER_TASK },
		{ "cpu", PAIR_PER_CPU },
	};
	const json_t *value = json_object_get(in->object, "per");
	const struct spot here = spot_of(in, "per");
	enum kg_status status = read_name_sets(in, "pair", 2, 2);
	if (status != KG_OK || value == NULL)
		return status;
	for (size_t i = 0; json_is_string(value) && i < COUNT(scopes); i++) {
		if (strcmp(json_string_value(value), scopes[i].name) == 0) {
			in->rule->scope = scopes[i].scope;
			return KG_OK;
		}
	}
	return reader_fail(in->reader, &here, "has to be \"trace\", \"task\" or \"cpu\"");
}

static enum kg_status read_expr(const struct rule_reader *in)
{
	const struct spot here = spot_of(in, "expr");
	enum kg_status status = reader_string(in->reader, &here,
					      json_object_get(in->object, "expr"), &in->rule->text);
	if (status != KG_OK)
		return status;
	return reader_expr(in->reader, &here, in->rule->text, in->rule);
}

static enum kg_status read_each(const struct rule_reader *in)
{
	enum kg_status status = read_names(in, "each", NULL);
	if (status != KG_OK)
		return status;
	status = reader_call(in->reader, in->spot, in->object, in->rule->names[0], &in->rule->call);
	if (status == KG_OK && !in->reader->spec->calls.at[in->rule->call].has_condition)
		return reader_fail(in->reader, in->spot,
				   "has none of \"in\", \"not\", \"count\": what is to hold?");
	return status;
}

static enum kg_status read_order(const struct rule_reader *in)
{
	return read_name_sets(in, "order", 2, UINT16_MAX);
}

static enum kg_status read_inside(const struct rule_reader *in)
{
	return read_names(in, "inside", "window");
}

static enum kg_status read_cpus(const struct rule_reader *in)
{
	enum kg_status status = read_names(in, "cpus", NULL);
	return status == KG_OK ? read_want(in, false) : status;
}

static enum kg_status read_forbid(const struct rule_reader *in)
{
	return read_names(in, "forbid", NULL);
}

static enum kg_status read_module_set(const struct rule_reader *in, const struct spot *spot,
				      json_t *list, struct module_set *out)
{
	if (!json_is_array(list))
		return reader_fail(in->reader, spot, "has to be a list of modules");
	const char **names = reader_alloc(in->reader, json_array_size(list) * sizeof(*names));
	if (names == NULL)
		return KG_NOMEM;
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		enum kg_status status = reader_string(in->reader, &here, item, &names[i]);
		if (status != KG_OK)
			return status;
	}
	*out = (struct module_set){ names, (uint32_t)json_array_size(list) };
	return KG_OK;
}

static enum kg_status read_modules(const struct rule_reader *in)
{
	json_t *list = json_object_get(in->object, "modules");
	const struct spot spot = spot_of(in, "modules");
	const size_t count = json_array_size(list);
	if (count == 0 || count > RULE_MAX_MODULE_SETS)
		return reader_fail(in->reader, &spot, "has to be a list of 1 to %d lists",
				   RULE_MAX_MODULE_SETS);
	struct module_set *sets = reader_alloc(in->reader, count * sizeof(*sets));
	if (sets == NULL)
		return KG_NOMEM;
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		const struct spot here = { .up = &spot, .index = i };
		enum kg_status status = read_module_set(in, &here, item, &sets[i]);
		if (status != KG_OK)
			return status;
	}
	in->rule->modules = sets;
	in->rule->module_set_count = (uint32_t)count;
	return KG_OK;
}

static enum kg_status read_limit(const struct rule_reader *in, const char *key, bool *out_has,
				 struct amount *out)
{
	const json_t *value = json_object_get(in->object, key);
	const struct spot here = spot_of(in, key);
	*out_has = value != NULL;
	return value == NULL ? KG_OK : reader_amount(in->reader, &here, value, out);
}

static enum kg_status read_budget(const struct rule_reader *in)
{
	struct rule *rule = in->rule;
	enum kg_status status = read_names(in, "budget", NULL);
	if (status == KG_OK)
		status = read_limit(in, "max_us", &rule->has_max, &rule->max_us);
	if (status == KG_OK)
		status = read_limit(in, "total_us", &rule->has_total, &rule->total_us);
	if (status == KG_OK && !rule->has_max && !rule->has_total)
		status = reader_fail(in->reader, in->spot,
				     "has neither \"max_us\" nor \"total_us\"");
	return status;
}

static enum kg_status read_closed(const struct rule_reader *in)
{
	return read_names(in, "closed", "before");
}

static enum kg_status read_last(const struct rule_reader *in)
{
	return read_names(in, "last", "among");
}

/* "each" stands before "count", which it may have too. */
static const struct rule_form forms[] = {
	{ RULE_EACH, "each", { "in", "not", "count" }, 3, read_each },
	{ RULE_COUNT, "count", { "want" }, 1, read_count },
	{ RULE_PAIR, "pair", { "per" }, 1, read_pair },
	{ RULE_EXPR, "expr", { 0 }, 0, read_expr },
	{ RULE_ORDER, "order", { 0 }, 0, read_order },
	{ RULE_INSIDE, "inside", { "window" }, 1, read_inside },
	{ RULE_CPUS, "cpus", { "want" }, 1, read_cpus },
	{ RULE_FORBID, "forbid", { 0 }, 0, read_forbid },
	{ RULE_MODULES, "modules", { 0 }, 0, read_modules },
	{ RULE_BUDGET, "budget", { "max_us", "total_us" }, 2, read_budget },
	{ RULE_CLOSED, "closed", { "before" }, 1, read_closed },
	{ RULE_LAST, "last", { "among" }, 1, read_last },
};

static const char *const common_keys[] = { "id",     "title",		"why", "severity", "when",
					   "unless", "needs_all_tasks", "over" };

/* ---- rules ----------------------------------------------------------------------------------- */

static const struct rule_form *find_form(const json_t *object)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		if (json_object_get(object, forms[i].key) != NULL)
			return &forms[i];
	}
	return NULL;
}

static enum kg_status check_keys(const struct rule_reader *in, const struct rule_form *form)
{
	const char *keys[MAX_KEYS];
	size_t count = 0;
	for (size_t i = 0; i < COUNT(common_keys); i++)
		keys[count++] = common_keys[i];
	if (form == NULL) {
		/* a misspelt key may be why no form was found */
		const char *all[COUNT(common_keys) + COUNT(forms)];
		memcpy(all, common_keys, sizeof(common_keys));
		for (size_t i = 0; i < COUNT(forms); i++)
			all[count++] = forms[i].key;
		enum kg_status status =
			reader_check_keys(in->reader, in->spot, in->object, all, count);
		if (status != KG_OK)
			return status;
		return reader_fail(in->reader, in->spot, "does not say what it checks");
	}
	keys[count++] = form->key;
	for (size_t i = 0; i < form->own_count; i++)
		keys[count++] = form->own_keys[i];
	return reader_check_keys(in->reader, in->spot, in->object, keys, count);
}

static enum kg_status check_id_is_new(const struct rule_reader *in)
{
	const struct kg_spec *spec = in->reader->spec;
	const struct spot here = spot_of(in, "id");
	for (size_t i = 0; i < spec->rules.count; i++) {
		if (strcmp(spec->rules.at[i].id, in->rule->id) == 0)
			return reader_fail(in->reader, &here, "\"%s\" is the id of rules[%zu] too",
					   in->rule->id, i);
	}
	return KG_OK;
}

static enum kg_status read_severity(const struct rule_reader *in)
{
	const json_t *value = json_object_get(in->object, "severity");
	const struct spot here = spot_of(in, "severity");
	if (value == NULL)
		return KG_OK;
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	in->rule->is_warning = strcmp(text, "warn") == 0;
	if (!in->rule->is_warning && strcmp(text, "error") != 0)
		return reader_fail(in->reader, &here, "has to be \"error\" or \"warn\"");
	return KG_OK;
}

static enum kg_status read_needs(const struct rule_reader *in)
{
	const json_t *value = json_object_get(in->object, "needs_all_tasks");
	const struct spot here = spot_of(in, "needs_all_tasks");
	if (value != NULL && !json_is_boolean(value))
		return reader_fail(in->reader, &here, "has to be true or false");
	in->rule->needs_all_tasks = json_is_true(value);
	return KG_OK;
}

static enum kg_status read_over(const struct rule_reader *in)
{
	const json_t *value = json_object_get(in->object, "over");
	const struct spot here = spot_of(in, "over");
	const char *text = value == NULL	   ? "subject"
			   : json_is_string(value) ? json_string_value(value)
						   : "";
	in->rule->is_over_trace = strcmp(text, "trace") == 0;
	if (!in->rule->is_over_trace && strcmp(text, "subject") != 0)
		return reader_fail(in->reader, &here, "has to be \"trace\" or \"subject\"");
	return KG_OK;
}

static enum kg_status read_common(const struct rule_reader *in)
{
	struct rule *rule = in->rule;
	const struct spot id_spot = spot_of(in, "id");
	const struct spot when_spot = spot_of(in, "when");
	const struct spot unless_spot = spot_of(in, "unless");
	const json_t *when = json_object_get(in->object, "when");
	const json_t *unless = json_object_get(in->object, "unless");
	enum kg_status status =
		reader_string(in->reader, &id_spot, json_object_get(in->object, "id"), &rule->id);
	if (status == KG_OK)
		status = check_id_is_new(in);
	if (status == KG_OK)
		status = reader_member_string(in->reader, in->spot, in->object, "title",
					      &rule->title);
	if (status == KG_OK)
		status = reader_member_string(in->reader, in->spot, in->object, "why", &rule->why);
	if (status == KG_OK)
		status = read_severity(in);
	if (status == KG_OK)
		status = read_needs(in);
	if (status == KG_OK)
		status = read_over(in);
	if (status == KG_OK && when != NULL)
		status = reader_name_list(in->reader, &when_spot, when, &rule->when);
	if (status == KG_OK && unless != NULL)
		status = reader_name_list(in->reader, &unless_spot, unless, &rule->unless);
	return status;
}

static enum kg_status read_rule(struct spec_reader *reader, const struct spot *spot, json_t *object)
{
	struct rule rule = { .when = NO_NAMES, .unless = NO_NAMES };
	const struct rule_reader in = { reader, spot, object, &rule };
	if (!json_is_object(object))
		return reader_fail(reader, spot, "has to be an object");
	const struct rule_form *form = find_form(object);
	enum kg_status status = check_keys(&in, form);
	if (status != KG_OK)
		return status;
	rule.kind = form->kind;
	status = read_common(&in);
	if (status == KG_OK)
		status = form->read(&in);
	if (status != KG_OK)
		return status;
	if (rule.title == NULL)
		rule.title = rule.id;
	return column_push(&reader->spec->rules, rule) ? KG_OK : KG_NOMEM;
}

enum kg_status reader_rules(struct spec_reader *reader, const struct spot *spot, json_t *value)
{
	if (!json_is_array(value))
		return reader_fail(reader, spot, "has to be a list");
	enum kg_status all = KG_OK;
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		enum kg_status status = read_rule(reader, &here, item);
		if (!reader_goes_on(status, &all))
			return status;
	}
	return all;
}

/* ---- other specifications ---- */

/* Whether a sum can only grow with more calls (with none: stays as it is). */
static bool only_grows(const struct expr *expr, const struct expr_side *side, bool has_calls)
{
	for (uint32_t i = 0; i < side->step_count; i++) {
		const enum expr_code code = expr->steps[side->first_step + i].code;
		if (code == EXPR_SUBTRACT || (code == EXPR_CALLS && !has_calls))
			return false;
	}
	return true;
}

/* More calls than a number stay more. */
static bool stays_true(const struct expr *expr)
{
	const enum compare compare = expr->sides[0].compare;
	return expr->side_count == 2 && (compare == COMPARE_GT || compare == COMPARE_GE) &&
	       only_grows(expr, &expr->sides[0], true) && only_grows(expr, &expr->sides[1], false);
}

/* "if": a comparison like that of a rule; "use": what then suits better. */
static enum kg_status read_choice(struct spec_reader *reader, const struct spot *spot,
				  json_t *object)
{
	static const char *const keys[] = { "if", "use" };
	struct rule rule = { .kind = RULE_CHOICE, .when = NO_NAMES, .unless = NO_NAMES };
	const struct spot if_spot = { .up = spot, .key = "if" };
	const struct spot use_spot = { .up = spot, .key = "use" };
	if (!json_is_object(object))
		return reader_fail(reader, spot, "has to be an object");
	enum kg_status status = reader_check_keys(reader, spot, object, keys, COUNT(keys));
	if (status == KG_OK)
		status = reader_string(reader, &use_spot, json_object_get(object, "use"), &rule.id);
	if (status == KG_OK)
		status = reader_string(reader, &if_spot, json_object_get(object, "if"), &rule.text);
	if (status == KG_OK)
		status = reader_expr(reader, &if_spot, rule.text, &rule);
	if (status != KG_OK)
		return status;
	rule.stays_true = stays_true(&rule.expr);
	return column_push(&reader->spec->rules, rule) ? KG_OK : KG_NOMEM;
}

enum kg_status reader_instead(struct spec_reader *reader, const struct spot *spot, json_t *value)
{
	enum kg_status all = KG_OK;
	size_t i;
	json_t *item;
	if (!json_is_array(value))
		return reader_fail(reader, spot, "has to be a list");
	json_array_foreach(value, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		enum kg_status status = read_choice(reader, &here, item);
		if (!reader_goes_on(status, &all))
			return status;
	}
	return all;
}

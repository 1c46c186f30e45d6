/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what in kvmgraph.env/1 and kvmgraph.lab/1 is worth comparing. */
#include "analyse/surroundings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/beside_json.h"
#include "base/error.h"
#include "event/func.h"
#include "base/banned.h"

/* Of one recording, not of what it was recorded on. */
static const char *const left_out[] = { "schema", "note",   "buffers",	 "functions",
					"traced", "lost",   "exit_code", "words",
					"name",	  "status", "source",	 "exit_signal" };

static bool is_left_out(const char *key)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (strcmp(left_out[i], key) == 0)
			return true;
	}
	return false;
}

/* ---- facts ----------------------------------------------------------------------------------- */

static struct fact *find_fact(const struct surroundings *surroundings, const char *name)
{
	for (size_t i = 0; i < surroundings->facts.count; i++) {
		if (strcmp(surroundings->facts.at[i].name, name) == 0)
			return &surroundings->facts.at[i];
	}
	return NULL;
}

const struct fact *surroundings_find(const struct surroundings *surroundings, const char *name)
{
	return find_fact(surroundings, name);
}

static struct fact *reach_fact(struct surroundings *surroundings, const char *name)
{
	struct fact *known = find_fact(surroundings, name);
	if (known != NULL)
		return known;
	const char *copy = arena_copy_string(&surroundings->memory, name);
	if (copy == NULL || !column_push(&surroundings->facts, (struct fact){ .name = copy }))
		return NULL;
	return &surroundings->facts.at[surroundings->facts.count - 1];
}

/*
 * The first ones of the alphabet are the same whatever comes in which order, and each of them was
 * among the first from the moment it was told: so its count is right.
 */
static bool add_value(struct surroundings *surroundings, struct fact *fact, const char *text,
		      uint64_t count)
{
	size_t at = 0;
	int order = 1;
	while (at < fact->values.count && (order = strcmp(fact->values.at[at].text, text)) < 0)
		at++;
	if (at < fact->values.count && order == 0) {
		fact->values.at[at].count += count;
		return true;
	}
	if (at == FACT_VALUES_MAX)
		return true;
	const char *copy = arena_copy_string(&surroundings->memory, text);
	if (copy == NULL || !column_reserve(&fact->values, fact->values.count + 1))
		return false;
	memmove(&fact->values.at[at + 1], &fact->values.at[at],
		(fact->values.count - at) * sizeof(*fact->values.at));
	fact->values.at[at] = (struct fact_value){ copy, count };
	fact->values.count++;
	if (fact->values.count > FACT_VALUES_MAX)
		fact->values.count = FACT_VALUES_MAX;
	return true;
}

bool surroundings_tell(struct surroundings *surroundings, const char *name, const char *value,
		       uint64_t count)
{
	struct fact *fact = reach_fact(surroundings, name);
	if (fact == NULL)
		return false;
	fact->told += count;
	return add_value(surroundings, fact, value, count);
}

bool surroundings_tell_trace(struct surroundings *surroundings, const struct kg_info *info)
{
	const char *vendor = kg_vendor_name(info->vendor);
	return (vendor == NULL ||
		surroundings_tell(surroundings, TRACE_FACT "vendor", vendor, 1)) &&
	       (info->kernel == NULL ||
		surroundings_tell(surroundings, TRACE_FACT "kernel", info->kernel, 1));
}

static int compare_facts(const void *a, const void *b)
{
	const struct fact *left = a;
	const struct fact *right = b;
	return strcmp(left->name, right->name);
}

static const char *join_values(struct arena *memory, const struct fact *fact)
{
	const char *joined = fact->values.at[0].text;
	for (size_t i = 1; i < fact->values.count && joined != NULL; i++)
		joined = arena_format(memory, "%s | %s", joined, fact->values.at[i].text);
	return joined;
}

bool surroundings_settle(struct surroundings *surroundings)
{
	if (surroundings->facts.count > 1)
		qsort(surroundings->facts.at, surroundings->facts.count,
		      sizeof(*surroundings->facts.at), compare_facts);
	for (size_t i = 0; i < surroundings->facts.count; i++) {
		struct fact *fact = &surroundings->facts.at[i];
		fact->joined = join_values(&surroundings->memory, fact);
		if (fact->joined == NULL)
			return false;
	}
	return true;
}

/* ---- documents, flattened -------------------------------------------------------------------- */

/* A list of words in one value. */
static const char *join_words(struct arena *memory, const json_t *list)
{
	size_t i;
	json_t *word;
	const char *joined = "";
	json_array_foreach(list, i, word)
	{
		const char *text = json_string_value(word);
		if (text == NULL)
			continue;
		joined = arena_format(memory, "%s%s%s", joined, i > 0 ? " " : "", text);
		if (joined == NULL)
			return NULL;
	}
	return joined;
}

/* A value as text; NULL when memory is out. */
static const char *text_of(struct arena *memory, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return arena_copy_string(memory, json_string_value(value));
	case JSON_INTEGER:
		return arena_format(memory, "%" PRIdMAX, (intmax_t)json_integer_value(value));
	case JSON_REAL:
		return arena_format(memory, "%g", json_real_value(value));
	case JSON_TRUE:
		return "yes";
	case JSON_FALSE:
		return "no";
	case JSON_ARRAY:
		return join_words(memory, value);
	case JSON_OBJECT:
	case JSON_NULL:
		break;
	}
	return "";
}

static enum kg_status flatten_value(struct surroundings *surroundings, const char *name,
				    const json_t *value)
{
	const char *text = text_of(&surroundings->memory, value);
	return text != NULL && surroundings_tell(surroundings, name, text, 1) ? KG_OK : KG_NOMEM;
}

/* Members of an object, and of objects in it; documents are two levels deep. */
static enum kg_status flatten(struct surroundings *surroundings, const char *prefix, json_t *object,
			      int levels)
{
	const char *key;
	json_t *value;
	enum kg_status status = KG_OK;
	json_object_foreach(object, key, value)
	{
		if (status != KG_OK)
			break;
		if (is_left_out(key) || json_is_null(value))
			continue;
		const char *name = arena_format(&surroundings->memory, "%s%s%s", prefix,
						prefix[0] != '\0' ? "." : "", key);
		if (name == NULL)
			return KG_NOMEM;
		if (!json_is_object(value))
			status = flatten_value(surroundings, name, value);
		else if (levels > 0)
			status = flatten(surroundings, name, value, levels - 1);
	}
	return status;
}

/* ---- functions ------------------------------------------------------------------------------- */

static bool add_base(struct surroundings *surroundings, struct renames *names, const char *base)
{
	const uint32_t name = renames_add(names, base);
	if (name == INTERN_NONE || !column_reach(&surroundings->is_traceable, name))
		return false;
	surroundings->is_traceable.at[name] = true;
	surroundings->knows_functions = true;
	return true;
}

bool surroundings_add_function(struct surroundings *surroundings, struct renames *names,
			       const char *function)
{
	const struct span whole = { (const unsigned char *)function, strlen(function) };
	const struct span base = func_base(whole);
	if (base.len == whole.len)
		return add_base(surroundings, names, function);
	const char *copy = arena_copy(&surroundings->memory, base);
	return copy != NULL && add_base(surroundings, names, copy);
}

static enum kg_status take_functions(struct surroundings *surroundings, struct renames *names,
				     const json_t *modules)
{
	size_t i;
	json_t *module;
	json_array_foreach(modules, i, module)
	{
		size_t j;
		json_t *function;
		json_array_foreach(json_object_get(module, "names"), j, function)
		{
			const char *text = json_string_value(function);
			if (text != NULL && !surroundings_add_function(surroundings, names, text))
				return KG_NOMEM;
		}
	}
	return KG_OK;
}

/* ---- documents ------------------------------------------------------------------------------- */

static enum kg_status take_env(struct surroundings *surroundings, struct renames *names,
			       json_t *document)
{
	const json_t *host = json_object_get(document, "host");
	if (json_is_true(json_object_get(host, "emulated")))
		surroundings->is_emulated = true;
	enum kg_status status = flatten(surroundings, "", document, 1);
	if (status == KG_OK)
		status =
			take_functions(surroundings, names, json_object_get(document, "functions"));
	return status;
}

static enum kg_status take_lab(struct surroundings *surroundings, json_t *document)
{
	size_t i;
	json_t *boot;
	enum kg_status status = KG_OK;
	json_array_foreach(json_object_get(document, "boots"), i, boot)
	{
		/* kernel.release tells it */
		(void)json_object_del(boot, "kernel");
		if (json_is_string(json_object_get(boot, "emulated")))
			surroundings->is_emulated = true;
		if (status == KG_OK)
			status = flatten(surroundings, "lab", boot, 0);
	}
	return status;
}

enum kg_status surroundings_add(struct surroundings *surroundings, struct renames *names,
				const char *json, size_t len, struct kg_error *err)
{
	struct json_reader reader = { .memory = &surroundings->memory, .err = err };
	json_t *document = json_reader_parse(&reader, json, len);
	if (document == NULL)
		return reader.status;
	const char *schema = json_string_value(json_object_get(document, "schema"));
	enum kg_status status;
	surroundings->documents++;
	if (schema != NULL && strcmp(schema, "kvmgraph.env/1") == 0)
		status = take_env(surroundings, names, document);
	else if (schema != NULL && strcmp(schema, "kvmgraph.lab/1") == 0)
		status = take_lab(surroundings, document);
	else
		status = error_set(err, KG_BAD_FORMAT, NULL, 0,
				   "is neither a kvmgraph.env/1 nor a kvmgraph.lab/1");
	json_decref(document);
	return status;
}

/* ---- others ---------------------------------------------------------------------------------- */

bool surroundings_merge(struct surroundings *surroundings, struct renames *names,
			const struct surroundings *other, const struct renames *other_names)
{
	surroundings->documents += other->documents;
	surroundings->is_emulated |= other->is_emulated;
	for (size_t i = 0; i < other->facts.count; i++) {
		const struct fact *from = &other->facts.at[i];
		struct fact *fact = reach_fact(surroundings, from->name);
		if (fact == NULL)
			return false;
		fact->told += from->told;
		for (size_t k = 0; k < from->values.count; k++) {
			const struct fact_value *value = &from->values.at[k];
			if (!add_value(surroundings, fact, value->text, value->count))
				return false;
		}
	}
	for (size_t name = 0; name < other->is_traceable.count; name++) {
		if (other->is_traceable.at[name] &&
		    !add_base(surroundings, names, renames_text(other_names, (uint32_t)name)))
			return false;
	}
	return true;
}

void surroundings_release(struct surroundings *surroundings)
{
	for (size_t i = 0; i < surroundings->facts.count; i++)
		column_release(&surroundings->facts.at[i].values);
	arena_release(&surroundings->memory);
	column_release(&surroundings->facts);
	column_release(&surroundings->is_traceable);
}

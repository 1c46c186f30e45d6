/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what in kvmgraph.env/1 and kvmgraph.lab/1 is worth comparing. */
#include "analyse/diff_environment.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

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

static struct env_fact *find_fact(const struct diff_environment *environment, const char *name)
{
	for (size_t i = 0; i < environment->facts.count; i++) {
		if (strcmp(environment->facts.at[i].name, name) == 0)
			return &environment->facts.at[i];
	}
	return NULL;
}

const char *environment_find(const struct diff_environment *environment, const char *name)
{
	const struct env_fact *fact = find_fact(environment, name);
	return fact != NULL ? fact->value : NULL;
}

/* Whether one of the values of a fact is this one. */
static bool has_value(const char *values, const char *value)
{
	const size_t len = strlen(value);
	for (const char *at = values; (at = strstr(at, value)) != NULL; at++) {
		const bool is_start =
			at == values || (at - values >= 3 && at[-1] == ' ' && at[-2] == '|');
		const bool is_end = at[len] == '\0' || strncmp(at + len, " | ", 3) == 0;
		if (is_start && is_end)
			return true;
	}
	return false;
}

static enum kg_status add_fact(struct diff_environment *environment, const char *name,
			       const char *value)
{
	if (name == NULL || value == NULL)
		return KG_NOMEM;
	struct env_fact *known = find_fact(environment, name);
	if (known != NULL) {
		if (has_value(known->value, value))
			return KG_OK;
		known->value = arena_format(&environment->memory, "%s | %s", known->value, value);
		return known->value != NULL ? KG_OK : KG_NOMEM;
	}
	return column_push(&environment->facts, (struct env_fact){ name, value }) ? KG_OK
										  : KG_NOMEM;
}

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

/* Members of an object, and of objects in it; documents are two levels deep. */
static enum kg_status flatten(struct diff_environment *environment, const char *prefix,
			      json_t *object, int levels)
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
		const char *name = arena_format(&environment->memory, "%s%s%s", prefix,
						prefix[0] != '\0' ? "." : "", key);
		if (name == NULL)
			return KG_NOMEM;
		if (!json_is_object(value))
			status = add_fact(environment, name, text_of(&environment->memory, value));
		else if (levels > 0)
			status = flatten(environment, name, value, levels - 1);
	}
	return status;
}

/* ---- functions ------------------------------------------------------------------------------- */

static enum kg_status add_function(struct diff_environment *environment, struct renames *names,
				   const char *function)
{
	const struct span base =
		func_base((struct span){ (const unsigned char *)function, strlen(function) });
	const char *copy = arena_copy(&environment->memory, base);
	const uint32_t name = copy != NULL ? renames_add(names, copy) : INTERN_NONE;
	if (name == INTERN_NONE || !column_reach(&environment->is_traceable, name))
		return KG_NOMEM;
	environment->is_traceable.at[name] = true;
	return KG_OK;
}

static enum kg_status take_functions(struct diff_environment *environment, struct renames *names,
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
			enum kg_status status =
				text != NULL ? add_function(environment, names, text) : KG_OK;
			if (status != KG_OK)
				return status;
			environment->knows_functions = true;
		}
	}
	return KG_OK;
}

/* ---- documents ------------------------------------------------------------------------------- */

static enum kg_status take_env(struct diff_environment *environment, struct renames *names,
			       json_t *document)
{
	const json_t *host = json_object_get(document, "host");
	if (json_is_true(json_object_get(host, "emulated")))
		environment->is_emulated = true;
	enum kg_status status = flatten(environment, "", document, 1);
	if (status == KG_OK)
		status = take_functions(environment, names, json_object_get(document, "functions"));
	return status;
}

static enum kg_status take_lab(struct diff_environment *environment, json_t *document)
{
	size_t i;
	json_t *boot;
	enum kg_status status = KG_OK;
	json_array_foreach(json_object_get(document, "boots"), i, boot)
	{
		/* kernel.release tells it */
		(void)json_object_del(boot, "kernel");
		if (json_is_string(json_object_get(boot, "emulated")))
			environment->is_emulated = true;
		if (status == KG_OK)
			status = flatten(environment, "lab", boot, 0);
	}
	return status;
}

enum kg_status environment_add(struct diff_environment *environment, struct renames *names,
			       const char *json, size_t len, struct kg_error *err)
{
	json_error_t where;
	json_t *document = json_loadb(json, len, 0, &where);
	if (document == NULL) {
		enum kg_status status = error_set(err, KG_BAD_FORMAT, NULL, 0, "%s", where.text);
		if (err != NULL && where.line > 0)
			err->line_no = (uint64_t)where.line;
		return status;
	}
	const char *schema = json_string_value(json_object_get(document, "schema"));
	enum kg_status status;
	if (schema != NULL && strcmp(schema, "kvmgraph.env/1") == 0)
		status = take_env(environment, names, document);
	else if (schema != NULL && strcmp(schema, "kvmgraph.lab/1") == 0)
		status = take_lab(environment, document);
	else
		status = error_set(err, KG_BAD_FORMAT, NULL, 0,
				   "is neither a kvmgraph.env/1 nor a kvmgraph.lab/1");
	json_decref(document);
	return status;
}

void environment_release(struct diff_environment *environment)
{
	arena_release(&environment->memory);
	column_release(&environment->facts);
	column_release(&environment->is_traceable);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which names mean the same function. */
#include "analyse/renames.h"

#include <string.h>

#include <jansson.h>

#include "analyse/spec_builtin.h"
#include "base/assert.h"
#include "base/banned.h"

/* ---- names ----------------------------------------------------------------------------------- */

static uint32_t add_name(struct renames *renames, const char *name)
{
	const struct span bytes = { (const unsigned char *)name, strlen(name) };
	uint32_t id = intern_add_copy(&renames->names, bytes);
	if (id == INTERN_NONE)
		return INTERN_NONE;
	while (renames->keys.count <= id) {
		const uint32_t next = (uint32_t)renames->keys.count;
		if (!column_push(&renames->keys, next))
			return INTERN_NONE;
	}
	return id;
}

/* Gives a name of a wrapper the key of what it wraps; false when memory is out. */
static bool key_wrapper(struct renames *renames, uint32_t id, const char *name)
{
	for (size_t i = 0; i < renames->prefixes.count; i++) {
		const struct rename_prefix *prefix = &renames->prefixes.at[i];
		const size_t len = strlen(prefix->from);
		if (strncmp(name, prefix->from, len) != 0 || name[len] == '\0')
			continue;
		const char *wrapped =
			arena_format(&renames->memory, "%s%s", prefix->to, name + len);
		if (wrapped == NULL)
			return false;
		const uint32_t inner = add_name(renames, wrapped);
		if (inner == INTERN_NONE)
			return false;
		renames->keys.at[id] = renames->keys.at[inner];
		return true;
	}
	return true;
}

uint32_t renames_add(struct renames *renames, const char *name)
{
	const size_t known = renames->keys.count;
	const uint32_t id = add_name(renames, name);
	if (id == INTERN_NONE || id < known)
		return id;
	return key_wrapper(renames, id, name) ? id : INTERN_NONE;
}

void renames_join(struct renames *renames, uint32_t key, uint32_t into)
{
	for (size_t i = 0; i < renames->keys.count; i++) {
		if (renames->keys.at[i] == key)
			renames->keys.at[i] = into;
	}
}

/* ---- what is known beforehand ---------------------------------------------------------------- */

static enum kg_status take_prefixes(struct renames *renames, const json_t *list)
{
	size_t i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		const char *from = json_string_value(json_object_get(row, "from"));
		const char *to = json_string_value(json_object_get(row, "to"));
		if (from == NULL || to == NULL)
			return KG_BAD_FORMAT;
		const struct rename_prefix prefix = {
			.from = arena_copy_string(&renames->memory, from),
			.to = arena_copy_string(&renames->memory, to),
		};
		if (prefix.from == NULL || prefix.to == NULL ||
		    !column_push(&renames->prefixes, prefix))
			return KG_NOMEM;
	}
	return KG_OK;
}

static enum kg_status take_group(struct renames *renames, const json_t *group)
{
	size_t i;
	json_t *name;
	const char *wrapper = json_string_value(json_object_get(group, "wrapper"));
	struct rename_wrapper pair = { INTERN_NONE, INTERN_NONE };
	json_array_foreach(json_object_get(group, "names"), i, name)
	{
		const char *text = json_string_value(name);
		if (text == NULL)
			return KG_BAD_FORMAT;
		const uint32_t id = add_name(renames, text);
		if (id == INTERN_NONE)
			return KG_NOMEM;
		if (wrapper != NULL && strcmp(text, wrapper) == 0) {
			pair.name = id;
			continue;
		}
		if (pair.key == INTERN_NONE)
			pair.key = id;
		renames->keys.at[id] = pair.key;
	}
	if (wrapper != NULL && (pair.name == INTERN_NONE || pair.key == INTERN_NONE))
		return KG_BAD_FORMAT;
	return wrapper == NULL || column_push(&renames->wrappers, pair) ? KG_OK : KG_NOMEM;
}

static enum kg_status take_table(struct renames *renames, const json_t *table)
{
	size_t i;
	json_t *group;
	enum kg_status status = take_prefixes(renames, json_object_get(table, "prefixes"));
	json_array_foreach(json_object_get(table, "groups"), i, group)
	{
		if (status == KG_OK)
			status = take_group(renames, group);
	}
	return status;
}

enum kg_status renames_init(struct renames *renames)
{
	*renames = (struct renames){ 0 };
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < rename_builtin_count && status == KG_OK; i++) {
		const struct spec_builtin *file = &rename_builtins[i];
		json_t *table = json_loadb((const char *)file->json, file->len, 0, NULL);
		status = table == NULL ? KG_NOMEM : take_table(renames, table);
		json_decref(table);
	}
	if (status != KG_OK)
		renames_release(renames);
	/* the file is our own */
	KG_ASSERT(status != KG_BAD_FORMAT);
	return status;
}

void renames_release(struct renames *renames)
{
	intern_release(&renames->names);
	column_release(&renames->keys);
	column_release(&renames->wrappers);
	column_release(&renames->prefixes);
	arena_release(&renames->memory);
}

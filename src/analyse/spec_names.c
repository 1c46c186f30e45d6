/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how names of functions are written: alternatives, aliases, globs. */
#include <string.h>

#include "analyse/spec_reader.h"
#include "base/memory.h"
#include "base/banned.h"

#define MAX_ALIAS_DEPTH 16
#define MAX_SETS 8192

/* The texts that a list of names comes down to. */
struct name_texts {
	COLUMN(const char *) at;
	bool allow_globs;
	uint32_t alias_depth;
};

static enum kg_status add_alternatives(const struct spec_reader *reader, const struct spot *spot,
				       struct name_texts *texts, const char *text);

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '$' || c == ':';
}

static bool is_glob_char(char c)
{
	return is_name_char(c) || strchr("*?[]!-^", c) != NULL;
}

static bool is_name(const char *text, bool allow_globs)
{
	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (!(allow_globs ? is_glob_char(*text) : is_name_char(*text)))
			return false;
	}
	return true;
}

static enum kg_status fail_alias(const struct spec_reader *reader, const struct spot *spot,
				 const char *name)
{
	const char *key;
	json_t *value;
	const char *nearest = NULL;
	json_object_foreach(reader->aliases, key, value)
	{
		if (nearest == NULL)
			nearest = nearest_name(name, &key, 1);
	}
	if (nearest == NULL)
		return reader_fail(reader, spot, "no alias is called \"%s\"", name);
	return reader_fail(reader, spot, "no alias is called \"%s\" (did you mean \"%s\"?)", name,
			   nearest);
}

/* Adds the names that an alias stands for. */
static enum kg_status add_alias(const struct spec_reader *reader, const struct spot *spot,
				struct name_texts *texts, const char *name)
{
	const json_t *value = json_object_get(reader->aliases, name);
	if (value == NULL)
		return fail_alias(reader, spot, name);
	const struct spot group = { .key = "alias" };
	const struct spot here = { .up = &group, .key = name };
	if (!json_is_string(value))
		return reader_fail(reader, &here, "has to be a text like \"old_name|new_name\"");
	if (texts->alias_depth >= MAX_ALIAS_DEPTH)
		return reader_fail(reader, &here, "stands for itself");
	const bool allow_globs = texts->allow_globs;
	texts->allow_globs = true;
	texts->alias_depth++;
	enum kg_status status = add_alternatives(reader, &here, texts, json_string_value(value));
	texts->alias_depth--;
	texts->allow_globs = allow_globs;
	return status;
}

static enum kg_status add_name(const struct spec_reader *reader, const struct spot *spot,
			       struct name_texts *texts, const char *text)
{
	if (text[0] == '@')
		return add_alias(reader, spot, texts, text + 1);
	if (text[0] == '$')
		return reader_fail(reader, spot, "\"%s\" is a pattern where names are wanted",
				   text);
	if (!is_name(text, texts->allow_globs))
		return reader_fail(reader, spot, "\"%s\" is no name of a function%s", text,
				   is_name(text, true) ? " (globs have to be put into an alias)"
						       : "");
	return column_push(&texts->at, text) ? KG_OK : KG_NOMEM;
}

/* Adds what stands between the bars of "f|g|@alias". */
static enum kg_status add_alternatives(const struct spec_reader *reader, const struct spot *spot,
				       struct name_texts *texts, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "|");
		struct span part = { (const unsigned char *)text, len };
		const char *copy = arena_copy(&reader->spec->memory, span_trim(part));
		if (copy == NULL)
			return KG_NOMEM;
		enum kg_status status = add_name(reader, spot, texts, copy);
		if (status != KG_OK)
			return status;
		if (text[len] == '\0')
			return KG_OK;
		text += len + 1;
	}
}

static enum kg_status add_set(const struct spec_reader *reader, const struct spot *spot,
			      struct name_texts *texts, names_id *out)
{
	if (reader->spec->vocabulary.sets.count >= MAX_SETS)
		return reader_fail(reader, spot, "too many sets of names: more than %d", MAX_SETS);
	names_id id =
		vocabulary_add(&reader->spec->vocabulary, texts->at.at, (uint32_t)texts->at.count);
	if (id == NO_NAMES)
		return KG_NOMEM;
	*out = id;
	return KG_OK;
}

enum kg_status reader_names(const struct spec_reader *reader, const struct spot *spot,
			    const char *text, bool allow_globs, names_id *out)
{
	struct name_texts texts = { .allow_globs = allow_globs };
	enum kg_status status = add_alternatives(reader, spot, &texts, text);
	if (status == KG_OK)
		status = add_set(reader, spot, &texts, out);
	column_release(&texts.at);
	return status;
}

enum kg_status reader_name_list(const struct spec_reader *reader, const struct spot *spot,
				const json_t *value, names_id *out)
{
	if (json_is_string(value))
		return reader_names(reader, spot, json_string_value(value), true, out);
	if (!json_is_array(value))
		return reader_fail(reader, spot, "has to be a list of names");
	struct name_texts texts = { .allow_globs = true };
	enum kg_status status = KG_OK;
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		if (json_is_string(item))
			status = add_alternatives(reader, &here, &texts, json_string_value(item));
		else
			status = reader_fail(reader, &here, "has to be a name");
		if (status != KG_OK)
			goto out;
	}
	status = add_set(reader, spot, &texts, out);
out:
	column_release(&texts.at);
	return status;
}

enum kg_status reader_check_aliases(const struct spec_reader *reader, const struct spot *spot)
{
	enum kg_status all = KG_OK;
	const char *key;
	json_t *value;
	json_object_foreach(reader->aliases, key, value)
	{
		const struct spot here = { .up = spot, .key = key };
		if (!is_name(key, false)) {
			all = reader_fail(reader, &here, "is no name for an alias");
			continue;
		}
		struct name_texts texts = { .allow_globs = true };
		enum kg_status status = add_alias(reader, &here, &texts, key);
		column_release(&texts.at);
		if (!reader_goes_on(status, &all))
			return status;
	}
	return all;
}

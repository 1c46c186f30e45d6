/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a specification consists of and where it comes from. */
#include "analyse/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyse/spec_builtin.h"
#include "analyse/spec_reader.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A specification larger than this is a mistake. */
#define MAX_FILE_BYTES ((size_t)1 << 20)

/* ---- numbers --------------------------------------------------------------------------------- */

bool spec_amount(const struct kg_spec *spec, const struct amount *amount, uint64_t *out)
{
	if (amount->param == NO_PARAM) {
		*out = amount->value;
		return true;
	}
	const struct spec_param *param = &spec->params.at[amount->param];
	*out = param->value;
	return param->is_set;
}

bool compare_holds(enum compare compare, __int128 left, __int128 right)
{
	switch (compare) {
	case COMPARE_EQ:
		return left == right;
	case COMPARE_NE:
		return left != right;
	case COMPARE_LT:
		return left < right;
	case COMPARE_LE:
		return left <= right;
	case COMPARE_GT:
		return left > right;
	case COMPARE_GE:
		return left >= right;
	}
	return false;
}

bool spec_bound_holds(const struct kg_spec *spec, const struct bound *bound, uint64_t number)
{
	uint64_t amount;
	return !spec_amount(spec, &bound->amount, &amount) ||
	       compare_holds(bound->compare, number, amount);
}

bool spec_bound_is_exceeded(const struct kg_spec *spec, const struct bound *bound, uint64_t number)
{
	uint64_t amount;
	if (!spec_amount(spec, &bound->amount, &amount))
		return false;
	switch (bound->compare) {
	case COMPARE_EQ:
	case COMPARE_LE:
		return number > amount;
	case COMPARE_LT:
		return number >= amount;
	case COMPARE_NE:
	case COMPARE_GT:
	case COMPARE_GE:
		return false;
	}
	return false;
}

/* ---- members of the document ----------------------------------------------------------------- */

static enum kg_status read_params(struct spec_reader *reader, const struct spot *spot,
				  json_t *value)
{
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	const char *key;
	json_t *item;
	json_object_foreach(value, key, item)
	{
		const struct spot here = { .up = spot, .key = key };
		struct spec_param param = { .is_set = !json_is_null(item) };
		if (param.is_set && (!json_is_integer(item) || json_integer_value(item) < 0))
			return reader_fail(reader, &here,
					   "has to be a number from 0, or null where none is set");
		if (param.is_set)
			param.value = (uint64_t)json_integer_value(item);
		param.name = arena_copy_string(&reader->spec->memory, key);
		if (param.name == NULL || !column_push(&reader->spec->params, param))
			return KG_NOMEM;
	}
	return KG_OK;
}

static enum kg_status read_alias(struct spec_reader *reader, const struct spot *spot, json_t *value)
{
	reader->aliases = value;
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	return reader_check_aliases(reader, spot);
}

static enum kg_status read_define(struct spec_reader *reader, const struct spot *spot,
				  json_t *value)
{
	reader->defines = value;
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	const char *key;
	json_t *item;
	json_object_foreach(value, key, item)
	{
		struct definition definition = { .name = key };
		if (!column_push(&reader->definitions, definition))
			return KG_NOMEM;
	}
	return reader_check_definitions(reader, spot);
}

static enum kg_status read_ignore(struct spec_reader *reader, const struct spot *spot,
				  json_t *value)
{
	return reader_name_list(reader, spot, value, &reader->spec->ignore);
}

/* ---- subject --------------------------------------------------------------------------------- */

static enum kg_status read_subject_names(const struct spec_reader *reader, const struct spot *spot,
					 json_t *object, const char *key, names_id *out)
{
	const json_t *value = json_object_get(object, key);
	const struct spot here = { .up = spot, .key = key };
	return value == NULL ? KG_OK : reader_name_list(reader, &here, value, out);
}

static enum kg_status read_also_task(struct spec_reader *reader, const struct spot *spot,
				     json_t *object)
{
	const char *text = NULL;
	const struct spot here = { .up = spot, .key = "also_task" };
	enum kg_status status = reader_member_string(reader, spot, object, "also_task", &text);
	if (status != KG_OK || text == NULL)
		return status;
	/* counts can make a short expression a huge automaton */
	if (strchr(text, '{') != NULL)
		return reader_fail(reader, &here, "\"%s\" must not have a { in it", text);
	int code = regcomp(&reader->spec->also_task, text, REG_EXTENDED | REG_NOSUB);
	if (code == REG_ESPACE)
		return KG_NOMEM;
	if (code != 0)
		return reader_fail(reader, &here, "\"%s\" is no regular expression", text);
	reader->spec->has_also_task = true;
	return KG_OK;
}

static enum kg_status read_subject(struct spec_reader *reader, const struct spot *spot,
				   json_t *value)
{
	static const char *const keys[] = { "first", "also_task", "noise", "roots" };
	struct kg_spec *spec = reader->spec;
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	enum kg_status status = reader_check_keys(reader, spot, value, keys, COUNT(keys));
	if (status == KG_OK)
		status = read_subject_names(reader, spot, value, "first", &spec->first);
	if (status == KG_OK)
		status = read_subject_names(reader, spot, value, "noise", &spec->noise);
	if (status == KG_OK)
		status = read_subject_names(reader, spot, value, "roots", &spec->roots);
	if (status == KG_OK)
		status = read_also_task(reader, spot, value);
	spec->has_roots = spec->roots != NO_NAMES;
	return status;
}

/* ---- phases ---------------------------------------------------------------------------------- */

static enum kg_status check_phase_is_new(const struct spec_reader *reader, const struct spot *spot,
					 const char *id)
{
	const struct kg_spec *spec = reader->spec;
	const struct spot here = { .up = spot, .key = "id" };
	for (size_t i = 0; i < spec->phases.count; i++) {
		if (strcmp(spec->phases.at[i].id, id) == 0)
			return reader_fail(reader, &here, "is the id of phases[%zu] too", i);
	}
	return KG_OK;
}

static enum kg_status read_phase(struct spec_reader *reader, const struct spot *spot,
				 json_t *object, const struct pattern **out)
{
	static const char *const keys[] = { "id", "title", "why", "is" };
	struct spec_phase phase = { 0 };
	const struct spot id_spot = { .up = spot, .key = "id" };
	const struct spot is_spot = { .up = spot, .key = "is" };
	if (!json_is_object(object))
		return reader_fail(reader, spot, "has to be an object");
	enum kg_status status = reader_check_keys(reader, spot, object, keys, COUNT(keys));
	const char *id = NULL;
	if (status == KG_OK)
		status = reader_string(reader, &id_spot, json_object_get(object, "id"), &id);
	if (status != KG_OK)
		return status;
	phase.title = id;
	phase.id = arena_format(&reader->spec->memory, "phase:%s", id);
	if (phase.id == NULL)
		return KG_NOMEM;
	status = check_phase_is_new(reader, spot, phase.id);
	if (status == KG_OK)
		status = reader_member_string(reader, spot, object, "title", &phase.title);
	if (status == KG_OK)
		status = reader_member_string(reader, spot, object, "why", &phase.why);
	if (status == KG_OK && json_object_get(object, "is") == NULL)
		status = reader_fail(reader, spot, "has no \"is\"");
	if (status == KG_OK)
		status = reader_pattern(reader, &is_spot, json_object_get(object, "is"), out);
	if (status != KG_OK)
		return status;
	return column_push(&reader->spec->phases, phase) ? KG_OK : KG_NOMEM;
}

static enum kg_status read_phases(struct spec_reader *reader, const struct spot *spot,
				  json_t *value)
{
	struct kg_spec *spec = reader->spec;
	const struct spot subject = { .key = "subject" };
	const struct spot first = { .up = &subject, .key = "first" };
	if (!json_is_array(value) || json_array_size(value) > UINT16_MAX)
		return reader_fail(reader, spot, "has to be a list");
	const uint32_t count = (uint32_t)json_array_size(value);
	if (count > 0 && spec->first == NO_NAMES)
		return reader_fail(reader, &first, "is missing: whose path are the phases?");
	const struct pattern **parts = reader_alloc(reader, count * sizeof(*parts));
	if (parts == NULL)
		return KG_NOMEM;
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		enum kg_status status = read_phase(reader, &here, item, &parts[i]);
		if (status != KG_OK)
			return status;
	}
	if (count == 0)
		return KG_OK;
	return reader_automaton(reader, spot, parts, count, &spec->path);
}

/* ---- the document ---------------------------------------------------------------------------- */

static enum kg_status read_version_of_language(struct spec_reader *reader, const struct spot *spot,
					       json_t *value)
{
	if (!json_is_integer(value) || json_integer_value(value) != 1)
		return reader_fail(reader, spot, "has to be 1, the only version of the language");
	return KG_OK;
}

static enum kg_status read_name(struct spec_reader *reader, const struct spot *spot, json_t *value)
{
	return reader_string(reader, spot, value, &reader->spec->name);
}

static enum kg_status read_version(struct spec_reader *reader, const struct spot *spot,
				   json_t *value)
{
	return reader_string(reader, spot, value, &reader->spec->version);
}

/* For people and their editors. */
static enum kg_status read_nothing(struct spec_reader *reader, const struct spot *spot,
				   json_t *value)
{
	(void)reader;
	(void)spot;
	(void)value;
	return KG_OK;
}

/* In the order in which they refer to each other. */
static const struct {
	const char *key;
	enum kg_status (*read)(struct spec_reader *reader, const struct spot *spot, json_t *value);
} members[] = {
	{ "fgpath", read_version_of_language },
	{ "$schema", read_nothing },
	{ "name", read_name },
	{ "title", read_nothing },
	{ "version", read_version },
	{ "applies", read_nothing },
	{ "params", read_params },
	{ "alias", read_alias },
	{ "ignore", read_ignore },
	{ "subject", read_subject },
	{ "define", read_define },
	{ "phases", read_phases },
	{ "rules", reader_rules },
};

static enum kg_status read_document(struct spec_reader *reader, json_t *root)
{
	const char *keys[COUNT(members)];
	if (!json_is_object(root))
		return reader_fail(reader, NULL, "a specification has to be an object");
	for (size_t i = 0; i < COUNT(members); i++)
		keys[i] = members[i].key;
	enum kg_status status = reader_check_keys(reader, NULL, root, keys, COUNT(keys));
	if (status == KG_OK && json_object_get(root, "fgpath") == NULL)
		status = reader_fail(reader, NULL,
				     "\"fgpath\": 1 is missing: is this a specification?");
	for (size_t i = 0; i < COUNT(members) && status == KG_OK; i++) {
		json_t *value = json_object_get(root, members[i].key);
		const struct spot here = { .key = members[i].key };
		if (value != NULL)
			status = members[i].read(reader, &here, value);
	}
	if (status == KG_OK && !vocabulary_close(&reader->spec->vocabulary))
		status = KG_NOMEM;
	return status;
}

static enum kg_status fail_json(const struct kg_spec *spec, const json_error_t *json,
				struct kg_error *err)
{
	if (json_error_code((json_error_t *)json) == json_error_out_of_memory)
		return error_set(err, KG_NOMEM, spec->source, 0, "out of memory");
	if (err != NULL && err->status == KG_OK) {
		err->line_no = json->line > 0 ? (uint64_t)json->line : 0;
		err->column_no = json->column > 0 ? (uint64_t)json->column : 0;
	}
	return error_set(err, KG_BAD_SPEC, spec->source, 0, "%s", json->text);
}

/* A specification with nothing in it but what it is called. */
static struct kg_spec *new_spec(const char *name, const char *source)
{
	struct kg_spec *spec = memory_zalloc(sizeof(*spec));
	if (spec == NULL)
		return NULL;
	spec->first = spec->noise = spec->roots = spec->ignore = NO_NAMES;
	spec->name = arena_copy_string(&spec->memory, name);
	spec->source = arena_copy_string(&spec->memory, source);
	spec->version = arena_copy_string(&spec->memory, "");
	if (spec->name == NULL || spec->source == NULL || spec->version == NULL) {
		kg_spec_free(spec);
		return NULL;
	}
	return spec;
}

static enum kg_status parse_json(const char *json, size_t len, const char *name, const char *source,
				 struct kg_spec **out, struct kg_error *err)
{
	struct kg_spec *spec = new_spec(name, source);
	json_error_t json_error;
	json_t *root = NULL;
	struct spec_reader reader = { .spec = spec, .err = err };
	enum kg_status status = KG_NOMEM;
	if (spec == NULL)
		goto out;
	root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &json_error);
	status = root != NULL ? read_document(&reader, root) : fail_json(spec, &json_error, err);
out:
	json_decref(root);
	column_release(&reader.definitions);
	if (status == KG_OK)
		*out = spec;
	else
		kg_spec_free(spec);
	if (status == KG_NOMEM)
		error_set(err, KG_NOMEM, source, 0, "out of memory");
	return status;
}

/* ---- where specifications come from ---------------------------------------------------------- */

enum kg_status kg_spec_parse(const char *json, size_t len, const char *name, struct kg_spec **out,
			     struct kg_error *err)
{
	return parse_json(json, len, name, name, out, err);
}

/* Reads what is left of a file. */
static enum kg_status read_bytes(int fd, const char *path, char **out, size_t *out_len,
				 struct kg_error *err)
{
	COLUMN(char) bytes = { 0 };
	enum kg_status status = KG_NOMEM;
	for (;;) {
		if (!column_reserve(&bytes, bytes.count + 4096))
			goto out;
		ssize_t len = read(fd, bytes.at + bytes.count, bytes.cap - bytes.count);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0) {
			status = error_set(err, KG_IO, path, errno, "%s", strerror(errno));
			goto out;
		}
		if (len == 0)
			break;
		bytes.count += (size_t)len;
		if (bytes.count > MAX_FILE_BYTES) {
			status = error_set(err, KG_BAD_SPEC, path, 0,
					   "is too large for a specification");
			goto out;
		}
	}
	*out = bytes.at;
	*out_len = bytes.count;
	return KG_OK;
out:
	column_release(&bytes);
	return status == KG_NOMEM ? error_set(err, KG_NOMEM, path, 0, "out of memory") : status;
}

enum kg_status kg_spec_read(const char *path, struct kg_spec **out, struct kg_error *err)
{
	char *bytes = NULL;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, KG_IO, path, errno, "%s", strerror(errno));
	enum kg_status status = read_bytes(fd, path, &bytes, &len, err);
	close(fd);
	if (status == KG_OK)
		status = parse_json(bytes, len, path, path, out, err);
	memory_free(bytes);
	return status;
}

enum kg_status kg_spec_builtin(const char *name, struct kg_spec **out, struct kg_error *err)
{
	for (size_t i = 0; i < spec_builtin_count; i++) {
		const struct spec_builtin *builtin = &spec_builtins[i];
		if (strcmp(builtin->name, name) == 0)
			return parse_json((const char *)builtin->json, builtin->len, name,
					  "built-in", out, err);
	}
	return error_set(err, KG_BAD_ARG, NULL, 0, "no specification is called \"%s\"", name);
}

const char *kg_spec_builtin_name(size_t index)
{
	return index < spec_builtin_count ? spec_builtins[index].name : NULL;
}

/* ---- what is asked of a specification -------------------------------------------------------- */

enum kg_status kg_spec_set_param(struct kg_spec *spec, const char *name, uint64_t value)
{
	for (size_t i = 0; i < spec->params.count; i++) {
		struct spec_param *param = &spec->params.at[i];
		if (strcmp(param->name, name) == 0) {
			param->value = value;
			param->is_set = true;
			return KG_OK;
		}
	}
	return KG_BAD_ARG;
}

const char *kg_spec_name(const struct kg_spec *spec)
{
	return spec->name;
}

const char *kg_spec_version(const struct kg_spec *spec)
{
	return spec->version;
}

const char *kg_spec_source(const struct kg_spec *spec)
{
	return spec->source;
}

void kg_spec_free(struct kg_spec *spec)
{
	if (spec == NULL)
		return;
	vocabulary_release(&spec->vocabulary);
	column_release(&spec->calls);
	column_release(&spec->params);
	column_release(&spec->phases);
	column_release(&spec->rules);
	if (spec->has_also_task)
		regfree(&spec->also_task);
	arena_release(&spec->memory);
	memory_free(spec);
}

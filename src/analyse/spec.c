/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a specification consists of and where it comes from. */
#include "analyse/spec.h"

#include <string.h>

#include "analyse/spec_reader.h"
#include "analyse/spec_source.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
	enum kg_status all = KG_OK;
	const char *key;
	json_t *item;
	json_object_foreach(value, key, item)
	{
		const struct spot here = { .up = spot, .key = key };
		struct spec_param param = { .is_set = !json_is_null(item) };
		if (param.is_set && (!json_is_integer(item) || json_integer_value(item) < 0))
			all = reader_fail(reader, &here,
					  "has to be a number from 0, or null where none is set");
		else if (param.is_set)
			param.value = (uint64_t)json_integer_value(item);
		param.name = arena_copy_string(&reader->spec->memory, key);
		if (param.name == NULL || !column_push(&reader->spec->params, param))
			return KG_NOMEM;
	}
	return all;
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

/* ---- phases ---------------------------------------------------------------------------------- */

/* A phase that is being read: what it leaves out may be in the step that it is. */
struct phase_source {
	struct spot spot; /* of the phase itself */
	struct spot steps;
	struct spot step;
	json_t *object; /* NULL: the step alone */
	json_t *step_object;
	const char *id;
};

static enum kg_status check_phase_is_new(const struct spec_reader *reader, const struct spot *spot,
					 const struct spec_route *route, const char *id)
{
	for (size_t i = 0; i < route->phases.count; i++) {
		if (strcmp(route->phases.at[i].id, id) == 0)
			return reader_fail(reader, spot, "\"%s\" is the id of another phase too",
					   strchr(id, ':') + 1);
	}
	return KG_OK;
}

/* The object that has a member of a phase, and its spot; NULL if there is none. */
static json_t *member_of(const struct phase_source *source, const char *key, struct spot *out)
{
	json_t *value = json_object_get(source->object, key);
	*out = (struct spot){ .up = &source->spot, .key = key };
	if (value != NULL)
		return value;
	value = json_object_get(source->step_object, key);
	if (value != NULL)
		*out = (struct spot){ .up = &source->step, .key = key };
	return value;
}

static enum kg_status read_phase_text(struct spec_reader *reader, const struct phase_source *source,
				      const char *key, const char **out)
{
	struct spot spot;
	const json_t *value = member_of(source, key, &spot);
	return value == NULL ? KG_OK : reader_string(reader, &spot, value, out);
}

/* Finds out what a phase consists of. */
static enum kg_status open_phase(struct spec_reader *reader, const struct spot *spot, json_t *item,
				 struct phase_source *out)
{
	static const char *const keys[] = { "id", "title", "why", "is" };
	const struct spot id_spot = { .up = spot, .key = "id" };
	*out = (struct phase_source){ .spot = *spot, .steps = { .key = "steps" } };
	enum kg_status status = KG_OK;
	if (json_is_string(item)) {
		status = reader_string(reader, spot, item, &out->id);
	} else if (json_is_object(item)) {
		out->object = item;
		status = reader_check_keys(reader, spot, item, keys, COUNT(keys));
		if (status == KG_OK)
			status = reader_string(reader, &id_spot, json_object_get(item, "id"),
					       &out->id);
	} else {
		status = reader_fail(reader, spot, "has to be an object, or the id of a step");
	}
	if (status != KG_OK)
		return status;
	out->step_object = json_object_get(reader->steps, out->id);
	if (out->object == NULL && out->step_object == NULL)
		return reader_fail(reader, spot, "no step is called \"%s\"", out->id);
	return KG_OK;
}

static enum kg_status read_phase(struct spec_reader *reader, const struct spot *spot, json_t *item,
				 struct spec_route *route, const struct pattern **out)
{
	struct phase_source source;
	struct spec_phase phase = { 0 };
	struct spot is_spot;
	enum kg_status status = open_phase(reader, spot, item, &source);
	if (status != KG_OK)
		return status;
	source.step = (struct spot){ .up = &source.steps, .key = source.id };
	phase.title = source.id;
	phase.id = arena_format(&reader->spec->memory, "phase:%s", source.id);
	if (phase.id == NULL)
		return KG_NOMEM;
	status = check_phase_is_new(reader, spot, route, phase.id);
	if (status == KG_OK)
		status = read_phase_text(reader, &source, "title", &phase.title);
	if (status == KG_OK)
		status = read_phase_text(reader, &source, "why", &phase.why);
	json_t *is = member_of(&source, "is", &is_spot);
	if (status == KG_OK && is == NULL)
		status = reader_fail(reader, spot, "has no \"is\"");
	if (status == KG_OK)
		status = reader_pattern(reader, &is_spot, is, out);
	if (status != KG_OK)
		return status;
	return column_push(&route->phases, phase) ? KG_OK : KG_NOMEM;
}

static enum kg_status read_route(struct spec_reader *reader, const struct spot *spot, json_t *value,
				 struct spec_route *route)
{
	enum kg_status all = KG_OK;
	const struct spot subject = { .key = "subject" };
	const struct spot first = { .up = &subject, .key = "first" };
	if (!json_is_array(value) || json_array_size(value) > UINT16_MAX)
		return reader_fail(reader, spot, "has to be a list");
	const uint32_t count = (uint32_t)json_array_size(value);
	if (count > 0 && reader->spec->first == NO_NAMES)
		return reader_fail(reader, &first, "is missing: whose path are the phases?");
	const struct pattern **parts = reader_alloc(reader, count * sizeof(*parts));
	if (parts == NULL)
		return KG_NOMEM;
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		if (!reader_goes_on(read_phase(reader, &here, item, route, &parts[i]), &all))
			return KG_NOMEM;
	}
	if (count == 0 || all != KG_OK)
		return all;
	return reader_automaton(reader, spot, parts, count, &route->automaton);
}

static enum kg_status read_phases(struct spec_reader *reader, const struct spot *spot,
				  json_t *value)
{
	return read_route(reader, spot, value, &reader->spec->main);
}

static enum kg_status read_threads(struct spec_reader *reader, const struct spot *spot,
				   json_t *value)
{
	const struct spot subject = { .key = "subject" };
	const struct spot join = { .up = &subject, .key = "join" };
	if (reader->spec->join == NO_NAMES)
		return reader_fail(reader, &join, "is missing: which tasks are the threads?");
	return read_route(reader, spot, value, &reader->spec->threads);
}

/* Steps that no phase is made of may be wrong as well. */
static enum kg_status read_steps(struct spec_reader *reader, const struct spot *spot, json_t *value)
{
	static const char *const keys[] = { "title", "why", "is" };
	enum kg_status all = KG_OK;
	const char *key;
	json_t *item;
	reader->steps = value;
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	json_object_foreach(value, key, item)
	{
		const struct spot here = { .up = spot, .key = key };
		const struct spot is_spot = { .up = &here, .key = "is" };
		const struct pattern *unused;
		enum kg_status status = KG_OK;
		if (!json_is_object(item))
			status = reader_fail(reader, &here, "has to be an object");
		else
			status = reader_check_keys(reader, &here, item, keys, COUNT(keys));
		if (status == KG_OK && json_object_get(item, "is") != NULL)
			status = reader_pattern(reader, &is_spot, json_object_get(item, "is"),
						&unused);
		if (!reader_goes_on(status, &all))
			return status;
	}
	return all;
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
	/* both are done with when the document is whole, unless there is nothing to extend */
	{ "extends", read_nothing },
	{ "without", read_nothing },
	{ "params", read_params },
	{ "alias", read_alias },
	{ "ignore", read_ignore },
	{ "subject", reader_subject },
	{ "define", read_define },
	{ "steps", read_steps },
	{ "phases", read_phases },
	{ "threads", read_threads },
	{ "rules", reader_rules },
	{ "instead", reader_instead },
};

static enum kg_status read_document(struct spec_reader *reader, json_t *root)
{
	const char *keys[COUNT(members)];
	if (!json_is_object(root))
		return reader_fail(reader, NULL, "a specification has to be an object");
	for (size_t i = 0; i < COUNT(members); i++)
		keys[i] = members[i].key;
	enum kg_status all = reader_check_keys(reader, NULL, root, keys, COUNT(keys));
	if (json_object_get(root, "fgpath") == NULL)
		return reader_fail(reader, NULL,
				   "\"fgpath\": 1 is missing: is this a specification?");
	for (size_t i = 0; i < COUNT(members); i++) {
		json_t *value = json_object_get(root, members[i].key);
		const struct spot here = { .key = members[i].key };
		if (value != NULL && !reader_goes_on(members[i].read(reader, &here, value), &all))
			return KG_NOMEM;
	}
	if (all == KG_OK && !vocabulary_close(&reader->spec->vocabulary))
		all = KG_NOMEM;
	return all;
}

/* A specification with nothing in it but what it is called. */
static struct kg_spec *new_spec(const char *name, const char *source)
{
	struct kg_spec *spec = memory_zalloc(sizeof(*spec));
	if (spec == NULL)
		return NULL;
	spec->first = spec->born = spec->gone = spec->join = spec->worker_from = NO_NAMES;
	spec->question = spec->thread_for = NO_NAMES;
	spec->noise = spec->roots = spec->ignore = NO_NAMES;
	spec->name = arena_copy_string(&spec->memory, name);
	spec->source = arena_copy_string(&spec->memory, source);
	spec->version = arena_copy_string(&spec->memory, "");
	if (spec->name == NULL || spec->source == NULL || spec->version == NULL) {
		kg_spec_free(spec);
		return NULL;
	}
	return spec;
}

static const struct kg_spec_opts no_opts = { 0 };

/* The specification that a whole document describes. */
static enum kg_status read_spec(const struct spec_document *document, const char *name,
				const char *source, const struct kg_spec_opts *opts,
				struct kg_spec **out, struct kg_error *err)
{
	struct kg_spec *spec = new_spec(name, source);
	struct mistakes *mistakes = memory_zalloc(sizeof(*mistakes));
	struct spec_reader reader = {
		.spec = spec, .document = document, .opts = opts, .err = err, .mistakes = mistakes
	};
	enum kg_status status = KG_NOMEM;
	if (spec != NULL && mistakes != NULL)
		status = read_document(&reader, document->root);
	column_release(&reader.definitions);
	memory_free(mistakes);
	if (status == KG_OK) {
		spec->depends_on_vendor = document->depends_on_vendor;
		*out = spec;
	} else {
		kg_spec_free(spec);
	}
	return status;
}

/* What all ways to a specification end with. */
static enum kg_status finish_document(struct spec_document *document, enum kg_status status,
				      const char *source, struct kg_error *err)
{
	document_release(document);
	return status == KG_NOMEM ? error_set(err, KG_NOMEM, source, 0, "out of memory") : status;
}

enum kg_status kg_spec_parse(const char *json, size_t len, const char *name, struct kg_spec **out,
			     struct kg_error *err)
{
	struct spec_document document;
	enum kg_status status = document_parse(&document, json, len, name, KG_VENDOR_UNKNOWN, err);
	if (status == KG_OK)
		status = read_spec(&document, name, name, &no_opts, out, err);
	return finish_document(&document, status, name, err);
}

enum kg_status kg_spec_load(const char *name, const struct kg_spec_opts *opts, struct kg_spec **out,
			    struct kg_error *err)
{
	struct spec_document document;
	const char *source = NULL;
	opts = opts != NULL ? opts : &no_opts;
	enum kg_status status = document_load(&document, name, opts->vendor, &source, err);
	if (status == KG_OK)
		status = read_spec(&document, name, source, opts, out, err);
	return finish_document(&document, status, name, err);
}

enum kg_status kg_spec_read(const char *path, struct kg_spec **out, struct kg_error *err)
{
	return kg_spec_load(path, NULL, out, err);
}

enum kg_status kg_spec_builtin(const char *name, struct kg_spec **out, struct kg_error *err)
{
	struct spec_source unused;
	if (!spec_source_builtin(name, &unused))
		return error_set(err, KG_BAD_ARG, NULL, 0, "no specification is called \"%s\"",
				 name);
	return kg_spec_load(name, NULL, out, err);
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

bool kg_spec_depends_on_vendor(const struct kg_spec *spec)
{
	return spec->depends_on_vendor;
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
	column_release(&spec->main.phases);
	column_release(&spec->threads.phases);
	column_release(&spec->rules);
	if (spec->has_also_task)
		regfree(&spec->also_task);
	arena_release(&spec->memory);
	memory_free(spec);
}

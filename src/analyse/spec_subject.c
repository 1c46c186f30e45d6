/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a specification says of its subjects, and which tasks are theirs. */
#include <string.h>

#include "analyse/spec_reader.h"
#include "base/banned.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum kg_status read_subject_names(const struct spec_reader *reader, const struct spot *spot,
					 json_t *object, const char *key, names_id *out)
{
	const json_t *value = json_object_get(object, key);
	const struct spot here = { .up = spot, .key = key };
	return value == NULL ? KG_OK : reader_name_list(reader, &here, value, out);
}

/* Between which calls there is something to follow. */
static enum kg_status read_alive(struct spec_reader *reader, const struct spot *spot,
				 json_t *object)
{
	const json_t *value = json_object_get(object, "alive");
	const struct spot here = { .up = spot, .key = "alive" };
	const struct spot born = { .up = &here, .index = 0 };
	const struct spot gone = { .up = &here, .index = 1 };
	struct kg_spec *spec = reader->spec;
	if (value == NULL)
		return KG_OK;
	if (!json_is_array(value) || json_array_size(value) != 2)
		return reader_fail(reader, &here, "has to be a list of 2 names");
	enum kg_status status =
		reader_name_list(reader, &born, json_array_get(value, 0), &spec->born);
	if (status == KG_OK)
		status = reader_name_list(reader, &gone, json_array_get(value, 1), &spec->gone);
	return status;
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

/* {"call": "f", "after": "g"}, or "after_end" for what has to be over. */
static enum kg_status read_fact(const struct spec_reader *reader, const struct spot *spot,
				json_t *value, struct spec_fact *out)
{
	static const char *const keys[] = { "call", "after", "after_end" };
	const struct spot call = { .up = spot, .key = "call" };
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	out->never = out->once = NO_NAMES;
	out->is_over = json_object_get(value, "after_end") != NULL;
	enum kg_status status = reader_check_keys(reader, spot, value, keys, COUNT(keys));
	if (status == KG_OK && out->is_over == (json_object_get(value, "after") != NULL))
		return reader_fail(reader, spot, "needs either \"after\" or \"after_end\"");
	if (status == KG_OK && json_object_get(value, "call") == NULL)
		return reader_fail(reader, &call, "is missing");
	if (status == KG_OK)
		status = read_subject_names(reader, spot, value, "call", &out->never);
	return status == KG_OK ? read_subject_names(reader, spot, value, keys[out->is_over ? 2 : 1],
						    &out->once)
			       : status;
}

static enum kg_status read_impossible(struct spec_reader *reader, const struct spot *spot,
				      json_t *object)
{
	const json_t *value = json_object_get(object, "impossible");
	const struct spot here = { .up = spot, .key = "impossible" };
	struct kg_spec *spec = reader->spec;
	enum kg_status all = KG_OK;
	if (value == NULL)
		return KG_OK;
	if (!json_is_array(value) || json_array_size(value) > SPEC_FACTS_MAX)
		return reader_fail(reader, &here, "has to be a list of at most %d", SPEC_FACTS_MAX);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct spot item = { .up = &here, .index = i };
		if (!reader_goes_on(read_fact(reader, &item, json_array_get(value, i),
					      &spec->facts[spec->fact_count++]),
				    &all))
			return KG_NOMEM;
	}
	return all;
}

enum kg_status reader_subject(struct spec_reader *reader, const struct spot *spot, json_t *value)
{
	static const char *const keys[] = { "first",	"alive",       "join",	     "also_task",
					    "noise",	"worker_from", "thread_for", "roots",
					    "question", "impossible" };
	struct kg_spec *spec = reader->spec;
	enum kg_status all = KG_OK;
	const struct {
		const char *key;
		names_id *names;
	} sets[] = {
		{ "first", &spec->first },	     { "join", &spec->join },
		{ "noise", &spec->noise },	     { "worker_from", &spec->worker_from },
		{ "roots", &spec->roots },	     { "question", &spec->question },
		{ "thread_for", &spec->thread_for },
	};
	if (!json_is_object(value))
		return reader_fail(reader, spot, "has to be an object");
	if (!reader_goes_on(reader_check_keys(reader, spot, value, keys, COUNT(keys)), &all))
		return KG_NOMEM;
	for (size_t i = 0; i < COUNT(sets); i++) {
		if (!reader_goes_on(
			    read_subject_names(reader, spot, value, sets[i].key, sets[i].names),
			    &all))
			return KG_NOMEM;
	}
	if (!reader_goes_on(read_alive(reader, spot, value), &all) ||
	    !reader_goes_on(read_also_task(reader, spot, value), &all) ||
	    !reader_goes_on(read_impossible(reader, spot, value), &all))
		return KG_NOMEM;
	spec->has_roots = spec->roots != NO_NAMES;
	return all;
}

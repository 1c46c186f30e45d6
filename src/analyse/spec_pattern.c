/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how patterns are written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/spec_reader.h"
#include "base/memory.h"
#include "base/banned.h"

/* How deep brackets may be nested, and patterns with all that they refer to. */
#define MAX_DEPTH 64
#define MAX_HEIGHT 256
/* States and edges of all automata of a specification. */
#define MAX_AUTOMATA_SIZE (1 << 20)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- making patterns ------------------------------------------------------------------------- */

/* Adds a pattern, measuring it by its parts. */
static enum kg_status make_pattern(const struct spec_reader *reader, const struct spot *spot,
				   struct pattern draft, const struct pattern **out)
{
	for (uint32_t i = 0; i < draft.part_count; i++) {
		const struct pattern *part = draft.parts[i];
		if (part->height >= draft.height)
			draft.height = part->height + 1;
		if (part->nesting > draft.nesting)
			draft.nesting = part->nesting;
	}
	if (draft.height > MAX_HEIGHT)
		return reader_fail(reader, spot, "is nested too deep");
	struct pattern *pattern = reader_alloc(reader, sizeof(*pattern));
	if (pattern == NULL)
		return KG_NOMEM;
	*pattern = draft;
	*out = pattern;
	return KG_OK;
}

static enum kg_status make_call(const struct spec_reader *reader, const struct spot *spot,
				uint32_t call, const struct pattern **out)
{
	struct pattern draft = { .kind = PATTERN_CALL,
				 .call = call,
				 .nesting = reader->spec->calls.at[call].nesting };
	return make_pattern(reader, spot, draft, out);
}

static enum kg_status make_repeat(const struct spec_reader *reader, const struct spot *spot,
				  const struct pattern *body, uint32_t min, uint32_t max,
				  const struct pattern **out)
{
	const struct pattern **parts = reader_alloc(reader, sizeof(*parts));
	if (parts == NULL)
		return KG_NOMEM;
	parts[0] = body;
	struct pattern draft = {
		.kind = PATTERN_REPEAT, .min = min, .max = max, .parts = parts, .part_count = 1
	};
	return make_pattern(reader, spot, draft, out);
}

/* A call of these names with nothing else demanded. */
static enum kg_status plain_call(const struct spec_reader *reader, names_id names, uint32_t *out)
{
	struct kg_spec *spec = reader->spec;
	for (size_t i = 0; i < spec->calls.count; i++) {
		if (spec->calls.at[i].names == names && !spec->calls.at[i].has_condition) {
			*out = (uint32_t)i;
			return KG_OK;
		}
	}
	struct call_pattern call = { .names = names, .banned = NO_NAMES, .nesting = 1 };
	if (!column_push(&spec->calls, call))
		return KG_NOMEM;
	*out = (uint32_t)spec->calls.count - 1;
	return KG_OK;
}

/* ---- suffixes -------------------------------------------------------------------------------- */

/* How often something is to come. */
struct repeat {
	uint32_t min;
	uint32_t max;
};

static bool scan_number(const char **text, uint32_t *out)
{
	char *end;
	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	unsigned long value = strtoul(*text, &end, 10);
	if (errno != 0 || value >= NO_LIMIT)
		return false;
	*text = end;
	*out = (uint32_t)value;
	return true;
}

/* "{2}", "{2,}", "{2,4}" */
static bool scan_braces(const char *text, struct repeat *out)
{
	text++;
	if (!scan_number(&text, &out->min))
		return false;
	out->max = out->min;
	if (*text == ',') {
		text++;
		out->max = NO_LIMIT;
		if (*text != '}' && !scan_number(&text, &out->max))
			return false;
	}
	return strcmp(text, "}") == 0 && out->min <= out->max;
}

/* Splits "name+" into what is repeated and how often. */
static enum kg_status split_suffix(const struct spec_reader *reader, const struct spot *spot,
				   const char *text, const char **body, struct repeat *out)
{
	static const struct {
		char sign;
		struct repeat repeat;
	} signs[] = {
		{ '?', { 0, 1 } },
		{ '*', { 0, NO_LIMIT } },
		{ '+', { 1, NO_LIMIT } },
	};
	size_t len = strlen(text);
	const char *brace = strchr(text, '{');
	*out = (struct repeat){ 1, 1 };
	if (brace != NULL && !scan_braces(brace, out))
		return reader_fail(reader, spot, "\"%s\" is no repetition like {2}, {2,} or {2,4}",
				   brace);
	if (brace != NULL)
		len = (size_t)(brace - text);
	for (size_t i = 0; brace == NULL && len > 0 && i < COUNT(signs); i++) {
		if (text[len - 1] == signs[i].sign) {
			*out = signs[i].repeat;
			len--;
			break;
		}
	}
	if (brace == NULL && text[len] != '\0' && text[len] != '+' && len > 0 &&
	    text[len - 1] == '_')
		return reader_fail(reader, spot,
				   "\"%s\" looks like a glob, but here %c is a repetition (globs "
				   "have to be put into an alias)",
				   text, text[len]);
	struct span head = { (const unsigned char *)text, len };
	*body = arena_copy(&reader->spec->memory, span_trim(head));
	return *body != NULL ? KG_OK : KG_NOMEM;
}

static enum kg_status repeat_pattern(const struct spec_reader *reader, const struct spot *spot,
				     struct repeat repeat, const struct pattern **pattern)
{
	if (repeat.min == 1 && repeat.max == 1)
		return KG_OK;
	return make_repeat(reader, spot, *pattern, repeat.min, repeat.max, pattern);
}

/* ---- definitions ----------------------------------------------------------------------------- */

static struct definition *find_definition(const struct spec_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->definitions.count; i++) {
		if (strcmp(reader->definitions.at[i].name, name) == 0)
			return &reader->definitions.at[i];
	}
	return NULL;
}

static enum kg_status fail_definition(const struct spec_reader *reader, const struct spot *spot,
				      const char *name)
{
	const char *nearest = NULL;
	for (size_t i = 0; i < reader->definitions.count && nearest == NULL; i++)
		nearest = nearest_name(name, &reader->definitions.at[i].name, 1);
	if (nearest == NULL)
		return reader_fail(reader, spot, "no definition is called \"%s\"", name);
	return reader_fail(reader, spot, "no definition is called \"%s\" (did you mean \"%s\"?)",
			   name, nearest);
}

static enum kg_status read_definition(struct spec_reader *reader, const struct spot *spot,
				      const char *name, const struct pattern **out)
{
	struct definition *definition = find_definition(reader, name);
	if (definition == NULL)
		return fail_definition(reader, spot, name);
	const struct spot group = { .key = "define" };
	const struct spot here = { .up = &group, .key = definition->name };
	if (definition->is_being_read)
		return reader_fail(reader, &here, "refers to itself");
	enum kg_status status = definition->is_wrong ? KG_BAD_SPEC : KG_OK;
	if (status == KG_OK && definition->pattern == NULL) {
		json_t *value = json_object_get(reader->defines, definition->name);
		definition->is_being_read = true;
		status = reader_pattern(reader, &here, value, &definition->pattern);
		definition->is_being_read = false;
		definition->is_wrong = status != KG_OK;
	}
	if (status == KG_OK)
		*out = definition->pattern;
	return status;
}

enum kg_status reader_check_definitions(struct spec_reader *reader, const struct spot *spot)
{
	enum kg_status all = KG_OK;
	for (size_t i = 0; i < reader->definitions.count; i++) {
		const struct pattern *pattern;
		enum kg_status status =
			read_definition(reader, spot, reader->definitions.at[i].name, &pattern);
		if (!reader_goes_on(status, &all))
			return status;
	}
	return all;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* "f|g", "@alias", "$definition", each with a suffix */
static enum kg_status read_text(struct spec_reader *reader, const struct spot *spot,
				const char *text, const struct pattern **out)
{
	const char *body;
	struct repeat repeat;
	names_id names;
	uint32_t call;
	enum kg_status status = split_suffix(reader, spot, text, &body, &repeat);
	if (status != KG_OK)
		return status;
	if (body[0] == '$') {
		status = read_definition(reader, spot, body + 1, out);
	} else {
		status = reader_names(reader, spot, body, false, &names);
		if (status == KG_OK)
			status = plain_call(reader, names, &call);
		if (status == KG_OK)
			status = make_call(reader, spot, call, out);
	}
	return status == KG_OK ? repeat_pattern(reader, spot, repeat, out) : status;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static enum kg_status read_list(struct spec_reader *reader, const struct spot *spot, json_t *list,
				enum pattern_kind kind, const struct pattern **out)
{
	if (!json_is_array(list))
		return reader_fail(reader, spot, "has to be a list of patterns");
	const size_t count = json_array_size(list);
	if (count > AUTOMATON_MAX_EDGES)
		return reader_fail(reader, spot, "has too many elements");
	const struct pattern **parts = reader_alloc(reader, count * sizeof(*parts));
	if (parts == NULL)
		return KG_NOMEM;
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		const struct spot here = { .up = spot, .index = i };
		enum kg_status status = reader_pattern(reader, &here, item, &parts[i]);
		if (status != KG_OK)
			return status;
	}
	struct pattern draft = { .kind = kind, .parts = parts, .part_count = (uint32_t)count };
	return make_pattern(reader, spot, draft, out);
}

/* ---- objects --------------------------------------------------------------------------------- */

static enum kg_status read_all(struct spec_reader *reader, const struct spot *spot, json_t *object,
			       const struct pattern **out)
{
	const struct spot here = { .up = spot, .key = "all" };
	return read_list(reader, &here, json_object_get(object, "all"), PATTERN_ALL, out);
}

static enum kg_status read_any(struct spec_reader *reader, const struct spot *spot, json_t *object,
			       const struct pattern **out)
{
	const struct spot here = { .up = spot, .key = "any" };
	json_t *list = json_object_get(object, "any");
	if (json_is_array(list) && json_array_size(list) == 0)
		return reader_fail(reader, &here, "has no alternative");
	return read_list(reader, &here, list, PATTERN_ANY, out);
}

static enum kg_status read_opt(struct spec_reader *reader, const struct spot *spot, json_t *object,
			       const struct pattern **out)
{
	const struct spot here = { .up = spot, .key = "opt" };
	const struct pattern *body;
	enum kg_status status =
		reader_pattern(reader, &here, json_object_get(object, "opt"), &body);
	return status == KG_OK ? make_repeat(reader, spot, body, 0, 1, out) : status;
}

static enum kg_status read_limit(struct spec_reader *reader, const struct spot *spot,
				 json_t *object, const char *key, uint32_t *out)
{
	const json_t *value = json_object_get(object, key);
	const struct spot here = { .up = spot, .key = key };
	if (value == NULL)
		return KG_OK;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) >= NO_LIMIT)
		return reader_fail(reader, &here, "has to be a number from 0");
	*out = (uint32_t)json_integer_value(value);
	return KG_OK;
}

static enum kg_status read_rep(struct spec_reader *reader, const struct spot *spot, json_t *object,
			       const struct pattern **out)
{
	const struct spot here = { .up = spot, .key = "rep" };
	const struct pattern *body;
	struct repeat repeat = { 0, NO_LIMIT };
	enum kg_status status =
		reader_pattern(reader, &here, json_object_get(object, "rep"), &body);
	if (status == KG_OK)
		status = read_limit(reader, spot, object, "min", &repeat.min);
	if (status == KG_OK)
		status = read_limit(reader, spot, object, "max", &repeat.max);
	if (status != KG_OK)
		return status;
	if (repeat.min > repeat.max)
		return reader_fail(reader, spot, "has a min above its max");
	return make_repeat(reader, spot, body, repeat.min, repeat.max, out);
}

/* ---- automata -------------------------------------------------------------------------------- */

enum kg_status reader_automaton(const struct spec_reader *reader, const struct spot *spot,
				const struct pattern *const *parts, uint32_t part_count,
				const struct automaton **out)
{
	struct kg_spec *spec = reader->spec;
	enum kg_status status = automaton_new(parts, part_count, &spec->calls, &spec->vocabulary,
					      &spec->memory, out);
	if (status == KG_BAD_SPEC)
		return reader_fail(reader, spot, "too large: more than %d states or %d moves",
				   AUTOMATON_MAX_STATES, AUTOMATON_MAX_EDGES);
	if (status != KG_OK)
		return status;
	spec->automata_size += (*out)->state_count + (*out)->edge_count;
	if (spec->automata_size > MAX_AUTOMATA_SIZE)
		return reader_fail(reader, spot,
				   "too large: all patterns together have more than "
				   "%d states and moves",
				   MAX_AUTOMATA_SIZE);
	return KG_OK;
}

/* ---- calls and what is below them ------------------------------------------------------------ */

static enum kg_status read_inner(struct spec_reader *reader, const struct spot *spot,
				 json_t *object, struct call_pattern *call)
{
	json_t *value = json_object_get(object, "in");
	const struct spot here = { .up = spot, .key = "in" };
	const struct pattern *inner;
	if (value == NULL)
		return KG_OK;
	enum kg_status status = reader_pattern(reader, &here, value, &inner);
	if (status != KG_OK)
		return status;
	call->nesting = inner->nesting + 1;
	call->has_condition = true;
	if (call->nesting > PATTERN_MAX_NESTING)
		return reader_fail(reader, &here, "calls are nested more than %d deep",
				   PATTERN_MAX_NESTING);
	return reader_automaton(reader, &here, &inner, 1, &call->in);
}

static enum kg_status read_banned(struct spec_reader *reader, const struct spot *spot,
				  json_t *object, struct call_pattern *call)
{
	const json_t *value = json_object_get(object, "not");
	const struct spot here = { .up = spot, .key = "not" };
	if (value == NULL)
		return KG_OK;
	call->has_condition = true;
	return reader_name_list(reader, &here, value, &call->banned);
}

static enum kg_status read_tallies(struct spec_reader *reader, const struct spot *spot,
				   json_t *object, struct call_pattern *call)
{
	json_t *group = json_object_get(object, "count");
	const struct spot group_spot = { .up = spot, .key = "count" };
	if (group == NULL)
		return KG_OK;
	if (!json_is_object(group))
		return reader_fail(reader, &group_spot,
				   "has to be an object like {\"function\": \"<=1\"}");
	struct tally *tallies = reader_alloc(reader, json_object_size(group) * sizeof(*tallies));
	if (tallies == NULL)
		return KG_NOMEM;
	const char *key;
	json_t *value;
	json_object_foreach(group, key, value)
	{
		struct tally *tally = &tallies[call->tally_count];
		const struct spot here = { .up = &group_spot, .key = key };
		enum kg_status status = reader_names(reader, &here, key, true, &tally->names);
		if (status == KG_OK)
			status = reader_bound(reader, &here, value, &tally->bound);
		if (status != KG_OK)
			return status;
		call->tally_count++;
	}
	call->tallies = tallies;
	call->has_condition = true;
	return KG_OK;
}

enum kg_status reader_call(struct spec_reader *reader, const struct spot *spot, json_t *object,
			   names_id names, uint32_t *out_call)
{
	struct call_pattern call = { .names = names, .banned = NO_NAMES, .nesting = 1 };
	enum kg_status status = read_inner(reader, spot, object, &call);
	if (status == KG_OK)
		status = read_banned(reader, spot, object, &call);
	if (status == KG_OK)
		status = read_tallies(reader, spot, object, &call);
	if (status != KG_OK)
		return status;
	if (!call.has_condition)
		return plain_call(reader, names, out_call);
	if (!column_push(&reader->spec->calls, call))
		return KG_NOMEM;
	*out_call = (uint32_t)reader->spec->calls.count - 1;
	return KG_OK;
}

static enum kg_status read_call(struct spec_reader *reader, const struct spot *spot, json_t *object,
				const struct pattern **out)
{
	const json_t *value = json_object_get(object, "call");
	const struct spot here = { .up = spot, .key = "call" };
	const char *body;
	struct repeat repeat;
	names_id names;
	uint32_t call;
	if (!json_is_string(value))
		return reader_fail(reader, &here, "has to be a name");
	enum kg_status status =
		split_suffix(reader, &here, json_string_value(value), &body, &repeat);
	if (status == KG_OK)
		status = reader_names(reader, &here, body, false, &names);
	if (status == KG_OK)
		status = reader_call(reader, spot, object, names, &call);
	if (status == KG_OK)
		status = make_call(reader, spot, call, out);
	return status == KG_OK ? repeat_pattern(reader, spot, repeat, out) : status;
}

/* ---- any pattern ----------------------------------------------------------------------------- */

/* What an object may be: its telling key first. */
struct object_form {
	const char *keys[4];
	size_t key_count;
	enum kg_status (*read)(struct spec_reader *reader, const struct spot *spot, json_t *object,
			       const struct pattern **out);
};

static const struct object_form forms[] = {
	{ { "call", "in", "not", "count" }, 4, read_call },
	{ { "all" }, 1, read_all },
	{ { "any" }, 1, read_any },
	{ { "opt" }, 1, read_opt },
	{ { "rep", "min", "max" }, 3, read_rep },
};

static enum kg_status read_object(struct spec_reader *reader, const struct spot *spot,
				  json_t *object, const struct pattern **out)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		if (json_object_get(object, forms[i].keys[0]) == NULL)
			continue;
		enum kg_status status =
			reader_check_keys(reader, spot, object, forms[i].keys, forms[i].key_count);
		return status == KG_OK ? forms[i].read(reader, spot, object, out) : status;
	}
	return reader_fail(reader, spot,
			   "has none of \"call\", \"all\", \"any\", \"opt\", \"rep\"");
}

enum kg_status reader_pattern(struct spec_reader *reader, const struct spot *spot, json_t *value,
			      const struct pattern **out)
{
	enum kg_status status;
	if (reader->depth >= MAX_DEPTH)
		return reader_fail(reader, spot, "is nested too deep");
	reader->depth++;
	if (json_is_string(value))
		status = read_text(reader, spot, json_string_value(value), out);
	else if (json_is_array(value))
		status = read_list(reader, spot, value, PATTERN_SEQUENCE, out);
	else if (json_is_object(value))
		status = read_object(reader, spot, value, out);
	else
		status = reader_fail(reader, spot, "is no pattern (a text, a list or an object)");
	reader->depth--;
	return status;
}

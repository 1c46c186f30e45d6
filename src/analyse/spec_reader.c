/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how plain values are taken from a document, and how its mistakes are told. */
#include "analyse/spec_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

#define MAX_SPOTS 200

/* ---- errors ---------------------------------------------------------------------------------- */

struct writer {
	char text[256];
	size_t len;
};

static void write_text(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void write_text(struct writer *writer, const char *format, ...)
{
	size_t room = sizeof(writer->text) - writer->len;
	va_list args;
	va_start(args, format);
	int len = vsnprintf(writer->text + writer->len, room, format, args);
	va_end(args);
	if (len > 0)
		writer->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* "rules[3].want: " */
static void write_place(struct writer *writer, const struct spot *spot)
{
	const struct spot *path[MAX_SPOTS];
	size_t count = 0;
	for (; spot != NULL && count < MAX_SPOTS; spot = spot->up)
		path[count++] = spot;
	for (size_t i = count; i-- > 0;) {
		if (path[i]->key == NULL)
			write_text(writer, "[%zu]", path[i]->index);
		else
			write_text(writer, "%s%s", writer->len > 0 ? "." : "", path[i]->key);
	}
	if (count > 0)
		write_text(writer, ": ");
}

/* Where the value at a spot stands; where it does not exist, what it should be in. */
static const struct position *find_position(const struct spec_reader *reader,
					    const struct spot *spot)
{
	const struct spot *path[MAX_SPOTS];
	const json_t *value = reader->document->root;
	const struct position *found = positions_find(&reader->document->positions, value);
	size_t count = 0;
	for (; spot != NULL && count < MAX_SPOTS; spot = spot->up)
		path[count++] = spot;
	while (count-- > 0 && value != NULL) {
		value = path[count]->key != NULL ? json_object_get(value, path[count]->key)
						 : json_array_get(value, path[count]->index);
		const struct position *here = positions_find(&reader->document->positions, value);
		found = here != NULL ? here : found;
	}
	return found;
}

/* Whether a mistake is new; remembers it. */
static bool is_new(struct mistakes *mistakes, const struct kg_error *mistake)
{
	for (size_t i = 0; i < mistakes->count; i++) {
		const struct kg_error *told = &mistakes->told[i];
		if (told->line_no == mistake->line_no && told->column_no == mistake->column_no &&
		    strcmp(told->text, mistake->text) == 0)
			return false;
	}
	if (mistakes->count == MISTAKES_MAX)
		return false;
	mistakes->told[mistakes->count++] = *mistake;
	return true;
}

enum kg_status reader_fail(const struct spec_reader *reader, const struct spot *spot,
			   const char *format, ...)
{
	struct writer place = { .len = 0 };
	struct kg_error mistake = { 0 };
	const struct position *position = find_position(reader, spot);
	char what[256];
	write_place(&place, spot);
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (position != NULL) {
		mistake.line_no = position->line_no;
		mistake.column_no = position->column_no;
	}
	error_set(&mistake, KG_BAD_SPEC, position != NULL ? position->source : reader->spec->source,
		  0, "%s%s", place.text, what);
	if (!is_new(reader->mistakes, &mistake))
		return KG_BAD_SPEC;
	if (reader->err != NULL && reader->err->status == KG_OK)
		*reader->err = mistake;
	if (reader->opts->mistake != NULL)
		reader->opts->mistake(reader->opts->self, &mistake);
	return KG_BAD_SPEC;
}

bool reader_goes_on(enum kg_status status, enum kg_status *all)
{
	if (status != KG_OK)
		*all = status;
	return status == KG_OK || status == KG_BAD_SPEC;
}

/* ---- misspelt names -------------------------------------------------------------------------- */

#define MAX_NAME 48

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* How many characters have to be added or taken away to make one name the other. */
static size_t distance_of(const char *a, const char *b)
{
	size_t row[MAX_NAME + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);
	if (a_len > MAX_NAME || b_len > MAX_NAME)
		return SIZE_MAX;
	for (size_t i = 0; i <= b_len; i++)
		row[i] = i;
	for (size_t i = 0; i < a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < b_len; j++) {
			size_t above = row[j + 1];
			row[j + 1] =
				smallest(above + 1, row[j] + 1, diagonal + (a[i] != b[j] ? 2 : 0));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t least = strlen(name) / 3 + 1;
	for (size_t i = 0; i < count; i++) {
		size_t distance = distance_of(name, names[i]);
		if (distance <= least && (nearest == NULL || distance < least)) {
			nearest = names[i];
			least = distance;
		}
	}
	return nearest;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static enum kg_status fail_key(const struct spec_reader *reader, const struct spot *spot,
			       const char *key, const char *const *known, size_t known_count)
{
	const struct spot here = { .up = spot, .key = key };
	const char *meant = nearest_name(key, known, known_count);
	if (meant == NULL)
		return reader_fail(reader, &here, "unknown key");
	return reader_fail(reader, &here, "unknown key (did you mean \"%s\"?)", meant);
}

enum kg_status reader_check_keys(const struct spec_reader *reader, const struct spot *spot,
				 json_t *object, const char *const *known, size_t known_count)
{
	enum kg_status all = KG_OK;
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		if (!is_among(key, known, known_count))
			all = fail_key(reader, spot, key, known, known_count);
	}
	return all;
}

/* ---- plain values ---------------------------------------------------------------------------- */

enum kg_status reader_string(const struct spec_reader *reader, const struct spot *spot,
			     const json_t *value, const char **out)
{
	if (!json_is_string(value) || json_string_length(value) == 0)
		return reader_fail(reader, spot, "has to be a text");
	const char *copy = arena_copy_string(&reader->spec->memory, json_string_value(value));
	if (copy == NULL)
		return KG_NOMEM;
	*out = copy;
	return KG_OK;
}

enum kg_status reader_member_string(const struct spec_reader *reader, const struct spot *spot,
				    json_t *object, const char *key, const char **out)
{
	const json_t *value = json_object_get(object, key);
	const struct spot here = { .up = spot, .key = key };
	return value == NULL ? KG_OK : reader_string(reader, &here, value, out);
}

/* ---- numbers --------------------------------------------------------------------------------- */

size_t scan_compare(const char *text, enum compare *out)
{
	static const struct {
		const char *text;
		enum compare compare;
	} signs[] = {
		{ "==", COMPARE_EQ }, { "!=", COMPARE_NE }, { "<=", COMPARE_LE },
		{ ">=", COMPARE_GE }, { "<", COMPARE_LT },  { ">", COMPARE_GT },
	};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t len = strlen(signs[i].text);
		if (strncmp(text, signs[i].text, len) == 0) {
			*out = signs[i].compare;
			return len;
		}
	}
	return 0;
}

static enum kg_status find_param(const struct spec_reader *reader, const struct spot *spot,
				 const char *name, struct amount *out)
{
	const struct kg_spec *spec = reader->spec;
	const char *nearest = NULL;
	for (size_t i = 0; i < spec->params.count; i++) {
		const char *known = spec->params.at[i].name;
		if (strcmp(known, name) == 0) {
			*out = (struct amount){ .param = (uint32_t)i };
			return KG_OK;
		}
		if (nearest == NULL)
			nearest = nearest_name(name, &known, 1);
	}
	if (nearest != NULL)
		return reader_fail(reader, spot,
				   "\"%s\" is no number and no parameter (did you mean \"%s\"?)",
				   name, nearest);
	return reader_fail(reader, spot, "\"%s\" is no number and no parameter", name);
}

enum kg_status reader_amount_text(const struct spec_reader *reader, const struct spot *spot,
				  const char *text, struct amount *out)
{
	if (text[0] < '0' || text[0] > '9')
		return find_param(reader, spot, text, out);
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || value > INT64_MAX)
		return reader_fail(reader, spot, "\"%s\" is no number", text);
	*out = (struct amount){ .value = value, .param = NO_PARAM };
	return KG_OK;
}

enum kg_status reader_amount(const struct spec_reader *reader, const struct spot *spot,
			     const json_t *value, struct amount *out)
{
	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*out = (struct amount){ .value = (uint64_t)json_integer_value(value),
					.param = NO_PARAM };
		return KG_OK;
	}
	if (!json_is_string(value))
		return reader_fail(reader, spot,
				   "has to be a number from 0, or the name of a parameter");
	return reader_amount_text(reader, spot, json_string_value(value), out);
}

enum kg_status reader_bound(const struct spec_reader *reader, const struct spot *spot,
			    const json_t *value, struct bound *out)
{
	out->compare = COMPARE_EQ;
	if (!json_is_string(value))
		return reader_amount(reader, spot, value, &out->amount);
	const char *text = json_string_value(value);
	text += scan_compare(text, &out->compare);
	text += strspn(text, " ");
	return reader_amount_text(reader, spot, text, &out->amount);
}

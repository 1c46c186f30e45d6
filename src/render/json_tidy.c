/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where the line breaks of a document go that people are to read and to change. */
#include <string.h>

#include "base/column.h"
#include "render/json.h"
#include "render/out.h"
#include "base/banned.h"

#define LINE_WIDTH 100
#define TAB_WIDTH 4 /* as an editor of JSON shows it */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_ENSURE_ASCII)

struct tidy {
	struct kg_out *out;
	enum kg_status status;
	size_t indent; /* tabs */
	size_t column;
	COLUMN(char) flat; /* a value on one line */
};

static void put(struct tidy *tidy, const char *text)
{
	out_string(tidy->out, text);
	tidy->column += strlen(text);
}

static void break_line(struct tidy *tidy)
{
	out_string(tidy->out, "\n");
	out_repeat(tidy->out, '\t', tidy->indent);
	tidy->column = tidy->indent * TAB_WIDTH;
}

static int keep_bytes(const char *bytes, size_t len, void *self)
{
	struct tidy *tidy = self;
	if (!column_reserve(&tidy->flat, tidy->flat.count + len))
		return -1;
	memcpy(tidy->flat.at + tidy->flat.count, bytes, len);
	tidy->flat.count += len;
	return 0;
}

/* Puts a value on the line; if_fits: only if there is room for it, and for what may follow. */
static bool put_flat(struct tidy *tidy, const json_t *value, bool if_fits)
{
	tidy->flat.count = 0;
	if (json_dump_callback(value, keep_bytes, tidy, DUMP_FLAGS) != 0) {
		tidy->status = KG_NOMEM;
		return true;
	}
	if (if_fits && tidy->column + tidy->flat.count + 4 > LINE_WIDTH)
		return false;
	out_bytes(tidy->out, tidy->flat.at, tidy->flat.count);
	tidy->column += tidy->flat.count;
	return true;
}

static void put_value(struct tidy *tidy, json_t *value, bool may_be_flat);

static void put_key(struct tidy *tidy, const char *key)
{
	put(tidy, "\"");
	put(tidy, key);
	put(tidy, "\": ");
}

static void put_list(struct tidy *tidy, json_t *list)
{
	size_t i;
	json_t *element;
	put(tidy, "[");
	tidy->indent++;
	json_array_foreach(list, i, element)
	{
		put(tidy, i > 0 ? "," : "");
		break_line(tidy);
		put_value(tidy, element, true);
	}
	tidy->indent--;
	break_line(tidy);
	put(tidy, "]");
}

/* Whether an object is a pattern: its members stay on a line, and only what is in them breaks. */
static bool is_pattern(const json_t *object)
{
	static const char *const keys[] = { "call", "rep", "opt", "any", "all" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (json_object_get(object, keys[i]) != NULL)
			return true;
	}
	return false;
}

static void put_object(struct tidy *tidy, json_t *object)
{
	const bool hugs = is_pattern(object);
	const char *key;
	json_t *member;
	bool is_first = true;
	put(tidy, "{");
	tidy->indent += !hugs;
	json_object_foreach(object, key, member)
	{
		put(tidy, is_first ? "" : hugs ? ", " : ",");
		if (!hugs)
			break_line(tidy);
		put_key(tidy, key);
		put_value(tidy, member, true);
		is_first = false;
	}
	tidy->indent -= !hugs;
	if (!hugs)
		break_line(tidy);
	put(tidy, "}");
}

/* Whether it is a list of objects with an id: these stand a member to a line. */
static bool is_check(const json_t *value)
{
	return json_object_get(value, "id") != NULL;
}

static void put_value(struct tidy *tidy, json_t *value, bool may_be_flat)
{
	const bool is_list = json_is_array(value) && json_array_size(value) > 0;
	const bool has_checks = is_list && is_check(json_array_get(value, 0));
	if (may_be_flat && !has_checks && !is_check(value) && put_flat(tidy, value, true))
		return;
	if (is_list)
		put_list(tidy, value);
	else if (json_is_object(value) && json_object_size(value) > 0)
		put_object(tidy, value);
	else
		(void)put_flat(tidy, value, false);
}

enum kg_status tidy_document(struct kg_out *out, json_t *document)
{
	struct tidy tidy = { .out = out };
	put_value(&tidy, document, false);
	out_string(out, "\n");
	column_release(&tidy.flat);
	return tidy.status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a text that is known to be JSON, beside its values. */
#include "analyse/spec_position.h"

#include "base/banned.h"

/* Values nested deeper than this are not looked for. */
#define MAX_DEPTH 512

struct scan {
	struct positions *positions;
	const char *source;
	const char *at;
	const char *end;
	uint64_t line_no;
	uint64_t column_no;
	uint32_t depth;
};

static void step(struct scan *scan)
{
	const unsigned char c = (unsigned char)*scan->at++;
	if (c == '\n') {
		scan->line_no++;
		scan->column_no = 1;
	} else if ((c & 0xc0) != 0x80) {
		/* bytes behind the first one of a character are no column of their own */
		scan->column_no++;
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && is_space(*scan->at))
		step(scan);
}

/* Past one comma, colon or bracket, and the blanks around it. */
static void skip_sign(struct scan *scan)
{
	skip_space(scan);
	if (scan->at < scan->end)
		step(scan);
	skip_space(scan);
}

static void skip_string(struct scan *scan)
{
	step(scan);
	while (scan->at < scan->end && *scan->at != '"') {
		if (*scan->at == '\\')
			step(scan);
		if (scan->at < scan->end)
			step(scan);
	}
	if (scan->at < scan->end)
		step(scan);
}

/* A number, or a word. */
static void skip_word(struct scan *scan)
{
	while (scan->at < scan->end && !is_space(*scan->at) && *scan->at != ',' &&
	       *scan->at != ']' && *scan->at != '}')
		step(scan);
}

static bool scan_value(struct scan *scan, const json_t *value);

static bool scan_object(struct scan *scan, const json_t *object)
{
	const char *key;
	json_t *item;
	skip_sign(scan);
	json_object_foreach((json_t *)object, key, item)
	{
		skip_string(scan);
		skip_sign(scan);
		if (!scan_value(scan, item))
			return false;
		skip_sign(scan);
	}
	if (json_object_size(object) == 0)
		skip_sign(scan);
	return true;
}

static bool scan_array(struct scan *scan, const json_t *array)
{
	skip_sign(scan);
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!scan_value(scan, json_array_get(array, i)))
			return false;
		skip_sign(scan);
	}
	if (json_array_size(array) == 0)
		skip_sign(scan);
	return true;
}

static bool scan_value(struct scan *scan, const json_t *value)
{
	bool is_done = true;
	skip_space(scan);
	const struct position here = { value, scan->source, scan->line_no, scan->column_no };
	/* there is one true, one false and one null for all documents */
	if (!json_is_boolean(value) && !json_is_null(value) &&
	    !column_push(&scan->positions->at, here))
		return false;
	if (scan->depth >= MAX_DEPTH)
		return true;
	scan->depth++;
	if (json_is_object(value))
		is_done = scan_object(scan, value);
	else if (json_is_array(value))
		is_done = scan_array(scan, value);
	else if (json_is_string(value))
		skip_string(scan);
	else
		skip_word(scan);
	scan->depth--;
	return is_done;
}

enum kg_status positions_add(struct positions *positions, const char *text, size_t len,
			     const json_t *root, const char *source)
{
	struct scan scan = { .positions = positions,
			     .source = source,
			     .at = text,
			     .end = text + len,
			     .line_no = 1,
			     .column_no = 1 };
	return scan_value(&scan, root) ? KG_OK : KG_NOMEM;
}

const struct position *positions_find(const struct positions *positions, const json_t *value)
{
	for (size_t i = 0; i < positions->at.count; i++) {
		if (positions->at.at[i].value == value)
			return &positions->at.at[i];
	}
	return NULL;
}

void positions_release(struct positions *positions)
{
	column_release(&positions->at);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the members of a row are written. */
#include "render/json_row.h"

#include <string.h>

#include "base/assert.h"
#include "render/out.h"
#include "base/banned.h"

/* A row is put together here and written in one piece: its parts are many and small. */
static void flush(struct json_doc *doc)
{
	out_bytes(doc->out, doc->row, doc->row_len);
	doc->row_len = 0;
}

static inline void put(struct json_doc *doc, const char *bytes, size_t len)
{
	if (len > sizeof(doc->row) - doc->row_len) {
		flush(doc);
		if (len > sizeof(doc->row)) {
			out_bytes(doc->out, bytes, len);
			return;
		}
	}
	memcpy(doc->row + doc->row_len, bytes, len);
	doc->row_len += len;
}

static inline void put_string(struct json_doc *doc, const char *string)
{
	put(doc, string, strlen(string));
}

/* Keys are ours, and shorter. */
#define KEY_MAX 60

static void start_member(struct json_row *row, const char *key)
{
	struct json_doc *doc = row->doc;
	KG_DCHECK(strlen(key) <= KEY_MAX);
	if (sizeof(doc->row) - doc->row_len < KEY_MAX + 8)
		flush(doc);
	/* byte by byte: keys are so short that calls to copy them cost more */
	char *at = doc->row + doc->row_len;
	if (row->has_member) {
		*at++ = ',';
		*at++ = ' ';
	}
	*at++ = '"';
	while (*key != '\0')
		*at++ = *key++;
	*at++ = '"';
	*at++ = ':';
	*at++ = ' ';
	doc->row_len = (size_t)(at - doc->row);
	row->has_member = true;
}

/* Whether a character can stand between quotes as it is. */
static inline bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* Puts a quote and a text that needs nothing else; false, and nothing put, if it is none. */
static bool put_quoted(struct json_doc *doc, const char *text)
{
	const size_t start = doc->row_len;
	const char *end = doc->row + sizeof(doc->row);
	char *at = doc->row + start;
	if (at == end)
		return false;
	*at++ = '"';
	while (at < end && is_plain(*text))
		*at++ = *text++;
	if (*text != '\0')
		return false;
	doc->row_len = (size_t)(at - doc->row);
	return true;
}

struct json_row row_start(struct json_doc *doc)
{
	doc_break_row(doc);
	put_string(doc, "{");
	return (struct json_row){ .doc = doc };
}

void row_end(struct json_row *row)
{
	put_string(row->doc, "}");
	flush(row->doc);
}

static void put_number(struct json_doc *doc, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);
	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(doc, digits + first, sizeof(digits) - first);
}

void row_number(struct json_row *row, const char *key, uint64_t number)
{
	start_member(row, key);
	put_number(row->doc, number > INT64_MAX ? INT64_MAX : number);
}

void row_null(struct json_row *row, const char *key)
{
	start_member(row, key);
	put_string(row->doc, "null");
}

void row_ns(struct json_row *row, const char *key, uint64_t ns)
{
	if (ns == KG_NO_NS)
		row_null(row, key);
	else
		row_number(row, key, ns);
}

void row_line(struct json_row *row, const char *key, uint64_t line_no)
{
	if (line_no == 0)
		row_null(row, key);
	else
		row_number(row, key, line_no);
}

void row_cpu(struct json_row *row, const char *key, uint16_t cpu)
{
	if (cpu == KG_NO_CPU)
		row_null(row, key);
	else
		row_number(row, key, cpu);
}

void row_bool(struct json_row *row, const char *key, bool value)
{
	start_member(row, key);
	put_string(row->doc, value ? "true" : "false");
}

void row_text(struct json_row *row, const char *key, const char *text)
{
	start_member(row, key);
	if (text == NULL) {
		put_string(row->doc, "null");
		return;
	}
	if (!put_quoted(row->doc, text)) {
		flush(row->doc);
		doc_dump(row->doc, value_text(text));
		return;
	}
	put_string(row->doc, "\"");
}

void row_task(struct json_row *row, const char *key, const struct kg_tasks *tasks, kg_task_id id)
{
	const struct kg_task *task = id == KG_NO_TASK ? NULL : kg_tasks_get(tasks, id);
	if (task == NULL || task->pid < 0) {
		row_text(row, key, task == NULL ? NULL : task->comm);
		return;
	}
	start_member(row, key);
	if (!put_quoted(row->doc, task->comm)) {
		flush(row->doc);
		doc_dump(row->doc, value_task(tasks, id));
		return;
	}
	put_string(row->doc, "-");
	put_number(row->doc, (uint64_t)task->pid);
	put_string(row->doc, "\"");
}

void row_func(struct json_row *row, const char *key, const struct kg_funcs *funcs, kg_func_id id)
{
	row_text(row, key, id == KG_NO_FUNC ? NULL : kg_funcs_get(funcs, id)->name);
}

void row_module(struct json_row *row, const char *key, const struct kg_funcs *funcs, kg_func_id id)
{
	const char *module = id == KG_NO_FUNC ? "" : kg_funcs_get(funcs, id)->module;
	row_text(row, key, module[0] == '\0' ? NULL : module);
}

struct json_row row_enter_object(struct json_row *row, const char *key)
{
	start_member(row, key);
	put_string(row->doc, "{");
	return (struct json_row){ .doc = row->doc };
}

void row_leave_object(struct json_row *row)
{
	put_string(row->doc, "}");
}

struct json_row row_enter_list(struct json_row *row, const char *key)
{
	start_member(row, key);
	put_string(row->doc, "[");
	return (struct json_row){ .doc = row->doc };
}

void row_word(struct json_row *list, const char *word)
{
	put_string(list->doc, list->has_member ? ", \"" : "\"");
	put_string(list->doc, word);
	put_string(list->doc, "\"");
	list->has_member = true;
}

void row_leave_list(struct json_row *list)
{
	put_string(list->doc, "]");
}

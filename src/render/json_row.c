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

#define WORD_BYTES sizeof(uint64_t)
/* The same byte in all of a word. */
#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether all characters of a word can stand between quotes as they are. */
static inline bool is_plain_word(const char *at)
{
	uint64_t word;
	memcpy(&word, at, WORD_BYTES);
	/* each of these has the top bit of a byte set for some bytes that cannot; a carry out of a
	   byte comes only from one that is found anyway */
	const uint64_t found = word | (word - WORD_OF(' ')) | (word + WORD_OF(1)) |
			       ((word ^ WORD_OF('"')) - WORD_OF(1)) |
			       ((word ^ WORD_OF('\\')) - WORD_OF(1));
	return (found & WORD_OF(0x80)) == 0;
}

static inline bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static bool is_plain_text(const char *text, size_t len)
{
	if (len < WORD_BYTES) {
		for (size_t i = 0; i < len; i++) {
			if (!is_plain(text[i]))
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < len - WORD_BYTES; i += WORD_BYTES) {
		if (!is_plain_word(text + i))
			return false;
	}
	return is_plain_word(text + len - WORD_BYTES);
}

/* Puts a quote and a text that needs nothing else; false, and nothing put, if it is none. */
static bool put_quoted(struct json_doc *doc, const char *text)
{
	const size_t len = strlen(text);
	if (len >= sizeof(doc->row) - doc->row_len || !is_plain_text(text, len))
		return false;
	doc->row[doc->row_len] = '"';
	memcpy(doc->row + doc->row_len + 1, text, len);
	doc->row_len += len + 1;
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

void row_flush(struct json_row *row)
{
	flush(row->doc);
}

static void put_number(struct json_doc *doc, uint64_t number)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char digits[20];
	size_t first = sizeof(digits);
	for (; number >= 100; number /= 100) {
		first -= 2;
		memcpy(digits + first, pairs + number % 100 * 2, 2);
	}
	if (number >= 10) {
		first -= 2;
		memcpy(digits + first, pairs + number * 2, 2);
	} else {
		digits[--first] = (char)('0' + number);
	}
	put(doc, digits + first, sizeof(digits) - first);
}

void row_put_number(struct json_row *row, uint64_t number)
{
	put_number(row->doc, number > INT64_MAX ? INT64_MAX : number);
}

void row_put_null(struct json_row *row)
{
	put(row->doc, "null", 4);
}

void row_put_bool(struct json_row *row, bool value)
{
	put_string(row->doc, value ? "true" : "false");
}

void row_put_text(struct json_row *row, const char *text)
{
	if (text == NULL) {
		row_put_null(row);
		return;
	}
	if (!put_quoted(row->doc, text)) {
		flush(row->doc);
		doc_dump(row->doc, value_text(text));
		return;
	}
	put(row->doc, "\"", 1);
}

void row_put_task(struct json_row *row, const struct kg_tasks *tasks, kg_task_id id)
{
	const struct kg_task *task = id == KG_NO_TASK ? NULL : kg_tasks_get(tasks, id);
	if (task == NULL || task->pid < 0) {
		row_put_text(row, task == NULL ? NULL : task->comm);
		return;
	}
	if (!put_quoted(row->doc, task->comm)) {
		flush(row->doc);
		doc_dump(row->doc, value_task(tasks, id));
		return;
	}
	put(row->doc, "-", 1);
	put_number(row->doc, (uint64_t)task->pid);
	put(row->doc, "\"", 1);
}

struct json_row row_put_object(struct json_row *row)
{
	put(row->doc, "{", 1);
	return (struct json_row){ .doc = row->doc };
}

void row_leave_object(struct json_row *row)
{
	put(row->doc, "}", 1);
}

struct json_row row_put_list(struct json_row *row)
{
	put(row->doc, "[", 1);
	return (struct json_row){ .doc = row->doc };
}

void row_next(struct json_row *list)
{
	if (list->has_member)
		put(list->doc, ", ", 2);
	list->has_member = true;
}

void row_item(struct json_row *list, uint64_t number)
{
	row_next(list);
	row_put_number(list, number);
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

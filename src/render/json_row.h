/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of long lists, written member by member: with a library object for each row most of the time
 * of a long report would go there. What is not plain text still goes through the library.
 *
 *	struct json_row row = row_start(&doc);
 *	row_number(&row, "calls", 3);
 *	row_end(&row);
 */
#ifndef RENDER_JSON_ROW_H
#define RENDER_JSON_ROW_H

#include <string.h>

#include "render/json.h"

struct json_row {
	struct json_doc *doc;
	bool has_member;
};

struct json_row row_start(struct json_doc *doc);

/* ---- values, behind their key ---------------------------------------------------------------- */

void row_put_null(struct json_row *row);
void row_put_number(struct json_row *row, uint64_t number);
void row_put_bool(struct json_row *row, bool value);
void row_put_text(struct json_row *row, const char *text);
void row_put_task(struct json_row *row, const struct kg_tasks *tasks, kg_task_id id);
struct json_row row_put_object(struct json_row *row);
struct json_row row_put_list(struct json_row *row);

/* Writes out what of a row is put together. */
void row_flush(struct json_row *row);

/* Keys are ours, and shorter. */
#define ROW_KEY_MAX 60

/*
 * Starts a member. In line here, as all that puts a member down: then the length of its key is
 * known, and copying it costs next to nothing.
 */
static inline __attribute__((always_inline)) void row_key(struct json_row *row, const char *key)
{
	struct json_doc *doc = row->doc;
	const size_t len = strlen(key);
	if (sizeof(doc->row) - doc->row_len < ROW_KEY_MAX + 8)
		row_flush(row);
	char *at = doc->row + doc->row_len;
	if (row->has_member) {
		memcpy(at, ", ", 2);
		at += 2;
	}
	*at = '"';
	memcpy(at + 1, key, len);
	memcpy(at + 1 + len, "\": ", 3);
	doc->row_len = (size_t)(at - doc->row) + len + 4;
	row->has_member = true;
}

/* ---- members --------------------------------------------------------------------------------- */

/* A member that is an object or a list: null, or what follows up to the row_leave_ call. */
static inline void row_null(struct json_row *row, const char *key)
{
	row_key(row, key);
	row_put_null(row);
}

/* Numbers beyond INT64_MAX are cut to it. */
static inline void row_number(struct json_row *row, const char *key, uint64_t number)
{
	row_key(row, key);
	row_put_number(row, number);
}

/* null for one that is none */
static inline void row_number_or_null(struct json_row *row, const char *key, uint64_t number,
				      bool is_number)
{
	row_key(row, key);
	if (is_number)
		row_put_number(row, number);
	else
		row_put_null(row);
}

/* null for KG_NO_NS */
static inline void row_ns(struct json_row *row, const char *key, uint64_t ns)
{
	row_number_or_null(row, key, ns, ns != KG_NO_NS);
}

/* null for 0 */
static inline void row_line(struct json_row *row, const char *key, uint64_t line_no)
{
	row_number_or_null(row, key, line_no, line_no != 0);
}

/* null for KG_NO_CPU */
static inline void row_cpu(struct json_row *row, const char *key, uint16_t cpu)
{
	row_number_or_null(row, key, cpu, cpu != KG_NO_CPU);
}

static inline void row_bool(struct json_row *row, const char *key, bool value)
{
	row_key(row, key);
	row_put_bool(row, value);
}

/* null for NULL */
static inline void row_text(struct json_row *row, const char *key, const char *text)
{
	row_key(row, key);
	row_put_text(row, text);
}

/* "kvm-hel-2690", "?cpu2" */
static inline void row_task(struct json_row *row, const char *key, const struct kg_tasks *tasks,
			    kg_task_id id)
{
	row_key(row, key);
	row_put_task(row, tasks, id);
}

/* null for KG_NO_FUNC, and for no module */
static inline void row_func(struct json_row *row, const char *key, const struct kg_funcs *funcs,
			    kg_func_id id)
{
	row_text(row, key, id == KG_NO_FUNC ? NULL : kg_funcs_get(funcs, id)->name);
}

static inline void row_module(struct json_row *row, const char *key, const struct kg_funcs *funcs,
			      kg_func_id id)
{
	const char *module = id == KG_NO_FUNC ? "" : kg_funcs_get(funcs, id)->module;
	row_text(row, key, module[0] == '\0' ? NULL : module);
}

static inline struct json_row row_enter_object(struct json_row *row, const char *key)
{
	row_key(row, key);
	return row_put_object(row);
}

static inline struct json_row row_enter_list(struct json_row *row, const char *key)
{
	row_key(row, key);
	return row_put_list(row);
}

void row_leave_object(struct json_row *row);
/* The next items of a list: for what row_put_ calls put down, a number, a plain word. */
void row_next(struct json_row *list);
void row_item(struct json_row *list, uint64_t number);
void row_word(struct json_row *list, const char *word);
void row_leave_list(struct json_row *list);
void row_end(struct json_row *row);

#endif

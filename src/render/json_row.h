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

#include "render/json.h"

struct json_row {
	struct json_doc *doc;
	bool has_member;
};

struct json_row row_start(struct json_doc *doc);
/* Numbers beyond INT64_MAX are cut to it. */
void row_number(struct json_row *row, const char *key, uint64_t number);
/* null for KG_NO_NS */
void row_ns(struct json_row *row, const char *key, uint64_t ns);
/* null for 0 */
void row_line(struct json_row *row, const char *key, uint64_t line_no);
/* null for KG_NO_CPU */
void row_cpu(struct json_row *row, const char *key, uint16_t cpu);
void row_bool(struct json_row *row, const char *key, bool value);
/* null for NULL */
void row_text(struct json_row *row, const char *key, const char *text);
/* "kvm-hel-2690", "?cpu2" */
void row_task(struct json_row *row, const char *key, const struct kg_tasks *tasks, kg_task_id id);
/* null for KG_NO_FUNC, and for no module */
void row_func(struct json_row *row, const char *key, const struct kg_funcs *funcs, kg_func_id id);
void row_module(struct json_row *row, const char *key, const struct kg_funcs *funcs, kg_func_id id);
/* A member that is an object or a list: null, or what follows up to the row_leave_ call. */
void row_null(struct json_row *row, const char *key);
struct json_row row_enter_object(struct json_row *row, const char *key);
void row_leave_object(struct json_row *row);
struct json_row row_enter_list(struct json_row *row, const char *key);
/* A plain word as the next item of a list. */
void row_word(struct json_row *list, const char *word);
void row_leave_list(struct json_row *list);
void row_end(struct json_row *row);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON documents, written while they are made: one object whose members stand one to a line, and in
 * them long lists with one row to a line, so that memory holds one row at a time.
 *
 *	struct json_doc doc = doc_start(out, "kvmgraph.timing/1");
 *	doc_start_rows(&doc, "functions");
 *	for (...) {
 *		json_t *row = json_object();
 *		row_add(&row, "line", value_line(phase->line_no));
 *		doc_add_row(&doc, row);
 *	}
 *	doc_end_rows(&doc);
 *	return doc_end(&doc);
 *
 * A value that is NULL for want of memory spoils what it is added to, and so at last the document,
 * whose doc_end() tells.
 */
#ifndef RENDER_JSON_H
#define RENDER_JSON_H

#include <jansson.h>

#include <kvmgraph/render.h>

struct json_doc {
	struct kg_out *out;
	enum kg_status status;
	bool has_row;
	size_t row_len; /* of the row that json_row.h has in hand */
	char row[512];
};

struct json_doc doc_start(struct kg_out *out, const char *schema);
/* Takes the value over. */
void doc_add(struct json_doc *doc, const char *key, json_t *value);
void doc_start_rows(struct json_doc *doc, const char *key);
/* Takes the row over. */
void doc_add_row(struct json_doc *doc, json_t *row);
void doc_end_rows(struct json_doc *doc);
/* Ends the document. KG_NOMEM if a part of it could not be made. */
KG_MUST_USE enum kg_status doc_end(struct json_doc *doc);

/* For json_row.h: the line break before a row; a value in the middle of one, taken over. */
void doc_break_row(struct json_doc *doc);
void doc_dump(struct json_doc *doc, json_t *value);

/*
 * A document of another's form, made in one piece and taken over, indented. KG_NOMEM if a part of
 * it could not be made.
 */
KG_MUST_USE enum kg_status json_write_whole(struct kg_out *out, json_t *value);

/*
 * Writes a document that people are to read and to change: tabs, what is short on one line.
 * KG_NOMEM is its only failure.
 */
KG_MUST_USE enum kg_status tidy_document(struct kg_out *out, json_t *document);

/* "trace": what every report says of the trace that it is about. */
void doc_add_trace(struct json_doc *doc, const struct kg_info *info);

/* Appends a member; takes the value over. *row is NULL once something was missing. */
void row_add(json_t **row, const char *key, json_t *value);
/* The same for a list. */
void list_add(json_t **list, json_t *value);

/* A string of strangers, what is not UTF-8 replaced by U+FFFD; null for NULL. */
json_t *value_text(const char *string);
/* Numbers beyond INT64_MAX are cut to it. */
json_t *value_number(uint64_t number);
/* null for KG_NO_NS */
json_t *value_ns(uint64_t ns);
/* null for 0 */
json_t *value_line(uint64_t line_no);
/* null for KG_NO_CPU */
json_t *value_cpu(uint16_t cpu);
/* Millionths as a number from 0 to 1. */
json_t *value_share(uint32_t ppm);
json_t *value_cpus(const uint16_t *cpus, size_t count);
/* "kvm-hel-2690", "?cpu2"; null for KG_NO_TASK */
json_t *value_task(const struct kg_tasks *tasks, kg_task_id id);
/* The name of a function, its module; null for KG_NO_FUNC, and for no module. */
json_t *value_func(const struct kg_funcs *funcs, kg_func_id id);
json_t *value_module(const struct kg_funcs *funcs, kg_func_id id);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how values become JSON, and where its line breaks go. */
#include "render/json.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "render/out.h"
#include "render/utf8.h"
#include "base/banned.h"

/* six digits tell millionths exactly; plain ASCII cannot steer a terminal */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6))

/* ---- the document ---------------------------------------------------------------------------- */

static int write_bytes(const char *bytes, size_t len, void *self)
{
	out_bytes(self, bytes, len);
	return 0;
}

static void dump(struct json_doc *doc, json_t *value, size_t flags)
{
	if (json_dump_callback(value, write_bytes, doc->out, DUMP_FLAGS | flags) != 0)
		doc->status = KG_NOMEM;
	json_decref(value);
}

static void start_member(struct json_doc *doc, const char *key)
{
	out_string(doc->out, ",\n\"");
	out_string(doc->out, key);
	out_string(doc->out, "\": ");
}

struct json_doc doc_start(struct kg_out *out, const char *schema)
{
	out_string(out, "{\n\"schema\": \"");
	out_string(out, schema);
	out_string(out, "\"");
	return (struct json_doc){ .out = out };
}

void doc_add(struct json_doc *doc, const char *key, json_t *value)
{
	start_member(doc, key);
	dump(doc, value, 0);
}

void doc_start_rows(struct json_doc *doc, const char *key)
{
	start_member(doc, key);
	out_string(doc->out, "[");
	doc->has_row = false;
}

void doc_break_row(struct json_doc *doc)
{
	out_string(doc->out, doc->has_row ? ",\n" : "\n");
	doc->has_row = true;
}

void doc_add_row(struct json_doc *doc, json_t *row)
{
	doc_break_row(doc);
	dump(doc, row, 0);
}

void doc_end_rows(struct json_doc *doc)
{
	out_string(doc->out, doc->has_row ? "\n]" : "]");
}

void doc_dump(struct json_doc *doc, json_t *value)
{
	dump(doc, value, 0);
}

enum kg_status doc_end(struct json_doc *doc)
{
	out_string(doc->out, "\n}\n");
	return doc->status;
}

enum kg_status json_write_whole(struct kg_out *out, json_t *value)
{
	struct json_doc doc = { .out = out };
	dump(&doc, value, JSON_INDENT(1));
	out_string(out, "\n");
	return doc.status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void keep_or_spoil(json_t **whole, int failed)
{
	if (failed == 0)
		return;
	json_decref(*whole);
	*whole = NULL;
}

void row_add(json_t **row, const char *key, json_t *value)
{
	keep_or_spoil(row, json_object_set_new(*row, key, value));
}

void list_add(json_t **list, json_t *value)
{
	keep_or_spoil(list, json_array_append_new(*list, value));
}

/* ---- strings --------------------------------------------------------------------------------- */

/* Copies string into clean, which holds three bytes for each of its; returns where that ends. */
static char *clean_into(char *clean, const char *string)
{
	while (*string != '\0') {
		uint32_t code;
		size_t len = utf8_char(string, &code);
		const char *from = len > 0 ? string : "\xef\xbf\xbd";
		size_t copied = len > 0 ? len : 3;
		memcpy(clean, from, copied);
		clean += copied;
		string += len > 0 ? len : 1;
	}
	return clean;
}

json_t *value_text(const char *string)
{
	if (string == NULL)
		return json_null();
	char *clean = memory_alloc(3 * strlen(string) + 1);
	if (clean == NULL)
		return NULL;
	json_t *value = json_stringn_nocheck(clean, (size_t)(clean_into(clean, string) - clean));
	memory_free(clean);
	return value;
}

json_t *value_task(const struct kg_tasks *tasks, kg_task_id id)
{
	if (id == KG_NO_TASK)
		return json_null();
	const struct kg_task *task = kg_tasks_get(tasks, id);
	if (task->pid < 0)
		return value_text(task->comm);
	size_t room = strlen(task->comm) + sizeof("-9223372036854775807");
	char *label = memory_alloc(room);
	if (label == NULL)
		return NULL;
	snprintf(label, room, "%s-%lld", task->comm, (long long)task->pid);
	json_t *value = value_text(label);
	memory_free(label);
	return value;
}

json_t *value_func(const struct kg_funcs *funcs, kg_func_id id)
{
	return value_text(id == KG_NO_FUNC ? NULL : kg_funcs_get(funcs, id)->name);
}

json_t *value_module(const struct kg_funcs *funcs, kg_func_id id)
{
	const char *module = id == KG_NO_FUNC ? "" : kg_funcs_get(funcs, id)->module;
	return value_text(module[0] == '\0' ? NULL : module);
}

/* ---- numbers --------------------------------------------------------------------------------- */

json_t *value_number(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

json_t *value_ns(uint64_t ns)
{
	return ns == KG_NO_NS ? json_null() : value_number(ns);
}

json_t *value_line(uint64_t line_no)
{
	return line_no == 0 ? json_null() : value_number(line_no);
}

json_t *value_cpu(uint16_t cpu)
{
	return cpu == KG_NO_CPU ? json_null() : value_number(cpu);
}

json_t *value_share(uint32_t ppm)
{
	return json_real((double)ppm / 1000000);
}

json_t *value_cpus(const uint16_t *cpus, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		list_add(&list, value_cpu(cpus[i]));
	return list;
}

/* ---- the trace ------------------------------------------------------------------------------- */

void doc_add_trace(struct json_doc *doc, const struct kg_info *info)
{
	json_t *trace = json_object();
	row_add(&trace, "file", value_text(info->file));
	row_add(&trace, "format", value_text(kg_format_name(info->format)));
	row_add(&trace, "vendor", value_text(kg_vendor_name(info->vendor)));
	row_add(&trace, "kernel", value_text(info->kernel));
	row_add(&trace, "calls_complete", value_number(info->calls.complete));
	row_add(&trace, "calls_incomplete", value_number(info->calls.total - info->calls.complete));
	row_add(&trace, "gaps", value_number(info->lost_gaps));
	row_add(&trace, "coverage", value_share(kg_info_coverage(info)));
	row_add(&trace, "exits_only", json_boolean(info->exits_only));
	doc_add(doc, "trace", trace);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a document is put on top of another. */
#include "analyse/spec_document.h"

#include <string.h>

#include "analyse/spec_source.h"
#include "base/error.h"
#include "base/banned.h"

/* So many documents may extend each other. */
#define MAX_CHAIN 8

#define VENDOR_MARK "{vendor}"

/* What is needed on the way up a chain of documents. */
struct loader {
	struct spec_document *document;
	enum kg_vendor vendor;
	struct kg_error *err;
	uint32_t depth;
};

static enum kg_status load(const struct loader *loader, const char *name, json_t **out);

/* ---- failures -------------------------------------------------------------------------------- */

static enum kg_status fail_json(const json_error_t *json, const char *source, struct kg_error *err)
{
	if (json_error_code((json_error_t *)json) == json_error_out_of_memory)
		return error_set(err, KG_NOMEM, source, 0, "out of memory");
	if (err != NULL && err->status == KG_OK) {
		err->line_no = json->line > 0 ? (uint64_t)json->line : 0;
		err->column_no = json->column > 0 ? (uint64_t)json->column : 0;
	}
	return error_set(err, KG_BAD_SPEC, source, 0, "%s", json->text);
}

/* What is wrong with "extends", at its place. */
static enum kg_status fail_extends(const struct loader *loader, const char *source,
				   const json_t *value, const char *what)
{
	const struct position *position = positions_find(&loader->document->positions, value);
	if (position != NULL && loader->err != NULL && loader->err->status == KG_OK) {
		loader->err->line_no = position->line_no;
		loader->err->column_no = position->column_no;
	}
	return error_set(loader->err, KG_BAD_SPEC, source, 0, "extends: %s", what);
}

/* ---- merging --------------------------------------------------------------------------------- */

static const json_t *find_rule(const json_t *rules, const char *id)
{
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);
		const char *other = json_string_value(json_object_get(rule, "id"));
		if (id != NULL && other != NULL && strcmp(id, other) == 0)
			return rule;
	}
	return NULL;
}

static bool is_listed(const json_t *list, const char *text)
{
	for (size_t i = 0; text != NULL && i < json_array_size(list); i++) {
		const char *other = json_string_value(json_array_get(list, i));
		if (other != NULL && strcmp(other, text) == 0)
			return true;
	}
	return false;
}

/* The rules of the base that are neither written anew nor left out, and those that are new. */
static enum kg_status merge_rules(json_t *document, const json_t *base)
{
	const json_t *own = json_object_get(document, "rules");
	const json_t *without = json_object_get(document, "without");
	const json_t *old = json_object_get(base, "rules");
	json_t *merged = json_array();
	int failed = merged == NULL;
	for (size_t i = 0; i < json_array_size(old); i++) {
		json_t *rule = json_array_get(old, i);
		const char *id = json_string_value(json_object_get(rule, "id"));
		const json_t *replaced = find_rule(own, id);
		if (!is_listed(without, id))
			failed |= json_array_append(merged,
						    replaced != NULL ? (json_t *)replaced : rule);
	}
	for (size_t i = 0; i < json_array_size(own); i++) {
		json_t *rule = json_array_get(own, i);
		const char *id = json_string_value(json_object_get(rule, "id"));
		if (find_rule(old, id) == NULL)
			failed |= json_array_append(merged, rule);
	}
	failed |= json_object_set(document, "rules", merged);
	json_decref(merged);
	return failed ? KG_NOMEM : KG_OK;
}

/* Members of objects one by one, down to here: "steps" are objects in an object. */
#define MERGED_DEPTH 2

/* Patterns are no objects whose members mean anything alone. */
static bool has_patterns(const char *key)
{
	return strcmp(key, "define") == 0;
}

static enum kg_status merge_object(json_t *document, const json_t *base, uint32_t depth)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)base, key, value)
	{
		json_t *own = json_object_get(document, key);
		enum kg_status status = KG_OK;
		if (own == NULL)
			status = json_object_set(document, key, value) == 0 ? KG_OK : KG_NOMEM;
		else if (depth < MERGED_DEPTH && json_is_object(own) && json_is_object(value) &&
			 !has_patterns(key))
			status = merge_object(own, value, depth + 1);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

static enum kg_status merge_defines(json_t *document, const json_t *base)
{
	json_t *own = json_object_get(document, "define");
	const json_t *old = json_object_get(base, "define");
	const char *key;
	json_t *value;
	if (!json_is_object(own))
		return KG_OK;
	json_object_foreach((json_t *)old, key, value)
	{
		if (json_object_get(own, key) == NULL && json_object_set(own, key, value) != 0)
			return KG_NOMEM;
	}
	return KG_OK;
}

/* Puts a document on top of its base. */
static enum kg_status merge(json_t *document, const json_t *base)
{
	const bool has_lists = json_is_array(json_object_get(document, "rules")) ||
			       json_is_array(json_object_get(document, "without"));
	enum kg_status status = KG_OK;
	if (has_lists && json_is_array(json_object_get(base, "rules")))
		status = merge_rules(document, base);
	if (status == KG_OK)
		status = merge_defines(document, base);
	if (status == KG_OK)
		status = merge_object(document, base, 0);
	/* done with: a document that extends this one has its own */
	if (status == KG_OK) {
		json_object_del(document, "extends");
		json_object_del(document, "without");
	}
	return status;
}

/* Each rule that a document leaves out has to be there. */
static enum kg_status check_without(const struct loader *loader, const char *source,
				    const json_t *document, const json_t *base)
{
	const json_t *without = json_object_get(document, "without");
	if (without != NULL && !json_is_array(without))
		return fail_extends(loader, source, without, "\"without\" has to be a list of ids");
	for (size_t i = 0; i < json_array_size(without); i++) {
		const json_t *id = json_array_get(without, i);
		if (find_rule(json_object_get(base, "rules"), json_string_value(id)) == NULL)
			return fail_extends(loader, source, id,
					    "\"without\" names a rule that is not there");
	}
	return KG_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Puts the vendor's name where the name of a document asks for it. */
static enum kg_status fill_in_vendor(const struct loader *loader, const char *name,
				     const char **out)
{
	const char *mark = strstr(name, VENDOR_MARK);
	*out = name;
	if (mark == NULL)
		return KG_OK;
	loader->document->depends_on_vendor = true;
	const char *vendor = kg_vendor_name(loader->vendor);
	if (vendor == NULL)
		return error_set(loader->err, KG_BAD_SPEC, NULL, 0,
				 "%s: which vendor's is not known (vmx or svm)", name);
	*out = arena_format(&loader->document->memory, "%.*s%s%s", (int)(mark - name), name, vendor,
			    mark + strlen(VENDOR_MARK));
	return *out != NULL ? KG_OK : KG_NOMEM;
}

/* A path is meant as seen from the document that has it. */
static const char *path_beside(const struct loader *loader, const char *source, const char *path)
{
	const char *slash = strrchr(source, '/');
	if (path[0] == '/' || slash == NULL)
		return path;
	return arena_format(&loader->document->memory, "%.*s/%s", (int)(slash - source), source,
			    path);
}

/* ---- loading --------------------------------------------------------------------------------- */

/* Takes the base of a document that has one, and merges. */
static enum kg_status extend(const struct loader *loader, const char *source, json_t *document)
{
	const json_t *extends = json_object_get(document, "extends");
	struct loader next = *loader;
	struct spec_source unused;
	const char *name;
	json_t *base = NULL;
	if (extends == NULL && json_object_get(document, "without") != NULL)
		return fail_extends(loader, source, json_object_get(document, "without"),
				    "is missing: what is \"without\" taken from?");
	if (extends == NULL)
		return KG_OK;
	if (!json_is_string(extends))
		return fail_extends(loader, source, extends, "has to be a name or a path");
	if (++next.depth > MAX_CHAIN)
		return fail_extends(loader, source, extends, "goes round in a circle");
	enum kg_status status = fill_in_vendor(loader, json_string_value(extends), &name);
	if (status == KG_OK && !spec_source_builtin(name, &unused))
		name = path_beside(loader, source, name);
	if (status == KG_OK && name == NULL)
		status = KG_NOMEM;
	if (status == KG_OK)
		status = load(&next, name, &base);
	if (status == KG_OK)
		status = check_without(loader, source, document, base);
	if (status == KG_OK)
		status = merge(document, base);
	json_decref(base);
	return status;
}

static enum kg_status parse(const struct loader *loader, const char *json, size_t len,
			    const char *source, json_t **out)
{
	json_error_t json_error;
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &json_error);
	if (root == NULL)
		return fail_json(&json_error, source, loader->err);
	enum kg_status status =
		positions_add(&loader->document->positions, json, len, root, source);
	if (status == KG_OK && json_is_object(root))
		status = extend(loader, source, root);
	if (status != KG_OK) {
		json_decref(root);
		return status;
	}
	*out = root;
	return KG_OK;
}

static enum kg_status load(const struct loader *loader, const char *name, json_t **out)
{
	struct spec_source source = { 0 };
	const char *shown = arena_copy_string(&loader->document->memory, name);
	enum kg_status status = shown != NULL ? KG_OK : KG_NOMEM;
	if (status == KG_OK && !spec_source_builtin(name, &source))
		status = spec_source_read(name, &source, loader->err);
	if (status == KG_OK)
		status = parse(loader, source.bytes, source.len, shown, out);
	spec_source_release(&source);
	return status;
}

enum kg_status document_parse(struct spec_document *document, const char *json, size_t len,
			      const char *source, enum kg_vendor vendor, struct kg_error *err)
{
	const struct loader loader = { document, vendor, err, 0 };
	*document = (struct spec_document){ 0 };
	const char *shown = arena_copy_string(&document->memory, source);
	return shown != NULL ? parse(&loader, json, len, shown, &document->root) : KG_NOMEM;
}

enum kg_status document_load(struct spec_document *document, const char *name,
			     enum kg_vendor vendor, const char **source, struct kg_error *err)
{
	const struct loader loader = { document, vendor, err, 0 };
	struct spec_source unused;
	const char *filled;
	*document = (struct spec_document){ 0 };
	enum kg_status status = fill_in_vendor(&loader, name, &filled);
	if (status != KG_OK)
		return status;
	*source = spec_source_builtin(filled, &unused) ? "built-in" : filled;
	return load(&loader, filled, &document->root);
}

void document_release(struct spec_document *document)
{
	json_decref(document->root);
	positions_release(&document->positions);
	arena_release(&document->memory);
}

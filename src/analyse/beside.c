/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the files beside a trace are called. */
#include <kvmgraph/beside.h>

#include <string.h>

#include "analyse/beside_json.h"
#include "base/column.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

struct found {
	struct kg_beside beside;
	struct arena memory;
	struct kg_run_report *run;
	struct kg_environment *environment;
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* ---- names ----------------------------------------------------------------------------------- */

/* The length of a name without one of the endings, if it has one and more than that. */
static size_t without(struct span name, const char *const *endings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct span ending = { (const unsigned char *)endings[i],
					     strlen(endings[i]) };
		if (name.len > ending.len && span_ends(name, ending))
			return name.len - ending.len;
	}
	return name.len;
}

/* "a/b.txt.xz" is "a/b". */
static struct span stem_of(const char *path)
{
	static const char *const packed[] = { ".xz", ".gz", ".zst", ".bz2", ".lz4", ".lzma" };
	static const char *const formats[] = { ".dat", ".txt" };
	struct span stem = { (const unsigned char *)path, strlen(path) };
	stem.len = without(stem, packed, COUNT_OF(packed));
	stem.len = without(stem, formats, COUNT_OF(formats));
	return stem;
}

/* The folder of a file called "trace", with its slash, in which the rest has plain names. */
static bool is_plain(struct span stem, struct span *folder)
{
	const struct span plain = SPAN("trace");
	*folder = (struct span){ stem.at, stem.len - plain.len };
	return stem.len >= plain.len && span_ends(stem, plain) &&
	       (folder->len == 0 || folder->at[folder->len - 1] == '/');
}

/* ---- files ----------------------------------------------------------------------------------- */

typedef enum kg_status parse_function(struct found *found, const char *json, size_t len,
				      const char *path, struct kg_error *err);

static enum kg_status parse_run(struct found *found, const char *json, size_t len, const char *path,
				struct kg_error *err)
{
	found->beside.run_path = path;
	return kg_run_report_parse(json, len, path, &found->run, err);
}

static enum kg_status parse_environment(struct found *found, const char *json, size_t len,
					const char *path, struct kg_error *err)
{
	found->beside.environment_path = path;
	return kg_environment_parse(json, len, path, &found->environment, err);
}

/* KG_END: there is no such file. */
static enum kg_status try_file(struct found *found, struct span head, const char *tail,
			       parse_function *parse, struct kg_error *err)
{
	char *bytes = NULL;
	size_t len = 0;
	const char *path =
		arena_format(&found->memory, "%.*s%s", (int)head.len, (const char *)head.at, tail);
	if (path == NULL)
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	enum kg_status status = json_read_file(path, JSON_MOST_MIB, &bytes, &len, err);
	if (status == KG_OK)
		status = parse(found, bytes, len, path, err);
	memory_free(bytes);
	return status;
}

/* tail: ".run.json" */
static enum kg_status find_file(struct found *found, const char *trace_path, const char *tail,
				parse_function *parse, struct kg_error *err)
{
	const struct span stem = stem_of(trace_path);
	struct span folder;
	enum kg_status status = try_file(found, stem, tail, parse, err);
	if (status == KG_END && is_plain(stem, &folder))
		status = try_file(found, folder, tail + 1, parse, err);
	return status == KG_END ? KG_OK : status;
}

enum kg_status kg_beside_find(const char *trace_path, struct kg_beside **out, struct kg_error *err)
{
	struct found *found = memory_zalloc(sizeof(*found));
	if (found == NULL)
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	enum kg_status status = KG_OK;
	if (strcmp(trace_path, "-") != 0) {
		status = find_file(found, trace_path, ".run.json", parse_run, err);
		if (status == KG_OK)
			status = find_file(found, trace_path, ".env.json", parse_environment, err);
	}
	if (status != KG_OK) {
		kg_beside_free(&found->beside);
		return status;
	}
	found->beside.run = found->run;
	found->beside.environment = found->environment;
	*out = &found->beside;
	return KG_OK;
}

void kg_beside_free(struct kg_beside *beside)
{
	if (beside == NULL)
		return;
	/* what is public is the first member */
	struct found *found = (struct found *)(void *)beside;
	kg_run_report_free(found->run);
	kg_environment_free(found->environment);
	arena_release(&found->memory);
	memory_free(found);
}

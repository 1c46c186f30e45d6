/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how kept settings are written down, so that a later start can put them back. */
#include "capture/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/span.h"
#include "base/banned.h"

/*
 *	kvmgraph-state 1
 *	KIND PATH-BYTES TEXT-BYTES
 *	PATH
 *	TEXT
 *	...
 *	end
 */
#define HEADER "kvmgraph-state 1\n"
#define ENDING "end\n"

static const char *const kind_names[] = {
#define SETTING_KIND_NAME(kind, name) name,
	SETTING_KIND_LIST(SETTING_KIND_NAME)
#undef SETTING_KIND_NAME
};
#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

char *settings_print(const struct settings *settings)
{
	size_t cap = sizeof(HEADER) + sizeof(ENDING);
	for (size_t i = 0; i < settings->rows.count; i++)
		cap += strlen(settings->rows.at[i].path) + strlen(settings->rows.at[i].text) + 64;
	char *text = memory_alloc(cap);
	if (text == NULL)
		return NULL;
	size_t len = (size_t)snprintf(text, cap, HEADER);
	for (size_t i = 0; i < settings->rows.count; i++) {
		const struct setting *row = &settings->rows.at[i];
		len += (size_t)snprintf(text + len, cap - len, "%s %zu %zu\n%s\n%s\n",
					kind_names[row->kind], strlen(row->path), strlen(row->text),
					row->path, row->text);
	}
	snprintf(text + len, cap - len, ENDING);
	return text;
}

/* Takes len bytes and a line end; false if they are not there. */
static bool take(struct span *left, size_t len, struct span *out)
{
	if (len >= left->len || left->at[len] != '\n')
		return false;
	*out = (struct span){ left->at, len };
	*left = (struct span){ left->at + len + 1, left->len - len - 1 };
	return true;
}

/* "value 34 5": the kind of a row and the sizes of what follows. */
static bool read_head(struct span line, enum setting_kind *kind, size_t *path_len, size_t *text_len)
{
	char text[64];
	char name[16];
	if (line.len >= sizeof(text))
		return false;
	memcpy(text, line.at, line.len);
	text[line.len] = '\0';
	if (sscanf(text, "%15s %zu %zu", name, path_len, text_len) != 3)
		return false;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		*kind = (enum setting_kind)i;
		if (strcmp(name, kind_names[i]) == 0)
			return true;
	}
	return false;
}

/* Takes one row; false if there is none. */
static bool take_row(struct settings *settings, struct span *left, enum kg_status *status,
		     struct kg_error *err)
{
	enum setting_kind kind;
	size_t path_len;
	size_t text_len;
	struct span path;
	struct span text;
	const unsigned char *end = memchr(left->at, '\n', left->len);
	struct span line;
	if (end == NULL || !take(left, (size_t)(end - left->at), &line) ||
	    !read_head(line, &kind, &path_len, &text_len) || !take(left, path_len, &path) ||
	    !take(left, text_len, &text) || path.len == 0 || path.at[0] != '/')
		return false;
	const char *path_copy = arena_copy(&settings->memory, path);
	const char *text_copy = arena_copy(&settings->memory, text);
	if (path_copy == NULL || text_copy == NULL)
		*status = error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	else
		*status = settings_add(settings, kind, path_copy, text_copy, err);
	return *status == KG_OK;
}

enum kg_status settings_parse(struct settings *settings, const char *text, size_t len,
			      struct kg_error *err)
{
	struct span left = { (const unsigned char *)text, len };
	enum kg_status status = KG_OK;
	if (!span_starts(left, SPAN(HEADER)))
		return error_set(err, KG_BAD_FORMAT, NULL, 0, "is no list of settings");
	left = (struct span){ left.at + sizeof(HEADER) - 1, left.len - (sizeof(HEADER) - 1) };
	while (!span_equal(left, SPAN(ENDING))) {
		if (take_row(settings, &left, &status, err))
			continue;
		settings_release(settings);
		if (status != KG_OK)
			return status;
		return error_set(err, KG_BAD_FORMAT, NULL, 0, "is not a whole list of settings");
	}
	return KG_OK;
}

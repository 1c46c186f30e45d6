/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the tracer's settings are kept, compared and put back. */
#include "capture/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/control.h"
#include "capture/functions.h"
#include "base/banned.h"

/* A folder is busy as long as somebody who is about to end has a file of it open. */
#define FOLDER_TRIES 100
#define FOLDER_WAIT_NS 20000000
/* More than a page of a buffer has, in KiB. */
#define PAGE_KIB_MAX 64

/* ---- keeping --------------------------------------------------------------------------------- */

enum kg_status settings_add(struct settings *settings, enum setting_kind kind, const char *path,
			    const char *text, struct kg_error *err)
{
	const struct setting row = { kind, arena_copy_string(&settings->memory, path),
				     arena_copy_string(&settings->memory,
						       text != NULL ? text : "") };
	if (row.path == NULL || row.text == NULL || !column_push(&settings->rows, row))
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	return KG_OK;
}

enum kg_status settings_keep(struct settings *settings, enum setting_kind kind, const char *folder,
			     const char *name, struct kg_error *err)
{
	char *text = NULL;
	const char *path = arena_format(&settings->memory, "%s/%s", folder, name);
	if (path == NULL)
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return KG_OK;
	enum kg_status status = control_read(path, &text, NULL, err);
	if (status == KG_OK)
		status = settings_add(settings, kind, path, text, err);
	memory_free(text);
	return status;
}

void settings_release(struct settings *settings)
{
	column_release(&settings->rows);
	arena_release(&settings->memory);
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* The part of a setting's text that is its value. */
static struct span value_of(enum setting_kind kind, const char *text)
{
	const struct span whole = { (const unsigned char *)text, strlen(text) };
	const unsigned char *from;
	struct span value = whole;
	if (kind == SETTING_CHOICE && (from = memchr(whole.at, '[', whole.len)) != NULL)
		value = (struct span){ from + 1, strcspn((const char *)from + 1, "]") };
	/* a buffer that is small until it is used cannot be made so again */
	else if (kind == SETTING_SIZE && (from = span_find(whole, SPAN("expanded: "))) != NULL)
		value = (struct span){ from + 10, strcspn((const char *)from + 10, ")") };
	while (value.len > 0 && value.at[value.len - 1] == '\n')
		value.len--;
	return value;
}

/*
 * Whether a buffer has the size that its first use would have given it; the kernel makes of any
 * size whole pages.
 */
static bool is_first_size(const char *text, const char *now)
{
	const struct span wanted = value_of(SETTING_SIZE, text);
	if (strstr(text, "expanded: ") == NULL)
		return false;
	const unsigned long first = strtoul((const char *)wanted.at, NULL, 10);
	const unsigned long size = strtoul(now, NULL, 10);
	return size >= first && size - first < PAGE_KIB_MAX;
}

static bool is_there(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0;
}

/* Whether a setting is not what was kept. One that cannot be read is gone: nothing to put back. */
static bool has_changed(const struct setting *row)
{
	char *now;
	if (row->kind == SETTING_QUIET)
		return false;
	if (row->kind == SETTING_FOLDER)
		return is_there(row->path);
	if (control_read(row->path, &now, NULL, NULL) != KG_OK)
		return is_there(row->path);
	bool same = span_equal(value_of(row->kind, row->text), value_of(row->kind, now));
	if (row->kind == SETTING_SIZE)
		same |= is_first_size(row->text, now);
	memory_free(now);
	return !same;
}

/* ---- putting back ---------------------------------------------------------------------------- */

static int remove_folder(const char *path)
{
	const struct timespec wait = { 0, FOLDER_WAIT_NS };
	for (int left = FOLDER_TRIES;; left--) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || left == 0)
			return -1;
		nanosleep(&wait, NULL);
	}
}

/* Lines that are no comment, each by a write of its own: the kernel takes one word at a time. */
static int put_lines(const char *path, const char *text)
{
	struct span left = { (const unsigned char *)text, strlen(text) };
	struct span line;
	int result = control_put(path, "");
	while (control_next_line(&left, &line)) {
		char word[512];
		if (line.len == 0 || line.len >= sizeof(word) - 1 || line.at[0] == '#' ||
		    span_equal(line, SPAN("no pid")))
			continue;
		/* "function [module]": the function alone is taken */
		const unsigned char *space = memchr(line.at, ' ', line.len);
		const size_t len = space != NULL ? (size_t)(space - line.at) : line.len;
		memcpy(word, line.at, len);
		memcpy(word + len, "\n", 2);
		if (control_add(path, word) != 0)
			result = -1;
	}
	return result;
}

static int put_value(const struct setting *row)
{
	char text[4096];
	const struct span value = value_of(row->kind, row->text);
	if (value.len + 2 > sizeof(text)) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(text, value.at, value.len);
	memcpy(text + value.len, "\n", 2);
	return control_put(row->path, text);
}

static int put_back(const struct setting *row)
{
	switch (row->kind) {
	case SETTING_QUIET:
		return 0;
	case SETTING_VALUE:
	case SETTING_CHOICE:
	case SETTING_SIZE:
		return put_value(row);
	case SETTING_LIST:
		return put_lines(row->path, row->text);
	case SETTING_FUNCTIONS:
		return functions_put(row->path, row->text);
	case SETTING_FOLDER:
		return remove_folder(row->path);
	}
	return 0;
}

enum kg_status settings_restore(const struct settings *settings, struct kg_error *err)
{
	const struct setting *rows = settings->rows.at;
	const size_t count = settings->rows.count;
	bool is_changed = false;
	for (size_t i = 0; i < count && !is_changed; i++)
		is_changed = has_changed(&rows[i]);
	if (!is_changed)
		return KG_OK;
	int os_errno = 0;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind == SETTING_QUIET && control_put(rows[i].path, rows[i].text) != 0)
			continue; /* what is not there is quiet */
	}
	for (size_t i = 0; i < count; i++) {
		if (has_changed(&rows[i]) && put_back(&rows[i]) != 0 && os_errno == 0)
			os_errno = errno;
	}
	/* one setting may have changed another, so that only the end counts */
	for (size_t i = 0; i < count; i++) {
		if (has_changed(&rows[i]))
			return error_set(err, KG_IO, rows[i].path, os_errno,
					 "could not be put back as it was%s%s",
					 os_errno != 0 ? ": " : "",
					 os_errno != 0 ? strerror(os_errno) : "");
	}
	return KG_OK;
}

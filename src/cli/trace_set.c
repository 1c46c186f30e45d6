/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which files of a folder are traces, and where their surroundings are told. */
#include "cli/trace_set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

/* A document that says what surrounded a recording is much smaller. */
#define DOCUMENT_MAX ((size_t)64 << 20)

/* Ends of names; the first form of a recording is taken. */
static const char *const forms[] = { ".dat", ".dat.gz", ".dat.xz", ".dat.zst",
				     ".txt", ".txt.gz", ".txt.xz", ".txt.zst" };
static const char *const others[] = { ".json", ".log", ".md", ".html", ".xml", ".sh", ".out" };

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool ends_with(const char *name, const char *end)
{
	const size_t len = strlen(name);
	const size_t end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* Which form a name says that it has, COUNT_OF(forms) for another one; *stem_len without it. */
static size_t form_of(const char *name, size_t *stem_len)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		if (ends_with(name, forms[i])) {
			*stem_len = strlen(name) - strlen(forms[i]);
			return i;
		}
	}
	*stem_len = strlen(name);
	return COUNT_OF(forms);
}

static bool may_be_trace(const char *name)
{
	if (name[0] == '.')
		return false;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (ends_with(name, others[i]))
			return false;
	}
	return true;
}

static int fail_file(const struct command *command, const char *path)
{
	report_error(command->name, "%s: %s", path, strerror(errno));
	return EXIT_WRONG;
}

/* Takes the path over. */
static int add_path(const struct command *command, struct trace_set *set, char *path)
{
	char **grown = realloc(set->paths, (set->count + 1) * sizeof(*grown));
	if (path == NULL || grown == NULL) {
		free(path);
		if (grown != NULL)
			set->paths = grown;
		return fail_plain(command, KG_NOMEM);
	}
	set->paths = grown;
	set->paths[set->count++] = path;
	return EXIT_DONE;
}

static char *join(const char *folder, const char *name)
{
	char *path;
	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether a later one of a folder's sorted paths is a better form of the same recording. */
static bool has_better(const struct trace_set *set, size_t at)
{
	size_t stem_len;
	size_t other_len;
	const size_t form = form_of(set->paths[at], &stem_len);
	for (size_t i = 0; i < set->count; i++) {
		const size_t other = form_of(set->paths[i], &other_len);
		if (other < form && other_len == stem_len &&
		    strncmp(set->paths[i], set->paths[at], stem_len) == 0)
			return true;
	}
	return false;
}

static void keep_best(struct trace_set *set)
{
	bool *is_kept = calloc(set->count + 1, sizeof(*is_kept));
	if (is_kept == NULL)
		return; /* then each form counts as a run: more of the same */
	for (size_t i = 0; i < set->count; i++)
		is_kept[i] = !has_better(set, i);
	size_t kept = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (is_kept[i])
			set->paths[kept++] = set->paths[i];
		else
			free(set->paths[i]);
	}
	set->count = kept;
	free(is_kept);
}

static int add_folder(const struct command *command, struct trace_set *set, const char *folder,
		      bool is_top);

static int add_entry(const struct command *command, struct trace_set *set, const char *folder,
		     const char *name, bool is_top)
{
	struct stat status;
	char *path = join(folder, name);
	if (path == NULL)
		return fail_plain(command, KG_NOMEM);
	if (stat(path, &status) != 0) {
		int code = fail_file(command, path);
		free(path);
		return code;
	}
	if (S_ISREG(status.st_mode) && may_be_trace(name))
		return add_path(command, set, path);
	int code = EXIT_DONE;
	if (S_ISDIR(status.st_mode) && is_top && name[0] != '.')
		code = add_folder(command, set, path, false);
	free(path);
	return code;
}

static int add_folder(const struct command *command, struct trace_set *set, const char *folder,
		      bool is_top)
{
	DIR *entries = opendir(folder);
	if (entries == NULL)
		return fail_file(command, folder);
	int code = EXIT_DONE;
	const struct dirent *entry;
	while (code == EXIT_DONE && (entry = readdir(entries)) != NULL)
		code = add_entry(command, set, folder, entry->d_name, is_top);
	closedir(entries);
	return code;
}

int trace_set_open(const struct command *command, const char *argument, struct trace_set *out)
{
	struct stat status;
	*out = (struct trace_set){ 0 };
	if (stat(argument, &status) != 0 || !S_ISDIR(status.st_mode))
		return add_path(command, out, strdup(argument)); /* opening it tells */
	int code = add_folder(command, out, argument, true);
	if (code != EXIT_DONE)
		return code;
	if (out->count > 1)
		qsort(out->paths, out->count, sizeof(*out->paths), compare_paths);
	keep_best(out);
	if (out->count > 0)
		return EXIT_DONE;
	report_error(command->name, "%s: there is no trace in this folder", argument);
	return EXIT_WRONG;
}

void trace_set_close(struct trace_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->paths[i]);
	free(set->paths);
	*set = (struct trace_set){ 0 };
}

/* ---- surroundings ---------------------------------------------------------------------------- */

/* The bytes of a file that may not be there: *json is NULL then. */
static int read_document(const struct command *command, const char *path, char **json, size_t *len)
{
	*json = NULL;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return EXIT_DONE;
	size_t cap = 65536;
	char *bytes = malloc(cap);
	*len = 0;
	while (bytes != NULL) {
		*len += fread(bytes + *len, 1, cap - *len, file);
		if (*len < cap || cap >= DOCUMENT_MAX)
			break;
		cap *= 2;
		char *grown = realloc(bytes, cap);
		if (grown == NULL)
			free(bytes);
		bytes = grown;
	}
	const bool is_read = ferror(file) == 0;
	fclose(file);
	if (bytes == NULL)
		return fail_plain(command, KG_NOMEM);
	*json = bytes;
	return is_read ? EXIT_DONE : fail_file(command, path);
}

/* Gives an exit code, and tells what is wrong with a document. */
static int hand_over(const struct command *command, const char *path, document_taker *taker,
		     void *self, const char *json, size_t len)
{
	struct kg_error err = { 0 };
	enum kg_status status = taker(self, json, len, &err);
	if (status == KG_OK)
		return EXIT_DONE;
	report_error(command->name, "%s: %s", path,
		     err.text[0] != '\0' ? err.text : kg_status_text(status));
	return status == KG_NOMEM ? EXIT_INTERNAL : EXIT_WRONG;
}

/* Hands one out if it is there. Takes the path over. */
static int take_document(const struct command *command, char *path, document_taker *taker,
			 void *self, bool *is_there)
{
	char *json = NULL;
	size_t len;
	if (path == NULL)
		return fail_plain(command, KG_NOMEM);
	int code = read_document(command, path, &json, &len);
	*is_there = json != NULL;
	if (code == EXIT_DONE && json != NULL)
		code = hand_over(command, path, taker, self, json, len);
	free(json);
	free(path);
	return code;
}

int trace_set_surroundings(const struct command *command, const char *path, document_taker *taker,
			   void *self)
{
	const char *slash = strrchr(path, '/');
	const size_t folder_len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
	size_t stem_len;
	bool is_there;
	char *own;
	if (strcmp(path, "-") == 0)
		return EXIT_DONE;
	(void)form_of(path, &stem_len);
	if (asprintf(&own, "%.*s.env.json", (int)stem_len, path) < 0)
		own = NULL;
	int code = take_document(command, own, taker, self, &is_there);
	static const char *const shared[] = { "env.json", "lab.json" };
	for (size_t i = is_there ? 1 : 0; i < COUNT_OF(shared) && code == EXIT_DONE; i++) {
		char *document;
		if (asprintf(&document, "%.*s%s", (int)folder_len, path, shared[i]) < 0)
			document = NULL;
		code = take_document(command, document, taker, self, &is_there);
	}
	return code;
}

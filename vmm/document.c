/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how JSON is read from strangers, and where in its text a value stands. */
#include "document.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MISTAKES_TOLD 32

/* ---- places ---------------------------------------------------------------------------------- */

/*
 * The parser keeps no places, so the text is walked once more for each mistake. It is known to be
 * legal here.
 */
static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

static const char *skip_value(const char *at)
{
	size_t depth = 0;
	do {
		if (*at == '"') {
			at = skip_string(at);
		} else if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			depth--;
			at++;
		} else {
			at += depth > 0 ? 1 : strcspn(at, ",]} \t\r\n");
		}
	} while (depth > 0);
	return at;
}

/* The key of a member, or else the value at an index; NULL if it is not found. */
static const char *enter(const char *at, const struct spot *spot)
{
	const char *key = spot->key;
	size_t index = 0;
	for (at = skip_blanks(at + 1); *at != '}' && *at != ']'; index++) {
		const char *start = at;
		at = skip_value(at);
		if (key == NULL && index == spot->index)
			return start;
		if (key != NULL) {
			/* a key that is written with escapes is not found: its object is told */
			if ((size_t)(at - start) == strlen(key) + 2 &&
			    memcmp(start + 1, key, strlen(key)) == 0)
				return start;
			at = skip_value(skip_blanks(skip_blanks(at) + 1));
		}
		at = skip_blanks(at);
		if (*at == ',')
			at = skip_blanks(at + 1);
	}
	return NULL;
}

#define SPOTS_MOST 8

/* Where it stands, or the nearest thing around it. */
static const char *find(const struct document *document, const struct spot *spot)
{
	const struct spot *path[SPOTS_MOST];
	size_t depth = 0;
	for (; spot != NULL && depth < SPOTS_MOST; spot = spot->up)
		path[depth++] = spot;
	const char *at = skip_blanks(document->text);
	while (depth-- > 0) {
		const char *inner = enter(at, path[depth]);
		if (inner == NULL)
			break;
		at = inner;
		if (path[depth]->key != NULL && depth > 0)
			at = skip_blanks(skip_blanks(skip_string(at)) + 1);
	}
	return at;
}

static void tell(struct document *document, uint64_t line, uint64_t column, const char *what)
{
	char mistake[640];
	if (document->mistakes++ >= MISTAKES_TOLD)
		return;
	if (line == 0)
		snprintf(mistake, sizeof(mistake), "%s: %s", document->path, what);
	else
		snprintf(mistake, sizeof(mistake), "%s:%" PRIu64 ":%" PRIu64 ": %s", document->path,
			 line, column, what);
	document->listener->tell(document->listener->self, mistake);
}

bool document_fail(struct document *document, const struct spot *spot, const char *format, ...)
{
	char what[320];
	uint64_t line = 1;
	uint64_t column = 1;
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	const char *place = find(document, spot);
	for (const char *at = document->text; at < place; at++) {
		if (*at == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*at & 0xc0) != 0x80) {
			column++;
		}
	}
	tell(document, line, column, what);
	return false;
}

bool document_short(struct document *document)
{
	document->is_short = true;
	return false;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_all(int fd, char *text, size_t len)
{
	size_t done = 0;
	while (done < len) {
		const ssize_t more = read(fd, text + done, len - done);
		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0) {
			errno = more == 0 ? EIO : errno;
			return false;
		}
		done += (size_t)more;
	}
	return true;
}

static bool read_file(struct document *document, int fd)
{
	struct stat status;
	char what[128];
	if (fd < 0 || fstat(fd, &status) != 0) {
		snprintf(what, sizeof(what), "cannot be read: %s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		snprintf(what, sizeof(what), "is no file");
	} else if (status.st_size > DOCUMENT_BYTES_MOST) {
		snprintf(what, sizeof(what), "has more than %d MiB", DOCUMENT_BYTES_MOST >> 20);
	} else {
		document->len = (size_t)status.st_size;
		document->text = calloc(1, document->len + 1);
		if (document->text == NULL)
			return document_short(document);
		if (read_all(fd, document->text, document->len))
			return true;
		snprintf(what, sizeof(what), "cannot be read: %s", strerror(errno));
	}
	tell(document, 0, 0, what);
	return false;
}

static bool parse(struct document *document)
{
	json_error_t error;
	document->root = json_loadb(document->text, document->len, JSON_REJECT_DUPLICATES, &error);
	if (document->root != NULL)
		return true;
	if (json_error_code(&error) == json_error_out_of_memory)
		return document_short(document);
	tell(document, (uint64_t)error.line, (uint64_t)error.column, error.text);
	return false;
}

bool document_parse(struct document *document, const char *path, const char *text, size_t len,
		    const struct listener *listener)
{
	*document = (struct document){ .path = path, .listener = listener, .len = len };
	document->text = malloc(len + 1);
	if (document->text == NULL)
		return document_short(document);
	memcpy(document->text, text, len);
	document->text[len] = '\0';
	return parse(document);
}

bool document_load(struct document *document, const char *path, const struct listener *listener)
{
	*document = (struct document){ .path = path, .listener = listener };
	/* a pipe that nobody writes to is not waited for */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const bool is_read = read_file(document, fd);
	if (fd >= 0)
		close(fd);
	return is_read && parse(document);
}

void document_release(struct document *document)
{
	json_decref(document->root);
	free(document->text);
	*document = (struct document){ 0 };
}

/* ---- values ---------------------------------------------------------------------------------- */

bool document_number(struct document *document, const struct spot *spot, const json_t *object,
		     const char *key, uint64_t most, uint64_t *out)
{
	const struct spot here = { spot, key, 0 };
	const json_t *value = json_object_get(object, key);
	if (value == NULL || json_is_null(value))
		return true;
	const json_int_t number = json_integer_value(value);
	if (!json_is_integer(value) || number < 0 || (uint64_t)number > most)
		return document_fail(document, &here, "\"%s\" is a number from 0 to %" PRIu64, key,
				     most);
	*out = (uint64_t)number;
	return true;
}

bool document_flag(struct document *document, const struct spot *spot, const json_t *object,
		   const char *key, bool *out)
{
	const struct spot here = { spot, key, 0 };
	const json_t *value = json_object_get(object, key);
	if (value == NULL)
		return true;
	if (!json_is_boolean(value))
		return document_fail(document, &here, "\"%s\" is true or false", key);
	*out = json_is_true(value);
	return true;
}

const char *document_word(struct document *document, const struct spot *spot, const json_t *object,
			  const char *key)
{
	const struct spot here = { spot, key, 0 };
	const json_t *value = json_object_get(object, key);
	if (value == NULL)
		document_fail(document, spot, "\"%s\" is missing", key);
	else if (!json_is_string(value))
		document_fail(document, &here, "\"%s\" is a string", key);
	return json_string_value(value);
}

bool document_keys(struct document *document, const struct spot *spot, json_t *object,
		   const char *const *known, size_t known_count)
{
	const char *key;
	json_t *value;
	bool is_known = true;
	json_object_foreach(object, key, value)
	{
		const struct spot here = { spot, key, 0 };
		size_t i = 0;
		while (i < known_count && strcmp(key, known[i]) != 0)
			i++;
		if (i == known_count)
			is_known = document_fail(document, &here, "\"%s\" is not known here", key);
	}
	return is_known;
}

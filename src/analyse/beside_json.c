/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how plain values are taken from a JSON document of ours. */
#include "analyse/beside_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/column.h"
#include "base/error.h"
#include "base/banned.h"

/* ---- bytes ----------------------------------------------------------------------------------- */

static enum kg_status read_all(int fd, const char *path, size_t most_mib, char **out,
			       size_t *out_len, struct kg_error *err)
{
	COLUMN(char) bytes = { 0 };
	enum kg_status status = KG_OK;
	for (;;) {
		if (!column_reserve(&bytes, bytes.count + 65536)) {
			status = error_set(err, KG_NOMEM, path, 0, "out of memory");
			break;
		}
		ssize_t len = read(fd, bytes.at + bytes.count, bytes.cap - bytes.count);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			status = error_set(err, KG_IO, path, errno, "%s", strerror(errno));
		if (len <= 0)
			break;
		bytes.count += (size_t)len;
		if (bytes.count >> 20 >= most_mib) {
			status = error_set(err, KG_BAD_FORMAT, path, 0,
					   "is larger than %zu MiB (move it away to do without it)",
					   most_mib);
			break;
		}
	}
	if (status != KG_OK) {
		column_release(&bytes);
		return status;
	}
	*out = bytes.at;
	*out_len = bytes.count;
	return KG_OK;
}

enum kg_status json_read_file(const char *path, size_t most_mib, char **out, size_t *out_len,
			      struct kg_error *err)
{
	/* what has this name may be a pipe, and nobody at its other end */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return KG_END;
	if (fd < 0)
		return error_set(err, KG_IO, path, errno, "%s", strerror(errno));
	enum kg_status status = read_all(fd, path, most_mib, out, out_len, err);
	close(fd);
	return status;
}

/* ---- mistakes -------------------------------------------------------------------------------- */

void json_reader_no_memory(struct json_reader *reader)
{
	if (reader->status == KG_OK)
		reader->status =
			error_set(reader->err, KG_NOMEM, reader->source, 0, "out of memory");
}

void json_reader_fail(struct json_reader *reader, const char *key, const char *what)
{
	if (reader->status != KG_OK)
		return;
	char place[64] = "";
	if (reader->within != NULL && reader->row > 0)
		snprintf(place, sizeof(place), "%s[%zu].", reader->within, reader->row - 1);
	else if (reader->within != NULL)
		snprintf(place, sizeof(place), "%s.", reader->within);
	reader->status = error_set(reader->err, KG_BAD_FORMAT, reader->source, 0, "%s%s %s", place,
				   key, what);
}

static void fail_json(struct json_reader *reader, json_error_t *json)
{
	/* where memory is out the parser does not always say so */
	if (json_error_code(json) == json_error_out_of_memory || json->text[0] == '\0') {
		json_reader_no_memory(reader);
		return;
	}
	if (reader->err != NULL && reader->err->status == KG_OK) {
		reader->err->line_no = json->line > 0 ? (uint64_t)json->line : 0;
		reader->err->column_no = json->column > 0 ? (uint64_t)json->column : 0;
	}
	reader->status = error_set(reader->err, KG_BAD_FORMAT, reader->source, 0, "%s", json->text);
}

enum kg_status json_need_file(const char *path, size_t most_mib, char **out, size_t *out_len,
			      struct kg_error *err)
{
	enum kg_status status = json_read_file(path, most_mib, out, out_len, err);
	return status == KG_END ? error_set(err, KG_IO, path, 0, "there is no such file") : status;
}

json_t *json_reader_parse(struct json_reader *reader, const char *json, size_t len)
{
	json_error_t error;
	/* a guest may print zeros */
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (root == NULL)
		fail_json(reader, &error);
	return root;
}

json_t *json_reader_load(struct json_reader *reader, const char *json, size_t len,
			 const char *schema)
{
	json_t *root = json_reader_parse(reader, json, len);
	if (root == NULL)
		return NULL;
	const char *found = json_string_value(json_object_get(root, "schema"));
	if (found != NULL && strcmp(found, schema) == 0)
		return root;
	reader->status = error_set(reader->err, KG_BAD_FORMAT, reader->source, 0,
				   "is not of the schema %s, but %s%s", schema,
				   found != NULL ? "of " : "of none", found != NULL ? found : "");
	json_decref(root);
	return NULL;
}

/* ---- members --------------------------------------------------------------------------------- */

json_t *json_reader_member(struct json_reader *reader, const json_t *object, const char *key)
{
	if (object == NULL)
		return NULL;
	json_t *value = json_object_get(object, key);
	if (value == NULL)
		json_reader_fail(reader, key, "is missing");
	return value;
}

json_t *json_reader_object(struct json_reader *reader, const json_t *object, const char *key)
{
	json_t *value = json_reader_member(reader, object, key);
	if (value == NULL || json_is_object(value))
		return value;
	json_reader_fail(reader, key, "has to be an object");
	return NULL;
}

json_t *json_reader_array(struct json_reader *reader, const json_t *object, const char *key)
{
	json_t *value = json_reader_member(reader, object, key);
	if (value == NULL || json_is_array(value))
		return value;
	json_reader_fail(reader, key, "has to be a list");
	return NULL;
}

const char *json_reader_copy(struct json_reader *reader, const json_t *string)
{
	const char *copy = arena_copy_string(reader->memory, json_string_value(string));
	if (copy == NULL)
		json_reader_no_memory(reader);
	return copy;
}

const char *json_reader_text(struct json_reader *reader, const json_t *object, const char *key)
{
	const json_t *value = json_reader_member(reader, object, key);
	if (json_is_string(value))
		return json_reader_copy(reader, value);
	if (value != NULL && !json_is_null(value))
		json_reader_fail(reader, key, "has to be a text");
	return NULL;
}

const char *json_reader_name(struct json_reader *reader, const json_t *object, const char *key)
{
	const char *text = json_reader_text(reader, object, key);
	if (text == NULL)
		json_reader_fail(reader, key, "has to be a text");
	return text != NULL ? text : "";
}

uint64_t json_reader_number(struct json_reader *reader, const json_t *object, const char *key,
			    uint64_t most, uint64_t unknown)
{
	const json_t *value = json_reader_member(reader, object, key);
	if (value == NULL || json_is_null(value))
		return unknown;
	const json_int_t number = json_integer_value(value);
	if (json_is_integer(value) && number >= 0 && (uint64_t)number <= most)
		return (uint64_t)number;
	json_reader_fail(reader, key, "has to be a number from 0 that is not too large");
	return unknown;
}

uint64_t json_reader_count(struct json_reader *reader, const json_t *object, const char *key,
			   uint64_t most)
{
	if (object != NULL && json_is_null(json_object_get(object, key)))
		json_reader_fail(reader, key, "has to be a number");
	return json_reader_number(reader, object, key, most, 0);
}

bool json_reader_boolean(struct json_reader *reader, const json_t *object, const char *key)
{
	const json_t *value = json_reader_member(reader, object, key);
	if (value != NULL && !json_is_boolean(value))
		json_reader_fail(reader, key, "has to be true or false");
	return json_is_true(value);
}

enum kg_env_answer json_reader_answer(struct json_reader *reader, const json_t *object,
				      const char *key)
{
	const json_t *value = json_reader_member(reader, object, key);
	if (value == NULL || json_is_null(value))
		return KG_ENV_UNKNOWN;
	return json_reader_boolean(reader, object, key) ? KG_ENV_YES : KG_ENV_NO;
}

void *json_reader_rows(struct json_reader *reader, size_t count, size_t row_bytes)
{
	size_t size;
	if (count == 0 || reader->status != KG_OK)
		return NULL;
	void *rows = __builtin_mul_overflow(count, row_bytes, &size)
			     ? NULL
			     : arena_alloc(reader->memory, size);
	if (rows == NULL)
		json_reader_no_memory(reader);
	return rows;
}

struct kg_env_words json_reader_words(struct json_reader *reader, const json_t *object,
				      const char *key)
{
	struct kg_env_words words = { 0 };
	const json_t *list = json_reader_array(reader, object, key);
	const size_t count = json_array_size(list);
	words.at = json_reader_rows(reader, count, sizeof(*words.at));
	for (size_t i = 0; i < count && words.at != NULL; i++) {
		const json_t *word = json_array_get(list, i);
		if (!json_is_string(word)) {
			json_reader_fail(reader, key, "has to be a list of texts");
			break;
		}
		words.at[i] = json_reader_copy(reader, word);
		if (words.at[i] == NULL)
			break;
		words.count++;
	}
	return words;
}

struct kg_env_pairs json_reader_pairs(struct json_reader *reader, const json_t *object,
				      const char *key)
{
	struct kg_env_pairs pairs = { 0 };
	const char *name;
	json_t *value;
	json_t *members = json_reader_object(reader, object, key);
	pairs.at = json_reader_rows(reader, json_object_size(members), sizeof(*pairs.at));
	if (pairs.at == NULL)
		return pairs;
	json_object_foreach(members, name, value)
	{
		struct kg_env_pair *pair = &pairs.at[pairs.count];
		if (!json_is_string(value) && !json_is_null(value))
			json_reader_fail(reader, key, "has to have texts as members");
		pair->name = arena_copy_string(reader->memory, name);
		if (pair->name == NULL)
			json_reader_no_memory(reader);
		if (json_is_string(value))
			pair->value = json_reader_copy(reader, value);
		if (reader->status != KG_OK)
			break;
		pairs.count++;
	}
	return pairs;
}

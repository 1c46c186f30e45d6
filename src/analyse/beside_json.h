/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plain values out of a JSON document of ours, with its first mistake kept.
 *
 * Reading goes on behind a mistake with harmless values, so that readers need not look after each
 * one; whoever began asks for json_reader_status() in the end.
 */
#ifndef ANALYSE_BESIDE_JSON_H
#define ANALYSE_BESIDE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

#include "base/arena.h"

struct json_reader {
	struct arena *memory; /* where what is read is copied to */
	const char *source;
	struct kg_error *err;
	enum kg_status status;
	const char *within; /* the object or list that is being read; NULL: the document */
	size_t row;	    /* of the list, from 1; 0: an object */
};

/* Read whole, a document takes about ten times its bytes. */
#define JSON_MOST_MIB 16

/* The bytes of a file, for memory_free(). KG_END: there is none, which is not noted in err. */
KG_MUST_USE enum kg_status json_read_file(const char *path, size_t most_mib, char **out,
					  size_t *out_len, struct kg_error *err);
/* The same of a file that has to be there. */
KG_MUST_USE enum kg_status json_need_file(const char *path, size_t most_mib, char **out,
					  size_t *out_len, struct kg_error *err);
/* The document, whatever it is; NULL if it is none. */
json_t *json_reader_parse(struct json_reader *reader, const char *json, size_t len);
/* The same, if it is one of the schema; NULL if not. */
json_t *json_reader_load(struct json_reader *reader, const char *json, size_t len,
			 const char *schema);

void json_reader_fail(struct json_reader *reader, const char *key, const char *what);
void json_reader_no_memory(struct json_reader *reader);

/* A member that has to be there; NULL if it is not, or if object is NULL. */
json_t *json_reader_member(struct json_reader *reader, const json_t *object, const char *key);
/* The same of one type. */
json_t *json_reader_object(struct json_reader *reader, const json_t *object, const char *key);
json_t *json_reader_array(struct json_reader *reader, const json_t *object, const char *key);
/* A copy of the text at a key; NULL for null. */
const char *json_reader_text(struct json_reader *reader, const json_t *object, const char *key);
/* The same, with null a mistake; "" then. */
const char *json_reader_name(struct json_reader *reader, const json_t *object, const char *key);
const char *json_reader_copy(struct json_reader *reader, const json_t *string);
/* From 0 to most; `unknown` for null. */
uint64_t json_reader_number(struct json_reader *reader, const json_t *object, const char *key,
			    uint64_t most, uint64_t unknown);
/* The same with null a mistake. */
uint64_t json_reader_count(struct json_reader *reader, const json_t *object, const char *key,
			   uint64_t most);
bool json_reader_boolean(struct json_reader *reader, const json_t *object, const char *key);
enum kg_env_answer json_reader_answer(struct json_reader *reader, const json_t *object,
				      const char *key);
struct kg_env_words json_reader_words(struct json_reader *reader, const json_t *object,
				      const char *key);
struct kg_env_pairs json_reader_pairs(struct json_reader *reader, const json_t *object,
				      const char *key);
/* Zeroed rows; NULL for none and when memory is out. */
void *json_reader_rows(struct json_reader *reader, size_t count, size_t row_bytes);

#endif

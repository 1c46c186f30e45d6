/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A document of JSON that somebody else has written: everything that is wrong with it is told with
 * its line and column, mistake by mistake.
 */
#ifndef VMM_DOCUMENT_H
#define VMM_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in the document: a key or an index in what is one level up. NULL: the whole of it. */
struct spot {
	const struct spot *up;
	const char *key; /* NULL: the index counts */
	size_t index;
};

/* Is given one mistake, "FILE:LINE:COLUMN: what is wrong (what would help)", without a line end. */
struct listener {
	void (*tell)(void *self, const char *mistake);
	void *self;
};

struct document {
	const char *path;
	const struct listener *listener;
	char *text;
	size_t len;
	json_t *root;
	uint32_t mistakes; /* that were found; of many, the first ones are told */
	bool is_short;	   /* of memory, which is a mistake of nobody */
};

#define DOCUMENT_BYTES_MOST (16 << 20)

/*
 * Reads a file, or the bytes that are said to be one's; path is borrowed, and text copied. False if
 * that was a mistake. document_release() in either case.
 */
bool document_load(struct document *document, const char *path, const struct listener *listener);
bool document_parse(struct document *document, const char *path, const char *text, size_t len,
		    const struct listener *listener);
void document_release(struct document *document);

/* Tells a mistake at a spot. Returns false, to be returned. */
bool document_fail(struct document *document, const struct spot *spot, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same where memory is out. */
bool document_short(struct document *document);

/*
 * Members of an object. They fail if the value is there and is not what is asked for; where
 * it is not there, or null for a number, *out stays as it is.
 */
bool document_number(struct document *document, const struct spot *spot, const json_t *object,
		     const char *key, uint64_t most, uint64_t *out);
bool document_flag(struct document *document, const struct spot *spot, const json_t *object,
		   const char *key, bool *out);
/* NULL if it is missing or no string, which is told; borrowed from the document. */
const char *document_word(struct document *document, const struct spot *spot, const json_t *object,
			  const char *key);
/* Fails for every member whose key is not among the known ones. */
bool document_keys(struct document *document, const struct spot *spot, json_t *object,
		   const char *const *known, size_t known_count);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a specification, piece by piece: what all its readers share.
 *
 * Every piece knows the spot it is read from, so that whatever is wrong is told with its place in
 * the document ("rules[3].want") and in its text. All functions return KG_OK, KG_NOMEM or
 * KG_BAD_SPEC; after KG_BAD_SPEC the next piece is read all the same, so that all is told at once.
 */
#ifndef ANALYSE_SPEC_READER_H
#define ANALYSE_SPEC_READER_H

#include <jansson.h>

#include "analyse/spec.h"
#include "analyse/spec_document.h"

/* A place in the document: a key or an index in what is one level up. */
struct spot {
	const struct spot *up;
	const char *key; /* NULL: the index counts */
	size_t index;
};

/* A pattern that others refer to. */
struct definition {
	const char *name;
	const struct pattern *pattern; /* NULL until it is read */
	bool is_being_read;
	bool is_wrong; /* and that has been told */
};

/* What was told already: the same mistake may be met by several ways. */
#define MISTAKES_MAX 32
struct mistakes {
	struct kg_error told[MISTAKES_MAX];
	size_t count;
};

struct spec_reader {
	struct kg_spec *spec;
	const struct spec_document *document;
	const struct kg_spec_opts *opts;
	struct kg_error *err; /* the first mistake */
	struct mistakes *mistakes;
	json_t *aliases; /* objects of the document, or NULL */
	json_t *defines;
	json_t *steps;
	COLUMN(struct definition) definitions;
	uint32_t depth; /* of the pattern that is being read */
};

/* ---- errors ---- */

/* Tells what is wrong at a spot; KG_BAD_SPEC. */
enum kg_status reader_fail(const struct spec_reader *reader, const struct spot *spot,
			   const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Whether reading goes on: with KG_BAD_SPEC it does, which *all then remembers.
 *
 *	if (!reader_goes_on(read_one(...), &all))
 *		return KG_NOMEM;
 */
bool reader_goes_on(enum kg_status status, enum kg_status *all);

/* The one of the names that a misspelt one was meant to be, or NULL. */
const char *nearest_name(const char *name, const char *const *names, size_t count);

/* ---- plain values ---- */

/* Fails unless all keys of an object are among the known ones. */
KG_MUST_USE enum kg_status reader_check_keys(const struct spec_reader *reader,
					     const struct spot *spot, json_t *object,
					     const char *const *known, size_t known_count);
/* A copy of a string that is not empty. */
KG_MUST_USE enum kg_status reader_string(const struct spec_reader *reader, const struct spot *spot,
					 const json_t *value, const char **out);
/* The same for a member of an object that may be missing: *out stays as it is. */
KG_MUST_USE enum kg_status reader_member_string(const struct spec_reader *reader,
						const struct spot *spot, json_t *object,
						const char *key, const char **out);
/* A number, or the name of a parameter. */
KG_MUST_USE enum kg_status reader_amount(const struct spec_reader *reader, const struct spot *spot,
					 const json_t *value, struct amount *out);
KG_MUST_USE enum kg_status reader_amount_text(const struct spec_reader *reader,
					      const struct spot *spot, const char *text,
					      struct amount *out);
/* An amount, or "<=amount" and the like. */
KG_MUST_USE enum kg_status reader_bound(const struct spec_reader *reader, const struct spot *spot,
					const json_t *value, struct bound *out);
/* A comparison at the start of a text: its length, 0 if there is none. */
size_t scan_compare(const char *text, enum compare *out);

/* ---- names ---- */

/* "f|g|@alias"; globs where they are allowed. */
KG_MUST_USE enum kg_status reader_names(const struct spec_reader *reader, const struct spot *spot,
					const char *text, bool allow_globs, names_id *out);
/* A string or a list of strings, globs allowed. */
KG_MUST_USE enum kg_status reader_name_list(const struct spec_reader *reader,
					    const struct spot *spot, const json_t *value,
					    names_id *out);
/* Checks the aliases that nothing refers to as well. */
KG_MUST_USE enum kg_status reader_check_aliases(const struct spec_reader *reader,
						const struct spot *spot);

/* ---- patterns ---- */

KG_MUST_USE enum kg_status reader_pattern(struct spec_reader *reader, const struct spot *spot,
					  json_t *value, const struct pattern **out);
/* What "in", "not", "count" of an object demand of calls of these names. */
KG_MUST_USE enum kg_status reader_call(struct spec_reader *reader, const struct spot *spot,
				       json_t *object, names_id names, uint32_t *out_call);
/* The automaton of parts in sequence, if it is not too large. */
KG_MUST_USE enum kg_status reader_automaton(const struct spec_reader *reader,
					    const struct spot *spot,
					    const struct pattern *const *parts, uint32_t part_count,
					    const struct automaton **out);
/* Checks the definitions that nothing refers to as well. */
KG_MUST_USE enum kg_status reader_check_definitions(struct spec_reader *reader,
						    const struct spot *spot);

/* ---- subject ---- */

KG_MUST_USE enum kg_status reader_subject(struct spec_reader *reader, const struct spot *spot,
					  json_t *value);

/* ---- rules ---- */

KG_MUST_USE enum kg_status reader_rules(struct spec_reader *reader, const struct spot *spot,
					json_t *value);
/* What other specification suits a trace better, as rules that are no checks. */
KG_MUST_USE enum kg_status reader_instead(struct spec_reader *reader, const struct spot *spot,
					  json_t *value);
KG_MUST_USE enum kg_status reader_expr(const struct spec_reader *reader, const struct spot *spot,
				       const char *text, struct rule *rule);

/* Pieces of the specification that is being read. */
static inline void *reader_alloc(const struct spec_reader *reader, size_t size)
{
	return arena_alloc(&reader->spec->memory, size);
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What surrounded some traces: documents, flattened to names and values, with how often each value
 * was told. What comes out does not depend on the order in which documents are taken.
 */
#ifndef ANALYSE_SURROUNDINGS_H
#define ANALYSE_SURROUNDINGS_H

#include <stdbool.h>

#include <kvmgraph/error.h>
#include <kvmgraph/info.h>

#include "analyse/renames.h"
#include "base/arena.h"
#include "base/column.h"

/* Of more different values only the first ones of the alphabet are kept, and counted. */
#define FACT_VALUES_MAX 64

/* The names of what traces tell of themselves begin with this. */
#define TRACE_FACT "trace."

struct fact_value {
	const char *text;
	uint64_t count; /* how often it was told */
};

struct fact {
	const char *name;
	uint64_t told;
	COLUMN(struct fact_value) values; /* by text */
	const char *joined;		  /* "a | b", once surroundings_settle() was called */
};

struct surroundings {
	struct arena memory;
	COLUMN(struct fact) facts;
	uint64_t documents;
	bool is_emulated;
	bool knows_functions;	   /* a document names those that were traced */
	COLUMN(bool) is_traceable; /* by name id */
};

/* Takes a kvmgraph.env/1 or kvmgraph.lab/1. KG_BAD_FORMAT if it is neither. */
KG_MUST_USE enum kg_status surroundings_add(struct surroundings *surroundings,
					    struct renames *names, const char *json, size_t len,
					    struct kg_error *err);
/* Adds one value that was told so often. False when memory is out. */
KG_MUST_USE bool surroundings_tell(struct surroundings *surroundings, const char *name,
				   const char *value, uint64_t count);
/* The same of what a trace tells of itself: its vendor, its kernel. */
KG_MUST_USE bool surroundings_tell_trace(struct surroundings *surroundings,
					 const struct kg_info *info);
/* A function, without the suffixes of compilers, could be traced. False when memory is out. */
KG_MUST_USE bool surroundings_add_function(struct surroundings *surroundings, struct renames *names,
					   const char *function);
/*
 * Adds all that another knows, which has names of its own; an empty one becomes a copy of it. False
 * when memory is out.
 */
KG_MUST_USE bool surroundings_merge(struct surroundings *surroundings, struct renames *names,
				    const struct surroundings *other,
				    const struct renames *other_names);
/* Sorts facts by name and joins their values. False when memory is out. */
KG_MUST_USE bool surroundings_settle(struct surroundings *surroundings);

/* The fact of this name, or NULL. */
const struct fact *surroundings_find(const struct surroundings *surroundings, const char *name);
void surroundings_release(struct surroundings *surroundings);

#endif

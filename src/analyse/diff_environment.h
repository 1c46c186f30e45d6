/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What surrounded the traces of one side: documents, flattened to names and values. */
#ifndef ANALYSE_DIFF_ENVIRONMENT_H
#define ANALYSE_DIFF_ENVIRONMENT_H

#include <stdbool.h>

#include <kvmgraph/error.h>

#include "analyse/renames.h"
#include "base/arena.h"
#include "base/column.h"

struct env_fact {
	const char *name;
	const char *value; /* of several that differ: "a | b" */
};

struct diff_environment {
	struct arena memory;
	COLUMN(struct env_fact) facts;
	bool is_emulated;
	bool knows_functions;	   /* a document names those that were traced */
	COLUMN(bool) is_traceable; /* by name id */
};

/* Takes a kvmgraph.env/1 or kvmgraph.lab/1. KG_BAD_FORMAT if it is neither. */
KG_MUST_USE enum kg_status environment_add(struct diff_environment *environment,
					   struct renames *names, const char *json, size_t len,
					   struct kg_error *err);
/* The value of a fact, or NULL. */
const char *environment_find(const struct diff_environment *environment, const char *name);
void environment_release(struct diff_environment *environment);

#endif

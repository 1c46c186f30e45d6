/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the values of a document stand in its text.
 *
 * JSON's reader forgets it. So the text is walked once more beside the values that were read from
 * it, and each value is remembered with its place; values that are moved into another document keep
 * theirs. A zeroed struct is empty.
 */
#ifndef ANALYSE_SPEC_POSITION_H
#define ANALYSE_SPEC_POSITION_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/column.h"

struct position {
	const json_t *value;
	const char *source; /* of the document */
	uint64_t line_no;
	uint64_t column_no; /* in characters */
};

struct positions {
	COLUMN(struct position) at;
};

/* Adds all values of a document. root was read from the text; source has to stay. */
KG_MUST_USE enum kg_status positions_add(struct positions *positions, const char *text, size_t len,
					 const json_t *root, const char *source);
/* NULL for a value that is not known, or that does not know itself (true, false, null). */
const struct position *positions_find(const struct positions *positions, const json_t *value);
void positions_release(struct positions *positions);

#endif

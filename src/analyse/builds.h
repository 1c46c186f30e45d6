/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of builds: the one that is generated from builds/kvm.txt, or one that a test makes. */
#ifndef ANALYSE_BUILDS_H
#define ANALYSE_BUILDS_H

#include <kvmgraph/builds.h>

#include "base/span.h"

/* One character a build, in the order of the builds. */
enum build_mark {
	BUILD_MARK_YES = '#',
	BUILD_MARK_SUFFIXED = '~',
	BUILD_MARK_NOTRACE = 'n',
	BUILD_MARK_ABSENT = '.',
};

struct build_row {
	const char *name;
	const char *marks;
};

struct build_table {
	const struct kg_build *builds; /* oldest first */
	size_t build_count;
	const struct build_row *rows; /* by name, as strcmp() orders */
	size_t row_count;
};

extern const struct build_table build_table_kvm;

/* The row of a function without suffixes, or NULL. */
const struct build_row *build_table_find(const struct build_table *table, struct span base);

/* Whether the tracer of a build can show the function of a row, with or without a suffix. */
static inline bool build_row_shows(const struct build_row *row, size_t build)
{
	return row->marks[build] == BUILD_MARK_YES || row->marks[build] == BUILD_MARK_SUFFIXED;
}

/* kg_builds_fit() with a table of one's own. */
KG_MUST_USE enum kg_status build_table_fit(const struct build_table *table,
					   const struct kg_funcs *funcs, const uint64_t *calls,
					   struct kg_fit **out);

#endif

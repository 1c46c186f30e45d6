/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of functions as numbers, and which of them mean the same function in different kernels.
 *
 * Every name has an id; names that mean the same have one key, the id of one of them. What is known
 * beforehand stands in renames/kvm.json.
 *
 * Of a group one name may be marked there as a wrapper's: a kernel that has another name of the
 * group, too, gives it to a function that calls the group's. Only who knows what else a kernel has
 * can tell which of both it is, so it has a key of its own.
 */
#ifndef ANALYSE_RENAMES_H
#define ANALYSE_RENAMES_H

#include <stdint.h>

#include <kvmgraph/error.h>

#include "base/column.h"
#include "base/intern.h"

/* A wrapper's names begin with one, what it wraps with the other. */
struct rename_prefix {
	const char *from;
	const char *to;
};

/* The name of a wrapper, or of the function that has the key where there is no wrapper. */
struct rename_wrapper {
	uint32_t name;
	uint32_t key;
};

struct renames {
	struct intern names;
	COLUMN(uint32_t) keys; /* by name id */
	COLUMN(struct rename_wrapper) wrappers;
	COLUMN(struct rename_prefix) prefixes;
	struct arena memory;
};

KG_MUST_USE enum kg_status renames_init(struct renames *renames);
void renames_release(struct renames *renames);

/* The id of a name; INTERN_NONE when memory is out. */
uint32_t renames_add(struct renames *renames, const char *name);
static inline uint32_t renames_key(const struct renames *renames, uint32_t name)
{
	return renames->keys.at[name];
}
static inline const char *renames_text(const struct renames *renames, uint32_t name)
{
	return (const char *)intern_get(&renames->names, name).at;
}
/* From now on all names of one key have another. */
void renames_join(struct renames *renames, uint32_t key, uint32_t into);

#endif

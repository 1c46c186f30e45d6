/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sinks that know calls and nothing of their meaning: one that filters, one that keeps them. */
#ifndef KVMGRAPH_TREE_H
#define KVMGRAPH_TREE_H

#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/calls.h>
#include <kvmgraph/error.h>

KG_BEGIN_C

/* ---- filter ---------------------------------------------------------------------------------- */

/*
 * All-zero lets everything through. Globs as in the shell: * ? [a-z]. What it points to has to stay
 * until the filter is freed.
 */
struct kg_filter_opts {
	const char *const *only; /* only calls of these functions and what is below them */
	size_t only_count;
	const char *const *without; /* no calls of these functions and nothing below them */
	size_t without_count;
	const char *const *tasks; /* a pid, or a glob for the comm as the trace prints it */
	size_t task_count;
	const char *cpus; /* list of CPUs a call is known to be entered on: "0,2-3"; NULL: all */
	uint32_t depth;	  /* at most this many levels below each call that `only` chose; 0: all */
	uint64_t min_ns;  /* no calls shorter than this: they are hidden when they close */
};

struct kg_filter;

/*
 * Makes a filter in front of a sink: what it takes out arrives there marked KG_CALL_HIDDEN, so that
 * nesting and self times stay what they are. Fails with KG_BAD_ARG for a CPU list that is none.
 */
KG_API KG_MUST_USE enum kg_status kg_filter_new(const struct kg_filter_opts *opts,
						const struct kg_funcs *funcs,
						const struct kg_tasks *tasks,
						const struct kg_call_sink *next,
						struct kg_filter **out, struct kg_error *err);
KG_API struct kg_call_sink kg_filter_sink(struct kg_filter *filter);
KG_API void kg_filter_free(struct kg_filter *filter);

/* ---- the calls themselves -------------------------------------------------------------------- */

/* Keeps every call, for those who need the whole tree: about 112 bytes each. */
struct kg_call_table;

KG_API KG_MUST_USE enum kg_status kg_call_table_new(struct kg_call_table **out);
KG_API struct kg_call_sink kg_call_table_sink(struct kg_call_table *table);
/* Calls in the order in which they are entered (by line), hidden ones left out. */
KG_API size_t kg_call_table_count(const struct kg_call_table *table);
/* Row of the parent, or SIZE_MAX for a root (of what is not hidden). */
KG_API size_t kg_call_table_parent(const struct kg_call_table *table, size_t row);
KG_API const struct kg_call *kg_call_table_get(const struct kg_call_table *table, size_t row);
KG_API void kg_call_table_free(struct kg_call_table *table);

KG_END_C

#endif

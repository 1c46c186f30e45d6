/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernels that are known by their functions: which of KVM's functions the tracer can show in the
 * builds that distributions made of it, and which of these builds a trace fits.
 *
 * The table of builds comes with the library and never changes while a program runs. It knows the
 * functions that lives of VMs have been seen to call, not all of KVM.
 */
#ifndef KVMGRAPH_BUILDS_H
#define KVMGRAPH_BUILDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/error.h>
#include <kvmgraph/event.h>

KG_BEGIN_C

/* ---- the table ------------------------------------------------------------------------------- */

struct kg_build {
	const char *release;	  /* "6.1.0-56-amd64" */
	const char *distribution; /* "Debian" */
	const char *series;	  /* "6.1" */
};

/* What a build's tracer can do with a function. */
enum kg_traceable {
	KG_TRACEABLE_UNKNOWN,  /* the table does not know the function */
	KG_TRACEABLE_YES,      /* it shows it */
	KG_TRACEABLE_SUFFIXED, /* only with a compiler's suffix: "kvm_free_memslots.part.0" */
	KG_TRACEABLE_NOTRACE,  /* the function is there, but not for the tracer */
	KG_TRACEABLE_ABSENT,   /* it is not there, or inlined wherever it is called */
};

/* Builds from 0 to count - 1, oldest first. */
KG_API size_t kg_build_count(void);
KG_API const struct kg_build *kg_build_get(size_t index);
/* The build with exactly this release ("6.1.0-56-amd64"), or NULL. */
KG_API const struct kg_build *kg_build_find(const char *release);
/* build is one of the table. A compiler's suffix of the name does not matter. */
KG_API enum kg_traceable kg_build_traceable(const struct kg_build *build, const char *name);

/* ---- which of them a trace fits -------------------------------------------------------------- */

/* symbol, name in reports */
#define KG_FIT_LIST(X)                                                                             \
	X(KG_FIT_UNKNOWN, "unknown")                                                               \
	X(KG_FIT_ALL, "all")                                                                       \
	X(KG_FIT_BETWEEN, "between")                                                               \
	X(KG_FIT_MIXED, "mixed")

enum kg_fit_kind {
	KG_FIT_UNKNOWN, /* too few functions of the table were called to say anything */
	KG_FIT_ALL,	/* the closest builds can show every one that was */
	KG_FIT_BETWEEN, /* no build can, but they have been together in a kernel between builds */
	KG_FIT_MIXED,	/* no build can, and some came only after others had gone */
};

KG_API const char *kg_fit_kind_name(enum kg_fit_kind kind);

/* With fewer functions of the table than this nothing is said. */
#define KG_FIT_NAMES_MIN 8

/* How one build fits. */
struct kg_build_fit {
	const struct kg_build *build;
	const char *const *missing; /* functions of the trace that it cannot show, by name */
	size_t missing_count;
	bool is_closest; /* no build misses fewer; false for all in KG_FIT_UNKNOWN */
};

struct kg_fit_report {
	enum kg_fit_kind kind;
	size_t name_count;		   /* functions that were called and that the table knows */
	const struct kg_build_fit *builds; /* one for each of the table, in its order */
	size_t build_count;
	size_t closest_count;
	size_t first_closest; /* index; the closest need not stand side by side */
	size_t last_closest;
	/*
	 * The newest build that misses a function which came only after it, and the oldest that
	 * misses one which had gone by then: the kernel is newer than the one and older than the
	 * other, as far as distributions do not take changes back. NULL: no such build.
	 */
	const struct kg_build *newer_than;
	const struct kg_build *older_than;
	/*
	 * The one series ("5.18") of all closest builds in KG_FIT_ALL; in KG_FIT_BETWEEN the one of
	 * mainline that lies between the two above, which the table then has no build of. NULL:
	 * there are several, or none.
	 */
	const char *series;
};

struct kg_fit;

/*
 * Holds the functions of a trace against the table, without suffixes, and only those of KVM's
 * modules or of none. calls has the number of calls by function id, since what was never called
 * says nothing (kg_info has one); NULL: all of funcs were called. A function that is not called
 * does not speak against a build. Fails with KG_NOMEM. The report belongs to the fit.
 */
KG_API KG_MUST_USE enum kg_status kg_builds_fit(const struct kg_funcs *funcs, const uint64_t *calls,
						struct kg_fit **out);
KG_API const struct kg_fit_report *kg_fit_report(const struct kg_fit *fit);
KG_API void kg_fit_free(struct kg_fit *fit);

KG_END_C

#endif

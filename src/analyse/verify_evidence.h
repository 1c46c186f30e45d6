/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a trace can be trusted to have everything. */
#ifndef ANALYSE_VERIFY_EVIDENCE_H
#define ANALYSE_VERIFY_EVIDENCE_H

#include <kvmgraph/verify.h>

struct kg_verify;
struct path;
struct subject;

struct evidence {
	bool has_gaps;
	bool starts_late;
	bool ends_early;
	bool is_partial;      /* calls were left out on purpose, or may be another subject's */
	bool has_one_task;    /* as if the tracer had been told to follow the subject alone */
	const char *why_gaps; /* in words; set where the flag is */
	const char *why_late;
	const char *why_early;
	const char *why_partial;
};

/* What there is to say of the trace; whether it ends early depends on a path. */
KG_MUST_USE enum kg_status evidence_weigh(struct kg_verify *verify, const struct kg_info *info,
					  struct evidence *out);
/* Whether all calls are of the subject's task; without one: of one task. */
bool evidence_has_one_task(const struct kg_verify *verify);
/* The same with what is known of one path: of a subject, or of a thread of it. NULL: of all. */
KG_MUST_USE enum kg_status evidence_for(struct kg_verify *verify, const struct kg_info *info,
					const struct subject *subject, const struct path *path,
					const struct evidence *all, struct evidence *out);

#endif

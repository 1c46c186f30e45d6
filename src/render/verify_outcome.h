/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verdicts in the words of test reports, which know fewer of them.
 *
 * A reader of such a report must never take a trace for good that verify does not: so the outcomes
 * add up to the verdict on the whole, with a test more if the checks alone do not.
 */
#ifndef RENDER_VERIFY_OUTCOME_H
#define RENDER_VERIFY_OUTCOME_H

#include <kvmgraph/render.h>

enum verify_outcome {
	OUTCOME_PASS,
	OUTCOME_FAIL,
	OUTCOME_ERROR, /* it cannot be told, and that decides the whole */
	OUTCOME_SKIP,  /* it was not judged, and that decides nothing */
	OUTCOME_WARN,  /* it failed, and that decides nothing */
	OUTCOME_COUNT
};

struct verify_tally {
	const struct kg_verify_report *report;
	bool untraceable_decides; /* nothing else makes the whole inconclusive */
	bool has_more;		  /* one test more tells the verdict */
	size_t test_count;
	size_t counts[OUTCOME_COUNT];
};

/* The id of the test that is more than the checks. */
#define VERIFY_MORE_ID "verdict"

struct verify_tally verify_tally(const struct kg_verify_report *report);

enum verify_outcome verify_outcome(const struct verify_tally *tally, const struct kg_check *check);
/* That of the test more. */
enum verify_outcome verify_more_outcome(const struct kg_verify_report *report);

/*
 * What there is to say in a line of a check that did not pass: why it was not judged, else what was
 * found. An introduction says what an outcome alone does not: "inconclusive: ", "warning only: ".
 */
const char *verify_introduction(const struct kg_check *check);
/* Behind that; never NULL. */
const char *verify_reason(const struct kg_check *check);

/*
 * The check in full, printable throughout, a line for each thing said of it: "title: ...",
 * "expected: ...", "found: ...", "where: line 6, cpu 3, vmm-2690, kvm_create_vm [kvm]", "why: ...".
 */
void verify_put_details(struct kg_out *out, const struct kg_info *info,
			const struct kg_check *check, const char *before_line);

#endif

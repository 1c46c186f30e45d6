/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Subjects that are done with: what came of them is kept, and what they took is used again.
 *
 * So the memory of a verification depends on how many subjects are alive at a time, not on how many
 * a trace has. One that something is to be said against is kept as it is.
 */
#ifndef ANALYSE_VERIFY_RETIRE_H
#define ANALYSE_VERIFY_RETIRE_H

#include <kvmgraph/verify.h>

#include "analyse/verify_rules.h"
#include "analyse/verify_subject.h"

/* What a check comes to for several subjects: the worst of it. */
struct tally_check {
	struct kg_check check;
	uint64_t subject_count; /* that it was made for */
	uint64_t pass_count;
};

/* The worse of two verdicts is the greater one. */
int verdict_badness(enum kg_verdict verdict);
void tally_add(struct tally_check *tally, const struct kg_check *check);

/* A check of a subject before its judge, and where it is added up if the subject is retired. */
struct judged_check {
	struct tally_check *tally;
	struct kg_check check;
};

struct retired {
	struct tally_check *main; /* by phase; NULL before the first one */
	struct tally_check *threads;
	struct tally_check *rules; /* by rule */
	uint64_t count;
	COLUMN(struct judged_check) judged; /* of the one that is being judged */
	COLUMN(struct rule_state *) free_rules;
	COLUMN(struct path *) free_main;
	COLUMN(struct path *) free_threads;
};

/* Takes leave of subjects that are gone, once many are kept. */
KG_MUST_USE enum kg_status subjects_retire(struct kg_verify *verify);
void retired_release(struct retired *retired);

#endif

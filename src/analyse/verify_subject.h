/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The subjects of a verification: what has a life of its own, such as a VM, and whose calls are
 * whose.
 *
 * A task that calls one of `first` is the start of a subject. It is alive from the call that makes
 * it to the end of the one that ends it; after that the same task may start another one. Workers
 * (`also_task`) and threads (`join`) belong to the subject that is alive, if only one is: where two
 * are, and the trace does not tell whose they are, they belong to none.
 */
#ifndef ANALYSE_VERIFY_SUBJECT_H
#define ANALYSE_VERIFY_SUBJECT_H

#include "analyse/verify_path.h"

struct rule_state;
struct owner;

/* More than these are not followed at the same time, only counted. */
#define SUBJECTS_MAX 1024

/* Number of a subject; 0: none, so that owners can be zeroed. */
typedef uint32_t subject_id;
#define NO_SUBJECT 0

struct subject {
	subject_id id;
	kg_task_id task_id; /* by which it is known */
	struct kg_place first;
	struct path *path; /* of that task and the workers; NULL without phases */
	COLUMN(struct path *) threads;
	COLUMN(uint32_t) owners;  /* whose calls are its own */
	uint32_t slot_count;	  /* owners that its rules know apart */
	uint64_t thread_room;	  /* calls of `thread_for` */
	uint32_t facts_seen;	  /* a bit for each of the specification's that has begun to hold */
	struct rule_state *rules; /* NULL: there was no other subject, so all rules are about it */
	uint64_t settled_modules; /* for its own rules, see verify_modules.h */
	bool was_tried;		  /* a call of `first` had something below it */
	bool is_born;
	bool is_gone;
	bool may_have_worker;
	bool has_worker;
	bool is_judged;	 /* when it was gone, and found to be worth keeping */
	bool is_mixed;	 /* another subject's calls are among its own */
	bool is_missing; /* some of its calls may be in tasks that are not known to be its */
};

typedef COLUMN(struct subject *) subject_list;

/* Whether calls of a function tell whose a task is, or what becomes of a subject. */
bool subject_is_told_by(const struct kg_spec *spec, const uint64_t *row);
/*
 * A call that the specification speaks of opens. Where it does not tell anything itself its task
 * may still be a worker.
 */
KG_MUST_USE enum kg_status subject_note_open(struct kg_verify *verify, struct verify_lane *lane,
					     const struct kg_call *call, bool tells,
					     const uint64_t *row);
/* Whether calls that tell nothing of subjects leave that of a lane as it is. */
bool subject_is_settled(struct kg_verify *verify, const struct verify_lane *lane);
/* One that tells something closes. */
void subject_note_close(struct kg_verify *verify, const struct verify_lane *lane,
			const struct kg_call *call);
struct subject *subject_get(const struct kg_verify *verify, subject_id id);
/* Those that were alive at some time; of none: the first one that was seen. */
bool subject_counts(const struct kg_verify *verify, const struct subject *subject);
void subjects_release(struct kg_verify *verify);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows whose path is followed, and which tasks are whose. */
#include "analyse/verify.h"

#include "base/banned.h"

struct subject *subject_get(const struct kg_verify *verify, subject_id id)
{
	return id == NO_SUBJECT ? NULL : verify->subjects.at[id - 1];
}

bool subject_counts(const struct kg_verify *verify, const struct subject *subject)
{
	return verify->born_count > 0 ? subject->is_born : subject == verify->subjects.at[0];
}

static bool is_alive(const struct subject *subject)
{
	return subject->is_born && !subject->is_gone;
}

/* Without a call that makes it, a subject is there from its first call on. */
static bool has_lives(const struct kg_spec *spec)
{
	return spec->born != NO_NAMES;
}

/* ---- subjects that come ---------------------------------------------------------------------- */

static enum kg_status add_path(struct kg_verify *verify, const struct spec_route *route,
			       struct path **out)
{
	*out = NULL;
	if (route->automaton == NULL)
		return KG_OK;
	*out = path_new(verify, route);
	return *out != NULL ? KG_OK : KG_NOMEM;
}

static bool add_owner(const struct kg_verify *verify, struct subject *subject,
		      const struct owner *owner)
{
	return column_push(&subject->owners, (uint32_t)(owner - verify->owners.at));
}

/* The first call of a task that none is known by starts one. */
static enum kg_status start_subject(struct kg_verify *verify, struct owner *owner,
				    const struct kg_call *call)
{
	enum kg_status status = subjects_retire(verify);
	if (status != KG_OK)
		return status;
	if (verify->kept.count >= SUBJECTS_MAX) {
		verify->untold_subjects++;
		owner->subject = NO_SUBJECT;
		owner->path = NULL;
		return KG_OK;
	}
	struct subject *subject = arena_alloc(&verify->memory, sizeof(*subject));
	if (subject == NULL || !column_push(&verify->subjects, subject) ||
	    !column_push(&verify->kept, subject) || !add_owner(verify, subject, owner))
		return KG_NOMEM;
	subject->task_id = call->task_id;
	subject->first = place_of_start(call);
	subject->id = (subject_id)verify->subjects.count;
	owner->subject = subject->id;
	status = add_path(verify, &verify->spec->main, &subject->path);
	owner->path = subject->path;
	if (verify->subjects.count == 1)
		verify->others = owner->subject;
	if (status == KG_OK && verify->subjects.count == 2)
		status = rules_split(verify, verify->subjects.at[0]);
	if (status == KG_OK && verify->subjects.count >= 2)
		status = rules_start(verify, subject);
	return status;
}

static bool starts_another(const struct kg_verify *verify, const struct owner *owner)
{
	const struct subject *subject = subject_get(verify, owner->subject);
	if (!has_lives(verify->spec))
		return verify->subjects.count == 0;
	return subject == NULL || (owner->is_main && subject->is_gone);
}

/* ---- tasks that belong to them --------------------------------------------------------------- */

static bool is_worker(struct kg_verify *verify, struct owner *owner)
{
	const struct kg_spec *spec = verify->spec;
	if (!owner->is_comm_known) {
		owner->is_comm_known = true;
		owner->is_worker =
			spec->has_also_task && owner->task_id != KG_NO_TASK &&
			regexec(&spec->also_task, kg_tasks_get(verify->tasks, owner->task_id)->comm,
				0, NULL, 0) == 0;
	}
	return owner->is_worker;
}

/* Whether a task may be one of a subject's. */
typedef bool fit_test(const struct kg_spec *spec, const struct subject *subject);

static bool fits_worker(const struct kg_spec *spec, const struct subject *subject)
{
	return !subject->has_worker && (spec->worker_from == NO_NAMES || subject->may_have_worker);
}

/* A thread has a vCPU, say: there are no more of them. */
static bool fits_vcpu(const struct kg_spec *spec, const struct subject *subject)
{
	return spec->thread_for == NO_NAMES || subject->threads.count < subject->thread_room;
}

static bool fits_thread(const struct kg_spec *spec, const struct subject *subject)
{
	(void)spec;
	(void)subject;
	return true;
}

static bool may_have(const struct kg_verify *verify, const struct subject *subject, fit_test *fits)
{
	return (!has_lives(verify->spec) || is_alive(subject)) && fits(verify->spec, subject);
}

/* Of those that a task fits: the one with this number. */
static subject_id find_fitting(const struct kg_verify *verify, fit_test *fits, size_t number)
{
	for (size_t i = 0; i < verify->kept.count; i++) {
		if (may_have(verify, verify->kept.at[i], fits) && number-- == 0)
			return verify->kept.at[i]->id;
	}
	return NO_SUBJECT;
}

/* A task that may be any one's: what those lack may be there. */
static void note_missing(struct kg_verify *verify, fit_test *fits)
{
	for (size_t i = 0; i < verify->kept.count; i++) {
		struct subject *subject = verify->kept.at[i];
		if (is_alive(subject) && fits(verify->spec, subject))
			subject->is_missing = true;
	}
}

static size_t count_fitting(const struct kg_verify *verify, fit_test *fits)
{
	size_t count = 0;
	for (size_t i = 0; i < verify->kept.count; i++)
		count += may_have(verify, verify->kept.at[i], fits);
	return count;
}

/* The subject that a task fits; of several the one of those left that the way says, or none. */
static enum kg_status find_subject(struct kg_verify *verify, fit_test *fits, fit_test *left,
				   subject_id *out)
{
	const bool is_open = count_fitting(verify, fits) > 1;
	const size_t count = verify->ways != NULL ? count_fitting(verify, left) : 0;
	size_t number = 0;
	*out = NO_SUBJECT;
	if (is_open && count == 0) {
		verify->open_choices++;
		note_missing(verify, fits);
		return KG_OK;
	}
	enum kg_status status =
		is_open && count > 1 ? ways_choose(verify->ways, count, &number) : KG_OK;
	if (status == KG_OK)
		*out = find_fitting(verify, is_open ? left : fits, number);
	return status;
}

static enum kg_status adopt_worker(struct kg_verify *verify, struct owner *owner)
{
	subject_id id;
	enum kg_status status = find_subject(verify, fits_worker, fits_worker, &id);
	struct subject *subject = subject_get(verify, id);
	if (status != KG_OK)
		return status;
	/* a subject's second worker is its own, as long as there is no other subject */
	if (subject == NULL && verify->subjects.count == 1)
		subject = verify->subjects.at[0];
	if (subject == NULL)
		return KG_OK;
	owner->subject = id != NO_SUBJECT ? id : 1;
	owner->path = subject->path;
	subject->has_worker = true;
	return add_owner(verify, subject, owner) ? KG_OK : KG_NOMEM;
}

static enum kg_status adopt_thread(struct kg_verify *verify, struct owner *owner)
{
	subject_id id;
	struct path *path;
	enum kg_status status = find_subject(verify, fits_thread, fits_vcpu, &id);
	struct subject *subject = subject_get(verify, id);
	if (subject == NULL || status != KG_OK)
		return status;
	status = add_path(verify, &verify->spec->threads, &path);
	if (status == KG_OK && path != NULL && !column_push(&subject->threads, path))
		status = KG_NOMEM;
	if (status == KG_OK && !add_owner(verify, subject, owner))
		status = KG_NOMEM;
	owner->subject = id;
	owner->path = path;
	return status;
}

/* A worker that outlives its subject, or a thread, is free for the next; not in the midst of a
 * step. */
static void leave_subject(const struct kg_verify *verify, const struct verify_lane *lane,
			  struct owner *owner)
{
	const struct subject *subject = subject_get(verify, owner->subject);
	if (lane->is_in_step || owner->is_main || subject == NULL || !subject->is_gone ||
	    verify->subjects.count < 2)
		return;
	owner->subject = NO_SUBJECT;
	owner->path = NULL;
}

/* Finds out anew whose the calls of tasks are that belong to none. */
static void find_others(struct kg_verify *verify)
{
	subject_id found = NO_SUBJECT;
	for (size_t i = 0; i < verify->kept.count; i++) {
		if (!is_alive(verify->kept.at[i]))
			continue;
		verify->others = NO_SUBJECT;
		if (found != NO_SUBJECT)
			return;
		found = verify->kept.at[i]->id;
	}
	/* with nothing alive it is what is left of the last one */
	if (found != NO_SUBJECT)
		verify->others = found;
}

/* ---- what calls tell ------------------------------------------------------------------------- */

static void note_life(struct kg_verify *verify, struct subject *subject, const uint64_t *row)
{
	const struct kg_spec *spec = verify->spec;
	if (row_has(row, spec->worker_from))
		subject->may_have_worker = true;
	if (row_has(row, spec->thread_for))
		subject->thread_room++;
	if (!row_has(row, spec->born))
		return;
	/* a second one in the same task, while the first is alive: nothing tells them apart */
	if (is_alive(subject)) {
		subject->is_mixed = true;
		return;
	}
	subject->is_born = true;
	verify->born_count++;
	find_others(verify);
}

/* A subject's call is there, or over: whether that can be. */
static void note_facts(struct kg_verify *verify, struct subject *subject, const uint64_t *row,
		       bool is_over)
{
	for (size_t i = 0; i < verify->spec->fact_count; i++) {
		const struct spec_fact *fact = &verify->spec->facts[i];
		const uint32_t bit = UINT32_C(1) << i;
		verify->is_impossible |=
			!is_over && (subject->facts_seen & bit) != 0 && row_has(row, fact->never);
		if (fact->is_over == is_over && row_has(row, fact->once))
			subject->facts_seen |= bit;
	}
}

/* Whether something is done to a subject that nobody was seen to make, or to try to. */
static bool is_late(const struct kg_verify *verify, const struct owner *owner, const uint64_t *row)
{
	const struct kg_spec *spec = verify->spec;
	const struct subject *subject = subject_get(verify, owner->subject);
	return has_lives(spec) && verify->born_count == 0 &&
	       (subject == NULL || !subject->was_tried) &&
	       (row_has(row, spec->join) || row_has(row, spec->gone));
}

bool subject_is_told_by(const struct kg_spec *spec, const uint64_t *row)
{
	const names_id names[] = { spec->first,	   spec->born,	      spec->gone,      spec->join,
				   spec->question, spec->worker_from, spec->thread_for };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (row_has(row, names[i]))
			return true;
	}
	for (size_t i = 0; i < spec->fact_count; i++) {
		if (row_has(row, spec->facts[i].never) || row_has(row, spec->facts[i].once))
			return true;
	}
	return false;
}

bool subject_is_settled(struct kg_verify *verify, const struct verify_lane *lane)
{
	struct owner *owner = &verify->owners.at[lane->owner];
	const struct subject *subject = subject_get(verify, owner->subject);
	if (subject == NULL)
		return !is_worker(verify, owner);
	return lane->subject == subject->id && !subject->is_gone;
}

enum kg_status subject_note_open(struct kg_verify *verify, struct verify_lane *lane,
				 const struct kg_call *call, bool tells, const uint64_t *row)
{
	struct owner *owner = &verify->owners.at[lane->owner];
	enum kg_status status = KG_OK;
	leave_subject(verify, lane, owner);
	if (!tells && owner->subject != NO_SUBJECT) {
		lane->subject = owner->subject;
		return KG_OK;
	}
	lane->is_asked |= row_has(row, verify->spec->question);
	verify->starts_late |= is_late(verify, owner, row);
	if (row_has(row, verify->spec->first) && starts_another(verify, owner)) {
		owner->is_main = true;
		status = start_subject(verify, owner, call);
	} else if (owner->subject == NO_SUBJECT && is_worker(verify, owner)) {
		status = adopt_worker(verify, owner);
	} else if (owner->subject == NO_SUBJECT && row_has(row, verify->spec->join)) {
		status = adopt_thread(verify, owner);
	}
	if (owner->subject == NO_SUBJECT || status != KG_OK)
		return status;
	lane->subject = owner->subject;
	if (verify->ways != NULL)
		note_facts(verify, subject_get(verify, owner->subject), row, false);
	note_life(verify, subject_get(verify, owner->subject), row);
	return KG_OK;
}

void subject_note_close(struct kg_verify *verify, const struct verify_lane *lane,
			const struct kg_call *call)
{
	const struct owner *owner = &verify->owners.at[lane->owner];
	struct subject *subject = subject_get(verify, owner->subject);
	const uint64_t *row = row_of(verify, call->func_id);
	if (subject == NULL || (call->flags & KG_CALL_NO_END) != 0)
		return;
	if (verify->ways != NULL)
		note_facts(verify, subject, row, true);
	if (call->child_count > 0 && !lane->is_asked && row_has(row, verify->spec->first))
		subject->was_tried = true;
	if (subject->is_mixed || !row_has(row, verify->spec->gone))
		return;
	subject->is_gone = true;
	verify->others = owner->subject;
	find_others(verify);
}

void subjects_release(struct kg_verify *verify)
{
	for (size_t i = 0; i < verify->subjects.count; i++) {
		column_release(&verify->subjects.at[i]->threads);
		column_release(&verify->subjects.at[i]->owners);
		rules_end(verify, verify->subjects.at[i]->rules);
	}
	column_release(&verify->subjects);
	column_release(&verify->kept);
}

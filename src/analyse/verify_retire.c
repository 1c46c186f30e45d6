/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows when a subject is done with, and what is kept of it. */
#include "analyse/verify.h"

#include "base/banned.h"

/* So many are kept whatever becomes of them: what is left of one comes soon after it. */
#define KEPT_MIN 16

int verdict_badness(enum kg_verdict verdict)
{
	static const int badness[KG_VERDICT_COUNT] = {
		[KG_VERDICT_SKIPPED] = 0,	[KG_VERDICT_PASS] = 1,
		[KG_VERDICT_NOT_TRACEABLE] = 2, [KG_VERDICT_INCONCLUSIVE] = 3,
		[KG_VERDICT_FAIL] = 4,
	};
	return badness[verdict];
}

void tally_add(struct tally_check *tally, const struct kg_check *check)
{
	tally->pass_count += check->verdict == KG_VERDICT_PASS;
	if (tally->subject_count++ == 0 ||
	    verdict_badness(check->verdict) > verdict_badness(tally->check.verdict))
		tally->check = *check;
}

/* ---- judging --------------------------------------------------------------------------------- */

/* A subject before its judge. */
struct trial {
	struct kg_verify *verify;
	const struct subject *subject;
	struct evidence all;
	struct kg_info info;
	bool is_clean;
};

static enum kg_status note_check(struct trial *trial, struct tally_check *tally,
				 struct kg_check *check)
{
	const struct judged_check judged = { tally, *check };
	trial->is_clean &=
		verdict_badness(check->verdict) < verdict_badness(KG_VERDICT_INCONCLUSIVE);
	return column_push(&trial->verify->retired.judged, judged) ? KG_OK : KG_NOMEM;
}

static void add_up(struct retired *retired)
{
	for (size_t i = 0; i < retired->judged.count; i++) {
		struct judged_check *judged = &retired->judged.at[i];
		/* a place is worth nothing without the others */
		judged->check.place_count = 0;
		tally_add(judged->tally, &judged->check);
	}
}

static enum kg_status judge_path(struct trial *trial, const struct path *path,
				 struct tally_check *tallies)
{
	struct evidence evidence;
	struct kg_check check;
	enum kg_status status = evidence_for(trial->verify, &trial->info, trial->subject, path,
					     &trial->all, &evidence);
	for (size_t i = 0; i < path->route->phases.count && status == KG_OK; i++) {
		status = phase_check(trial->verify, path, (uint32_t)i, &evidence, &check);
		if (status == KG_OK)
			status = note_check(trial, &tallies[i], &check);
	}
	return status;
}

static enum kg_status judge_rules(struct trial *trial)
{
	const struct kg_spec *spec = trial->verify->spec;
	struct evidence evidence;
	struct kg_check check;
	enum kg_status status = evidence_for(trial->verify, &trial->info, trial->subject,
					     trial->subject->path, &trial->all, &evidence);
	for (size_t i = 0; i < spec->rules.count && status == KG_OK; i++) {
		if (spec->rules.at[i].kind == RULE_CHOICE || spec->rules.at[i].is_over_trace)
			continue;
		status = rule_check(trial->verify, (uint32_t)i, &trial->subject->rules[i],
				    &evidence, &check);
		if (status == KG_OK)
			status = note_check(trial, &trial->verify->retired.rules[i], &check);
	}
	return status;
}

static enum kg_status judge(struct trial *trial)
{
	struct retired *retired = &trial->verify->retired;
	enum kg_status status = KG_OK;
	if (trial->subject->path != NULL)
		status = judge_path(trial, trial->subject->path, retired->main);
	for (size_t i = 0; i < trial->subject->threads.count && status == KG_OK; i++)
		status = judge_path(trial, trial->subject->threads.at[i], retired->threads);
	return status == KG_OK ? judge_rules(trial) : status;
}

/* ---- taking leave ---------------------------------------------------------------------------- */

static enum kg_status make_tallies(struct kg_verify *verify)
{
	struct retired *retired = &verify->retired;
	const struct kg_spec *spec = verify->spec;
	if (retired->rules != NULL)
		return KG_OK;
	retired->main =
		arena_alloc(&verify->memory, spec->main.phases.count * sizeof(*retired->main));
	retired->threads = arena_alloc(&verify->memory,
				       spec->threads.phases.count * sizeof(*retired->threads));
	retired->rules = arena_alloc(&verify->memory, spec->rules.count * sizeof(*retired->rules));
	return retired->main != NULL && retired->threads != NULL && retired->rules != NULL
		       ? KG_OK
		       : KG_NOMEM;
}

/* Whether a subject is at its end, and none of its steps is open. */
static bool is_done(const struct subject *subject)
{
	if (!subject->is_gone || subject->is_judged || subject->rules == NULL)
		return false;
	if (subject->path != NULL && subject->path->open_count > 0)
		return false;
	for (size_t i = 0; i < subject->threads.count; i++) {
		if (subject->threads.at[i]->open_count > 0)
			return false;
	}
	return true;
}

/* Gives back what a subject took. */
static bool dismiss(struct kg_verify *verify, struct subject *subject)
{
	struct retired *retired = &verify->retired;
	bool is_done = column_push(&retired->free_rules, subject->rules);
	if (!is_done)
		return false;
	if (subject->path != NULL)
		is_done &= column_push(&retired->free_main, subject->path);
	for (size_t i = 0; i < subject->threads.count; i++)
		is_done &= column_push(&retired->free_threads, subject->threads.at[i]);
	for (size_t i = 0; i < subject->owners.count; i++) {
		struct owner *owner = &verify->owners.at[subject->owners.at[i]];
		if (subject_get(verify, owner->subject) != subject)
			continue;
		owner->subject = NO_SUBJECT;
		owner->path = NULL;
	}
	column_release(&subject->threads);
	column_release(&subject->owners);
	subject->rules = NULL;
	subject->path = NULL;
	retired->count++;
	return is_done;
}

static enum kg_status try_to_retire(struct kg_verify *verify, struct subject *subject,
				    bool *out_is_retired)
{
	struct trial trial = { .verify = verify,
			       .subject = subject,
			       .all = { .is_partial = verify->scope.partial != NULL,
					.has_one_task = evidence_has_one_task(verify),
					.why_partial = verify->scope.partial },
			       .is_clean = true };
	enum kg_status status = make_tallies(verify);
	verify->retired.judged.count = 0;
	verify->is_quiet = true;
	if (status == KG_OK)
		status = judge(&trial);
	verify->is_quiet = false;
	subject->is_judged = true;
	*out_is_retired = status == KG_OK && trial.is_clean;
	if (!*out_is_retired)
		return status;
	add_up(&verify->retired);
	return dismiss(verify, subject) ? KG_OK : KG_NOMEM;
}

enum kg_status subjects_retire(struct kg_verify *verify)
{
	size_t left = 0;
	enum kg_status status = KG_OK;
	if (verify->kept.count < KEPT_MIN * 2)
		return KG_OK;
	for (size_t i = 0; i < verify->kept.count; i++) {
		struct subject *subject = verify->kept.at[i];
		bool is_retired = false;
		if (status == KG_OK && i + KEPT_MIN < verify->kept.count && is_done(subject))
			status = try_to_retire(verify, subject, &is_retired);
		if (!is_retired)
			verify->kept.at[left++] = subject;
	}
	verify->kept.count = left;
	return status;
}

void retired_release(struct retired *retired)
{
	column_release(&retired->judged);
	column_release(&retired->free_rules);
	column_release(&retired->free_main);
	column_release(&retired->free_threads);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the checks of a whole verification, and what they come to together. */
#include <inttypes.h>

#include "analyse/verify.h"
#include "base/memory.h"
#include "base/banned.h"

const char *kg_verdict_name(enum kg_verdict verdict)
{
	static const char *const names[] = {
#define VERDICT_NAME(symbol, name) [symbol] = name,
		KG_VERDICT_LIST(VERDICT_NAME)
#undef VERDICT_NAME
	};
	return (size_t)verdict < KG_VERDICT_COUNT ? names[verdict] : "unknown";
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Says which one of several subjects a check is about. */
static enum kg_status name_subject(struct kg_verify *verify, const struct subject *subject,
				   struct kg_check *check)
{
	struct words words = { .verify = verify };
	if (check->found == NULL || check->verdict == KG_VERDICT_PASS)
		return KG_OK;
	if (verify->ways != NULL)
		words_add(&words, "%s; of one of the subjects", check->found);
	else
		words_add(&words, "%s; of the subject that begins on line %" PRIu64, check->found,
			  subject->first.line_no);
	return words_finish(&words, &check->found) ? KG_OK : KG_NOMEM;
}

static enum kg_status finish_tally(struct kg_verify *verify, struct tally_check *tally)
{
	struct words words = { .verify = verify };
	if (tally->subject_count > 1 && tally->check.verdict == KG_VERDICT_PASS) {
		words_add(&words, "%" PRIu64 " of %" PRIu64 " subjects", tally->pass_count,
			  tally->subject_count);
		if (!words_finish(&words, &tally->check.found))
			return KG_NOMEM;
	}
	return column_push(&verify->checks, tally->check) ? KG_OK : KG_NOMEM;
}

/* What all checks are made from. */
struct reporting {
	struct kg_verify *verify;
	const struct kg_info *info;
	struct evidence evidence;
	size_t subject_count; /* of those that count */
};

/* ---- phases ---- */

static enum kg_status tally_phase(const struct reporting *in, const struct subject *subject,
				  const struct path *path, uint32_t phase,
				  struct tally_check *tally)
{
	struct evidence evidence;
	struct kg_check check;
	enum kg_status status =
		evidence_for(in->verify, in->info, subject, path, &in->evidence, &evidence);
	if (status == KG_OK)
		status = phase_check(in->verify, path, phase, &evidence, &check);
	if (status == KG_OK && in->subject_count > 1)
		status = name_subject(in->verify, subject, &check);
	if (status == KG_OK)
		tally_add(tally, &check);
	return status;
}

/* Without a subject there is only the first phase to say something about. */
static enum kg_status absent_phase(struct kg_verify *verify, uint32_t index,
				   const struct evidence *evidence, struct kg_check *out)
{
	const struct spec_phase *phase = &verify->spec->main.phases.at[index];
	struct words expected = { .verify = verify };
	*out = (struct kg_check){ .id = phase->id,
				  .title = phase->title,
				  .verdict = KG_VERDICT_SKIPPED,
				  .meaning = phase->why,
				  .why = "not reached: the trace ends before" };
	if (index > 0)
		return KG_OK;
	words_add(&expected, "a call of ");
	words_add_names(&expected, verify->spec->first);
	out->verdict = KG_VERDICT_INCONCLUSIVE;
	out->found = "none";
	out->why = evidence->has_gaps ? evidence->why_gaps : evidence->why_early;
	return words_finish(&expected, &out->expected) ? KG_OK : KG_NOMEM;
}

/* What a check came to for those that are done with, at this place of their tallies. */
static struct tally_check start_tally(const struct reporting *in, const struct tally_check *tallies,
				      size_t index)
{
	struct tally_check tally = { .subject_count = 0 };
	if (tallies != NULL)
		tally = tallies[index];
	if (in->evidence.has_gaps && tally.pass_count > 0) {
		tally.check.verdict = KG_VERDICT_INCONCLUSIVE;
		tally.check.why = in->evidence.why_gaps;
	}
	return tally;
}

static enum kg_status add_main_phase(const struct reporting *in, uint32_t phase)
{
	struct kg_verify *verify = in->verify;
	struct tally_check tally = start_tally(in, verify->retired.main, phase);
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < verify->kept.count && status == KG_OK; i++) {
		const struct subject *subject = verify->kept.at[i];
		if (subject_counts(verify, subject))
			status = tally_phase(in, subject, subject->path, phase, &tally);
	}
	if (status == KG_OK && verify->subjects.count == 0)
		status = absent_phase(verify, phase, &in->evidence, &tally.check);
	return status == KG_OK ? finish_tally(verify, &tally) : status;
}

static enum kg_status add_thread_phase(const struct reporting *in, uint32_t phase)
{
	struct kg_verify *verify = in->verify;
	const struct spec_phase *names = &verify->spec->threads.phases.at[phase];
	struct tally_check tally = start_tally(in, verify->retired.threads, phase);
	enum kg_status status = KG_OK;
	if (tally.subject_count == 0)
		tally.check = (struct kg_check){ .id = names->id,
						 .title = names->title,
						 .verdict = KG_VERDICT_SKIPPED,
						 .meaning = names->why,
						 .why = "no task joined" };
	for (size_t i = 0; i < verify->kept.count; i++) {
		const struct subject *subject = verify->kept.at[i];
		if (!subject_counts(verify, subject))
			continue;
		for (size_t j = 0; j < subject->threads.count && status == KG_OK; j++)
			status = tally_phase(in, subject, subject->threads.at[j], phase, &tally);
	}
	return status == KG_OK ? finish_tally(verify, &tally) : status;
}

static enum kg_status add_phases(const struct reporting *in)
{
	const struct kg_spec *spec = in->verify->spec;
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < spec->main.phases.count && status == KG_OK; i++)
		status = add_main_phase(in, (uint32_t)i);
	for (size_t i = 0; i < spec->threads.phases.count && status == KG_OK; i++)
		status = add_thread_phase(in, (uint32_t)i);
	return status;
}

/* ---- rules ---- */

/* Once for all subjects together, and for what no task of theirs does. */
static enum kg_status add_rule_over_trace(const struct reporting *in, uint32_t rule)
{
	struct kg_verify *verify = in->verify;
	struct rule_state *state = &verify->rules[rule];
	struct kg_check check;
	enum kg_status status = rule_check(verify, rule, state, &in->evidence, &check);
	if (status != KG_OK)
		return status;
	/* what holds for all together need not hold for each */
	const bool is_doubted = check.verdict == KG_VERDICT_FAIL ||
				(check.verdict == KG_VERDICT_PASS && verify->open_choices > 0);
	if (in->subject_count > 1 && is_doubted && !verify->spec->rules.at[rule].is_over_trace) {
		check.verdict = KG_VERDICT_INCONCLUSIVE;
		check.why = "calls that count here were made by tasks that are no subject's alone";
	}
	return column_push(&verify->checks, check) ? KG_OK : KG_NOMEM;
}

static enum kg_status tally_rule(const struct reporting *in, const struct subject *subject,
				 uint32_t rule, struct tally_check *tally)
{
	struct kg_verify *verify = in->verify;
	struct rule_state *states = subject->rules != NULL ? subject->rules : verify->rules;
	struct evidence evidence;
	struct kg_check check;
	enum kg_status status =
		evidence_for(verify, in->info, subject, subject->path, &in->evidence, &evidence);
	if (status == KG_OK)
		status = rule_check(verify, rule, &states[rule], &evidence, &check);
	if (status == KG_OK && in->subject_count > 1)
		status = name_subject(verify, subject, &check);
	if (status == KG_OK)
		tally_add(tally, &check);
	return status;
}

static enum kg_status add_rule(const struct reporting *in, uint32_t rule)
{
	struct kg_verify *verify = in->verify;
	struct tally_check tally = start_tally(in, verify->retired.rules, rule);
	enum kg_status status = KG_OK;
	if (verify->spec->rules.at[rule].is_over_trace || in->subject_count == 0 ||
	    (in->subject_count > 1 && verify->rules[rule].shared_count > 0))
		return add_rule_over_trace(in, rule);
	for (size_t i = 0; i < verify->kept.count && status == KG_OK; i++) {
		const struct subject *subject = verify->kept.at[i];
		if (subject_counts(verify, subject))
			status = tally_rule(in, subject, rule, &tally);
	}
	return status == KG_OK ? finish_tally(verify, &tally) : status;
}

static enum kg_status add_rules(const struct reporting *in)
{
	const struct kg_spec *spec = in->verify->spec;
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < spec->rules.count && status == KG_OK; i++) {
		if (spec->rules.at[i].kind != RULE_CHOICE)
			status = add_rule(in, (uint32_t)i);
	}
	return status;
}

/* The first specification that suits the trace better, or NULL; for good: whatever comes. */
static const char *find_better(struct kg_verify *verify, bool for_good)
{
	const struct kg_spec *spec = verify->spec;
	for (size_t i = 0; i < spec->rules.count; i++) {
		const struct rule *rule = &spec->rules.at[i];
		if (rule->kind == RULE_CHOICE && (rule->stays_true || !for_good) &&
		    rule_holds(verify, (uint32_t)i))
			return rule->id;
	}
	return NULL;
}

const char *kg_verify_better(struct kg_verify *verify)
{
	return find_better(verify, true);
}

/* ---- all ---- */

static void sum_up(struct kg_verify *verify)
{
	struct kg_verify_report *report = &verify->report;
	bool has_failed = false;
	*report = (struct kg_verify_report){ .subject_count = report->subject_count };
	bool has_doubt = verify->untold_subjects > 0;
	for (size_t i = 0; i < verify->checks.count; i++) {
		const struct kg_check *check = &verify->checks.at[i];
		report->counts[check->verdict]++;
		if (check->is_warning)
			continue;
		has_failed |= check->verdict == KG_VERDICT_FAIL;
		has_doubt |= check->verdict == KG_VERDICT_INCONCLUSIVE;
		/* behind a step that cannot be seen the path cannot be followed */
		has_doubt |= check->verdict == KG_VERDICT_NOT_TRACEABLE && check->expected != NULL;
	}
	report->checks = verify->checks.at;
	report->check_count = verify->checks.count;
	report->verdict = has_failed  ? KG_VERDICT_FAIL
			  : has_doubt ? KG_VERDICT_INCONCLUSIVE
				      : KG_VERDICT_PASS;
}

enum kg_status kg_verify_add_checks(struct kg_verify *verify, const struct kg_check *checks,
				    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!column_push(&verify->others_checks, checks[i]))
			return KG_NOMEM;
	}
	return KG_OK;
}

static enum kg_status add_others_checks(struct kg_verify *verify)
{
	for (size_t i = 0; i < verify->others_checks.count; i++) {
		if (!column_push(&verify->checks, verify->others_checks.at[i]))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* The checks of the specification itself, made once. */
static enum kg_status add_own_checks(const struct reporting *in)
{
	struct kg_verify *verify = in->verify;
	if (verify->is_judged) {
		verify->checks.count = verify->own_check_count;
		return KG_OK;
	}
	verify->checks.count = 0;
	enum kg_status status = add_phases(in);
	if (status == KG_OK)
		status = add_rules(in);
	verify->own_check_count = verify->checks.count;
	verify->is_judged = status == KG_OK;
	return status;
}

enum kg_status kg_verify_report(struct kg_verify *verify, const struct kg_info *info,
				struct kg_verify_report *out)
{
	struct reporting in = { .verify = verify, .info = info };
	in.subject_count = verify->retired.count;
	for (size_t i = 0; i < verify->kept.count; i++)
		in.subject_count += subject_counts(verify, verify->kept.at[i]);
	enum kg_status status = evidence_weigh(verify, info, &in.evidence);
	if (status == KG_OK)
		status = add_own_checks(&in);
	if (status == KG_OK)
		status = add_others_checks(verify);
	if (status == KG_OK)
		status = structure_checks(verify, info, &in.evidence);
	if (status != KG_OK)
		return status;
	verify->report.subject_count = in.subject_count;
	sum_up(verify);
	verify->report.better = find_better(verify, false);
	*out = verify->report;
	return KG_OK;
}

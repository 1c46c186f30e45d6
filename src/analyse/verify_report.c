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

/* ---- evidence -------------------------------------------------------------------------------- */

static bool say_gaps(struct kg_verify *verify, const struct kg_info *info, uint64_t gap_count,
		     const char **out)
{
	struct words words = { .verify = verify };
	words_add(&words, "the tracer lost events (");
	words_add_count(&words, gap_count, "gap");
	if (verify->first_gap_line != 0)
		words_add(&words, ", the first before line %" PRIu64, verify->first_gap_line);
	if (info->lost_events_known)
		words_add(&words, ", %" PRIu64 " events", info->lost_events);
	words_add(&words, "): what is missing may have been there");
	return words_finish(&words, out);
}

static bool say_late(struct kg_verify *verify, const char **out)
{
	struct words words = { .verify = verify };
	words_add(&words, "the trace begins in the middle: ");
	words_add_count(&words, verify->orphans.early_relevant, "relevant call");
	words_add(&words, " had already started");
	return words_finish(&words, out);
}

static bool say_early(struct kg_verify *verify, const char **out)
{
	struct words words = { .verify = verify };
	const struct path *path = &verify->path;
	if (verify->orphans.late_relevant > 0) {
		words_add(&words, "the trace ends with ");
		words_add_count(&words, verify->orphans.late_relevant, "relevant call");
		words_add(&words, " still open");
	} else if (path->match != NULL && !path->has_subject) {
		words_add(&words, "there is no call of ");
		words_add_names(&words, verify->spec->first);
	} else {
		words_add(&words, "the trace ends before the path does");
	}
	return words_finish(&words, out);
}

/* Whether the trace stops before all is done that the specification speaks of. */
static bool stops_early(const struct kg_verify *verify, const struct kg_info *info)
{
	const struct path *path = &verify->path;
	/* whatever may come behind the end of the path is not of it */
	if (path_is_complete(verify))
		return false;
	if (verify->orphans.late_relevant > 0 ||
	    info->diags.entries[KG_DIAG_TRUNCATED_LINE].count > 0)
		return true;
	/* a path that was left is no path that was cut off */
	return path->match != NULL && !path->match->is_dead;
}

/* Whether all calls are of the subject; without one: of one task. */
static bool has_one_task(const struct kg_verify *verify)
{
	const struct path *path = &verify->path;
	if (!path->has_subject)
		return verify->owners.count <= 1;
	for (size_t i = 0; i < verify->owners.count; i++) {
		if (verify->owners.at[i].task_id != path->subject)
			return false;
	}
	return true;
}

static enum kg_status weigh_evidence(struct kg_verify *verify, const struct kg_info *info,
				     struct evidence *out)
{
	const uint64_t gap_count =
		info->lost_gaps > verify->gap_count ? info->lost_gaps : verify->gap_count;
	*out = (struct evidence){
		.has_gaps = gap_count > 0,
		.starts_late = verify->orphans.early_relevant > 0,
		.ends_early = stops_early(verify, info),
		.has_one_task = has_one_task(verify),
	};
	bool is_said = say_gaps(verify, info, gap_count, &out->why_gaps);
	is_said &= say_late(verify, &out->why_late);
	is_said &= say_early(verify, &out->why_early);
	return is_said ? KG_OK : KG_NOMEM;
}

/* ---- the path -------------------------------------------------------------------------------- */

static void start_phase(const struct kg_verify *verify, uint32_t index, struct kg_check *out)
{
	const struct spec_phase *phase = &verify->spec->main.phases.at[index];
	*out = (struct kg_check){ .id = phase->id, .title = phase->title, .why = phase->why };
}

/* A phase that the path went through, or past. */
static enum kg_status passed_phase(struct kg_verify *verify, uint32_t index, struct kg_check *check)
{
	const struct phase_state *state = &verify->path.phases[index];
	struct words found = { .verify = verify };
	if (state->count == 0) {
		check->verdict = KG_VERDICT_SKIPPED;
		check->why = "this step may be left out, and was";
		return KG_OK;
	}
	check->verdict = KG_VERDICT_PASS;
	check->places[check->place_count++] = state->first;
	words_add_count(&found, state->count, "call");
	words_add(&found, state->count == 1 ? ", line %" PRIu64 : ", the first on line %" PRIu64,
		  state->first.line_no);
	return words_finish(&found, &check->found) ? KG_OK : KG_NOMEM;
}

/* The phase in which the path was left. */
static enum kg_status failed_phase(struct kg_verify *verify, struct kg_check *check)
{
	const struct departure *departure = &verify->path.match->departure;
	struct words expected = { .verify = verify };
	struct words found = { .verify = verify };
	check->verdict = KG_VERDICT_FAIL;
	if (departure->enclosing_count > 0)
		words_add_expected(&expected, departure);
	else
		words_add_next_steps(&expected);
	words_add_found(&found, departure);
	check->places[check->place_count++] = departure->place;
	bool is_said = words_finish(&expected, &check->expected);
	is_said &= words_finish(&found, &check->found);
	return is_said ? KG_OK : KG_NOMEM;
}

/* The phase that the end of the trace cuts off. */
static enum kg_status unfinished_phase(struct kg_verify *verify, struct kg_check *check)
{
	const struct path *path = &verify->path;
	struct words expected = { .verify = verify };
	struct words found = { .verify = verify };
	check->verdict = KG_VERDICT_INCONCLUSIVE;
	if (!path->has_subject) {
		words_add(&expected, "a call of ");
		words_add_names(&expected, verify->spec->first);
		words_add(&found, "none");
	} else if (path->match->is_cut) {
		words_add_expected(&expected, &path->match->departure);
		words_add(&found, "the end of the trace");
		check->places[check->place_count++] = path->match->departure.place;
	} else {
		words_add_next_steps(&expected);
		words_add(&found, "the end of the trace");
	}
	bool is_said = words_finish(&expected, &check->expected);
	is_said &= words_finish(&found, &check->found);
	return is_said ? KG_OK : KG_NOMEM;
}

/* The phase in which the path stands; the number of phases if it is at its end. */
static uint32_t current_phase(const struct kg_verify *verify)
{
	const struct path *path = &verify->path;
	if (path->match->is_dead)
		return path->failed_phase;
	return path->match->is_cut ? path->cut_phase : path_position(verify);
}

/* Lost events take away what was found for and against the path alike. */
static void doubt_phase(struct kg_check *check, const struct evidence *evidence)
{
	if (check->verdict == KG_VERDICT_SKIPPED)
		return;
	const char *doubt = NULL;
	if (evidence->has_gaps)
		doubt = evidence->why_gaps;
	else if (evidence->starts_late && check->verdict != KG_VERDICT_PASS)
		doubt = evidence->why_late;
	else if (evidence->ends_early && check->verdict == KG_VERDICT_INCONCLUSIVE)
		doubt = evidence->why_early;
	if (doubt == NULL)
		return;
	check->verdict = KG_VERDICT_INCONCLUSIVE;
	check->why = doubt;
}

static enum kg_status phase_check(struct kg_verify *verify, uint32_t index,
				  const struct evidence *evidence, struct kg_check *out)
{
	const uint32_t current = current_phase(verify);
	enum kg_status status = KG_OK;
	start_phase(verify, index, out);
	if (index < current) {
		status = passed_phase(verify, index, out);
	} else if (index > current) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = verify->path.match->is_dead ? "not reached: the path was left before"
						       : "not reached: the trace ends before";
	} else if (verify->path.match->is_dead) {
		status = failed_phase(verify, out);
	} else {
		status = unfinished_phase(verify, out);
	}
	doubt_phase(out, evidence);
	return status;
}

/* ---- structure ------------------------------------------------------------------------------- */

static void losses_check(const struct evidence *evidence, struct kg_check *out)
{
	*out = (struct kg_check){ .id = "structure:no-losses",
				  .title = "the tracer lost no events",
				  .verdict = KG_VERDICT_PASS };
	if (evidence->has_gaps) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = evidence->why_gaps;
	}
}

static void add_edges(struct words *words, const struct orphans *orphans)
{
	if (orphans->early > 0) {
		words_add_count(words, orphans->early, "call");
		words_add(words, " already open when the trace begins");
	}
	if (orphans->late > 0) {
		words_add(words, "%s", orphans->early > 0 ? ", " : "");
		words_add_count(words, orphans->late, "call");
		words_add(words, " still open when it ends");
	}
	if (orphans->split > 0) {
		words_add(words, "%s", orphans->early + orphans->late > 0 ? ", " : "");
		words_add_count(words, orphans->split, "call");
		words_add(words, " split by an interrupt");
	}
}

static enum kg_status orphans_check(struct kg_verify *verify, const struct kg_info *info,
				    const struct evidence *evidence, struct kg_check *out)
{
	const struct orphans *orphans = &verify->orphans;
	const uint64_t misnamed = info->diags.entries[KG_DIAG_NAME_MISMATCH].count;
	struct words found = { .verify = verify };
	*out = (struct kg_check){ .id = "structure:no-orphans",
				  .title = "every call has its start and its end",
				  .verdict = KG_VERDICT_PASS };
	add_edges(&found, orphans);
	if (orphans->torn > 0 || misnamed > 0) {
		words_add(&found, "%s",
			  orphans->early + orphans->late + orphans->split > 0 ? "; " : "");
		words_add_count(&found, orphans->torn, "call");
		words_add(&found, " in the middle without a start or an end");
		if (misnamed > 0)
			words_add(&found, ", %" PRIu64 " ended under another name", misnamed);
		out->verdict = KG_VERDICT_FAIL;
		out->why = "lines of the trace are missing, or belong to another task";
		for (uint64_t i = 0; i < orphans->torn && i < KG_CHECK_PLACES; i++)
			out->places[out->place_count++] = orphans->torn_places[i];
	} else if (orphans->early_relevant + orphans->late_relevant > 0) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = evidence->starts_late ? evidence->why_late : evidence->why_early;
		out->places[out->place_count++] = orphans->relevant;
	}
	if (evidence->has_gaps && out->verdict == KG_VERDICT_FAIL) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = evidence->why_gaps;
	}
	return words_finish(&found, &out->found) ? KG_OK : KG_NOMEM;
}

/* A check of an imperfection that the reader or the builder has counted. */
struct diag_form {
	const char *id;
	const char *title;
	const char *why;
	enum kg_diag_kind kinds[2];
	size_t kind_count;
	bool survives_gaps; /* lost events are no excuse */
};

static const struct diag_form diag_forms[] = {
	{ "structure:marks",
	  "every duration mark fits its duration",
	  "a mark and its duration were not written by the same kernel",
	  { KG_DIAG_MARK_MISMATCH },
	  1,
	  true },
	{ "structure:children",
	  "no callees take longer than their caller",
	  "calls are nested that cannot have been, or durations were changed",
	  { KG_DIAG_CHILDREN_EXCEED },
	  1,
	  false },
	{ "structure:switches",
	  "every context switch leaves the task that was running",
	  "a context switch is missing: calls may belong to another task",
	  { KG_DIAG_BANNER_MISMATCH, KG_DIAG_TASK_MISMATCH },
	  2,
	  false },
};

static enum kg_status diag_check(struct kg_verify *verify, const struct kg_info *info,
				 const struct diag_form *form, const struct evidence *evidence,
				 struct kg_check *out)
{
	struct words found = { .verify = verify };
	uint64_t count = 0;
	*out = (struct kg_check){ .id = form->id,
				  .title = form->title,
				  .verdict = KG_VERDICT_PASS };
	for (size_t i = 0; i < form->kind_count; i++) {
		const struct kg_diag_entry *entry = &info->diags.entries[form->kinds[i]];
		count += entry->count;
		if (entry->first_line != 0)
			out->places[out->place_count++] =
				(struct kg_place){ .line_no = entry->first_line,
						   .task_id = KG_NO_TASK,
						   .func_id = KG_NO_FUNC,
						   .cpu = KG_NO_CPU };
	}
	if (count == 0)
		return KG_OK;
	words_add(&found, "%" PRIu64 " that %s not", count, count == 1 ? "does" : "do");
	if (out->place_count > 0)
		words_add(&found, ", the first on line %" PRIu64, out->places[0].line_no);
	out->verdict = KG_VERDICT_FAIL;
	out->why = form->why;
	if (evidence->has_gaps && !form->survives_gaps) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = evidence->why_gaps;
	}
	return words_finish(&found, &out->found) ? KG_OK : KG_NOMEM;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum kg_status add_structure(struct kg_verify *verify, const struct kg_info *info,
				    const struct evidence *evidence)
{
	struct kg_check check;
	losses_check(evidence, &check);
	if (!column_push(&verify->checks, check))
		return KG_NOMEM;
	enum kg_status status = orphans_check(verify, info, evidence, &check);
	if (status != KG_OK || !column_push(&verify->checks, check))
		return KG_NOMEM;
	for (size_t i = 0; i < sizeof(diag_forms) / sizeof(diag_forms[0]); i++) {
		status = diag_check(verify, info, &diag_forms[i], evidence, &check);
		if (status != KG_OK || !column_push(&verify->checks, check))
			return KG_NOMEM;
	}
	return KG_OK;
}

static enum kg_status add_phases(struct kg_verify *verify, const struct evidence *evidence)
{
	for (size_t i = 0; verify->path.match != NULL && i < verify->spec->main.phases.count; i++) {
		struct kg_check check;
		enum kg_status status = phase_check(verify, (uint32_t)i, evidence, &check);
		if (status != KG_OK || !column_push(&verify->checks, check))
			return KG_NOMEM;
	}
	return KG_OK;
}

static enum kg_status add_rules(struct kg_verify *verify, const struct evidence *evidence)
{
	for (size_t i = 0; i < verify->spec->rules.count; i++) {
		struct kg_check check;
		if (verify->spec->rules.at[i].kind == RULE_CHOICE)
			continue;
		enum kg_status status = rule_check(verify, (uint32_t)i, evidence, &check);
		if (status != KG_OK || !column_push(&verify->checks, check))
			return KG_NOMEM;
	}
	return KG_OK;
}

static void sum_up(struct kg_verify *verify)
{
	struct kg_verify_report *report = &verify->report;
	bool has_failed = false;
	bool has_doubt = false;
	for (size_t i = 0; i < verify->checks.count; i++) {
		const struct kg_check *check = &verify->checks.at[i];
		report->counts[check->verdict]++;
		if (check->is_warning)
			continue;
		has_failed |= check->verdict == KG_VERDICT_FAIL;
		has_doubt |= check->verdict == KG_VERDICT_INCONCLUSIVE;
	}
	report->checks = verify->checks.at;
	report->check_count = verify->checks.count;
	report->verdict = has_failed  ? KG_VERDICT_FAIL
			  : has_doubt ? KG_VERDICT_INCONCLUSIVE
				      : KG_VERDICT_PASS;
}

enum kg_status kg_verify_report(struct kg_verify *verify, const struct kg_info *info,
				struct kg_verify_report *out)
{
	struct evidence evidence;
	if (verify->is_reported) {
		*out = verify->report;
		return KG_OK;
	}
	verify->checks.count = 0;
	enum kg_status status = weigh_evidence(verify, info, &evidence);
	if (status == KG_OK)
		status = add_phases(verify, &evidence);
	if (status == KG_OK)
		status = add_rules(verify, &evidence);
	if (status == KG_OK)
		status = add_structure(verify, info, &evidence);
	if (status != KG_OK)
		return status;
	sum_up(verify);
	verify->is_reported = true;
	*out = verify->report;
	return KG_OK;
}

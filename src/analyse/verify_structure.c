/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what is to be said of a trace whatever the specification. */
#include <inttypes.h>

#include "analyse/verify.h"
#include "base/banned.h"

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

/* How many of them are none: an interrupt made them look like that. */
static uint64_t explained_count(const struct kg_verify *verify, const struct diag_form *form)
{
	return form->kinds[0] == KG_DIAG_CHILDREN_EXCEED ? verify->explained_count : 0;
}

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
	const uint64_t explained = explained_count(verify, form);
	if (explained > 0) {
		words_add_count(&found, explained, "call");
		words_add(&found, " recorded late, behind an interrupt");
	}
	if (count == explained) {
		out->place_count = 0;
		return words_finish(&found, &out->found) ? KG_OK : KG_NOMEM;
	}
	words_add(&found, "%s%" PRIu64 " that %s not", explained > 0 ? "; " : "", count - explained,
		  count - explained == 1 ? "does" : "do");
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

enum kg_status structure_checks(struct kg_verify *verify, const struct kg_info *info,
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

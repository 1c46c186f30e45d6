/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how verdicts read where there are only tests that pass, fail or are skipped. */
#include "render/verify_outcome.h"

#include "render/text.h"
#include "base/banned.h"

enum verify_outcome verify_outcome(const struct verify_tally *tally, const struct kg_check *check)
{
	switch (check->verdict) {
	case KG_VERDICT_PASS:
		return OUTCOME_PASS;
	case KG_VERDICT_FAIL:
		return check->is_warning ? OUTCOME_WARN : OUTCOME_FAIL;
	case KG_VERDICT_INCONCLUSIVE:
		return check->is_warning ? OUTCOME_SKIP : OUTCOME_ERROR;
	case KG_VERDICT_NOT_TRACEABLE:
		return tally->untraceable_decides && !check->is_warning ? OUTCOME_ERROR
									: OUTCOME_SKIP;
	case KG_VERDICT_SKIPPED:
	case KG_VERDICT_COUNT:
		break;
	}
	return OUTCOME_SKIP;
}

enum verify_outcome verify_more_outcome(const struct kg_verify_report *report)
{
	return report->verdict == KG_VERDICT_FAIL ? OUTCOME_FAIL : OUTCOME_ERROR;
}

static bool has_undecided(const struct kg_verify_report *report)
{
	for (size_t i = 0; i < report->check_count; i++) {
		const struct kg_check *check = &report->checks[i];
		if (check->verdict == KG_VERDICT_INCONCLUSIVE && !check->is_warning)
			return true;
	}
	return false;
}

struct verify_tally verify_tally(const struct kg_verify_report *report)
{
	struct verify_tally tally = { .report = report, .test_count = report->check_count };
	tally.untraceable_decides =
		report->verdict == KG_VERDICT_INCONCLUSIVE && !has_undecided(report);
	for (size_t i = 0; i < report->check_count; i++)
		tally.counts[verify_outcome(&tally, &report->checks[i])]++;
	tally.has_more = report->verdict != KG_VERDICT_PASS &&
			 tally.counts[OUTCOME_FAIL] + tally.counts[OUTCOME_ERROR] == 0;
	if (tally.has_more) {
		tally.test_count++;
		tally.counts[verify_more_outcome(report)]++;
	}
	return tally;
}

const char *verify_introduction(const struct kg_check *check)
{
	switch (check->verdict) {
	case KG_VERDICT_FAIL:
		return check->is_warning ? "warning only: " : "";
	case KG_VERDICT_INCONCLUSIVE:
		return "inconclusive: ";
	case KG_VERDICT_NOT_TRACEABLE:
		return "not traceable: ";
	case KG_VERDICT_PASS:
	case KG_VERDICT_SKIPPED:
	case KG_VERDICT_COUNT:
		break;
	}
	return "";
}

const char *verify_reason(const struct kg_check *check)
{
	const bool was_judged = check->verdict == KG_VERDICT_FAIL;
	const char *first = was_judged ? check->found : check->why;
	const char *second = was_judged ? check->why : check->found;
	if (first != NULL)
		return first;
	return second != NULL ? second : check->title;
}

/* ---- a check in full ------------------------------------------------------------------------- */

static void put_said(struct text *text, const char *before_line, const char *subject,
		     const char *words)
{
	if (words == NULL || words[0] == '\0')
		return;
	text_put(text, before_line);
	text_put(text, subject);
	text_put(text, ": ");
	text_put_name(text, words);
	text_end_line(text);
}

static void put_place(struct text *text, const struct kg_info *info, const char *before_line,
		      const struct kg_place *place)
{
	text_put(text, before_line);
	text_put_place(text, info, "where: ", place);
	text_end_line(text);
}

void verify_put_details(struct kg_out *out, const struct kg_info *info,
			const struct kg_check *check, const char *before_line)
{
	struct text text = text_start(out, NULL);
	put_said(&text, before_line, "title", check->title);
	put_said(&text, before_line, "expected", check->expected);
	put_said(&text, before_line, "found", check->found);
	for (uint32_t i = 0; i < check->place_count; i++)
		put_place(&text, info, before_line, &check->places[i]);
	put_said(&text, before_line, "why", check->why);
}

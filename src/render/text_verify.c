/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a verdict is told to a person: first what it is, then what it rests on. */
#include <string.h>

#include "base/assert.h"
#include "render/table.h"
#include "base/banned.h"

#define PHASE_PREFIX "phase:"
/* Where what is said of a check begins. */
#define SUBJECT_WIDTH 12

static const char *verdict_word(enum kg_verdict verdict)
{
	/* a failure shows without colour too */
	return verdict == KG_VERDICT_FAIL ? "FAIL" : kg_verdict_name(verdict);
}

static enum text_style verdict_style(enum kg_verdict verdict)
{
	switch (verdict) {
	case KG_VERDICT_PASS:
		return TEXT_GREEN;
	case KG_VERDICT_FAIL:
		return TEXT_RED;
	case KG_VERDICT_INCONCLUSIVE:
		return TEXT_YELLOW;
	case KG_VERDICT_NOT_TRACEABLE:
	case KG_VERDICT_SKIPPED:
	case KG_VERDICT_COUNT:
		break;
	}
	return TEXT_DIM;
}

static bool is_phase(const struct kg_check *check)
{
	return strncmp(check->id, PHASE_PREFIX, strlen(PHASE_PREFIX)) == 0;
}

static const char *short_id(const struct kg_check *check)
{
	return check->id + (is_phase(check) ? strlen(PHASE_PREFIX) : 0);
}

/* What a check states, unless its id has said that already. */
static const char *title_beside_id(const struct kg_check *check)
{
	return strcmp(check->title, short_id(check)) != 0 ? check->title : "";
}

static uint64_t first_line_of(const struct kg_check *check)
{
	return check->place_count > 0 ? check->places[0].line_no : 0;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static void put_spec(struct text *text, const struct kg_spec *spec)
{
	const char *version = kg_spec_version(spec);
	text_put_name(text, kg_spec_name(spec));
	text_put(text, version[0] != '\0' ? " " : "");
	text_put_name(text, version);
	text_put(text, " (");
	text_put_name(text, kg_spec_source(spec));
	text_put(text, ")");
}

static void put_verdict(struct text *text, const struct kg_info *info, const struct kg_spec *spec,
			enum kg_verdict verdict)
{
	static const struct {
		const char *word;
		const char *meaning;
	} said[KG_VERDICT_COUNT] = {
		[KG_VERDICT_PASS] = { "PASS", " follows " },
		[KG_VERDICT_FAIL] = { "FAIL", " does not follow " },
		[KG_VERDICT_INCONCLUSIVE] = { "INCONCLUSIVE", " may or may not follow " },
	};
	KG_ASSERT(verdict <= KG_VERDICT_INCONCLUSIVE);
	text_put_styled(text, verdict_style(verdict), said[verdict].word);
	text_put(text, ": ");
	text_put_name(text, info->file);
	text_put(text, said[verdict].meaning);
	put_spec(text, spec);
	text_end_line(text);
}

static void put_counts(struct text *text, const struct kg_verify_report *report)
{
	text_put_count(text, report->check_count, "check");
	const char *before = ": ";
	for (int i = 0; i < KG_VERDICT_COUNT; i++) {
		if (report->counts[i] == 0)
			continue;
		text_put(text, before);
		text_put_number(text, report->counts[i]);
		text_put(text, " ");
		text_put_styled(text, verdict_style((enum kg_verdict)i),
				kg_verdict_name((enum kg_verdict)i));
		before = ", ";
	}
	text_end_line(text);
}

/* ---- checks, one line each ------------------------------------------------------------------- */

static void put_check_row(struct table *table, const struct kg_check *check)
{
	table_styled(table, verdict_style(check->verdict), verdict_word(check->verdict));
	table_name(table, short_id(check));
	table_number_or_empty(table, first_line_of(check));
	table_name(table, title_beside_id(check));
	table_end_row(table);
}

static void list_checks(struct text *text, const struct kg_verify_report *report, bool phases)
{
	static const struct table_column columns[] = {
		{ "verdict", TABLE_LEFT, TEXT_PLAIN },
		{ "check", TABLE_LEFT, TEXT_PLAIN },
		{ "line", TABLE_RIGHT, TEXT_DIM },
		{ "", TABLE_LEFT, TEXT_PLAIN },
	};
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < report->check_count; i++) {
			const struct kg_check *check = &report->checks[i];
			if (is_phase(check) == phases)
				put_check_row(&table, check);
		}
	}
}

static bool has_checks(const struct kg_verify_report *report, bool phases)
{
	for (size_t i = 0; i < report->check_count; i++) {
		if (is_phase(&report->checks[i]) == phases)
			return true;
	}
	return false;
}

/* ---- checks in full -------------------------------------------------------------------------- */

static void put_said(struct text *text, const char *subject, const char *words)
{
	if (words == NULL || words[0] == '\0')
		return;
	text_put_blanks(text, 2);
	text_put_styled(text, TEXT_DIM, subject);
	text_put_blanks_to(text, SUBJECT_WIDTH);
	text_put_prose(text, words, SUBJECT_WIDTH);
	text_end_line(text);
}

static void put_place(struct text *text, const struct kg_info *info, const struct kg_place *place)
{
	text_put_blanks_to(text, SUBJECT_WIDTH);
	text_put_place(text, info, "", place);
	text_end_line(text);
}

static void put_check(struct text *text, const struct kg_info *info, const struct kg_check *check)
{
	text_end_line(text);
	text_put_styled(text, verdict_style(check->verdict), verdict_word(check->verdict));
	text_put(text, check->is_warning ? " (warning only) " : " ");
	text_set_style(text, TEXT_BOLD);
	text_put_name(text, check->id);
	text_set_style(text, TEXT_PLAIN);
	const char *title = title_beside_id(check);
	text_put(text, title[0] != '\0' ? ": " : "");
	text_put_prose(text, title, SUBJECT_WIDTH);
	text_end_line(text);
	put_said(text, "expected", check->expected);
	put_said(text, "found", check->found);
	for (uint32_t i = 0; i < check->place_count; i++) {
		text_put_blanks(text, 2);
		text_put_styled(text, TEXT_DIM, i == 0 ? "where" : "");
		put_place(text, info, &check->places[i]);
	}
	put_said(text, "why", check->why);
}

/* ---- checks that could not be decided -------------------------------------------------------- */

static bool is_undecided_for(const struct kg_check *check, const char *why)
{
	if (check->verdict != KG_VERDICT_INCONCLUSIVE)
		return false;
	if (check->why == NULL || why == NULL)
		return check->why == why;
	return strcmp(check->why, why) == 0;
}

static size_t count_undecided_for(const struct kg_check *checks, size_t count, const char *why)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		found += is_undecided_for(&checks[i], why);
	return found;
}

/* One cause can leave most of a specification open: it is told once, with what it leaves open. */
static void put_undecided_for(struct text *text, const struct kg_verify_report *report,
			      const char *why, size_t count)
{
	static const struct table_column columns[] = {
		{ "check", TABLE_LEFT, TEXT_PLAIN },
		{ "line", TABLE_RIGHT, TEXT_DIM },
		{ "found", TABLE_LEFT, TEXT_PLAIN },
	};
	text_end_line(text);
	text_put_number(text, count);
	text_put(text, " ");
	text_put_styled(text, TEXT_YELLOW, kg_verdict_name(KG_VERDICT_INCONCLUSIVE));
	text_put(text, ": ");
	text_put_prose(text, why, 2);
	text_end_line(text);
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < report->check_count; i++) {
			const struct kg_check *check = &report->checks[i];
			if (!is_undecided_for(check, why))
				continue;
			table_name(&table, check->id);
			table_number_or_empty(&table, first_line_of(check));
			table_name(&table, check->found != NULL ? check->found : "");
			table_end_row(&table);
		}
	}
}

static void put_undecided(struct text *text, const struct kg_info *info,
			  const struct kg_verify_report *report)
{
	for (size_t i = 0; i < report->check_count; i++) {
		const struct kg_check *check = &report->checks[i];
		const char *why = check->why;
		if (check->verdict != KG_VERDICT_INCONCLUSIVE)
			continue;
		size_t count = count_undecided_for(report->checks, report->check_count, why);
		if (count == 1 || why == NULL || text->is_verbose)
			put_check(text, info, check);
		else if (count_undecided_for(report->checks, i, why) == 0)
			put_undecided_for(text, report, why, count);
	}
}

enum kg_status kg_render_verify_text(struct kg_out *out, const struct kg_info *info,
				     const struct kg_spec *spec,
				     const struct kg_verify_report *report,
				     const struct kg_text_opts *opts)
{
	struct text text = text_start(out, opts);
	put_verdict(&text, info, spec, report->verdict);
	put_counts(&text, report);
	if (has_checks(report, true)) {
		text_put_heading(&text, "Phases");
		list_checks(&text, report, true);
	}
	for (size_t i = 0; i < report->check_count; i++) {
		if (report->checks[i].verdict == KG_VERDICT_FAIL)
			put_check(&text, info, &report->checks[i]);
	}
	put_undecided(&text, info, report);
	if (text.is_verbose && has_checks(report, false)) {
		text_put_heading(&text, "Rules");
		list_checks(&text, report, false);
	}
	return KG_OK;
}

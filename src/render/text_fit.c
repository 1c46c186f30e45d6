/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a person is told which kernels a trace fits. */
#include <string.h>

#include "render/fit.h"
#include "render/table.h"
#include "base/banned.h"

/* Columns for the names of what a build cannot show; but so many are named in any case. */
#define NAMES_WIDTH 56
#define NAMES_MIN 3

static void put_of_builds(struct text *text, const struct kg_fit_report *fit)
{
	text_put(text, " of ");
	text_put_count(text, fit->build_count, "known build");
}

static void put_all(struct text *text, const struct kg_fit_report *fit)
{
	text_put(text, fit->builds[fit->first_closest].build->series);
	if (fit->series == NULL) {
		text_put(text, " to ");
		text_put(text, fit->builds[fit->last_closest].build->series);
	}
	text_put(text, ": ");
	text_put_number(text, fit->closest_count);
	put_of_builds(text, fit);
	text_put(text, fit->closest_count == 1 ? " has all " : " have all ");
}

static void put_between(struct text *text, const struct kg_fit_report *fit)
{
	const struct kg_build *newer = fit->newer_than;
	const struct kg_build *older = fit->older_than;
	if (newer != NULL && older != NULL) {
		if (fit->series != NULL) {
			text_put(text, fit->series);
			text_put(text, ", the one mainline release ");
		}
		text_put(text, "between ");
		text_put(text, newer->series);
		text_put(text, " and ");
		text_put(text, older->series);
		text_put(text, ": none");
	} else if (newer != NULL || older != NULL) {
		text_put(text, newer != NULL ? "newer than " : "older than ");
		text_put(text, newer != NULL ? newer->series : older->series);
		text_put(text, ": none");
	} else {
		text_put(text, "none");
	}
	put_of_builds(text, fit);
	text_put(text, " has all ");
}

void text_put_fit(struct text *text, const struct kg_fit_report *fit)
{
	switch (fit->kind) {
	case KG_FIT_UNKNOWN:
		text_put(text, "unknown, by no more than ");
		break;
	case KG_FIT_ALL:
		put_all(text, fit);
		break;
	case KG_FIT_BETWEEN:
		put_between(text, fit);
		break;
	case KG_FIT_MIXED:
		text_put(text, "no kernel whose changes came in order, by ");
		break;
	}
	text_put_count(text, fit->name_count, "function");
	text_put(text, " of KVM");
}

/* As many names as fit. */
static void put_missing(struct text *text, const struct kg_build_fit *build)
{
	size_t width = 0;
	size_t shown = 0;
	while (shown < build->missing_count) {
		const char *name = build->missing[shown];
		width += strlen(name) + 2;
		if (shown >= NAMES_MIN && width > NAMES_WIDTH)
			break;
		text_put(text, shown > 0 ? ", " : "");
		text_put_name(text, name);
		shown++;
	}
	if (shown == build->missing_count)
		return;
	text_put(text, " and ");
	text_put_number(text, build->missing_count - shown);
	text_put(text, " more");
}

static void put_row(struct table *table, const struct kg_build_fit *row)
{
	const enum text_style style = row->is_closest ? TEXT_GREEN : TEXT_PLAIN;
	table_styled(table, style, row->build->release);
	table_words(table, row->build->distribution);
	table_number(table, row->missing_count);
	table_begin_cell(table);
	put_missing(table->text, row);
	table_end_cell(table);
	table_end_row(table);
}

void text_put_fit_table(struct text *text, const struct kg_fit_report *fit)
{
	static const struct table_column columns[] = {
		{ "build", TABLE_LEFT, TEXT_PLAIN },
		{ "of", TABLE_LEFT, TEXT_PLAIN },
		{ "lacks", TABLE_RIGHT, TEXT_PLAIN },
		{ "of the trace's functions", TABLE_LEFT, TEXT_PLAIN },
	};
	if (fit->kind == KG_FIT_UNKNOWN)
		return;
	text_put_heading(text, text->is_verbose ? "Known builds" : "Closest builds");
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < fit->build_count; i++) {
			if (text->is_verbose || fit_is_near(fit, i))
				put_row(&table, &fit->builds[i]);
		}
	}
}

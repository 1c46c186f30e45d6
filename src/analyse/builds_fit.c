/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which kernels the functions of a trace speak for. */
#include <string.h>

#include "analyse/builds.h"
#include "analyse/series.h"
#include "base/arena.h"
#include "base/memory.h"
#include "base/banned.h"

struct kg_fit {
	struct kg_fit_report report;
	const struct build_table *table;
	bool *is_called; /* by row of the table */
	struct arena memory;
	char series[SERIES_TEXT_MAX];
};

/* KVM may be built in, and a trace may hide modules: no module is as good as one of KVM's. */
static bool may_be_kvm(const struct kg_func *func)
{
	return func->module[0] == '\0' || strncmp(func->module, "kvm", 3) == 0;
}

static void mark_called(struct kg_fit *fit, const struct kg_funcs *funcs, const uint64_t *calls)
{
	for (kg_func_id id = 0; id < kg_funcs_count(funcs); id++) {
		const struct kg_func *func = kg_funcs_get(funcs, id);
		if ((calls != NULL && calls[id] == 0) || !may_be_kvm(func))
			continue;
		const struct span base = { (const unsigned char *)func->base, strlen(func->base) };
		const struct build_row *row = build_table_find(fit->table, base);
		if (row == NULL || fit->is_called[row - fit->table->rows])
			continue;
		fit->is_called[row - fit->table->rows] = true;
		fit->report.name_count++;
	}
}

static bool fill_build(struct kg_fit *fit, size_t build, struct kg_build_fit *out)
{
	const char **missing =
		arena_alloc(&fit->memory, (fit->report.name_count + 1) * sizeof(*missing));
	if (missing == NULL)
		return false;
	out->build = &fit->table->builds[build];
	out->missing = missing;
	for (size_t i = 0; i < fit->table->row_count; i++) {
		const struct build_row *row = &fit->table->rows[i];
		if (fit->is_called[i] && !build_row_shows(row, build))
			missing[out->missing_count++] = row->name;
	}
	return true;
}

static void mark_closest(struct kg_fit_report *report, struct kg_build_fit *builds)
{
	size_t fewest = SIZE_MAX;
	for (size_t i = 0; i < report->build_count; i++) {
		if (builds[i].missing_count < fewest)
			fewest = builds[i].missing_count;
	}
	for (size_t i = 0; i < report->build_count; i++) {
		builds[i].is_closest = builds[i].missing_count == fewest;
		if (!builds[i].is_closest)
			continue;
		if (report->closest_count++ == 0)
			report->first_closest = i;
		report->last_closest = i;
	}
}

static bool fill_builds(struct kg_fit *fit)
{
	const size_t count = fit->table->build_count;
	struct kg_build_fit *builds = arena_alloc(&fit->memory, (count + 1) * sizeof(*builds));
	if (builds == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!fill_build(fit, i, &builds[i]))
			return false;
	}
	fit->report.builds = builds;
	fit->report.build_count = count;
	if (fit->report.name_count >= KG_FIT_NAMES_MIN)
		mark_closest(&fit->report, builds);
	return true;
}

/*
 * A function lives from the first build that shows it to the last: a build in between that does not
 * has inlined it. The kernel is younger than the last birth and older than the first death. Returns
 * whether there can be such a kernel.
 */
static bool find_bounds(struct kg_fit *fit)
{
	const size_t count = fit->table->build_count;
	size_t born = 0;
	size_t dead = count;
	for (size_t i = 0; i < fit->table->row_count; i++) {
		const struct build_row *row = &fit->table->rows[i];
		size_t first = 0;
		size_t end = count;
		while (first < count && !build_row_shows(row, first))
			first++;
		/* one that no build shows says nothing about their order */
		if (!fit->is_called[i] || first == count)
			continue;
		while (!build_row_shows(row, end - 1))
			end--;
		born = first > born ? first : born;
		dead = end < dead ? end : dead;
	}
	fit->report.newer_than = born > 0 ? &fit->table->builds[born - 1] : NULL;
	fit->report.older_than = dead < count ? &fit->table->builds[dead] : NULL;
	return born <= dead;
}

/* The series that the trace fits, if it is one. */
static const char *find_series(struct kg_fit *fit)
{
	const struct kg_fit_report *report = &fit->report;
	const struct kg_build *newer = report->newer_than;
	const struct kg_build *older = report->older_than;
	if (report->kind == KG_FIT_ALL) {
		const char *first = report->builds[report->first_closest].build->series;
		const char *last = report->builds[report->last_closest].build->series;
		return strcmp(first, last) == 0 ? first : NULL;
	}
	if (report->kind != KG_FIT_BETWEEN || newer == NULL || older == NULL)
		return NULL;
	return series_between(newer->series, older->series, fit->series) ? fit->series : NULL;
}

static void judge(struct kg_fit *fit)
{
	struct kg_fit_report *report = &fit->report;
	if (report->closest_count == 0)
		return;
	const bool is_possible = find_bounds(fit);
	if (report->builds[report->first_closest].missing_count == 0)
		report->kind = KG_FIT_ALL;
	else
		report->kind = is_possible ? KG_FIT_BETWEEN : KG_FIT_MIXED;
	if (!is_possible) {
		report->newer_than = NULL;
		report->older_than = NULL;
	}
	report->series = find_series(fit);
}

enum kg_status build_table_fit(const struct build_table *table, const struct kg_funcs *funcs,
			       const uint64_t *calls, struct kg_fit **out)
{
	struct kg_fit *fit = memory_zalloc(sizeof(*fit));
	if (fit == NULL)
		return KG_NOMEM;
	fit->table = table;
	fit->is_called = arena_alloc(&fit->memory, table->row_count + 1);
	if (fit->is_called == NULL)
		goto fail;
	mark_called(fit, funcs, calls);
	if (!fill_builds(fit))
		goto fail;
	judge(fit);
	*out = fit;
	return KG_OK;
fail:
	kg_fit_free(fit);
	return KG_NOMEM;
}

enum kg_status kg_builds_fit(const struct kg_funcs *funcs, const uint64_t *calls,
			     struct kg_fit **out)
{
	return build_table_fit(&build_table_kvm, funcs, calls, out);
}

const struct kg_fit_report *kg_fit_report(const struct kg_fit *fit)
{
	return &fit->report;
}

void kg_fit_free(struct kg_fit *fit)
{
	if (fit == NULL)
		return;
	arena_release(&fit->memory);
	memory_free(fit);
}

const char *kg_fit_kind_name(enum kg_fit_kind kind)
{
	static const char *const names[] = {
#define FIT_NAME(symbol, name) [symbol] = (name),
		KG_FIT_LIST(FIT_NAME)
#undef FIT_NAME
	};
	return names[kind];
}

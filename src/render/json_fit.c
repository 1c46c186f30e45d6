/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows "fit" of kvmgraph.info/1. */
#include "render/fit.h"
#include "render/json.h"
#include "base/banned.h"

static json_t *names_of(const struct kg_build_fit *fit)
{
	json_t *names = json_array();
	for (size_t i = 0; i < fit->missing_count; i++)
		list_add(&names, value_text(fit->missing[i]));
	return names;
}

static json_t *build_of(const struct kg_fit_report *fit, size_t index)
{
	const struct kg_build_fit *build = &fit->builds[index];
	json_t *row = json_object();
	row_add(&row, "release", value_text(build->build->release));
	row_add(&row, "distribution", value_text(build->build->distribution));
	row_add(&row, "series", value_text(build->build->series));
	row_add(&row, "closest", json_boolean(build->is_closest));
	row_add(&row, "missing", value_number(build->missing_count));
	/* the far ones lack half of what there is */
	row_add(&row, "names", fit_is_near(fit, index) ? names_of(build) : json_null());
	return row;
}

static json_t *release_of(const struct kg_build *build)
{
	return value_text(build != NULL ? build->release : NULL);
}

json_t *value_fit(const struct kg_fit_report *fit)
{
	if (fit == NULL || fit->kind == KG_FIT_UNKNOWN)
		return json_null();
	json_t *builds = json_array();
	for (size_t i = 0; i < fit->build_count; i++)
		list_add(&builds, build_of(fit, i));
	json_t *row = json_object();
	row_add(&row, "kind", value_text(kg_fit_kind_name(fit->kind)));
	row_add(&row, "functions", value_number(fit->name_count));
	row_add(&row, "newer_than", release_of(fit->newer_than));
	row_add(&row, "older_than", release_of(fit->older_than));
	row_add(&row, "series", value_text(fit->series));
	row_add(&row, "builds", builds);
	return row;
}

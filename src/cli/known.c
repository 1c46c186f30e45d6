/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what files beside a trace, and the functions in it, say for its verification. */
#include "cli/known.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "base/banned.h"

int known_open(struct known *known, const struct command *command, const char *path)
{
	struct kg_error err = { 0 };
	enum kg_status status = kg_beside_find(path, &known->beside, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(command->name, status, &err);
}

void known_close(struct known *known)
{
	kg_beside_free(known->beside);
	kg_fit_free(known->fit);
}

static const struct kg_run_report *run_of(const struct known *known)
{
	return known->beside != NULL ? known->beside->run : NULL;
}

static const struct kg_environment *environment_of(const struct known *known)
{
	return known->beside != NULL ? known->beside->environment : NULL;
}

/* ---- the VMM's report ------------------------------------------------------------------------ */

const char *known_spec(struct known *known)
{
	const struct kg_run_report *run = run_of(known);
	const char *name;
	if (run == NULL || run->scenario == NULL)
		return NULL;
	snprintf(known->spec_name, sizeof(known->spec_name), "kvm-%s", run->scenario);
	for (size_t i = 0; (name = kg_spec_builtin_name(i)) != NULL; i++) {
		if (strcmp(name, known->spec_name) == 0)
			return name;
	}
	return NULL;
}

/* KVM_RUNs of one VM: those that were interrupted are none of the steps. */
static uint64_t count_runs(const struct kg_run_report *run)
{
	uint64_t count = 0;
	for (size_t i = 0; i < run->step_count; i++) {
		const struct kg_run_step *step = &run->steps[i];
		if (step->vm == 0 && step->phase == KG_PHASE_RUN)
			count += 1 + step->interrupted;
	}
	return count;
}

/* Exits of one VM that came to the VMM; all VMs do the same. */
static uint64_t count_exits(const struct kg_run_report *run, enum kg_run_exit exit)
{
	uint64_t count = 0;
	for (size_t i = 0; i < run->step_count; i++)
		count += run->steps[i].vm == 0 && run->steps[i].exit == exit;
	return count;
}

static bool find_parameter(const struct kg_run_report *run, const char *name, uint64_t *out)
{
	for (size_t i = 0; i < run->parameter_count; i++) {
		if (strcmp(run->parameters[i].name, name) == 0) {
			*out = run->parameters[i].value;
			return true;
		}
	}
	return false;
}

/* A specification that has no such number does not ask for it. */
static void offer(struct kg_spec *spec, const char *name, uint64_t value)
{
	enum kg_status status = kg_spec_set_param(spec, name, value);
	(void)status;
}

int known_set_params(const void *self, struct kg_spec *spec)
{
	const struct known *known = self;
	const struct kg_run_report *run = run_of(known);
	const struct kg_environment *environment = environment_of(known);
	uint64_t value;
	if (environment != NULL && environment->cpu_count > 0)
		offer(spec, "cpus", environment->cpu_count);
	if (run == NULL || run->verdict != KG_RUN_PASS)
		return EXIT_DONE;
	offer(spec, "out_bytes", count_exits(run, KG_RUN_EXIT_IO));
	offer(spec, "runs", count_runs(run));
	if (count_exits(run, KG_RUN_EXIT_HLT) > 0)
		offer(spec, "halts", count_exits(run, KG_RUN_EXIT_HLT));
	if (find_parameter(run, "vcpus", &value))
		offer(spec, "vcpus", value);
	return EXIT_DONE;
}

/* ---- the recording --------------------------------------------------------------------------- */

static bool environment_shows(void *self, const char *name)
{
	return kg_env_is_traced(environment_of(self), name) != KG_ENV_NO;
}

static bool build_shows(const struct kg_build *build, const char *name)
{
	const enum kg_traceable traceable = kg_build_traceable(build, name);
	return traceable != KG_TRACEABLE_ABSENT && traceable != KG_TRACEABLE_NOTRACE;
}

/* Whether one of the builds that the trace fits could show a function. */
static bool builds_show(void *self, const char *name)
{
	const struct known *known = self;
	if (known->build != NULL)
		return build_shows(known->build, name);
	const struct kg_fit_report *fit = kg_fit_report(known->fit);
	for (size_t i = 0; i < fit->build_count; i++) {
		const struct kg_build_fit *row = &fit->builds[i];
		const bool is_near =
			fit->kind == KG_FIT_ALL
				? row->is_closest
				: row->build == fit->newer_than || row->build == fit->older_than;
		if (is_near && build_shows(row->build, name))
			return true;
	}
	return false;
}

/* Why calls may be missing that were made. */
static void describe_partial(struct known *known, const struct filter_opts *filter)
{
	const struct kg_environment *environment = environment_of(known);
	const char *why = NULL;
	if (filter_is_set(filter))
		why = "the filter of this command leaves calls out";
	else if (environment == NULL)
		return;
	else if (environment->depth > 0)
		why = "calls below some depth were not recorded";
	else if (environment->graph.count > 0)
		why = "only some functions and what they call were recorded";
	if (why != NULL)
		snprintf(known->partial, sizeof(known->partial), "%s", why);
}

struct kg_verify_scope known_scope(struct known *known, const struct filter_opts *filter)
{
	const struct kg_environment *environment = environment_of(known);
	struct kg_verify_scope scope = { .self = known };
	describe_partial(known, filter);
	if (known->partial[0] != '\0')
		scope.partial = known->partial;
	if (environment != NULL) {
		scope.has_one_command = environment->is_only_command;
		scope.is_emulated = environment->is_emulated == KG_ENV_YES;
		if (environment->function_count > 0)
			scope.can_show = environment_shows;
	}
	if (scope.can_show == NULL && (known->build != NULL || known->fit != NULL))
		scope.can_show = builds_show;
	return scope;
}

int known_look_for_builds(struct known *known, const struct command *command,
			  const struct kg_info *info, bool *out_found)
{
	const struct kg_run_report *run = run_of(known);
	const struct kg_environment *environment = environment_of(known);
	const char *release = info->kernel;
	*out_found = false;
	if (environment != NULL && environment->function_count > 0)
		return EXIT_DONE;
	if (release == NULL && environment != NULL)
		release = environment->release;
	if (release == NULL && run != NULL)
		release = run->kernel;
	known->build = release != NULL ? kg_build_find(release) : NULL;
	*out_found = known->build != NULL;
	if (known->build != NULL)
		return EXIT_DONE;
	enum kg_status status = kg_builds_fit(info->funcs, info->func_calls, &known->fit);
	if (status != KG_OK)
		return fail_plain(command, status);
	const struct kg_fit_report *fit = kg_fit_report(known->fit);
	*out_found =
		fit->kind == KG_FIT_ALL ||
		(fit->kind == KG_FIT_BETWEEN && fit->newer_than != NULL && fit->older_than != NULL);
	if (!*out_found) {
		kg_fit_free(known->fit);
		known->fit = NULL;
	}
	return EXIT_DONE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows SARIF 2.1.0: checks are its rules, and those that do not hold are its results. */
#include <string.h>

#include "render/json.h"
#include "render/out.h"
#include "render/verify_outcome.h"
#include "base/banned.h"

#define SARIF_SCHEMA                                                                               \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                      \
	"sarif-schema-2.1.0.json"

/* What a trace is called that was read from standard input. */
#define STDIN_NAME "<stdin>"

/* ---- where the trace is ---------------------------------------------------------------------- */

static bool is_plain_in_uri(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~/", c) != NULL);
}

/* A path as a reference, byte by byte, so that one which is no UTF-8 comes back too. */
static json_t *uri_of(const char *path)
{
	static const char digits[] = "0123456789ABCDEF";
	struct kg_out *uri;
	if (strcmp(path, STDIN_NAME) == 0)
		return value_text("stdin");
	if (out_open_memory(&uri) != KG_OK)
		return NULL;
	/* two slashes at the start would name a host */
	out_string(uri, path[0] == '/' ? "file://" : "");
	for (; *path != '\0'; path++) {
		const unsigned char byte = (unsigned char)*path;
		const char escape[] = { '%', digits[byte >> 4], digits[byte & 15] };
		if (is_plain_in_uri(*path))
			out_bytes(uri, path, 1);
		else
			out_bytes(uri, escape, sizeof(escape));
	}
	json_t *value = value_text(out_memory(uri, NULL));
	if (kg_out_close(uri, true, NULL) == KG_OK)
		return value;
	json_decref(value);
	return NULL;
}

static json_t *artifacts_of(const struct kg_info *info)
{
	json_t *location = json_object();
	row_add(&location, "uri", uri_of(info->file));
	json_t *roles = json_array();
	list_add(&roles, value_text("analysisTarget"));
	if (strcmp(info->file, STDIN_NAME) == 0)
		list_add(&roles, value_text("standardStream"));
	json_t *artifact = json_object();
	row_add(&artifact, "location", location);
	row_add(&artifact, "roles", roles);
	json_t *artifacts = json_array();
	list_add(&artifacts, artifact);
	return artifacts;
}

static json_t *message_of(const char *words)
{
	json_t *message = json_object();
	row_add(&message, "text", value_text(words));
	return message;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static json_t *rule_of(const struct kg_check *check)
{
	json_t *configuration = json_object();
	row_add(&configuration, "level", value_text(check->is_warning ? "warning" : "error"));
	json_t *rule = json_object();
	row_add(&rule, "id", value_text(check->id));
	row_add(&rule, "shortDescription", message_of(check->title));
	/* others than a specification's checks say what they mean where they fail */
	const bool is_failed = check->verdict == KG_VERDICT_FAIL;
	if (check->meaning != NULL || (check->why != NULL && is_failed))
		row_add(&rule, "help",
			message_of(check->meaning != NULL ? check->meaning : check->why));
	row_add(&rule, "defaultConfiguration", configuration);
	return rule;
}

static json_t *driver_of(const struct verify_tally *tally, const char *version)
{
	const struct kg_verify_report *report = tally->report;
	json_t *rules = json_array();
	for (size_t i = 0; i < report->check_count; i++)
		list_add(&rules, rule_of(&report->checks[i]));
	json_t *driver = json_object();
	row_add(&driver, "name", value_text("kvmgraph"));
	row_add(&driver, "version", value_text(version));
	row_add(&driver, "rules", rules);
	return driver;
}

/* ---- results --------------------------------------------------------------------------------- */

static json_t *physical_location_of(const struct kg_info *info, uint64_t line_no)
{
	json_t *artifact = json_object();
	row_add(&artifact, "uri", uri_of(info->file));
	row_add(&artifact, "index", value_number(0));
	json_t *location = json_object();
	row_add(&location, "artifactLocation", artifact);
	/* what a trace.dat numbers are records, and there is no region for these */
	if (info->format == KG_FORMAT_TRACE_DAT || info->lines.total == 0)
		return location;
	json_t *region = json_object();
	row_add(&region, "startLine", value_number(line_no != 0 ? line_no : 1));
	if (line_no == 0)
		row_add(&region, "endLine", value_number(info->lines.total));
	row_add(&location, "region", region);
	return location;
}

static json_t *logical_locations_of(const struct kg_info *info, kg_func_id func_id)
{
	json_t *function = json_object();
	row_add(&function, "name", value_func(info->funcs, func_id));
	row_add(&function, "kind", value_text("function"));
	json_t *list = json_array();
	list_add(&list, function);
	return list;
}

static json_t *location_of(const struct kg_info *info, const struct kg_place *place)
{
	json_t *location = json_object();
	row_add(&location, "physicalLocation", physical_location_of(info, place->line_no));
	if (place->func_id != KG_NO_FUNC)
		row_add(&location, "logicalLocations", logical_locations_of(info, place->func_id));
	json_t *properties = json_object();
	row_add(&properties, "line", value_line(place->line_no));
	row_add(&properties, "cpu", value_cpu(place->cpu));
	row_add(&properties, "task", value_task(info->tasks, place->task_id));
	row_add(&location, "properties", properties);
	return location;
}

/* A result without a place is about the trace as a whole. */
static json_t *locations_of(const struct kg_info *info, const struct kg_check *check)
{
	static const struct kg_place nowhere = { .task_id = KG_NO_TASK,
						 .func_id = KG_NO_FUNC,
						 .cpu = KG_NO_CPU };
	json_t *list = json_array();
	list_add(&list, location_of(info, check->place_count > 0 ? &check->places[0] : &nowhere));
	return list;
}

static json_t *related_locations_of(const struct kg_info *info, const struct kg_check *check)
{
	json_t *list = json_array();
	for (uint32_t i = 1; i < check->place_count; i++)
		list_add(&list, location_of(info, &check->places[i]));
	return list;
}

/* "each load has its put: expected ..., found ... (why)" */
static json_t *result_message_of(const struct kg_check *check)
{
	const struct {
		const char *before;
		const char *words;
		const char *behind;
	} parts[] = {
		{ "", check->title, "" },
		{ "; expected: ", check->expected, "" },
		{ "; found: ", check->found, "" },
		{ " (", check->why, ")" },
	};
	struct kg_out *words;
	if (out_open_memory(&words) != KG_OK)
		return NULL;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].words == NULL || parts[i].words[0] == '\0')
			continue;
		out_string(words, parts[i].before);
		out_string(words, parts[i].words);
		out_string(words, parts[i].behind);
	}
	json_t *message = message_of(out_memory(words, NULL));
	if (kg_out_close(words, true, NULL) == KG_OK)
		return message;
	json_decref(message);
	return NULL;
}

/* SARIF has "open" for a rule that could not be decided, and keeps levels for those that fail. */
static json_t *result_of(const struct kg_info *info, const struct kg_check *check, size_t index)
{
	const bool is_failure = check->verdict == KG_VERDICT_FAIL;
	const char *level = check->is_warning ? "warning" : "error";
	json_t *properties = json_object();
	row_add(&properties, "verdict", value_text(kg_verdict_name(check->verdict)));
	json_t *result = json_object();
	row_add(&result, "ruleId", value_text(check->id));
	row_add(&result, "ruleIndex", value_number(index));
	row_add(&result, "kind", value_text(is_failure ? "fail" : "open"));
	row_add(&result, "level", value_text(is_failure ? level : "none"));
	row_add(&result, "message", result_message_of(check));
	row_add(&result, "locations", locations_of(info, check));
	if (check->place_count > 1)
		row_add(&result, "relatedLocations", related_locations_of(info, check));
	row_add(&result, "properties", properties);
	return result;
}

static json_t *results_of(const struct kg_info *info, const struct kg_verify_report *report)
{
	json_t *results = json_array();
	for (size_t i = 0; i < report->check_count; i++) {
		const struct kg_check *check = &report->checks[i];
		if (check->verdict == KG_VERDICT_PASS || check->verdict == KG_VERDICT_SKIPPED)
			continue;
		list_add(&results, result_of(info, check, i));
	}
	return results;
}

/* ---- the run --------------------------------------------------------------------------------- */

/* Who looks at failures only must not take a trace that tells too little for a good one. */
static json_t *notifications_of(const struct verify_tally *tally)
{
	const bool is_open = tally->report->verdict == KG_VERDICT_INCONCLUSIVE;
	json_t *list = json_array();
	if (!is_open && !tally->has_more)
		return list;
	json_t *notification = json_object();
	row_add(&notification, "level", value_text("error"));
	row_add(&notification, "message",
		message_of(is_open ? "inconclusive: the trace does not tell whether it follows the "
				     "specification"
				   : "the trace does not follow the specification"));
	list_add(&list, notification);
	return list;
}

static json_t *invocations_of(const struct verify_tally *tally, const struct kg_sarif_opts *opts)
{
	const enum kg_verdict verdict = tally->report->verdict;
	json_t *invocation = json_object();
	row_add(&invocation, "executionSuccessful",
		json_boolean(verdict != KG_VERDICT_INCONCLUSIVE));
	row_add(&invocation, "exitCode", json_integer(opts->exit_code));
	row_add(&invocation, "exitCodeDescription", value_text(kg_verdict_name(verdict)));
	row_add(&invocation, "toolExecutionNotifications", notifications_of(tally));
	json_t *invocations = json_array();
	list_add(&invocations, invocation);
	return invocations;
}

static json_t *properties_of(const struct kg_info *info, const struct kg_spec *spec,
			     const struct kg_verify_report *report)
{
	json_t *about = json_object();
	row_add(&about, "name", value_text(kg_spec_name(spec)));
	row_add(&about, "version", value_text(kg_spec_version(spec)));
	row_add(&about, "source", value_text(kg_spec_source(spec)));
	json_t *properties = json_object();
	row_add(&properties, "verdict", value_text(kg_verdict_name(report->verdict)));
	row_add(&properties, "spec", about);
	row_add(&properties, "format", value_text(kg_format_name(info->format)));
	row_add(&properties, "vendor", value_text(kg_vendor_name(info->vendor)));
	row_add(&properties, "kernel", value_text(info->kernel));
	return properties;
}

enum kg_status kg_render_verify_sarif(struct kg_out *out, const struct kg_info *info,
				      const struct kg_spec *spec,
				      const struct kg_verify_report *report,
				      const struct kg_sarif_opts *opts)
{
	const struct verify_tally tally = verify_tally(report);
	json_t *tool = json_object();
	row_add(&tool, "driver", driver_of(&tally, opts->version));
	json_t *run = json_object();
	row_add(&run, "tool", tool);
	row_add(&run, "invocations", invocations_of(&tally, opts));
	row_add(&run, "artifacts", artifacts_of(info));
	row_add(&run, "results", results_of(info, report));
	row_add(&run, "properties", properties_of(info, spec, report));
	json_t *runs = json_array();
	list_add(&runs, run);
	json_t *log = json_object();
	row_add(&log, "$schema", value_text(SARIF_SCHEMA));
	row_add(&log, "version", value_text("2.1.0"));
	row_add(&log, "runs", runs);
	return json_write_whole(out, log);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the XML of JUnit, as far as those who read test reports agree on it. */
#include <stdio.h>
#include <string.h>

#include "render/out.h"
#include "render/verify_outcome.h"
#include "base/banned.h"

/* ---- XML ------------------------------------------------------------------------------------- */

#define XML_SPECIAL "&<>\""

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	}
	return "&quot;";
}

/*
 * A string of strangers: XML cannot carry every character, not even by its number, so what does not
 * print is told as \xNN as in text.
 */
static void put_name(struct kg_out *out, const char *name)
{
	out_escaped_as(out, name, XML_SPECIAL, entity_of);
}

/* Lines of printable text between tags. */
static void put_lines(struct kg_out *out, const char *lines)
{
	while (*lines != '\0') {
		const size_t plain = strcspn(lines, XML_SPECIAL);
		out_bytes(out, lines, plain);
		lines += plain;
		if (*lines != '\0')
			out_string(out, entity_of(*lines++));
	}
}

static void put_attribute(struct kg_out *out, const char *name, const char *value)
{
	out_string(out, " ");
	out_string(out, name);
	out_string(out, "=\"");
	put_name(out, value);
	out_string(out, "\"");
}

static void put_count(struct kg_out *out, const char *name, size_t count)
{
	char attribute[64];
	snprintf(attribute, sizeof(attribute), " %s=\"%zu\"", name, count);
	out_string(out, attribute);
}

/* ---- the report ------------------------------------------------------------------------------ */

static void put_properties(struct kg_out *out, const struct kg_info *info,
			   const struct kg_spec *spec, const struct kg_verify_report *report)
{
	const struct {
		const char *name;
		const char *value;
	} properties[] = {
		{ "spec", kg_spec_name(spec) },
		{ "spec.version", kg_spec_version(spec) },
		{ "spec.source", kg_spec_source(spec) },
		{ "trace", info->file },
		{ "trace.format", kg_format_name(info->format) },
		{ "trace.vendor", kg_vendor_name(info->vendor) },
		{ "trace.kernel", info->kernel },
		{ "verdict", kg_verdict_name(report->verdict) },
	};
	out_string(out, "\t\t<properties>\n");
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (properties[i].value == NULL || properties[i].value[0] == '\0')
			continue;
		out_string(out, "\t\t\t<property");
		put_attribute(out, "name", properties[i].name);
		put_attribute(out, "value", properties[i].value);
		out_string(out, "/>\n");
	}
	out_string(out, "\t\t</properties>\n");
}

static const char *const elements[OUTCOME_COUNT] = {
	[OUTCOME_FAIL] = "failure",
	[OUTCOME_ERROR] = "error",
	[OUTCOME_SKIP] = "skipped",
	[OUTCOME_WARN] = "skipped",
};

static void start_case(struct kg_out *out, const struct kg_spec *spec, const char *id)
{
	out_string(out, "\t\t<testcase");
	put_attribute(out, "classname", kg_spec_name(spec));
	put_attribute(out, "name", id);
}

/* ` type="inconclusive" message="inconclusive: events were lost"` */
static void put_message(struct kg_out *out, const struct kg_check *check)
{
	put_attribute(out, "type", kg_verdict_name(check->verdict));
	out_string(out, " message=\"");
	out_string(out, verify_introduction(check));
	put_name(out, verify_reason(check));
	out_string(out, "\"");
}

static enum kg_status put_details(struct kg_out *out, const struct kg_info *info,
				  const struct kg_check *check)
{
	struct kg_out *details;
	enum kg_status status = out_open_memory(&details);
	if (status != KG_OK)
		return status;
	verify_put_details(details, info, check, "");
	put_lines(out, out_memory(details, NULL));
	return kg_out_close(details, true, NULL);
}

static enum kg_status put_case(struct kg_out *out, const struct kg_info *info,
			       const struct kg_spec *spec, enum verify_outcome outcome,
			       const struct kg_check *check)
{
	start_case(out, spec, check->id);
	if (outcome == OUTCOME_PASS) {
		out_string(out, "/>\n");
		return KG_OK;
	}
	out_string(out, ">\n\t\t\t<");
	out_string(out, elements[outcome]);
	put_message(out, check);
	out_string(out, ">\n");
	enum kg_status status = put_details(out, info, check);
	out_string(out, "</");
	out_string(out, elements[outcome]);
	out_string(out, ">\n\t\t</testcase>\n");
	return status;
}

static void put_more(struct kg_out *out, const struct kg_spec *spec,
		     const struct kg_verify_report *report)
{
	const char *word = kg_verdict_name(report->verdict);
	start_case(out, spec, VERIFY_MORE_ID);
	out_string(out, ">\n\t\t\t<");
	out_string(out, elements[verify_more_outcome(report)]);
	put_attribute(out, "type", word);
	put_attribute(out, "message", word);
	out_string(out, "/>\n\t\t</testcase>\n");
}

static void put_counts(struct kg_out *out, const struct verify_tally *tally)
{
	put_count(out, "tests", tally->test_count);
	put_count(out, "failures", tally->counts[OUTCOME_FAIL]);
	put_count(out, "errors", tally->counts[OUTCOME_ERROR]);
}

enum kg_status kg_render_verify_junit(struct kg_out *out, const struct kg_info *info,
				      const struct kg_spec *spec,
				      const struct kg_verify_report *report)
{
	const struct verify_tally tally = verify_tally(report);
	enum kg_status status = KG_OK;
	out_string(out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kvmgraph\"");
	put_counts(out, &tally);
	out_string(out, ">\n\t<testsuite");
	put_attribute(out, "name", kg_spec_name(spec));
	put_counts(out, &tally);
	put_count(out, "skipped", tally.counts[OUTCOME_SKIP] + tally.counts[OUTCOME_WARN]);
	out_string(out, ">\n");
	put_properties(out, info, spec, report);
	for (size_t i = 0; i < report->check_count && status == KG_OK; i++) {
		const struct kg_check *check = &report->checks[i];
		status = put_case(out, info, spec, verify_outcome(&tally, check), check);
	}
	if (tally.has_more)
		put_more(out, spec, report);
	out_string(out, "\t</testsuite>\n</testsuites>\n");
	return status;
}

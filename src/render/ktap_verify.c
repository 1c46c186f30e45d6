/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows KTAP, in which the kernel's own tests tell how they ended. */
#include <inttypes.h>
#include <stdio.h>

#include "render/out.h"
#include "render/verify_outcome.h"
#include "base/banned.h"

static const char *hash_as_escape(char c)
{
	(void)c;
	return "\\x23";
}

/* On a line with a result a # starts what is no name any more, so a stranger's has to go. */
static void put_name(struct kg_out *out, const char *name)
{
	out_escaped_as(out, name, "#", hash_as_escape);
}

/* "ok", number, name, and a directive where the result is neither a plain yes nor a plain no. */
static void put_result(struct kg_out *out, size_t number, enum verify_outcome outcome,
		       const char *id)
{
	static const char *const words[OUTCOME_COUNT] = {
		[OUTCOME_PASS] = "ok ", [OUTCOME_FAIL] = "not ok ", [OUTCOME_ERROR] = "not ok ",
		[OUTCOME_SKIP] = "ok ", [OUTCOME_WARN] = "ok ",
	};
	static const char *const directives[OUTCOME_COUNT] = {
		[OUTCOME_PASS] = "",	       [OUTCOME_FAIL] = "",
		[OUTCOME_ERROR] = " # ERROR ", [OUTCOME_SKIP] = " # SKIP ",
		[OUTCOME_WARN] = " # XFAIL ",
	};
	char digits[32];
	snprintf(digits, sizeof(digits), "%zu ", number);
	out_string(out, words[outcome]);
	out_string(out, digits);
	put_name(out, id);
	out_string(out, directives[outcome]);
}

static void put_check(struct kg_out *out, const struct kg_info *info, size_t number,
		      enum verify_outcome outcome, const struct kg_check *check)
{
	const bool is_plain = outcome == OUTCOME_PASS || outcome == OUTCOME_FAIL;
	if (outcome != OUTCOME_PASS && outcome != OUTCOME_SKIP)
		verify_put_details(out, info, check, "# ");
	put_result(out, number, outcome, check->id);
	if (!is_plain) {
		out_string(out, verify_introduction(check));
		put_name(out, verify_reason(check));
	}
	out_string(out, "\n");
}

static void put_heading(struct kg_out *out, const struct kg_info *info, const struct kg_spec *spec,
			const struct kg_verify_report *report)
{
	out_string(out, "# spec: ");
	out_escaped(out, kg_spec_name(spec));
	out_string(out, kg_spec_version(spec)[0] != '\0' ? " " : "");
	out_escaped(out, kg_spec_version(spec));
	out_string(out, " (");
	out_escaped(out, kg_spec_source(spec));
	out_string(out, ")\n# trace: ");
	out_escaped(out, info->file);
	out_string(out, "\n# verdict: ");
	out_string(out, kg_verdict_name(report->verdict));
	out_string(out, "\n");
}

enum kg_status kg_render_verify_ktap(struct kg_out *out, const struct kg_info *info,
				     const struct kg_spec *spec,
				     const struct kg_verify_report *report)
{
	const struct verify_tally tally = verify_tally(report);
	char line[256];
	snprintf(line, sizeof(line), "KTAP version 1\n1..%zu%s\n", tally.test_count,
		 tally.test_count == 0 ? " # SKIP the specification has no checks" : "");
	out_string(out, line);
	put_heading(out, info, spec, report);
	for (size_t i = 0; i < report->check_count; i++) {
		const struct kg_check *check = &report->checks[i];
		put_check(out, info, i + 1, verify_outcome(&tally, check), check);
	}
	if (tally.has_more) {
		put_result(out, tally.test_count, verify_more_outcome(report), VERIFY_MORE_ID);
		out_string(out, report->verdict == KG_VERDICT_FAIL
					? "\n"
					: "inconclusive: the trace does not tell\n");
	}
	/* as a kernel's selftest ends */
	snprintf(line, sizeof(line),
		 "# Totals: pass:%zu fail:%zu xfail:%zu xpass:0 skip:%zu error:%zu\n",
		 tally.counts[OUTCOME_PASS], tally.counts[OUTCOME_FAIL], tally.counts[OUTCOME_WARN],
		 tally.counts[OUTCOME_SKIP], tally.counts[OUTCOME_ERROR]);
	out_string(out, line);
	return KG_OK;
}

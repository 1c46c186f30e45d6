/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows a difference as a suite of tests in JUnit's XML. */
#include <inttypes.h>
#include <stdio.h>

#include "render/diff_words.h"
#include "render/out.h"
#include "render/utf8.h"
#include "base/banned.h"

static bool is_test(const struct kg_diff_phase *phase)
{
	return phase->phase != NULL && !phase->is_aside;
}

static bool is_skipped(const struct kg_diff_phase *phase)
{
	return phase->timing.verdict == KG_DIFF_INCONCLUSIVE ||
	       phase->timing.verdict == KG_DIFF_UNJUDGED;
}

/* XML has no way to write most control characters, and no others are wanted. */
static void put_text(struct kg_out *out, const char *text)
{
	while (*text != '\0') {
		uint32_t code;
		const size_t len = utf8_char(text, &code);
		if (len == 0 || !utf8_is_printable(code) || (code & 0xfffe) == 0xfffe)
			out_string(out, "?");
		else if (code == '<')
			out_string(out, "&lt;");
		else if (code == '&')
			out_string(out, "&amp;");
		else if (code == '"')
			out_string(out, "&quot;");
		else
			out_bytes(out, text, len);
		text += len > 0 ? len : 1;
	}
}

static void put_culprits(struct kg_out *out, const struct kg_diff *diff,
			 const struct kg_diff_report *report, kg_path_id phase)
{
	for (size_t i = 0; i < report->culprit_count; i++) {
		const struct kg_diff_culprit *culprit = &report->culprits[i];
		char words[CHANGE_LEN];
		if (culprit->phase != phase)
			continue;
		words_change(words, culprit->delta_ns);
		out_string(out, words);
		out_string(out, " ");
		out_string(out, words_culprit(culprit));
		out_string(out, ": ");
		put_text(out, kg_diff_path_name(diff, culprit->path));
		out_string(out, "\n");
	}
}

static void put_phase(struct kg_out *out, const struct kg_diff *diff,
		      const struct kg_diff_report *report, const struct kg_diff_phase *phase)
{
	out_string(out, "    <testcase classname=\"kvmgraph.diff\" name=\"");
	put_text(out, kg_diff_path_name(diff, phase->path));
	out_string(out, "\">");
	if (is_skipped(phase)) {
		out_string(out, "<skipped message=\"");
		out_string(out, words_phase(phase));
		out_string(out, "\"/>");
	} else if (phase->timing.verdict == KG_DIFF_CHANGED) {
		char words[CHANGE_LEN];
		words_change(words, phase_change(phase));
		out_string(out, "<failure message=\"");
		out_string(out, words_phase(phase));
		out_string(out, ", ");
		out_string(out, words);
		out_string(out, "\">");
		put_culprits(out, diff, report, phase->path);
		out_string(out, "</failure>");
	}
	out_string(out, "</testcase>\n");
}

static void put_structure(struct kg_out *out, const struct kg_diff_report *report)
{
	char words[64];
	out_string(out, "    <testcase classname=\"kvmgraph.diff\" name=\"structure\">");
	if (report->change_count > 0) {
		snprintf(words, sizeof(words), "<failure message=\"%zu differences\">\n",
			 report->change_count);
		out_string(out, words);
		for (size_t i = 0; i < report->change_count; i++) {
			out_string(out, kg_change_name(report->changes[i].kind));
			out_string(out, " ");
			put_text(out, report->changes[i].names[KG_SIDE_OLD]);
			out_string(out, "\n");
		}
		out_string(out, "</failure>");
	}
	out_string(out, "</testcase>\n");
}

enum kg_status kg_render_diff_junit(struct kg_out *out, const struct kg_diff *diff,
				    const struct kg_diff_report *report)
{
	size_t tests = 1;
	size_t failures = report->change_count > 0;
	size_t skipped = 0;
	for (size_t i = 0; i < report->phase_count; i++) {
		const struct kg_diff_phase *phase = &report->phases[i];
		if (!is_test(phase))
			continue;
		tests++;
		failures += phase->timing.verdict == KG_DIFF_CHANGED;
		skipped += is_skipped(phase);
	}
	char head[192];
	snprintf(head, sizeof(head),
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		 "  <testsuite name=\"kvmgraph diff\" tests=\"%zu\" failures=\"%zu\" "
		 "skipped=\"%zu\">\n",
		 tests, failures, skipped);
	out_string(out, head);
	put_structure(out, report);
	for (size_t i = 0; i < report->phase_count; i++) {
		if (is_test(&report->phases[i]))
			put_phase(out, diff, report, &report->phases[i]);
	}
	out_string(out, "  </testsuite>\n</testsuites>\n");
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows a difference as a list of tests, version 1 of the kernel's test protocol. */
#include <inttypes.h>
#include <stdio.h>

#include "render/diff_words.h"
#include "render/out.h"
#include "base/banned.h"

static bool is_test(const struct kg_diff_phase *phase)
{
	return phase->phase != NULL && !phase->is_aside;
}

static void put_phase(struct kg_out *out, const struct kg_diff *diff,
		      const struct kg_diff_phase *phase, size_t number)
{
	char words[CHANGE_LEN + 32];
	const bool is_bad = phase->timing.verdict == KG_DIFF_CHANGED;
	const bool is_skipped = phase->timing.verdict == KG_DIFF_INCONCLUSIVE ||
				phase->timing.verdict == KG_DIFF_UNJUDGED;
	snprintf(words, sizeof(words), "%s %zu ", is_bad ? "not ok" : "ok", number);
	out_string(out, words);
	out_escaped(out, kg_diff_path_name(diff, phase->path));
	words_change(words, phase_change(phase));
	out_string(out, is_skipped ? " # SKIP " : " # ");
	out_string(out, words_phase(phase));
	out_string(out, " ");
	out_string(out, words);
	out_string(out, "\n");
}

static void put_culprits(struct kg_out *out, const struct kg_diff *diff,
			 const struct kg_diff_report *report)
{
	for (size_t i = 0; i < report->culprit_count; i++) {
		char words[CHANGE_LEN];
		words_change(words, report->culprits[i].delta_ns);
		out_string(out, "# ");
		out_string(out, words);
		out_string(out, " ");
		out_string(out, words_culprit(&report->culprits[i]));
		const kg_path_id path = report->culprits[i].path;
		for (uint32_t level = 0; level <= kg_diff_path_depth(diff, path); level++) {
			out_string(out, level > 0 ? " > " : ": ");
			out_escaped(out,
				    kg_diff_path_name(diff, kg_diff_path_at(diff, path, level)));
		}
		out_string(out, "\n");
	}
}

enum kg_status kg_render_diff_ktap(struct kg_out *out, const struct kg_diff *diff,
				   const struct kg_diff_report *report)
{
	char words[64];
	size_t count = 1;
	for (size_t i = 0; i < report->phase_count; i++)
		count += is_test(&report->phases[i]);
	snprintf(words, sizeof(words), "KTAP version 1\n1..%zu\n", count);
	out_string(out, words);
	const bool is_same = report->change_count == 0;
	const bool is_unsure = report->inconclusive + report->untraceable >= report->change_count;
	snprintf(words, sizeof(words), "%s 1 structure # %s%zu differences\n",
		 is_same || is_unsure ? "ok" : "not ok", !is_same && is_unsure ? "SKIP " : "",
		 report->change_count);
	out_string(out, words);
	size_t number = 1;
	for (size_t i = 0; i < report->phase_count; i++) {
		if (is_test(&report->phases[i]))
			put_phase(out, diff, &report->phases[i], ++number);
	}
	put_culprits(out, diff, report);
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a difference is shown in a pull request. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render/diff_words.h"
#include "render/out.h"
#include "base/banned.h"

#define FEW_CHANGES 40

/* Names of strangers: nothing in them is markup. */
static void put_code(struct kg_out *out, const char *name)
{
	out_string(out, "`");
	for (; *name != '\0'; name++) {
		const unsigned char c = (unsigned char)*name;
		char code[8];
		if (c >= 0x20 && c < 0x7f && c != '`' && c != '|') {
			out_bytes(out, name, 1);
			continue;
		}
		snprintf(code, sizeof(code), "\\x%02x", c);
		out_string(out, code);
	}
	out_string(out, "`");
}

static void put_path(struct kg_out *out, const struct kg_diff *diff, kg_path_id path)
{
	const uint32_t depth = kg_diff_path_depth(diff, path);
	for (uint32_t level = 0; level <= depth; level++) {
		if (level > 0)
			out_string(out, " > ");
		put_code(out, kg_diff_path_name(diff, kg_diff_path_at(diff, path, level)));
	}
}

static void put_phases(struct kg_out *out, const struct kg_diff *diff,
		       const struct kg_diff_report *report)
{
	out_string(out, "\n| phase | old | new | change | | |\n|---|---:|---:|---:|---:|---|\n");
	for (size_t i = 0; i < report->phase_count; i++) {
		const struct kg_diff_phase *phase = &report->phases[i];
		const uint64_t *times = phase->timing.total_ns;
		char words[CHANGE_LEN];
		if (phase->is_aside || phase->phase == NULL)
			continue;
		out_string(out, "| ");
		put_code(out, kg_diff_path_name(diff, phase->path));
		for (int side = 0; side < KG_SIDE_COUNT; side++) {
			units_ns(words, phase->timing.counts[side] > 0 ? times[side] : KG_NO_NS);
			out_string(out, " | ");
			out_string(out, words);
		}
		words_change(words, phase_change(phase));
		out_string(out, " | ");
		out_string(out, words);
		words_percent(words, times[KG_SIDE_OLD], times[KG_SIDE_NEW]);
		out_string(out, " | ");
		out_string(out, words);
		const bool is_changed = phase->timing.verdict == KG_DIFF_CHANGED;
		out_string(out, is_changed ? " | **" : " | ");
		out_string(out, words_phase(phase));
		out_string(out, is_changed ? "** |\n" : " |\n");
	}
}

static void put_culprits(struct kg_out *out, const struct kg_diff *diff,
			 const struct kg_diff_report *report)
{
	if (report->culprit_count == 0)
		return;
	out_string(out, "\n| culprit | change | of its phase | |\n|---|---:|---:|---|\n");
	for (size_t i = 0; i < report->culprit_count; i++) {
		const struct kg_diff_culprit *culprit = &report->culprits[i];
		char words[CHANGE_LEN];
		out_string(out, "| ");
		put_path(out, diff, culprit->path);
		words_change(words, culprit->delta_ns);
		out_string(out, " | ");
		out_string(out, words);
		snprintf(words, sizeof(words), " | %" PRId32 "%% | ", culprit->share_ppm / 10000);
		out_string(out, words);
		out_string(out, words_culprit(culprit));
		out_string(out, " |\n");
	}
}

static void put_changes(struct kg_out *out, const struct kg_diff *diff,
			const struct kg_diff_report *report)
{
	char words[96];
	if (report->change_count == 0)
		return;
	out_string(out, "\n<details><summary>Structure</summary>\n\n");
	for (size_t i = 0; i < report->change_count && i < FEW_CHANGES; i++) {
		const struct kg_diff_change *change = &report->changes[i];
		out_string(out, "- ");
		out_string(out, kg_change_name(change->kind));
		out_string(out, ": ");
		put_path(out, diff, change->path);
		if (change->to != KG_NO_PATH) {
			out_string(out, " to ");
			put_path(out, diff, change->to);
		}
		if (change->kind == KG_CHANGE_RENAMED) {
			out_string(out, ", before ");
			put_code(out, change->names[KG_SIDE_OLD]);
		}
		if (change->kind == KG_CHANGE_REPEATED) {
			snprintf(words, sizeof(words), ", %" PRIu64 " to %" PRIu64 " times",
				 change->counts[KG_SIDE_OLD], change->counts[KG_SIDE_NEW]);
			out_string(out, words);
		}
		out_string(out, change->is_inconclusive	 ? " (inconclusive)\n"
				: change->is_untraceable ? " (not traceable on the other side)\n"
							 : "\n");
	}
	if (report->change_count > FEW_CHANGES) {
		snprintf(words, sizeof(words), "- and %zu more\n",
			 report->change_count - FEW_CHANGES);
		out_string(out, words);
	}
	out_string(out, "\n</details>\n");
}

static void put_facts(struct kg_out *out, const struct kg_diff_report *report)
{
	if (report->fact_count == 0)
		return;
	out_string(out, "\n| environment | old | new |\n|---|---|---|\n");
	for (size_t i = 0; i < report->fact_count; i++) {
		const struct kg_diff_fact *fact = &report->facts[i];
		out_string(out, "| ");
		put_code(out, fact->name);
		for (int side = 0; side < KG_SIDE_COUNT; side++) {
			out_string(out, " | ");
			if (fact->values[side] != NULL)
				put_code(out, fact->values[side]);
		}
		out_string(out, " |\n");
	}
}

enum kg_status kg_render_diff_markdown(struct kg_out *out, const struct kg_diff *diff,
				       const struct kg_diff_report *report)
{
	char summary[256];
	words_summary(summary, sizeof(summary), report);
	out_string(out, "### kvmgraph diff: ");
	out_string(out, kg_diff_verdict_name(report->verdict));
	out_string(out, "\n\n");
	out_string(out, summary);
	out_string(out, ".\nTimes are judged ");
	out_string(out, report->method == KG_DIFF_STATISTICS || report->method == KG_DIFF_PLAIN
				? "by "
				: "");
	out_string(out, words_method(report));
	out_string(out, ".\n");
	if (report->inconclusive > 0) {
		snprintf(summary, sizeof(summary), "%" PRIu64 " comparisons are inconclusive.\n",
			 report->inconclusive);
		out_string(out, summary);
	}
	if (report->maybe_accidents > 0) {
		words_accidents(summary, sizeof(summary), report);
		out_string(out, summary);
		out_string(out, ".\n");
	}
	put_facts(out, report);
	put_phases(out, diff, report);
	put_culprits(out, diff, report);
	put_changes(out, diff, report);
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows folded stacks of two sides: what programs for differential flame graphs read. */
#include <inttypes.h>
#include <stdio.h>

#include "render/diff_words.h"
#include "render/out.h"
#include "base/banned.h"

/* Separators of this format, and what would end its line, are no part of a name. */
static void put_frame(struct kg_out *out, const char *name)
{
	for (; *name != '\0'; name++) {
		const unsigned char c = (unsigned char)*name;
		const char shown = c == ';' || c < 0x20 || c == 0x7f ? '_' : *name;
		out_bytes(out, &shown, 1);
	}
}

static void put_line(struct kg_out *out, const struct kg_diff *diff,
		     const struct kg_diff_timing *timing)
{
	const uint64_t old_ns = timing->self_ns[KG_SIDE_OLD];
	const uint64_t new_ns = timing->self_ns[KG_SIDE_NEW];
	char numbers[64];
	if (old_ns == 0 && new_ns == 0)
		return;
	const uint32_t depth = kg_diff_path_depth(diff, timing->path);
	for (uint32_t level = 0; level <= depth; level++) {
		if (level > 0)
			out_string(out, ";");
		put_frame(out, kg_diff_path_name(diff, kg_diff_path_at(diff, timing->path, level)));
	}
	snprintf(numbers, sizeof(numbers), " %" PRIu64 " %" PRIu64 "\n", old_ns, new_ns);
	out_string(out, numbers);
}

enum kg_status kg_render_diff_folded(struct kg_out *out, const struct kg_diff *diff,
				     const struct kg_diff_report *report)
{
	for (size_t i = 0; i < report->phase_count; i++)
		put_line(out, diff, &report->phases[i].timing);
	for (size_t i = 0; i < report->timing_count; i++)
		put_line(out, diff, &report->timings[i]);
	return KG_OK;
}

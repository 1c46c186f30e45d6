/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words that all reports on differences share. */
#ifndef RENDER_DIFF_WORDS_H
#define RENDER_DIFF_WORDS_H

#include <kvmgraph/diff.h>

#include "render/text.h"

/* Room for a signed time. */
#define CHANGE_LEN (UNITS_LEN + 1)

/* "+25.000 ms", "-0.219 us", "0.000 us" */
void words_change(char out[CHANGE_LEN], int64_t ns);
/* "+12.5%", "-3.0%"; "new" and "gone" without one side, "" without both. */
void words_percent(char out[CHANGE_LEN], uint64_t old_ns, uint64_t new_ns);
/* "slower", "faster", "same", "added", "removed", "inconclusive"; "-" if nothing is claimed. */
const char *words_phase(const struct kg_diff_phase *phase);
/* "slower", "faster", "waits longer", "new", "new wait", "gone", "more often", "less often" */
const char *words_culprit(const struct kg_diff_culprit *culprit);
/* One line on what times are judged by. */
const char *words_method(const struct kg_diff_report *report);
/* "old", "new", "either side": of which a thing is not known that is known of some. */
const char *words_unknown(const bool is_known[KG_SIDE_COUNT]);
/* "2 changed times may be .."; only where there are some. */
void words_accidents(char *out, size_t size, const struct kg_diff_report *report);
/* "2 phases slower, 1 call added"; "nothing beyond the noise". size is that of out. */
void words_summary(char *out, size_t size, const struct kg_diff_report *report);

/* The change of a phase, new less old. */
static inline int64_t phase_change(const struct kg_diff_phase *phase)
{
	return (int64_t)(phase->timing.total_ns[KG_SIDE_NEW] - phase->timing.total_ns[KG_SIDE_OLD]);
}

/* "run (first, io) > kvm_arch_vcpu_ioctl_run > vcpu_load"; from the caller so deep on. */
void text_put_path(struct text *text, const struct kg_diff *diff, kg_path_id path,
		   uint32_t from_depth);
/* The callers only, the middle ones left out where there are many; "-" for a root. */
void text_put_callers(struct text *text, const struct kg_diff *diff, kg_path_id path);
/* The path with a separator, plain bytes, for lists of programs; escaped nowhere. */
void out_path(struct kg_out *out, const struct kg_diff *diff, kg_path_id path, char separator);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a timing report that tell a VM's life. */
#ifndef RENDER_TEXT_TIMING_H
#define RENDER_TEXT_TIMING_H

#include "render/text.h"

/* What each step cost and what cost most inside it; of many steps, the same for each kind. */
KG_MUST_USE enum kg_status text_put_phases(struct text *text, const struct kg_timing *timing);
/* Each KVM_RUN and how it went; of many, their number and the longest. */
KG_MUST_USE enum kg_status text_put_runs(struct text *text, const struct kg_timing *timing);

#endif

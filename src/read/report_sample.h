/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling reports by their start. */
#ifndef READ_REPORT_SAMPLE_H
#define READ_REPORT_SAMPLE_H

#include <stdbool.h>

#include "base/span.h"

/* Whether the start of a text is that of a report of trace-cmd's, not of the kernel's own text. */
bool report_sample_is_likely(struct span sample);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines in the trace around each step, so that a trace can be cut at them. */
#ifndef VMM_MARKS_H
#define VMM_MARKS_H

#include "machine.h"

/* Opens tracefs's trace_marker; -1 where there is none or it may not be written. */
int marks_open(void);

/*
 * Writes "kvmgraph: begin N STEP" or "kvmgraph: end N STEP", N being the row's number in the
 * report, if there are marks.
 */
void mark(const struct machine *machine, const struct step *step, const struct log_row *row,
	  const char *edge);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several inputs in one report: files, or buffers of one file.
 *
 * Each may be of a machine of its own, where the same pid is another task; but tasks are told apart
 * by their pids. So a task belongs to the input whose call names it first, and so does the idle
 * task of each CPU.
 */
#ifndef READ_REPORT_INPUT_H
#define READ_REPORT_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/event.h>

#include "base/column.h"
#include "base/intern.h"

/* A zeroed struct has no input but 0: that of lines without a name. */
struct report_inputs {
	struct intern names; /* input k is called names[k - 1] */
	/* whose a task is, and the idle task of a CPU: input + 1, or 0 for nobody's */
	COLUMN(uint32_t) of_task;
	COLUMN(uint32_t) of_idle;
};

/* The input of a name; the bytes behind it are readable as intern_hash() wants. False: no memory.
 */
bool report_inputs_add(struct report_inputs *inputs, struct span name, uint32_t *out);

/*
 * The input that a task is of: the one that claimed it first. The idle task is one for each CPU, so
 * there cpu counts. False when memory is out.
 */
bool report_inputs_claim(struct report_inputs *inputs, uint32_t input, kg_task_id task_id,
			 uint32_t *owner);
bool report_inputs_claim_idle(struct report_inputs *inputs, uint32_t input, uint16_t cpu,
			      uint32_t *owner);

/* Makes every task nobody's again. */
void report_inputs_forget(struct report_inputs *inputs);

void report_inputs_release(struct report_inputs *inputs);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the tree of a phase is called, and how often the guest was entered in a run. */
#include "analyse/path_phases.h"

#include <stdio.h>

#include "analyse/life.h"
#include "base/banned.h"

/* "run (first, io)": runs that end the same way are compared with each other. */
static void name_run(char *text, size_t size, const struct phase_row *row, bool is_first)
{
	snprintf(text, size, "run (%s%s)", is_first ? "first, " : "",
		 kg_reason_name((enum kg_exit_reason)row->run.ended_by));
}

/* Whether phases of a kind are several functions that have little to do with each other. */
static bool is_mixed_kind(uint8_t kind)
{
	return kind == KG_PHASE_WORKER || kind == KG_PHASE_MMU_NOTIFIER ||
	       kind == KG_PHASE_HARDWARE_ENABLE || kind == KG_PHASE_HARDWARE_DISABLE;
}

bool phase_is_aside(uint8_t kind)
{
	return kind == KG_PHASE_WORKER || kind == KG_PHASE_MMU_NOTIFIER || kind == KG_PHASE_RCU;
}

/* Whether a run is the first of its task since that made a VM. */
static enum kg_status note_life(struct path_collector *collector, const struct phase_row *row,
				bool *is_first)
{
	const uint8_t kind = row->phase.kind;
	*is_first = false;
	if (kind != KG_PHASE_RUN && kind != KG_PHASE_CREATE_VM)
		return KG_OK;
	if (!column_reach(&collector->has_run, row->phase.task_id))
		return KG_NOMEM;
	bool *has_run = &collector->has_run.at[row->phase.task_id];
	*is_first = kind == KG_PHASE_RUN && !*has_run;
	*has_run = kind == KG_PHASE_RUN;
	return KG_OK;
}

/* The name of a phase begins with a byte that no function's does, so that neither is the other. */
enum kg_status phase_name(struct path_collector *collector, const struct phase_row *row,
			  uint32_t function, bool *is_first, uint32_t *name)
{
	enum kg_status status = note_life(collector, row, is_first);
	if (status != KG_OK)
		return status;
	char text[160];
	text[0] = PHASE_MARK;
	const char *phase = kg_phase_name((enum kg_phase_kind)row->phase.kind);
	const char *inner = renames_text(&collector->paths->names,
					 renames_key(&collector->paths->names, function));
	if (row->phase.kind == KG_PHASE_RUN)
		name_run(text + 1, sizeof(text) - 1, row, *is_first);
	else if (is_mixed_kind(row->phase.kind))
		snprintf(text + 1, sizeof(text) - 1, "%s (%s)", phase, inner);
	else
		snprintf(text + 1, sizeof(text) - 1, "%s", phase);
	*name = renames_add(&collector->paths->names, text);
	return *name == INTERN_NONE ? KG_NOMEM : KG_OK;
}

static void count_interrupts(void *self, const uint8_t *reasons, size_t count)
{
	struct path_passes *passes = self;
	for (size_t i = 0; i < count; i++)
		passes->interrupts += reasons[i] == KG_REASON_EXTERNAL_INTERRUPT;
}

enum kg_status phase_add_passes(struct path_collector *collector, const struct phase_row *row,
				uint32_t root, uint32_t turns)
{
	struct path_run *run = &collector->paths->runs.at[collector->run];
	const struct kg_run exits = { .exit_count = row->run.exit_count,
				      .first_chunk = row->run.first_chunk };
	if (!column_reach(&run->passes, root))
		return KG_NOMEM;
	struct path_passes *passes = &run->passes.at[root];
	passes->entries += (uint32_t)row->run.guest_entries;
	passes->turns += turns;
	return kg_life_run_exits(collector->life, &exits, count_interrupts, passes);
}

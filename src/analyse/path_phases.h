/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tree of a phase is for the comparison of paths. */
#ifndef ANALYSE_PATH_PHASES_H
#define ANALYSE_PATH_PHASES_H

#include "analyse/path_collector.h"

struct phase_row;

/* Whether phases of a kind (enum kg_phase_kind) come when they come. */
bool phase_is_aside(uint8_t kind);
/*
 * The name of a phase with this outermost function, and whether it is the first run of its task
 * since that made a VM. Each phase once, in the order of their ends.
 */
KG_MUST_USE enum kg_status phase_name(struct path_collector *collector, const struct phase_row *row,
				      uint32_t function, bool *is_first, uint32_t *name);
/* Adds what the guest did in a run, and what came in between, to that of a root. */
KG_MUST_USE enum kg_status phase_add_passes(struct path_collector *collector,
					    const struct phase_row *row, uint32_t root,
					    uint32_t turns);

#endif

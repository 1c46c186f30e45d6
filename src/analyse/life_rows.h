/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where phases, runs and the exits of runs are kept. */
#ifndef ANALYSE_LIFE_ROWS_H
#define ANALYSE_LIFE_ROWS_H

#include <kvmgraph/analyse.h>

struct life_lane;
struct phase_clues;

/* Exit reasons of a run come in pieces of this many. */
#define CHUNK_REASONS 60

struct exit_chunk {
	uint32_t next; /* where the run goes on, if it does */
	uint8_t reasons[CHUNK_REASONS];
};

/* What the entries and exits of a run come to. */
struct run_summary {
	uint64_t guest_entries;
	uint64_t exit_count;
	uint32_t first_chunk;
	uint8_t ended_by; /* enum kg_exit_reason */
};

#define NO_ROW UINT32_MAX
#define NOT_A_PHASE KG_PHASE_KIND_COUNT

/* A row has its place from its entry on. Until it is filled in its kind is NOT_A_PHASE. */
struct phase_row {
	struct kg_phase phase;
	struct run_summary run;
	kg_call_id call_id;
	uint32_t older_row; /* the phase before it in the same tree, or NO_ROW */
};

/* Where a row of the report is kept. */
struct phase_place {
	uint32_t row;
	uint32_t run_index;
};

/* Adds a reason to a run. */
KG_MUST_USE enum kg_status run_add_exit(struct kg_life *life, struct phase_clues *clues,
					uint8_t reason);
/* Puts the reasons of a run where they stay. */
KG_MUST_USE enum kg_status run_finish(struct kg_life *life, const struct phase_clues *clues);

/* Gives a lane's open phase a row, and fills the row in. */
KG_MUST_USE enum kg_status row_open(struct kg_life *life, struct life_lane *lane);
KG_MUST_USE enum kg_status row_close(struct kg_life *life, struct life_lane *lane,
				     const struct kg_call *call, const struct kg_phase *phase);
/* A caller turned up as a phase: phases of its lane that were entered in it are none. */
KG_MUST_USE enum kg_status rows_drop_below(struct kg_life *life, struct life_lane *lane,
					   kg_call_id caller_id);

/* Finds the rows of the report among all rows, and their totals; does so once. */
KG_MUST_USE enum kg_status rows_list(struct kg_life *life);

#endif

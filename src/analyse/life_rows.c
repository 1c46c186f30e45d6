/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where phases, runs and their exits are kept, and in which order they are handed out. */
#include "analyse/life.h"

#include "analyse/sum.h"
#include "base/banned.h"

/* Adds a row whose index has to fit into 32 bits. */
static enum kg_status append_row(struct spool *spool, const void *row, uint32_t *index)
{
	uint64_t wide;
	if (spool->count >= UINT32_MAX)
		return KG_NOMEM;
	enum kg_status status = spool_append(spool, row, &wide);
	if (status == KG_OK)
		*index = (uint32_t)wide;
	return status;
}

/* ---- exits of a run -------------------------------------------------------------------------- */

enum kg_status run_finish(struct kg_life *life, const struct phase_clues *clues)
{
	if (clues->run.exit_count == 0)
		return KG_OK;
	return spool_put(&life->chunks, clues->chunk_index, &clues->chunk);
}

/* Goes on in a new piece. */
static enum kg_status start_chunk(struct kg_life *life, struct phase_clues *clues)
{
	const struct exit_chunk fresh = { 0 };
	uint32_t index;
	enum kg_status status = append_row(&life->chunks, &fresh, &index);
	if (status != KG_OK)
		return status;
	clues->chunk.next = index;
	status = run_finish(life, clues);
	if (clues->run.exit_count == 0)
		clues->run.first_chunk = index;
	clues->chunk = fresh;
	clues->chunk_index = index;
	return status;
}

enum kg_status run_add_exit(struct kg_life *life, struct phase_clues *clues, uint8_t reason)
{
	size_t place = (size_t)(clues->run.exit_count % CHUNK_REASONS);
	if (place == 0) {
		enum kg_status status = start_chunk(life, clues);
		if (status != KG_OK)
			return status;
	}
	clues->chunk.reasons[place] = reason;
	clues->run.exit_count++;
	clues->run.ended_by = reason;
	return KG_OK;
}

/* ---- rows while the trace is read ------------------------------------------------------------ */

enum kg_status row_open(struct kg_life *life, struct life_lane *lane)
{
	const struct phase_row row = { .phase.kind = NOT_A_PHASE };
	return append_row(&life->rows, &row, &lane->row_index);
}

enum kg_status row_close(struct kg_life *life, struct life_lane *lane, const struct kg_call *call,
			 const struct kg_phase *phase)
{
	const struct phase_row row = {
		.phase = *phase,
		.run = lane->own.run,
		.call_id = call->id,
		.older_row = lane->last_row,
	};
	lane->last_row = lane->row_index;
	return spool_put(&life->rows, lane->row_index, &row);
}

enum kg_status rows_drop_below(struct kg_life *life, struct life_lane *lane, kg_call_id caller_id)
{
	while (lane->last_row != NO_ROW) {
		struct phase_row row;
		enum kg_status status = spool_get(&life->rows, lane->last_row, &row);
		if (status != KG_OK || row.call_id < caller_id)
			return status;
		row.phase.kind = NOT_A_PHASE;
		status = spool_put(&life->rows, lane->last_row, &row);
		if (status != KG_OK)
			return status;
		lane->last_row = row.older_row;
	}
	return KG_OK;
}

/* ---- rows of the report ---------------------------------------------------------------------- */

static void count_phase(struct kg_phase_total *total, const struct kg_phase *phase)
{
	if ((phase->flags & KG_CALL_INCOMPLETE) != 0) {
		total->incomplete++;
		return;
	}
	total->count++;
	if (phase->dur_ns == KG_NO_NS)
		return;
	total->total_ns = sum_add(total->total_ns, phase->dur_ns);
	if (phase->dur_ns < total->min_ns || total->max_line == 0)
		total->min_ns = phase->dur_ns;
	if (phase->dur_ns > total->max_ns || total->max_line == 0) {
		total->max_ns = phase->dur_ns;
		total->max_line = phase->line_no;
		total->hot_func_id = phase->hot_func_id;
		total->hot_self_ns = phase->hot_self_ns;
	}
}

static enum kg_status list_row(struct kg_life *life, uint32_t index)
{
	struct phase_row row;
	enum kg_status status = spool_get(&life->rows, index, &row);
	if (status != KG_OK || row.phase.kind == NOT_A_PHASE)
		return status;
	struct phase_place place = { .row = index, .run_index = UINT32_MAX };
	if (row.phase.kind == KG_PHASE_RUN) {
		status = append_row(&life->runs, &index, &place.run_index);
		if (status != KG_OK)
			return status;
	}
	count_phase(&life->phase_totals[row.phase.kind], &row.phase);
	uint32_t listed;
	return append_row(&life->phases, &place, &listed);
}

enum kg_status rows_list(struct kg_life *life)
{
	if (life->is_listed)
		return KG_OK;
	/* an attempt that failed half-way must not leave its half behind */
	spool_release(&life->phases);
	spool_release(&life->runs);
	spool_init(&life->phases, sizeof(struct phase_place), life->tmp_folder);
	spool_init(&life->runs, sizeof(uint32_t), life->tmp_folder);
	for (size_t i = 0; i < KG_PHASE_KIND_COUNT; i++)
		life->phase_totals[i] = (struct kg_phase_total){ .hot_func_id = KG_NO_FUNC };
	for (uint64_t i = 0; i < life->rows.count; i++) {
		enum kg_status status = list_row(life, (uint32_t)i);
		if (status != KG_OK)
			return status;
	}
	life->is_listed = true;
	return KG_OK;
}

enum kg_status kg_life_phase(struct kg_life *life, size_t row, struct kg_phase *out)
{
	if (row >= life->phases.count)
		return KG_BAD_ARG;
	struct phase_place place;
	struct phase_row kept;
	enum kg_status status = spool_get(&life->phases, row, &place);
	if (status == KG_OK)
		status = spool_get(&life->rows, place.row, &kept);
	if (status != KG_OK)
		return status;
	*out = kept.phase;
	out->run_index = place.run_index;
	return KG_OK;
}

enum kg_status kg_life_run(struct kg_life *life, size_t row, struct kg_run *out)
{
	if (row >= life->runs.count)
		return KG_BAD_ARG;
	uint32_t index;
	struct phase_row kept;
	enum kg_status status = spool_get(&life->runs, row, &index);
	if (status == KG_OK)
		status = spool_get(&life->rows, index, &kept);
	if (status != KG_OK)
		return status;
	*out = (struct kg_run){
		.line_no = kept.phase.line_no,
		.dur_ns = kept.phase.dur_ns,
		.guest_entries = kept.run.guest_entries,
		.exit_count = kept.run.exit_count,
		.first_chunk = kept.run.first_chunk,
		.task_id = kept.phase.task_id,
		.ended_by = kept.run.ended_by,
		.flags = kept.phase.flags,
	};
	return KG_OK;
}

enum kg_status kg_life_run_exits(struct kg_life *life, const struct kg_run *run,
				 void (*take)(void *self, const uint8_t *reasons, size_t count),
				 void *self)
{
	struct exit_chunk chunk = { .next = run->first_chunk };
	for (uint64_t left = run->exit_count; left > 0;) {
		enum kg_status status = spool_get(&life->chunks, chunk.next, &chunk);
		if (status != KG_OK)
			return status;
		size_t count = left < CHUNK_REASONS ? (size_t)left : CHUNK_REASONS;
		take(self, chunk.reasons, count);
		left -= count;
	}
	return KG_OK;
}

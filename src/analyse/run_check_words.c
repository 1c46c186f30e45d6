/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a departure from a run report is put into words. */
#include "analyse/run_check.h"

#include <inttypes.h>

#include "base/banned.h"

const char *words_count(struct kg_run_check *check, uint64_t count, const char *noun)
{
	return arena_format(&check->memory, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

/* ---- places ---------------------------------------------------------------------------------- */

static enum kg_status phase_at(struct kg_run_check *check, uint32_t seen, struct kg_phase *out)
{
	return kg_life_phase(check->input.life, check->lives.seen.at[seen].row, out);
}

enum kg_status words_place(struct kg_run_check *check, uint32_t seen, struct kg_check *out)
{
	struct kg_phase phase;
	enum kg_status status = phase_at(check, seen, &phase);
	if (status != KG_OK)
		return status;
	out->places[0] = (struct kg_place){ .line_no = phase.line_no,
					    .task_id = phase.task_id,
					    .func_id = phase.func_id,
					    .cpu = phase.cpu_enter };
	out->place_count = 1;
	return KG_OK;
}

/* ---- sentences ------------------------------------------------------------------------------- */

static const char *say_expected(struct kg_run_check *check, enum finding_kind kind, uint32_t index)
{
	if (index == NO_STEP)
		return "nothing more";
	const struct kg_run_step *step = &check->input.run->steps[index];
	const bool has_exit = kind != FIND_STEPS && step->exit != KG_RUN_EXIT_COUNT;
	return arena_format(&check->memory,
			    "steps[%" PRIu32 "]: %s%s%s%s%s%s, VM %" PRIu32 ", vCPU %" PRIu32,
			    index, step->step, step->ioctl != NULL ? " (" : "",
			    step->ioctl != NULL ? step->ioctl : "", step->ioctl != NULL ? ")" : "",
			    has_exit ? " to exit " : "",
			    has_exit ? kg_run_exit_name(step->exit) : "", step->vm, step->vcpu);
}

static const char *say_found(struct kg_run_check *check, enum finding_kind kind,
			     const struct departing *departing, uint64_t line_no)
{
	const struct seen *seen = &check->lives.seen.at[departing->seen];
	if (departing->is_end)
		return arena_format(&check->memory, "nothing behind line %" PRIu64, line_no);
	if (kind != FIND_STEPS)
		return arena_format(&check->memory, "a run that exit %s ended, line %" PRIu64,
				    kg_reason_name((enum kg_exit_reason)seen->ended_by), line_no);
	return arena_format(&check->memory, "%s, line %" PRIu64,
			    kg_phase_name((enum kg_phase_kind)seen->kind), line_no);
}

enum kg_status words_departing(struct kg_run_check *check, enum finding_kind kind,
			       const struct departing *departing, struct kg_check *out)
{
	out->why = departing->why;
	out->expected = say_expected(check, kind, departing->step);
	out->found = "nothing";
	if (departing->seen != NO_SEEN) {
		enum kg_status status = words_place(check, departing->seen, out);
		if (status != KG_OK)
			return status;
		out->found = say_found(check, kind, departing, out->places[0].line_no);
	}
	return out->expected != NULL && out->found != NULL ? KG_OK : KG_NOMEM;
}

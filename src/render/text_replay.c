/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a person is told what a replay found. */
#include "render/table.h"

#include <string.h>

#include "base/banned.h"

/* ---- verdict --------------------------------------------------------------------------------- */

enum kg_replay_verdict kg_replay_verdict(const struct kg_replay *replay)
{
	if (replay->scenario->recovery != KG_RECOVERED && replay->words->like == NULL)
		return KG_REPLAY_INCONCLUSIVE;
	if (replay->again == NULL || replay->again->recovery == KG_NOT_RECOVERED)
		return KG_REPLAY_INCONCLUSIVE;
	for (int i = 0; i < KG_COMPARED_COUNT; i++) {
		if (!replay->compared[i].is_equal)
			return KG_REPLAY_DEPARTS;
	}
	return KG_REPLAY_SAME;
}

const char *kg_replay_verdict_name(enum kg_replay_verdict verdict)
{
	static const char *const names[] = { "same", "departs", "inconclusive" };
	return names[verdict];
}

/* ---- what was recovered ---------------------------------------------------------------------- */

static void put_like(struct text *text, const struct kg_scenario_words *words)
{
	if (words->like == NULL)
		return;
	text_put(text, "  does what the built-in scenario ");
	text_put(text, words->like);
	text_put(text, " does");
	for (size_t i = 0; i < words->param_count; i++) {
		text_put(text, i == 0 ? " with " : ", ");
		text_put(text, words->params[i].name);
		text_put(text, " ");
		text_put_number(text, words->params[i].value);
	}
	if (words->others != NULL) {
		text_put(text, " (in a trace, so does ");
		text_put(text, words->others);
		text_put(text, ")");
	}
	text_end_line(text);
}

static void put_head(struct text *text, const struct kg_replay *replay)
{
	const struct kg_scenario *scenario = replay->scenario;
	text_put_name(text, replay->file);
	text_put(text, ": ");
	if (scenario->recovery == KG_NOT_RECOVERED) {
		text_put_styled(text, TEXT_YELLOW, "no scenario");
		text_put(text, ": ");
		text_put(text, scenario->why);
		text_end_line(text);
		return;
	}
	text_put_count(text, scenario->vms, "VM");
	if (scenario->parallel > 1) {
		text_put(text, " (");
		text_put_number(text, scenario->parallel);
		text_put(text, " at once)");
	}
	text_put(text, ", ");
	text_put_count(text, scenario->vcpu_count, "vCPU");
	text_put(text, ", ");
	text_put_count(text, scenario->slot_count, "memslot");
	text_put(text, ", ");
	text_put_count(text, scenario->run_count, "run");
	text_put(text, " with ");
	text_put_count(text, scenario->exit_count, "exit");
	text_put(text, scenario->vms > 1 ? " each" : "");
	text_end_line(text);
	put_like(text, replay->words);
	if (scenario->why == NULL)
		return;
	text_put_styled(text, TEXT_YELLOW, "  in part: ");
	text_put(text, scenario->why);
	text_end_line(text);
}

static void put_acts(struct text *text, const struct kg_scenario *scenario,
		     const struct kg_step *step)
{
	for (uint32_t i = 0; i < step->act_count; i++) {
		const struct kg_act *act = &scenario->acts[step->first_act + i];
		text_put(text, i > 0 ? ", " : "");
		if (act->count > 1) {
			text_put_number(text, act->count);
			text_put(text, " ");
		}
		text_put(text, kg_act_name((enum kg_act_kind)act->kind));
	}
	if (step->act_count == 0)
		text_put(text, "nothing");
}

/* What there is to say about a step. */
static void put_detail(struct text *text, const struct kg_scenario *scenario,
		       const struct kg_step *step)
{
	const enum kg_step_kind kind = (enum kg_step_kind)step->kind;
	const char *between = "";
	if (kind == KG_STEP_RUN) {
		put_acts(text, scenario, step);
		between = "; ";
	} else if (kind == KG_STEP_SET_SREGS) {
		text_put(text, kg_guest_mode_name(step->mode));
		between = "; ";
	} else if (kg_step_is_of_slot(kind)) {
		text_put(text, "slot ");
		text_put_number(text, step->slot);
		text_put(text, step->is_logged ? ", dirty pages logged" : "");
	}
	if (!kg_step_is_of_vcpu(kind) || scenario->vcpu_count < 2)
		return;
	text_put(text, between);
	text_put(text, "vCPU ");
	text_put_number(text, step->vcpu);
	text_put(text, step->in_vcpu_thread ? ", in its thread" : "");
}

static void put_steps(struct text *text, const struct kg_scenario *scenario)
{
	static const struct table_column columns[] = {
		{ "line", TABLE_RIGHT, TEXT_DIM },
		{ "step", TABLE_LEFT, TEXT_BOLD },
		{ "runs", TABLE_RIGHT, TEXT_PLAIN },
		{ "what", TABLE_LEFT, TEXT_PLAIN },
	};
	struct table table;
	if (scenario->step_count == 0)
		return;
	text_put_heading(text, "Steps");
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (size_t i = 0; i < scenario->step_count; i++) {
			const struct kg_step *step = &scenario->steps[i];
			table_number_or_empty(&table, step->line_no);
			table_words(&table, kg_step_name((enum kg_step_kind)step->kind));
			table_number_or_empty(&table, step->row_count);
			table_begin_cell(&table);
			put_detail(text, scenario, step);
			table_end_cell(&table);
			table_end_row(&table);
		}
	}
}

static void put_chosen(struct text *text, const struct kg_scenario *scenario)
{
	if (scenario->chosen_count == 0)
		return;
	text_put_heading(text, "Chosen, since the trace does not tell");
	for (size_t i = 0; i < scenario->chosen_count; i++) {
		text_put(text, "  ");
		text_put_prose(text, scenario->chosen[i], 4);
		text_end_line(text);
	}
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void put_departing(struct text *text, const struct kg_scenario *scenario, size_t index)
{
	if (index >= scenario->step_count) {
		text_put(text, "nothing more");
		return;
	}
	const struct kg_step *step = &scenario->steps[index];
	text_put(text, kg_step_name((enum kg_step_kind)step->kind));
	if (step->line_no != 0) {
		text_put(text, " of line ");
		text_put_number(text, step->line_no);
	}
	if (step->kind != KG_STEP_RUN)
		return;
	text_put(text, " (");
	text_put_count(text, step->row_count, "run");
	text_put(text, ": ");
	put_acts(text, scenario, step);
	text_put(text, ")");
}

static void put_checks(struct text *text, const struct kg_replay *replay)
{
	static const struct table_column columns[] = {
		{ "", TABLE_LEFT, TEXT_BOLD },
		{ "trace", TABLE_RIGHT, TEXT_PLAIN },
		{ "replay", TABLE_RIGHT, TEXT_PLAIN },
		{ "", TABLE_LEFT, TEXT_PLAIN },
	};
	struct table table;
	TABLE_START(&table, text, columns);
	while (table_pass(&table)) {
		for (int i = 0; i < KG_COMPARED_COUNT; i++) {
			const struct kg_comparison *compared = &replay->compared[i];
			const bool is_equal = compared->is_equal;
			table_words(&table, kg_compared_name((enum kg_compared)i));
			table_number(&table, compared->old_count);
			table_number(&table, compared->new_count);
			table_styled(&table, is_equal ? TEXT_GREEN : TEXT_RED,
				     is_equal ? "same" : "departs");
			table_end_row(&table);
		}
	}
	for (int i = 0; i < KG_COMPARED_COUNT; i++) {
		const struct kg_comparison *compared = &replay->compared[i];
		if (compared->is_equal)
			continue;
		text_put(text, "  ");
		text_put(text, kg_compared_name((enum kg_compared)i));
		text_put(text, ": the trace has ");
		put_departing(text, replay->scenario, compared->old_step);
		text_put(text, " where the replay has ");
		put_departing(text, replay->again, compared->new_step);
		text_end_line(text);
	}
}

/* "  the VMM gave up at set-sregs: expected 0, found Invalid argument" */
static void put_failure(struct text *text, const struct kg_run_failure *failure)
{
	text_put(text, "  the VMM gave up");
	if (failure->step != NULL) {
		text_put(text, " at ");
		text_put_name(text, failure->step);
	}
	if (failure->expected != NULL) {
		text_put(text, ": expected ");
		text_put_name(text, failure->expected);
	}
	if (failure->found != NULL) {
		text_put(text, failure->expected != NULL ? ", found " : ": ");
		text_put_name(text, failure->found);
	} else if (failure->message != NULL) {
		text_put(text, ": ");
		text_put_name(text, failure->message);
	}
	text_end_line(text);
}

static void put_outcome(struct text *text, const struct kg_replay *replay)
{
	static const enum text_style styles[] = { TEXT_GREEN, TEXT_RED, TEXT_YELLOW };
	const enum kg_replay_verdict verdict = kg_replay_verdict(replay);
	text_put_heading(text, "Replay");
	text_put(text, "  on ");
	text_put_name(text, replay->on);
	if (replay->new_kernel != NULL) {
		text_put(text, " (");
		text_put_name(text, replay->new_kernel);
		text_put(text, ")");
	}
	text_put(text, ": ");
	text_put_styled(text, styles[verdict], kg_replay_verdict_name(verdict));
	if (replay->again->why != NULL) {
		text_put(text, ", of the replay: ");
		text_put(text, replay->again->why);
	}
	text_end_line(text);
	if (replay->failure != NULL)
		put_failure(text, replay->failure);
	put_checks(text, replay);
}

enum kg_status kg_render_replay_text(struct kg_out *out, const struct kg_replay *replay,
				     const struct kg_text_opts *opts)
{
	struct text text = text_start(out, opts);
	put_head(&text, replay);
	put_steps(&text, replay->scenario);
	put_chosen(&text, replay->scenario);
	if (replay->on == NULL)
		return KG_OK;
	put_outcome(&text, replay);
	text_put_heading(&text, "Calls, the trace against its replay");
	return kg_render_diff_text(out, replay->diff, replay->diff_report, opts);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a document says what a guest does in a run. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list -------------------------------------------------------------------------------- */

static bool read_acts(struct document *document, const struct spot *spot, const json_t *item,
		      struct acts *acts)
{
	const json_t *name = json_array_get(item, 0);
	const json_t *count = json_array_get(item, 1);
	if (json_array_size(item) != 2 || !json_is_string(name) || !json_is_integer(count))
		return document_fail(document, spot,
				     "what a guest does is told as [\"touch\", 4]: a name and how "
				     "often");
	const json_int_t times = json_integer_value(count);
	acts->act = act_find(json_string_value(name));
	if (acts->act == ACT_COUNT)
		return document_fail(
			document, spot,
			"a guest does not know how to \"%.40s\" (touch, io, io-in, mmio, "
			"mmio-read, cpuid, rdmsr, wrmsr, hypercall, pause, hlt, "
			"shutdown, invalid)",
			json_string_value(name));
	if (times < 1 || times > ACTS_MOST)
		return document_fail(document, spot, "a guest does something 1 to %d times",
				     ACTS_MOST);
	acts->count = (uint32_t)times;
	return true;
}

static bool ends_run(const struct acts *acts)
{
	return act_words(acts->act)->effect == EFFECT_ENDS;
}

/* What ends a run stands once and last; without it the last thing that leaves KVM_RUN is it. */
static bool check_end(struct scenario_reader *reader, const struct spot *spot,
		      const struct guest_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct spot here = { spot, NULL, i };
		const struct acts *acts = &run->acts[i];
		if (!ends_run(acts))
			continue;
		if (i + 1 != run->count || acts->count != 1)
			return document_fail(&reader->document, &here,
					     "%s ends the run: once, and as the last thing",
					     act_words(acts->act)->name);
		if (acts->act == ACT_INVALID && i > 0)
			return document_fail(&reader->document, &here,
					     "invalid leaves the guest nothing to do before it");
		if (acts->act == ACT_HLT && (reader->has & HAS_IRQCHIP) != 0)
			return document_fail(
				&reader->document, &here,
				"hlt stays in the kernel with create-irqchip, and nothing "
				"would wake it (end the run with io or mmio)");
	}
	if (run->count > 0 && act_words(run->acts[run->count - 1].act)->effect != EFFECT_STAYS)
		return true;
	return document_fail(&reader->document, spot,
			     "a run's guest ends with hlt, shutdown or invalid, or with io or mmio "
			     "that comes to the VMM");
}

static bool read_list(struct scenario_reader *reader, const struct spot *spot, const json_t *list,
		      struct guest_run *run)
{
	bool is_right = true;
	if (!json_is_array(list))
		return document_fail(&reader->document, spot,
				     "a run has a \"guest\": a list of what it does");
	run->acts = calloc(json_array_size(list) + 1, sizeof(*run->acts));
	if (run->acts == NULL)
		return document_short(&reader->document);
	run->count = json_array_size(list);
	for (size_t i = 0; i < run->count; i++) {
		const struct spot here = { spot, NULL, i };
		if (!read_acts(&reader->document, &here, json_array_get(list, i), &run->acts[i]))
			is_right = false;
	}
	return is_right && check_end(reader, spot, run);
}

/* ---- its exits ------------------------------------------------------------------------------- */

/* The reasons one by one; the last exit ends the run. */
static bool fill_exits(struct scenario_reader *reader, const struct spot *spot,
		       const struct guest_run *run, struct scenario_step *row)
{
	uint64_t count = 0;
	for (size_t i = 0; i < run->count; i++) {
		if (act_words(run->acts[i].act)->effect != EFFECT_STAYS)
			count += run->acts[i].count;
	}
	reader->exit_count += count;
	if (reader->exit_count > EXITS_MOST)
		return document_fail(&reader->document, spot,
				     "with this run the VMM sees %" PRIu64 " exits (it takes %d)",
				     reader->exit_count, EXITS_MOST);
	unsigned char *reasons = malloc(count);
	if (reasons == NULL)
		return document_short(&reader->document);
	size_t at = 0;
	for (size_t i = 0; i < run->count; i++) {
		const struct act_words *words = act_words(run->acts[i].act);
		if (words->effect == EFFECT_STAYS)
			continue;
		memset(reasons + at, (int)words->reason, run->acts[i].count);
		at += run->acts[i].count;
	}
	row->serves_each = reasons;
	row->served = (struct amount)FIXED(count - 1);
	row->until = reasons[count - 1];
	return true;
}

/* ---- the vCPU -------------------------------------------------------------------------------- */

static bool check_vcpu(struct scenario_reader *reader, const struct step_place *place)
{
	struct document *document = &reader->document;
	const struct vcpu_state *vcpu = &reader->vcpus[place->vcpu];
	if (vcpu->is_lost)
		return document_fail(document, place->spot,
				     "after shutdown or invalid a vCPU has to be set up anew: "
				     "get-sregs, set-sregs, set-regs");
	if (vcpu->was_set_up && !vcpu->has_regs)
		return document_fail(document, place->spot,
				     "after set-sregs a run needs a set-regs, too: where the guest "
				     "starts");
	if (!vcpu->was_set_up && !vcpu->has_regs && place->vcpu != 0)
		return document_fail(document, place->spot,
				     "without set-regs vCPU %u would do what vCPU 0 does",
				     place->vcpu);
	if (reader->program.run_count > 0 && reader->program.runs[0].is_reset == vcpu->was_set_up)
		return document_fail(
			document, place->spot,
			"some runs are of a vCPU as reset left it, and some of one with "
			"set-sregs (one or the other, for all)");
	return true;
}

/* An illegal state is made by the set-sregs before it. */
static bool spoil_sregs(struct scenario_reader *reader, const struct step_place *place)
{
	const size_t row = reader->vcpus[place->vcpu].sregs_row;
	if (row == NO_ROW)
		return document_fail(&reader->document, place->spot,
				     "invalid needs a set-sregs since the run before it");
	reader->rows[row].mode = MODE_INVALID;
	return true;
}

static void note_run(struct scenario_reader *reader, const struct step_place *place,
		     const struct guest_run *run)
{
	struct vcpu_state *vcpu = &reader->vcpus[place->vcpu];
	const enum act end = run->acts[run->count - 1].act;
	for (size_t i = 0; i < run->count; i++) {
		if (run->acts[i].act == ACT_WRMSR)
			vcpu->pat = PAT_AFTER;
		if (run->acts[i].act == ACT_HYPERCALL)
			reader->needs_hardware = true;
	}
	/* without it KVM emulates real mode, and has no end for it; and has paging in long mode
	 * only */
	if (run->mode == MODE_PAGED ||
	    (end == ACT_SHUTDOWN && (run->is_reset || run->mode == MODE_BIG_REAL)))
		reader->needs_hardware = true;
	vcpu->is_lost = end == ACT_SHUTDOWN || end == ACT_INVALID;
	vcpu->has_run = true;
	vcpu->sregs_row = vcpu->regs_row = NO_ROW;
}

/* Without a processor that looks at them, registers are as good as any. */
static void split_row(struct scenario_reader *reader, struct scenario_step *row)
{
	struct scenario_step *other = add_row(reader, STEP_RUN);
	*other = *row;
	row->where = WHERE_HARDWARE;
	other->where = WHERE_NO_HARDWARE;
	other->until = REASON_HLT;
	other->serves_each = NULL;
}

bool read_run(struct scenario_reader *reader, const struct step_place *place,
	      struct scenario_step *row)
{
	const struct spot guest = { place->spot, "guest", 0 };
	const struct vcpu_state *vcpu = &reader->vcpus[place->vcpu];
	struct guest_run *run = &reader->program.runs[reader->program.run_count];
	*run = (struct guest_run){ .step = place->index,
				   .vcpu = place->vcpu,
				   .mode = vcpu->was_set_up ? vcpu->mode : MODE_REAL,
				   .is_reset = !vcpu->was_set_up,
				   .is_from_reset =
					   !vcpu->was_set_up && !vcpu->has_regs && !vcpu->has_run };
	const bool is_read =
		read_list(reader, &guest, json_object_get(place->object, "guest"), run);
	const bool is_possible = check_vcpu(reader, place);
	reader->regs_rows[reader->program.run_count++] = vcpu->regs_row;
	if (!is_read || !is_possible || !fill_exits(reader, &guest, run, row))
		return false;
	if (run->acts[0].act == ACT_INVALID) {
		if (!spoil_sregs(reader, place))
			return false;
		run->mode = MODE_INVALID;
		split_row(reader, row);
	}
	note_run(reader, place, run);
	return true;
}

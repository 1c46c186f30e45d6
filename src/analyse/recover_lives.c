/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows when the lives of VMs can be led again. */
#include "analyse/recover.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyse/kvm_names.h"
#include "base/memory.h"
#include "base/banned.h"

/* A trace that is not cut off there shows calls at least so deep where a guest runs. */
#define LEAST_DEPTH 7

/* ---- one life -------------------------------------------------------------------------------- */

/*
 * On AMD's processors setting TSS and identity map look the same: the map comes first. Says whether
 * both were there.
 */
static bool tell_tss_apart(struct life_rows *rows)
{
	struct life_root *last = NULL;
	bool was_open = false;
	for (size_t i = 0; i < rows->roots.count; i++) {
		struct life_root *root = &rows->roots.at[i];
		if (root->step != KG_STEP_SET_TSS_ADDR)
			continue;
		if (last != NULL) {
			last->step = KG_STEP_SET_IDENTITY_MAP;
			was_open = true;
		}
		last = root;
	}
	return was_open;
}

/* The first of the exits that is not before a line. */
static size_t exits_from(const struct placing *placing, uint64_t line_no)
{
	size_t low = 0;
	size_t high = placing->exits.count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (placing->exits.at[middle]->line_no < line_no)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the VMM's memory went while the VM was there. */
static void find_exit(const struct placing *placing, struct life_rows *rows,
		      const struct vm_life *life)
{
	uint64_t work_line = 0;
	const struct root *last = NULL;
	for (size_t i = 0; i < rows->roots.count; i++) {
		const struct life_root *root = &rows->roots.at[i];
		const bool is_close =
			root->step == KG_STEP_CLOSE_VCPU || root->step == KG_STEP_CLOSE_VM;
		if (!is_close && root->root->line_no > work_line)
			work_line = root->root->line_no;
		if (is_close && (last == NULL || root->root->line_no > last->line_no))
			last = root->root;
	}
	if (last == NULL)
		return;
	for (size_t i = exits_from(placing, work_line); i < placing->exits.count; i++) {
		const struct root *root = placing->exits.at[i];
		if (root->line_no > last->line_no)
			return;
		const bool is_ours =
			root->task_id == life->creator || root->task_id == last->task_id;
		if (!is_ours && placing->lives.overlaps)
			continue;
		rows->has_exit = true;
		/* in a task of its own, files are closed before memory goes */
		rows->exit_line = root->task_id == life->creator ? root->line_no : 0;
	}
}

static enum kg_status take_roots(struct placing *placing, struct life_rows *rows, size_t from,
				 size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct placed *placed = &placing->placed.at[i];
		if (placed->root->frame == 0 || placed->root->frame == FRAME_FILE_RELEASE)
			continue;
		if (placed->step == KG_STEP_KIND_COUNT) {
			if (placing->left_out_count++ == 0)
				placing->left_out = placed->root;
			continue;
		}
		if (rows->strands.count == 0 && placed->rank != 0 &&
		    !column_push(&rows->strands, KG_NO_TASK))
			return KG_NOMEM;
		if ((rows->strands.count == 0 ||
		     rows->strands.at[rows->strands.count - 1] != placed->task_id) &&
		    !column_push(&rows->strands, placed->task_id))
			return KG_NOMEM;
		const struct life_root root = { .root = placed->root,
						.run_index = placed->run_index,
						.strand = (uint32_t)rows->strands.count - 1,
						.step = placed->step };
		if (!column_push(&rows->roots, root))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* ---- whole lives ----------------------------------------------------------------------------- */

static bool is_whole(const struct placing *placing, const struct vm_life *life, size_t from,
		     size_t to)
{
	const struct root_watch *watch = &placing->recover->watch;
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	if (!life->has_create || life->alive > 0)
		return false;
	for (size_t i = from; i < to; i++) {
		const struct root *root = placing->placed.at[i].root;
		if ((root->flags & KG_CALL_INCOMPLETE) != 0)
			return false;
		first = root->line_no < first ? root->line_no : first;
		last = root->line_no > last ? root->line_no : last;
	}
	return first != UINT64_MAX && (watch->last_gap < first || watch->first_gap > last);
}

/* Whether the steps from `step` on are those of the first life. */
static bool is_same_life(const struct placing *placing, size_t step, size_t act)
{
	const struct kg_recover *recover = placing->recover;
	if (recover->steps.count != 2 * step || recover->acts.count != 2 * act)
		return false;
	for (size_t i = 0; i < step; i++) {
		const struct kg_step *one = &recover->steps.at[i];
		const struct kg_step *other = &recover->steps.at[step + i];
		if (one->kind != other->kind || one->vcpu != other->vcpu ||
		    one->slot != other->slot || one->mode != other->mode ||
		    one->act_count != other->act_count ||
		    one->in_vcpu_thread != other->in_vcpu_thread)
			return false;
	}
	for (size_t i = 0; i < act; i++) {
		if (recover->acts.at[i].kind != recover->acts.at[act + i].kind ||
		    recover->acts.at[i].count != recover->acts.at[act + i].count)
			return false;
	}
	return true;
}

/* What came of all lives. */
struct outcome {
	struct odd_exits odd;
	size_t steps; /* of the first one */
	size_t acts;
	bool differs; /* another one from the first */
};

static enum kg_status add_life(struct placing *placing, const struct vm_life *life, size_t from,
			       size_t to, struct outcome *outcome)
{
	struct kg_recover *recover = placing->recover;
	struct life_rows rows = { 0 };
	struct odd_exits odd = { 0 };
	const bool is_first = placing->whole == 0;
	enum kg_status status = take_roots(placing, &rows, from, to);
	if (status == KG_OK) {
		if (recover->scenario.vendor == KG_VENDOR_SVM)
			placing->is_tss_told |= tell_tss_apart(&rows);
		find_exit(placing, &rows, life);
		status = steps_make(recover, &rows, is_first ? &outcome->odd : &odd, is_first);
	}
	column_release(&rows.roots);
	column_release(&rows.strands);
	if (status != KG_OK)
		return status;
	if (is_first) {
		outcome->steps = recover->steps.count;
		outcome->acts = recover->acts.count;
	} else {
		outcome->differs |= !is_same_life(placing, outcome->steps, outcome->acts);
		recover->steps.count = outcome->steps;
		recover->acts.count = outcome->acts;
	}
	placing->whole++;
	return KG_OK;
}

static enum kg_status add_lives(struct placing *placing, struct outcome *outcome)
{
	for (size_t from = 0; from < placing->placed.count;) {
		const uint32_t index = placing->placed.at[from].life;
		size_t to = from;
		while (to < placing->placed.count && placing->placed.at[to].life == index)
			to++;
		if (index == NO_LIFE)
			break;
		const struct vm_life *life = &placing->lives.lives.at[index];
		enum kg_status status = KG_OK;
		if (is_whole(placing, life, from, to))
			status = add_life(placing, life, from, to, outcome);
		else
			placing->cut += !life->only_asks;
		if (status != KG_OK)
			return status;
		from = to;
	}
	return KG_OK;
}

/* Begin or end of a life. */
struct turn {
	uint64_t line_no;
	bool is_end;
};

static int compare_turns(const void *a, const void *b)
{
	const struct turn *left = a;
	const struct turn *right = b;
	return left->line_no < right->line_no ? -1 : left->line_no > right->line_no;
}

/* The most VMs that were alive at once. */
static enum kg_status count_parallel(struct placing *placing, uint64_t *parallel)
{
	COLUMN(struct turn) turns = { 0 };
	bool is_full = true;
	for (size_t i = 0; i < placing->placed.count && is_full; i++) {
		const struct placed *placed = &placing->placed.at[i];
		if (placed->life == NO_LIFE)
			break;
		struct turn turn = { .line_no = placed->root->line_no };
		const bool is_last = i + 1 == placing->placed.count ||
				     placing->placed.at[i + 1].life != placed->life;
		if (placed->step == KG_STEP_CREATE_VM)
			is_full = column_push(&turns, turn);
		turn.is_end = true;
		if (is_last && placing->lives.lives.at[placed->life].has_create && is_full)
			is_full = column_push(&turns, turn);
	}
	if (turns.count > 0)
		qsort(turns.at, turns.count, sizeof(*turns.at), compare_turns);
	uint64_t alive = 0;
	*parallel = 1;
	for (size_t i = 0; i < turns.count; i++) {
		if (turns.at[i].is_end)
			alive -= alive > 0;
		else if (++alive > *parallel)
			*parallel = alive;
	}
	column_release(&turns);
	return is_full ? KG_OK : KG_NOMEM;
}

/* ---- the outcome in words -------------------------------------------------------------------- */

static enum kg_status set_why(struct kg_recover *recover, enum kg_recovery recovery,
			      const char *why)
{
	if (why == NULL)
		return KG_NOMEM;
	if (recover->scenario.recovery != KG_RECOVERED)
		return KG_OK;
	recover->scenario.recovery = recovery;
	recover->scenario.why = why;
	return KG_OK;
}

static enum kg_status say_nothing_whole(struct placing *placing)
{
	struct kg_recover *recover = placing->recover;
	const char *why = "the trace shows no VM";
	if (placing->info->exits_only)
		why = "the trace was recorded with a threshold: it lacks what took less";
	else if (recover->watch.first_gap != UINT64_MAX && placing->cut > 0)
		why = "events were lost while the VM was there";
	else if (placing->strays > 0)
		why = "several VMs were there at once, and the trace does not tell whose steps are "
		      "whose";
	else if (placing->cut > 0)
		why = "the trace does not have the whole life of a VM, from KVM_CREATE_VM to its "
		      "destruction";
	return set_why(recover, KG_NOT_RECOVERED, why);
}

static enum kg_status say_odd(struct kg_recover *recover, const struct odd_exits *odd,
			      uint32_t max_depth)
{
	enum kg_status status = KG_OK;
	const bool has_acts = recover->acts.count > 0;
	if (odd->runs > 0 && max_depth < LEAST_DEPTH)
		return set_why(
			recover, KG_NOT_RECOVERED,
			"the trace was recorded with a depth: it lacks what tells why guests "
			"were left");
	if (odd->runs > 1 && !has_acts)
		return set_why(recover, KG_NOT_RECOVERED,
			       "the trace does not show why guests were left (it may be of some "
			       "functions only)");
	if (odd->runs == 1 && !has_acts)
		status = set_why(recover, KG_RECOVERED_IN_PART,
				 "a guest that is not left for anything it does cannot be made");
	if (odd->count > 0)
		status = set_why(recover, KG_RECOVERED_IN_PART,
				 arena_format(&recover->memory,
					      "%" PRIu64
					      " exit%s of the guest cannot be made again, the "
					      "first (%s) in the run of line %" PRIu64,
					      odd->count, odd->count == 1 ? "" : "s",
					      kg_reason_name(odd->reason), odd->line_no));
	if (status == KG_OK && odd->in_kernel > 0)
		status = set_why(recover, KG_RECOVERED_IN_PART,
				 arena_format(&recover->memory,
					      "%" PRIu64 " exit%s served by devices in the kernel, "
					      "which a made guest does not speak to",
					      odd->in_kernel,
					      odd->in_kernel == 1 ? " was" : "s were"));
	if (status == KG_OK && odd->failed > 0)
		status = choose(recover,
				"a run that nothing explains: taken for an entry that failed");
	if (status == KG_OK && odd->signals > 0)
		status = choose(recover, "signals that ended a run: not sent again");
	return status;
}

static enum kg_status say_left_out(struct placing *placing)
{
	struct kg_recover *recover = placing->recover;
	if (placing->left_out_count == 0)
		return KG_OK;
	return choose(recover,
		      arena_format(&recover->memory,
				   "%" PRIu64 " call%s of ioctls that the reference VMM does not "
				   "have, the first in line %" PRIu64 ": left out",
				   placing->left_out_count, placing->left_out_count == 1 ? "" : "s",
				   placing->left_out->line_no));
}

static enum kg_status conclude(struct placing *placing, const struct outcome *outcome)
{
	struct kg_recover *recover = placing->recover;
	if (placing->whole == 0 || placing->info->exits_only)
		return say_nothing_whole(placing);
	enum kg_status status = say_odd(recover, &outcome->odd, placing->info->calls.max_depth);
	if (status == KG_OK && outcome->differs)
		status = set_why(recover, KG_RECOVERED_IN_PART,
				 arena_format(&recover->memory,
					      "the %" PRIu64
					      " VMs of the trace led different lives; "
					      "these are the steps of the first",
					      placing->whole));
	if (status == KG_OK)
		status = say_left_out(placing);
	if (status == KG_OK && placing->is_tss_told)
		status = choose(recover,
				"the order of set-identity-map and set-tss-addr, which look "
				"the same: the map first");
	if (status == KG_OK && placing->cut > 0)
		status = choose(recover,
				"VMs that the trace does not have from begin to end: left out");
	recover->scenario.vms = outcome->differs ? 1 : placing->whole;
	if (status == KG_OK && !outcome->differs)
		status = count_parallel(placing, &recover->scenario.parallel);
	return status;
}

enum kg_status lives_recover(struct kg_recover *recover, const struct kg_info *info)
{
	struct placing placing = { .recover = recover, .info = info };
	struct outcome outcome = { 0 };
	enum kg_status status = roots_place(&placing);
	if (status == KG_OK)
		status = add_lives(&placing, &outcome);
	if (status == KG_OK)
		status = conclude(&placing, &outcome);
	column_release(&placing.lives.seen);
	column_release(&placing.lives.lives);
	column_release(&placing.placed);
	column_release(&placing.life_of);
	column_release(&placing.exits);
	return status;
}

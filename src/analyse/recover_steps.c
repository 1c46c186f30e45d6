/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which steps of a VMM the roots of one life are, and chooses what they do not tell. */
#include "analyse/recover.h"

#include "base/memory.h"
#include "base/banned.h"

/* Registers that a vCPU was given. */
enum registers_set { SET_SPECIAL = 1 << 0, SET_GENERAL = 1 << 1 };

/* What is known of a life while its steps are made. */
struct making {
	struct kg_recover *recover;
	struct life_rows *life;
	struct odd_exits *odd;
	size_t first_step; /* of this life */
	size_t work_end;   /* roots of the first strand before its last closes */
	uint32_t vcpu_count;
	uint32_t thread_count; /* strands beside the first one */
	uint32_t seen_of[KG_STEP_KIND_COUNT];
	COLUMN(bool) slots; /* whether there is one of that number */
	uint32_t slots_now;
	uint32_t slots_most;
	uint32_t moved; /* the slot that was moved last */
	bool has_map;
	bool has_run;
	bool has_loaded;
	bool has_slot;
	bool has_logged;  /* a slot is logged */
	bool has_guessed; /* which one that is */
	bool has_added_regs;
	size_t slot_step;	/* the step that added the last slot */
	size_t logged_step;	/* the one that is logged */
	COLUMN(uint8_t) set_of; /* by vCPU: which registers were set, enum registers_set */
	bool is_torn_down;	/* its last closes are made now */
};

static bool is_close(uint8_t kind)
{
	return kind == KG_STEP_CLOSE_VCPU || kind == KG_STEP_CLOSE_VM;
}

/* Whether a root at the end is the VM's teardown: what a process does before it exits is not. */
static bool is_last_close(const struct life_rows *life, const struct life_root *root)
{
	return is_close(root->step) && (!life->has_exit || root->root->line_no > life->exit_line);
}

static enum kg_status add_step(struct making *making, struct kg_step step)
{
	struct kg_recover *recover = making->recover;
	if (recover->steps.count >= UINT32_MAX || !column_push(&recover->steps, step))
		return KG_NOMEM;
	return KG_OK;
}

/* A step that no trace shows, or that this one does not. */
static enum kg_status add_unseen(struct making *making, enum kg_step_kind kind, uint32_t vcpu)
{
	return add_step(making, (struct kg_step){ .kind = (uint8_t)kind, .vcpu = vcpu });
}

/* ---- memslots -------------------------------------------------------------------------------- */

static enum kg_status add_slot(struct making *making, const struct root *root, struct kg_step *step)
{
	uint32_t slot = 0;
	while (slot < making->slots.count && making->slots.at[slot])
		slot++;
	if (!column_reach(&making->slots, slot))
		return KG_NOMEM;
	making->slots.at[slot] = true;
	making->slots_now++;
	if (making->slots_now > making->slots_most)
		making->slots_most = making->slots_now;
	step->slot = slot;
	step->is_logged = (root->marks & MARK_SLOT_LOGGED) != 0;
	making->has_slot = true;
	making->slot_step = making->recover->steps.count;
	if (step->is_logged) {
		making->has_logged = true;
		making->logged_step = making->slot_step;
	}
	return KG_OK;
}

/* The next slot behind `from` that there is, the main one last; 0 without any. */
static uint32_t next_slot(const struct making *making, uint32_t from)
{
	for (size_t slot = from + 1; slot < making->slots.count; slot++) {
		if (making->slots.at[slot])
			return (uint32_t)slot;
	}
	for (size_t slot = 1; slot <= from && slot < making->slots.count; slot++) {
		if (making->slots.at[slot])
			return (uint32_t)slot;
	}
	return 0;
}

static void delete_slot(struct making *making, struct kg_step *step)
{
	step->slot = next_slot(making, 0);
	if (step->slot >= making->slots.count || !making->slots.at[step->slot])
		return;
	making->slots.at[step->slot] = false;
	making->slots_now--;
}

/* Where the trace does not tell which slot is logged: the last one before the log is asked for. */
static void find_logged(struct making *making, struct kg_step *dirty_log)
{
	struct kg_step *steps = making->recover->steps.at;
	if (!making->has_logged && making->has_slot) {
		making->has_logged = true;
		making->has_guessed = true;
		making->logged_step = making->slot_step;
		steps[making->logged_step].is_logged = true;
	}
	if (making->has_logged)
		dirty_log->slot = steps[making->logged_step].slot;
}

static enum kg_status fill_slot(struct making *making, const struct root *root,
				struct kg_step *step)
{
	switch ((enum kg_step_kind)step->kind) {
	case KG_STEP_MEMSLOT_ADD:
		return add_slot(making, root, step);
	case KG_STEP_MEMSLOT_MOVE:
		making->moved = next_slot(making, making->moved);
		step->slot = making->moved;
		return KG_OK;
	case KG_STEP_MEMSLOT_DELETE:
		delete_slot(making, step);
		return KG_OK;
	case KG_STEP_DIRTY_LOG:
		find_logged(making, step);
		return KG_OK;
	default:
		return KG_OK;
	}
}

/* ---- modes ----------------------------------------------------------------------------------- */

#define PAGING_MODES (KG_MODE_PAGED | KG_MODE_LONG)

/* What a set-sregs leaves possible after a vCPU was in one of `before`. */
static uint8_t modes_of(const struct root *root, uint8_t before)
{
	if ((root->marks & MARK_MODE_CHANGED) == 0)
		return before;
	if ((root->marks & MARK_PAGING) == 0)
		return before == KG_MODE_REAL ? KG_MODE_PROTECTED
					      : KG_MODE_REAL | KG_MODE_PROTECTED;
	if ((root->marks & MARK_LONG_MODE) != 0)
		return KG_MODE_LONG | KG_MODE_INVALID;
	return PAGING_MODES | KG_MODE_INVALID;
}

/* On Intel's processors it shows when a vCPU without paging goes into long mode. */
static uint8_t narrow_by_vendor(const struct making *making, uint8_t modes, uint8_t before)
{
	if (making->recover->scenario.vendor == KG_VENDOR_VMX && modes & KG_MODE_PAGED &&
	    (before & PAGING_MODES) == 0)
		return KG_MODE_PAGED | KG_MODE_INVALID;
	return modes;
}

/* The run that comes next for a vCPU; NULL: none. */
static const struct kg_step *next_run(const struct making *making, size_t from, uint32_t vcpu)
{
	const struct kg_recover *recover = making->recover;
	for (size_t i = from; i < recover->steps.count; i++) {
		const struct kg_step *step = &recover->steps.at[i];
		if (step->kind == KG_STEP_RUN && step->vcpu == vcpu)
			return step;
	}
	return NULL;
}

static uint64_t leading_faults(const struct kg_recover *recover, const struct kg_step *run)
{
	if (run->act_count == 0 || recover->acts.at[run->first_act].kind != KG_ACT_TOUCH)
		return 0;
	return recover->acts.at[run->first_act].count;
}

static bool ends_invalid(const struct kg_recover *recover, const struct kg_step *run)
{
	return run->act_count > 0 &&
	       recover->acts.at[run->first_act + run->act_count - 1].kind == KG_ACT_INVALID;
}

/*
 * Of several modes the one that the next run speaks for: page tables of long mode cost more faults
 * than those of 32 bits, as long as nothing of them has been read.
 */
static uint8_t choose_mode(const struct kg_recover *recover, uint8_t modes,
			   const struct kg_step *run, bool has_run_before)
{
	const bool is_invalid = run != NULL && ends_invalid(recover, run);
	if (is_invalid && (modes & KG_MODE_INVALID) != 0)
		return KG_MODE_INVALID;
	modes &= (uint8_t)~KG_MODE_INVALID;
	if ((modes & (modes - 1)) == 0)
		return modes;
	if ((modes & PAGING_MODES) == 0)
		return KG_MODE_PROTECTED;
	if (run != NULL && has_run_before && leading_faults(recover, run) == 1)
		return KG_MODE_PAGED;
	return KG_MODE_LONG;
}

static enum kg_status choose_modes(struct making *making, bool says_choices)
{
	struct kg_recover *recover = making->recover;
	bool has_run = false;
	bool was_open = false;
	for (size_t i = making->first_step; i < recover->steps.count; i++) {
		struct kg_step *step = &recover->steps.at[i];
		has_run |= step->kind == KG_STEP_RUN;
		if (step->kind != KG_STEP_SET_SREGS)
			continue;
		const uint8_t modes = step->modes & (uint8_t)~KG_MODE_INVALID;
		was_open |= (modes & (modes - 1)) != 0;
		step->mode =
			choose_mode(recover, step->modes, next_run(making, i, step->vcpu), has_run);
	}
	if (!was_open || !says_choices)
		return KG_OK;
	return choose(recover, "mode of the processor: the trace tells only whether it has paging; "
			       "the faults of the next run tell more");
}

/* ---- one root after the other ---------------------------------------------------------------- */

/* Which vCPU a root is about. */
static uint32_t vcpu_of(struct making *making, const struct life_root *root)
{
	if (!kg_step_is_of_vcpu((enum kg_step_kind)root->step) || making->vcpu_count == 0)
		return 0;
	if (root->strand > 0)
		return (root->strand - 1) % making->vcpu_count;
	return making->seen_of[root->step]++ % making->vcpu_count;
}

/* The modes that a vCPU may be in by the steps so far. */
static uint8_t modes_before(const struct making *making, uint32_t vcpu)
{
	const struct kg_recover *recover = making->recover;
	for (size_t i = recover->steps.count; i-- > making->first_step;) {
		const struct kg_step *step = &recover->steps.at[i];
		if (step->kind == KG_STEP_SET_SREGS && step->vcpu == vcpu)
			return step->modes;
	}
	return KG_MODE_REAL;
}

/* What a guest needs before a vCPU is used, where it was not seen. */
static enum kg_status get_ready(struct making *making)
{
	enum kg_status status = KG_OK;
	if (making->has_loaded)
		return KG_OK;
	making->has_loaded = true;
	for (uint32_t vcpu = 0; vcpu < making->vcpu_count && !making->has_map && making->has_run;
	     vcpu++) {
		if (vcpu == 0)
			status = add_unseen(making, KG_STEP_MMAP_SIZE, 0);
		if (status == KG_OK)
			status = add_unseen(making, KG_STEP_MAP_VCPU, vcpu);
		if (status != KG_OK)
			return status;
	}
	return add_unseen(making, KG_STEP_LOAD_GUEST, 0);
}

static enum kg_status add_run(struct making *making, const struct life_root *roots, size_t count,
			      struct kg_step *step, size_t *taken)
{
	bool goes_on = true;
	size_t last = 0;
	while (last < count && roots[last].step == KG_STEP_RUN && goes_on) {
		enum kg_status status = guest_goes_on(making->recover, &roots[last++], &goes_on);
		if (status != KG_OK)
			return status;
	}
	*taken = last;
	return guest_add_run(making->recover, roots, last, making->odd, step);
}

/* A vCPU whose mode was set has to be told where its guest begins, too. */
static enum kg_status get_registers(struct making *making, const struct kg_step *step)
{
	if (!column_reach(&making->set_of, step->vcpu))
		return KG_NOMEM;
	uint8_t *set = &making->set_of.at[step->vcpu];
	*set |= step->kind == KG_STEP_SET_SREGS ? SET_SPECIAL : 0;
	*set |= step->kind == KG_STEP_SET_REGS ? SET_GENERAL : 0;
	if (step->kind != KG_STEP_RUN || *set != SET_SPECIAL)
		return KG_OK;
	*set |= SET_GENERAL;
	making->has_added_regs = true;
	return add_step(making, (struct kg_step){ .kind = KG_STEP_SET_REGS,
						  .vcpu = step->vcpu,
						  .in_vcpu_thread = step->in_vcpu_thread });
}

/* Adds the step that starts with the first of `count` roots; *taken: how many of them it is. */
static enum kg_status add_root(struct making *making, const struct life_root *roots, size_t count,
			       size_t *taken)
{
	const struct life_root *root = &roots[0];
	struct kg_step step = { .line_no = root->root->line_no,
				.kind = root->step,
				.in_vcpu_thread = root->strand > 0 };
	enum kg_status status = KG_OK;
	*taken = 1;
	if (root->step >= KG_STEP_SET_CPUID && root->step <= KG_STEP_RUN)
		status = get_ready(making);
	step.vcpu = vcpu_of(making, root);
	if (root->step == KG_STEP_CLOSE_VCPU && !making->is_torn_down)
		status = add_unseen(making, KG_STEP_UNMAP_VCPU, step.vcpu);
	if (status == KG_OK)
		status = get_registers(making, &step);
	if (status == KG_OK && root->step == KG_STEP_RUN)
		status = add_run(making, roots, count, &step, taken);
	if (status == KG_OK)
		status = fill_slot(making, root->root, &step);
	if (step.kind == KG_STEP_SET_SREGS) {
		const uint8_t before = modes_before(making, step.vcpu);
		step.modes = narrow_by_vendor(making, modes_of(root->root, before), before);
	}
	return status == KG_OK ? add_step(making, step) : status;
}

static enum kg_status add_roots(struct making *making, size_t from, size_t to)
{
	const struct life_root *roots = making->life->roots.at;
	while (from < to) {
		size_t taken;
		enum kg_status status = add_root(making, &roots[from], to - from, &taken);
		if (status != KG_OK)
			return status;
		from += taken;
	}
	return KG_OK;
}

/* ---- begin and end --------------------------------------------------------------------------- */

static enum kg_status add_teardown(struct making *making, size_t first_end)
{
	if (making->life->has_exit)
		return add_unseen(making, KG_STEP_EXIT, 0);
	const struct life_root *roots = making->life->roots.at;
	uint32_t closed = 0;
	making->is_torn_down = true;
	for (size_t i = making->work_end; i < first_end; i++)
		closed += roots[i].step == KG_STEP_CLOSE_VCPU;
	enum kg_status status = KG_OK;
	for (uint32_t vcpu = 0; vcpu < closed && vcpu < making->vcpu_count && status == KG_OK;
	     vcpu++)
		status = add_unseen(making, KG_STEP_UNMAP_VCPU, vcpu);
	if (status == KG_OK)
		status = add_roots(making, making->work_end, first_end);
	return status == KG_OK ? add_unseen(making, KG_STEP_CLOSE, 0) : status;
}

/* Where what the other strands do has its place in the first one. */
static size_t split_first(const struct making *making, size_t first_end)
{
	const struct life_root *roots = making->life->roots.at;
	uint64_t line_no = UINT64_MAX;
	for (size_t i = first_end; i < making->life->roots.count; i++) {
		if (roots[i].root->line_no < line_no)
			line_no = roots[i].root->line_no;
	}
	size_t split = 0;
	while (split < making->work_end && roots[split].root->line_no < line_no)
		split++;
	return split;
}

static void look_at_roots(struct making *making, size_t *first_end)
{
	const struct life_rows *life = making->life;
	*first_end = 0;
	for (size_t i = 0; i < life->roots.count; i++) {
		const struct life_root *root = &life->roots.at[i];
		if (root->strand == 0)
			*first_end = i + 1;
		making->vcpu_count += root->step == KG_STEP_CREATE_VCPU;
		making->has_map |= root->step == KG_STEP_MAP_VCPU;
		making->has_run |= root->step == KG_STEP_RUN;
	}
	making->work_end = *first_end;
	while (making->work_end > 0 && is_last_close(life, &life->roots.at[making->work_end - 1]))
		making->work_end--;
	making->thread_count = (uint32_t)life->strands.count - 1;
}

static enum kg_status say_choices(struct making *making)
{
	struct kg_recover *recover = making->recover;
	enum kg_status status =
		choose(recover, "sizes and places of memory: as little as is needed");
	if (status == KG_OK && making->has_run)
		status = choose(recover, "the guest's code: what leaves the guest the same way");
	if (status == KG_OK && making->vcpu_count > 1)
		status = choose(recover, making->thread_count > 0
						 ? "numbers of vCPUs: in the order of their "
						   "threads' pids"
						 : "numbers of vCPUs: in turn");
	if (status == KG_OK && making->slots_most > 1)
		status = choose(recover, "numbers of memslots: in turn, the first is the main one");
	if (status == KG_OK && making->has_guessed)
		status = choose(recover, "the memslot whose dirty pages are logged: the last one "
					 "before the log is asked for");
	if (status == KG_OK && making->has_added_regs)
		status = choose(recover, "set-regs: where a guest begins has to be said");
	return status;
}

enum kg_status steps_make(struct kg_recover *recover, struct life_rows *life, struct odd_exits *odd,
			  bool says_choices)
{
	struct making making = {
		.recover = recover, .life = life, .odd = odd, .first_step = recover->steps.count
	};
	size_t first_end;
	look_at_roots(&making, &first_end);
	const size_t split = split_first(&making, first_end);
	enum kg_status status = add_unseen(&making, KG_STEP_OPEN, 0);
	if (status == KG_OK)
		status = add_roots(&making, 0, split);
	if (status == KG_OK)
		status = add_roots(&making, first_end, life->roots.count);
	if (status == KG_OK)
		status = add_roots(&making, split, making.work_end);
	if (status == KG_OK)
		status = add_teardown(&making, first_end);
	if (status == KG_OK)
		status = choose_modes(&making, says_choices);
	if (status == KG_OK && says_choices)
		status = say_choices(&making);
	if (says_choices) {
		recover->scenario.vcpu_count = making.vcpu_count;
		recover->scenario.slot_count = making.slots_most;
	}
	column_release(&making.slots);
	column_release(&making.set_of);
	return status;
}

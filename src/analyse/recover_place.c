/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which step a root is, and which roots are one VM's. */
#include "analyse/recover.h"

#include <stdlib.h>

#include "analyse/kvm_names.h"
#include "base/memory.h"
#include "base/banned.h"

/* ---- what a root is -------------------------------------------------------------------------- */

static uint8_t step_of_question(const struct root *root, const struct kg_phase *phase)
{
	if ((root->marks & MARK_SUPPORTED_CPUID) != 0)
		return KG_STEP_SUPPORTED_CPUID;
	if ((root->marks & MARK_OTHER_QUESTION) != 0)
		return KG_STEP_KIND_COUNT;
	return phase->ioctl != 0 ? KG_STEP_CHECK_EXTENSION : KG_STEP_API_VERSION;
}

static uint8_t step_of_memslot(const struct root *root)
{
	if ((root->marks & MARK_SLOT_FLUSHED) == 0)
		return KG_STEP_MEMSLOT_ADD;
	return (root->marks & MARK_SLOT_MADE) != 0 ? KG_STEP_MEMSLOT_MOVE : KG_STEP_MEMSLOT_DELETE;
}

static uint8_t step_of_release(const struct root *root)
{
	if (root->frame == FRAME_VM_RELEASE)
		return KG_STEP_CLOSE_VM;
	return root->frame == FRAME_VCPU_RELEASE ? KG_STEP_CLOSE_VCPU : KG_STEP_KIND_COUNT;
}

static uint8_t step_of_phase(const struct root *root, const struct kg_phase *phase)
{
	switch ((enum kg_phase_kind)phase->kind) {
	case KG_PHASE_PROBE:
		return step_of_question(root, phase);
	case KG_PHASE_CREATE_VM:
		return KG_STEP_CREATE_VM;
	case KG_PHASE_SET_TSS:
		return KG_STEP_SET_TSS_ADDR;
	case KG_PHASE_MEMSLOT:
		return step_of_memslot(root);
	case KG_PHASE_CREATE_VCPU:
		return KG_STEP_CREATE_VCPU;
	case KG_PHASE_MMAP_SIZE:
		return KG_STEP_MMAP_SIZE;
	case KG_PHASE_MAP_VCPU:
		return KG_STEP_MAP_VCPU;
	case KG_PHASE_GET_SREGS:
		return KG_STEP_GET_SREGS;
	case KG_PHASE_SET_SREGS:
		return KG_STEP_SET_SREGS;
	case KG_PHASE_GET_REGS:
		return KG_STEP_GET_REGS;
	case KG_PHASE_SET_REGS:
		return KG_STEP_SET_REGS;
	case KG_PHASE_RUN:
		return KG_STEP_RUN;
	case KG_PHASE_RELEASE_VCPU:
	case KG_PHASE_RELEASE_VM:
	case KG_PHASE_DESTROY_VM:
		return step_of_release(root);
	case KG_PHASE_VCPU_FAULT:
	case KG_PHASE_MMU_NOTIFIER:
	case KG_PHASE_MM_TEARDOWN:
	case KG_PHASE_HARDWARE_ENABLE:
	case KG_PHASE_HARDWARE_DISABLE:
	case KG_PHASE_WORKER:
	case KG_PHASE_RCU:
	case KG_PHASE_KIND_COUNT:
		break;
	}
	return KG_STEP_KIND_COUNT;
}

/* What an ioctl that is no phase does. */
static uint8_t step_of_ioctl(const struct root *root)
{
	static const struct {
		uint8_t frame;
		uint32_t mark;
		uint8_t step;
	} rows[] = {
		{ FRAME_VM_IOCTL, MARK_IRQCHIP, KG_STEP_CREATE_IRQCHIP },
		{ FRAME_VM_IOCTL, MARK_PIT, KG_STEP_CREATE_PIT },
		{ FRAME_VM_IOCTL, MARK_IDENTITY_MAP, KG_STEP_SET_IDENTITY_MAP },
		{ FRAME_VM_IOCTL, MARK_DIRTY_LOG, KG_STEP_DIRTY_LOG },
		{ FRAME_VCPU_IOCTL, MARK_SET_CPUID, KG_STEP_SET_CPUID },
		{ FRAME_VCPU_IOCTL, MARK_GET_CPUID, KG_STEP_GET_CPUID },
		{ FRAME_VCPU_IOCTL, MARK_SET_MSR, KG_STEP_SET_MSRS },
		{ FRAME_VCPU_IOCTL, MARK_GET_MSR, KG_STEP_GET_MSRS },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].frame == root->frame && (rows[i].mark & root->marks) != 0)
			return rows[i].step;
	}
	return KG_STEP_KIND_COUNT;
}

/* ---- whose a root is ------------------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b)
{
	const struct placed *left = a;
	const struct placed *right = b;
	if (left->root->line_no != right->root->line_no)
		return left->root->line_no < right->root->line_no ? -1 : 1;
	return left->root < right->root ? -1 : left->root > right->root;
}

static int find_line(const void *key, const void *row)
{
	const uint64_t line_no = *(const uint64_t *)key;
	const struct placed *placed = row;
	if (line_no != placed->root->line_no)
		return line_no < placed->root->line_no ? -1 : 1;
	return 0;
}

static enum kg_status list_roots(struct placing *placing)
{
	const struct root_watch *watch = &placing->recover->watch;
	for (size_t i = 0; i < watch->rows.count; i++) {
		const struct root *root = &watch->rows.at[i];
		const struct placed placed = { .root = root,
					       .life = NO_LIFE,
					       .run_index = UINT32_MAX,
					       .task_id = root->task_id,
					       .step = step_of_ioctl(root) };
		if (!column_push(&placing->placed, placed))
			return KG_NOMEM;
	}
	if (placing->placed.count > 0)
		qsort(placing->placed.at, placing->placed.count, sizeof(*placing->placed.at),
		      compare_lines);
	for (size_t i = 0; i < placing->placed.count; i++) {
		const struct root *root = placing->placed.at[i].root;
		if (root->frame == 0 && !column_push(&placing->exits, root))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* Roots that are phases are where these are. */
static enum kg_status place_phases(struct placing *placing)
{
	for (size_t i = 0; i < placing->lives.seen.count; i++) {
		const struct seen *seen = &placing->lives.seen.at[i];
		struct kg_phase phase;
		placing->strays += seen->life == NO_LIFE;
		enum kg_status status = kg_life_phase(placing->recover->life, seen->row, &phase);
		if (status != KG_OK)
			return status;
		struct placed *placed =
			placing->placed.count == 0
				? NULL
				: bsearch(&phase.line_no, placing->placed.at, placing->placed.count,
					  sizeof(*placing->placed.at), find_line);
		if (placed == NULL)
			continue;
		placed->life = seen->life;
		placed->task_id = seen->task_id;
		placed->run_index = phase.run_index;
		placed->step = step_of_phase(placed->root, &phase);
	}
	return KG_OK;
}

static bool is_end(const struct placing *placing, const struct placed *placed)
{
	const struct vm_life *life = &placing->lives.lives.at[placed->life];
	const bool is_release = (placed->root->frame & FRAME_RELEASES) != 0;
	return is_release && life->alive == 0;
}

/* The others are in the life that their task is in before them, or else behind them. */
static enum kg_status place_others(struct placing *placing, bool is_backward)
{
	for (size_t i = 0; i < placing->life_of.count; i++)
		placing->life_of.at[i] = 0;
	for (size_t i = 0; i < placing->placed.count; i++) {
		struct placed *placed =
			&placing->placed.at[is_backward ? placing->placed.count - 1 - i : i];
		if (placed->task_id == KG_NO_TASK)
			continue;
		if (!column_reach(&placing->life_of, placed->task_id))
			return KG_NOMEM;
		uint32_t *life = &placing->life_of.at[placed->task_id];
		if (placed->life != NO_LIFE)
			*life = is_end(placing, placed) && !is_backward ? 0 : placed->life + 1;
		else if (*life != 0 && placed->root->frame != 0)
			placed->life = *life - 1;
	}
	return KG_OK;
}

static void rank_strands(struct placing *placing)
{
	for (size_t i = 0; i < placing->placed.count; i++) {
		struct placed *placed = &placing->placed.at[i];
		if (placed->life == NO_LIFE)
			continue;
		const struct vm_life *life = &placing->lives.lives.at[placed->life];
		const int64_t pid = kg_tasks_get(placing->info->tasks, placed->task_id)->pid;
		placed->rank = placed->task_id == life->creator ? 0 : (uint32_t)(pid + 2);
	}
}

static int compare_placed(const void *a, const void *b)
{
	const struct placed *left = a;
	const struct placed *right = b;
	if (left->life != right->life)
		return left->life < right->life ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	if (left->task_id != right->task_id)
		return left->task_id < right->task_id ? -1 : 1;
	return compare_lines(a, b);
}

enum kg_status roots_place(struct placing *placing)
{
	enum kg_status status =
		lives_gather(&placing->lives, placing->recover->life, placing->info->tasks);
	if (status == KG_OK)
		status = list_roots(placing);
	if (status == KG_OK)
		status = place_phases(placing);
	if (status == KG_OK)
		status = place_others(placing, false);
	if (status == KG_OK)
		status = place_others(placing, true);
	if (status != KG_OK || placing->placed.count == 0)
		return status;
	rank_strands(placing);
	qsort(placing->placed.at, placing->placed.count, sizeof(*placing->placed.at),
	      compare_placed);
	return KG_OK;
}

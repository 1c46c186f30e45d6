/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls are steps of a VM's life. */
#include "analyse/life.h"

#include "base/banned.h"

static bool is_unseen(const struct kg_call *call)
{
	return (call->flags & KG_CALL_LATE) != 0;
}

static void reset_clues(struct phase_clues *clues)
{
	clues->first_call_id = KG_NO_CALL;
	clues->sign = NULL;
	clues->noise_calls = 0;
	clues->has_arch_ioctl = false;
	clues->run = (struct run_summary){ .ended_by = KG_REASON_UNKNOWN };
}

enum kg_status phase_open(struct kg_life *life, struct life_lane *lane, const struct kg_call *call,
			  struct kvm_role role)
{
	/* only a frame can have entries and exits inside */
	if (role.part == PART_FRAME) {
		enum kg_status status = exit_settle(life, lane, call);
		if (status != KG_OK)
			return status;
	}
	reset_clues(&lane->own);
	if (is_unseen(call)) {
		/* its callees have been handed out before it, and have ids above its own */
		if (lane->stray.first_call_id > call->id)
			lane->own = lane->stray;
		reset_clues(&lane->stray);
	}
	lane->phase_id = call->id;
	lane->phase_role = role;
	lane->hot_next_ns = 0;
	lane->hot_func_id = KG_NO_FUNC;
	return row_open(life, lane);
}

static uint8_t frames_of(struct kvm_role role)
{
	return role.part == PART_FRAME ? role.detail : 0;
}

enum kg_status phase_take_sign(struct kg_life *life, struct life_lane *lane,
			       const struct kg_call *call, const struct kvm_sign *sign)
{
	/* where its entry point is not traced, what a vCPU is told to do stands for itself */
	if (!lane_has_phase(lane) && sign->frames == FRAME_VCPU_IOCTL && !is_unseen(call)) {
		const struct kvm_role role = { PART_FRAME, FRAME_VCPU_IOCTL };
		enum kg_status status = phase_open(life, lane, call, role);
		if (status != KG_OK)
			return status;
	}
	struct phase_clues *clues = lane_clues(lane);
	/* outside of a phase it waits for one that may turn up */
	bool is_fitting =
		!lane_has_phase(lane) || (frames_of(lane->phase_role) & sign->frames) != 0;
	if (clues->sign == NULL && is_fitting)
		clues->sign = sign;
	if (sign->phase == KG_PHASE_RUN)
		life->has_run = true;
	return KG_OK;
}

/*
 * How large a vCPU's page is asks who has just made one, of whichever VM; the task of another VM,
 * which is about to be made, still asks what /dev/kvm can do. No task is 0 here.
 */
static bool has_vcpu(const struct kg_life *life, kg_task_id task_id)
{
	const kg_task_id key = task_id + 1;
	return key < life->has_vcpu.count && life->has_vcpu.at[key];
}

static enum kg_status set_has_vcpu(struct kg_life *life, kg_task_id task_id, bool has_vcpu)
{
	const kg_task_id key = task_id + 1;
	if (!column_reach(&life->has_vcpu, key))
		return KG_NOMEM;
	life->has_vcpu.at[key] = has_vcpu;
	return KG_OK;
}

/* What a frame without a sign is, going by where it stands and what it does not call. */
static uint8_t kind_without_sign(const struct kg_life *life, const struct life_lane *lane,
				 const struct kg_call *call)
{
	bool is_complete = (call->flags & KG_CALL_INCOMPLETE) == 0;
	switch ((enum kvm_frame)lane->phase_role.detail) {
	case FRAME_DEV_IOCTL:
		if (!is_complete)
			return NOT_A_PHASE;
		return has_vcpu(life, call->task_id) ? KG_PHASE_MMAP_SIZE : KG_PHASE_PROBE;
	case FRAME_VM_IOCTL:
		/* on AMD's processors there is nothing to do for KVM_SET_TSS_ADDR */
		if (is_complete && lane->own.has_arch_ioctl && !life->has_run &&
		    call->call_count == 2 + lane->own.noise_calls && life->vendor == KG_VENDOR_SVM)
			return KG_PHASE_SET_TSS;
		return NOT_A_PHASE;
	case FRAME_VM_RELEASE:
		return KG_PHASE_RELEASE_VM;
	case FRAME_VCPU_RELEASE:
		return KG_PHASE_RELEASE_VCPU;
	case FRAME_VCPU_IOCTL:
	case FRAME_FILE_RELEASE:
	case FRAME_RELEASES:
		break;
	}
	return NOT_A_PHASE;
}

static uint8_t kind_of(const struct kg_life *life, const struct life_lane *lane,
		       const struct kg_call *call)
{
	if (lane->phase_role.part == PART_STEP)
		return lane->phase_role.detail;
	const struct kvm_sign *sign = lane->own.sign;
	if (sign != NULL && (sign->frames & lane->phase_role.detail) != 0)
		return sign->phase;
	return kind_without_sign(life, lane, call);
}

static struct kg_phase phase_of(const struct life_lane *lane, const struct kg_call *call,
				uint8_t kind)
{
	struct kg_phase phase = {
		/* where only ends are recorded there is no other line */
		.line_no = (call->flags & (KG_CALL_LATE | KG_CALL_NO_START)) == KG_CALL_LATE
				   ? call->end_line_no
				   : call->line_no,
		.dur_ns = call->dur_ns,
		.self_ns = call->self_ns,
		.calls = call->call_count,
		.hot_func_id = KG_NO_FUNC,
		.func_id = call->func_id,
		.task_id = call->task_id,
		.run_index = UINT32_MAX,
		.cpu_enter = call->cpu_enter,
		.cpu_leave = call->cpu_leave,
		.kind = kind,
		.flags = call->flags,
	};
	if (lane->own.sign != NULL && lane->own.sign->phase == kind)
		phase.ioctl = lane->own.sign->ioctl;
	if (lane->hot_func_id == KG_NO_FUNC)
		return phase;
	uint64_t hot_self_ns = lane->hot_next_ns - 1;
	if (call->self_ns == KG_NO_NS || call->self_ns < hot_self_ns) {
		phase.hot_func_id = lane->hot_func_id;
		phase.hot_self_ns = hot_self_ns;
	}
	return phase;
}

enum kg_status phase_close(struct kg_life *life, struct life_lane *lane, const struct kg_call *call)
{
	enum kg_status status = KG_OK;
	if (lane->phase_role.part == PART_FRAME)
		status = exit_settle(life, lane, call);
	if (status == KG_OK)
		status = run_finish(life, &lane->own);
	if (status != KG_OK)
		return status;
	uint8_t kind = kind_of(life, lane, call);
	struct kg_phase phase = phase_of(lane, call, kind);
	lane->phase_id = KG_NO_CALL;
	lane->hot_next_ns = UINT64_MAX;
	if (kind == NOT_A_PHASE)
		return KG_OK;
	lane->last_phase_id = call->id;
	if (kind == KG_PHASE_CREATE_VM || kind == KG_PHASE_DESTROY_VM) {
		/* another VM: what tells one ioctl without callees from another begins anew */
		life->has_run = false;
		status = set_has_vcpu(life, call->task_id, false);
	}
	if (kind == KG_PHASE_CREATE_VCPU)
		status = set_has_vcpu(life, call->task_id, true);
	if (status == KG_OK && is_unseen(call))
		status = rows_drop_below(life, lane, call->id);
	if (status != KG_OK || (call->flags & KG_CALL_HIDDEN) != 0)
		return status;
	return row_close(life, lane, call, &phase);
}

void phases_end_tree(struct life_lane *lane)
{
	lane->last_row = NO_ROW;
	reset_clues(&lane->stray);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows by which calls inside of an ioctl a trace shows which ioctl it is. */
#include "analyse/recover.h"

#include <string.h>

#include "analyse/kvm_names.h"
#include "base/memory.h"
#include "base/banned.h"

/* ---- vocabulary ------------------------------------------------------------------------------ */

/* A function either begins a root or leaves marks in the one around it. */
#define TELLS_ROOT (UINT32_C(1) << 31)
#define TELLS_EFER (UINT32_C(1) << 30) /* long mode, if it is inside of setting CR0 */
#define LOOKED_AT (UINT32_C(1) << 29)
#define FRAME_OF(tells) ((uint8_t)(tells))

static const struct {
	const char *name;
	uint32_t tells;
} vocabulary[] = {
	{ "kvm_dev_ioctl", TELLS_ROOT | FRAME_DEV_IOCTL },
	{ "kvm_vm_ioctl", TELLS_ROOT | FRAME_VM_IOCTL },
	{ "kvm_vcpu_ioctl", TELLS_ROOT | FRAME_VCPU_IOCTL },
	{ "kvm_mmu_notifier_release", TELLS_ROOT },

	{ "kvm_dev_ioctl_get_cpuid", MARK_SUPPORTED_CPUID },
	{ "kvm_arch_dev_ioctl", MARK_OTHER_QUESTION },
	{ "vmx_set_identity_map_addr", MARK_IDENTITY_MAP },
	{ "svm_set_identity_map_addr", MARK_IDENTITY_MAP },
	{ "vt_set_identity_map_addr", MARK_IDENTITY_MAP },
	{ "kvm_pic_init", MARK_IRQCHIP },
	{ "kvm_create_pit", MARK_PIT },
	{ "kvm_get_dirty_log_protect", MARK_DIRTY_LOG },
	{ "kvm_vm_ioctl_get_dirty_log", MARK_DIRTY_LOG },
	{ "kvm_get_dirty_log", MARK_DIRTY_LOG },

	{ "kvm_vcpu_ioctl_set_cpuid", MARK_SET_CPUID },
	{ "kvm_vcpu_ioctl_set_cpuid2", MARK_SET_CPUID },
	{ "kvm_vcpu_ioctl_get_cpuid2", MARK_GET_CPUID },
	{ "do_get_msr", MARK_GET_MSR },
	{ "kvm_get_msr_ignored_check", MARK_GET_MSR },
	{ "__kvm_get_msr", MARK_GET_MSR },
	{ "do_set_msr", MARK_SET_MSR },
	{ "kvm_set_msr_ignored_check", MARK_SET_MSR },
	{ "__kvm_set_msr", MARK_SET_MSR },

	{ "kvm_arch_flush_shadow_memslot", MARK_SLOT_FLUSHED },
	{ "kvm_alloc_memslot_metadata", MARK_SLOT_MADE },
	{ "kvm_page_track_create_memslot", MARK_SLOT_MADE },
	{ "kvm_use_dirty_bitmap", MARK_SLOT_LOGGED },

	{ "kvm_mmu_reset_context", MARK_MODE_CHANGED },
	{ "update_permission_bitmask", MARK_PAGING },
	{ "enter_lmode", MARK_LONG_MODE },
	{ "vmx_set_cr0", MARK_SET_CR0 },
	{ "vmx_set_efer", TELLS_EFER },

	{ "vcpu_mmio_read", MARK_MMIO_READ },
	{ "read_exit_mmio", MARK_MMIO_READ },
	{ "complete_fast_pio_in", MARK_PIO_IN_DONE },
};

static uint32_t look_up(const struct kg_func *func)
{
	if (func->module[0] != '\0' && strncmp(func->module, "kvm", 3) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(vocabulary) / sizeof(vocabulary[0]); i++) {
		if (strcmp(vocabulary[i].name, func->base) == 0)
			return vocabulary[i].tells;
	}
	/* files that keep a VM, and what a vCPU's is mapped by: the same as for phases */
	const struct kvm_role role = kvm_role_of(func);
	if (role.part == PART_FRAME)
		return TELLS_ROOT | role.detail;
	if (role.part == PART_STEP && role.detail == KG_PHASE_MAP_VCPU)
		return TELLS_ROOT | FRAME_VCPU_IOCTL;
	return 0;
}

/* Fills *tells; false when memory is out. */
static bool find_tells(struct root_watch *watch, kg_func_id func_id, uint32_t *tells)
{
	*tells = 0;
	if (func_id == KG_NO_FUNC)
		return true;
	if (!column_reach(&watch->tells, func_id))
		return false;
	uint32_t *known = &watch->tells.at[func_id];
	if (*known == 0)
		*known = LOOKED_AT | look_up(kg_funcs_get(watch->funcs, func_id));
	*tells = *known & ~LOOKED_AT;
	return true;
}

/* ---- the sink -------------------------------------------------------------------------------- */

static struct root_lane *reach_lane(struct root_watch *watch, uint32_t lane_id)
{
	const struct root_lane fresh = { .root_id = KG_NO_CALL, .cr0_id = KG_NO_CALL };
	while (watch->lanes.count <= lane_id) {
		if (!column_push(&watch->lanes, fresh))
			return NULL;
	}
	return &watch->lanes.at[lane_id];
}

static enum kg_status begin_root(struct root_watch *watch, struct root_lane *lane,
				 const struct kg_call *call, uint32_t tells)
{
	const struct root root = { .line_no = call->line_no,
				   .task_id = call->task_id,
				   .func_id = call->func_id,
				   .frame = FRAME_OF(tells) };
	if (watch->rows.count >= UINT32_MAX || !column_push(&watch->rows, root))
		return KG_NOMEM;
	*lane = (struct root_lane){ .root_id = call->id,
				    .cr0_id = KG_NO_CALL,
				    .row = (uint32_t)watch->rows.count - 1 };
	return KG_OK;
}

static void mark_root(struct root_watch *watch, struct root_lane *lane, const struct kg_call *call,
		      uint32_t tells)
{
	struct root *root = &watch->rows.at[lane->row];
	/* a VM that is destroyed lets go of its memory inside */
	if ((tells & TELLS_ROOT) != 0)
		return;
	if (tells == MARK_SET_CR0)
		lane->cr0_id = call->id;
	if ((tells & TELLS_EFER) != 0)
		tells = lane->cr0_id != KG_NO_CALL ? MARK_LONG_MODE : 0;
	root->marks |= tells;
}

static enum kg_status begin(struct root_watch *watch, const struct kg_call *call, uint32_t tells)
{
	struct root_lane *lane = reach_lane(watch, call->lane_id);
	if (lane == NULL)
		return KG_NOMEM;
	if (lane->root_id != KG_NO_CALL)
		mark_root(watch, lane, call, tells);
	else if ((tells & TELLS_ROOT) != 0)
		return begin_root(watch, lane, call, tells);
	return KG_OK;
}

static void end(struct root_watch *watch, const struct kg_call *call)
{
	if (call->lane_id >= watch->lanes.count)
		return;
	struct root_lane *lane = &watch->lanes.at[call->lane_id];
	if (lane->cr0_id == call->id)
		lane->cr0_id = KG_NO_CALL;
	if (lane->root_id != call->id)
		return;
	watch->rows.at[lane->row].flags |= call->flags;
	lane->root_id = KG_NO_CALL;
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	uint32_t tells;
	if (!find_tells(self, call->func_id, &tells))
		return KG_NOMEM;
	return tells != 0 ? begin(self, call, tells) : KG_OK;
}

/* A call that is not whole may have hidden others: what is around it is not whole either. */
static void spoil_root(struct root_watch *watch, const struct kg_call *call)
{
	if (call->lane_id >= watch->lanes.count)
		return;
	const struct root_lane *lane = &watch->lanes.at[call->lane_id];
	if (lane->root_id != KG_NO_CALL)
		watch->rows.at[lane->row].flags |= call->flags & KG_CALL_INCOMPLETE;
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	uint32_t tells;
	if ((call->flags & KG_CALL_INCOMPLETE) != 0)
		spoil_root(self, call);
	if (!find_tells(self, call->func_id, &tells))
		return KG_NOMEM;
	if (tells == 0)
		return KG_OK;
	if ((call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) != 0) {
		enum kg_status status = begin(self, call, tells);
		if (status != KG_OK)
			return status;
	}
	end(self, call);
	return KG_OK;
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	struct root_watch *watch = self;
	if (gap->line_no < watch->first_gap)
		watch->first_gap = gap->line_no;
	if (gap->line_no > watch->last_gap)
		watch->last_gap = gap->line_no;
	return KG_OK;
}

struct kg_call_sink watch_sink(struct root_watch *watch)
{
	watch->first_gap = UINT64_MAX;
	return (struct kg_call_sink){
		.self = watch,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = take_gap,
		.done = kg_sink_ignore_done,
	};
}

void watch_release(struct root_watch *watch)
{
	column_release(&watch->tells);
	column_release(&watch->lanes);
	column_release(&watch->rows);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls tell something about a VM's life, and whom to tell. */
#include "analyse/life.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/seldom.h"
#include "event/bundle.h"
#include "base/banned.h"

/* ---- looking up ------------------------------------------------------------------------------ */

/* Looks at the names of all functions known by now; NULL when memory is out. */
static const struct kvm_role *learn_role(struct kg_life *life, kg_func_id func_id)
{
	static const struct kvm_role none = { PART_NONE, 0 };
	if (func_id == KG_NO_FUNC)
		return &none;
	uint32_t known = kg_funcs_count(life->funcs);
	while (life->roles.count < known) {
		const struct kg_func *func =
			kg_funcs_get(life->funcs, (kg_func_id)life->roles.count);
		if (!column_push(&life->roles, kvm_role_of(func)))
			return NULL;
	}
	KG_ASSERT(func_id < known);
	return &life->roles.at[func_id];
}

static inline const struct kvm_role *find_role(struct kg_life *life, kg_func_id func_id)
{
	return func_id < life->roles.count ? &life->roles.at[func_id] : learn_role(life, func_id);
}

static bool reach_lane(struct kg_life *life, uint32_t lane_id)
{
	const struct life_lane fresh = {
		.phase_id = KG_NO_CALL,
		.hot_next_ns = UINT64_MAX,
		.stray = { .first_call_id = KG_NO_CALL, .run.ended_by = KG_REASON_UNKNOWN },
		.last_phase_id = KG_NO_CALL,
		.last_row = NO_ROW,
	};
	while (life->lanes.count <= lane_id) {
		if (!column_push(&life->lanes, fresh))
			return false;
	}
	return true;
}

/* ---- the sink -------------------------------------------------------------------------------- */

/* A call tells something for a phase that may turn up around it. */
static void note_stray(struct life_lane *lane, const struct kg_call *call)
{
	if (!lane_has_phase(lane) && call->id < lane->stray.first_call_id)
		lane->stray.first_call_id = call->id;
}

/* What a call that tells something says of the vendor, by its part or its module. */
static enum kg_vendor vendor_by(const struct kg_life *life, const struct kg_call *call,
				struct kvm_role role)
{
	if (role.part == PART_VENDOR || role.part == PART_DISPATCHER)
		return role.detail;
	if (role.part == PART_NONE)
		return KG_VENDOR_UNKNOWN;
	const char *module = kg_funcs_get(life->funcs, call->func_id)->module;
	if (strcmp(module, "kvm_amd") == 0)
		return KG_VENDOR_SVM;
	return strcmp(module, "kvm_intel") == 0 ? KG_VENDOR_VMX : KG_VENDOR_UNKNOWN;
}

static enum kg_status begin(struct kg_life *life, struct life_lane *lane,
			    const struct kg_call *call, struct kvm_role role)
{
	if (life->vendor == KG_VENDOR_UNKNOWN)
		life->vendor = vendor_by(life, call, role);
	if (role.part != PART_STEP && role.part != PART_FRAME)
		note_stray(lane, call);
	switch ((enum kvm_part)role.part) {
	case PART_STEP:
	case PART_FRAME:
		return lane_has_phase(lane) ? KG_OK : phase_open(life, lane, call, role);
	case PART_SIGN:
		return phase_take_sign(life, lane, call, kvm_sign_get(role.detail));
	case PART_ENTRY:
	case PART_EARLY_EXIT:
	case PART_DISPATCHER:
	case PART_HANDLER:
	case PART_FAST_HANDLER:
	case PART_MMIO_FAULT:
		return exit_begin(life, lane, call, role);
	case PART_NONE:
	case PART_ARCH_IOCTL:
	case PART_VENDOR:
	case PART_NOISE:
		break;
	}
	return KG_OK;
}

static enum kg_status end(struct kg_life *life, struct life_lane *lane, const struct kg_call *call,
			  struct kvm_role role)
{
	if (role.part == PART_NOISE)
		lane_clues(lane)->noise_calls += call->call_count;
	if (role.part == PART_ARCH_IOCTL)
		lane_clues(lane)->has_arch_ioctl = true;
	if (call->id == lane->phase_id)
		return phase_close(life, lane, call);
	return exit_end(life, lane, call, role);
}

static KG_SELDOM enum kg_status open_telling(struct kg_life *life, const struct kg_call *call)
{
	const struct kvm_role *role = find_role(life, call->func_id);
	if (role == NULL || !reach_lane(life, call->lane_id))
		return KG_NOMEM;
	return begin(life, &life->lanes.at[call->lane_id], call, *role);
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct kg_life *life = self;
	if (call->func_id < life->roles.count && life->roles.at[call->func_id].part == PART_NONE)
		return KG_OK;
	return open_telling(life, call);
}

/* Keeps the callee that cost most by itself. KG_NO_NS plus one is 0, and never more. */
static inline void note_heat(struct life_lane *lane, const struct kg_call *call)
{
	bool is_trusted = (call->flags & (KG_CALL_INCOMPLETE | KG_CALL_HIDDEN)) == 0;
	if (call->self_ns + 1 > lane->hot_next_ns && is_trusted && call->id != lane->phase_id) {
		lane->hot_next_ns = call->self_ns + 1;
		lane->hot_func_id = call->func_id;
	}
}

/* Takes the end of a call that has a part in a VM's life, is a root or turns up late. */
static KG_SELDOM enum kg_status take_telling(struct kg_life *life, struct life_lane *lane,
					     const struct kg_call *call, struct kvm_role role)
{
	enum kg_status status = KG_OK;
	if ((call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) != 0)
		status = begin(life, lane, call, role);
	if (status == KG_OK)
		status = end(life, lane, call, role);
	if ((call->flags & KG_CALL_LATE) != 0)
		roots_drop_below(life, lane, call->id);
	if (status == KG_OK && (call->flags & KG_CALL_ROOT) != 0)
		status = root_close(life, lane, call);
	if (call->parent_id == KG_NO_CALL)
		phases_end_tree(lane);
	return status;
}

static inline enum kg_status take_in_lane(struct kg_life *life, struct life_lane *lane,
					  const struct kg_call *call, struct kvm_role role)
{
	note_heat(lane, call);
	/* most calls end here */
	if (role.part == PART_NONE && (call->flags & (KG_CALL_ROOT | KG_CALL_LATE)) == 0)
		return KG_OK;
	return take_telling(life, lane, call, role);
}

/* The end of a call whose function or lane may be new. */
static KG_SELDOM enum kg_status take_new(struct kg_life *life, const struct kg_call *call)
{
	const struct kvm_role *role = find_role(life, call->func_id);
	if (role == NULL || !reach_lane(life, call->lane_id))
		return KG_NOMEM;
	return take_in_lane(life, &life->lanes.at[call->lane_id], call, *role);
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_life *life = self;
	if (call->func_id >= life->roles.count || call->lane_id >= life->lanes.count)
		return take_new(life, call);
	return take_in_lane(life, &life->lanes.at[call->lane_id], call,
			    life->roles.at[call->func_id]);
}

static enum kg_status take_done(void *self)
{
	return exits_finish(self);
}

/* ---- bundles --------------------------------------------------------------------------------- */

/*
 * Whether calls have to be handed out: in the trees of interrupters they are counted, and the first
 * KVM_RUN is known to all tasks.
 */
static bool is_apart(struct kvm_role role)
{
	return role.part == PART_NOISE ||
	       (role.part == PART_SIGN && kvm_sign_get(role.detail)->phase == KG_PHASE_RUN);
}

/* Without memory for its role a function is handed out, which tells. */
static enum bundle_wish wish(void *self, kg_func_id func_id)
{
	const struct kvm_role *role = find_role(self, func_id);
	if (role == NULL || is_apart(*role))
		return BUNDLE_NEVER;
	return role->part == PART_NONE ? BUNDLE_FREELY : BUNDLE_NOTED;
}

/* Whether a call may be a phase where none is open: then its callees are looked at, too. */
static bool may_be_phase(struct kvm_role role)
{
	return role.part == PART_STEP || role.part == PART_FRAME || role.part == PART_SIGN;
}

static bool refuses(void *self, const struct placed_bundle *placed)
{
	const struct kg_life *life = self;
	/* any of them may tell */
	if (life->vendor == KG_VENDOR_UNKNOWN && placed->bundle->note_count > 0)
		return true;
	if (placed->lane_id < life->lanes.count && lane_has_phase(&life->lanes.at[placed->lane_id]))
		return false;
	for (uint32_t i = 0; i < placed->bundle->note_count; i++) {
		if (may_be_phase(life->roles.at[placed->notes[i].func_id]))
			return true;
	}
	return false;
}

static enum kg_status open_noted(void *self, const struct kg_call *call,
				 const struct bundle_note *note)
{
	(void)note;
	return take_opened(self, call);
}

static enum kg_status close_noted(void *self, const struct kg_call *call,
				  const struct bundle_note *note)
{
	struct kg_life *life = self;
	const struct kvm_role role = life->roles.at[call->func_id];
	(void)note;
	return role.part != PART_NONE
		       ? take_telling(life, &life->lanes.at[call->lane_id], call, role)
		       : KG_OK;
}

static enum kg_status take_bundle(void *self, const struct placed_bundle *placed)
{
	struct kg_life *life = self;
	const struct event_bundle *bundle = placed->bundle;
	const struct bundle_listener listener = { life, open_noted, close_noted };
	if (!reach_lane(life, placed->lane_id))
		return KG_NOMEM;
	struct life_lane *lane = &life->lanes.at[placed->lane_id];
	/* of equal ones the first counts, as note_heat() has it */
	if (bundle->hot_next_ns > lane->hot_next_ns) {
		lane->hot_next_ns = bundle->hot_next_ns;
		lane->hot_func_id = bundle->hot_func_id;
	}
	return bundle_replay(placed, &listener);
}

static enum kg_status count_none(void *self, uint32_t worker, const struct bundled_call *calls,
				 size_t count, uint64_t line_no)
{
	(void)self;
	(void)worker;
	(void)calls;
	(void)count;
	(void)line_no;
	return KG_OK;
}

static const struct kg_bundler bundler = {
	.wish = wish,
	.refuses = refuses,
	.take = take_bundle,
	.count = count_none,
};

/* ---- the report ------------------------------------------------------------------------------ */

enum kg_status kg_life_report(struct kg_life *life, struct kg_life_report *out)
{
	enum kg_status status = rows_list(life);
	if (status == KG_OK)
		status = exits_report(life);
	if (status != KG_OK)
		return status;
	*out = (struct kg_life_report){
		.phase_count = (size_t)life->phases.count,
		.run_count = (size_t)life->runs.count,
		.exits = life->exit_rows.at,
		.exit_count = life->exit_rows.count,
		.guest_entries = life->guest_entries,
		.vm_exits = life->vm_exits,
		.other_roots = life->other_roots,
	};
	memcpy(out->phase_totals, life->phase_totals, sizeof(out->phase_totals));
	return KG_OK;
}

/* ---- life cycle ------------------------------------------------------------------------------ */

static char *copy_folder(const char *folder)
{
	size_t size = strlen(folder) + 1;
	char *copy = memory_alloc(size);
	if (copy != NULL)
		memcpy(copy, folder, size);
	return copy;
}

enum kg_status kg_life_new(const struct kg_funcs *funcs, const char *tmp_folder,
			   struct kg_life **out)
{
	struct kg_life *life = memory_zalloc(sizeof(*life));
	if (life == NULL)
		return KG_NOMEM;
	if (tmp_folder != NULL) {
		life->tmp_folder = copy_folder(tmp_folder);
		if (life->tmp_folder == NULL) {
			memory_free(life);
			return KG_NOMEM;
		}
	}
	life->funcs = funcs;
	spool_init(&life->rows, sizeof(struct phase_row), life->tmp_folder);
	spool_init(&life->chunks, sizeof(struct exit_chunk), life->tmp_folder);
	*out = life;
	return KG_OK;
}

struct kg_call_sink kg_life_sink(struct kg_life *life)
{
	return (struct kg_call_sink){
		.self = life,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = kg_sink_ignore_gap,
		.done = take_done,
		.bundler = &bundler,
	};
}

void kg_life_free(struct kg_life *life)
{
	if (life == NULL)
		return;
	for (size_t i = 0; i < life->lanes.count; i++)
		column_release(&life->lanes.at[i].unseen);
	for (size_t i = 0; i < life->exit_groups.count; i++)
		histogram_release(&life->exit_groups.at[i].durations);
	column_release(&life->roles);
	column_release(&life->has_vcpu);
	column_release(&life->lanes);
	column_release(&life->watch_places);
	column_release(&life->watches);
	column_release(&life->exit_groups);
	column_release(&life->exit_rows);
	spool_release(&life->rows);
	spool_release(&life->chunks);
	spool_release(&life->phases);
	spool_release(&life->runs);
	memory_free(life->tmp_folder);
	memory_free(life);
}

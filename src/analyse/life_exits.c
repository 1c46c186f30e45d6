/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a guest is entered and left, and which call shows why it was left. */
#include "analyse/life.h"

#include "base/banned.h"

/* ---- verdicts -------------------------------------------------------------------------------- */

/* The reason that a handler stands for. */
static uint8_t reason_of(const struct exit_watch *watch, const struct server *server)
{
	if (server->reason == REASON_MSR)
		return KG_REASON_OTHER;
	if (server->reason == REASON_PAGE_FAULT)
		/* on Intel's processors only the handler of MMIO is passed over like this */
		return watch->vendor == KG_VENDOR_SVM ? KG_REASON_NPF : KG_REASON_MMIO;
	return server->reason;
}

static struct exit_verdict served_by(const struct kg_life *life, const struct exit_watch *watch,
				     const struct server *server)
{
	return (struct exit_verdict){
		.reason = reason_of(watch, server),
		.handler = kg_funcs_get(life->funcs, server->func_id)->base,
		.dur_ns = server->dur_ns,
		.is_hidden = server->is_hidden,
	};
}

/* A dispatcher that had nothing to do, and the guest goes on: a host interrupt, served before. */
static struct exit_verdict interrupted(const struct kg_life *life, const struct exit_watch *watch)
{
	struct exit_verdict verdict =
		served_by(life, watch, watch->early.is_known ? &watch->early : &watch->dispatcher);
	verdict.reason = KG_REASON_EXTERNAL_INTERRUPT;
	verdict.is_inferred = true;
	if (!watch->early.is_known)
		verdict.handler = NULL;
	return verdict;
}

static struct exit_verdict unknown_exit(const struct exit_watch *watch, enum exit_stage stage)
{
	struct exit_verdict verdict = { .reason = KG_REASON_UNKNOWN, .dur_ns = KG_NO_NS };
	if (stage == EXIT_LEFT_GUEST) {
		verdict.is_hidden = watch->is_entry_hidden;
		return verdict;
	}
	verdict.dur_ns = watch->dispatcher.dur_ns;
	verdict.is_hidden = watch->dispatcher.is_hidden;
	return verdict;
}

/* goes_on: the same KVM_RUN enters the guest again. */
static struct exit_verdict judge(const struct kg_life *life, const struct exit_watch *watch,
				 enum exit_stage stage, bool goes_on)
{
	if (watch->handler.is_known)
		return served_by(life, watch, &watch->handler);
	if (watch->fast.is_known)
		return served_by(life, watch, &watch->fast);
	if (stage == EXIT_UNSERVED && goes_on)
		return interrupted(life, watch);
	return unknown_exit(watch, stage);
}

/* Counts the exit under way, if there is one. clues: of the phase around it, or NULL. */
static enum kg_status settle(struct kg_life *life, struct phase_clues *clues,
			     struct exit_watch *watch, bool goes_on)
{
	enum exit_stage stage = watch->stage;
	if (stage == EXIT_NONE || stage == EXIT_IN_GUEST)
		return KG_OK;
	watch->stage = EXIT_NONE;
	const struct exit_verdict verdict = judge(life, watch, stage, goes_on);
	if (verdict.is_hidden)
		return KG_OK;
	enum kg_status status = exits_count(life, &verdict);
	if (status == KG_OK && clues != NULL)
		status = run_add_exit(life, clues, verdict.reason);
	return status;
}

/* ---- one watch a task ------------------------------------------------------------------------ */

/* Not one a lane: in a trace of few functions each of them is a root, and trees have no memory. */
static struct exit_watch *find_watch(struct kg_life *life, kg_task_id task_id)
{
	if (task_id >= life->watch_places.count || life->watch_places.at[task_id] == 0)
		return NULL;
	return &life->watches.at[life->watch_places.at[task_id] - 1];
}

/* The same, added if new; NULL when memory is out. */
static struct exit_watch *reach_watch(struct kg_life *life, kg_task_id task_id)
{
	struct exit_watch *watch = find_watch(life, task_id);
	if (watch != NULL)
		return watch;
	if (!column_reach(&life->watch_places, task_id) ||
	    !column_push(&life->watches, (struct exit_watch){ 0 }))
		return NULL;
	life->watch_places.at[task_id] = (uint32_t)life->watches.count;
	return &life->watches.at[life->watches.count - 1];
}

enum kg_status exit_settle(struct kg_life *life, struct life_lane *lane, const struct kg_call *call)
{
	struct exit_watch *watch = find_watch(life, call->task_id);
	return watch != NULL ? settle(life, lane_clues(lane), watch, false) : KG_OK;
}

enum kg_status exits_finish(struct kg_life *life)
{
	for (size_t i = 0; i < life->watches.count; i++) {
		enum kg_status status = settle(life, NULL, &life->watches.at[i], false);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

/* ---- watching -------------------------------------------------------------------------------- */

static struct server start_server(const struct kg_call *call, uint8_t reason)
{
	return (struct server){
		.id = call->id,
		.func_id = call->func_id,
		.dur_ns = KG_NO_NS,
		.reason = reason,
		.is_known = true,
	};
}

static void stop_server(struct server *server, const struct kg_call *call)
{
	server->id = KG_NO_CALL;
	server->is_hidden = (call->flags & KG_CALL_HIDDEN) != 0;
	if ((call->flags & KG_CALL_INCOMPLETE) == 0)
		server->dur_ns = call->dur_ns;
}

static bool is_open(const struct server *server)
{
	return server->is_known && server->id != KG_NO_CALL;
}

static bool is_run_open(const struct life_lane *lane)
{
	return lane_has_phase(lane) && lane->own.sign != NULL &&
	       lane->own.sign->phase == KG_PHASE_RUN;
}

static enum kg_status begin_entry(struct kg_life *life, struct life_lane *lane,
				  const struct kg_call *call)
{
	struct exit_watch *watch = reach_watch(life, call->task_id);
	if (watch == NULL)
		return KG_NOMEM;
	/* one inside of the other, or around it and not seen to start: the guest is entered once */
	if (watch->stage == EXIT_IN_GUEST || call->id < watch->entry_id)
		return KG_OK;
	enum kg_status status = settle(life, lane_clues(lane), watch, is_run_open(lane));
	*watch = (struct exit_watch){ .stage = EXIT_IN_GUEST, .entry_id = call->id };
	return status;
}

static void end_entry(struct kg_life *life, struct life_lane *lane, struct exit_watch *watch,
		      const struct kg_call *call)
{
	if (watch->stage != EXIT_IN_GUEST || watch->entry_id != call->id)
		return;
	watch->is_entry_hidden = (call->flags & KG_CALL_HIDDEN) != 0;
	if (!watch->is_entry_hidden) {
		life->guest_entries++;
		lane_clues(lane)->run.guest_entries++;
	}
	/* where the trace does not show the end, it does not show an exit either */
	bool has_end = (call->flags & KG_CALL_NO_END) == 0;
	watch->stage = has_end ? EXIT_LEFT_GUEST : EXIT_NONE;
}

static enum kg_status begin_dispatcher(struct kg_life *life, struct life_lane *lane,
				       const struct kg_call *call, uint8_t vendor)
{
	struct exit_watch *watch = reach_watch(life, call->task_id);
	if (watch == NULL)
		return KG_NOMEM;
	/* around another one, and not seen to start */
	if (call->id < watch->dispatcher_id)
		return KG_OK;
	enum kg_status status = KG_OK;
	if (watch->stage != EXIT_DISPATCHED) {
		if (watch->stage == EXIT_UNSERVED)
			status = settle(life, lane_clues(lane), watch, false);
		if (watch->stage != EXIT_LEFT_GUEST)
			*watch = (struct exit_watch){ .entry_id = watch->entry_id };
		watch->stage = EXIT_DISPATCHED;
		watch->dispatcher_id = call->id;
		watch->dispatcher = start_server(call, KG_REASON_UNKNOWN);
	}
	watch->inner_level = call->level;
	watch->vendor = vendor;
	return status;
}

static enum kg_status end_dispatcher(struct kg_life *life, struct life_lane *lane,
				     struct exit_watch *watch, const struct kg_call *call)
{
	if (watch->stage != EXIT_DISPATCHED || watch->dispatcher_id != call->id)
		return KG_OK;
	stop_server(&watch->dispatcher, call);
	watch->stage = EXIT_UNSERVED;
	if (watch->handler.is_known || watch->fast.is_known)
		return settle(life, lane_clues(lane), watch, false);
	return KG_OK;
}

static void begin_handler(struct exit_watch *watch, const struct kg_call *call, uint8_t reason)
{
	if (watch->stage != EXIT_DISPATCHED)
		return;
	if (!watch->handler.is_known && call->level == watch->inner_level + 1)
		watch->handler = start_server(call, reason);
	else if (is_open(&watch->handler) && watch->handler.reason == REASON_MSR)
		watch->handler.reason = reason;
}

/* A nested fault is MMIO if it ends there; Intel's processors tell MMIO apart beforehand. */
static void note_mmio(struct exit_watch *watch)
{
	if (is_open(&watch->handler) &&
	    (watch->handler.reason == KG_REASON_NPF || watch->handler.reason == REASON_PAGE_FAULT))
		watch->handler.reason = KG_REASON_MMIO;
}

static void begin_fast_handler(struct exit_watch *watch, const struct kg_call *call, uint8_t reason)
{
	bool is_before_dispatcher =
		watch->stage == EXIT_IN_GUEST || watch->stage == EXIT_LEFT_GUEST;
	if (is_before_dispatcher && !watch->fast.is_known)
		watch->fast = start_server(call, reason);
}

static void begin_early_exit(struct exit_watch *watch, const struct kg_call *call)
{
	if (watch->stage == EXIT_LEFT_GUEST && !watch->early.is_known)
		watch->early = start_server(call, KG_REASON_EXTERNAL_INTERRUPT);
}

/* A call with a part in the exit that a watch has under way, if it has. */
static void begin_part(struct exit_watch *watch, const struct kg_call *call, struct kvm_role role)
{
	switch ((enum kvm_part)role.part) {
	case PART_HANDLER:
		begin_handler(watch, call, role.detail);
		break;
	case PART_FAST_HANDLER:
		begin_fast_handler(watch, call, role.detail);
		break;
	case PART_MMIO_FAULT:
		note_mmio(watch);
		break;
	case PART_EARLY_EXIT:
		begin_early_exit(watch, call);
		break;
	case PART_NONE:
	case PART_STEP:
	case PART_FRAME:
	case PART_SIGN:
	case PART_ARCH_IOCTL:
	case PART_VENDOR:
	case PART_NOISE:
	case PART_ENTRY:
	case PART_DISPATCHER:
		break;
	}
}

enum kg_status exit_begin(struct kg_life *life, struct life_lane *lane, const struct kg_call *call,
			  struct kvm_role role)
{
	if (role.part == PART_ENTRY)
		return begin_entry(life, lane, call);
	if (role.part == PART_DISPATCHER)
		return begin_dispatcher(life, lane, call, role.detail);
	struct exit_watch *watch = find_watch(life, call->task_id);
	if (watch != NULL)
		begin_part(watch, call, role);
	return KG_OK;
}

enum kg_status exit_end(struct kg_life *life, struct life_lane *lane, const struct kg_call *call,
			struct kvm_role role)
{
	struct exit_watch *watch = find_watch(life, call->task_id);
	if (watch == NULL)
		return KG_OK;
	struct server *servers[] = { &watch->handler, &watch->fast, &watch->early };
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		if (is_open(servers[i]) && servers[i]->id == call->id)
			stop_server(servers[i], call);
	}
	if (role.part == PART_ENTRY)
		end_entry(life, lane, watch, call);
	if (role.part == PART_DISPATCHER)
		return end_dispatcher(life, lane, watch, call);
	return KG_OK;
}

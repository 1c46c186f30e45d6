/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows when a recovered scenario is one of the VMM's own. */
#include "cli/replay_like.h"

#include <string.h>

#include "vmm/guest/guests.h"
#include "vmm/plan.h"
#include "base/banned.h"

/* A built-in scenario held against a recovered one. */
struct holding {
	const struct kg_scenario *scenario;
	struct plan plan; /* of the built-in one: only its parameters */
	size_t at;	  /* the recovered step that comes next */
};

/* ---- parameters ------------------------------------------------------------------------------ */

static uint64_t faults_of(const struct kg_scenario *scenario, const struct kg_step *step)
{
	uint64_t faults = 0;
	for (uint32_t i = 0; i < step->act_count; i++) {
		const struct kg_act *act = &scenario->acts[step->first_act + i];
		faults += act->kind == KG_ACT_TOUCH ? act->count : 0;
	}
	return faults;
}

/* The faults of the run that has most of them. */
static uint64_t most_faults(const struct kg_scenario *scenario)
{
	uint64_t most = 0;
	for (size_t i = 0; i < scenario->step_count; i++) {
		const uint64_t faults = faults_of(scenario, &scenario->steps[i]);
		most = faults > most ? faults : most;
	}
	return most;
}

/*
 * A page that is touched for the first time costs up to three faults: one that maps the page of
 * zeros, one that finds it is not to be written, one behind the copy. Page tables cost some more.
 */
#define FAULTS_A_PAGE 3
#define FAULTS_OF_TABLES 6

/* The preset if the faults allow for it, else what they speak for. */
static uint64_t pages_by_faults(const struct kg_scenario *scenario, uint64_t preset)
{
	const uint64_t faults = most_faults(scenario);
	if (faults + 2 >= preset && faults <= FAULTS_A_PAGE * preset + FAULTS_OF_TABLES)
		return preset;
	return faults > FAULTS_OF_TABLES ? (faults - 2) / FAULTS_A_PAGE : faults;
}

static uint64_t value_of(const struct kg_scenario *scenario, const struct scenario_param *param)
{
	switch (param->param) {
	case PARAM_VCPUS:
		return scenario->vcpu_count;
	case PARAM_PAGES:
		return pages_by_faults(scenario, param->preset);
	case PARAM_SLOTS:
		return scenario->slot_count > 0 ? scenario->slot_count - 1 : 0;
	case PARAM_VMS:
		return scenario->vms;
	case PARAM_PARALLEL:
		return scenario->parallel;
	case PARAM_MEMORY:
	case PARAM_OPTIONS:
	case PARAM_IS_AMD:
	case PARAM_HAS_HARDWARE:
	case PARAM_COUNT:
		break;
	}
	return param->preset;
}

/* Whether the trace's numbers are such that the scenario can be run with them. */
static bool take_params(struct holding *holding, const struct scenario *built_in)
{
	bool has_vms = false;
	holding->plan = (struct plan){ .scenario = built_in };
	for (size_t i = 0; i < PARAM_COUNT; i++)
		holding->plan.params[i] = 1;
	for (size_t i = 0; i < built_in->param_count; i++) {
		const struct scenario_param *param = &built_in->params[i];
		const uint64_t value = value_of(holding->scenario, param);
		has_vms |= param->param == PARAM_VMS;
		if (value < param->least || value > param->most)
			return false;
		holding->plan.params[param->param] = value;
	}
	return has_vms || holding->scenario->vms == 1;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Steps that no trace shows are not asked for. */
static bool is_visible(const char *name)
{
	static const char *const unseen[] = { "open",	      "load-guest",   "check-register",
					      "check-memory", "check-output", "check-mmio",
					      "unmap-vcpu",   "close" };
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (strcmp(unseen[i], name) == 0)
			return false;
	}
	return true;
}

/* The next step that a trace shows; NULL behind the last. */
static const struct kg_step *next_step(struct holding *holding)
{
	while (holding->at < holding->scenario->step_count) {
		const struct kg_step *step = &holding->scenario->steps[holding->at++];
		if (is_visible(kg_step_name((enum kg_step_kind)step->kind)))
			return step;
	}
	return NULL;
}

static uint64_t count_acts(const struct kg_scenario *scenario, const struct kg_step *step,
			   uint32_t kinds)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < step->act_count; i++) {
		const struct kg_act *act = &scenario->acts[step->first_act + i];
		count += (kinds & (1U << act->kind)) != 0 ? act->count : 0;
	}
	return count;
}

#define ACT(kind) (1U << (kind))
#define IO_ACTS (ACT(KG_ACT_IO) | ACT(KG_ACT_IO_IN))
#define MMIO_ACTS (ACT(KG_ACT_MMIO) | ACT(KG_ACT_MMIO_READ))
#define INNER_ACTS                                                                                 \
	(ACT(KG_ACT_CPUID) | ACT(KG_ACT_RDMSR) | ACT(KG_ACT_WRMSR) | ACT(KG_ACT_HYPERCALL))

/* Acts that leave KVM_RUN for a reason. */
static uint32_t acts_of(enum reason reason)
{
	switch (reason) {
	case REASON_IO:
		return IO_ACTS;
	case REASON_MMIO:
		return MMIO_ACTS;
	case REASON_HLT:
		return ACT(KG_ACT_HLT);
	case REASON_SHUTDOWN:
		return ACT(KG_ACT_SHUTDOWN);
	case REASON_FAIL_ENTRY:
		return ACT(KG_ACT_INVALID);
	case REASON_INTERRUPT_WINDOW:
	case REASON_INTERNAL_ERROR:
	case REASON_OTHER:
	case REASON_COUNT:
		break;
	}
	return 0;
}

/* What a guest does that KVM answers itself: how often in the run behind a set-regs. */
static bool has_inner_acts(const struct holding *holding, const struct kg_step *step,
			   const struct scenario_step *regs, uint32_t index)
{
	const unsigned char *guest = holding->plan.scenario->guest;
	const struct kg_scenario *scenario = holding->scenario;
	uint64_t wanted = 0;
	uint32_t kinds = 0;
	if (guest == guest_cpuid && regs != NULL) {
		kinds = ACT(KG_ACT_CPUID);
		wanted = amount_of(&holding->plan, &regs->args[1], index);
	} else if (guest == guest_msr) {
		kinds = ACT(KG_ACT_RDMSR) | ACT(KG_ACT_WRMSR);
		wanted = 2;
	} else if (guest == guest_hypercall) {
		kinds = ACT(KG_ACT_HYPERCALL);
		wanted = 1;
	}
	return count_acts(scenario, step, kinds) == wanted &&
	       count_acts(scenario, step, INNER_ACTS & ~kinds) == 0;
}

static bool is_run(const struct holding *holding, const struct kg_step *step,
		   const struct scenario_step *row, const struct scenario_step *regs,
		   uint32_t index)
{
	const struct kg_scenario *scenario = holding->scenario;
	const uint64_t served = amount_of(&holding->plan, &row->served, index);
	const uint32_t until = acts_of(row->until);
	/* a guest that never ends is stopped by a signal, which is no act */
	if (holding->plan.scenario->guest == guest_spin)
		return count_acts(scenario, step, ~ACT(KG_ACT_TOUCH)) == 0;
	if (step->act_count == 0)
		return false;
	const struct kg_act *last = &scenario->acts[step->first_act + step->act_count - 1];
	if ((until & ACT(last->kind)) == 0)
		return false;
	const uint32_t serves = served > 0 ? acts_of(row->serves) : 0;
	const uint64_t leaving = served + 1;
	return count_acts(scenario, step, serves | until) == leaving &&
	       count_acts(scenario, step, IO_ACTS | MMIO_ACTS) ==
		       served + ((until & (IO_ACTS | MMIO_ACTS)) != 0) &&
	       has_inner_acts(holding, step, regs, index);
}

static uint8_t mode_bit(enum guest_mode mode)
{
	switch (mode) {
	case MODE_REAL:
		return KG_MODE_REAL;
	case MODE_PROTECTED:
		return KG_MODE_PROTECTED;
	case MODE_PAGED:
		return KG_MODE_PAGED;
	case MODE_LONG:
		return KG_MODE_LONG;
	default:
		return KG_MODE_INVALID;
	}
}

/* Whether the next recovered step is the one that a row of the table stands for. */
static bool takes_step(struct holding *holding, const struct scenario_step *row,
		       const struct scenario_step *regs, uint32_t index)
{
	const char *name = step_words(row->kind)->name;
	if (!is_visible(name))
		return true;
	const struct kg_step *step = next_step(holding);
	if (step == NULL || strcmp(kg_step_name((enum kg_step_kind)step->kind), name) != 0 ||
	    step->in_vcpu_thread != row->in_vcpu_thread ||
	    (row->times == TIMES_VCPU && step->vcpu != index))
		return false;
	if (row->kind == STEP_SET_SREGS)
		return (step->modes & mode_bit(row->mode)) != 0;
	if (row->kind == STEP_RUN)
		return is_run(holding, step, row, regs, index);
	return true;
}

/* Rows that vCPUs do in threads are told vCPU by vCPU. */
static bool takes_section(struct holding *holding, size_t first, size_t *end)
{
	const struct scenario *built_in = holding->plan.scenario;
	*end = first;
	while (*end < built_in->step_count && built_in->steps[*end].in_vcpu_thread)
		++*end;
	for (uint32_t vcpu = 0; vcpu < holding->plan.params[PARAM_VCPUS]; vcpu++) {
		const struct scenario_step *regs = NULL;
		for (size_t i = first; i < *end; i++) {
			const struct scenario_step *row = &built_in->steps[i];
			if (!takes_step(holding, row, regs, vcpu))
				return false;
			regs = row->kind == STEP_SET_REGS ? row : regs;
		}
	}
	return true;
}

/* A trace is of a processor's own support. */
static uint64_t times_of(const struct holding *holding, const struct scenario_step *row)
{
	if (row->where == WHERE_NO_HARDWARE)
		return 0;
	if (row->times == TIMES_VCPU)
		return holding->plan.params[PARAM_VCPUS];
	return row->times == TIMES_SLOT ? holding->plan.params[PARAM_SLOTS] : 1;
}

static bool takes_all(struct holding *holding)
{
	const struct scenario *built_in = holding->plan.scenario;
	const struct scenario_step *regs = NULL;
	for (size_t i = 0; i < built_in->step_count;) {
		const struct scenario_step *row = &built_in->steps[i];
		if (row->in_vcpu_thread) {
			if (!takes_section(holding, i, &i))
				return false;
			continue;
		}
		for (uint32_t index = 0; index < times_of(holding, row); index++) {
			if (!takes_step(holding, row, regs, index))
				return false;
		}
		regs = row->kind == STEP_SET_REGS ? row : regs;
		i++;
	}
	return next_step(holding) == NULL;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static size_t list_params(const struct holding *holding,
			  struct kg_scenario_param params[LIKE_PARAMS])
{
	const struct scenario *built_in = holding->plan.scenario;
	size_t count = 0;
	for (size_t i = 0; i < built_in->param_count && count < LIKE_PARAMS; i++) {
		const struct scenario_param *param = &built_in->params[i];
		const uint64_t value = holding->plan.params[param->param];
		if (value != param->preset)
			params[count++] =
				(struct kg_scenario_param){ .name = param_option(param->param) + 2,
							    .value = value };
	}
	return count;
}

static void add_other(struct like *like, const char *name)
{
	if (like->other_count < LIKE_OTHERS)
		like->others[like->other_count++] = name;
}

void like_find(const struct kg_scenario *scenario, struct like *out)
{
	*out = (struct like){ 0 };
	for (size_t i = 0; i < scenario_count; i++) {
		struct holding holding = { .scenario = scenario };
		struct kg_scenario_param params[LIKE_PARAMS];
		if (!take_params(&holding, scenarios[i]) || !takes_all(&holding))
			continue;
		const size_t count = list_params(&holding, params);
		if (out->scenario != NULL && count >= out->param_count) {
			add_other(out, scenarios[i]->name);
			continue;
		}
		if (out->scenario != NULL)
			add_other(out, out->scenario);
		out->scenario = scenarios[i]->name;
		out->param_count = count;
		memcpy(out->params, params, sizeof(params));
	}
}

bool like_is_taken(const char *name)
{
	return scenario_find(name) != NULL;
}

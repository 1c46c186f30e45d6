/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where two scenarios that traces show depart from each other. */
#include "analyse/recover.h"

#include "base/banned.h"

/* One side, while it is walked. */
struct walk {
	const struct kg_scenario *scenario;
	size_t at;
};

static bool is_teardown(const struct kg_step *step)
{
	return step->kind >= KG_STEP_UNMAP_VCPU;
}

/* Whether a step has to do with what is compared. */
static bool matters(enum kg_compared what, const struct kg_step *step)
{
	switch (what) {
	case KG_COMPARE_STEPS:
		return step->line_no != 0 && !is_teardown(step);
	case KG_COMPARE_RUNS:
	case KG_COMPARE_EXITS:
		return step->kind == KG_STEP_RUN;
	case KG_COMPARE_TEARDOWN:
		return (step->line_no != 0 && is_teardown(step)) || step->kind == KG_STEP_EXIT;
	}
	return false;
}

/* The step that a walk is at, behind all that do not matter; NULL at the end. */
static const struct kg_step *next_step(struct walk *walk, enum kg_compared what)
{
	while (walk->at < walk->scenario->step_count) {
		const struct kg_step *step = &walk->scenario->steps[walk->at];
		if (matters(what, step))
			return step;
		walk->at++;
	}
	return NULL;
}

static bool is_same_step(const struct kg_step *one, const struct kg_step *other)
{
	return one->kind == other->kind && one->vcpu == other->vcpu &&
	       one->in_vcpu_thread == other->in_vcpu_thread;
}

/* Of vCPUs that run at once it is chance who touches a page first. */
static bool skips(const struct kg_step *step, const struct kg_act *act)
{
	return step->in_vcpu_thread && act->kind == KG_ACT_TOUCH;
}

static bool are_same_acts(const struct walk *one, const struct walk *other)
{
	const struct kg_step *left = &one->scenario->steps[one->at];
	const struct kg_step *right = &other->scenario->steps[other->at];
	const struct kg_act *acts = one->scenario->acts + left->first_act;
	const struct kg_act *others = other->scenario->acts + right->first_act;
	uint32_t i = 0;
	uint32_t j = 0;
	for (;;) {
		while (i < left->act_count && skips(left, &acts[i]))
			i++;
		while (j < right->act_count && skips(right, &others[j]))
			j++;
		if (i == left->act_count || j == right->act_count)
			return i == left->act_count && j == right->act_count;
		if (acts[i].kind != others[j].kind || acts[i].count != others[j].count)
			return false;
		i++;
		j++;
	}
}

/* What the guests had touched in the end, in threads. */
static uint64_t count_touched(const struct kg_scenario *scenario)
{
	uint64_t touched = 0;
	for (size_t i = 0; i < scenario->step_count; i++) {
		const struct kg_step *step = &scenario->steps[i];
		for (uint32_t act = 0; act < step->act_count; act++) {
			const struct kg_act *row = &scenario->acts[step->first_act + act];
			touched += skips(step, row) ? row->count : 0;
		}
	}
	return touched;
}

/* Whether the steps that both walks are at are the same in one respect. */
static bool is_same(enum kg_compared what, const struct walk *one, const struct walk *other)
{
	const struct kg_step *left = &one->scenario->steps[one->at];
	const struct kg_step *right = &other->scenario->steps[other->at];
	switch (what) {
	case KG_COMPARE_STEPS:
	case KG_COMPARE_TEARDOWN:
		return is_same_step(left, right);
	case KG_COMPARE_RUNS:
		return is_same_step(left, right) && left->row_count == right->row_count;
	case KG_COMPARE_EXITS:
		return is_same_step(left, right) && are_same_acts(one, other);
	}
	return true;
}

static void compare(enum kg_compared what, const struct kg_scenario *old_one,
		    const struct kg_scenario *new_one, struct kg_comparison *out)
{
	struct walk one = { .scenario = old_one };
	struct walk other = { .scenario = new_one };
	out->is_equal = true;
	out->old_step = SIZE_MAX;
	out->new_step = SIZE_MAX;
	for (;; one.at++, other.at++) {
		const struct kg_step *left = next_step(&one, what);
		const struct kg_step *right = next_step(&other, what);
		if (left == NULL && right == NULL)
			break;
		if (left != NULL && right != NULL && is_same(what, &one, &other))
			continue;
		out->is_equal = false;
		out->old_step = left != NULL ? one.at : SIZE_MAX;
		out->new_step = right != NULL ? other.at : SIZE_MAX;
		break;
	}
}

/* In one life. */
static uint64_t count_of(enum kg_compared what, const struct kg_scenario *scenario)
{
	uint64_t count = 0;
	struct walk walk = { .scenario = scenario };
	if (what == KG_COMPARE_RUNS)
		return scenario->run_count;
	if (what == KG_COMPARE_EXITS) {
		for (size_t i = 0; i < scenario->act_count; i++)
			count += scenario->acts[i].count;
		return count;
	}
	while (next_step(&walk, what) != NULL) {
		walk.at++;
		count++;
	}
	return count;
}

/* The first step of a kind. */
static size_t find_step(const struct kg_scenario *scenario, enum kg_step_kind kind)
{
	size_t at = 0;
	while (at < scenario->step_count && scenario->steps[at].kind != kind)
		at++;
	return at;
}

static void depart_at(enum kg_step_kind kind, const struct kg_scenario *old_one,
		      const struct kg_scenario *new_one, struct kg_comparison *out)
{
	if (!out->is_equal)
		return;
	out->is_equal = false;
	out->old_step = find_step(old_one, kind);
	out->new_step = find_step(new_one, kind);
}

void kg_scenario_compare(const struct kg_scenario *old_one, const struct kg_scenario *new_one,
			 struct kg_comparison out[KG_COMPARED_COUNT])
{
	for (enum kg_compared what = KG_COMPARE_STEPS; what < KG_COMPARED_COUNT; what++) {
		compare(what, old_one, new_one, &out[what]);
		out[what].old_count = count_of(what, old_one) * old_one->vms;
		out[what].new_count = count_of(what, new_one) * new_one->vms;
	}
	if (old_one->vms != new_one->vms || old_one->parallel != new_one->parallel)
		depart_at(KG_STEP_CREATE_VM, old_one, new_one, &out[KG_COMPARE_STEPS]);
	if (count_touched(old_one) != count_touched(new_one))
		depart_at(KG_STEP_RUN, old_one, new_one, &out[KG_COMPARE_EXITS]);
}

const char *kg_compared_name(enum kg_compared what)
{
	static const char *const names[KG_COMPARED_COUNT] = { "steps", "runs", "exits",
							      "teardown" };
	return (size_t)what < KG_COMPARED_COUNT ? names[what] : "unknown";
}

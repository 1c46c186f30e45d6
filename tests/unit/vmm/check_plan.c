/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a table of steps becomes single steps, for all scenarios and at the ends of their options. */
#include <check.h>
#include <string.h>

#include "vmm/vmm.h"

static char why[384];

static bool make(struct plan *plan, const char *name, enum param param, uint64_t value)
{
	struct plan_params params = { { 0 } };
	if (param < PARAM_OPTIONS)
		params.value[param] = value;
	why[0] = '\0';
	return plan_make(plan, scenario_find(name), &params, why, sizeof(why));
}

START_TEST(scenarios_are_found_by_their_names)
{
	ck_assert_uint_ge(scenario_count, 16);
	for (size_t i = 0; i < scenario_count; i++)
		ck_assert_ptr_eq(scenario_find(scenarios[i]->name), scenarios[i]);
	ck_assert_ptr_null(scenario_find("nothing"));
	ck_assert_ptr_null(scenario_find(""));
}
END_TEST

START_TEST(every_row_of_the_log_belongs_to_one_step)
{
	struct plan plan;
	ck_assert(make(&plan, scenarios[_i]->name, PARAM_OPTIONS, 0));
	uint32_t next = 0;
	for (uint32_t i = 0; i < plan.step_count; i++) {
		ck_assert_uint_eq(plan.steps[i].first_log, next);
		ck_assert_uint_ge(plan.steps[i].log_count, 1);
		next += plan.steps[i].log_count;
	}
	ck_assert_uint_eq(plan.log_count, next);
	plan_release(&plan);
}
END_TEST

START_TEST(the_guest_fits_its_memory)
{
	struct plan plan;
	const struct scenario *scenario = scenarios[_i];
	ck_assert(make(&plan, scenario->name, PARAM_OPTIONS, 0));
	const uint64_t len = (uint64_t)(scenario->guest_end - scenario->guest);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_ge(scenario->code, plan.memory_base);
	ck_assert_uint_le(scenario->code + len, plan.memory_base + plan.memory_bytes);
	plan_release(&plan);
}
END_TEST

START_TEST(slots_do_not_overlap)
{
	struct plan plan;
	ck_assert(make(&plan, scenarios[_i]->name, PARAM_OPTIONS, 0));
	for (uint32_t i = 0; i < plan.step_count; i++) {
		const struct step *a = &plan.steps[i];
		if (a->row->kind != STEP_MEMSLOT_ADD)
			continue;
		ck_assert_uint_le(step_slot_backing(&plan, a) + step_slot_bytes(&plan, a),
				  plan.backing_bytes);
		for (uint32_t j = 0; j < i; j++) {
			const struct step *b = &plan.steps[j];
			if (b->row->kind != STEP_MEMSLOT_ADD)
				continue;
			ck_assert(step_slot_address(&plan, b) + step_slot_bytes(&plan, b) <=
				  step_slot_address(&plan, a));
			ck_assert(step_slot_backing(&plan, b) + step_slot_bytes(&plan, b) <=
				  step_slot_backing(&plan, a));
		}
	}
	plan_release(&plan);
}
END_TEST

START_TEST(one_close_destroys_the_vm)
{
	struct plan plan;
	uint32_t count = 0;
	ck_assert(make(&plan, scenarios[_i]->name, PARAM_OPTIONS, 0));
	for (uint32_t i = 0; i < plan.step_count; i++)
		count += plan.steps[i].phase != NULL &&
			 strcmp(plan.steps[i].phase, "destroy-vm") == 0;
	ck_assert_uint_eq(count, 1);
	plan_release(&plan);
}
END_TEST

START_TEST(threads_are_told_vcpu_by_vcpu)
{
	struct plan plan;
	uint32_t last = 0;
	uint32_t runs = 0;
	ck_assert(make(&plan, "smp", PARAM_VCPUS, 3));
	for (uint32_t i = 0; i < plan.step_count; i++) {
		if (!plan.steps[i].row->in_vcpu_thread)
			continue;
		ck_assert_uint_ge(plan.steps[i].vcpu, last);
		last = plan.steps[i].vcpu;
		runs += plan.steps[i].row->kind == STEP_RUN;
	}
	ck_assert_uint_eq(last, 2);
	ck_assert_uint_eq(runs, 3);
	plan_release(&plan);
}
END_TEST

START_TEST(options_have_limits)
{
	static const struct {
		const char *scenario;
		enum param param;
		uint64_t value;
		const char *complaint; /* NULL: it is taken */
	} cases[] = {
		{ "smp", PARAM_VCPUS, 8, NULL },
		{ "smp", PARAM_VCPUS, 9, "takes 1 to 8" },
		{ "smp", PARAM_PAGES, 4, "has no --pages" },
		{ "hello", PARAM_VCPUS, 1, "has no --vcpus" },
		{ "dirty", PARAM_PAGES, 3, "takes 4 to" },
		{ "faults", PARAM_PAGES, 65536, NULL },
		{ "faults", PARAM_PAGES, 65537, "takes 1 to 65536" },
		{ "hello", PARAM_MEMORY, 2097152, NULL },
		{ "hello", PARAM_MEMORY, 2093056, "takes 2097152 to" },
		{ "hello", PARAM_MEMORY, 2097153, "whole pages" },
		{ "hello", PARAM_MEMORY, UINT64_MAX, "takes 2097152 to" },
		{ "slots", PARAM_SLOTS, UINT64_MAX, "takes 1 to" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan plan;
		const bool is_made = make(&plan, cases[i].scenario, cases[i].param, cases[i].value);
		ck_assert_msg(is_made == (cases[i].complaint == NULL), "%zu: %s", i, why);
		if (!is_made)
			ck_assert_msg(strstr(why, cases[i].complaint) != NULL, "%zu: %s", i, why);
		plan_release(&plan);
	}
}
END_TEST

START_TEST(faults_needs_memory_for_its_pages)
{
	struct plan plan;
	ck_assert(make(&plan, "faults", PARAM_PAGES, 1000));
	ck_assert_uint_eq(plan.memory_bytes, (2 << 20) + 1000 * 4096);
	plan_release(&plan);
}
END_TEST

Suite *plan_suite(void);

Suite *plan_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *each = tcase_create("each_scenario");
	const int count = (int)scenario_count;
	tcase_add_loop_test(each, every_row_of_the_log_belongs_to_one_step, 0, count);
	tcase_add_loop_test(each, the_guest_fits_its_memory, 0, count);
	tcase_add_loop_test(each, slots_do_not_overlap, 0, count);
	tcase_add_loop_test(each, one_close_destroys_the_vm, 0, count);
	suite_add_tcase(suite, each);
	TCase *options = tcase_create("options");
	tcase_add_test(options, scenarios_are_found_by_their_names);
	tcase_add_test(options, threads_are_told_vcpu_by_vcpu);
	tcase_add_test(options, options_have_limits);
	tcase_add_test(options, faults_needs_memory_for_its_pages);
	suite_add_tcase(suite, options);
	return suite;
}

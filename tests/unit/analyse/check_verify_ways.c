/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tasks that could be several subjects': what all ways to give them to subjects come to. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "verify_script.h"

Suite *verify_ways_suite(void);

/* Two that are made in lanes 0 and 2; %s: more of the subject. */
#define SPEC                                                                                       \
	"{ 'fgpath': 1, 'subject': { 'first': 'dev', 'alive': ['make', 'destroy'],"                \
	"  'join': 'vcpu', 'also_task': '^kvm-nx', 'worker_from': 'spawn', 'noise': 'tick'%s },"   \
	" 'phases': ["                                                                             \
	"  { 'id': 'create', 'is': { 'call': 'dev', 'in': ['make', 'spawn?'] } },"                 \
	"  { 'id': 'use', 'is': { 'rep': { 'any': ['use', 'work'] } } },"                          \
	"  { 'id': 'close', 'is': { 'call': 'close', 'in': 'destroy' } } ],"                       \
	" 'threads': [{ 'id': 'run', 'is': { 'call': 'vcpu+', 'in': ['load', 'put'] } }],"         \
	" 'rules': [{ 'id': 'used', 'expr': '#(use) >= #(vcpu)' }] }"

static const char made[] = "0: dev{ make } 2: dev{ make } ";
static const char closed[] = "0: close{ destroy } 2: close{ destroy } ";

/* Reads a trace for each way. */
static enum kg_status go_all_ways(const char *trace, struct kg_ways *ways)
{
	enum kg_status status = KG_OK;
	bool has_next = true;
	while (status == KG_OK && has_next) {
		struct kg_verify *one = NULL;
		status = kg_verify_new(fixture.spec, &fixture.script.funcs, &fixture.script.tasks,
				       &one, NULL);
		if (status == KG_OK) {
			kg_verify_go(one, ways);
			script_rewind(&fixture.script, kg_verify_sink(one));
			play(trace);
			script_done(&fixture.script);
			status = fixture.script.status;
		}
		if (status == KG_OK)
			status = kg_ways_take(ways, one, &fixture.info, &has_next);
		kg_verify_free(one);
	}
	return status;
}

/* What a trace comes to without any way, and on all of them. */
static void ck_ways(const char *more, const char *trace, enum kg_verdict before,
		    enum kg_verdict after)
{
	struct kg_ways *ways;
	char spec[2048];
	(void)snprintf(spec, sizeof(spec), SPEC, more);
	tear_down();
	set_up();
	begin(spec);
	play(trace);
	finish();
	ck_assert(kg_verify_has_ways(fixture.verify));
	ck_assert_int_eq(fixture.report.verdict, before);
	ck_assert_int_eq(kg_ways_new(&ways, NULL), KG_OK);
	ck_assert_int_eq(go_all_ways(trace, ways), KG_OK);
	ck_assert_int_eq(kg_verify_settle(fixture.verify, &fixture.info, ways), KG_OK);
	ck_assert_int_eq(kg_verify_report(fixture.verify, &fixture.info, &fixture.report), KG_OK);
	ck_assert_msg(fixture.report.verdict == after, "%s: %s", trace,
		      kg_verdict_name(fixture.report.verdict));
	kg_verify_free(fixture.verify);
	fixture.verify = NULL;
	kg_ways_free(ways);
}

static const char *between(const char *middle)
{
	static char trace[1024];
	(void)snprintf(trace, sizeof(trace), "%s%s %s", made, middle, closed);
	return trace;
}

START_TEST(ways_may_come_to_the_same)
{
	/* both have a use for the thread */
	ck_ways("", between("0: use 2: use 3: vcpu{ load put }"), INCONCLUSIVE, PASS);
	/* nobody has, or it is wrong whosever it is */
	ck_ways("", between("3: vcpu{ load put }"), INCONCLUSIVE, FAIL);
	ck_ways("", between("0: use 2: use 3: vcpu{ load }"), INCONCLUSIVE, FAIL);
}
END_TEST

START_TEST(ways_may_differ)
{
	ck_ways("", between("0: use 3: vcpu{ load put }"), INCONCLUSIVE, INCONCLUSIVE);
	ck_ways("", between("2: use 3: vcpu{ load put }"), INCONCLUSIVE, INCONCLUSIVE);
}
END_TEST

START_TEST(ways_give_no_more_threads_than_there_is_room_for)
{
	ck_ways("", between("0: use 2: use 3: vcpu{ load put }"), INCONCLUSIVE, PASS);
	/* a vCPU, say, that subject 0 does not have: so the thread cannot be its */
	ck_ways(", 'thread_for': 'use'", between("2: use 3: vcpu{ load put }"), INCONCLUSIVE, PASS);
	/* nobody has one: the task is nobody's still */
	ck_ways(", 'thread_for': 'spawn'", between("2: use 3: vcpu{ load put }"), INCONCLUSIVE,
		INCONCLUSIVE);
}
END_TEST

/* The worker is one of two subjects' and ends it; the other one goes on, and ends itself. */
#define ENDED_BY_WORKER                                                                            \
	"0: dev{ make spawn } 2: dev{ make spawn } 1: work close{ destroy } 2: use close{ "        \
	"destroy }"

START_TEST(ways_that_no_kernel_can_go_are_left_out)
{
	ck_ways("", ENDED_BY_WORKER, INCONCLUSIVE, INCONCLUSIVE);
	ck_ways(", 'impossible': [{ 'call': 'use', 'after': 'work' }]", ENDED_BY_WORKER,
		INCONCLUSIVE, PASS);
	ck_ways(", 'impossible': [{ 'call': 'use', 'after_end': 'work' }]", ENDED_BY_WORKER,
		INCONCLUSIVE, PASS);
	/* none is possible: what was there before stays */
	ck_ways(", 'impossible': [{ 'call': 'destroy', 'after': 'make' }]", ENDED_BY_WORKER,
		INCONCLUSIVE, INCONCLUSIVE);
	/* what is open is not over */
	ck_ways(", 'impossible': [{ 'call': 'use', 'after_end': 'close' }]",
		"0: dev{ make spawn } 2: dev{ make spawn } 1: work close{ 2: use 1: destroy } "
		"2: close{ destroy }",
		INCONCLUSIVE, INCONCLUSIVE);
}
END_TEST

START_TEST(ways_may_be_too_many)
{
	static const char life[] =
		"0: dev{ make } 2: dev{ make } 0: use 2: use 3: vcpu{ load put } "
		"0: close{ destroy } 2: close{ destroy } ";
	char trace[2048] = "";
	for (size_t i = 0; i < 6; i++)
		(void)strcat(trace, life);
	ck_ways("", trace, INCONCLUSIVE, PASS);
	(void)strcat(trace, life);
	ck_ways("", trace, INCONCLUSIVE, INCONCLUSIVE);
}
END_TEST

/* A worker that is done with its subject goes on in the step that ended it. */
START_TEST(ways_leave_nobody_in_the_midst_of_a_step)
{
	static const char trace[] = "0: dev{ make spawn } 2: dev{ make spawn } 2: use 0: use 1: "
				    "work close{ destroy use } "
				    "2: use close{ destroy }";
	ck_ways(", 'impossible': [{ 'call': 'use', 'after_end': 'close' }]", trace, INCONCLUSIVE,
		PASS);
}
END_TEST

START_TEST(facts_have_to_be_whole)
{
	static const char *const wrong[][2] = {
		{ "7", "subject.impossible: has to be a list" },
		{ "[7]", "subject.impossible[0]: has to be an object" },
		{ "[{ 'call': 'f' }]", "needs either" },
		{ "[{ 'call': 'f', 'after': 'g', 'after_end': 'g' }]", "needs either" },
		{ "[{ 'after': 'g' }]", "subject.impossible[0].call: is missing" },
		{ "[{ 'call': 'f', 'befor': 'g' }]", "befor" },
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char json[512];
		struct kg_spec *spec;
		struct kg_error err = { 0 };
		int len = snprintf(json, sizeof(json),
				   "{ 'fgpath': 1, 'subject': { 'first': 'f', 'impossible': %s } }",
				   wrong[i][0]);
		for (char *c = json; *c != '\0'; c++)
			*c = *c == '\'' ? '"' : *c;
		ck_assert_int_eq(kg_spec_parse(json, (size_t)len, "test", &spec, &err),
				 KG_BAD_SPEC);
		ck_assert_msg(strstr(err.text, wrong[i][1]) != NULL, "%s", err.text);
	}
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

static enum kg_status run_short_of_memory(uint64_t passes)
{
	const char *trace = between("0: use 2: use 3: vcpu{ load put }");
	struct kg_ways *ways = NULL;
	memory_fail_after(passes);
	enum kg_status status = kg_ways_new(&ways, NULL);
	if (status == KG_OK)
		status = go_all_ways(trace, ways);
	if (status == KG_OK)
		status = kg_verify_settle(fixture.verify, &fixture.info, ways);
	memory_fail_after(UINT64_MAX);
	kg_ways_free(ways);
	return status;
}

START_TEST(ways_out_of_memory_is_told)
{
	char spec[2048];
	(void)snprintf(spec, sizeof(spec), SPEC, "");
	begin(spec);
	play(between("0: use 2: use 3: vcpu{ load put }"));
	finish();
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status == KG_NOMEM; passes++)
		status = run_short_of_memory(passes);
	ck_assert_int_eq(status, KG_OK);
}
END_TEST

Suite *verify_ways_suite(void)
{
	Suite *suite = suite_create("verify_ways");
	TCase *ways = tcase_create("ways");
	tcase_add_checked_fixture(ways, set_up, tear_down);
	tcase_add_test(ways, ways_may_come_to_the_same);
	tcase_add_test(ways, ways_may_differ);
	tcase_add_test(ways, ways_give_no_more_threads_than_there_is_room_for);
	tcase_add_test(ways, ways_that_no_kernel_can_go_are_left_out);
	tcase_add_test(ways, ways_may_be_too_many);
	tcase_add_test(ways, ways_leave_nobody_in_the_midst_of_a_step);
	tcase_add_test(ways, facts_have_to_be_whole);
	tcase_add_test(ways, ways_out_of_memory_is_told);
	suite_add_tcase(suite, ways);
	return suite;
}

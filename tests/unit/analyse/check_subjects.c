/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several subjects in one trace: whose calls are whose. */
#include <check.h>
#include <string.h>

#include "base/memory.h"
#include "verify_script.h"

Suite *subjects_suite(void);

#define SUBJECT                                                                                    \
	"'subject': { 'first': 'dev', 'alive': ['make', 'destroy'], 'join': 'vcpu',"               \
	"  'also_task': '^kvm-nx', 'worker_from': 'spawn', 'noise': ['tick', 'free'] },"

#define VM                                                                                         \
	"{ 'fgpath': 1, " SUBJECT "'phases': ["                                                    \
	"  { 'id': 'probe', 'is': { 'call': 'dev*', 'not': 'make' } },"                            \
	"  { 'id': 'create', 'is': { 'call': 'dev', 'in': ['make', 'spawn?'] } },"                 \
	"  { 'id': 'run', 'is': { 'call': 'vcpu*', 'in': ['load', 'put'] } },"                     \
	"  { 'id': 'work', 'is': 'work*' },"                                                       \
	"  { 'id': 'close', 'is': { 'call': 'close', 'in': ['destroy'] } } ],"                     \
	" 'threads': [{ 'id': 'thread-run', 'is': { 'call': 'vcpu+', 'in': ['load', 'put'] } }],"  \
	" 'rules': [{ 'id': 'one', 'count': 'make', 'want': 1 },"                                  \
	"  { 'id': 'pair', 'pair': ['load', 'put'] },"                                             \
	"  { 'id': 'each', 'each': 'vcpu', 'in': ['load', 'put'] },"                               \
	"  { 'id': 'freed', 'expr': '#(make) == #(free)' },"                                       \
	"  { 'id': 'all', 'over': 'trace', 'expr': '#(make) == #(destroy)' } ],"                   \
	" 'instead': [{ 'if': '#(vcpu) > 20', 'use': 'long' },"                                    \
	"             { 'if': '#(make) > 1', 'use': 'many' }] }"

/* The pairs of each task for itself. */
#define PER_TASK                                                                                   \
	"{ 'fgpath': 1, " SUBJECT                                                                  \
	"'phases': [{ 'id': 'all', 'is': [{ 'call': 'dev', 'in': 'make' },"                        \
	"  'vcpu', 'close'] }],"                                                                   \
	" 'rules': [{ 'id': 'pair', 'pair': ['load', 'put'], 'per': 'task' }] }"

#define LIVE "dev dev{ make } vcpu{ load put } free close{ destroy } "

static void ck_all(enum kg_verdict verdict)
{
	ck_assert_msg(fixture.report.verdict == verdict, "%s",
		      kg_verdict_name(fixture.report.verdict));
}

static void verify(const char *spec, const char *trace)
{
	tear_down();
	set_up();
	begin(spec);
	play(trace);
	finish();
}

START_TEST(subjects_one_has_all_rules)
{
	verify(VM, LIVE);
	ck_all(PASS);
	ck_assert_uint_eq(fixture.report.subject_count, 1);
	ck_assert_ptr_null(fixture.report.better);
	ck_verdict("phase:thread-run", SKIPPED);
	ck_verdict("freed", PASS);
}
END_TEST

START_TEST(subjects_one_after_the_other)
{
	verify(VM, LIVE LIVE LIVE);
	ck_all(PASS);
	ck_assert_uint_eq(fixture.report.subject_count, 3);
	ck_assert_str_eq(fixture.report.better, "many");
	ck_assert_str_eq(check_of("phase:run")->found, "3 of 3 subjects");
	/* the second one goes wrong */
	verify(VM, LIVE "dev{ make } vcpu{ load } free close{ destroy } " LIVE);
	ck_all(FAIL);
	ck_verdict("phase:run", FAIL);
	ck_line("phase:run", 18);
	ck_verdict("one", PASS);
	ck_verdict("pair", FAIL);
	ck_verdict("each", FAIL);
	ck_assert_ptr_nonnull(
		strstr(check_of("pair")->found, "; of the subject that begins on line 13"));
}
END_TEST

START_TEST(subjects_at_the_same_time_in_two_tasks)
{
	/* 2 and 3 are two VMMs; nothing is in order if they are taken for one */
	verify(VM, "2: dev{ make } 3: dev{ make } 2: vcpu{ load 3: vcpu{ load 2: put } 3: put } "
		   "2: free 3: free 2: close{ destroy } 3: close{ destroy }");
	ck_all(PASS);
	ck_assert_uint_eq(fixture.report.subject_count, 2);
	/* the second one comes while the first is loaded */
	verify(PER_TASK,
	       "0: other 2: dev{ make } vcpu{ load 3: dev{ make } vcpu{ load put } 2: put } "
	       "2: free 3: free 2: close{ destroy } 3: close{ destroy }");
	ck_all(PASS);
	verify(VM, "2: dev{ make } 3: dev{ make } 2: vcpu{ load 3: vcpu{ load 2: put } 3: } "
		   "2: free 3: free 2: close{ destroy } 3: close{ destroy }");
	ck_all(FAIL);
	ck_verdict("phase:run", FAIL);
	ck_verdict("pair", FAIL);
	ck_verdict("one", PASS);
}
END_TEST

START_TEST(subjects_that_nobody_tells_apart)
{
	/* two in one task */
	verify(VM, "dev{ make } dev{ make } vcpu{ load put } free free close{ destroy } "
		   "close{ destroy }");
	ck_all(INCONCLUSIVE);
	ck_verdict("phase:close", INCONCLUSIVE);
	ck_verdict("one", INCONCLUSIVE);
	ck_verdict("all", PASS);
	/* a thread of one of two */
	verify(VM, "0: dev{ make } 2: dev{ make } 3: vcpu{ load put } 0: free close{ destroy } "
		   "2: free close{ destroy }");
	ck_verdict("phase:thread-run", SKIPPED);
	/* all together do it, which is not to say that each does */
	ck_verdict("pair", INCONCLUSIVE);
	ck_verdict("all", PASS);
	verify(VM, "0: dev{ make } 2: dev{ make } 3: vcpu{ load } 0: free close{ destroy } "
		   "2: free close{ destroy }");
	ck_verdict("pair", INCONCLUSIVE);
	ck_all(INCONCLUSIVE);
	/* what one lacks may be in the task that could be the other's as well */
	verify(VM, "0: dev{ make } 2: dev{ make } 1: work close{ destroy } 0: free 2: free "
		   "close{ destroy }");
	ck_verdict("phase:close", INCONCLUSIVE);
	ck_all(INCONCLUSIVE);
}
END_TEST

START_TEST(subjects_have_threads)
{
	verify(VM, "dev{ make } 2: vcpu{ load 3: vcpu{ 2: put } 3: load put } 0: free "
		   "close{ destroy }");
	ck_all(PASS);
	ck_assert_str_eq(check_of("phase:thread-run")->found, "2 of 2 subjects");
	verify(VM,
	       "dev{ make } 2: vcpu{ load 3: vcpu{ 2: put } 3: load } 0: free close{ destroy }");
	ck_verdict("phase:thread-run", FAIL);
	/* a root that nobody speaks of is a departure there as well */
	verify(VM, "dev{ make } 2: vcpu{ load put } other 0: free close{ destroy }");
	ck_verdict("phase:thread-run", FAIL);
}
END_TEST

START_TEST(subjects_have_workers)
{
	/* the worker of lane 1 goes on where its subject stops */
	verify(VM, "dev{ make spawn } vcpu{ load put } free 1: work close{ destroy }");
	ck_all(PASS);
	/* of two it belongs to the one that has started it */
	verify(VM,
	       "2: dev{ make } 3: dev{ make spawn } 2: vcpu{ load put } 1: work close{ destroy } "
	       "2: free 3: free 2: close{ destroy }");
	ck_all(PASS);
	/* and then to the next one */
	verify(VM, "dev{ make spawn } free 1: work close{ destroy } 0: dev{ make spawn } free "
		   "1: work close{ destroy }");
	ck_all(PASS);
	ck_assert_uint_eq(fixture.report.subject_count, 2);
}
END_TEST

START_TEST(subjects_that_are_never_born_do_not_count)
{
	verify(VM, "3: dev dev 0: " LIVE "3: dev");
	ck_all(PASS);
	ck_assert_uint_eq(fixture.report.subject_count, 1);
	/* unless there is no other: it was tried, and came to nothing */
	verify(VM, "dev{ mkae } vcpu{ load put } free close{ destroy }");
	ck_all(FAIL);
	ck_verdict("phase:create", FAIL);
}
END_TEST

START_TEST(subjects_from_before_the_trace_are_doubted)
{
	verify(VM, "vcpu{ load put } free close{ destroy }");
	ck_all(INCONCLUSIVE);
	verify(VM, "dev vcpu{ load put } free close{ destroy }");
	ck_all(INCONCLUSIVE);
	ck_verdict("phase:create", INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(check_of("phase:create")->why, "begins in the middle"));
}
END_TEST

START_TEST(subjects_are_not_made_by_questions)
{
	static const char spec[] =
		"{ 'fgpath': 1, 'subject': { 'first': 'dev', 'alive': ['make', 'destroy'],"
		"  'join': 'vcpu', 'question': 'ask' }, 'phases': ["
		"  { 'id': 'create', 'is': { 'call': 'dev', 'in': ['make'] } },"
		"  { 'id': 'run', 'is': 'vcpu' } ] }";
	/* the subject was made before */
	verify(spec, "dev{ ask } vcpu");
	ck_all(INCONCLUSIVE);
	/* it was tried and came to nothing, whatever is asked before and after */
	verify(spec, "dev{ mkae } vcpu");
	ck_all(FAIL);
	verify(spec, "dev{ mkae } dev{ ask } vcpu");
	ck_all(FAIL);
}
END_TEST

/* Those that are done with are not kept, and what came of them is. */
START_TEST(subjects_may_be_many)
{
	begin(VM);
	for (size_t i = 0; i < 5000; i++)
		play(LIVE);
	finish();
	ck_all(PASS);
	ck_assert_uint_eq(fixture.report.subject_count, 5000);
	ck_assert_str_eq(check_of("phase:run")->found, "5000 of 5000 subjects");
	ck_assert_str_eq(check_of("pair")->found, "5000 of 5000 subjects");
	ck_verdict("phase:work", SKIPPED);
}
END_TEST

START_TEST(subjects_that_go_wrong_are_kept)
{
	begin(VM);
	for (size_t i = 0; i < 100; i++)
		play(LIVE);
	play("dev{ make } vcpu{ load } free close{ destroy } ");
	for (size_t i = 0; i < 200; i++)
		play(LIVE);
	finish();
	ck_all(FAIL);
	ck_verdict("phase:run", FAIL);
	ck_line("phase:run", 1206);
	ck_verdict("pair", FAIL);
	ck_line("pair", 1205);
	ck_assert_uint_eq(check_of("pair")->place_count, 1);
	ck_verdict("one", PASS);
	ck_assert_str_eq(check_of("one")->found, "301 of 301 subjects");
}
END_TEST

START_TEST(subjects_that_are_done_with_are_doubted_all_the_same)
{
	const struct kg_gap gap = { .line_no = 10, .lost_count = KG_NO_NS };
	begin(VM);
	for (size_t i = 0; i < 100; i++)
		play(LIVE);
	const struct kg_call_sink sink = kg_verify_sink(fixture.verify);
	ck_assert_int_eq(sink.gap(sink.self, &gap), KG_OK);
	finish();
	ck_verdict("phase:run", INCONCLUSIVE);
	ck_verdict("pair", INCONCLUSIVE);
	ck_all(INCONCLUSIVE);
}
END_TEST

/* A thread of one that is gone is free for the next. */
START_TEST(subjects_leave_their_threads)
{
	begin(VM);
	for (size_t i = 0; i < 100; i++)
		play("0: dev{ make } 2: vcpu{ load put } 0: free close{ destroy } 2: other ");
	finish();
	ck_all(FAIL);
	tear_down();
	set_up();
	begin(VM);
	for (size_t i = 0; i < 100; i++)
		play("0: dev{ make } 2: vcpu{ load put } 0: free close{ destroy } 2: tick ");
	finish();
	ck_all(PASS);
	ck_assert_str_eq(check_of("phase:thread-run")->found, "100 of 100 subjects");
}
END_TEST

/* ---- what a recording can show --------------------------------------------------------------- */

static bool shows_all_but_load(void *self, const char *name)
{
	(void)self;
	return strcmp(name, "load") != 0 && strcmp(name, "vcpu") != 0;
}

static void verify_scope(const struct kg_verify_scope *scope, const char *trace)
{
	tear_down();
	set_up();
	begin(VM);
	ck_assert_int_eq(kg_verify_set_scope(fixture.verify, scope), KG_OK);
	play(trace);
	finish();
}

START_TEST(scope_what_cannot_be_seen_may_be_missing)
{
	const struct kg_verify_scope scope = { .can_show = shows_all_but_load };
	verify_scope(&scope, "dev{ make } free close{ destroy }");
	ck_all(PASS);
	ck_verdict("phase:run", NOT_TRACEABLE);
	ck_verdict("pair", NOT_TRACEABLE);
	ck_verdict("each", NOT_TRACEABLE);
	ck_verdict("one", PASS);
	ck_assert_str_eq(check_of("pair")->why, "the recording could not show load");
}
END_TEST

START_TEST(scope_tells_what_a_forbidden_call_could_not_have_been)
{
	static const char spec[] = "{ 'fgpath': 1, 'rules': [{ 'id': 'never', 'forbid': "
				   "['bad', 'load', 'bad_*', 'vcpu'] }] }";
	tear_down();
	set_up();
	begin(spec);
	ck_assert_int_eq(
		kg_verify_set_scope(fixture.verify,
				    &(struct kg_verify_scope){ .can_show = shows_all_but_load }),
		KG_OK);
	play("make");
	finish();
	ck_verdict("never", PASS);
	ck_assert_str_eq(check_of("never")->found,
			 "no call, but the recording could not show load, vcpu");
	ck_verdict_of(spec, "make", "never", PASS);
	ck_assert_ptr_null(check_of("never")->found);
}
END_TEST

START_TEST(scope_partial_recordings_are_doubted)
{
	const struct kg_verify_scope scope = { .partial = "only 3 levels were recorded" };
	verify_scope(&scope, LIVE);
	ck_verdict("phase:run", PASS);
	ck_verdict("one", INCONCLUSIVE);
	verify_scope(&scope, "dev{ make } vcpu{ load } close{ destroy }");
	ck_verdict("phase:run", INCONCLUSIVE);
	ck_verdict("pair", INCONCLUSIVE);
	ck_assert_str_eq(check_of("phase:run")->why, "only 3 levels were recorded");
	ck_all(INCONCLUSIVE);
}
END_TEST

START_TEST(scope_emulated_time_is_not_judged)
{
	static const char spec[] = "{ 'fgpath': 1, 'rules': ["
				   "{ 'id': 'slow', 'budget': 'f', 'max_us': 0 }] }";
	ck_verdict_of(spec, "f", "slow", FAIL);
	tear_down();
	set_up();
	begin(spec);
	ck_assert_int_eq(kg_verify_set_scope(fixture.verify,
					     &(struct kg_verify_scope){ .is_emulated = true }),
			 KG_OK);
	play("f");
	finish();
	ck_verdict("slow", SKIPPED);
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

static enum kg_status run_short_of_memory(uint64_t passes)
{
	const struct kg_verify_scope scope = { .can_show = shows_all_but_load };
	struct kg_error err = { 0 };
	memory_fail_after(passes);
	enum kg_status status = kg_verify_new(fixture.spec, &fixture.script.funcs,
					      &fixture.script.tasks, &fixture.verify, &err);
	if (status == KG_OK)
		status = kg_verify_set_scope(fixture.verify, &scope);
	if (status == KG_OK) {
		script_rewind(&fixture.script, kg_verify_sink(fixture.verify));
		for (size_t i = 0; i < 34; i++)
			play("0: dev{ make } 2: vcpu{ load put } 0: free close{ destroy }");
		play("0: dev{ make spawn } 1: work 2: vcpu{ put } 0: dev{ free } close{ destroy } "
		     "3: dev{ make } free vcpu{ put } close{ destroy } 0: dev{ make } dev{ make }");
		script_done(&fixture.script);
		status = fixture.script.status;
	}
	if (status == KG_OK)
		status = kg_verify_report(fixture.verify, &fixture.info, &fixture.report);
	memory_fail_after(UINT64_MAX);
	kg_verify_free(fixture.verify);
	fixture.verify = NULL;
	return status;
}

START_TEST(subjects_out_of_memory_is_told)
{
	static const char *const names[] = { "dev", "make", "spawn",   "work",	"vcpu",
					     "put", "free", "destroy", "close", "load" };
	add_tasks();
	fixture.spec = parse(VM);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		script_func(&fixture.script, names[i]);
	enum kg_status status = KG_NOMEM;
	/* what is asked for at the start is much alike */
	for (uint64_t passes = 0; status == KG_NOMEM; passes += passes % 8 == 0 ? 1 : 7)
		status = run_short_of_memory(passes);
	ck_assert_int_eq(status, KG_OK);
}
END_TEST

Suite *subjects_suite(void)
{
	Suite *suite = suite_create("subjects");
	TCase *subjects = tcase_create("subjects");
	tcase_add_checked_fixture(subjects, set_up, tear_down);
	tcase_add_test(subjects, subjects_one_has_all_rules);
	tcase_add_test(subjects, subjects_one_after_the_other);
	tcase_add_test(subjects, subjects_at_the_same_time_in_two_tasks);
	tcase_add_test(subjects, subjects_that_nobody_tells_apart);
	tcase_add_test(subjects, subjects_have_threads);
	tcase_add_test(subjects, subjects_have_workers);
	tcase_add_test(subjects, subjects_that_are_never_born_do_not_count);
	tcase_add_test(subjects, subjects_from_before_the_trace_are_doubted);
	tcase_add_test(subjects, subjects_are_not_made_by_questions);
	tcase_add_test(subjects, subjects_may_be_many);
	tcase_add_test(subjects, subjects_that_go_wrong_are_kept);
	tcase_add_test(subjects, subjects_that_are_done_with_are_doubted_all_the_same);
	tcase_add_test(subjects, subjects_leave_their_threads);
	tcase_add_test(subjects, subjects_out_of_memory_is_told);
	suite_add_tcase(suite, subjects);
	TCase *scope = tcase_create("scope");
	tcase_add_checked_fixture(scope, set_up, tear_down);
	tcase_add_test(scope, scope_what_cannot_be_seen_may_be_missing);
	tcase_add_test(scope, scope_tells_what_a_forbidden_call_could_not_have_been);
	tcase_add_test(scope, scope_partial_recordings_are_doubted);
	tcase_add_test(scope, scope_emulated_time_is_not_judged);
	suite_add_tcase(suite, scope);
	return suite;
}

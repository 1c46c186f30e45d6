/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "verify_script.h"

Suite *verify_suite(void);

/* ---- the path -------------------------------------------------------------------------------- */

#define PATH(phases)                                                                               \
	"{ 'fgpath': 1, 'alias': { 'load': 'load|old_load' },"                                     \
	"  'subject': { 'first': 'open', 'also_task': '^kvm-nx', 'noise': ['tick*'] },"            \
	"  'ignore': ['irq'], 'phases': [" phases "] }"

#define VMM                                                                                        \
	PATH("{ 'id': 'create', 'is': { 'call': 'open', 'in': ['init', 'enable?'] } },"            \
	     "{ 'id': 'ask', 'is': 'ask?' },"                                                      \
	     "{ 'id': 'run', 'is': { 'rep': { 'call': 'ioctl', 'in': ["                            \
	     "   { 'call': 'run', 'in': ['@load', { 'rep': { 'any': ["                             \
	     "     ['enter', { 'call': 'exit', 'in': [{ 'call': 'fault', 'in': ['map'] }] }],"     \
	     "     ['enter', { 'call': 'exit', 'not': ['fault', 'io', 'halt'] }] ] } },"           \
	     "     'enter', { 'call': 'exit', 'in': [{ 'any': ['io', 'halt'] }] }, 'put'] }] },"   \
	     "   'min': 1 } },"                                                                    \
	     "{ 'id': 'close', 'is': { 'all': ['close', 'unmap'] } }")

#define CREATE "open{ init{ } } "
#define RUN "ioctl{ run{ load enter exit{ io } put } } "

START_TEST(path_that_is_followed_passes)
{
	begin(VMM);
	play(CREATE RUN RUN "unmap close");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_PASS);
	ck_verdict("phase:create", PASS);
	ck_verdict("phase:ask", SKIPPED);
	ck_verdict("phase:run", PASS);
	ck_verdict("phase:close", PASS);
	ck_assert_str_eq(check_of("phase:run")->found, "2 calls, the first on line 5");
	ck_line("phase:run", 5);
	ck_assert_uint_eq(fixture.report.counts[KG_VERDICT_SKIPPED], 1);
}
END_TEST

START_TEST(path_unmentioned_frames_are_transparent)
{
	ck_verdict_of(
		VMM,
		"sys_ioctl{ open{ create{ init } noise{ enable } } } sys_ioctl{ ask } "
		"sys_ioctl{ ioctl{ run{ vcpu_load{ load{ deep } } loop{ enter exit{ sub{ io } } } "
		"put } } } exit_files{ close unmap }",
		"phase:close", PASS);
}
END_TEST

START_TEST(path_tokens_are_not_looked_into)
{
	/* what load and put call is theirs, even if it is mentioned elsewhere */
	ck_verdict_of(VMM,
		      CREATE "ioctl{ run{ load{ put load } enter exit{ halt } put{ enter } } } "
			     "close unmap",
		      "phase:close", PASS);
}
END_TEST

START_TEST(path_ignored_calls_and_noise_are_not_there)
{
	ck_verdict_of(VMM,
		      "irq tick_1{ close } " CREATE "irq{ open } ask tick_2{ ioctl } "
		      "ioctl{ run{ load irq{ put } enter irq exit{ irq io } put } } close unmap",
		      "phase:close", PASS);
}
END_TEST

START_TEST(path_split_functions_are_one_call)
{
	ck_verdict_of(VMM,
		      CREATE "ioctl{ run.isra.0{ load{ load.part.0 } enter exit{ exit.part.0{ io{ "
			     "io.constprop.0.isra.0 } } } put.part.0 } } close unmap",
		      "phase:close", PASS);
	/* a function that calls itself is two calls */
	ck_verdict_of(PATH("{ 'id': 'a', 'is': { 'call': 'open', 'count': { 'f': 2 } } }"),
		      "open{ f{ f } }", "phase:a", PASS);
	ck_verdict_of(PATH("{ 'id': 'a', 'is': { 'call': 'open', 'count': { 'f': 1 } } }"),
		      "open{ f.isra.0{ f.part.0 } }", "phase:a", PASS);
}
END_TEST

START_TEST(path_missing_call_at_the_end_is_told)
{
	begin(VMM);
	play(CREATE RUN "ioctl{ run{ load enter exit{ io } } } close unmap");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_FAIL);
	ck_verdict("phase:create", PASS);
	ck_verdict("phase:run", FAIL);
	ck_verdict("phase:close", SKIPPED);
	const struct kg_check *check = check_of("phase:run");
	ck_assert_str_eq(check->expected,
			 "in ioctl (line 15): in run (line 16): put before its end");
	ck_assert_str_eq(check->found, "run ends without it (line 22)");
	ck_assert_uint_eq(check->places[0].line_no, 22);
	ck_assert_uint_eq(check->places[0].task_id, 0);
}
END_TEST

START_TEST(path_unexpected_call_is_told)
{
	begin(VMM);
	play(CREATE "ioctl{ run{ load put enter exit{ io } } } close unmap");
	finish();
	const struct kg_check *check = check_of("phase:run");
	ck_assert_int_eq(check->verdict, KG_VERDICT_FAIL);
	ck_assert_str_eq(check->expected, "in ioctl (line 5): in run (line 6): enter");
	ck_assert_str_eq(check->found, "put (line 8)");
	ck_line("phase:run", 8);
}
END_TEST

START_TEST(path_alternative_that_got_furthest_is_told)
{
	begin(VMM);
	play(CREATE "ioctl{ run{ load enter exit{ fault{ fix } } enter exit{ io } put } } "
		    "close unmap");
	finish();
	const struct kg_check *check = check_of("phase:run");
	ck_assert_str_eq(check->expected, "in ioctl (line 5): in run (line 6): in exit (line 9): "
					  "in fault (line 10): map before its end");
	ck_line("phase:run", 10);
}
END_TEST

START_TEST(path_call_taken_for_another_is_hinted_at)
{
	begin(VMM);
	play(CREATE RUN "ioctl{ run{ load enter exit{ } put } } close unmap");
	finish();
	const struct kg_check *check = check_of("phase:run");
	ck_assert_str_eq(check->expected, "in ioctl (line 15): in run (line 16): enter; or, before "
					  "that, fault, io or halt in exit (line 19)");
	ck_assert_str_eq(check->found, "put (line 21)");
}
END_TEST

START_TEST(path_wrong_step_is_told_where_it_starts)
{
	begin(VMM);
	play(CREATE "ioctl{ get{ } } " RUN "close unmap");
	finish();
	const struct kg_check *check = check_of("phase:run");
	ck_assert_str_eq(check->expected, "in ioctl (line 5): run before its end");
	ck_assert_str_eq(check->found,
			 "ioctl (line 5) has nothing of that in it; it begins with get");
	ck_line("phase:run", 5);
}
END_TEST

START_TEST(path_steps_in_another_order_fail)
{
	begin(VMM);
	play(RUN CREATE "close unmap");
	finish();
	/* the subject is known only from its first call on: the run is not its own */
	ck_verdict("phase:create", PASS);
	const struct kg_check *check = check_of("phase:run");
	ck_assert_int_eq(check->verdict, KG_VERDICT_FAIL);
	ck_assert_str_eq(check->expected, "ask (ask) or ioctl (run)");
	ck_assert_str_eq(check->found, "close (line 15)");
}
END_TEST

START_TEST(path_unexpected_root_fails)
{
	begin(VMM);
	play(CREATE "strange{ f } " RUN "close unmap");
	finish();
	ck_verdict("phase:run", FAIL);
	ck_line("phase:run", 5);
	/* with a step in it, it is just a frame */
	ck_verdict_of(VMM, CREATE "strange{ " RUN "} close unmap", "phase:close", PASS);
	/* what other tasks do is nobody's business */
	ck_verdict_of(VMM, CREATE "2: strange 0: " RUN "close unmap", "phase:close", PASS);
}
END_TEST

START_TEST(path_only_some_roots_matter)
{
	static const char spec[] =
		"{ 'fgpath': 1, 'subject': { 'first': 'open', 'roots': ['[kvm]', 'kvm_*'] },"
		"  'phases': [{ 'id': 'a', 'is': ['open', 'close'] }] }";
	ck_verdict_of(spec, "open sys_write{ f } close", "phase:a", PASS);
	ck_verdict_of(spec, "open kvm_strange close", "phase:a", FAIL);
	tear_down();
	set_up();
	begin(spec);
	play("open");
	script_leaf(&fixture.script, 0, "strange [kvm]", 1);
	play("close");
	finish();
	ck_verdict("phase:a", FAIL);
}
END_TEST

START_TEST(path_goes_on_after_its_end)
{
	begin(VMM);
	play(CREATE RUN "close unmap close");
	finish();
	ck_verdict("phase:close", FAIL);
	ck_assert_str_eq(check_of("phase:close")->expected, "the end of the path");
	ck_line("phase:close", 17);
}
END_TEST

START_TEST(path_tasks_are_merged)
{
	begin(VMM);
	play(CREATE "1: tick_worker{ 0: " RUN "close{ 1: } unmap 0: }");
	finish();
	ck_verdict("phase:close", PASS);
	ck_verdict_of(VMM, CREATE RUN "close 2: unmap", "phase:close", INCONCLUSIVE);
}
END_TEST

/* A call of a task, in a lane that was another's before. */
static void lend_lane(kg_task_id task_id, const char *symbol)
{
	struct kg_call call = {
		.id = fixture.script.next_id++,
		.parent_id = KG_NO_CALL,
		.line_no = ++fixture.script.line_no,
		.func_id = script_func(&fixture.script, symbol),
		.task_id = task_id,
		.flags = KG_CALL_ATOMIC | KG_CALL_ROOT,
	};
	call.end_line_no = call.line_no;
	ck_assert_int_eq(fixture.script.sink.closed(fixture.script.sink.self, &call), KG_OK);
}

START_TEST(path_lanes_have_other_owners_in_time)
{
	begin(PATH("{ 'id': 'a', 'is': ['open', 'close'] }"));
	lend_lane(0, "open");
	lend_lane(2, "strange");
	lend_lane(2, "close");
	lend_lane(0, "close");
	finish();
	ck_verdict("phase:a", PASS);
	ck_line("phase:a", 1);
	ck_assert_str_eq(check_of("phase:a")->found, "2 calls, the first on line 1");
	tear_down();
	set_up();
	begin("{ 'fgpath': 1, 'rules': [{ 'id': 'r', 'pair': ['a', 'b'], 'per': 'task' }] }");
	lend_lane(0, "a");
	lend_lane(1, "a");
	lend_lane(0, "b");
	lend_lane(1, "b");
	finish();
	ck_verdict("r", PASS);
}
END_TEST

START_TEST(path_hidden_calls_are_not_counted)
{
	begin(VMM);
	play(CREATE);
	fixture.script.flags = KG_CALL_HIDDEN;
	play("close strange{");
	fixture.script.flags = 0;
	play(RUN);
	fixture.script.flags = KG_CALL_HIDDEN;
	play("}");
	fixture.script.flags = 0;
	play("close unmap");
	finish();
	ck_verdict("phase:close", PASS);
}
END_TEST

START_TEST(path_counts_and_bans_below_a_call)
{
#define BELOW                                                                                      \
	PATH("{ 'id': 'a', 'is': { 'call': 'open', 'not': ['bad*'],"                               \
	     "  'count': { 'f': '<=1', 'g|h': '>=2', '@load': '!=1' } } }")
	ck_verdict_of(BELOW, "open{ f{ g } h }", "phase:a", PASS);
	ck_verdict_of(BELOW, "open{ x{ bad_1 } g h }", "phase:a", FAIL);
	ck_line("phase:a", 3);
	ck_assert_str_eq(check_of("phase:a")->found, "bad_1 (line 3)");
	ck_verdict_of(BELOW, "open{ f f g h }", "phase:a", FAIL);
	ck_line("phase:a", 3);
	ck_assert_str_eq(check_of("phase:a")->expected, "in open (line 1): at most 1 call of f");
	ck_verdict_of(BELOW, "open{ g }", "phase:a", FAIL);
	ck_assert_str_eq(check_of("phase:a")->expected, "in open (line 1): at least 2 calls of g");
	ck_assert_str_eq(check_of("phase:a")->found, "1 call by line 3");
	ck_verdict_of(BELOW, "open{ g g old_load }", "phase:a", FAIL);
	ck_assert_str_eq(check_of("phase:a")->expected,
			 "in open (line 1): any number but 1 call of old_load");
}
END_TEST

START_TEST(path_aliases_show_the_names_of_the_trace)
{
#define ALIASED PATH("{ 'id': 'a', 'is': { 'call': 'open', 'in': ['a', '@load', 'b'] } }")
	ck_verdict_of(ALIASED, "open{ a b }", "phase:a", FAIL);
	ck_assert_str_eq(check_of("phase:a")->expected, "in open (line 1): load (or old_load)");
	ck_verdict_of(ALIASED, "open{ a b } 2: old_load", "phase:a", FAIL);
	ck_assert_str_eq(check_of("phase:a")->expected, "in open (line 1): old_load");
}
END_TEST

/* ---- what is not there ----------------------------------------------------------------------- */

START_TEST(path_cut_in_a_step_is_inconclusive)
{
	begin(VMM);
	play(CREATE RUN "ioctl{ run{ load enter");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
	ck_verdict("phase:create", PASS);
	ck_verdict("phase:run", INCONCLUSIVE);
	ck_verdict("phase:close", SKIPPED);
	const struct kg_check *check = check_of("phase:run");
	ck_assert_str_eq(check->expected,
			 "in ioctl (line 15): in run (line 16): exit before its end");
	ck_assert_str_eq(check->found, "the end of the trace");
	ck_verdict("structure:no-orphans", INCONCLUSIVE);
}
END_TEST

START_TEST(path_cut_between_steps_is_inconclusive)
{
	begin(VMM);
	play(CREATE RUN "close");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
	ck_verdict("phase:close", INCONCLUSIVE);
	ck_assert_str_eq(check_of("phase:close")->expected, "unmap (close)");
	ck_verdict("structure:no-orphans", PASS);
}
END_TEST

START_TEST(path_left_before_the_cut_fails)
{
	ck_verdict_of(VMM, CREATE "ioctl{ run{ load put enter", "phase:run", FAIL);
}
END_TEST

START_TEST(path_without_subject_is_inconclusive)
{
	begin(VMM);
	play(RUN);
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
	ck_verdict("phase:create", INCONCLUSIVE);
	ck_assert_str_eq(check_of("phase:create")->expected, "a call of open");
	ck_assert_str_eq(check_of("phase:create")->why, "there is no call of open");
}
END_TEST

START_TEST(path_that_begins_late_is_inconclusive)
{
	begin(VMM);
	play("~ ~ put ~run ~ioctl open{ } close unmap");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
	ck_verdict("phase:create", INCONCLUSIVE);
	ck_verdict("structure:no-orphans", INCONCLUSIVE);
	ck_assert_str_eq(check_of("phase:create")->why,
			 "the trace begins in the middle: 2 relevant calls had already started");
}
END_TEST

START_TEST(path_is_not_decided_by_what_others_left_open)
{
	/* a task that was in the kernel before and is in it afterwards */
	begin(VMM);
	play("2: sys_read{ 0: " CREATE RUN "3: ~ f ~sys_write 0: close unmap");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_PASS);
	ck_assert_str_eq(
		check_of("structure:no-orphans")->found,
		"1 call already open when the trace begins, 1 call still open when it ends");
}
END_TEST

static void lose_events(void)
{
	const struct kg_gap gap = { .line_no = fixture.script.line_no, .lost_count = 3 };
	ck_assert_int_eq(fixture.script.sink.gap(fixture.script.sink.self, &gap), KG_OK);
	fixture.info.lost_gaps++;
	fixture.info.lost_events = 3;
	fixture.info.lost_events_known = true;
}

START_TEST(path_with_lost_events_is_inconclusive)
{
	begin(VMM);
	play(CREATE RUN);
	lose_events();
	play("close unmap");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
	ck_verdict("phase:create", INCONCLUSIVE);
	ck_verdict("phase:close", INCONCLUSIVE);
	ck_verdict("structure:no-losses", INCONCLUSIVE);
	ck_assert_str_eq(
		check_of("phase:close")->why,
		"the tracer lost events (1 gap, the first before line 14, 3 events): what is "
		"missing may have been there");
	tear_down();
	set_up();
	begin(VMM);
	play(CREATE "ioctl{ run{ load put");
	lose_events();
	play("} } close");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
	ck_verdict("phase:run", INCONCLUSIVE);
}
END_TEST

/* ---- rules ----------------------------------------------------------------------------------- */

#define RULE(rule)                                                                                 \
	"{ 'fgpath': 1, 'params': { 'n': 2, 'unset': null }, 'alias': { 'ab': 'a|b' },"            \
	"  'rules': [{ 'id': 'r', " rule " }] }"

START_TEST(rule_count_has_bounds)
{
	static const char exact[] = RULE("'count': '@ab', 'want': 'n'");
	ck_verdict_of(exact, "a x{ b }", "r", PASS);
	ck_verdict_of(exact, "a", "r", FAIL);
	ck_line("r", 1);
	ck_verdict_of(exact, "a 2: b 1: a", "r", FAIL);
	ck_line("r", 3);
	ck_assert_str_eq(check_of("r")->expected, "exactly 2 calls of a or b");
	ck_assert_str_eq(check_of("r")->found, "3 calls; the first too many is a (line 3)");
	ck_verdict_of(RULE("'count': 'a', 'want': '<2'"), "a a", "r", FAIL);
	ck_verdict_of(RULE("'count': 'a', 'want': '<2'"), "a b", "r", PASS);
	ck_verdict_of(RULE("'count': 'a', 'want': '>=2'"), "a", "r", FAIL);
	ck_verdict_of(RULE("'count': 'a', 'want': 'unset'"), "a", "r", SKIPPED);
	ck_assert_str_eq(check_of("r")->why, "the parameter \"unset\" is not set");
}
END_TEST

START_TEST(rule_pair_alternates)
{
	static const char trace[] = RULE("'pair': ['a', 'b']");
	static const char task[] = RULE("'pair': ['a', 'b'], 'per': 'task'");
	ck_verdict_of(trace, "a b 1: a 2: b", "r", PASS);
	ck_assert_str_eq(check_of("r")->found, "2 pairs");
	ck_verdict_of(trace, "a a b b", "r", FAIL);
	ck_line("r", 2);
	ck_assert_str_eq(check_of("r")->found, "a (line 2) while the one of line 1 has no b");
	ck_verdict_of(trace, "a b b", "r", FAIL);
	ck_assert_str_eq(check_of("r")->found, "b (line 3) without a before it");
	ck_verdict_of(trace, "a b a", "r", FAIL);
	ck_assert_str_eq(check_of("r")->found, "a (line 3) has none to the end of the trace");
	ck_verdict_of(task, "a 1: a b 0: b", "r", PASS);
	ck_verdict_of(task, "a 1: b", "r", FAIL);
	ck_verdict_of(RULE("'pair': ['a', 'b'], 'per': 'cpu'"), "a 1: a b 0: b", "r", PASS);
	ck_verdict_of(RULE("'pair': ['a', 'b'], 'per': 'cpu'"), "a 1: a 0: b", "r", FAIL);
}
END_TEST

START_TEST(rule_expr_compares)
{
	static const char chain[] = RULE("'expr': '#(a) == #(b) + 1 <= 2 * n'");
	ck_verdict_of(chain, "a a b", "r", PASS);
	ck_verdict_of(chain, "a b", "r", FAIL);
	ck_assert_str_eq(check_of("r")->found, "1 call of a, 1 call of b");
	ck_line("r", 1);
	ck_verdict_of(chain, "a a a a a b b b b", "r", FAIL);
	ck_verdict_of(RULE("'expr': '#(a) - #(b) - #(b) < 0'"), "a b", "r", PASS);
	ck_verdict_of(RULE("'expr': '#(a) != unset'"), "a", "r", SKIPPED);
}
END_TEST

START_TEST(rule_each_is_a_pattern)
{
	static const char spec[] = RULE("'each': 'f', 'in': ['a', 'b?'], 'not': 'bad'");
	ck_verdict_of(spec, "f{ a } 1: f{ x{ a } b }", "r", PASS);
	ck_verdict_of(spec, "f{ a } 1: f{ b } f{ }", "r", FAIL);
	ck_line("r", 5);
	ck_assert_str_eq(check_of("r")->expected, "in f (line 4): a");
	ck_assert_str_eq(check_of("r")->found, "b (line 5), and 1 more");
	ck_assert_uint_eq(check_of("r")->place_count, 2);
	ck_verdict_of(spec, "f{ a bad }", "r", FAIL);
	/* one inside the other: each of them, and the inner one is no frame if it is mentioned */
	static const char nested[] = RULE("'each': 'f', 'in': ['a', 'f?']");
	ck_verdict_of(nested, "f{ a f{ a } }", "r", PASS);
	ck_verdict_of(nested, "f{ a f{ } }", "r", FAIL);
	ck_line("r", 3);
	ck_verdict_of(spec, "f{ a f{ a } }", "r", FAIL);
	/* what is cut off may still be right */
	ck_verdict_of(spec, "f{ x", "r", INCONCLUSIVE);
	ck_verdict_of(spec, "f{ b", "r", FAIL);
}
END_TEST

START_TEST(rule_each_follows_recursion_so_far)
{
	begin(RULE("'each': 'f', 'not': 'bad'"));
	for (size_t i = 0; i < 30; i++)
		play("f{");
	for (size_t i = 0; i < 30; i++)
		play("}");
	finish();
	ck_verdict("r", INCONCLUSIVE);
	ck_assert_str_eq(check_of("r")->found, "30 calls, 14 of them not seen in whole");
}
END_TEST

START_TEST(rule_order_is_of_ends_and_starts)
{
	static const char spec[] = RULE("'order': ['a', 'b', 'c']");
	ck_verdict_of(spec, "a a b c c", "r", PASS);
	ck_verdict_of(spec, "a c", "r", PASS);
	ck_verdict_of(spec, "c", "r", PASS);
	ck_verdict_of(spec, "a c b", "r", FAIL);
	ck_line("r", 3);
	ck_assert_str_eq(check_of("r")->found, "b (line 3) after c (line 2)");
	ck_verdict_of(spec, "a{ b }", "r", FAIL);
	ck_line("r", 2);
}
END_TEST

START_TEST(rule_inside_is_of_all_tasks)
{
	static const char spec[] = RULE("'inside': 'a', 'window': 'w|v'");
	ck_verdict_of(spec, "w{ 1: a 0: } 2: v{ 1: a{ } 2: }", "r", PASS);
	ck_verdict_of(spec, "w{ } 1: a", "r", FAIL);
	ck_line("r", 3);
	ck_verdict_of(spec, "w{ 1: a{ 0: } 1: }", "r", FAIL);
	ck_assert_str_eq(check_of("r")->found, "1 call; outside ends a (line 4)");
}
END_TEST

START_TEST(rule_cpus_are_once_each)
{
	static const char spec[] = RULE("'cpus': 'a', 'want': 'n'");
	ck_verdict_of(spec, "a 1: a", "r", PASS);
	ck_assert_str_eq(check_of("r")->found, "2 calls on 2 CPUs");
	ck_verdict_of(spec, "a", "r", FAIL);
	ck_verdict_of(spec, "a 1: a a", "r", FAIL);
	ck_line("r", 3);
	ck_verdict_of(RULE("'cpus': 'a'"), "a 3: a 2: a", "r", PASS);
}
END_TEST

START_TEST(rule_forbid_is_proof)
{
	static const char spec[] = RULE("'forbid': ['bad*', 'a']");
	ck_verdict_of(spec, "good", "r", PASS);
	ck_verdict_of(spec, "good{ bad_1 } bad_2", "r", FAIL);
	ck_line("r", 2);
	ck_assert_str_eq(check_of("r")->found, "2 calls; the first one is bad_1 (line 2)");
	/* whatever is lost, it was there */
	tear_down();
	set_up();
	begin(spec);
	play("bad_1");
	lose_events();
	finish();
	ck_verdict("r", FAIL);
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_FAIL);
	tear_down();
	set_up();
	begin(spec);
	lose_events();
	finish();
	ck_verdict("r", INCONCLUSIVE);
}
END_TEST

START_TEST(rule_modules_go_together)
{
	begin(RULE("'modules': [['kvm', 'kvm_intel'], ['kvm', 'kvm_amd']]"));
	script_leaf(&fixture.script, 0, "f [kvm]", 1);
	script_leaf(&fixture.script, 0, "g [kvm_amd]", 1);
	script_leaf(&fixture.script, 0, "plain", 1);
	script_leaf(&fixture.script, 0, "h [kvm_intel]", 1);
	script_leaf(&fixture.script, 0, "f [kvm]", 1);
	finish();
	ck_verdict("r", FAIL);
	ck_line("r", 4);
	ck_assert_str_eq(check_of("r")->expected,
			 "functions of kvm, kvm_intel; or of kvm, kvm_amd");
	ck_assert_str_eq(check_of("r")->found, "1 call of others; the first one is h (line 4)");
}
END_TEST

START_TEST(rule_budget_is_of_time)
{
	begin(RULE("'budget': 'a', 'max_us': 'n', 'total_us': 5, 'severity': 'warn'"));
	script_leaf(&fixture.script, 0, "a", 2000);
	script_leaf(&fixture.script, 0, "a", 2001);
	script_leaf(&fixture.script, 0, "a", KG_NO_NS);
	finish();
	ck_verdict("r", FAIL);
	ck_line("r", 2);
	ck_assert_str_eq(check_of("r")->expected, "a within 2 us each within 5 us in all");
	ck_assert_str_eq(check_of("r")->found,
			 "3 calls, in all 4.001 us, the longest on line 2: 2.001 us");
	/* a warning decides nothing */
	ck_assert(check_of("r")->is_warning);
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_PASS);
	tear_down();
	set_up();
	begin(RULE("'budget': 'a', 'total_us': 3"));
	script_leaf(&fixture.script, 0, "a", 2000);
	script_leaf(&fixture.script, 0, "a", 1500);
	finish();
	ck_verdict("r", FAIL);
	ck_line("r", 1);
}
END_TEST

START_TEST(rule_closed_is_before_an_end)
{
	static const char spec[] = RULE("'closed': 'worker', 'before': 'destroy'");
	ck_verdict_of(spec, "1: worker{ 0: destroy{ 1: } 0: }", "r", PASS);
	ck_verdict_of(spec, "1: worker{ 0: destroy{ } 1: }", "r", FAIL);
	ck_line("r", 3);
	ck_assert_str_eq(check_of("r")->found, "worker (line 1) is open on line 3");
}
END_TEST

START_TEST(rule_last_is_below_the_last)
{
	static const char spec[] = RULE("'last': 'destroy', 'among': 'close_a|close_b'");
	ck_verdict_of(spec, "close_a close_b{ x{ destroy } }", "r", PASS);
	ck_verdict_of(spec, "close_a{ destroy } close_b", "r", FAIL);
	ck_line("r", 4);
	ck_verdict_of(spec, "close_a destroy", "r", FAIL);
	ck_assert_str_eq(check_of("r")->found, "destroy (line 2) is below none of them");
}
END_TEST

START_TEST(rule_applies_when)
{
	static const char spec[] = RULE("'count': 'a', 'want': 1, 'when': 'w*|v'");
	ck_verdict_of(spec, "a a", "r", SKIPPED);
	ck_assert_str_eq(check_of("r")->why, "no call of w* (or v) in this trace");
	ck_verdict_of(spec, "a a w_1", "r", FAIL);
	ck_verdict_of(spec, "v a", "r", PASS);
}
END_TEST

START_TEST(rule_may_need_all_tasks)
{
	static const char spec[] = RULE("'count': 'a', 'want': 2, 'needs_all_tasks': true");
	ck_verdict_of(spec, "a", "r", SKIPPED);
	ck_verdict_of(spec, "a 1: b", "r", FAIL);
	ck_verdict_of(spec, "a 1: a", "r", PASS);
}
END_TEST

START_TEST(rule_of_a_trace_that_begins_late_is_careful)
{
	/* the start in one lane, the end in another: that may be one call */
	ck_verdict_of(RULE("'count': 'a', 'want': 1"), "a{ 1: ~ x ~a", "r", INCONCLUSIVE);
	ck_verdict_of(RULE("'pair': ['a', 'b'], 'per': 'task'"), "~ b ~a", "r", INCONCLUSIVE);
	ck_verdict_of(RULE("'expr': '#(a) == #(b)'"), "~ b ~a", "r", INCONCLUSIVE);
	ck_verdict_of(RULE("'each': 'a', 'in': ['b']"), "~ x ~a", "r", INCONCLUSIVE);
	ck_verdict_of(RULE("'forbid': 'a'"), "~ x ~a", "r", FAIL);
}
END_TEST

START_TEST(rule_of_a_trace_that_is_cut_is_careful)
{
	ck_verdict_of(RULE("'count': 'a', 'want': 2"), "a b{ a{", "r", INCONCLUSIVE);
	ck_verdict_of(RULE("'count': 'a', 'want': 1"), "a b{ a{", "r", FAIL);
	ck_verdict_of(RULE("'pair': ['a', 'b']"), "a{", "r", INCONCLUSIVE);
	ck_verdict_of(RULE("'pair': ['a', 'b']"), "a a{", "r", FAIL);
}
END_TEST

/* ---- structure ------------------------------------------------------------------------------- */

START_TEST(structure_without_spec_is_checked)
{
	begin("{ 'fgpath': 1 }");
	play("a{ b } c");
	finish();
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_PASS);
	ck_assert_uint_eq(fixture.report.check_count, 5);
}
END_TEST

START_TEST(structure_torn_calls_fail)
{
	begin("{ 'fgpath': 1 }");
	play("a{ b{ ! c } d{ }");
	finish();
	ck_verdict("structure:no-orphans", FAIL);
	ck_line("structure:no-orphans", 2);
	/* its lane has been seen at that depth before */
	ck_verdict_of("{ 'fgpath': 1 }", "a ~ b ~c", "structure:no-orphans", FAIL);
	ck_line("structure:no-orphans", 3);
}
END_TEST

START_TEST(structure_split_call_is_no_orphan)
{
	/* an interrupt came before the depth was counted */
	ck_verdict_of("{ 'fgpath': 1, 'rules': [{ 'id': 'r', 'count': 'b', 'want': 1 }] }",
		      "a{ b{ ! tick ~ x ~b }", "structure:no-orphans", PASS);
	ck_verdict("r", PASS);
	ck_assert_str_eq(check_of("structure:no-orphans")->found, "1 call split by an interrupt");
}
END_TEST

START_TEST(structure_imperfections_fail)
{
	begin("{ 'fgpath': 1 }");
	fixture.info.diags.entries[KG_DIAG_MARK_MISMATCH] = (struct kg_diag_entry){ 2, 17 };
	fixture.info.diags.entries[KG_DIAG_CHILDREN_EXCEED] = (struct kg_diag_entry){ 1, 18 };
	fixture.info.diags.entries[KG_DIAG_BANNER_MISMATCH] = (struct kg_diag_entry){ 1, 19 };
	finish();
	ck_verdict("structure:marks", FAIL);
	ck_verdict("structure:children", FAIL);
	ck_verdict("structure:switches", FAIL);
	ck_line("structure:marks", 17);
	ck_assert_str_eq(check_of("structure:marks")->found, "2 that do not, the first on line 17");
	ck_assert_uint_eq(check_of("structure:marks")->places[0].func_id, KG_NO_FUNC);
	/* the report can be asked for again */
	struct kg_verify_report again;
	ck_assert_int_eq(kg_verify_report(fixture.verify, &fixture.info, &again), KG_OK);
	ck_assert_ptr_eq(again.checks, fixture.report.checks);
}
END_TEST

START_TEST(structure_with_losses_is_doubted)
{
	begin("{ 'fgpath': 1 }");
	fixture.info.diags.entries[KG_DIAG_MARK_MISMATCH] = (struct kg_diag_entry){ 2, 17 };
	fixture.info.diags.entries[KG_DIAG_CHILDREN_EXCEED] = (struct kg_diag_entry){ 1, 18 };
	lose_events();
	play("a{ b{ ! }");
	finish();
	ck_verdict("structure:marks", FAIL);
	ck_verdict("structure:children", INCONCLUSIVE);
	ck_verdict("structure:no-orphans", INCONCLUSIVE);
}
END_TEST

/* ---- the whole ------------------------------------------------------------------------------- */

START_TEST(verdicts_have_names)
{
	ck_assert_str_eq(kg_verdict_name(KG_VERDICT_NOT_TRACEABLE), "not-traceable");
	ck_assert_str_eq(kg_verdict_name(KG_VERDICT_COUNT), "unknown");
	kg_verify_free(NULL);
}
END_TEST

/* A long and winding trace, with every allocation failing once. */
static enum kg_status run_short_of_memory(uint64_t passes)
{
	struct kg_error err = { 0 };
	memory_fail_after(passes);
	enum kg_status status = kg_verify_new(fixture.spec, &fixture.script.funcs,
					      &fixture.script.tasks, &fixture.verify, &err);
	if (status == KG_OK) {
		script_rewind(&fixture.script, kg_verify_sink(fixture.verify));
		play(CREATE RUN "1: " RUN "2: f{ a{ b } } 0: ioctl{ run{ load enter exit{ fault");
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

START_TEST(verify_out_of_memory_is_told)
{
	add_tasks();
	fixture.spec = parse(
		"{ 'fgpath': 1, 'subject': { 'first': 'open', 'also_task': 'nx' }, 'phases': ["
		"  { 'id': 'create', 'is': { 'call': 'open', 'in': ['init'] } },"
		"  { 'id': 'run', 'is': { 'call': 'ioctl*', 'in': [{ 'call': 'run', 'in': ["
		"     'load', 'enter', { 'call': 'exit', 'in': ['io'] }, 'put' ] }] } }],"
		" 'rules': [{ 'id': 'a', 'each': 'f', 'in': ['a'] },"
		"  { 'id': 'b', 'pair': ['load', 'put'], 'per': 'task' },"
		"  { 'id': 'c', 'cpus': 'a' }, { 'id': 'd', 'expr': '#(a) == #(b)' }] }");
	/* names that are known cost no memory of the script */
	static const char *const names[] = { "open",  "init", "ioctl", "run", "load",
					     "enter", "exit", "io",    "put", "f",
					     "a",     "b",    "fault" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		script_func(&fixture.script, names[i]);
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status == KG_NOMEM; passes++)
		status = run_short_of_memory(passes);
	ck_assert_int_eq(status, KG_OK);
	ck_assert_int_eq(fixture.report.verdict, KG_VERDICT_INCONCLUSIVE);
}
END_TEST

Suite *verify_suite(void)
{
	Suite *suite = suite_create("verify");
	TCase *path = tcase_create("path");
	tcase_add_checked_fixture(path, set_up, tear_down);
	tcase_add_test(path, path_that_is_followed_passes);
	tcase_add_test(path, path_unmentioned_frames_are_transparent);
	tcase_add_test(path, path_tokens_are_not_looked_into);
	tcase_add_test(path, path_ignored_calls_and_noise_are_not_there);
	tcase_add_test(path, path_split_functions_are_one_call);
	tcase_add_test(path, path_missing_call_at_the_end_is_told);
	tcase_add_test(path, path_unexpected_call_is_told);
	tcase_add_test(path, path_alternative_that_got_furthest_is_told);
	tcase_add_test(path, path_call_taken_for_another_is_hinted_at);
	tcase_add_test(path, path_wrong_step_is_told_where_it_starts);
	tcase_add_test(path, path_steps_in_another_order_fail);
	tcase_add_test(path, path_unexpected_root_fails);
	tcase_add_test(path, path_only_some_roots_matter);
	tcase_add_test(path, path_goes_on_after_its_end);
	tcase_add_test(path, path_tasks_are_merged);
	tcase_add_test(path, path_lanes_have_other_owners_in_time);
	tcase_add_test(path, path_hidden_calls_are_not_counted);
	tcase_add_test(path, path_counts_and_bans_below_a_call);
	tcase_add_test(path, path_aliases_show_the_names_of_the_trace);
	suite_add_tcase(suite, path);
	TCase *evidence = tcase_create("evidence");
	tcase_add_checked_fixture(evidence, set_up, tear_down);
	tcase_add_test(evidence, path_cut_in_a_step_is_inconclusive);
	tcase_add_test(evidence, path_cut_between_steps_is_inconclusive);
	tcase_add_test(evidence, path_left_before_the_cut_fails);
	tcase_add_test(evidence, path_without_subject_is_inconclusive);
	tcase_add_test(evidence, path_that_begins_late_is_inconclusive);
	tcase_add_test(evidence, path_is_not_decided_by_what_others_left_open);
	tcase_add_test(evidence, path_with_lost_events_is_inconclusive);
	suite_add_tcase(suite, evidence);
	TCase *rules = tcase_create("rules");
	tcase_add_checked_fixture(rules, set_up, tear_down);
	tcase_add_test(rules, rule_count_has_bounds);
	tcase_add_test(rules, rule_pair_alternates);
	tcase_add_test(rules, rule_expr_compares);
	tcase_add_test(rules, rule_each_is_a_pattern);
	tcase_add_test(rules, rule_each_follows_recursion_so_far);
	tcase_add_test(rules, rule_order_is_of_ends_and_starts);
	tcase_add_test(rules, rule_inside_is_of_all_tasks);
	tcase_add_test(rules, rule_cpus_are_once_each);
	tcase_add_test(rules, rule_forbid_is_proof);
	tcase_add_test(rules, rule_modules_go_together);
	tcase_add_test(rules, rule_budget_is_of_time);
	tcase_add_test(rules, rule_closed_is_before_an_end);
	tcase_add_test(rules, rule_last_is_below_the_last);
	tcase_add_test(rules, rule_applies_when);
	tcase_add_test(rules, rule_may_need_all_tasks);
	tcase_add_test(rules, rule_of_a_trace_that_begins_late_is_careful);
	tcase_add_test(rules, rule_of_a_trace_that_is_cut_is_careful);
	suite_add_tcase(suite, rules);
	TCase *structure = tcase_create("structure");
	tcase_add_checked_fixture(structure, set_up, tear_down);
	tcase_add_test(structure, structure_without_spec_is_checked);
	tcase_add_test(structure, structure_torn_calls_fail);
	tcase_add_test(structure, structure_split_call_is_no_orphan);
	tcase_add_test(structure, structure_imperfections_fail);
	tcase_add_test(structure, structure_with_losses_is_doubted);
	suite_add_tcase(suite, structure);
	TCase *whole = tcase_create("whole");
	tcase_add_checked_fixture(whole, set_up, tear_down);
	tcase_add_test(whole, verdicts_have_names);
	tcase_add_test(whole, verify_out_of_memory_is_told);
	suite_add_tcase(suite, whole);
	return suite;
}

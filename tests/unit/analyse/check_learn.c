/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include <kvmgraph/learn.h>

#include "analyse/learn.h"
#include "call_script.h"

Suite *learn_suite(void);

static struct fixture {
	struct script script;
	struct kg_learn *learn;
	const struct kg_learned *learned;
	struct kg_learn_lack lack;
} fixture;

/* The task of lane 3 is idle. */
#define IDLE 3

static void set_up_depth(uint32_t depth)
{
	static const char *const comms[SCRIPT_LANES] = { "worker", "cat", "dd", "<idle>" };
	const struct kg_learn_opts opts = { .depth = depth };
	fixture = (struct fixture){ 0 };
	for (uint32_t i = 0; i < SCRIPT_LANES; i++) {
		const struct span comm = { (const unsigned char *)comms[i], strlen(comms[i]) };
		ck_assert_uint_eq(tasks_add(&fixture.script.tasks, i == IDLE ? 0 : 100 + i, comm),
				  i);
	}
	ck_assert_int_eq(kg_learn_new(&opts, &fixture.learn), KG_OK);
}

static void set_up(void)
{
	set_up_depth(0);
}

static void tear_down(void)
{
	kg_learn_free(fixture.learn);
	script_release(&fixture.script);
}

/* ---- scripts in short: "a(b c(d)) e", each word a call -------------------------------------- */

static void play(uint32_t lane, const char *text)
{
	while (*text != '\0') {
		char name[64];
		const size_t len = strcspn(text, " ()");
		if (len == 0) {
			if (*text == ')')
				script_leave(&fixture.script, lane, 1000);
			text++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		text += len;
		if (*text == '(')
			script_enter(&fixture.script, lane, name);
		else
			script_leaf(&fixture.script, lane, name, 100);
	}
}

static void start(void)
{
	script_rewind(&fixture.script, kg_learn_sink(fixture.learn));
	ck_assert_int_eq(
		kg_learn_start(fixture.learn, &fixture.script.funcs, &fixture.script.tasks), KG_OK);
}

static void finish(void)
{
	const struct kg_info info = { 0 };
	script_done(&fixture.script);
	ck_assert_int_eq(fixture.script.status, KG_OK);
	ck_assert_int_eq(kg_learn_finish(fixture.learn, &info, &fixture.lack), KG_OK);
}

/* A whole trace of one task. */
static void trace(const char *text)
{
	start();
	play(1, text);
	finish();
}

static void draft(void)
{
	ck_assert_int_eq(kg_learn_draft(fixture.learn, &fixture.learned), KG_OK);
}

/* ---- forms in short -------------------------------------------------------------------------- */

static char text[2048];
static size_t text_len;

static void add(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_len += (size_t)vsnprintf(text + text_len, sizeof(text) - text_len, format, args);
	va_end(args);
	ck_assert_uint_lt(text_len, sizeof(text));
}

static void add_often(const struct kg_form *form)
{
	if (form->max == KG_FORM_NO_LIMIT)
		add(form->min == 0 ? "*" : "+");
	else if (form->min == 0)
		add("?");
	else if (form->min > 1)
		add("{%u}", form->min);
}

static void add_form(const struct kg_form *form)
{
	static const char *const before[] = {
		[KG_FORM_CALL] = "",	[KG_FORM_SEQUENCE] = "[",  [KG_FORM_ALL] = "all[",
		[KG_FORM_ANY] = "any[", [KG_FORM_REPEAT] = "rep[", [KG_FORM_REFERENCE] = "$",
	};
	add("%s%s", before[form->kind], form->name != NULL ? form->name : "");
	for (size_t i = 0; i < form->part_count; i++) {
		add(i > 0 ? " " : "");
		add_form(form->parts[i]);
	}
	if (form->kind != KG_FORM_CALL && form->kind != KG_FORM_REFERENCE)
		add("]");
	if (form->kind == KG_FORM_CALL || form->kind == KG_FORM_REPEAT)
		add_often(form);
	for (size_t i = 0; i < form->banned_count; i++)
		add("!%s", form->banned[i]);
	if (form->in != NULL) {
		add("<");
		add_form(form->in);
		add(">");
	}
}

/* The phases, with slashes between them. */
static const char *phases(void)
{
	text_len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < fixture.learned->phase_count; i++) {
		add(i > 0 ? " / " : "");
		add_form(fixture.learned->phases[i].form);
	}
	return text;
}

static const struct kg_learned_rule *rule(const char *id)
{
	for (size_t i = 0; i < fixture.learned->rule_count; i++) {
		if (strcmp(fixture.learned->rules[i].id, id) == 0)
			return &fixture.learned->rules[i];
	}
	return NULL;
}

/* ---- phases ---------------------------------------------------------------------------------- */

START_TEST(learn_phases_are_roots_in_order)
{
	trace("open(look) read(copy) read(copy) shut");
	trace("open(look) read(copy) shut");
	draft();
	ck_assert_str_eq(phases(), "open<look> / read+<copy> / shut");
	ck_assert_str_eq(fixture.learned->first, "open");
	ck_assert_str_eq(fixture.learned->phases[0].why, "Once in each of 2 traces.");
	ck_assert_str_eq(fixture.learned->phases[1].why, "1 to 2 times in each of 2 traces.");
}
END_TEST

START_TEST(learn_kinds_of_a_root_are_phases_of_their_own)
{
	trace("ctl ctl(make(part)) ctl(use) ctl(use) ctl");
	draft();
	ck_assert_str_eq(phases(), "ctl!make!use / ctl<make<part>> / ctl{2}<use> / ctl!make!use");
	ck_assert_str_eq(fixture.learned->phases[1].id, "make");
	ck_assert_str_eq(fixture.learned->phases[3].id, "ctl-2");
}
END_TEST

START_TEST(learn_what_differs_is_optional_or_in_any_order)
{
	trace("f(a b) f(b a) g(x y z) g(x z) g(x y z)");
	draft();
	ck_assert_str_eq(phases(), "f{2}<all[a b]> / g{3}<[x y? z]>");
}
END_TEST

START_TEST(learn_what_takes_turns_is_a_loop)
{
	trace("f(load in out in odd out put) f(load in out put) f(load in odd out in out put)");
	draft();
	ck_assert_str_eq(phases(), "f{3}<[load rep[in odd? out]+ put]>");
}
END_TEST

START_TEST(learn_alternatives_where_nothing_is_common)
{
	trace("f(go exit(io(port)) go exit(page(map)) done) f(go exit go exit(io(port)) done)");
	trace("f(go exit(page(map)) done) f(go exit(io(port)) done)");
	draft();
	ck_assert_str_eq(phases(), "f{2}<[rep[go exit<rep[any[io<port> page<map>]]?>]+ done]>");
}
END_TEST

START_TEST(learn_wrappers_are_passed_over)
{
	trace("f(outer(middle(a b))) f(outer(middle(a b)) c)");
	draft();
	ck_assert_str_eq(phases(), "f{2}<[outer<[a b]> c?]>");
}
END_TEST

START_TEST(learn_parts_of_split_functions_are_one_call)
{
	trace("f(g(g.part.0(a b)) h.isra.0)");
	draft();
	ck_assert_str_eq(phases(), "f<[g<[a b]> h]>");
}
END_TEST

START_TEST(learn_hidden_calls_are_not_there)
{
	start();
	fixture.script.flags = KG_CALL_HIDDEN;
	script_enter(&fixture.script, 1, "outside");
	fixture.script.flags = 0;
	play(1, "f(a b)");
	fixture.script.flags = KG_CALL_HIDDEN;
	script_leave(&fixture.script, 1, 9000);
	fixture.script.flags = 0;
	finish();
	draft();
	ck_assert_str_eq(phases(), "f<[a b]>");
}
END_TEST

/* ---- noise ----------------------------------------------------------------------------------- */

START_TEST(learn_leaves_out_what_interrupts_call)
{
	start();
	play(IDLE, "tick(update) tick(update)");
	play(1, "f(a(tick(update)) b) sysvec_timer(update) f(a b) tick(update)");
	finish();
	draft();
	ck_assert_str_eq(phases(), "f{2}<[a b]>");
	ck_assert_uint_eq(fixture.learned->noise_count, 1);
	ck_assert_str_eq(fixture.learned->noise[0], "tick");
	ck_assert_uint_eq(fixture.learned->ignore_count, 1);
	ck_assert_str_eq(fixture.learned->ignore[0], "sysvec_timer");
}
END_TEST

START_TEST(learn_passes_over_steps_that_come_anywhere)
{
	trace("f(a b c d) g f(a b c d) f(a b c d) g f(a b c d) end");
	trace("f(a b c d) f(a b c d) f(a b c d) g f(a b c d) end");
	trace("g f(a b c d) f(a b c d) f(a b c d) f(a b c d) end");
	draft();
	ck_assert_str_eq(phases(), "f{4}<[a b c d]> / end");
	ck_assert_str_eq(fixture.learned->noise[0], "g");
}
END_TEST

START_TEST(learn_follows_the_task_with_most_common_roots)
{
	start();
	play(2, "loud loud loud loud(a b c d e f g h)");
	play(1, "open read shut");
	finish();
	start();
	play(1, "open read shut");
	finish();
	draft();
	ck_assert_str_eq(phases(), "open / read / shut");
}
END_TEST

START_TEST(learn_joins_the_worker_that_goes_on_for_the_subject)
{
	for (int i = 0; i < 2; i++) {
		start();
		play(1, "open read");
		play(2, "noise");
		play(1, "shut");
		play(0, "destroy(a b)");
		finish();
	}
	draft();
	ck_assert_str_eq(phases(), "open / read / shut / destroy<[a b]>");
	ck_assert_str_eq(fixture.learned->also_task, "^worker$");
	ck_assert_ptr_null(rule("each-destroy"));
}
END_TEST

START_TEST(learn_does_not_join_a_worker_that_runs_beside_the_subject)
{
	for (int i = 0; i < 2; i++) {
		start();
		play(1, "open read");
		play(0, "destroy(a b)");
		play(1, "shut");
		finish();
	}
	draft();
	ck_assert_str_eq(phases(), "open / read / shut");
	ck_assert_ptr_null(fixture.learned->also_task);
	ck_assert_ptr_nonnull(rule("each-destroy"));
}
END_TEST

/* ---- rules ----------------------------------------------------------------------------------- */

START_TEST(learn_pairs_by_name_and_by_turns)
{
	trace("f(get_it put_it ask) f(answer ask) f(answer)");
	draft();
	const struct kg_learned_rule *named = rule("pair-get-it");
	ck_assert_ptr_nonnull(named);
	ck_assert_str_eq(named->names[1], "put_it");
	ck_assert_str_eq(named->per, "task");
	ck_assert_str_eq(named->why, "1 of 1 in 1 trace.");
	const struct kg_learned_rule *turns = rule("pair-ask");
	ck_assert_ptr_nonnull(turns);
	ck_assert_str_eq(turns->names[1], "answer");
	ck_assert_str_eq(turns->why, "2 of 2 in 1 trace.");
}
END_TEST

START_TEST(learn_pairs_below_pairs_that_are_not_told)
{
	/* what the first of each pair calls is told, and what the second one calls is not */
	trace("f(it_create(x_alloc y_get)) g(it_destroy(x_free y_put))");
	draft();
	ck_assert_ptr_nonnull(rule("pair-it-create"));
	ck_assert_ptr_null(rule("pair-x-alloc"));
	tear_down();
	set_up_depth(1);
	trace("f(it_create(x_alloc y_get)) g(k(h it_destroy(x_free y_put)) m)");
	draft();
	ck_assert_ptr_nonnull(rule("pair-it-create"));
	ck_assert_ptr_nonnull(rule("pair-x-alloc"));
}
END_TEST

START_TEST(learn_what_ways_to_go_on_call_that_are_too_deep_for_phases)
{
	tear_down();
	set_up_depth(1);
	trace("f(go exit(io(port wire)) go exit(page(map sync)) go exit(io(port wire)) done)"
	      "f(go exit(page(map sync)) go exit(io(port wire)) done)");
	draft();
	ck_assert_str_eq(phases(), "f{2}<[rep[go exit<any[io page]>]+ done]>");
	const struct kg_learned_rule *each = rule("each-io");
	ck_assert_ptr_nonnull(each);
	text_len = 0;
	add_form(each->form);
	ck_assert_str_eq(text, "[port wire]");
	/* two are not enough */
	ck_assert_ptr_null(rule("each-page"));
}
END_TEST

START_TEST(learn_equal_numbers_need_traces_that_differ)
{
	trace("f(a a) g(b b)");
	draft();
	ck_assert_ptr_null(rule("equal-a"));
	tear_down();
	set_up();
	trace("f(a a) g(b b)");
	trace("f(a a a) g(b b b)");
	draft();
	ck_assert_ptr_nonnull(rule("equal-a"));
	ck_assert_str_eq(rule("equal-a")->names[1], "b");
}
END_TEST

START_TEST(learn_says_what_other_tasks_do)
{
	start();
	play(1, "f g");
	play(0, "work(x(deep) y)");
	finish();
	draft();
	ck_assert_uint_eq(rule("count-work")->number, 1);
	text_len = 0;
	add_form(rule("each-work")->form);
	ck_assert_str_eq(text, "[x<deep> y]");
}
END_TEST

/* ---- what is not whole ----------------------------------------------------------------------- */

START_TEST(learn_nothing_from_a_trace_with_gaps)
{
	const struct kg_gap gap = { .line_no = 1 };
	start();
	play(1, "f(a)");
	ck_assert_int_eq(fixture.script.sink.gap(fixture.script.sink.self, &gap), KG_OK);
	play(1, "g(b)");
	finish();
	ck_assert(!fixture.lack.is_whole);
	ck_assert_uint_eq(fixture.lack.gaps, 1);
	draft();
	ck_assert_uint_eq(fixture.learned->phase_count + fixture.learned->rule_count, 0);
	ck_assert_ptr_null(fixture.learned->first);
}
END_TEST

START_TEST(learn_no_path_of_a_task_that_was_cut)
{
	start();
	play(1, "f(get_it put_it) g(b");
	play(0, "work(x)");
	finish();
	ck_assert_uint_eq(fixture.lack.torn_calls, 1);
	draft();
	ck_assert_uint_eq(fixture.learned->phase_count, 0);
	ck_assert_ptr_nonnull(rule("pair-get-it"));
	ck_assert_ptr_nonnull(rule("each-work"));
}
END_TEST

START_TEST(learn_steps_that_were_not_kept_are_named_only)
{
	fixture.learn->shapes.row_limit = 2;
	trace("f(a) g(b) g(b c)");
	ck_assert_uint_eq(fixture.lack.unseen_steps, 2);
	draft();
	ck_assert_str_eq(phases(), "f<a> / g{2}");
}
END_TEST

START_TEST(learn_a_trace_begun_anew_counts_once)
{
	start();
	play(1, "f(a) f(a) put_it");
	start();
	play(1, "f(get_it put_it)");
	finish();
	draft();
	ck_assert_str_eq(phases(), "f<[get_it put_it]>");
	ck_assert_ptr_nonnull(rule("pair-get-it"));
}
END_TEST

/* ---- dropping -------------------------------------------------------------------------------- */

START_TEST(learn_drops_level_by_level)
{
	trace("f(a(b c) d) g(get_it put_it)");
	draft();
	ck_assert_str_eq(phases(), "f<[a<[b c]> d]> / g<[get_it put_it]>");
	ck_assert(kg_learn_drop(fixture.learn, "phase:f"));
	ck_assert_str_eq(phases(), "f<[a d]> / g<[get_it put_it]>");
	ck_assert(kg_learn_drop(fixture.learn, "phase:f"));
	ck_assert_str_eq(phases(), "f / g<[get_it put_it]>");
	ck_assert(kg_learn_drop(fixture.learn, "pair-get-it"));
	ck_assert_ptr_null(rule("pair-get-it"));
	ck_assert(!kg_learn_drop(fixture.learn, "pair-get-it"));
	ck_assert(!kg_learn_drop(fixture.learn, "structure:marks"));
	ck_assert(kg_learn_drop(fixture.learn, "phase:f"));
	ck_assert_uint_eq(fixture.learned->phase_count, 0);
	ck_assert_ptr_null(fixture.learned->first);
}
END_TEST

START_TEST(learn_says_once_what_is_said_often)
{
	trace("f(one(a b c)) g(two(a b c)) h(a b c)");
	draft();
	ck_assert_uint_eq(fixture.learned->define_count, 1);
	ck_assert_str_eq(phases(), "f<one<$one>> / g<two<$one>> / h<$one>");
	ck_assert_str_eq(fixture.learned->defines[0].name, "one");
}
END_TEST

Suite *learn_suite(void)
{
	Suite *suite = suite_create("learn");
	TCase *tcase = tcase_create("learn");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, learn_phases_are_roots_in_order);
	tcase_add_test(tcase, learn_kinds_of_a_root_are_phases_of_their_own);
	tcase_add_test(tcase, learn_what_differs_is_optional_or_in_any_order);
	tcase_add_test(tcase, learn_what_takes_turns_is_a_loop);
	tcase_add_test(tcase, learn_alternatives_where_nothing_is_common);
	tcase_add_test(tcase, learn_wrappers_are_passed_over);
	tcase_add_test(tcase, learn_parts_of_split_functions_are_one_call);
	tcase_add_test(tcase, learn_hidden_calls_are_not_there);
	tcase_add_test(tcase, learn_leaves_out_what_interrupts_call);
	tcase_add_test(tcase, learn_passes_over_steps_that_come_anywhere);
	tcase_add_test(tcase, learn_follows_the_task_with_most_common_roots);
	tcase_add_test(tcase, learn_joins_the_worker_that_goes_on_for_the_subject);
	tcase_add_test(tcase, learn_does_not_join_a_worker_that_runs_beside_the_subject);
	tcase_add_test(tcase, learn_pairs_by_name_and_by_turns);
	tcase_add_test(tcase, learn_pairs_below_pairs_that_are_not_told);
	tcase_add_test(tcase, learn_what_ways_to_go_on_call_that_are_too_deep_for_phases);
	tcase_add_test(tcase, learn_equal_numbers_need_traces_that_differ);
	tcase_add_test(tcase, learn_says_what_other_tasks_do);
	tcase_add_test(tcase, learn_nothing_from_a_trace_with_gaps);
	tcase_add_test(tcase, learn_no_path_of_a_task_that_was_cut);
	tcase_add_test(tcase, learn_steps_that_were_not_kept_are_named_only);
	tcase_add_test(tcase, learn_a_trace_begun_anew_counts_once);
	tcase_add_test(tcase, learn_drops_level_by_level);
	tcase_add_test(tcase, learn_says_once_what_is_said_often);
	suite_add_tcase(suite, tcase);
	return suite;
}

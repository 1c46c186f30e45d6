/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>

#include <kvmgraph/tree.h>

#include "base/memory.h"
#include "call_script.h"

Suite *filter_suite(void);

/* Writes down what arrives: "(f" opened, ")" closed, "f" atomic, each with a "-" if hidden. */
struct notes {
	char text[512];
	size_t len;
	const struct kg_funcs *funcs;
};

static void note(struct notes *notes, const char *sign, const struct kg_call *call)
{
	const char *name =
		call->func_id == KG_NO_FUNC ? "?" : kg_funcs_get(notes->funcs, call->func_id)->name;
	notes->len += (size_t)snprintf(notes->text + notes->len, sizeof(notes->text) - notes->len,
				       "%s%s%s", (call->flags & KG_CALL_HIDDEN) != 0 ? "-" : "",
				       sign, sign[0] == ')' ? "" : name);
	ck_assert_uint_lt(notes->len, sizeof(notes->text));
}

static enum kg_status note_opened(void *self, const struct kg_call *call)
{
	note(self, "(", call);
	return KG_OK;
}

static enum kg_status note_closed(void *self, const struct kg_call *call)
{
	note(self, (call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE)) != 0 ? "" : ")", call);
	return KG_OK;
}

static struct kg_call_sink notes_sink(struct notes *notes)
{
	return (struct kg_call_sink){
		.self = notes,
		.opened = note_opened,
		.closed = note_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = kg_sink_ignore_gap,
		.done = kg_sink_ignore_done,
	};
}

/* a { b { c d { e } } b2 } in lane 0, a leaf in lane 1 between */
static void play(struct script *script)
{
	script_enter(script, 0, "a");
	script_enter(script, 0, "b");
	script_leaf(script, 0, "c", 100);
	script_leaf(script, 1, "x", 50);
	script_enter(script, 0, "d");
	script_leaf(script, 0, "e", 10);
	script_leave(script, 0, 200);
	script_leave(script, 0, 400);
	script_leaf(script, 0, "b.part.0", 500);
	script_leave(script, 0, 1000);
	script_done(script);
}

static void add_tasks(struct script *script)
{
	ck_assert_uint_eq(tasks_add(&script->tasks, 100, SPAN("vmm-main")), 0);
	ck_assert_uint_eq(tasks_add(&script->tasks, 101, SPAN("kworker/0:1")), 1);
}

static void expect_with(const struct kg_filter_opts *opts, void (*play_it)(struct script *),
			const char *wanted)
{
	struct script script = { 0 };
	struct notes notes = { .funcs = &script.funcs };
	struct kg_call_sink next = notes_sink(&notes);
	struct kg_filter *filter;
	add_tasks(&script);
	ck_assert_int_eq(kg_filter_new(opts, &script.funcs, &script.tasks, &next, &filter, NULL),
			 KG_OK);
	script.sink = kg_filter_sink(filter);
	play_it(&script);
	ck_assert_int_eq(script.status, KG_OK);
	ck_assert_str_eq(notes.text, wanted);
	kg_filter_free(filter);
	script_release(&script);
}

static void expect(const struct kg_filter_opts *opts, const char *wanted)
{
	expect_with(opts, play, wanted);
}

START_TEST(filter_without_options_lets_all_through)
{
	expect(&(struct kg_filter_opts){ 0 }, "(a(bcx(de))b.part.0)");
}
END_TEST

START_TEST(filter_only_keeps_calls_and_what_is_below)
{
	const char *only[] = { "b" };
	struct kg_filter_opts opts = { .only = only, .only_count = 1 };
	/* a base name is as good as a full one */
	expect(&opts, "-(a(bc-x(de))b.part.0-)");
	only[0] = "b.part*";
	expect(&opts, "-(a-(b-c-x-(d-e-)-)b.part.0-)");
	only[0] = "[cx]";
	expect(&opts, "-(a-(bcx-(d-e-)-)-b.part.0-)");
}
END_TEST

START_TEST(filter_only_takes_several_functions)
{
	const char *const only[] = { "e", "c" };
	expect(&(struct kg_filter_opts){ .only = only, .only_count = 2 },
	       "-(a-(bc-x-(de-)-)-b.part.0-)");
}
END_TEST

START_TEST(filter_not_takes_calls_out_with_what_is_below)
{
	const char *without[] = { "b" };
	struct kg_filter_opts opts = { .without = without, .without_count = 1 };
	expect(&opts, "(a-(b-cx-(d-e-)-)-b.part.0)");
	without[0] = "d";
	expect(&opts, "(a(bcx-(d-e-))b.part.0)");
	without[0] = "nothing";
	expect(&opts, "(a(bcx(de))b.part.0)");
}
END_TEST

START_TEST(filter_not_wins_inside_only)
{
	const char *const only[] = { "b" };
	const char *const without[] = { "d" };
	expect(
		&(struct kg_filter_opts){
			.only = only, .only_count = 1, .without = without, .without_count = 1 },
		"-(a(bc-x-(d-e-))b.part.0-)");
}
END_TEST

static void play_nested(struct script *script)
{
	script_enter(script, 0, "f");
	script_enter(script, 0, "f");
	script_leaf(script, 0, "g", 1);
	script_leave(script, 0, 2);
	script_leaf(script, 0, "g", 1);
	script_leave(script, 0, 5);
	script_leaf(script, 0, "g", 1);
	script_done(script);
}

START_TEST(filter_nested_matches_end_with_the_outermost)
{
	const char *const f[] = { "f" };
	expect_with(&(struct kg_filter_opts){ .only = f, .only_count = 1 }, play_nested,
		    "(f(fg)g)-g");
	expect_with(&(struct kg_filter_opts){ .without = f, .without_count = 1 }, play_nested,
		    "-(f-(f-g-)-g-)g");
}
END_TEST

START_TEST(filter_depth_counts_from_the_root)
{
	struct kg_filter_opts opts = { .depth = 1 };
	expect(&opts, "(a-(b-cx-(d-e-)-)-b.part.0)");
	opts.depth = 3;
	expect(&opts, "(a(bcx(d-e))b.part.0)");
	opts.depth = 100;
	expect(&opts, "(a(bcx(de))b.part.0)");
}
END_TEST

START_TEST(filter_depth_counts_from_what_only_chose)
{
	const char *only[] = { "b" };
	struct kg_filter_opts opts = { .only = only, .only_count = 1, .depth = 2 };
	expect(&opts, "-(a(bc-x(d-e))b.part.0-)");
	opts.depth = 1;
	expect(&opts, "-(a(b-c-x-(d-e-))b.part.0-)");
	/* each chosen call starts anew */
	only[0] = "[be]";
	expect(&opts, "-(a(b-c-x-(de-))b.part.0-)");
}
END_TEST

START_TEST(filter_min_hides_short_calls_when_they_end)
{
	expect(&(struct kg_filter_opts){ .min_ns = 200 }, "(a(b-c-x(d-e))b.part.0)");
	expect(&(struct kg_filter_opts){ .min_ns = 201 }, "(a(b-c-x(d-e-))b.part.0)");
}
END_TEST

static void play_damaged(struct script *script)
{
	script_unseen(script, 0);
	script_leaf(script, 0, "a", KG_NO_NS);
	script_turn_up(script, 0, "b", 5);
	script_enter(script, 0, "c");
	script_done(script);
}

START_TEST(filter_min_keeps_what_it_cannot_judge)
{
	expect_with(&(struct kg_filter_opts){ .min_ns = 200 }, play_damaged, "ab(c)");
}
END_TEST

START_TEST(filter_caller_that_turns_up_is_judged_by_itself)
{
	const char *const b[] = { "b" };
	expect_with(&(struct kg_filter_opts){ .only = b, .only_count = 1 }, play_damaged,
		    "-ab-(c-)");
	expect_with(&(struct kg_filter_opts){ .without = b, .without_count = 1 }, play_damaged,
		    "a-b(c)");
	expect_with(&(struct kg_filter_opts){ .cpus = "0" }, play_damaged, "a-b(c)");
}
END_TEST

START_TEST(filter_tasks_are_pids_or_names)
{
	const char *tasks[] = { "101" };
	struct kg_filter_opts opts = { .tasks = tasks, .task_count = 1 };
	expect(&opts, "-(a-(b-cx-(d-e-)-)-b.part.0-)");
	tasks[0] = "vmm*";
	expect(&opts, "(a(bc-x(de))b.part.0)");
	tasks[0] = "kworker/0:1";
	expect(&opts, "-(a-(b-cx-(d-e-)-)-b.part.0-)");
	tasks[0] = "10";
	expect(&opts, "-(a-(b-c-x-(d-e-)-)-b.part.0-)");
}
END_TEST

START_TEST(filter_cpus_are_lists_of_ranges)
{
	struct kg_filter_opts opts = { .cpus = "1" };
	expect(&opts, "-(a-(b-cx-(d-e-)-)-b.part.0-)");
	opts.cpus = "0,2-65534";
	expect(&opts, "(a(bc-x(de))b.part.0)");
	opts.cpus = "0-1";
	expect(&opts, "(a(bcx(de))b.part.0)");
}
END_TEST

START_TEST(filter_bad_cpu_list_is_refused)
{
	static const char *const lists[] = { "",    ",",   "0,",   "x",	    "1-",     "-1",
					     "3-2", "0 1", "1,,2", "65535", "123456", "1;2" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct kg_filter_opts opts = { .cpus = lists[i] };
		struct kg_call_sink next = { 0 };
		struct kg_filter *filter = NULL;
		struct kg_error err = { 0 };
		ck_assert_int_eq(kg_filter_new(&opts, NULL, NULL, &next, &filter, &err),
				 KG_BAD_ARG);
		ck_assert_ptr_null(filter);
		ck_assert_ptr_nonnull(strstr(err.text, lists[i]));
	}
}
END_TEST

START_TEST(filter_out_of_memory_is_clean)
{
	const char *const only[] = { "b" };
	const char *const tasks[] = { "vmm*" };
	const struct kg_filter_opts opts = {
		.only = only, .only_count = 1, .tasks = tasks, .task_count = 1, .cpus = "0-9"
	};
	struct script script = { 0 };
	struct notes notes = { .funcs = &script.funcs };
	struct kg_call_sink next = notes_sink(&notes);
	add_tasks(&script);
	script.sink = next;
	play(&script);
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_filter *filter = NULL;
		notes.len = 0;
		memory_fail_after(passes);
		status = kg_filter_new(&opts, &script.funcs, &script.tasks, &next, &filter, NULL);
		if (status == KG_OK) {
			script_rewind(&script, kg_filter_sink(filter));
			play(&script);
			status = script.status;
		}
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		kg_filter_free(filter);
	}
	script_release(&script);
}
END_TEST

Suite *filter_suite(void)
{
	Suite *suite = suite_create("filter");
	TCase *functions = tcase_create("functions");
	tcase_add_test(functions, filter_without_options_lets_all_through);
	tcase_add_test(functions, filter_only_keeps_calls_and_what_is_below);
	tcase_add_test(functions, filter_only_takes_several_functions);
	tcase_add_test(functions, filter_not_takes_calls_out_with_what_is_below);
	tcase_add_test(functions, filter_not_wins_inside_only);
	tcase_add_test(functions, filter_nested_matches_end_with_the_outermost);
	suite_add_tcase(suite, functions);
	TCase *limits = tcase_create("limits");
	tcase_add_test(limits, filter_depth_counts_from_the_root);
	tcase_add_test(limits, filter_depth_counts_from_what_only_chose);
	tcase_add_test(limits, filter_min_hides_short_calls_when_they_end);
	tcase_add_test(limits, filter_min_keeps_what_it_cannot_judge);
	tcase_add_test(limits, filter_caller_that_turns_up_is_judged_by_itself);
	suite_add_tcase(suite, limits);
	TCase *places = tcase_create("places");
	tcase_add_test(places, filter_tasks_are_pids_or_names);
	tcase_add_test(places, filter_cpus_are_lists_of_ranges);
	tcase_add_test(places, filter_bad_cpu_list_is_refused);
	tcase_add_test(places, filter_out_of_memory_is_clean);
	suite_add_tcase(suite, places);
	return suite;
}

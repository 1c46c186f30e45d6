/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>

#include <kvmgraph/tree.h>

#include "base/memory.h"
#include "call_script.h"

Suite *call_table_suite(void);

/* "a b<a c<b": names in order of rows, each with its parent's. */
static void print_rows(const struct script *script, const struct kg_call_table *table, char *text,
		       size_t size)
{
	size_t len = 0;
	text[0] = '\0';
	for (size_t row = 0; row < kg_call_table_count(table); row++) {
		const struct kg_call *call = kg_call_table_get(table, row);
		const char *name = kg_funcs_get(&script->funcs, call->func_id)->name;
		size_t parent = kg_call_table_parent(table, row);
		len += (size_t)snprintf(text + len, size - len, "%s%s", row > 0 ? " " : "", name);
		if (parent == SIZE_MAX)
			continue;
		ck_assert_uint_lt(parent, row);
		kg_func_id above = kg_call_table_get(table, parent)->func_id;
		len += (size_t)snprintf(text + len, size - len, "<%s",
					kg_funcs_get(&script->funcs, above)->name);
	}
	ck_assert_uint_lt(len, size);
}

static void expect(void (*play)(struct script *), const char *wanted)
{
	struct script script = { 0 };
	struct kg_call_table *table;
	char text[512];
	ck_assert_int_eq(kg_call_table_new(&table), KG_OK);
	script.sink = kg_call_table_sink(table);
	play(&script);
	script_done(&script);
	ck_assert_int_eq(script.status, KG_OK);
	print_rows(&script, table, text, sizeof(text));
	ck_assert_str_eq(text, wanted);
	kg_call_table_free(table);
	script_release(&script);
}

static void play_nothing(struct script *script)
{
	(void)script;
}

static void play_two_lanes(struct script *script)
{
	script_enter(script, 0, "a");
	script_enter(script, 1, "x");
	script_leaf(script, 0, "b", 10);
	script_leaf(script, 1, "y", 10);
	script_enter(script, 0, "c");
	script_leave(script, 1, 30);
	script_leaf(script, 0, "d", 10);
	script_leave(script, 0, 20);
	script_leave(script, 0, 50);
	script_leaf(script, 1, "z", 10);
}

START_TEST(call_table_rows_are_in_order_of_entry)
{
	expect(play_nothing, "");
	expect(play_two_lanes, "a x b<a y<x c<a d<c z");
}
END_TEST

START_TEST(call_table_keeps_what_is_known_at_the_end)
{
	struct script script = { 0 };
	struct kg_call_table *table;
	ck_assert_int_eq(kg_call_table_new(&table), KG_OK);
	script.sink = kg_call_table_sink(table);
	script_enter(&script, 2, "a");
	script_leaf(&script, 2, "b", 300);
	script_leave(&script, 2, 1000);
	script_enter(&script, 2, "c");
	script_done(&script);
	ck_assert_uint_eq(kg_call_table_count(table), 3);
	const struct kg_call *call = kg_call_table_get(table, 0);
	ck_assert_uint_eq(call->line_no, 1);
	ck_assert_uint_eq(call->end_line_no, 3);
	ck_assert_uint_eq(call->dur_ns, 1000);
	ck_assert_uint_eq(call->self_ns, 700);
	ck_assert_uint_eq(call->call_count, 2);
	ck_assert_uint_eq(call->lane_id, 2);
	ck_assert_uint_eq(kg_call_table_get(table, 2)->flags, KG_CALL_ROOT | KG_CALL_NO_END);
	kg_call_table_free(table);
	script_release(&script);
}
END_TEST

static void play_turn_up(struct script *script)
{
	script_leaf(script, 1, "before", 1);
	script_unseen(script, 0);
	script_unseen(script, 0);
	script_leaf(script, 0, "c", 1);
	script_leaf(script, 1, "between", 1);
	script_leaf(script, 0, "d", 1);
	script_turn_up(script, 0, "b", 5);
	script_leaf(script, 0, "e", 1);
	script_turn_up(script, 0, "a", 9);
	script_leaf(script, 0, "after", 1);
}

START_TEST(call_table_late_callers_stand_before_their_callees)
{
	expect(play_turn_up, "before a b<a c<b between d<b e<a after");
}
END_TEST

static void play_vanish(struct script *script)
{
	script_enter(script, 0, "a");
	script_unseen(script, 0);
	script_unseen(script, 0);
	script_leaf(script, 0, "b", 1);
	script_vanish(script, 0);
	script_leaf(script, 0, "c", 1);
	script_vanish(script, 0);
	script_leaf(script, 0, "d", 1);
	script_leave(script, 0, 9);
	script_unseen(script, 0);
	script_leaf(script, 0, "e", 1);
}

START_TEST(call_table_callers_that_are_none_leave_no_row)
{
	expect(play_vanish, "a b<a c<a d<a e");
}
END_TEST

static void play_hidden(struct script *script)
{
	script->flags = KG_CALL_HIDDEN;
	script_enter(script, 0, "a");
	script->flags = 0;
	script_enter(script, 0, "b");
	script->flags = KG_CALL_HIDDEN;
	script_enter(script, 0, "c");
	script_enter(script, 0, "d");
	script->flags = 0;
	script_leaf(script, 0, "e", 1);
	script->flags = KG_CALL_HIDDEN;
	script_leave(script, 0, 2);
	script_leave(script, 0, 3);
	script_leaf(script, 0, "f", 1);
	script->flags = 0;
	script_leave(script, 0, 4);
	/* found to be too short only when it ends */
	script_enter(script, 0, "g");
	script_leaf(script, 0, "h", 1);
	script->flags = KG_CALL_HIDDEN;
	script_leave(script, 0, 2);
	script_leave(script, 0, 10);
}

START_TEST(call_table_callees_of_hidden_calls_move_up)
{
	expect(play_hidden, "b e<b h");
}
END_TEST

START_TEST(call_table_out_of_memory_is_clean)
{
	struct script script = { .sink = { .opened = kg_sink_ignore_call,
					   .closed = kg_sink_ignore_call,
					   .vanished = kg_sink_ignore_vanished,
					   .done = kg_sink_ignore_done } };
	play_turn_up(&script);
	play_vanish(&script);
	enum kg_status status = KG_NOMEM;
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_call_table *table = NULL;
		memory_fail_after(passes);
		status = kg_call_table_new(&table);
		if (status == KG_OK) {
			script_rewind(&script, kg_call_table_sink(table));
			play_turn_up(&script);
			play_vanish(&script);
			script_done(&script);
			status = script.status;
		}
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		kg_call_table_free(table);
	}
	script_release(&script);
}
END_TEST

Suite *call_table_suite(void)
{
	Suite *suite = suite_create("call_table");
	TCase *rows = tcase_create("rows");
	tcase_add_test(rows, call_table_rows_are_in_order_of_entry);
	tcase_add_test(rows, call_table_keeps_what_is_known_at_the_end);
	tcase_add_test(rows, call_table_out_of_memory_is_clean);
	suite_add_tcase(suite, rows);
	TCase *parents = tcase_create("parents");
	tcase_add_test(parents, call_table_late_callers_stand_before_their_callees);
	tcase_add_test(parents, call_table_callers_that_are_none_leave_no_row);
	tcase_add_test(parents, call_table_callees_of_hidden_calls_move_up);
	suite_add_tcase(suite, parents);
	return suite;
}

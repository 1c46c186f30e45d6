/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noted calls of a bundle are handed out in the order of their lines, each below its own caller. */
#include <check.h>

#include "event/bundle.h"

Suite *bundle_suite(void);

enum { OUTER = 5, INNER, SMALL, LAST };

/*
 * Lines 100 to 107 at depth 2, below the call 40 at level 3:
 *
 *	outer() {            row 0, noted
 *	  between() {        row 1
 *	    small();         row 2, noted
 *	    inner() {        row 3, noted
 *	    }                row 5; row 4 is of another CPU
 *	  }                  row 6
 *	}                    row 7
 *	last();              row 8, noted
 */
static struct bundled_call calls[] = {
	{ .dur_ns = 10, .self_ns = 10, .func_id = SMALL, .row = 2, .end_row = 2 },
	{ .dur_ns = 20, .self_ns = 20, .func_id = INNER, .row = 3, .end_row = 5 },
	{ .dur_ns = 35, .self_ns = 5, .func_id = LAST + 1, .row = 1, .end_row = 6 },
	{ .dur_ns = 50, .self_ns = 15, .func_id = OUTER, .row = 0, .end_row = 7 },
	{ .dur_ns = 7, .self_ns = 7, .func_id = LAST, .row = 8, .end_row = 8 },
};

static const struct bundle_note notes[] = {
	{ .func_id = OUTER, .call = 3, .row = 0, .level = 0, .kind = NOTE_ENTER },
	{ .func_id = SMALL, .call = 0, .row = 2, .level = 2, .kind = NOTE_LEAF, .dur_ns = 10 },
	{ .func_id = INNER, .call = 1, .row = 3, .level = 2, .kind = NOTE_ENTER },
	{ .func_id = INNER, .call = 1, .row = 5, .level = 2, .kind = NOTE_LEAVE, .dur_ns = 20 },
	{ .func_id = OUTER, .call = 3, .row = 7, .level = 0, .kind = NOTE_LEAVE, .dur_ns = 50 },
	{ .func_id = LAST, .call = 4, .row = 8, .level = 0, .kind = NOTE_LEAF, .dur_ns = 7 },
};

static const struct event_bundle bundle = {
	.line_no = 100, .calls_end = 5, .note_count = 6, .cpu = 1, .depth = 2
};

static const struct placed_bundle placed = { .bundle = &bundle,
					     .calls = calls,
					     .notes = notes,
					     .lane_id = 9,
					     .level = 4,
					     .task_id = 3,
					     .caller_id = 40,
					     .first_id = 70 };

struct heard {
	struct kg_call calls[16];
	bool is_end[16];
	size_t count;
	size_t refused_at; /* which one is to fail */
};

static enum kg_status hear(struct heard *heard, const struct kg_call *call, bool is_end)
{
	ck_assert_uint_lt(heard->count, 16);
	heard->is_end[heard->count] = is_end;
	heard->calls[heard->count++] = *call;
	return heard->count == heard->refused_at ? KG_NOMEM : KG_OK;
}

static enum kg_status hear_opened(void *self, const struct kg_call *call,
				  const struct bundle_note *note)
{
	ck_assert_uint_eq(note->func_id, call->func_id);
	return hear(self, call, false);
}

static enum kg_status hear_closed(void *self, const struct kg_call *call,
				  const struct bundle_note *note)
{
	ck_assert_uint_eq(note->func_id, call->func_id);
	return hear(self, call, true);
}

static enum kg_status replay(struct heard *heard)
{
	const struct bundle_listener listener = { heard, hear_opened, hear_closed };
	return bundle_replay(&placed, &listener);
}

START_TEST(bundle_replay_goes_by_lines)
{
	static const struct {
		kg_func_id func_id;
		bool is_end;
		uint64_t line_no;
		uint64_t end_line_no;
		uint16_t level;
		kg_call_id id;
		kg_call_id parent_id;
	} expected[] = {
		{ OUTER, false, 100, 0, 4, 70, 40 },  { SMALL, true, 102, 102, 6, 71, 70 },
		{ INNER, false, 103, 0, 6, 72, 70 },  { INNER, true, 103, 105, 6, 72, 70 },
		{ OUTER, true, 100, 107, 4, 70, 40 }, { LAST, true, 108, 108, 4, 73, 40 },
	};
	struct heard heard = { 0 };
	ck_assert_int_eq(replay(&heard), KG_OK);
	ck_assert_uint_eq(heard.count, 6);
	for (size_t i = 0; i < heard.count; i++) {
		const struct kg_call *call = &heard.calls[i];
		ck_assert_uint_eq(call->func_id, expected[i].func_id);
		ck_assert(heard.is_end[i] == expected[i].is_end);
		ck_assert_uint_eq(call->line_no, expected[i].line_no);
		ck_assert_uint_eq(call->end_line_no, expected[i].end_line_no);
		ck_assert_uint_eq(call->level, expected[i].level);
		ck_assert_uint_eq(call->depth, expected[i].level - 2);
		ck_assert_uint_eq(call->id, expected[i].id);
		ck_assert_uint_eq(call->parent_id, expected[i].parent_id);
		ck_assert_uint_eq(call->lane_id, 9);
		ck_assert_uint_eq(call->task_id, 3);
	}
}
END_TEST

START_TEST(bundle_replay_says_what_is_known_by_then)
{
	struct heard heard = { 0 };
	ck_assert_int_eq(replay(&heard), KG_OK);
	ck_assert_uint_eq(heard.calls[0].dur_ns, KG_NO_NS);
	ck_assert_uint_eq(heard.calls[0].cpu_enter, 1);
	ck_assert_uint_eq(heard.calls[0].cpu_leave, KG_NO_CPU);
	ck_assert_uint_eq(heard.calls[4].dur_ns, 50);
	ck_assert_uint_eq(heard.calls[4].self_ns, KG_NO_NS);
	ck_assert_uint_eq(heard.calls[4].cpu_leave, 1);
	ck_assert_uint_eq(heard.calls[4].flags, 0);
	ck_assert_uint_eq(heard.calls[5].dur_ns, 7);
	ck_assert_uint_eq(heard.calls[5].flags, KG_CALL_ATOMIC);
}
END_TEST

START_TEST(bundle_call_is_the_one_of_a_note)
{
	struct kg_call call;
	bundle_call(&placed, &notes[0], &call);
	ck_assert_uint_eq(call.line_no, 100);
	ck_assert_uint_eq(call.end_line_no, 0);
	bundle_call(&placed, &notes[3], &call);
	ck_assert_uint_eq(call.func_id, INNER);
	ck_assert_uint_eq(call.line_no, 103);
	ck_assert_uint_eq(call.end_line_no, 105);
	ck_assert_uint_eq(call.dur_ns, 20);
	bundle_call(&placed, &notes[5], &call);
	ck_assert_uint_eq(call.line_no, 108);
	ck_assert_uint_eq(call.end_line_no, 108);
	ck_assert_uint_eq(call.flags, KG_CALL_ATOMIC);
}
END_TEST

START_TEST(bundle_replay_ends_with_the_first_failure)
{
	for (size_t i = 1; i <= 6; i++) {
		struct heard heard = { .refused_at = i };
		ck_assert_int_eq(replay(&heard), KG_NOMEM);
		ck_assert_uint_eq(heard.count, i);
	}
}
END_TEST

START_TEST(bundle_wish_of_both_is_that_of_who_wants_more)
{
	ck_assert_int_eq(bundle_wish_both(BUNDLE_FREELY, BUNDLE_FREELY), BUNDLE_FREELY);
	ck_assert_int_eq(bundle_wish_both(BUNDLE_NOTED, BUNDLE_FREELY), BUNDLE_NOTED);
	ck_assert_int_eq(bundle_wish_both(BUNDLE_NOTED, BUNDLE_NEVER), BUNDLE_NEVER);
	ck_assert_int_eq(bundle_wish_both(BUNDLE_NEVER, BUNDLE_FREELY), BUNDLE_NEVER);
}
END_TEST

Suite *bundle_suite(void)
{
	Suite *suite = suite_create("bundle");
	TCase *noted = tcase_create("noted");
	tcase_add_test(noted, bundle_replay_goes_by_lines);
	tcase_add_test(noted, bundle_replay_says_what_is_known_by_then);
	tcase_add_test(noted, bundle_call_is_the_one_of_a_note);
	tcase_add_test(noted, bundle_replay_ends_with_the_first_failure);
	tcase_add_test(noted, bundle_wish_of_both_is_that_of_who_wants_more);
	suite_add_tcase(suite, noted);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "tree/builder.h"
#include "tree/exits_only.h"
#include "tree/checking_sink.h"

Suite *builder_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- events by hand; a function is a letter, a task a number ---- */

#define ENTER(task, on_cpu, at_depth, letter)                                                      \
	{                                                                                          \
		.kind = KG_EV_ENTER, .task_id = (task), .cpu = (on_cpu), .depth = (at_depth),      \
		.func_id = (letter) - 'a', .time_ns = KG_NO_NS, .dur_ns = KG_NO_NS, .mark = ' '    \
	}
#define LEAF(task, on_cpu, at_depth, letter, ns)                                                   \
	{                                                                                          \
		.kind = KG_EV_LEAF, .task_id = (task), .cpu = (on_cpu), .depth = (at_depth),       \
		.func_id = (letter) - 'a', .time_ns = KG_NO_NS, .dur_ns = (ns), .mark = ' '        \
	}
#define LEAVE(task, on_cpu, at_depth, ns)                                                          \
	{                                                                                          \
		.kind = KG_EV_LEAVE, .task_id = (task), .cpu = (on_cpu), .depth = (at_depth),      \
		.func_id = KG_NO_FUNC, .time_ns = KG_NO_NS, .dur_ns = (ns), .mark = '+'            \
	}
#define LEAVE_NAMED(task, on_cpu, at_depth, letter, ns)                                            \
	{                                                                                          \
		.kind = KG_EV_LEAVE, .task_id = (task), .cpu = (on_cpu), .depth = (at_depth),      \
		.func_id = (letter) - 'a', .time_ns = KG_NO_NS, .dur_ns = (ns), .mark = '+'        \
	}
#define LOST(on_cpu, number)                                                                       \
	{                                                                                          \
		.kind = KG_EV_LOST, .cpu = (on_cpu), .dur_ns = (number), .time_ns = KG_NO_NS,      \
		.task_id = KG_NO_TASK, .func_id = KG_NO_FUNC                                       \
	}
#define NEW_TRACE                                                                                  \
	{                                                                                          \
		.kind = KG_EV_NEW_TRACE, .cpu = KG_NO_CPU, .dur_ns = KG_NO_NS,                     \
		.time_ns = KG_NO_NS, .task_id = KG_NO_TASK, .func_id = KG_NO_FUNC                  \
	}

/* ---- what the sink was told, as text ---- */

struct page {
	char text[8192];
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) put(struct page *page, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	page->len += (size_t)vsnprintf(page->text + page->len, sizeof(page->text) - page->len,
				       format, args);
	va_end(args);
	ck_assert_uint_lt(page->len, sizeof(page->text));
}

static void put_ns(struct page *page, uint64_t ns)
{
	if (ns == KG_NO_NS)
		put(page, " ?");
	else
		put(page, " %ju", (uintmax_t)ns);
}

/* "3<1 b ": id, parent, function. */
static void put_call(struct page *page, const struct kg_call *call)
{
	put(page, "%ju<", (uintmax_t)call->id);
	if (call->parent_id != KG_NO_CALL)
		put(page, "%ju", (uintmax_t)call->parent_id);
	put(page, " %c", call->func_id == KG_NO_FUNC ? '?' : (char)('a' + call->func_id));
}

static void put_flags(struct page *page, uint8_t flags)
{
	static const struct {
		enum kg_call_flag flag;
		const char *word;
	} words[] = { { KG_CALL_NO_START, " no-start" },
		      { KG_CALL_NO_END, " no-end" },
		      { KG_CALL_GAP, " gap" },
		      { KG_CALL_ROOT, " root" },
		      { KG_CALL_ATOMIC, " atomic" } };
	for (size_t i = 0; i < COUNT(words); i++) {
		if (flags & words[i].flag)
			put(page, "%s", words[i].word);
	}
}

/* "open 3<1 b +2": the depth. */
static enum kg_status tell_opened(void *self, const struct kg_call *call)
{
	struct page *page = self;
	put(page, "open ");
	put_call(page, call);
	put(page, " +%u\n", call->depth);
	return KG_OK;
}

/* "close 3<1 b 4-7 500 200 x2 root": lines, duration, self time, calls in its tree, flags. */
static enum kg_status tell_closed(void *self, const struct kg_call *call)
{
	struct page *page = self;
	put(page, "close ");
	put_call(page, call);
	put(page, " %ju-%ju", (uintmax_t)call->line_no, (uintmax_t)call->end_line_no);
	put_ns(page, call->dur_ns);
	put_ns(page, call->self_ns);
	put(page, " x%ju", (uintmax_t)call->call_count);
	put_flags(page, call->flags);
	put(page, "\n");
	return KG_OK;
}

static enum kg_status tell_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	struct page *page = self;
	put(page, "vanish %ju<", (uintmax_t)id);
	if (parent_id != KG_NO_CALL)
		put(page, "%ju", (uintmax_t)parent_id);
	put(page, "\n");
	return KG_OK;
}

static enum kg_status tell_gap(void *self, const struct kg_gap *gap)
{
	struct page *page = self;
	put(page, "gap %ju @%u", (uintmax_t)gap->line_no, gap->cpu);
	put_ns(page, gap->lost_count);
	put(page, "\n");
	return KG_OK;
}

static enum kg_status tell_done(void *self)
{
	put(self, "done\n");
	return KG_OK;
}

/* ---- running a builder ---- */

struct play {
	struct builder builder;
	struct kg_diags diags;
	struct checking_sink checking;
	struct kg_call_sink sink;
	uint64_t line_no;
};

static void feed(struct play *play, const struct kg_event *events, size_t count)
{
	play->builder.sink = &play->sink;
	play->builder.diags = &play->diags;
	for (size_t i = 0; i < count; i++) {
		struct kg_event event = events[i];
		event.line_no = ++play->line_no;
		ck_assert_int_eq(builder_feed(&play->builder, &event, 1), KG_OK);
	}
}

/* Both what the sinks are told and the counts are as they should be. */
static void check_told(const struct kg_event *events, size_t count, const char *expected)
{
	struct page page = { .len = 0 };
	struct play told = { .sink = { .self = &page,
				       .opened = tell_opened,
				       .closed = tell_closed,
				       .vanished = tell_vanished,
				       .gap = tell_gap,
				       .done = tell_done } };
	feed(&told, events, count);
	ck_assert_int_eq(builder_finish(&told.builder), KG_OK);
	ck_assert_str_eq(page.text, expected);
	builder_release(&told.builder);
	struct play checked = { 0 };
	checked.sink = checking_sink_of(&checked.checking);
	feed(&checked, events, count);
	ck_assert_int_eq(builder_finish(&checked.builder), KG_OK);
	checking_same_counts(&checked.checking, &checked.builder.counts);
	ck_assert_mem_eq(&told.diags, &checked.diags, sizeof(told.diags));
	builder_release(&checked.builder);
	checking_sink_release(&checked.checking);
}

/* The builder after some events, with a sink that checks; release with end_play(). */
static struct play *start_play(const struct kg_event *events, size_t count)
{
	struct play *play = calloc(1, sizeof(*play));
	play->sink = checking_sink_of(&play->checking);
	feed(play, events, count);
	return play;
}

static void finish_play(struct play *play)
{
	ck_assert_int_eq(builder_finish(&play->builder), KG_OK);
	checking_same_counts(&play->checking, &play->builder.counts);
}

static void end_play(struct play *play)
{
	builder_release(&play->builder);
	checking_sink_release(&play->checking);
	free(play);
}

static const struct kg_call *call_at(const struct play *play, kg_call_id id)
{
	return &play->checking.calls[id].call;
}

static uint64_t diag_count(const struct play *play, enum kg_diag_kind kind)
{
	return play->diags.entries[kind].count;
}

#define CHECK_TOLD(events, expected) check_told(events, COUNT(events), expected)
#define START_PLAY(events) start_play(events, COUNT(events))

/* ---- trees that are whole ---- */

START_TEST(builder_calls_nest_by_depth)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'),	    ENTER(1, 0, 1, 'b'),
					   LEAF(1, 0, 2, 'c', 100), LEAVE(1, 0, 1, 300),
					   LEAF(1, 0, 1, 'd', 50),  LEAVE(1, 0, 0, 500) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "close 2<1 c 3-3 100 100 x1 atomic\n"
			   "close 1<0 b 2-4 300 200 x2\n"
			   "close 3<0 d 5-5 50 50 x1 atomic\n"
			   "close 0< a 1-6 500 150 x4 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_nothing_gives_nothing)
{
	CHECK_TOLD(((const struct kg_event[]){ NEW_TRACE, NEW_TRACE }), "done\n");
}
END_TEST

START_TEST(builder_lanes_do_not_mix)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(2, 1, 0, 'b'),
					   LEAVE(1, 0, 0, 100), LEAVE(2, 1, 0, 200) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1< b +0\n"
			   "close 0< a 1-3 100 100 x1 root\n"
			   "close 1< b 2-4 200 200 x1 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_idle_task_has_a_lane_on_each_cpu)
{
	struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 1, 0, 'b'), LEAVE(1, 0, 0, 100),
				     LEAVE(1, 1, 0, 200) };
	for (size_t i = 0; i < COUNT(events); i++)
		events[i].flags = KG_EVF_IDLE;
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.complete, 2);
	ck_assert_uint_eq(play->builder.counts.lane_count, 2);
	ck_assert_uint_ne(call_at(play, 0)->lane_id, call_at(play, 1)->lane_id);
	ck_assert_uint_eq(call_at(play, 0)->task_id, call_at(play, 1)->task_id);
	end_play(play);
}
END_TEST

START_TEST(builder_call_may_end_on_another_cpu)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), LEAF(1, 3, 1, 'b', 10),
					   LEAVE_NAMED(1, 3, 0, 'a', 100) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.migrations, 1);
	ck_assert_uint_eq(play->builder.counts.complete, 2);
	ck_assert_uint_eq(call_at(play, 0)->cpu_enter, 0);
	ck_assert_uint_eq(call_at(play, 0)->cpu_leave, 3);
	ck_assert_uint_eq(play->builder.lanes.at[0].cpus.count, 2);
	end_play(play);
}
END_TEST

START_TEST(builder_call_carries_values_of_its_lines)
{
	struct kg_event events[] = { ENTER(5, 2, 0, 'a'), LEAVE(5, 2, 0, 13335) };
	events[0].time_ns = 1000;
	events[1].time_ns = 15000;
	struct play *play = START_PLAY(events);
	const struct kg_call *call = call_at(play, 0);
	ck_assert_uint_eq(call->time_ns, 1000);
	ck_assert_uint_eq(call->end_time_ns, 15000);
	ck_assert_uint_eq(call->dur_ns, 13335);
	ck_assert_uint_eq(call->mark, '+');
	ck_assert_uint_eq(call->task_id, 5);
	finish_play(play);
	end_play(play);
}
END_TEST

START_TEST(builder_other_events_change_no_tree)
{
	struct kg_event events[] = { ENTER(1, 0, 0, 'a'),   LEAF(2, 0, 7, 'x', 1),
				     LEAF(2, 0, 7, 'x', 1), LEAF(2, 0, 7, 'x', 1),
				     LEAF(2, 0, 7, 'x', 1), LEAVE(1, 0, 0, 100) };
	static const enum kg_event_kind kinds[] = { KG_EV_SWITCH, KG_EV_COMMENT, KG_EV_IRQ_ENTER,
						    KG_EV_IRQ_LEAVE };
	for (size_t i = 0; i < COUNT(kinds); i++)
		events[i + 1].kind = (uint8_t)kinds[i];
	CHECK_TOLD(events, "open 0< a +0\n"
			   "close 0< a 1-6 100 100 x1 root\n"
			   "done\n");
}
END_TEST

/* ---- trees with parts missing ---- */

START_TEST(builder_root_may_sit_at_any_depth)
{
	const struct kg_event events[] = { LEAF(1, 0, 2, 'a', 10), LEAF(1, 0, 2, 'b', 20) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.roots, 2);
	ck_assert_uint_eq(play->builder.counts.total, 2);
	ck_assert_uint_eq(play->builder.counts.max_depth, 2);
	ck_assert_uint_eq(kg_diags_total(&play->diags), 0);
	end_play(play);
	CHECK_TOLD(events, "close 2<1 a 1-1 10 10 x1 root atomic\n"
			   "close 3<1 b 2-2 20 20 x1 root atomic\n"
			   "vanish 1<0\n"
			   "vanish 0<\n"
			   "done\n");
}
END_TEST

START_TEST(builder_brace_proves_its_call)
{
	/* the trace begins within a call, whose end then comes */
	const struct kg_event events[] = { LEAF(1, 0, 1, 'a', 10), LEAF(1, 0, 1, 'b', 20),
					   LEAVE_NAMED(1, 0, 0, 'c', 100) };
	CHECK_TOLD(events, "close 1<0 a 1-1 10 10 x1 root atomic\n"
			   "close 2<0 b 2-2 20 20 x1 root atomic\n"
			   "close 0< c 0-3 100 ? x3 no-start root\n"
			   "done\n");
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.roots, 1);
	ck_assert_uint_eq(play->builder.counts.no_start, 1);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_NO_START), 1);
	ck_assert_uint_eq(play->builder.lanes.at[0].roots, 1);
	end_play(play);
}
END_TEST

START_TEST(builder_brace_alone_is_a_call_without_start)
{
	const struct kg_event events[] = { LEAVE(1, 0, 1, 50), LEAVE_NAMED(1, 0, 0, 'a', 100),
					   LEAF(1, 0, 0, 'b', 5) };
	CHECK_TOLD(events, "close 1<0 ? 0-1 50 ? x1 no-start root\n"
			   "close 0< a 0-2 100 ? x2 no-start root\n"
			   "close 2< b 3-3 5 5 x1 root atomic\n"
			   "done\n");
}
END_TEST

START_TEST(builder_braces_without_starts_nest)
{
	/* tracing_thresh: nothing but named ends */
	const struct kg_event events[] = { LEAVE_NAMED(1, 0, 2, 'a', 10),
					   LEAVE_NAMED(1, 0, 2, 'b', 20),
					   LEAVE_NAMED(1, 0, 1, 'c', 50),
					   LEAVE_NAMED(1, 0, 0, 'd', 100) };
	CHECK_TOLD(events, "close 2<1 a 0-1 10 ? x1 no-start root\n"
			   "close 3<1 b 0-2 20 ? x1 no-start root\n"
			   "close 1<0 c 0-3 50 ? x3 no-start root\n"
			   "close 0< d 0-4 100 ? x4 no-start root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_call_open_at_the_end_has_no_end)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 0, 1, 'b'),
					   LEAF(1, 0, 2, 'c', 10) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "close 2<1 c 3-3 10 10 x1 atomic\n"
			   "close 1<0 b 2-0 ? ? x2 no-end\n"
			   "close 0< a 1-0 ? ? x3 no-end root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_line_at_the_same_depth_ends_what_is_open)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 0, 1, 'b'),
					   ENTER(1, 0, 2, 'c'), LEAF(1, 0, 1, 'd', 10),
					   LEAVE(1, 0, 0, 100) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "open 2<1 c +2\n"
			   "close 2<1 c 3-0 ? ? x1 no-end\n"
			   "close 1<0 b 2-0 ? ? x2 no-end\n"
			   "close 3<0 d 4-4 10 10 x1 atomic\n"
			   "close 0< a 1-5 100 ? x4 root\n"
			   "done\n");
	struct play *play = START_PLAY(events);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_NO_END), 2);
	ck_assert_uint_eq(play->diags.entries[KG_DIAG_NO_END].first_line, 2);
	finish_play(play);
	end_play(play);
}
END_TEST

START_TEST(builder_brace_ends_what_is_deeper)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 0, 1, 'b'),
					   LEAVE(1, 0, 0, 100) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "close 1<0 b 2-0 ? ? x1 no-end\n"
			   "close 0< a 1-3 100 ? x2 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_jump_in_depth_vanishes_again)
{
	/* frames of other users of the shadow stack are counted, but not printed */
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), LEAF(1, 0, 3, 'x', 10),
					   LEAF(1, 0, 1, 'b', 20), LEAVE(1, 0, 0, 100) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "close 3<2 x 2-2 10 10 x1 atomic\n"
			   "vanish 2<1\n"
			   "vanish 1<0\n"
			   "close 4<0 b 3-3 20 20 x1 atomic\n"
			   "close 0< a 1-4 100 70 x3 root\n"
			   "done\n");
	struct play *play = START_PLAY(events);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_DEPTH_JUMP), 1);
	ck_assert_uint_eq(play->diags.entries[KG_DIAG_DEPTH_JUMP].first_line, 2);
	ck_assert_uint_eq(kg_diags_total(&play->diags), 1);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.complete, 3);
	end_play(play);
}
END_TEST

START_TEST(builder_jump_in_depth_of_an_open_call_vanishes_behind_it)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 0, 2, 'x'),
					   LEAVE(1, 0, 2, 10), LEAVE(1, 0, 0, 100) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 2<1 x +2\n"
			   "close 2<1 x 2-3 10 10 x1\n"
			   "vanish 1<0\n"
			   "close 0< a 1-4 100 90 x2 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_jump_in_depth_may_be_proven)
{
	/* what was jumped over ends: its start is missing */
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), LEAF(1, 0, 2, 'x', 10),
					   LEAVE_NAMED(1, 0, 1, 'b', 40), LEAVE(1, 0, 0, 100) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "close 2<1 x 2-2 10 10 x1 atomic\n"
			   "close 1<0 b 0-3 40 ? x2 no-start\n"
			   "close 0< a 1-4 100 60 x3 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_brace_of_another_name_is_two_halves)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 0, 1, 'b'),
					   LEAVE_NAMED(1, 0, 1, 'c', 40),
					   LEAVE_NAMED(1, 0, 0, 'a', 100) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "close 1<0 b 2-0 ? ? x1 no-end\n"
			   "close 2<0 c 0-3 40 ? x1 no-start\n"
			   "close 0< a 1-4 100 ? x3 root\n"
			   "done\n");
	struct play *play = START_PLAY(events);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_NAME_MISMATCH), 1);
	ck_assert_uint_eq(play->diags.entries[KG_DIAG_NAME_MISMATCH].first_line, 3);
	finish_play(play);
	end_play(play);
}
END_TEST

START_TEST(builder_brace_of_another_name_below_open_calls_ends_them_first)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(1, 0, 1, 'b'),
					   LEAVE_NAMED(1, 0, 0, 'c', 40) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "close 1<0 b 2-0 ? ? x1 no-end\n"
			   "close 0< a 1-0 ? ? x2 no-end root\n"
			   "close 2< c 0-3 40 ? x1 no-start root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_new_trace_ends_all_that_is_open)
{
	struct kg_event events[] = { ENTER(1, 0, 0, 'a'), ENTER(2, 1, 0, 'b'), ENTER(3, 2, 0, 'c'),
				     LEAVE(1, 0, 0, 5),	  NEW_TRACE,	       LEAVE(2, 1, 0, 10),
				     LEAVE(3, 2, 0, 20) };
	events[2].flags = events[6].flags = KG_EVF_IDLE;
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1< b +0\n"
			   "open 2< c +0\n"
			   "close 0< a 1-4 5 5 x1 root\n"
			   "close 1< b 2-0 ? ? x1 no-end root\n"
			   "close 2< c 3-0 ? ? x1 no-end root\n"
			   "close 3< ? 0-6 10 ? x1 no-start root\n"
			   "close 4< ? 0-7 20 ? x1 no-start root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_deepest_event_is_taken)
{
	const struct kg_event events[] = { LEAF(1, 0, UINT16_MAX, 'a', 1),
					   ENTER(1, 0, UINT16_MAX, 'b'),
					   LEAF(1, 0, UINT16_MAX, 'c', 1),
					   LEAVE(1, 0, UINT16_MAX, 1), LEAVE(1, 0, 0, 1) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.max_depth, UINT16_MAX);
	ck_assert_uint_eq(play->builder.counts.total, 5);
	end_play(play);
}
END_TEST

/* ---- gaps ---- */

START_TEST(builder_gap_marks_open_calls_of_its_cpu_only)
{
	struct kg_event events[] = {
		ENTER(1, 0, 0, 'a'),   ENTER(1, 0, 1, 'b'),   /* of CPU 0 */
		ENTER(2, 1, 0, 'c'),			      /* of CPU 1 */
		ENTER(3, 0, 0, 'd'),   LEAF(3, 1, 1, 'e', 1), /* went on to CPU 1 */
		ENTER(4, 1, 0, 'f'),   LEAF(4, 0, 1, 'g', 1), /* came to CPU 0 */
		LEAF(5, 0, 0, 'h', 1),			      /* closed before */
		ENTER(6, 0, 0, 'i'),   ENTER(6, 1, 0, 'j'),   /* idle, both */
		LOST(0, 12),	       LEAF(1, 0, 2, 'k', 1), /* begun behind it */
	};
	events[8].flags = events[9].flags = KG_EVF_IDLE;
	struct play *play = START_PLAY(events);
	finish_play(play);
	static const struct {
		char func;
		bool is_in_gap;
	} expected[] = { { 'a', true },	 { 'b', true },	 { 'c', false }, { 'd', false },
			 { 'e', false }, { 'f', true },	 { 'g', false }, { 'h', false },
			 { 'i', true },	 { 'j', false }, { 'k', false } };
	for (kg_call_id id = 0; id < COUNT(expected); id++) {
		const struct kg_call *call = call_at(play, id);
		ck_assert_uint_eq(call->func_id, expected[id].func - 'a');
		ck_assert_msg(((call->flags & KG_CALL_GAP) != 0) == expected[id].is_in_gap, "%c",
			      expected[id].func);
	}
	ck_assert_uint_eq(play->checking.gaps, 1);
	end_play(play);
}
END_TEST

START_TEST(builder_gap_makes_self_time_unknown)
{
	const struct kg_event events[] = {
		ENTER(1, 0, 0, 'a'), ENTER(1, 0, 1, 'b'),   LOST(0, 3),
		LEAVE(1, 0, 1, 50),  LEAF(1, 0, 1, 'c', 5), LEAVE(1, 0, 0, 100)
	};
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "gap 3 @0 3\n"
			   "close 1<0 b 2-4 50 ? x1 gap\n"
			   "close 2<0 c 5-5 5 5 x1 atomic\n"
			   "close 0< a 1-6 100 ? x3 gap root\n"
			   "done\n");
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.in_gap, 2);
	ck_assert_uint_eq(play->builder.counts.complete, 1);
	end_play(play);
}
END_TEST

START_TEST(builder_gap_of_unknown_size_is_told)
{
	const struct kg_event events[] = { LOST(7, KG_NO_NS) };
	CHECK_TOLD(events, "gap 1 @7 ?\ndone\n");
}
END_TEST

START_TEST(builder_gap_marks_calls_without_start_too)
{
	const struct kg_event events[] = { LEAF(1, 0, 1, 'a', 1), LOST(0, 3), LEAVE(1, 0, 0, 100) };
	CHECK_TOLD(events, "close 1<0 a 1-1 1 1 x1 root atomic\n"
			   "gap 2 @0 3\n"
			   "close 0< ? 0-3 100 ? x2 no-start gap root\n"
			   "done\n");
}
END_TEST

/* ---- time ---- */

START_TEST(builder_cut_duration_explains_longer_callees)
{
	static const uint64_t units[] = { 1, 10, 100, 1000 };
	for (uint8_t cut = 0; cut <= 3; cut++) {
		/* one ns less than the unit may have been cut off; the whole unit not */
		for (uint64_t more = units[cut] - 1; more <= units[cut]; more++) {
			struct kg_event events[] = { ENTER(1, 0, 0, 'a'),
						     LEAF(1, 0, 1, 'b', 10000 + more),
						     LEAVE(1, 0, 0, 10000) };
			events[2].flags = cut;
			struct play *play = START_PLAY(events);
			finish_play(play);
			ck_assert_uint_eq(diag_count(play, KG_DIAG_CHILDREN_EXCEED),
					  more == units[cut]);
			ck_assert_uint_eq(call_at(play, 0)->self_ns, 0);
			end_play(play);
		}
	}
}
END_TEST

START_TEST(builder_callees_longer_than_the_caller_are_told)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), LEAF(1, 0, 1, 'b', 80),
					   LEAF(1, 0, 1, 'c', 80), LEAVE(1, 0, 0, 100) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_CHILDREN_EXCEED), 1);
	ck_assert_uint_eq(play->diags.entries[KG_DIAG_CHILDREN_EXCEED].first_line, 4);
	ck_assert_uint_eq(call_at(play, 0)->self_ns, 0);
	end_play(play);
}
END_TEST

START_TEST(builder_durations_too_large_to_add_make_self_time_unknown)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), LEAF(1, 0, 1, 'b', UINT64_MAX - 5),
					   LEAF(1, 0, 1, 'c', 80), LEAVE(1, 0, 0, 100) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(call_at(play, 0)->self_ns, KG_NO_NS);
	end_play(play);
}
END_TEST

START_TEST(builder_without_durations_knows_no_self_time)
{
	const struct kg_event events[] = {
		ENTER(1, 0, 0, 'a'), LEAF(1, 0, 1, 'b', KG_NO_NS), LEAVE(1, 0, 0, KG_NO_NS),
		ENTER(1, 0, 0, 'c'), LEAF(1, 0, 1, 'd', KG_NO_NS), LEAVE(1, 0, 0, 100)
	};
	CHECK_TOLD(events, "open 0< a +0\n"
			   "close 1<0 b 2-2 ? ? x1 atomic\n"
			   "close 0< a 1-3 ? ? x2 root\n"
			   "open 2< c +0\n"
			   "close 3<2 d 5-5 ? ? x1 atomic\n"
			   "close 2< c 4-6 100 ? x2 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_time_going_back_is_told_by_lane)
{
	struct kg_event events[] = { LEAF(1, 0, 0, 'a', 1), LEAF(2, 1, 0, 'b', 1),
				     LEAF(1, 0, 0, 'c', 1), NEW_TRACE, LEAF(1, 0, 0, 'd', 1) };
	events[0].time_ns = 5000;
	events[1].time_ns = 3000;
	events[2].time_ns = 4000;
	events[4].time_ns = 1000;
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_TIME_BACKWARDS), 1);
	ck_assert_uint_eq(play->diags.entries[KG_DIAG_TIME_BACKWARDS].first_line, 3);
	end_play(play);
}
END_TEST

/* ---- counts ---- */

START_TEST(builder_counts_by_function_and_lane)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'),		 LEAF(1, 0, 1, 'b', 1),
					   LEAF(1, 0, 1, 'b', 1),	 LEAVE(1, 0, 0, 10),
					   LEAVE_NAMED(2, 1, 0, 'b', 5), LEAVE(2, 1, 0, 5) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	const struct builder *builder = &play->builder;
	ck_assert_uint_eq(builder->calls_by_func.at[0], 1);
	ck_assert_uint_eq(builder->calls_by_func.at[1], 3);
	ck_assert_uint_eq(builder->lanes.at[0].calls, 3);
	ck_assert_uint_eq(builder->lanes.at[0].roots, 1);
	ck_assert_uint_eq(builder->lanes.at[1].calls, 2);
	ck_assert_uint_eq(builder->lanes.at[1].roots, 2);
	ck_assert_uint_eq(builder->counts.leaf, 4);
	end_play(play);
}
END_TEST

START_TEST(builder_memory_grows_with_open_calls_not_with_tasks)
{
	struct play *play = start_play(NULL, 0);
	const struct kg_event opened = ENTER(0, 0, 0, 'a');
	feed(play, &opened, 1);
	for (uint32_t task = 1; task < 3000; task++) {
		const struct kg_event events[] = { ENTER(task, 0, 0, 'b'), LEAVE(task, 0, 0, 1),
						   LEAF(task, 0, 0, 'c', 1) };
		feed(play, events, COUNT(events));
	}
	ck_assert_uint_eq(play->builder.lanes.count, 3000);
	ck_assert_uint_eq(play->builder.stacks.count, 2);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.lane_count, 3000);
	ck_assert_uint_eq(play->builder.counts.complete, 2 * 2999);
	end_play(play);
}
END_TEST

/* ---- traces of ends only ---- */

#define LOOK(...)                                                                                  \
	exits_only_look((const struct kg_event[]){ __VA_ARGS__ },                                  \
			COUNT(((const struct kg_event[]){ __VA_ARGS__ })))

START_TEST(builder_ends_only_are_told_from_a_start_in_the_middle)
{
	struct kg_event comment = LOST(0, 1);
	comment.kind = KG_EV_COMMENT;
	ck_assert_int_eq(LOOK(comment), EXITS_ONLY_UNKNOWN);
	/* less and less deep: so does any trace go on that begins in the middle */
	ck_assert_int_eq(LOOK(LEAVE_NAMED(1, 0, 2, 'c', 10), LEAVE_NAMED(1, 0, 1, 'b', 20)),
			 EXITS_ONLY_NO);
	ck_assert_int_eq(LOOK(LEAVE_NAMED(1, 0, 2, 'c', 10), LEAVE_NAMED(1, 0, 2, 'b', 20)),
			 EXITS_ONLY_YES);
	ck_assert_int_eq(LOOK(comment, LEAVE_NAMED(1, 0, 1, 'c', 10), comment,
			      LEAVE_NAMED(1, 0, 2, 'b', 20)),
			 EXITS_ONLY_YES);
	/* another task, another CPU */
	ck_assert_int_eq(LOOK(LEAVE_NAMED(1, 0, 1, 'c', 10), LEAVE_NAMED(2, 0, 2, 'b', 20)),
			 EXITS_ONLY_NO);
	ck_assert_int_eq(LOOK(LEAVE_NAMED(1, 0, 1, 'c', 10), LEAVE_NAMED(1, 1, 2, 'b', 20)),
			 EXITS_ONLY_NO);
	/* a start, a brace without a name, events that are missing */
	ck_assert_int_eq(LOOK(LEAVE_NAMED(1, 0, 1, 'c', 10), LEAVE_NAMED(1, 0, 1, 'b', 20),
			      LEAF(1, 0, 0, 'a', 1)),
			 EXITS_ONLY_NO);
	ck_assert_int_eq(LOOK(LEAVE(1, 0, 1, 10), LEAVE(1, 0, 1, 20)), EXITS_ONLY_NO);
	ck_assert_int_eq(
		LOOK(LEAVE_NAMED(1, 0, 1, 'c', 10), LOST(0, 1), LEAVE_NAMED(1, 0, 1, 'b', 20)),
		EXITS_ONLY_NO);
}
END_TEST

START_TEST(builder_ends_only_are_complete_calls)
{
	const struct kg_event events[] = {
		LEAVE_NAMED(1, 0, 2, 'c', 30), LEAVE_NAMED(1, 0, 2, 'c', 20),
		LEAVE_NAMED(1, 0, 1, 'b', 90), LEAVE_NAMED(1, 0, 0, 'a', 100),
		LEAVE_NAMED(1, 0, 0, 'd', 7),  LEAVE_NAMED(1, 0, 0, 'd', KG_NO_NS)
	};
	struct play *play = start_play(NULL, 0);
	play->builder.is_exits_only = true;
	feed(play, events, COUNT(events));
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.complete, 5);
	/* one does not tell how long it took */
	ck_assert_uint_eq(play->builder.counts.no_start, 1);
	ck_assert_uint_eq(play->checking.exits_only, 5);
	ck_assert_uint_eq(play->builder.counts.roots, 3);
	for (kg_call_id id = 0; id < 6; id++) {
		const struct kg_call *call = call_at(play, id);
		if (call->func_id == 'b' - 'a') {
			ck_assert_uint_eq(call->self_ns, 40);
			ck_assert_uint_eq(call->child_count, 2);
		}
		if (call->func_id == 'a' - 'a')
			ck_assert_uint_eq(call->self_ns, 10);
	}
	end_play(play);
}
END_TEST

/* From the first start on all is as in any other trace. */
START_TEST(builder_ends_only_may_stop_being_so)
{
	const struct kg_event events[] = { LEAVE_NAMED(1, 0, 1, 'c', 30),
					   LEAVE_NAMED(1, 0, 1, 'c', 20), ENTER(1, 0, 1, 'b'),
					   LEAVE(1, 0, 1, 10), LEAVE_NAMED(1, 0, 0, 'a', 100) };
	struct play *play = start_play(NULL, 0);
	play->builder.is_exits_only = true;
	feed(play, events, COUNT(events));
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.complete, 3);
	ck_assert_uint_eq(play->builder.counts.no_start, 1);
	ck_assert(!play->builder.is_exits_only);
	end_play(play);
}
END_TEST

/* ---- exits behind an interrupt ---- */

/* "b" ended before "c" was entered, but the record of that comes behind. */
START_TEST(builder_exit_behind_an_interrupt_ends_its_call)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'),
					   ENTER(1, 0, 1, 'b'),
					   ENTER(1, 0, 1, 'c'),
					   LEAF(1, 0, 2, 'd', 5),
					   LEAVE(1, 0, 1, 20),
					   LEAF(1, 0, 1, 'c', 7),
					   LEAVE_NAMED(1, 0, 1, 'b', 100),
					   LEAVE(1, 0, 0, 200) };
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1<0 b +1\n"
			   "close 1<0 b 2-7 100 100 x1\n"
			   "open 2<0 c +1\n"
			   "close 3<2 d 4-4 5 5 x1 atomic\n"
			   "close 2<0 c 3-5 20 15 x2\n"
			   "close 4<0 c 6-6 7 7 x1 atomic\n"
			   "close 0< a 1-8 200 73 x5 root\n"
			   "done\n");
}
END_TEST

START_TEST(builder_exit_behind_an_interrupt_may_lack_a_name_where_all_do)
{
	struct kg_event events[] = { ENTER(1, 0, 0, 'b'), LEAF(1, 0, 0, 'c', 7),
				     LEAVE(1, 0, 0, 100) };
	struct play *play = START_PLAY(events);
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.no_end, 1);
	ck_assert_uint_eq(play->builder.counts.no_start, 1);
	end_play(play);
	events[2].flags = KG_EVF_NAMELESS;
	CHECK_TOLD(events, "open 0< b +0\n"
			   "close 0< b 1-3 100 100 x1 root\n"
			   "close 1< c 2-2 7 7 x1 root atomic\n"
			   "done\n");
}
END_TEST

/* Other lanes go on meanwhile; what is held there is looked at when something is held here. */
START_TEST(builder_holds_one_lane_at_a_time)
{
	const struct kg_event events[] = {
		ENTER(1, 0, 0, 'a'),	     ENTER(2, 1, 0, 'b'),   LEAF(1, 0, 0, 'c', 1),
		LEAF(2, 1, 1, 'c', 2),	     LEAF(2, 1, 0, 'd', 3), LEAVE_NAMED(1, 0, 0, 'a', 4),
		LEAVE_NAMED(2, 1, 0, 'b', 5)
	};
	CHECK_TOLD(events, "open 0< a +0\n"
			   "open 1< b +0\n"
			   "close 2<1 c 4-4 2 2 x1 atomic\n"
			   "close 0< a 1-0 ? ? x1 no-end root\n"
			   "close 3< c 3-3 1 1 x1 root atomic\n"
			   "close 4< a 0-6 4 ? x1 no-start root\n"
			   "close 1< b 2-7 5 3 x2 root\n"
			   "close 5< d 5-5 3 3 x1 root atomic\n"
			   "done\n");
}
END_TEST

/* A gap may hold the exit, another name is another call's, too many events are no interrupt. */
START_TEST(builder_exit_that_does_not_come_leaves_the_call_open)
{
	const struct kg_event lost[] = { ENTER(1, 0, 0, 'b'), LEAF(1, 0, 0, 'c', 7), LOST(0, 1),
					 LEAVE_NAMED(1, 0, 0, 'b', 100) };
	CHECK_TOLD(lost, "open 0< b +0\n"
			 "close 0< b 1-0 ? ? x1 no-end root\n"
			 "close 1< c 2-2 7 7 x1 root atomic\n"
			 "gap 3 @0 1\n"
			 "close 2< b 0-4 100 ? x1 no-start root\n"
			 "done\n");
	const struct kg_event other[] = { ENTER(1, 0, 0, 'b'), LEAF(1, 0, 0, 'c', 7),
					  LEAVE_NAMED(1, 0, 0, 'd', 100) };
	CHECK_TOLD(other, "open 0< b +0\n"
			  "close 0< b 1-0 ? ? x1 no-end root\n"
			  "close 1< c 2-2 7 7 x1 root atomic\n"
			  "close 2< d 0-3 100 ? x1 no-start root\n"
			  "done\n");
}
END_TEST

START_TEST(builder_exit_is_not_waited_for_without_end)
{
	struct kg_event events[HOLD_EVENTS + 2];
	const struct kg_event enter = ENTER(1, 0, 0, 'b');
	const struct kg_event leaf = LEAF(1, 0, 0, 'c', 7);
	const struct kg_event leave = LEAVE_NAMED(1, 0, 0, 'b', 100);
	for (size_t count = HOLD_EVENTS - 1; count <= HOLD_EVENTS; count++) {
		events[0] = enter;
		for (size_t i = 0; i < count; i++)
			events[1 + i] = leaf;
		events[1 + count] = leave;
		struct play *play = start_play(events, count + 2);
		finish_play(play);
		ck_assert_uint_eq(play->builder.counts.complete, count + 1);
		ck_assert_uint_eq(play->builder.counts.no_end, 0);
		end_play(play);
	}
	const struct kg_event more[] = { leaf, leave };
	struct play *play = start_play(events, HOLD_EVENTS + 1);
	feed(play, more, COUNT(more));
	finish_play(play);
	ck_assert_uint_eq(play->builder.counts.no_end, 1);
	ck_assert_uint_eq(play->builder.counts.no_start, 1);
	end_play(play);
}
END_TEST

/* ---- failure ---- */

struct stopper {
	uint64_t passes; /* calls of the sink that succeed */
};

static enum kg_status stop_or_pass(void *self)
{
	struct stopper *stopper = self;
	return stopper->passes-- > 0 ? KG_OK : KG_IO;
}

static enum kg_status stop_at_call(void *self, const struct kg_call *call)
{
	(void)call;
	return stop_or_pass(self);
}

static enum kg_status stop_at_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	(void)id;
	(void)parent_id;
	return stop_or_pass(self);
}

static enum kg_status stop_at_gap(void *self, const struct kg_gap *gap)
{
	(void)gap;
	return stop_or_pass(self);
}

START_TEST(builder_gives_on_what_the_sink_returns)
{
	const struct kg_event events[] = { ENTER(1, 0, 0, 'a'), LEAF(1, 0, 2, 'b', 1),
					   LOST(0, 1),		LEAVE(1, 0, 1, 10),
					   LEAVE(1, 0, 0, 10),	LEAF(1, 0, 3, 'b', 1) };
	uint64_t stops = 0;
	for (;; stops++) {
		struct stopper stopper = { stops };
		struct kg_diags diags = { 0 };
		const struct kg_call_sink sink = { .self = &stopper,
						   .opened = stop_at_call,
						   .closed = stop_at_call,
						   .vanished = stop_at_vanished,
						   .gap = stop_at_gap,
						   .done = stop_or_pass };
		struct builder builder = { .sink = &sink, .diags = &diags };
		enum kg_status status = builder_feed(&builder, events, COUNT(events));
		if (status == KG_OK)
			status = builder_finish(&builder);
		builder_release(&builder);
		if (status == KG_OK)
			break;
		ck_assert_int_eq(status, KG_IO);
	}
	/* open; leaf, gap, no start, close, leaf; three vanish; done */
	ck_assert_uint_eq(stops, 10);
}
END_TEST

/* ---- properties over random events ---- */

#define RANDOM_TASKS 5
#define RANDOM_CPUS 3

/* Where the generator believes each task to be. */
struct believed {
	unsigned int depth[RANDOM_TASKS];
	unsigned int wildness; /* how many in a hundred events break the rules */
};

static struct kg_event random_event(struct random *random, struct believed *believed)
{
	const uint32_t task = (uint32_t)random_below(random, RANDOM_TASKS);
	unsigned int *depth = &believed->depth[task];
	struct kg_event event = { .task_id = task,
				  .cpu = (uint16_t)random_below(random, RANDOM_CPUS),
				  .func_id = (kg_func_id)random_below(random, 4),
				  .time_ns = KG_NO_NS,
				  .dur_ns = KG_NO_NS,
				  .mark = ' ' };
	if (random_below(random, 100) < believed->wildness)
		*depth = (unsigned int)random_below(random, 12);
	if (random_below(random, 1000) < believed->wildness) {
		event.kind = random_below(random, 4) == 0 ? KG_EV_NEW_TRACE : KG_EV_LOST;
		return event;
	}
	event.flags = task == 0 ? KG_EVF_IDLE : 0;
	event.flags |= (uint8_t)random_below(random, 4);
	const uint64_t what = random_below(random, 3);
	if (what == 0 && *depth > 0) {
		event.kind = KG_EV_LEAVE;
		event.depth = (uint16_t)-- * depth;
		if (random_below(random, 3) > 0)
			event.func_id = KG_NO_FUNC;
		if (random_below(random, 3) == 0)
			event.flags |= KG_EVF_NAMELESS;
	} else {
		event.kind = what == 1 ? KG_EV_LEAF : KG_EV_ENTER;
		event.depth = (uint16_t)*depth;
		*depth += event.kind == KG_EV_ENTER;
	}
	if (event.kind != KG_EV_ENTER && random_below(random, 50) > 0)
		event.dur_ns = random_next(random) >> random_below(random, 60);
	return event;
}

/* What a task entered less what it left is what is open, but for what was repaired. */
static void check_balance(const struct play *play, const int64_t *balance)
{
	for (size_t i = 0; i < RANDOM_TASKS && i < play->checking.task_cap; i++) {
		const struct checking_task *task = &play->checking.tasks[i];
		ck_assert_int_eq(balance[i], (int64_t)task->open + (int64_t)task->no_end -
						     (int64_t)task->no_start);
	}
}

static void check_random_events(uint64_t seed, unsigned int wildness, size_t count)
{
	struct random random = { seed };
	struct believed believed = { .wildness = wildness };
	int64_t balance[RANDOM_TASKS] = { 0 };
	struct play *play = start_play(NULL, 0);
	for (size_t i = 0; i < count; i++) {
		struct kg_event event = random_event(&random, &believed);
		feed(play, &event, 1);
		if (event.kind == KG_EV_ENTER)
			balance[event.task_id]++;
		else if (event.kind == KG_EV_LEAVE)
			balance[event.task_id]--;
		/* what is held is neither open nor repaired yet */
		if (play->builder.hold.count == 0)
			check_balance(play, balance);
	}
	finish_play(play);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_NO_START), play->builder.counts.no_start);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_NO_END), play->builder.counts.no_end);
	end_play(play);
}

START_TEST(builder_random_events_never_break_the_order)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		check_random_events(seed, (unsigned int)(seed % 5 * 8), 300);
	check_random_events(1000, 10, 10000);
}
END_TEST

START_TEST(builder_tame_events_give_whole_calls_only)
{
	struct random random = { 5 };
	struct believed believed = { .wildness = 0 };
	struct play *play = start_play(NULL, 0);
	for (int i = 0; i < 20000; i++) {
		struct kg_event event = random_event(&random, &believed);
		if (event.task_id == 0)
			event.flags &= (uint8_t)~KG_EVF_IDLE;
		if (event.kind == KG_EV_LEAVE)
			event.func_id = KG_NO_FUNC;
		feed(play, &event, 1);
	}
	ck_assert_uint_eq(play->builder.counts.no_start, 0);
	ck_assert_uint_eq(play->builder.counts.no_end, 0);
	ck_assert_uint_eq(diag_count(play, KG_DIAG_DEPTH_JUMP), 0);
	finish_play(play);
	end_play(play);
}
END_TEST

START_TEST(builder_size_of_batches_does_not_matter)
{
	struct random random = { 77 };
	struct believed believed = { .wildness = 10 };
	struct kg_event events[2000];
	for (size_t i = 0; i < COUNT(events); i++) {
		events[i] = random_event(&random, &believed);
		events[i].line_no = i + 1;
	}
	struct kg_call_counts first = { 0 };
	for (size_t size = 1; size <= COUNT(events); size = size * 3 + 1) {
		struct checking_sink checking = { 0 };
		const struct kg_call_sink sink = checking_sink_of(&checking);
		struct kg_diags diags = { 0 };
		struct builder builder = { .sink = &sink, .diags = &diags };
		for (size_t i = 0; i < COUNT(events); i += size) {
			const size_t left = COUNT(events) - i;
			ck_assert_int_eq(
				builder_feed(&builder, &events[i], left < size ? left : size),
				KG_OK);
		}
		ck_assert_int_eq(builder_finish(&builder), KG_OK);
		checking_same_counts(&checking, &builder.counts);
		if (size > 1)
			ck_assert_mem_eq(&builder.counts, &first, sizeof(first));
		first = builder.counts;
		builder_release(&builder);
		checking_sink_release(&checking);
	}
}
END_TEST

START_TEST(builder_without_memory_fails_clean)
{
	struct random random = { 9 };
	struct believed believed = { .wildness = 20 };
	struct kg_event events[400];
	for (size_t i = 0; i < COUNT(events); i++) {
		events[i] = random_event(&random, &believed);
		events[i].line_no = i + 1;
	}
	uint64_t failures = 0;
	for (;; failures++) {
		struct checking_sink checking = { 0 };
		const struct kg_call_sink sink = checking_sink_of(&checking);
		struct kg_diags diags = { 0 };
		struct builder builder = { .sink = &sink, .diags = &diags };
		memory_fail_after(failures);
		enum kg_status status = builder_feed(&builder, events, COUNT(events));
		if (status == KG_OK)
			status = builder_finish(&builder);
		memory_fail_after(UINT64_MAX);
		builder_release(&builder);
		checking_sink_release(&checking);
		if (status == KG_OK)
			break;
		ck_assert_int_eq(status, KG_NOMEM);
	}
	ck_assert_uint_gt(failures, 10);
}
END_TEST

static TCase *whole_case(void)
{
	TCase *tests = tcase_create("whole");
	tcase_add_test(tests, builder_calls_nest_by_depth);
	tcase_add_test(tests, builder_nothing_gives_nothing);
	tcase_add_test(tests, builder_lanes_do_not_mix);
	tcase_add_test(tests, builder_idle_task_has_a_lane_on_each_cpu);
	tcase_add_test(tests, builder_call_may_end_on_another_cpu);
	tcase_add_test(tests, builder_call_carries_values_of_its_lines);
	tcase_add_test(tests, builder_other_events_change_no_tree);
	tcase_add_test(tests, builder_counts_by_function_and_lane);
	tcase_add_test(tests, builder_memory_grows_with_open_calls_not_with_tasks);
	return tests;
}

static TCase *missing_case(void)
{
	TCase *tests = tcase_create("missing");
	tcase_add_test(tests, builder_root_may_sit_at_any_depth);
	tcase_add_test(tests, builder_brace_proves_its_call);
	tcase_add_test(tests, builder_brace_alone_is_a_call_without_start);
	tcase_add_test(tests, builder_braces_without_starts_nest);
	tcase_add_test(tests, builder_call_open_at_the_end_has_no_end);
	tcase_add_test(tests, builder_line_at_the_same_depth_ends_what_is_open);
	tcase_add_test(tests, builder_brace_ends_what_is_deeper);
	tcase_add_test(tests, builder_jump_in_depth_vanishes_again);
	tcase_add_test(tests, builder_jump_in_depth_of_an_open_call_vanishes_behind_it);
	tcase_add_test(tests, builder_jump_in_depth_may_be_proven);
	tcase_add_test(tests, builder_brace_of_another_name_is_two_halves);
	tcase_add_test(tests, builder_brace_of_another_name_below_open_calls_ends_them_first);
	tcase_add_test(tests, builder_new_trace_ends_all_that_is_open);
	tcase_add_test(tests, builder_deepest_event_is_taken);
	return tests;
}

Suite *builder_suite(void)
{
	Suite *suite = suite_create("builder");
	suite_add_tcase(suite, whole_case());
	suite_add_tcase(suite, missing_case());
	TCase *gaps = tcase_create("gaps");
	tcase_add_test(gaps, builder_gap_marks_open_calls_of_its_cpu_only);
	tcase_add_test(gaps, builder_gap_makes_self_time_unknown);
	tcase_add_test(gaps, builder_gap_of_unknown_size_is_told);
	tcase_add_test(gaps, builder_gap_marks_calls_without_start_too);
	suite_add_tcase(suite, gaps);
	TCase *late = tcase_create("late");
	tcase_add_test(late, builder_exit_behind_an_interrupt_ends_its_call);
	tcase_add_test(late, builder_exit_behind_an_interrupt_may_lack_a_name_where_all_do);
	tcase_add_test(late, builder_holds_one_lane_at_a_time);
	tcase_add_test(late, builder_exit_that_does_not_come_leaves_the_call_open);
	tcase_add_test(late, builder_exit_is_not_waited_for_without_end);
	suite_add_tcase(suite, late);
	TCase *ends = tcase_create("ends");
	tcase_add_test(ends, builder_ends_only_are_told_from_a_start_in_the_middle);
	tcase_add_test(ends, builder_ends_only_are_complete_calls);
	tcase_add_test(ends, builder_ends_only_may_stop_being_so);
	suite_add_tcase(suite, ends);
	TCase *times = tcase_create("times");
	tcase_add_test(times, builder_cut_duration_explains_longer_callees);
	tcase_add_test(times, builder_callees_longer_than_the_caller_are_told);
	tcase_add_test(times, builder_durations_too_large_to_add_make_self_time_unknown);
	tcase_add_test(times, builder_without_durations_knows_no_self_time);
	tcase_add_test(times, builder_time_going_back_is_told_by_lane);
	suite_add_tcase(suite, times);
	TCase *properties = tcase_create("properties");
	tcase_add_test(properties, builder_gives_on_what_the_sink_returns);
	tcase_add_test(properties, builder_random_events_never_break_the_order);
	tcase_add_test(properties, builder_tame_events_give_whole_calls_only);
	tcase_add_test(properties, builder_size_of_batches_does_not_matter);
	tcase_add_test(properties, builder_without_memory_fails_clean);
	suite_add_tcase(suite, properties);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/column.h"
#include "base/memory.h"
#include "base/window.h"
#include "fixture.h"
#include "random.h"
#include "read/print_trace.h"
#include "read/reader.h"

Suite *text_reader_suite(void);

#define HEADER                                                                                     \
	"# tracer: function_graph\n"                                                               \
	"#\n"                                                                                      \
	"# CPU  DURATION                  FUNCTION CALLS\n"                                        \
	"# |     |   |                     |   |   |   |\n"
#define HEADER_TIME                                                                                \
	"# tracer: function_graph\n"                                                               \
	"#\n"                                                                                      \
	"#     TIME        CPU  DURATION                  FUNCTION CALLS\n"                        \
	"#      |          |     |   |                     |   |   |   |\n"
#define RULE " ------------------------------------------\n"
#define BANNER(line) RULE line "\n" RULE "\n"

/* ---- a whole text, read ---- */

struct reading {
	struct read_facts facts;
	COLUMN(struct kg_event) events;
	enum kg_status status;
	enum kg_format format;
};

static void take_all(struct reading *reading, struct kg_reader *reader)
{
	struct event_batch *batch = malloc(sizeof(*batch));
	for (;;) {
		reading->status = reader->class->next(reader, batch, NULL);
		if (reading->status != KG_OK)
			break;
		ck_assert_uint_gt(batch->count, 0);
		ck_assert_uint_le(batch->count, EVENT_BATCH);
		for (size_t i = 0; i < batch->count; i++)
			ck_assert(column_push(&reading->events, batch->events[i]));
	}
	free(batch);
}

static void read_with(struct reading *reading, struct span bytes, const struct reader_opts *opts)
{
	struct source *source;
	struct kg_reader *reader;
	struct kg_error err = { 0 };
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	enum kg_status status = reader_open(source, opts, &reading->facts, &reader, &err);
	ck_assert_msg(status == KG_OK, "%s", err.text);
	reading->format = reader->format;
	take_all(reading, reader);
	reader->class->close(reader);
	source_close(source);
}

static void read_bytes(struct reading *reading, struct span bytes, size_t window_bytes,
		       uint32_t thread_count)
{
	const struct reader_opts opts = { .window_bytes = window_bytes,
					  .thread_count = thread_count };
	read_with(reading, bytes, &opts);
	ck_assert_int_eq(reading->status, KG_END);
}

static struct reading read_text(const char *text)
{
	struct reading reading = { 0 };
	read_bytes(&reading, (struct span){ (const unsigned char *)text, strlen(text) }, 0, 1);
	ck_assert_int_eq(reading.format, KG_FORMAT_FTRACE);
	return reading;
}

static void reading_release(struct reading *reading)
{
	read_facts_release(&reading->facts);
	column_release(&reading->events);
}

static uint64_t diag_count(const struct reading *reading, enum kg_diag_kind kind)
{
	return reading->facts.diags.entries[kind].count;
}

/* ---- events as text, to be compared ---- */

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

static void put_task(struct page *page, const struct read_facts *facts, kg_task_id id)
{
	const struct kg_task *task = kg_tasks_get(&facts->tasks, id);
	put(page, " %s", task->comm);
	if (!task->is_inferred)
		put(page, "-%jd", (intmax_t)task->pid);
}

/* "12 enter f [kvm] cat-245 @0 +1": line, kind, function, task, CPU, depth. */
static void put_event(struct page *page, const struct read_facts *facts,
		      const struct kg_event *event)
{
	static const char *const kinds[] = {
		[KG_EV_ENTER] = "enter",
		[KG_EV_LEAVE] = "leave",
		[KG_EV_LEAF] = "leaf",
		[KG_EV_SWITCH] = "switch",
		[KG_EV_COMMENT] = "comment",
		[KG_EV_IRQ_ENTER] = "irq",
		[KG_EV_IRQ_LEAVE] = "end of irq",
		[KG_EV_LOST] = "lost",
		[KG_EV_NEW_TRACE] = "new",
	};
	put(page, "%ju %s", (uintmax_t)event->line_no, kinds[event->kind]);
	if (event->kind == KG_EV_NEW_TRACE) {
		put(page, "\n");
		return;
	}
	if (event->func_id != KG_NO_FUNC) {
		const struct kg_func *func = kg_funcs_get(&facts->funcs, event->func_id);
		put(page, func->module[0] != '\0' ? " %s [%s]" : " %s", func->name, func->module);
	}
	if (event->task_id != KG_NO_TASK)
		put_task(page, facts, event->task_id);
	put(page, event->cpu != KG_NO_CPU ? " @%u" : " @none", event->cpu);
	if (event->kind <= KG_EV_LEAF)
		put(page, " +%u", event->depth);
	put(page, "\n");
}

static void check_events(const char *text, const char *expected)
{
	struct reading reading = read_text(text);
	struct page page = { .len = 0 };
	for (size_t i = 0; i < reading.events.count; i++)
		put_event(&page, &reading.facts, &reading.events.at[i]);
	ck_assert_str_eq(page.text, expected);
	reading_release(&reading);
}

/* ---- whose events they are ---- */

START_TEST(text_reader_first_banner_names_the_task_before_it)
{
	check_events(
		" 0)               |  f() {\n"
		" 3)   0.161 us    |    g [kvm]();\n"
		" 0)   0.200 us    |  }\n" BANNER(" 3)    cat-245    =>    <idle>-0   ") BANNER(
			" 0)     sh-12     =>    cat-245   ") " 0)   0.161 us    |    h();\n",
		"1 enter f sh-12 @0 +0\n"
		"2 leaf g [kvm] cat-245 @3 +1\n"
		"3 leave sh-12 @0 +0\n"
		"5 switch <idle>-0 @3\n"
		"9 switch cat-245 @0\n"
		"12 leaf h cat-245 @0 +1\n");
}
END_TEST

START_TEST(text_reader_cpu_without_banner_has_its_own_task)
{
	check_events(" 2)   0.161 us    |  f();\n"
		     " 0)   0.161 us    |  f();\n"
		     " 2)   0.161 us    |  f();\n" BANNER(" 0)     sh-12     =>    cat-245   "),
		     "1 leaf f ?cpu2 @2 +0\n"
		     "2 leaf f sh-12 @0 +0\n"
		     "3 leaf f ?cpu2 @2 +0\n"
		     "5 switch cat-245 @0\n");
}
END_TEST

START_TEST(text_reader_idle_task_is_told_apart_by_cpu)
{
	struct reading reading = read_text(
		" 0)   0.161 us    |  f();\n"
		" 1)   0.161 us    |  f();\n" BANNER(" 0)    <idle>-0    =>     sh-12     ") BANNER(
			" 1)    <idle>-0    =>     sh-12     ") " 1)   0.161 us    |  f();\n");
	ck_assert_uint_eq(reading.events.count, 5);
	ck_assert_uint_eq(reading.events.at[0].task_id, reading.events.at[1].task_id);
	ck_assert_uint_eq(reading.events.at[0].flags, KG_EVF_IDLE);
	ck_assert_uint_eq(reading.events.at[1].flags, KG_EVF_IDLE);
	ck_assert_uint_eq(reading.events.at[4].flags, 0);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_task_column_names_the_task)
{
	check_events("# CPU  TASK/PID         DURATION                  FUNCTION CALLS\n"
		     " 0)     cat-245     |               |  f() {\n"
		     " 1)  CPU 0/K-12345  |   0.161 us    |    g();\n"
		     " 0)    <idle>-0     |   0.200 us    |  h();\n"
		     " 0)     cat-245     |   0.200 us    |  }\n"
		     " 0)    <...>-9      |               |  /* hello */\n",
		     "2 enter f cat-245 @0 +0\n"
		     "3 leaf g CPU 0/K-12345 @1 +1\n"
		     "4 leaf h <idle>-0 @0 +0\n"
		     "5 leave cat-245 @0 +0\n"
		     "6 comment <...>-9 @0\n");
}
END_TEST

START_TEST(text_reader_task_column_without_header_is_found)
{
	check_events(" 0)     cat-245     |               |  f() {\n"
		     " 1)  CPU 0/K-12345  |   0.161 us    |    g();\n"
		     " 0)     cat-245     |   0.200 us    |  }\n",
		     "1 enter f cat-245 @0 +0\n"
		     "2 leaf g CPU 0/K-12345 @1 +1\n"
		     "3 leave cat-245 @0 +0\n");
}
END_TEST

START_TEST(text_reader_without_cpu_column_says_so)
{
	struct reading reading = read_text("#  DURATION                  FUNCTION CALLS\n"
					   "  0.161 us    |  f();\n"
					   "              |  g() {\n"
					   "  0.161 us    |  }\n");
	ck_assert_uint_eq(reading.events.count, 3);
	ck_assert_uint_eq(reading.events.at[0].cpu, KG_NO_CPU);
	ck_assert_str_eq(kg_tasks_get(&reading.facts.tasks, reading.events.at[0].task_id)->comm,
			 "?");
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_NO_CPU), 3);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_banner_of_another_task_is_a_mismatch)
{
	struct reading reading = read_text(
		BANNER(" 0)     sh-12     =>    cat-245   ") " 0)   0.161 us    |  f();\n" BANNER(
			" 0)     sh-13     =>    <idle>-0   ") " 0)   0.161 us    |  g();\n");
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_BANNER_MISMATCH), 1);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_BANNER_MISMATCH].first_line, 7);
	ck_assert_int_eq(kg_tasks_get(&reading.facts.tasks, reading.events.at[3].task_id)->pid, 0);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_latest_name_of_a_task_stays)
{
	struct reading reading =
		read_text(BANNER(" 0)    <idle>-0    =>     a-5       ")
				  BANNER(" 0)     a-5       =>     b-5       ")
					  BANNER(" 0)     b-5       =>     a-5       "));
	ck_assert_uint_eq(kg_tasks_count(&reading.facts.tasks), 2);
	ck_assert_str_eq(kg_tasks_get(&reading.facts.tasks, 1)->comm, "a");
	reading_release(&reading);
}
END_TEST

/* ---- several traces in one input ---- */

START_TEST(text_reader_next_header_begins_a_new_trace)
{
	check_events(HEADER
		     " 0)               |  f() {\n" BANNER(" 0)     sh-12     =>    cat-245   ")
			     HEADER
		     " 0)   0.161 us    |  g();\n" BANNER(" 0)    <idle>-0    =>     sh-12     "),
		     "1 new\n"
		     "5 enter f sh-12 @0 +0\n"
		     "7 switch cat-245 @0\n"
		     "10 new\n"
		     "14 leaf g <idle>-0 @0 +0\n"
		     "16 switch sh-12 @0\n");
}
END_TEST

START_TEST(text_reader_banner_of_the_next_trace_names_nobody_before)
{
	check_events(HEADER
		     " 0)   0.161 us    |  f();\n" HEADER
		     " 1)   0.161 us    |  g();\n" BANNER(" 0)     sh-12     =>    cat-245   "),
		     "1 new\n"
		     "5 leaf f ?cpu0 @0 +0\n"
		     "6 new\n"
		     "10 leaf g ?cpu1 @1 +0\n"
		     "12 switch cat-245 @0\n");
}
END_TEST

START_TEST(text_reader_next_trace_may_have_other_columns)
{
	struct reading reading =
		read_text(HEADER " 0)   0.161 us    |  f();\n" HEADER_TIME
				 "   11.469355 |   0)   0.161 us    |  g();\n" HEADER
				 " 0)   0.161 us    |  h();\n");
	ck_assert_uint_eq(reading.events.count, 6);
	ck_assert_uint_eq(reading.events.at[1].time_ns, KG_NO_NS);
	ck_assert_uint_eq(reading.events.at[3].time_ns, 11469355000);
	ck_assert_uint_eq(reading.events.at[5].time_ns, KG_NO_NS);
	ck_assert_uint_eq(reading.facts.columns, KG_COLUMN_CPU | KG_COLUMN_DURATION);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 0);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_lines_before_the_first_header_show_their_columns)
{
	/* what was read from trace_pipe has no header */
	check_events(" 0)   0.161 us    |  f();\n"
		     " 0)               |  g() {\n" HEADER_TIME
		     "   11.469355 |   0)   0.161 us    |  h();\n",
		     "1 leaf f ?cpu0 @0 +0\n"
		     "2 enter g ?cpu0 @0 +0\n"
		     "3 new\n"
		     "7 leaf h ?cpu0 @0 +0\n");
}
END_TEST

/* ---- comments ---- */

START_TEST(text_reader_comment_with_an_arrow_names_nobody)
{
	check_events(
		" 0)   0.161 us    |  f();\n"
		" 0)               |  /* a => b */\n"
		" 0)               |  /* a-1 => b-2 */\n"
		" 0)               |  f(a= => 1) {\n" BANNER(" 0)     sh-12     =>    cat-245   "),
		"1 leaf f sh-12 @0 +0\n"
		"2 comment sh-12 @0\n"
		"3 comment sh-12 @0\n"
		"4 enter f sh-12 @0 +0\n"
		"6 switch cat-245 @0\n");
}
END_TEST

/* A call after the text is still read as one, on this line and of this task. */
static void check_after(const char *text, uint64_t line_no, uint64_t comment_lines)
{
	char whole[4096];
	snprintf(whole, sizeof(whole), "%s 0)   0.161 us    |  last [kvm]();\n", text);
	struct reading reading = read_text(whole);
	const struct kg_event *last = &reading.events.at[reading.events.count - 1];
	ck_assert_uint_gt(reading.events.count, 0);
	ck_assert_int_eq(last->kind, KG_EV_LEAF);
	ck_assert_uint_eq(last->line_no, line_no);
	ck_assert_str_eq(kg_funcs_get(&reading.facts.funcs, last->func_id)->name, "last");
	ck_assert_uint_eq(reading.facts.lines.comment, comment_lines);
	ck_assert_uint_eq(reading.facts.lines.leaf, 1);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 0);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_COMMENT_UNTERMINATED), 0);
	reading_release(&reading);
}

START_TEST(text_reader_comment_goes_on_to_its_end)
{
	check_after(" 0)               |  /* one */\n", 2, 1);
	check_after(" 0)               |  /* one\n two */\n", 3, 2);
	check_after(" 0)               |  /* one\n\n\nfour */\n", 5, 4);
	check_after(" 0)               |  /* one\n */\n", 3, 2);
	check_after(" 0)               |  /* one\r\ntwo */\r\n", 3, 2);
	check_after(" 0)               |  /* one\n*/\nthree */\n", 4, 3);
}
END_TEST

START_TEST(text_reader_comment_that_imitates_lines_hides_them)
{
	check_after(" 0)               |  /* one\n"
		    " 0)   0.161 us    |  fake();\n"
		    " 0)   0.161 us    |  fake(); /* x */\n"
		    " 0)   0.161 us    |  } /* fake */\n"
		    " 0)               |  /* fake */\n"
		    "CPU:2 [LOST 12 EVENTS]\n"
		    "# tracer: function_graph\n" RULE "last line */\n",
		    10, 9);
	struct reading reading = read_text(" 0)               |  /* one\n"
					   " 0)   0.161 us    |  fake();\n"
					   "CPU:2 [LOST 12 EVENTS]\n"
					   "end */\n");
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_COMMENT_LOOKALIKE), 2);
	ck_assert_uint_eq(reading.facts.lost_gaps, 0);
	ck_assert_uint_eq(kg_funcs_count(&reading.facts.funcs), 0);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_comment_that_imitates_a_header_changes_nothing)
{
	check_after(HEADER " 0)               |  /* one\n"
			   "#               FUNCTION CALLS\n"
			   "end */\n",
		    8, 3);
	check_events(HEADER
		     " 0)               |  /* one\n"
		     "# tracer: function_graph\n"
		     "end */\n"
		     " 0)   0.161 us    |  f();\n" BANNER(" 0)     sh-12     =>    cat-245   "),
		     "1 new\n"
		     "5 comment sh-12 @0\n"
		     "8 leaf f sh-12 @0 +0\n"
		     "10 switch cat-245 @0\n");
}
END_TEST

START_TEST(text_reader_comment_that_imitates_a_banner_names_nobody)
{
	check_events(" 0)   0.161 us    |  f();\n"
		     " 0)               |  /* one\n"
		     " 0)    evil-666    =>    <idle>-0   \n"
		     "end */\n"
		     " 0)   0.161 us    |  g();\n" BANNER(" 0)     sh-12     =>    cat-245   "),
		     "1 leaf f sh-12 @0 +0\n"
		     "2 comment sh-12 @0\n"
		     "5 leaf g sh-12 @0 +0\n"
		     "7 switch cat-245 @0\n");
}
END_TEST

START_TEST(text_reader_comment_is_measured_with_its_own_columns)
{
	/* the trace behind has other columns, in which the line in the comment is none */
	check_events(HEADER " 0)               |  /* one\n"
			    " 0)   0.161 us    |  fake(); /* x */\n"
			    " 0)   0.161 us    |  fake();\n"
			    "end */\n" HEADER_TIME "   11.469355 |   0)   0.161 us    |  g();\n",
		     "1 new\n"
		     "5 comment ?cpu0 @0\n"
		     "9 new\n"
		     "13 leaf g ?cpu0 @0 +0\n");
}
END_TEST

START_TEST(text_reader_comment_without_end_hides_nothing)
{
	struct reading reading = read_text(" 0)               |  /* one\n"
					   "two\n"
					   " 0)   0.161 us    |  f();\n"
					   " 0)   0.161 us    |  g(); /* x */\n");
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_COMMENT_UNTERMINATED), 1);
	ck_assert_uint_eq(reading.facts.lines.leaf, 2);
	ck_assert_uint_eq(reading.facts.lines.comment, 1);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 1);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_comment_longer_than_any_message_hides_nothing)
{
	enum { LEN = 40000 };
	char *text = malloc(LEN);
	size_t len = (size_t)snprintf(text, LEN, " 0)               |  /* one\n");
	while (len < 20000)
		len += (size_t)snprintf(text + len, LEN - len, " 0)   0.161 us    |  f();\n");
	len += (size_t)snprintf(text + len, LEN - len, "end */\n");
	struct reading reading = read_text(text);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_COMMENT_UNTERMINATED), 1);
	ck_assert_uint_gt(reading.facts.lines.leaf, 700);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 1);
	reading_release(&reading);
	free(text);
}
END_TEST

START_TEST(text_reader_banner_behind_a_comment_without_end_counts)
{
	/* what ends like a comment is too far away to be the end of this one */
	enum { LEN = 40000 };
	char *text = malloc(LEN);
	size_t len = (size_t)snprintf(
		text, LEN,
		" 0)               |  /* one\n" BANNER(" 0)     sh-12     =>    cat-245   "));
	while (len < 12000)
		len += (size_t)snprintf(text + len, LEN - len, " 0)   0.161 us    |  f();\n");
	len += (size_t)snprintf(text + len, LEN - len, "end */\n");
	struct reading reading = read_text(text);
	const struct kg_event *first = &reading.events.at[0];
	ck_assert_uint_gt(reading.events.count, 300);
	ck_assert_int_eq(first->kind, KG_EV_COMMENT);
	ck_assert_str_eq(kg_tasks_get(&reading.facts.tasks, first->task_id)->comm, "sh");
	ck_assert_uint_eq(reading.facts.lines.switches, 1);
	reading_release(&reading);
	free(text);
}
END_TEST

START_TEST(text_reader_comment_cut_by_the_search_limit_has_no_false_end)
{
	/* the last bytes searched look like an end only because the search stops within the line */
	enum { LEN = 40000, LIMIT = 8192 };
	char *text = malloc(LEN);
	size_t len = (size_t)snprintf(text, LEN, " 0)               |  /* one\n");
	while (len < LIMIT - 100)
		len += (size_t)snprintf(text + len, LEN - len, " 0)   0.161 us    |  f();\n");
	while (len < LIMIT - 3)
		text[len++] = 'x';
	len += (size_t)snprintf(text + len, LEN - len, " */ no end\n 0)   0.161 us    |  g();\n");
	struct reading reading = read_text(text);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_COMMENT_UNTERMINATED), 1);
	ck_assert_uint_gt(reading.facts.lines.leaf, 100);
	reading_release(&reading);
	free(text);
}
END_TEST

/* ---- what is lost or cut ---- */

START_TEST(text_reader_gap_is_counted)
{
	struct reading reading = read_text(" 0)   0.161 us    |  f();\n"
					   "CPU:0 [LOST 12 EVENTS]\n"
					   "CPU:7 [LOST 30 EVENTS]\n"
					   " 0)   0.161 us    |  f();\n");
	ck_assert_uint_eq(reading.facts.lost_gaps, 2);
	ck_assert_uint_eq(reading.facts.lost_events, 42);
	ck_assert(!reading.facts.lost_unknown);
	ck_assert_uint_eq(reading.facts.lines.lost, 2);
	ck_assert_int_eq(reading.events.at[1].kind, KG_EV_LOST);
	ck_assert_uint_eq(reading.events.at[1].dur_ns, 12);
	ck_assert_uint_eq(reading.events.at[2].cpu, 7);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_LOST_EVENTS), 2);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_LOST_EVENTS].first_line, 2);
	reading_release(&reading);
	reading = read_text(" 0)   0.161 us    |  f();\nCPU:0 [LOST EVENTS]\n");
	ck_assert_uint_eq(reading.facts.lost_gaps, 1);
	ck_assert(reading.facts.lost_unknown);
	ck_assert_uint_eq(reading.events.at[1].dur_ns, KG_NO_NS);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_cut_last_line_is_truncated)
{
	static const char *const ends[] = { " 0)   0.161 us    |    f(", " 0)   0.1", " 0)",
					    " 0)   0.161 us    |  } /* f" };
	for (size_t i = 0; i < COUNT(ends); i++) {
		char text[256];
		snprintf(text, sizeof(text), " 0)   0.161 us    |  f();\n%s", ends[i]);
		struct reading reading = read_text(text);
		ck_assert_uint_eq(reading.events.count, 1);
		ck_assert_uint_eq(diag_count(&reading, KG_DIAG_TRUNCATED_LINE), 1);
		ck_assert_uint_eq(diag_count(&reading, KG_DIAG_UNRECOGNIZED_LINE), 0);
		ck_assert_uint_eq(reading.facts.lines.unrecognized, 1);
		ck_assert_uint_eq(reading.facts.lines.total, 2);
		reading_release(&reading);
	}
	struct reading whole = read_text(" 0)   0.161 us    |  f();\n 0)   0.161 us    |  g();");
	ck_assert_uint_eq(whole.events.count, 2);
	ck_assert_uint_eq(kg_diags_total(&whole.facts.diags), 0);
	reading_release(&whole);
}
END_TEST

START_TEST(text_reader_cut_switch_invents_no_task)
{
	/* "=>  kvm-nx--2692" was cut within its pid */
	struct reading reading =
		read_text(" 0)   0.161 us    |  f();\n" RULE " 0)    <idle>-0    =>  kvm-nx--26");
	for (kg_task_id id = 0; id < kg_tasks_count(&reading.facts.tasks); id++)
		ck_assert_int_ne(kg_tasks_get(&reading.facts.tasks, id)->pid, 26);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_line_too_long_is_told)
{
	const size_t len = 3 * WINDOW_LINE_MAX;
	char *text = malloc(len + 100);
	memset(text, 'x', len);
	snprintf(text + len, 100, "\n 0)   0.161 us    |  f();\n");
	struct reading reading = read_text(text);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_LINE_TOO_LONG), 1);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 1);
	ck_assert_uint_eq(reading.facts.lines.total, 2);
	ck_assert_uint_eq(reading.events.count, 1);
	ck_assert_uint_eq(reading.events.at[0].line_no, 2);
	reading_release(&reading);
	free(text);
}
END_TEST

/* ---- counts ---- */

START_TEST(text_reader_every_line_is_in_one_count)
{
	struct reading reading = read_text(
		HEADER
		" 0)               |  f() {\n"
		" 0) + 13.335 us   |    g();\n"
		" 0)   0.161 us    |  }\n"
		" 0) ! 0.161 us    |  } /* h */\n"
		" 0)               |  /* hello\n"
		"world */\n" BANNER(" 0)     sh-12     =>    cat-245   ") " 1)   ==========> |\n"
									  " 1)   <========== |\n"
									  "CPU:1 [LOST EVENTS]\n"
									  " (Overruns: 0)\n"
									  "what is this\n");
	const struct kg_line_counts *lines = &reading.facts.lines;
	ck_assert_uint_eq(lines->total, 19);
	ck_assert_uint_eq(lines->header, 4);
	ck_assert_uint_eq(lines->entry, 1);
	ck_assert_uint_eq(lines->leaf, 1);
	ck_assert_uint_eq(lines->exit, 1);
	ck_assert_uint_eq(lines->exit_named, 1);
	ck_assert_uint_eq(lines->comment, 2);
	ck_assert_uint_eq(lines->switches, 1);
	ck_assert_uint_eq(lines->irq, 2);
	ck_assert_uint_eq(lines->lost, 1);
	ck_assert_uint_eq(lines->noise, 4);
	ck_assert_uint_eq(lines->unrecognized, 1);
	ck_assert_uint_eq(reading.facts.marks[0], 1);
	ck_assert_uint_eq(reading.facts.marks[1], 1);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_MARK_MISMATCH), 1);
	ck_assert_uint_ge(reading.facts.cpus.count, 2);
	ck_assert_uint_eq(reading.facts.cpus.at[0].events, 4);
	ck_assert_uint_eq(reading.facts.cpus.at[0].calls_started, 2);
	ck_assert_uint_eq(reading.facts.cpus.at[0].switches, 1);
	ck_assert_uint_eq(reading.facts.cpus.at[1].events, 0);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_event_carries_the_values_of_its_line)
{
	struct reading reading =
		read_text(HEADER_TIME "   11.469355 |   1) * 28803.31 us |    } /* f [kvm] */\n"
				      "   11.469356 |   1) + 13.335 us   |    g();\n"
				      "   11.469357 |   1)               |  h() {\n");
	const struct kg_event *event = &reading.events.at[1];
	ck_assert_uint_eq(event->line_no, 5);
	ck_assert_uint_eq(event->time_ns, 11469355000);
	ck_assert_uint_eq(event->dur_ns, 28803310);
	ck_assert_uint_eq(event->flags & KG_EVF_CUT_MASK, 1);
	ck_assert_uint_eq(event->mark, '*');
	ck_assert_uint_eq(event->depth, 1);
	event++;
	ck_assert_uint_eq(event->dur_ns, 13335);
	ck_assert_uint_eq(event->flags & KG_EVF_CUT_MASK, 0);
	ck_assert_uint_eq(event->mark, '+');
	event++;
	ck_assert_uint_eq(event->dur_ns, KG_NO_NS);
	ck_assert_uint_eq(event->mark, ' ');
	ck_assert_uint_eq(event->depth, 0);
	reading_release(&reading);
}
END_TEST

START_TEST(text_reader_line_ends_of_another_system_are_read)
{
	check_events("# tracer: function_graph\r\n"
		     "#\r\n"
		     "# CPU  DURATION                  FUNCTION CALLS\r\n"
		     " 0)               |  f() {\r\n"
		     " 0)   0.161 us    |  }\r\n"
		     " ------------------------------------------\r\n"
		     " 0)     sh-12     =>    cat-245   \r\n"
		     " ------------------------------------------\r\n"
		     "\r\n",
		     "1 new\n"
		     "4 enter f sh-12 @0 +0\n"
		     "5 leave sh-12 @0 +0\n"
		     "7 switch cat-245 @0\n");
}
END_TEST

START_TEST(text_reader_arrows_are_events)
{
	check_events(" 2)   ==========> |\n"
		     " 2)               |  gic_handle_irq() {\n"
		     " 2) ! 130.084 us  |  } /* gic_handle_irq */\n"
		     " 2)   <========== |\n",
		     "1 irq ?cpu2 @2\n"
		     "2 enter gic_handle_irq ?cpu2 @2 +0\n"
		     "3 leave gic_handle_irq ?cpu2 @2 +0\n"
		     "4 end of irq ?cpu2 @2\n");
}
END_TEST

START_TEST(text_reader_stays_at_the_end)
{
	const struct reader_opts opts = { .window_bytes = 0 };
	struct read_facts facts = { 0 };
	struct source *source;
	struct kg_reader *reader;
	struct event_batch *batch = malloc(sizeof(*batch));
	ck_assert_int_eq(source_open_memory(" 0)   0.161 us    |  f();\n", 26, &source), KG_OK);
	ck_assert_int_eq(reader_open(source, &opts, &facts, &reader, NULL), KG_OK);
	ck_assert_int_eq(reader->class->next(reader, batch, NULL), KG_OK);
	ck_assert_uint_eq(batch->count, 1);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(reader->class->next(reader, batch, NULL), KG_END);
		ck_assert_uint_eq(batch->count, 0);
		ck_assert_uint_eq(facts.lines.leaf, 1);
	}
	ck_assert_uint_eq(reader->class->position(reader), 26);
	reader->class->close(reader);
	read_facts_release(&facts);
	source_close(source);
	free(batch);
}
END_TEST

/* ---- what is no text ---- */

START_TEST(reader_of_other_content_says_what_it_is)
{
	static const struct {
		struct span bytes;
		const char *word;
	} strangers[] = {
		{ { (const unsigned char *)"", 0 }, "empty" },
		{ { (const unsigned char *)"\x7f"
					   "ELF\x02\x01",
		    6 },
		  "program" },
	};
	for (size_t i = 0; i < COUNT(strangers); i++) {
		const struct reader_opts opts = { .window_bytes = 0 };
		struct read_facts facts = { 0 };
		struct kg_error err = { 0 };
		struct source *source;
		struct kg_reader *reader = NULL;
		ck_assert_int_eq(
			source_open_memory(strangers[i].bytes.at, strangers[i].bytes.len, &source),
			KG_OK);
		ck_assert_int_eq(reader_open(source, &opts, &facts, &reader, &err), KG_BAD_FORMAT);
		ck_assert_ptr_null(reader);
		ck_assert_ptr_nonnull(strstr(err.text, strangers[i].word));
		read_facts_release(&facts);
		source_close(source);
	}
}
END_TEST

/* ---- properties ---- */

static void check_same_names(const struct read_facts *found, const struct read_facts *expected)
{
	ck_assert_uint_eq(kg_funcs_count(&found->funcs), kg_funcs_count(&expected->funcs));
	for (kg_func_id id = 0; id < kg_funcs_count(&found->funcs); id++) {
		ck_assert_str_eq(kg_funcs_get(&found->funcs, id)->name,
				 kg_funcs_get(&expected->funcs, id)->name);
		ck_assert_str_eq(kg_funcs_get(&found->funcs, id)->module,
				 kg_funcs_get(&expected->funcs, id)->module);
	}
	ck_assert_uint_eq(kg_tasks_count(&found->tasks), kg_tasks_count(&expected->tasks));
	for (kg_task_id id = 0; id < kg_tasks_count(&found->tasks); id++) {
		ck_assert_int_eq(kg_tasks_get(&found->tasks, id)->pid,
				 kg_tasks_get(&expected->tasks, id)->pid);
		ck_assert_str_eq(kg_tasks_get(&found->tasks, id)->comm,
				 kg_tasks_get(&expected->tasks, id)->comm);
	}
}

static void check_same(const struct reading *found, const struct reading *expected)
{
	const struct read_facts *a = &found->facts;
	const struct read_facts *b = &expected->facts;
	ck_assert_uint_eq(found->events.count, expected->events.count);
	for (size_t i = 0; i < found->events.count; i++)
		ck_assert_mem_eq(&found->events.at[i], &expected->events.at[i],
				 sizeof(struct kg_event));
	ck_assert_mem_eq(&a->diags, &b->diags, sizeof(a->diags));
	ck_assert_mem_eq(&a->lines, &b->lines, sizeof(a->lines));
	ck_assert_mem_eq(a->marks, b->marks, sizeof(a->marks));
	ck_assert_uint_eq(a->lost_gaps, b->lost_gaps);
	ck_assert_uint_eq(a->lost_events, b->lost_events);
	ck_assert_uint_eq(a->columns, b->columns);
	ck_assert_uint_eq(a->cpus.count, b->cpus.count);
	for (size_t i = 0; i < a->cpus.count; i++) {
		ck_assert_uint_eq(a->cpus.at[i].events, b->cpus.at[i].events);
		ck_assert_uint_eq(a->cpus.at[i].calls_started, b->cpus.at[i].calls_started);
		ck_assert_uint_eq(a->cpus.at[i].switches, b->cpus.at[i].switches);
	}
	check_same_names(a, b);
}

/* However the bytes are cut and by how many they are scanned, the same comes out. */
static void check_invariance(struct span bytes)
{
	static const struct {
		size_t window_bytes;
		uint32_t thread_count;
	} ways[] = { { 1, 1 },	  { 7, 1 },    { 64, 2 },   { 333, 1 },
		     { 1000, 4 }, { 4097, 3 }, { 65536, 1 } };
	struct reading expected = { 0 };
	read_bytes(&expected, bytes, 0, 1);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct reading found = { 0 };
		read_bytes(&found, bytes, ways[i].window_bytes, ways[i].thread_count);
		check_same(&found, &expected);
		reading_release(&found);
	}
	reading_release(&expected);
}

/*
 * With a limited look ahead the same comes out, or what was taken for granted is taken back: then
 * the text goes on differently from what it seemed. How often each, in *same and *again.
 */
static void check_limited(struct span bytes, size_t *same, size_t *again)
{
	static const struct reader_opts ways[] = {
		{ .window_bytes = 1, .look_ahead_bytes = 1 },
		{ .window_bytes = 64, .look_ahead_bytes = 100, .thread_count = 2 },
		{ .window_bytes = 333, .look_ahead_bytes = 1000 },
		{ .window_bytes = 4097, .look_ahead_bytes = 1 },
	};
	struct reading expected = { 0 };
	read_bytes(&expected, bytes, 0, 1);
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct reading found = { 0 };
		read_with(&found, bytes, &ways[i]);
		if (found.status == KG_END)
			check_same(&found, &expected);
		else
			ck_assert_int_eq(found.status, KG_AGAIN);
		*same += found.status == KG_END;
		*again += found.status == KG_AGAIN;
		reading_release(&found);
	}
	reading_release(&expected);
}

static void check_fixture(const char *path, struct span bytes)
{
	(void)path;
	check_invariance(bytes);
}

START_TEST(text_reader_fixtures_are_the_same_in_any_windows)
{
	fixtures_each(check_fixture);
}
END_TEST

/* Pieces of which any text may consist. */
static const char *const pieces[] = {
	" 0)               |  f() {\n",
	" 0)   0.161 us    |    g [kvm]();\n",
	" 1)   0.161 us    |    g [kvm]();\n",
	" 2) + 13.335 us   |    } /* h */\n",
	" 0)   0.200 us    |  }\n",
	BANNER(" 0)     sh-12     =>    cat-245   "),
	BANNER(" 1)    cat-245    =>    <idle>-0   "),
	BANNER(" 2)    <idle>-0    =>     vm-245    "),
	BANNER(" 2)     vm-245    =>    cat-245    "),
	HEADER,
	HEADER_TIME,
	"   11.469355 |   0)   0.161 us    |  t();\n",
	"# CPU  TASK/PID         DURATION                  FUNCTION CALLS\n",
	" 0)     cat-245     |               |  f() {\n",
	" 0)     sh-12      |   0.161 us    |  }\n",
	" 0)               |  /* closed */\n",
	" 0)               |  /* open\n",
	"   11.469355 |   0)               |  /* open\n",
	"end */\n",
	" 0)   0.161 us    |  g(); /* x */\n",
	"   11.469355 |   0)   0.161 us    |  t(); /* x */\n",
	"CPU:1 [LOST 3 EVENTS]\n",
	"CPU:2 [LOST EVENTS]\n",
	" 3)   ==========> |\n",
	"\n",
	"stray\n",
	" 0)   0.161 us    |  cut(",
};

#define PIECES_MAX 155
#define RANDOM_TEXT_MAX (PIECES_MAX * 300)

static struct span random_text(char *text, uint64_t seed, size_t piece_count)
{
	struct random random = { seed };
	size_t len = 0;
	for (uint64_t left = 5 + random_below(&random, PIECES_MAX - 5); left > 0; left--) {
		const char *piece = pieces[random_below(&random, piece_count)];
		memcpy(text + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return (struct span){ (unsigned char *)text, len };
}

START_TEST(text_reader_random_texts_are_the_same_in_any_windows)
{
	char *text = malloc(RANDOM_TEXT_MAX);
	for (uint64_t seed = 1; seed <= 60; seed++)
		check_invariance(random_text(text, seed, COUNT(pieces)));
	free(text);
}
END_TEST

START_TEST(text_reader_random_texts_are_the_same_with_a_limited_look_ahead)
{
	char *text = malloc(RANDOM_TEXT_MAX);
	size_t same = 0;
	size_t again = 0;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		/* every other text is of calls and banners alone */
		const size_t piece_count = seed % 2 == 0 ? COUNT(pieces) : 7;
		check_limited(random_text(text, seed, piece_count), &same, &again);
	}
	ck_assert_uint_gt(same, 100);
	ck_assert_uint_gt(again, 50);
	free(text);
}
END_TEST

START_TEST(text_reader_banner_beyond_the_look_ahead_is_told)
{
	char text[8192] = "";
	size_t len = 0;
	for (size_t i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					" 0)   0.161 us    |  f();\n");
	snprintf(text + len, sizeof(text) - len, BANNER(" 0)     sh-12     =>    cat-245   "));
	const struct span near = { (const unsigned char *)text, len };
	const struct span whole = { (const unsigned char *)text, strlen(text) };
	const struct reader_opts opts = { .window_bytes = 256, .look_ahead_bytes = 256 };
	struct reading reading = { 0 };
	read_with(&reading, whole, &opts);
	ck_assert_int_eq(reading.status, KG_AGAIN);
	reading_release(&reading);
	reading = (struct reading){ 0 };
	read_with(&reading, near, &opts);
	ck_assert_int_eq(reading.status, KG_END);
	ck_assert_str_eq(kg_tasks_get(&reading.facts.tasks, 0)->comm, "?cpu0");
	reading_release(&reading);
}
END_TEST

/* ---- records that a kernel in small printed ---- */

static void check_record(const struct printer *printer, const struct reading *reading,
			 const struct printed_record *record, const struct kg_event *event)
{
	const bool is_named =
		printer->has_banner[record->cpu] || (printer->parts.columns & KG_COLUMN_PROC);
	const struct kg_task *task = kg_tasks_get(&reading->facts.tasks, event->task_id);
	ck_assert_uint_eq(event->line_no, record->line_no);
	ck_assert_int_eq(event->kind, record->kind);
	ck_assert_uint_eq(event->cpu, record->cpu);
	if (record->kind != KG_EV_COMMENT)
		ck_assert_uint_eq(event->depth, record->depth);
	ck_assert_int_eq(task->is_inferred, !is_named);
	if (is_named)
		ck_assert_int_eq(task->pid, printed_tasks[record->task].pid);
	ck_assert_int_eq((event->flags & KG_EVF_IDLE) != 0, is_named && task->pid == 0);
}

static void check_printed(const struct printer *printer, size_t window_bytes, uint32_t threads)
{
	struct reading reading = { 0 };
	size_t count = 0;
	read_bytes(&reading, (struct span){ (const unsigned char *)printer->text, printer->len },
		   window_bytes, threads);
	for (size_t i = 0; i < reading.events.count; i++) {
		const struct kg_event *event = &reading.events.at[i];
		if (event->kind == KG_EV_SWITCH || event->kind == KG_EV_NEW_TRACE)
			continue;
		ck_assert_uint_lt(count, printer->record_count);
		check_record(printer, &reading, &printer->records[count++], event);
	}
	ck_assert_uint_eq(count, printer->record_count);
	ck_assert_uint_eq(reading.facts.lines.total, printer->line_no);
	ck_assert_uint_eq(reading.facts.lines.unrecognized, 0);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_BANNER_MISMATCH), 0);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_TASK_MISMATCH), 0);
	reading_release(&reading);
}

START_TEST(text_reader_printed_records_come_back)
{
	struct printer *printer = malloc(sizeof(*printer));
	for (uint64_t seed = 1; seed <= 60; seed++) {
		print_trace(printer, seed);
		check_printed(printer, 0, 1);
		check_printed(printer, 100 + seed, 1 + (uint32_t)(seed % 3));
	}
	free(printer);
}
END_TEST

START_TEST(text_reader_without_memory_fails_clean)
{
	static const char text[] = HEADER
		" 0)               |  f() {\n"
		" 0)               |  /* one\n"
		"two */\n"
		" 1)   0.161 us    |    g [kvm]();\n" BANNER(" 0)     sh-12     =>    cat-245   ")
			HEADER " 0)   0.161 us    |  h();\n";
	uint64_t failures = 0;
	for (uint64_t passes = 0;; passes++) {
		const struct reader_opts opts = { .window_bytes = 64 };
		struct reading reading = { .status = KG_NOMEM };
		struct source *source;
		struct kg_reader *reader = NULL;
		struct event_batch *batch = malloc(sizeof(*batch));
		struct kg_error err = { 0 };
		ck_assert_int_eq(source_open_memory(text, sizeof(text) - 1, &source), KG_OK);
		memory_fail_after(passes);
		enum kg_status status = reader_open(source, &opts, &reading.facts, &reader, &err);
		while (status == KG_OK)
			status = reader->class->next(reader, batch, &err);
		memory_fail_after(UINT64_MAX);
		if (reader != NULL)
			reader->class->close(reader);
		source_close(source);
		reading_release(&reading);
		free(batch);
		if (status == KG_END)
			break;
		ck_assert_int_eq(status, KG_NOMEM);
		ck_assert_int_eq(err.status, KG_NOMEM);
		failures++;
	}
	ck_assert_uint_gt(failures, 20);
}
END_TEST

static TCase *ownership_case(void)
{
	TCase *tests = tcase_create("ownership");
	tcase_add_test(tests, text_reader_first_banner_names_the_task_before_it);
	tcase_add_test(tests, text_reader_cpu_without_banner_has_its_own_task);
	tcase_add_test(tests, text_reader_banner_beyond_the_look_ahead_is_told);
	tcase_add_test(tests, text_reader_idle_task_is_told_apart_by_cpu);
	tcase_add_test(tests, text_reader_task_column_names_the_task);
	tcase_add_test(tests, text_reader_task_column_without_header_is_found);
	tcase_add_test(tests, text_reader_without_cpu_column_says_so);
	tcase_add_test(tests, text_reader_banner_of_another_task_is_a_mismatch);
	tcase_add_test(tests, text_reader_latest_name_of_a_task_stays);
	tcase_add_test(tests, text_reader_next_header_begins_a_new_trace);
	tcase_add_test(tests, text_reader_banner_of_the_next_trace_names_nobody_before);
	tcase_add_test(tests, text_reader_next_trace_may_have_other_columns);
	tcase_add_test(tests, text_reader_lines_before_the_first_header_show_their_columns);
	return tests;
}

static TCase *comment_case(void)
{
	TCase *tests = tcase_create("comment");
	tcase_add_test(tests, text_reader_comment_with_an_arrow_names_nobody);
	tcase_add_test(tests, text_reader_comment_goes_on_to_its_end);
	tcase_add_test(tests, text_reader_comment_that_imitates_lines_hides_them);
	tcase_add_test(tests, text_reader_comment_that_imitates_a_header_changes_nothing);
	tcase_add_test(tests, text_reader_comment_that_imitates_a_banner_names_nobody);
	tcase_add_test(tests, text_reader_comment_is_measured_with_its_own_columns);
	tcase_add_test(tests, text_reader_comment_without_end_hides_nothing);
	tcase_add_test(tests, text_reader_comment_longer_than_any_message_hides_nothing);
	tcase_add_test(tests, text_reader_banner_behind_a_comment_without_end_counts);
	tcase_add_test(tests, text_reader_comment_cut_by_the_search_limit_has_no_false_end);
	return tests;
}

Suite *text_reader_suite(void)
{
	Suite *suite = suite_create("text_reader");
	suite_add_tcase(suite, ownership_case());
	suite_add_tcase(suite, comment_case());
	TCase *damage = tcase_create("damage");
	tcase_add_test(damage, text_reader_gap_is_counted);
	tcase_add_test(damage, text_reader_cut_last_line_is_truncated);
	tcase_add_test(damage, text_reader_cut_switch_invents_no_task);
	tcase_add_test(damage, text_reader_line_too_long_is_told);
	tcase_add_test(damage, text_reader_line_ends_of_another_system_are_read);
	tcase_add_test(damage, reader_of_other_content_says_what_it_is);
	suite_add_tcase(suite, damage);
	TCase *events = tcase_create("events");
	tcase_add_test(events, text_reader_every_line_is_in_one_count);
	tcase_add_test(events, text_reader_event_carries_the_values_of_its_line);
	tcase_add_test(events, text_reader_arrows_are_events);
	tcase_add_test(events, text_reader_stays_at_the_end);
	suite_add_tcase(suite, events);
	TCase *properties = tcase_create("properties");
	tcase_add_test(properties, text_reader_fixtures_are_the_same_in_any_windows);
	tcase_add_test(properties, text_reader_random_texts_are_the_same_in_any_windows);
	tcase_add_test(properties, text_reader_random_texts_are_the_same_with_a_limited_look_ahead);
	tcase_add_test(properties, text_reader_printed_records_come_back);
	tcase_add_test(properties, text_reader_without_memory_fails_clean);
	suite_add_tcase(suite, properties);
	return suite;
}

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
#include "read/reader.h"
#include "read/report_reader.h"
#include "read/report_sample.h"

Suite *report_reader_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define VM "              vm-109   [000]    11.153118: "
#define SH "              sh-12    [001]    11.153120: "
#define IDLE0 "          <idle>-0     [000]    11.153119: "
#define IDLE1 "          <idle>-0     [001]    11.153119: "
#define ENTRY "funcgraph_entry:      "
#define EXIT "funcgraph_exit:       "
#define ENTER_F ENTRY "             |  f() {\n"
#define LEAF_G ENTRY "  0.100 us   |    g();\n"
#define LEAVE EXIT "+ 14.577 us  |  }\n"

/* ---- a whole text, read ---- */

struct reading {
	struct read_facts facts;
	COLUMN(struct kg_event) events;
	enum kg_format format;
};

static void take_all(struct reading *reading, struct kg_reader *reader)
{
	struct event_batch *batch = malloc(sizeof(*batch));
	enum kg_status status = KG_OK;
	while (status == KG_OK) {
		status = reader->class->next(reader, batch, NULL);
		ck_assert_uint_le(batch->count, EVENT_BATCH);
		ck_assert((batch->count > 0) == (status == KG_OK));
		for (size_t i = 0; i < batch->count; i++)
			ck_assert(column_push(&reading->events, batch->events[i]));
	}
	ck_assert_int_eq(status, KG_END);
	free(batch);
}

static void read_bytes(struct reading *reading, struct span bytes, size_t window_bytes)
{
	const struct reader_opts opts = { .window_bytes = window_bytes };
	struct source *source;
	struct kg_reader *reader;
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	ck_assert_int_eq(report_reader_open(source, &opts, &reading->facts, &reader, NULL), KG_OK);
	take_all(reading, reader);
	ck_assert_uint_eq(reader->class->position(reader), bytes.len);
	reading->format = reader->format;
	reader->class->close(reader);
	source_close(source);
}

static struct span span_of_string(const char *string)
{
	return (struct span){ (const unsigned char *)string, strlen(string) };
}

static struct reading read_text(const char *text)
{
	struct reading reading = { 0 };
	read_bytes(&reading, span_of_string(text), 0);
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

/* "12 enter f vm-109 @0 +1 =100": line, kind, function, task, CPU, depth, duration. */
static void put_event(struct page *page, const struct read_facts *facts,
		      const struct kg_event *event)
{
	static const char *const kinds[] = {
		[KG_EV_ENTER] = "enter",     [KG_EV_LEAVE] = "leave", [KG_EV_LEAF] = "leaf",
		[KG_EV_COMMENT] = "comment", [KG_EV_LOST] = "lost",   [KG_EV_NEW_TRACE] = "new",
	};
	put(page, "%ju %s", (uintmax_t)event->line_no, kinds[event->kind]);
	if (event->func_id != KG_NO_FUNC)
		put(page, " %s", kg_funcs_get(&facts->funcs, event->func_id)->name);
	if (event->task_id != KG_NO_TASK) {
		const struct kg_task *task = kg_tasks_get(&facts->tasks, event->task_id);
		put(page, " %s-%jd", task->comm, (intmax_t)task->pid);
	}
	if (event->cpu != KG_NO_CPU)
		put(page, " @%u", event->cpu);
	if (event->kind <= KG_EV_LEAF)
		put(page, " +%u", event->depth);
	if (event->dur_ns != KG_NO_NS)
		put(page, " =%ju", (uintmax_t)event->dur_ns);
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

/* ---- events ---- */

START_TEST(report_reader_lines_become_events)
{
	check_events("cpus=2\n" VM ENTER_F SH LEAF_G VM
		     "kvm_entry:             vcpu 0 rip 0x0\n" VM LEAF_G IDLE1 ENTER_F VM EXIT
		     "+ 14.577 us  |  } /* f */\n" IDLE1 LEAVE,
		     "1 new\n"
		     "2 enter f vm-109 @0 +0\n"
		     "3 leaf g sh-12 @1 +1 =100\n"
		     "4 comment vm-109 @0\n"
		     "5 leaf g vm-109 @0 +1 =100\n"
		     "6 enter f <idle>-0 @1 +0\n"
		     "7 leave f vm-109 @0 +0 =14577\n"
		     "8 leave <idle>-0 @1 +0 =14577\n");
}
END_TEST

START_TEST(report_reader_raw_lines_become_the_same_events)
{
	check_events("cpus=2\n" VM ENTRY " func=f depth=0\n" VM ENTRY " func=g depth=1\n" VM EXIT
		     " func=g depth=1 overrun=0 calltime=100 rettime=1ff\n" VM EXIT
		     " func=f calltime=0x100 rettime=0x200 overrun=0x0 depth=0\n",
		     "1 new\n"
		     "2 enter f vm-109 @0 +0\n"
		     "3 enter g vm-109 @0 +1\n"
		     "4 leave g vm-109 @0 +1 =255\n"
		     "5 leave f vm-109 @0 +0 =256\n");
}
END_TEST

START_TEST(report_reader_event_carries_the_values_of_its_line)
{
	struct reading reading =
		read_text(VM ENTRY "# 4587.454 us |      f();\n" IDLE1 EXIT "$ 3594274 us |  }\n"
				   "              vm-109   [000]      7153119: " ENTER_F);
	const struct kg_event *events = reading.events.at;
	ck_assert_uint_eq(reading.events.count, 3);
	ck_assert_uint_eq(events[0].time_ns, 11153118000);
	ck_assert_uint_eq(events[0].dur_ns, 4587454);
	ck_assert_uint_eq(events[0].depth, 2);
	ck_assert_int_eq(events[0].mark, '#');
	ck_assert_uint_eq(events[0].flags, 0);
	ck_assert_uint_eq(events[1].dur_ns, 3594274000);
	ck_assert_uint_eq(events[1].flags, KG_EVF_IDLE | KG_EVF_NAMELESS | 3);
	ck_assert_int_eq(events[1].mark, '$');
	ck_assert_uint_eq(events[2].time_ns, KG_NO_NS);
	ck_assert_int_eq(events[2].mark, ' ');
	ck_assert_str_eq(kg_funcs_get(&reading.facts.funcs, events[0].func_id)->module, "");
	reading_release(&reading);
}
END_TEST

START_TEST(report_reader_every_line_is_in_one_count)
{
	struct reading reading =
		read_text("version = 6\n"
			  "cpus=2\n"
			  "CPU 1 is empty\n" VM ENTER_F VM LEAF_G VM LEAF_G VM LEAVE VM EXIT
			  "  0.100 us   |  } /* f */\n" VM "kvm_fpu:              load\n" VM
			  "kernel_stack:         <stack trace >\n"
			  "=> f (ffffffff81000000)\n"
			  "\n"
			  "CPU:0 [3 EVENTS DROPPED]\n"
			  "CPU:1 [EVENTS DROPPED]\n"
			  "stray\n");
	const struct kg_line_counts *lines = &reading.facts.lines;
	ck_assert_uint_eq(lines->total, 15);
	ck_assert_uint_eq(lines->header, 2);
	ck_assert_uint_eq(lines->entry, 1);
	ck_assert_uint_eq(lines->leaf, 2);
	ck_assert_uint_eq(lines->exit, 1);
	ck_assert_uint_eq(lines->exit_named, 1);
	ck_assert_uint_eq(lines->comment, 2);
	ck_assert_uint_eq(lines->noise, 3);
	ck_assert_uint_eq(lines->lost, 2);
	ck_assert_uint_eq(lines->unrecognized, 1);
	ck_assert_uint_eq(lines->switches + lines->irq, 0);
	ck_assert_uint_eq(reading.facts.lost_gaps, 2);
	ck_assert_uint_eq(reading.facts.lost_events, 3);
	ck_assert(reading.facts.lost_unknown);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_LOST_EVENTS), 2);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_UNRECOGNIZED_LINE].first_line, 15);
	ck_assert_uint_eq(reading.facts.cpus.at[0].events, 5);
	ck_assert_uint_eq(reading.facts.cpus.at[0].calls_started, 3);
	ck_assert_uint_eq(reading.facts.marks[0], 1);
	reading_release(&reading);
}
END_TEST

START_TEST(report_reader_gap_is_an_event)
{
	check_events(VM ENTER_F "CPU:0 [123 EVENTS DROPPED]\nCPU:3 [EVENTS DROPPED]\n" VM LEAVE,
		     "1 enter f vm-109 @0 +0\n"
		     "2 lost @0 =123\n"
		     "3 lost @3\n"
		     "4 leave vm-109 @0 +0 =14577\n");
}
END_TEST

START_TEST(report_reader_each_report_is_a_new_trace)
{
	check_events("cpus=2\n" VM ENTER_F "version = 6\ncpus=4\n" VM LEAF_G,
		     "1 new\n"
		     "2 enter f vm-109 @0 +0\n"
		     "4 new\n"
		     "5 leaf g vm-109 @0 +1 =100\n");
}
END_TEST

START_TEST(report_reader_latest_name_of_a_task_stays)
{
	check_events("           <...>-109   [000]    11.153118: " ENTER_F VM LEAF_G
		     "           <...>-109   [000]    11.153118: " LEAVE,
		     "1 enter f vm-109 @0 +0\n"
		     "2 leaf g vm-109 @0 +1 =100\n"
		     "3 leave vm-109 @0 +0 =14577\n");
}
END_TEST

START_TEST(report_reader_nameless_call_has_no_function)
{
	check_events(VM ENTRY "             |  ) {\n" VM LEAVE, "1 enter vm-109 @0 +0\n"
								"2 leave vm-109 @0 +0 =14577\n");
}
END_TEST

/* ---- what the trace is ---- */

START_TEST(report_reader_columns_are_those_printed)
{
	static const uint32_t always = KG_COLUMN_CPU | KG_COLUMN_PROC | KG_COLUMN_DURATION;
	static const struct {
		const char *text;
		enum kg_format format;
		uint32_t columns;
	} texts[] = {
		{ VM LEAF_G, KG_FORMAT_TRACE_CMD_REPORT, always | KG_COLUMN_ABSTIME },
		{ VM LEAF_G VM LEAF_G, KG_FORMAT_TRACE_CMD_REPORT, always | KG_COLUMN_ABSTIME },
		{ "              vm-109   [000]      7153119: " LEAF_G, KG_FORMAT_TRACE_CMD_REPORT,
		  always },
		{ "              vm-109   [000] d.h1.   11.153118: " LEAF_G,
		  KG_FORMAT_TRACE_CMD_REPORT, always | KG_COLUMN_ABSTIME | KG_COLUMN_LATENCY },
		{ "      vm-109     0d.h2.    11.153118: " LEAF_G, KG_FORMAT_TRACE_CMD_REPORT,
		  always | KG_COLUMN_ABSTIME | KG_COLUMN_LATENCY },
		{ "cpus=2\n" VM ENTRY " func=f depth=0\n", KG_FORMAT_TRACE_CMD_RAW,
		  always | KG_COLUMN_ABSTIME },
	};
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct reading reading = read_text(texts[i].text);
		ck_assert_int_eq(reading.format, texts[i].format);
		ck_assert_uint_eq(reading.facts.columns, texts[i].columns);
		ck_assert_ptr_null(reading.facts.kernel);
		reading_release(&reading);
	}
}
END_TEST

START_TEST(report_reader_text_is_told_from_the_kernels)
{
	static const struct {
		const char *text;
		bool is_report;
	} texts[] = {
		{ "cpus=2\n", true },
		{ "version = 6\nCPU 0 is empty\ncpus=2\n", true },
		{ VM LEAF_G, true },
		{ "      vm-109     0d.h2.    11.153118: " LEAF_G, true },
		{ VM ENTRY " func=f depth=0\n", true },
		{ "a.dat: cpus=2\na.dat: " VM LEAF_G, true },
		{ "CPU:2 [3 EVENTS DROPPED]\n" VM LEAF_G, true },
		{ "some warning\ncpus=2\n" VM "kvm_fpu:              load\n", true },
		{ VM "kvm_fpu:              load\n" VM "kvm_fpu:", true },
		{ "", false },
		{ "nothing\n", false },
		{ "# tracer: function_graph\n" VM LEAF_G, false },
		{ "cpus=2\n# tracer: function_graph\n", false },
		{ " 0)   0.161 us    |  f();\n" VM LEAF_G, false },
		{ " 0)               |  /* hello\n 0)   0.161 us    |  f();\ncpus=2\n", false },
		{ " ------------------------------------------\n 0)  <idle>-0  =>  vm-1\n", false },
	};
	for (size_t i = 0; i < COUNT(texts); i++)
		ck_assert_msg(report_sample_is_likely(span_of_string(texts[i].text)) ==
				      texts[i].is_report,
			      "%s", texts[i].text);
}
END_TEST

/* ---- damage ---- */

START_TEST(report_reader_cut_last_line_is_truncated)
{
	/* what is left of a drawn line may be whole; of a raw one nobody knows */
	static const struct {
		const char *last;
		bool is_whole;
	} lines[] = {
		{ VM ENTRY "  0.100 us   |    g(", false },
		{ VM ENTRY "  0.100 us   |    g()", false },
		{ VM ENTRY "  0.100 us   |    g();", true },
		{ VM EXIT "+ 14.577 us  |  }", true },
		{ VM ENTRY " func=f depth=1", false },
		{ VM EXIT " func=f depth=1 overrun=0 calltime=100 rettime=1ff", false },
		{ "              vm-1", false },
		{ "c", false },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[512];
		snprintf(text, sizeof(text), "%s%s", VM ENTER_F, lines[i].last);
		struct reading reading = read_text(text);
		ck_assert_uint_eq(reading.facts.lines.total, 2);
		ck_assert_uint_eq(reading.facts.lines.unrecognized, !lines[i].is_whole);
		ck_assert_uint_eq(diag_count(&reading, KG_DIAG_TRUNCATED_LINE), !lines[i].is_whole);
		ck_assert_uint_eq(diag_count(&reading, KG_DIAG_UNRECOGNIZED_LINE), 0);
		reading_release(&reading);
	}
}
END_TEST

/* Lines in two parts, between which blanks blow them up. */
static const char *const blown_up[][2] = {
	{ VM ENTRY, "" },
	{ VM, "" },
	{ "              vm-109   [000]", "    11.153118: " LEAF_G },
	{ VM ENTRY "  0.100 us ", "|    g();\n" },
	{ VM ENTRY, " func=g depth=1\n" },
	{ VM ENTRY "  0.100 us   |    g();", "\n" },
};

START_TEST(report_reader_line_too_long_is_told)
{
	const size_t blanks = WINDOW_LINE_MAX;
	char *text = malloc(2 * blanks);
	size_t len = (size_t)snprintf(text, blanks, "%s%s", VM LEAF_G, blown_up[_i][0]);
	memset(text + len, ' ', blanks);
	len += blanks;
	len += (size_t)snprintf(text + len, blanks / 2, "%s\n%s", blown_up[_i][1], VM LEAF_G);
	for (size_t window_bytes = 0; window_bytes < 300000; window_bytes += 30011) {
		struct reading reading = { 0 };
		read_bytes(&reading, (struct span){ (unsigned char *)text, len }, window_bytes);
		ck_assert_uint_eq(diag_count(&reading, KG_DIAG_LINE_TOO_LONG), 1);
		ck_assert_uint_eq(reading.facts.lines.unrecognized, 1);
		ck_assert_uint_eq(reading.facts.lines.leaf, 2);
		reading_release(&reading);
	}
	free(text);
}
END_TEST

START_TEST(report_reader_contradictions_are_told)
{
	struct reading reading = read_text(
		VM ENTRY "  14.577 us  |    g();\n" VM ENTRY "  14.577 us  |    g();\n" VM ENTRY
			 "* 28803.319 us |    g();\n" VM ENTRY "+ 28.319 us  |    g();\n" VM ENTRY
			 "$ 18446744073709551 us |    g();\n" VM EXIT
			 " func=f depth=1 calltime=200 rettime=1ff\n");
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_MARK_MISMATCH), 3);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_MARK_MISMATCH].first_line, 1);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_NEGATIVE_DURATION), 2);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_NEGATIVE_DURATION].first_line, 5);
	ck_assert_uint_eq(reading.events.at[4].dur_ns, KG_NO_NS);
	ck_assert_uint_eq(reading.events.at[5].dur_ns, KG_NO_NS);
	reading_release(&reading);
}
END_TEST

/* ---- several inputs ---- */

START_TEST(report_reader_inputs_do_not_share_tasks)
{
	static const char text[] =
		"a.dat: cpus=2\n"
		"b.dat: cpus=2\n"
		"a.dat: " VM ENTER_F "b.dat: " VM LEAF_G "b.dat: " SH LEAF_G "a.dat: " IDLE0 LEAF_G
		"b.dat: " IDLE1 LEAF_G "b.dat: " IDLE0 LEAF_G "a.dat: " SH LEAF_G "b.dat: " VM
		"kvm_fpu:              load\n"
		"a.dat: " VM LEAVE;
	check_events(text, "1 new\n"
			   "2 new\n"
			   "3 enter f vm-109 @0 +0\n"
			   "5 leaf g sh-12 @1 +1 =100\n"
			   "6 leaf g <idle>-0 @0 +1 =100\n"
			   "7 leaf g <idle>-0 @1 +1 =100\n"
			   "10 comment vm-109 @0\n"
			   "11 leave vm-109 @0 +0 =14577\n");
	struct reading reading = read_text(text);
	ck_assert_uint_eq(diag_count(&reading, KG_DIAG_TASK_MISMATCH), 3);
	ck_assert_uint_eq(reading.facts.diags.entries[KG_DIAG_TASK_MISMATCH].first_line, 4);
	ck_assert_uint_eq(reading.facts.lines.leaf, 6);
	ck_assert_uint_eq(reading.facts.lines.total, 11);
	reading_release(&reading);
}
END_TEST

START_TEST(report_reader_note_names_the_input_of_the_record_behind_it)
{
	check_events("a.dat: " VM ENTER_F "b.dat: CPU:0 [3 EVENTS DROPPED]\n"
		     "CPU:0 [SUBBUFFER START]\n" VM LEAF_G
		     "a.dat: CPU:0 [SUBBUFFER START]\n" VM LEAF_G VM LEAF_G,
		     "1 enter f vm-109 @0 +0\n"
		     "2 lost @0 =3\n"
		     "6 leaf g vm-109 @0 +1 =100\n");
}
END_TEST

START_TEST(report_reader_buffer_without_a_name_is_an_input)
{
	check_events("     cpus=2\n"
		     "     " VM "kvm_fpu:              load\n"
		     "kvm: " VM ENTER_F "kvm: " VM LEAVE,
		     "1 new\n"
		     "2 comment vm-109 @0\n"
		     "3 enter f vm-109 @0 +0\n"
		     "4 leave vm-109 @0 +0 =14577\n");
}
END_TEST

/* ---- properties ---- */

static void check_same(const struct reading *found, const struct reading *expected)
{
	const struct read_facts *a = &found->facts;
	const struct read_facts *b = &expected->facts;
	ck_assert_uint_eq(found->events.count, expected->events.count);
	for (size_t i = 0; i < found->events.count; i++)
		ck_assert_mem_eq(&found->events.at[i], &expected->events.at[i],
				 sizeof(struct kg_event));
	ck_assert_int_eq(found->format, expected->format);
	ck_assert_mem_eq(&a->diags, &b->diags, sizeof(a->diags));
	ck_assert_mem_eq(&a->lines, &b->lines, sizeof(a->lines));
	ck_assert_mem_eq(a->marks, b->marks, sizeof(a->marks));
	ck_assert_uint_eq(a->lost_events, b->lost_events);
	ck_assert_uint_eq(a->columns, b->columns);
	ck_assert_uint_eq(a->cpus.count, b->cpus.count);
	if (a->cpus.count > 0)
		ck_assert_mem_eq(a->cpus.at, b->cpus.at, a->cpus.count * sizeof(*a->cpus.at));
	ck_assert_uint_eq(kg_funcs_count(&a->funcs), kg_funcs_count(&b->funcs));
	for (kg_func_id id = 0; id < kg_funcs_count(&a->funcs); id++)
		ck_assert_str_eq(kg_funcs_get(&a->funcs, id)->name,
				 kg_funcs_get(&b->funcs, id)->name);
	ck_assert_uint_eq(kg_tasks_count(&a->tasks), kg_tasks_count(&b->tasks));
	for (kg_task_id id = 0; id < kg_tasks_count(&a->tasks); id++)
		ck_assert_str_eq(kg_tasks_get(&a->tasks, id)->comm,
				 kg_tasks_get(&b->tasks, id)->comm);
}

static uint64_t count_lines(struct span bytes)
{
	uint64_t count = bytes.len > 0 && bytes.at[bytes.len - 1] != '\n';
	for (size_t i = 0; i < bytes.len; i++)
		count += bytes.at[i] == '\n';
	return count;
}

/* However the bytes are cut, the same comes out, and each line is in one count. */
static void check_invariance(struct span bytes)
{
	static const size_t sizes[] = { 1, 7, 64, 333, 4097, 65536 };
	struct reading expected = { 0 };
	read_bytes(&expected, bytes, 0);
	const struct kg_line_counts *lines = &expected.facts.lines;
	ck_assert_uint_eq(lines->total, count_lines(bytes));
	ck_assert_uint_eq(lines->total, lines->header + lines->entry + lines->leaf + lines->exit +
						lines->exit_named + lines->comment + lines->lost +
						lines->noise + lines->unrecognized);
	ck_assert_uint_eq(lines->unrecognized,
			  diag_count(&expected, KG_DIAG_UNRECOGNIZED_LINE) +
				  diag_count(&expected, KG_DIAG_TRUNCATED_LINE) +
				  diag_count(&expected, KG_DIAG_LINE_TOO_LONG));
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct reading found = { 0 };
		read_bytes(&found, bytes, sizes[i]);
		check_same(&found, &expected);
		reading_release(&found);
	}
	reading_release(&expected);
}

static const struct {
	const char *path;
	struct kg_line_counts lines;
	uint32_t functions;
} reports[] = {
	{ KG_FIXTURES "/traces/svm-6.1.report.txt",
	  { .total = 1647, .header = 1, .entry = 304, .leaf = 998, .exit = 304, .comment = 40 },
	  296 },
	{ KG_FIXTURES "/traces/svm-6.1.report-raw.txt",
	  { .total = 2645, .header = 1, .entry = 1302, .exit_named = 1302, .comment = 40 },
	  296 },
};

START_TEST(report_reader_fixtures_are_the_same_in_any_windows)
{
	struct span bytes = fixture_read(reports[_i].path);
	struct reading reading = { 0 };
	check_invariance(bytes);
	read_bytes(&reading, bytes, 0);
	ck_assert(report_sample_is_likely((struct span){ bytes.at, 4096 }));
	ck_assert_mem_eq(&reading.facts.lines, &reports[_i].lines, sizeof(reports[_i].lines));
	ck_assert_uint_eq(kg_funcs_count(&reading.facts.funcs), reports[_i].functions);
	ck_assert_uint_eq(kg_diags_total(&reading.facts.diags), 0);
	reading_release(&reading);
	fixture_free(bytes);
}
END_TEST

/* Pieces of which any report may consist. */
static const char *const pieces[] = {
	"cpus=2\n",
	"version = 6\n",
	VM ENTER_F,
	VM LEAF_G,
	VM LEAVE,
	SH LEAF_G,
	SH LEAF_G,
	IDLE0 ENTER_F,
	IDLE1 LEAVE,
	VM ENTRY "  0.100 us   |  f(a=1); (ret=0x0)\n",
	VM EXIT "  0.100 us   |  } /* f */\r\n",
	VM ENTRY " func=f depth=0\n",
	SH EXIT " func=f depth=0 overrun=0 calltime=100 rettime=1ff\n",
	VM "kvm_fpu:              load\n",
	"a.dat: " VM ENTER_F,
	"a.dat: CPU:1 [SUBBUFFER START]\n",
	"b.dat: " SH LEAF_G,
	"CPU:1 [3 EVENTS DROPPED]\n",
	"      vm-109     0d.h2.    11.153118: " LEAF_G,
	VM ENTRY "  0.100 us   |    g(",
	"stray\n",
	"\n",
	"x",
};

START_TEST(report_reader_random_texts_are_the_same_in_any_windows)
{
	char *text = malloc(200 * 200);
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct random random = { seed };
		size_t len = 0;
		for (uint64_t left = 5 + random_below(&random, 150); left > 0; left--) {
			const char *piece = pieces[random_below(&random, COUNT(pieces))];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		for (uint64_t left = random_below(&random, 20); left > 0; left--)
			text[random_below(&random, len)] = (char)random_below(&random, 256);
		check_invariance((struct span){ (unsigned char *)text, len });
	}
	free(text);
}
END_TEST

START_TEST(report_reader_without_memory_fails_clean)
{
	static const char text[] =
		"cpus=2\n" VM ENTER_F VM LEAF_G "a.dat: CPU:1 [3 EVENTS DROPPED]\n" SH EXIT
		" func=f depth=0 calltime=100 rettime=1ff\n" IDLE1 LEAF_G VM
		"kvm_fpu:              load\n"
		"cpus=2\n"
		"b.dat: " SH LEAF_G;
	uint64_t failures = 0;
	for (uint64_t passes = 0;; passes++) {
		const struct reader_opts opts = { .window_bytes = 64 };
		struct reading reading = { 0 };
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

static TCase *event_case(void)
{
	TCase *events = tcase_create("events");
	tcase_add_test(events, report_reader_lines_become_events);
	tcase_add_test(events, report_reader_raw_lines_become_the_same_events);
	tcase_add_test(events, report_reader_event_carries_the_values_of_its_line);
	tcase_add_test(events, report_reader_every_line_is_in_one_count);
	tcase_add_test(events, report_reader_gap_is_an_event);
	tcase_add_test(events, report_reader_each_report_is_a_new_trace);
	tcase_add_test(events, report_reader_latest_name_of_a_task_stays);
	tcase_add_test(events, report_reader_nameless_call_has_no_function);
	return events;
}

Suite *report_reader_suite(void)
{
	Suite *suite = suite_create("report_reader");
	suite_add_tcase(suite, event_case());
	TCase *form = tcase_create("form");
	tcase_add_test(form, report_reader_columns_are_those_printed);
	tcase_add_test(form, report_reader_text_is_told_from_the_kernels);
	suite_add_tcase(suite, form);
	TCase *damage = tcase_create("damage");
	tcase_add_test(damage, report_reader_cut_last_line_is_truncated);
	tcase_add_loop_test(damage, report_reader_line_too_long_is_told, 0, COUNT(blown_up));
	tcase_add_test(damage, report_reader_contradictions_are_told);
	suite_add_tcase(suite, damage);
	TCase *inputs = tcase_create("inputs");
	tcase_add_test(inputs, report_reader_inputs_do_not_share_tasks);
	tcase_add_test(inputs, report_reader_note_names_the_input_of_the_record_behind_it);
	tcase_add_test(inputs, report_reader_buffer_without_a_name_is_an_input);
	suite_add_tcase(suite, inputs);
	TCase *properties = tcase_create("properties");
	tcase_add_loop_test(properties, report_reader_fixtures_are_the_same_in_any_windows, 0,
			    COUNT(reports));
	tcase_add_test(properties, report_reader_random_texts_are_the_same_in_any_windows);
	tcase_add_test(properties, report_reader_without_memory_fails_clean);
	suite_add_tcase(suite, properties);
	return suite;
}

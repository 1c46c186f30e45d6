/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kvmgraph/export.h>
#include <kvmgraph/info.h>
#include <kvmgraph/trace.h>

#include "base/memory.h"
#include "event/func.h"
#include "event/task.h"
#include "fixture.h"
#include "random.h"
#include "render/ftrace_fold.h"
#include "render/out.h"

Suite *ftrace_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(literal)                                                                             \
	{                                                                                          \
		(const unsigned char *)(literal), sizeof(literal) - 1                              \
	}

#define DEFAULT (KG_COLUMN_CPU | KG_COLUMN_DURATION)
#define SIXTY "                                                            "
#define RULE " ------------------------------------------\n"

/* What was written to an output, for the caller to free; closes the output. */
static char *take(struct kg_out *out, size_t *len)
{
	size_t count;
	const char *bytes = out_memory(out, &count);
	char *copy = malloc(count + 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, count + 1);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	if (len != NULL)
		*len = count;
	return copy;
}

/* ---- one line ---- */

static const struct kg_func vmx_run = { "vmx_vcpu_run", "vmx_vcpu_run", "kvm_intel" };
static const struct kg_func schedule = { "schedule", "schedule", "" };

static void check_line(const struct kg_event *event, const struct kg_detail *detail,
		       const struct kg_func *func, const char *expected)
{
	struct ftrace_line line = { 0 };
	ftrace_line_event(&line, event, detail, func);
	ck_assert(!line.is_starved);
	ck_assert_msg(line.bytes.count == strlen(expected) &&
			      memcmp(line.bytes.at, expected, line.bytes.count) == 0,
		      "found\n%.*s\nexpected\n%s", (int)line.bytes.count, line.bytes.at, expected);
	ftrace_line_release(&line);
}

START_TEST(ftrace_durations_are_cut_to_seven_digits)
{
	static const struct {
		uint64_t dur_ns;
		const char *text;
	} durations[] = {
		{ 0, " 0)   0.000 us    |  }" },
		{ 161, " 0)   0.161 us    |  }" },
		{ 13335, " 0)   13.335 us   |  }" },
		{ 130084, " 0)   130.084 us  |  }" },
		{ 4587454, " 0)   4587.454 us |  }" },
		{ 28803319, " 0)   28803.31 us |  }" },
		{ 119760299, " 0)   119760.2 us |  }" },
		{ 3594274999, " 0)   3594274 us  |  }" },
		{ 19354026999, " 0)   19354026 us |  }" },
		{ 123456789999, " 0)   123456789 us |  }" },
		{ KG_NO_NS, " 0)               |  }" },
	};
	const struct kg_detail detail = { .columns = DEFAULT, .cpu_width = 1 };
	for (size_t i = 0; i < COUNT(durations); i++) {
		const struct kg_event event = { .kind = KG_EV_LEAVE,
						.dur_ns = durations[i].dur_ns,
						.mark = ' ' };
		check_line(&event, &detail, NULL, durations[i].text);
	}
	const struct kg_detail below = { .columns = DEFAULT,
					 .cpu_width = 1,
					 .below_ns = UINT64_MAX - 615 };
	const struct kg_event event = { .kind = KG_EV_LEAVE, .dur_ns = KG_NO_NS, .mark = '$' };
	check_line(&event, &below, NULL, " 0) $ 18446744073709551 us |  }");
}
END_TEST

START_TEST(ftrace_calls_are_worded_as_by_the_kernel)
{
	const struct kg_event enter = {
		.kind = KG_EV_ENTER, .cpu = 3, .depth = 2, .dur_ns = KG_NO_NS
	};
	const struct kg_event leaf = { .kind = KG_EV_LEAF, .dur_ns = 28803310, .mark = '*' };
	const struct kg_event leave = { .kind = KG_EV_LEAVE, .dur_ns = 161, .mark = ' ' };
	const struct kg_detail plain = { .columns = DEFAULT, .cpu_width = 1 };
	const struct kg_detail rich = { .columns = DEFAULT,
					.cpu_width = 3,
					.args = BYTES("a=(U)[0x1], n=3"),
					.note = BYTES("<-f+0x1/0x2") };
	const struct kg_detail named = {
		.columns = DEFAULT, .cpu_width = 1, .is_named = true, .note = BYTES(" ret=0x0")
	};
	check_line(&enter, &plain, &vmx_run,
		   " 3)               |      vmx_vcpu_run [kvm_intel]() {");
	check_line(&enter, &rich, &schedule,
		   "   3)               |      schedule(a=(U)[0x1], n=3) { /* <-f+0x1/0x2 */");
	check_line(&leaf, &plain, &schedule, " 0) * 28803.31 us |  schedule();");
	check_line(&leaf, &rich, &schedule,
		   "   0) * 28803.31 us |  schedule(a=(U)[0x1], n=3); /* <-f+0x1/0x2 */");
	check_line(&leave, &plain, &schedule, " 0)   0.161 us    |  }");
	check_line(&leave, &named, &vmx_run,
		   " 0)   0.161 us    |  } /* vmx_vcpu_run [kvm_intel] ret=0x0 */");
}
END_TEST

START_TEST(ftrace_columns_stand_in_their_order)
{
	const struct kg_event event = { .kind = KG_EV_LEAF,
					.cpu = 7,
					.depth = 1,
					.time_ns = 11469355999,
					.dur_ns = 161,
					.mark = ' ' };
	struct kg_detail detail = { .columns = (1u << KG_COLUMN_COUNT) - 1,
				    .cpu_width = 2,
				    .has_flags_bar = true,
				    .rel_ns = 3750000,
				    .task = BYTES("cat-245"),
				    .flags = BYTES("d..2.") };
	check_line(&event, &detail, &schedule,
		   "   11.469355 |       3750 us |    7)    cat-245     |  d..2. |   0.161 us    |"
		   "    schedule();");
	detail.has_flags_bar = false;
	detail.columns = KG_COLUMN_CPU | KG_COLUMN_LATENCY | KG_COLUMN_DURATION;
	check_line(&event, &detail, &schedule, "  7)  d..2.  0.161 us    |    schedule();");
	detail.columns = KG_COLUMN_PROC;
	detail.task = (struct kg_bytes)BYTES("CPU 12/-1234567");
	check_line(&event, &detail, &schedule, "CPU 12/-1234567 |   schedule();");
	detail.columns = 0;
	check_line(&event, &detail, &schedule, "  schedule();");
}
END_TEST

START_TEST(ftrace_other_lines_are_worded_as_by_the_kernel)
{
	const struct kg_detail plain = { .columns = DEFAULT, .cpu_width = 1 };
	const struct kg_detail bare = { .columns = KG_COLUMN_CPU, .cpu_width = 1 };
	const struct kg_detail comment = { .columns = DEFAULT,
					   .cpu_width = 1,
					   .indent = 6,
					   .is_closed = true,
					   .note = BYTES("kvm_entry: vcpu 0 ") };
	const struct kg_detail open = { .columns = KG_COLUMN_CPU,
					.cpu_width = 1,
					.note = BYTES(" goes on  ") };
	const struct kg_detail tasks = { .cpu_width = 2,
					 .task = BYTES("<idle>-0"),
					 .next = BYTES("sudo-677586") };
	struct kg_event event = { .kind = KG_EV_COMMENT, .cpu = 2, .dur_ns = KG_NO_NS };
	check_line(&event, &comment, NULL, " 2)               |      /* kvm_entry: vcpu 0  */");
	check_line(&event, &open, NULL, " 2) /* goes on  ");
	event.kind = KG_EV_IRQ_ENTER;
	check_line(&event, &plain, NULL, " 2)   ==========> |");
	check_line(&event, &bare, NULL, " 2) ==========>");
	event.kind = KG_EV_IRQ_LEAVE;
	check_line(&event, &plain, NULL, " 2)   <========== |");
	event.kind = KG_EV_SWITCH;
	check_line(&event, &tasks, NULL, "  2)    <idle>-0    =>  sudo-677586  ");
	event.kind = KG_EV_LOST;
	check_line(&event, &plain, NULL, "CPU:2 [LOST EVENTS]");
	event.dur_ns = 123;
	check_line(&event, &plain, NULL, "CPU:2 [LOST 123 EVENTS]");
	event.kind = KG_EV_NEW_TRACE;
	check_line(&event, &plain, NULL, "# tracer: function_graph");
}
END_TEST

/* ---- line for line ---- */

/* Reads a text and prints it back; what was counted in *counts. */
static char *print_back(struct span text, const struct kg_trace_opts *opts, size_t *len,
			struct kg_ftrace_counts *counts)
{
	const struct kg_ftrace_opts how = { 0 };
	struct kg_trace *trace;
	struct kg_ftrace *ftrace;
	struct kg_out *out;
	struct kg_error err = { 0 };
	ck_assert_int_eq(kg_trace_open_memory(text.at, text.len, opts, &trace, &err), KG_OK);
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	ck_assert_int_eq(
		kg_ftrace_new(out, kg_trace_funcs(trace), kg_trace_tasks(trace), &how, &ftrace),
		KG_OK);
	const struct kg_event_sink sink = kg_ftrace_sink(ftrace);
	enum kg_status status = kg_trace_run_events(trace, &sink, &err);
	/* a text without calls is printed as well, for what that is worth */
	ck_assert(status == KG_OK || status == KG_BAD_FORMAT);
	*counts = *kg_ftrace_counts(ftrace);
	kg_ftrace_free(ftrace);
	kg_trace_close(trace);
	return take(out, len);
}

static void check_identity(struct span text, size_t window_bytes, uint32_t threads,
			   struct kg_ftrace_counts *counts)
{
	const struct kg_trace_opts opts = { .window_bytes = window_bytes, .thread_count = threads };
	size_t len;
	char *found = print_back(text, &opts, &len, counts);
	size_t same = 0;
	while (same < len && same < text.len && (unsigned char)found[same] == text.at[same])
		same++;
	ck_assert_msg(len == text.len && same == len,
		      "windows of %zu, %u threads: %zu of %zu bytes, the first %zu the same",
		      window_bytes, threads, len, text.len, same);
	free(found);
}

static bool is_kernel_text(struct span text)
{
	return span_starts(text, SPAN("# tracer: function_graph"));
}

/* What the comments of a fixture have in further lines at most. */
#define MORE_LINES 4

static void check_fixture(const char *path, struct span text)
{
	static const struct {
		size_t window_bytes;
		uint32_t threads;
	} ways[] = { { 0, 1 }, { 1, 1 }, { 64, 2 }, { 1000, 4 }, { 4097, 3 } };
	if (!is_kernel_text(text))
		return;
	size_t lines = 0;
	size_t notes = 0;
	for (size_t i = 0; i < text.len; i++) {
		const struct span line = { text.at + i, text.len - i };
		const bool is_start = i == 0 || text.at[i - 1] == '\n';
		lines += text.at[i] == '\n';
		/* headers and counts of overruns say nothing of events */
		notes += is_start &&
			 (span_starts(line, SPAN("#")) || span_starts(line, SPAN(" (Over")));
	}
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct kg_ftrace_counts counts;
		check_identity(text, ways[i].window_bytes, ways[i].threads, &counts);
		ck_assert_msg(counts.odd == 0, "%s:%ju", path, (uintmax_t)counts.odd_first_line);
		/* behind the first line of a comment its others are copied */
		ck_assert_uint_ge(counts.copied, notes);
		ck_assert_uint_le(counts.copied, notes + MORE_LINES);
		ck_assert_uint_eq(counts.made, lines - counts.copied);
	}
}

START_TEST(ftrace_fixtures_come_back_from_their_values)
{
	fixtures_each(check_fixture);
}
END_TEST

static void check_text(struct span text, uint64_t made, uint64_t copied, uint64_t odd)
{
	struct kg_ftrace_counts counts;
	for (size_t window_bytes = 1; window_bytes < 40; window_bytes += 13)
		check_identity(text, window_bytes, 1, &counts);
	check_identity(text, 0, 1, &counts);
	ck_assert_msg(counts.made == made && counts.copied == copied && counts.odd == odd,
		      "%.*s\n%ju made, %ju copied, %ju odd", (int)text.len, (const char *)text.at,
		      (uintmax_t)counts.made, (uintmax_t)counts.copied, (uintmax_t)counts.odd);
}

#define CHECK_TEXT(text, made, copied, odd) check_text(SPAN(text), made, copied, odd)

START_TEST(ftrace_old_and_new_forms_come_back_from_their_values)
{
	/* line ends of another system, and none at the end */
	CHECK_TEXT(" 0)   0.161 us    |  f();\r\n 0)   0.161 us    |  f();\r\n", 2, 0, 0);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)   0.161 us    |  f();", 2, 0, 0);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)   0.161 us    |  f();\r", 2, 0, 0);
	/* without a mark, by option; a duration below zero */
	CHECK_TEXT(" 0)   75.633 us   |  f();\n 0) $ 18446744073709551 us |  g();\n", 2, 0, 0);
	/* return values, addresses, arguments */
	CHECK_TEXT(" 0)               |  f [m](a=0x1, b=(S)[0x1:0x2]) { /* <-g+0x1/0x2 [m] */\n"
		   " 0)   0.161 us    |    h(); /* = -22 */\n"
		   " 0)   0.200 us    |  } /* f [m] ret=0x0 */\n"
		   " 0)   0.200 us    |  } /* kfree() */\n",
		   4, 0, 0);
	/* flags without a bar, and arrows with and without them */
	CHECK_TEXT("# CPU  ||||  DURATION                  FUNCTION CALLS\n"
		   " 0)  d..2  0.160 us    |    f();\n"
		   " 0)  d..2# 4587.454 us |    f();\n"
		   " 0)  d..2.   0.160 us    |    f();\n"
		   " 0)  d..2. |   0.160 us    |    f();\n"
		   " 0)   ==========> |\n"
		   " 0)  d..2. |   ==========> |\n",
		   5, 1, 1);
	/* comments of several lines: those behind the first have no columns */
	CHECK_TEXT(" 0)   0.161 us    |  f();\n"
		   " 0)               |  /* one  \n"
		   " 0)   0.161 us    |  f();\n"
		   "two */\n"
		   " 0)               |      /*no blank*/\n",
		   3, 2, 0);
}
END_TEST

START_TEST(ftrace_other_lines_are_copied)
{
	CHECK_TEXT(" 0)   0.161 us    |  f();\n"
		   " (Overruns: 0)\n"
		   "what is this\n"
		   "#\n"
		   "  bash-1507  [000] d..1.  3792.000001: <stack trace>\n"
		   " => f\n"
		   "\n"
		   " 0)   0.161 us    |  cut(",
		   2, 6, 0);
	/* a switch whose last pid may be cut short is none */
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)    <idle>-0    =>  kvm-nx--26", 1, 1, 0);
}
END_TEST

START_TEST(ftrace_lines_of_another_hand_are_copied_as_odd)
{
	/* the kernel's own lines are one of two each time, to be read at all */
	CHECK_TEXT(" 0)   0.161 us    |  f();\n0)   0.161 us    |  f();\n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)   0.161 us |  f();\n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)   0.1 us      |  f();\n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)   0.161 us    |  f();  \n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0)   0.161 us    |    \n", 1, 1, 0);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 0) <idle>-0 => a-1\n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n  \n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n----------------------\n", 1, 0, 1);
	CHECK_TEXT(" 0)   0.161 us    |  f();\n 00)   0.161 us    |  f();\n", 1, 0, 1);
}
END_TEST

START_TEST(ftrace_any_bytes_come_back)
{
	struct span text = fixture_read(KG_FIXTURES "/traces/svm-6.1-events.txt");
	unsigned char *damaged = malloc(text.len);
	struct random random = { 7 };
	for (int round = 0; round < 60; round++) {
		struct kg_ftrace_counts counts;
		const size_t len = 1 + random_below(&random, text.len / 4);
		const size_t start = random_below(&random, text.len - len);
		memcpy(damaged, text.at + start, len);
		for (uint64_t left = random_below(&random, 200); left > 0; left--) {
			static const unsigned char likely[] = "\n\r #/*|}-> \0";
			const uint64_t at = random_below(&random, len);
			damaged[at] = random_below(&random, 2) == 0
					      ? (unsigned char)random_next(&random)
					      : likely[random_below(&random, sizeof(likely))];
		}
		check_identity((struct span){ damaged, len }, random_below(&random, 3000),
			       1 + (uint32_t)random_below(&random, 4), &counts);
	}
	free(damaged);
	fixture_free(text);
}
END_TEST

START_TEST(ftrace_longest_lines_come_back)
{
	enum { LEN = 800000 };
	static const size_t lens[] = { 65000, 65535, 65536, 65537, 100000, 262144, 500000 };
	unsigned char *text = malloc(LEN);
	for (size_t i = 0; i < COUNT(lens); i++) {
		for (int has_end = 0; has_end < 2; has_end++) {
			struct kg_ftrace_counts counts;
			size_t len = 0;
			memcpy(text, " 0)   0.161 us    |  f();\n", 26);
			len = 26;
			memset(text + len, 'x', lens[i]);
			len += lens[i];
			if (has_end) {
				memcpy(text + len, "\n 0)   0.161 us    |  f();\n", 27);
				len += 27;
			}
			check_identity((struct span){ text, len }, 0, 1, &counts);
			check_identity((struct span){ text, len }, 1000, 3, &counts);
			ck_assert_uint_eq(counts.made, 1 + has_end);
			ck_assert_uint_eq(counts.copied, 1);
		}
	}
	free(text);
}
END_TEST

/* ---- as the kernel would have ---- */

/* Records of one CPU after the other, by function and task. */
enum { F, G };
enum { IDLE, VM, CAT };

struct script {
	struct kg_funcs funcs;
	struct kg_tasks tasks;
	struct kg_out *out;
	struct kg_ftrace *ftrace;
	struct kg_event_sink sink;
};

static void script_start(struct script *script, const struct kg_ftrace_opts *opts)
{
	*script = (struct script){ 0 };
	ck_assert_uint_eq(funcs_add(&script->funcs, SPAN("f")), F);
	ck_assert_uint_eq(funcs_add(&script->funcs, SPAN("g [kvm]")), G);
	ck_assert_uint_eq(tasks_add(&script->tasks, 0, SPAN("<idle>")), IDLE);
	ck_assert_uint_eq(tasks_add(&script->tasks, 245, SPAN("qemu-system-x86")), VM);
	ck_assert_uint_eq(tasks_add(&script->tasks, 12, SPAN("cat")), CAT);
	ck_assert_int_eq(out_open_memory(&script->out), KG_OK);
	ck_assert_int_eq(
		kg_ftrace_new(script->out, &script->funcs, &script->tasks, opts, &script->ftrace),
		KG_OK);
	script->sink = kg_ftrace_sink(script->ftrace);
}

static void say(struct script *script, enum kg_event_kind kind, uint16_t cpu, kg_task_id task,
		uint16_t depth, kg_func_id func)
{
	const bool is_end = kind == KG_EV_LEAVE || kind == KG_EV_LEAF;
	const struct kg_event event = { .kind = (uint8_t)kind,
					.cpu = cpu,
					.task_id = task,
					.depth = depth,
					.func_id = func,
					.flags = task == IDLE ? KG_EVF_IDLE : 0,
					.time_ns = 1000000000,
					.dur_ns = is_end ? 161 : KG_NO_NS };
	const struct kg_detail none = { 0 };
	ck_assert_int_eq(script->sink.line(script->sink.self, &event, &none), KG_OK);
}

static void comment(struct script *script, uint16_t cpu, kg_task_id task)
{
	const struct kg_event event = { .kind = KG_EV_COMMENT,
					.cpu = cpu,
					.task_id = task,
					.func_id = KG_NO_FUNC,
					.dur_ns = KG_NO_NS };
	const struct kg_detail detail = { .is_closed = true, .note = BYTES("hi") };
	ck_assert_int_eq(script->sink.line(script->sink.self, &event, &detail), KG_OK);
}

static void script_expect(struct script *script, const char *expected)
{
	ck_assert_int_eq(script->sink.done(script->sink.self), KG_OK);
	char *found = take(script->out, NULL);
	ck_assert_str_eq(found, expected);
	free(found);
	kg_ftrace_free(script->ftrace);
	tasks_release(&script->tasks);
	funcs_release(&script->funcs);
}

#define HEADER                                                                                     \
	"# tracer: function_graph\n"                                                               \
	"#\n"                                                                                      \
	"# CPU  DURATION                  FUNCTION CALLS\n"                                        \
	"# |     |   |                     |   |   |   |\n"

static const struct kg_ftrace_opts as_kernel = { .as_kernel = true };

START_TEST(ftrace_neighbours_on_a_cpu_become_a_leaf)
{
	struct script script;
	script_start(&script, &as_kernel);
	say(&script, KG_EV_ENTER, 0, VM, 0, F);
	say(&script, KG_EV_ENTER, 1, CAT, 3, G); /* another CPU is not in between */
	say(&script, KG_EV_LEAVE, 0, VM, 0, F);
	say(&script, KG_EV_LEAVE, 1, CAT, 3, G);
	say(&script, KG_EV_ENTER, 0, VM, 0, F); /* its exit is on another CPU */
	say(&script, KG_EV_LEAVE, 1, VM, 0, F);
	say(&script, KG_EV_ENTER, 0, VM, 0, F); /* another function's exit */
	say(&script, KG_EV_LEAVE, 0, VM, 0, G);
	say(&script, KG_EV_ENTER, 0, VM, 0, F); /* an event comes between */
	comment(&script, 0, VM);
	say(&script, KG_EV_LEAVE, 0, VM, 0, F);
	say(&script, KG_EV_ENTER, 0, VM, 1, F); /* depth is not compared */
	say(&script, KG_EV_LEAVE, 0, VM, 2, F);
	say(&script, KG_EV_ENTER, 0, VM, 0, G); /* no end at all */
	script_expect(&script, HEADER " 0)   0.161 us    |  f();\n"
				      " 1)   0.161 us    |        g [kvm]();\n"
				      " 0)               |  f() {\n" RULE
				      " 1)     cat-12     =>  qemu-sy-245  \n" RULE "\n"
				      " 1)   0.161 us    |  } /* f */\n"
				      " 0)               |  f() {\n"
				      " 0)   0.161 us    |  } /* g [kvm] */\n"
				      " 0)               |  f() {\n"
				      " 0)               |  /* hi */\n"
				      " 0)   0.161 us    |  }\n"
				      " 0)   0.161 us    |    f();\n"
				      " 0)               |  g [kvm]() {\n");
}
END_TEST

START_TEST(ftrace_switch_has_a_banner_but_for_the_first_record)
{
	struct script script;
	const struct kg_ftrace_opts opts = { .as_kernel = true, .cpu_count = 11 };
	script_start(&script, &opts);
	say(&script, KG_EV_LEAF, 10, IDLE, 0, F);
	say(&script, KG_EV_SWITCH, 10, VM, 0, KG_NO_FUNC); /* it finds out by itself */
	say(&script, KG_EV_LEAF, 9, VM, 0, F);
	say(&script, KG_EV_LEAF, 9, CAT, 0, F);
	say(&script, KG_EV_LOST, 9, KG_NO_TASK, 0, KG_NO_FUNC);
	say(&script, KG_EV_LEAF, 9, CAT, 0, F);
	comment(&script, 9, IDLE);
	script_expect(&script, HEADER " 10)   0.161 us    |  f();\n"
				      "  9)   0.161 us    |  f();\n" RULE
				      "  9)  qemu-sy-245   =>     cat-12    \n" RULE "\n"
				      "  9)   0.161 us    |  f();\n"
				      "CPU:9 [LOST EVENTS]\n"
				      "  9)   0.161 us    |  f();\n" RULE
				      "  9)     cat-12     =>    <idle>-0   \n" RULE "\n"
				      "  9)               |  /* hi */\n");
}
END_TEST

START_TEST(ftrace_comment_is_indented_by_what_the_cpu_printed_last)
{
	struct script script;
	script_start(&script, &as_kernel);
	comment(&script, 0, VM);
	say(&script, KG_EV_ENTER, 0, VM, 0, F);
	comment(&script, 0, VM);
	say(&script, KG_EV_ENTER, 0, VM, 1, G);
	comment(&script, 0, VM);
	comment(&script, 1, VM);
	say(&script, KG_EV_LEAVE, 0, VM, 1, G);
	comment(&script, 0, VM);
	say(&script, KG_EV_LEAF, 0, VM, 3, G);
	comment(&script, 0, VM);
	script_expect(&script, HEADER " 0)               |  /* hi */\n"
				      " 0)               |  f() {\n"
				      " 0)               |  /* hi */\n"
				      " 0)               |    g [kvm]() {\n"
				      " 0)               |      /* hi */\n"
				      " 1)               |  /* hi */\n"
				      " 0)   0.161 us    |    }\n"
				      " 0)               |  /* hi */\n"
				      " 0)   0.161 us    |        g [kvm]();\n"
				      " 0)               |        /* hi */\n");
}
END_TEST

START_TEST(ftrace_exit_has_a_name_where_the_printer_lost_track)
{
	struct script script;
	script_start(&script, &as_kernel);
	say(&script, KG_EV_LEAVE, 0, VM, 1, G);	 /* opened before the trace */
	say(&script, KG_EV_LEAVE, 0, VM, 60, G); /* too deep to be remembered */
	say(&script, KG_EV_ENTER, 0, VM, 0, F);
	say(&script, KG_EV_LEAF, 0, VM, 0, G);		 /* overwrites what was remembered */
	say(&script, KG_EV_LEAVE, 0, VM, 0, KG_NO_FUNC); /* the lane knows the function */
	say(&script, KG_EV_LEAVE, 0, VM, 0, KG_NO_FUNC); /* nobody knows it */
	script_expect(&script, HEADER " 0)   0.161 us    |    } /* g [kvm] */\n"
				      " 0)   0.161 us    |  " SIXTY SIXTY "}\n"
				      " 0)               |  f() {\n"
				      " 0)   0.161 us    |  g [kvm]();\n"
				      " 0)   0.161 us    |  } /* f */\n"
				      " 0)   0.161 us    |  }\n");
	const struct kg_ftrace_opts tail = { .as_kernel = true, .tail = true };
	script_start(&script, &tail);
	say(&script, KG_EV_ENTER, 0, VM, 0, F);
	say(&script, KG_EV_LEAF, 0, VM, 1, G);
	say(&script, KG_EV_LEAVE, 0, VM, 0, F);
	script_expect(&script, HEADER " 0)               |  f() {\n"
				      " 0)   0.161 us    |    g [kvm]();\n"
				      " 0)   0.161 us    |  } /* f */\n");
}
END_TEST

START_TEST(ftrace_columns_may_be_chosen)
{
	struct script script;
	const struct kg_ftrace_opts opts = { .as_kernel = true,
					     .columns = (1u << KG_COLUMN_COUNT) - 1 };
	script_start(&script, &opts);
	say(&script, KG_EV_LEAF, 0, VM, 0, F);
	script_expect(&script,
		      "# tracer: function_graph\n"
		      "#\n"
		      "#     TIME          REL TIME      CPU  TASK/PID       ||||     DURATION   "
		      "               FUNCTION CALLS\n"
		      "#      |               |          |     |    |        ||||      |   |      "
		      "               |   |   |   |\n"
		      "    1.000000 |          0 us |   0)  qemu-sy-245   |  ..... |   0.161 us    "
		      "|  f();\n");
}
END_TEST

START_TEST(ftrace_new_trace_starts_from_nothing)
{
	struct script script;
	script_start(&script, &as_kernel);
	say(&script, KG_EV_ENTER, 0, VM, 0, F);
	say(&script, KG_EV_NEW_TRACE, KG_NO_CPU, KG_NO_TASK, 0, KG_NO_FUNC);
	say(&script, KG_EV_LEAVE, 0, VM, 0, F);
	say(&script, KG_EV_LEAVE, 0, VM, 0, KG_NO_FUNC);
	script_expect(&script, HEADER " 0)               |  f() {\n" HEADER
				      " 0)   0.161 us    |  } /* f */\n"
				      " 0)   0.161 us    |  }\n");
}
END_TEST

START_TEST(ftrace_entry_does_not_wait_for_ever)
{
	struct script script;
	script_start(&script, &as_kernel);
	say(&script, KG_EV_ENTER, 0, VM, 0, F);
	for (size_t i = 0; i < FOLD_RECORDS_MAX; i++)
		say(&script, KG_EV_LEAF, 1, CAT, 0, F);
	size_t len;
	ck_assert_ptr_nonnull(strstr(out_memory(script.out, &len), " 0)               |  f() {\n"));
	say(&script, KG_EV_LEAVE, 0, VM, 0, F);
	ck_assert_int_eq(script.sink.done(script.sink.self), KG_OK);
	static const char last[] = "\n 0)   0.161 us    |  }\n";
	const char *text = out_memory(script.out, &len);
	ck_assert_str_eq(text + len - (sizeof(last) - 1), last);
	free(take(script.out, NULL));
	kg_ftrace_free(script.ftrace);
	tasks_release(&script.tasks);
	funcs_release(&script.funcs);
}
END_TEST

/* Hands a text on as a reader of records would: no switches, no leaves, exits without names. */
struct stripper {
	struct kg_event_sink next;
	bool has_names;
};

static enum kg_status strip_line(void *self, const struct kg_event *event,
				 const struct kg_detail *detail)
{
	const struct stripper *stripper = self;
	const struct kg_event_sink *next = &stripper->next;
	const struct kg_detail kept = { .kind = detail->kind,
					.is_closed = detail->is_closed,
					.flags = detail->flags,
					.args = detail->args,
					.note = detail->note,
					.text = detail->text };
	if (event == NULL)
		return next->line(next->self, NULL, &kept);
	struct kg_event half = *event;
	if (event->kind == KG_EV_LEAF) {
		half.kind = KG_EV_ENTER;
		half.dur_ns = KG_NO_NS;
		enum kg_status status = next->line(next->self, &half, &kept);
		if (status != KG_OK)
			return status;
		half.kind = KG_EV_LEAVE;
		half.dur_ns = event->dur_ns;
	}
	if (half.kind == KG_EV_LEAVE && !stripper->has_names)
		half.func_id = KG_NO_FUNC;
	return next->line(next->self, &half, &kept);
}

static enum kg_status strip_done(void *self)
{
	const struct stripper *stripper = self;
	return stripper->next.done(stripper->next.self);
}

static char *print_as_kernel(const char *path, const struct kg_ftrace_opts *opts, bool has_names)
{
	struct kg_trace *trace;
	struct kg_ftrace *ftrace;
	struct kg_out *out;
	struct kg_error err = { 0 };
	ck_assert_int_eq(kg_trace_open(path, NULL, &trace, &err), KG_OK);
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	ck_assert_int_eq(
		kg_ftrace_new(out, kg_trace_funcs(trace), kg_trace_tasks(trace), opts, &ftrace),
		KG_OK);
	struct stripper stripper = { kg_ftrace_sink(ftrace), has_names };
	const struct kg_event_sink sink = { &stripper, strip_line, strip_done };
	ck_assert_int_eq(kg_trace_run_events(trace, &sink, &err), KG_OK);
	kg_ftrace_free(ftrace);
	kg_trace_close(trace);
	return take(out, NULL);
}

/* From the bare records of a trace the kernel's printer is rebuilt to the byte. */
START_TEST(ftrace_fixtures_are_printed_again_from_their_records)
{
	static const struct {
		const char *name;
		struct kg_ftrace_opts opts;
	} fixtures[] = {
		{ "reference-vmx", { .cpu_count = 4 } },
		{ "vmx-6.1-emulated", { .cpu_count = 1 } },
		{ "svm-6.1-default", { .cpu_count = 2 } },
		{ "svm-6.1-events", { .cpu_count = 2 } },
		{ "svm-6.1-proc", { .columns = DEFAULT | KG_COLUMN_PROC } },
		{ "svm-6.1-abstime", { .columns = DEFAULT | KG_COLUMN_ABSTIME } },
		{ "svm-6.1-tail", { .tail = true } },
	};
	for (size_t i = 0; i < COUNT(fixtures); i++) {
		char path[512];
		snprintf(path, sizeof(path), KG_FIXTURES "/traces/%s.txt", fixtures[i].name);
		struct kg_ftrace_opts opts = fixtures[i].opts;
		opts.as_kernel = true;
		struct span expected = fixture_read(path);
		for (int has_names = 0; has_names < 2; has_names++) {
			char *found = print_as_kernel(path, &opts, has_names);
			ck_assert_msg(strlen(found) == expected.len &&
					      memcmp(found, expected.at, expected.len) == 0,
				      "%s is printed differently", fixtures[i].name);
			free(found);
		}
		fixture_free(expected);
	}
}
END_TEST

/* ---- without memory ---- */

static enum kg_status print_starved(bool as_kernel_too, uint64_t passes)
{
	static const char text[] = HEADER " 0)               |  f() {\n"
					  " 1)               |    g [kvm](a=1) {\n"
					  " 0)               |  /* one\n"
					  "two */\n"
					  " 1)   0.161 us    |    } /* g [kvm] ret=0x0 */\n" RULE
					  " 0)     sh-12     =>    cat-245   \n" RULE "\n"
					  " 0)   0.200 us    |  }\n";
	const struct kg_ftrace_opts how = { .as_kernel = as_kernel_too };
	struct kg_trace *trace = NULL;
	struct kg_ftrace *ftrace = NULL;
	struct kg_out *out = NULL;
	struct kg_error err = { 0 };
	memory_fail_after(passes);
	enum kg_status status = kg_trace_open_memory(text, sizeof(text) - 1, NULL, &trace, &err);
	if (status == KG_OK)
		status = out_open_memory(&out);
	if (status == KG_OK)
		status = kg_ftrace_new(out, kg_trace_funcs(trace), kg_trace_tasks(trace), &how,
				       &ftrace);
	if (status == KG_OK) {
		const struct kg_event_sink sink = kg_ftrace_sink(ftrace);
		status = kg_trace_run_events(trace, &sink, &err);
	}
	memory_fail_after(UINT64_MAX);
	kg_ftrace_free(ftrace);
	kg_trace_close(trace);
	enum kg_status closed = out != NULL ? kg_out_close(out, false, NULL) : KG_OK;
	return status == KG_OK ? closed : status;
}

START_TEST(ftrace_without_memory_fails_clean)
{
	for (int as_kernel_too = 0; as_kernel_too < 2; as_kernel_too++) {
		enum kg_status status = KG_NOMEM;
		uint64_t passes = 0;
		for (; status != KG_OK; passes++) {
			status = print_starved(as_kernel_too, passes);
			ck_assert(status == KG_OK || status == KG_NOMEM);
		}
		ck_assert_uint_gt(passes, 10);
	}
}
END_TEST

static TCase *lines_case(void)
{
	TCase *tests = tcase_create("lines");
	tcase_add_test(tests, ftrace_durations_are_cut_to_seven_digits);
	tcase_add_test(tests, ftrace_calls_are_worded_as_by_the_kernel);
	tcase_add_test(tests, ftrace_columns_stand_in_their_order);
	tcase_add_test(tests, ftrace_other_lines_are_worded_as_by_the_kernel);
	return tests;
}

static TCase *identity_case(void)
{
	TCase *tests = tcase_create("identity");
	tcase_add_test(tests, ftrace_fixtures_come_back_from_their_values);
	tcase_add_test(tests, ftrace_old_and_new_forms_come_back_from_their_values);
	tcase_add_test(tests, ftrace_other_lines_are_copied);
	tcase_add_test(tests, ftrace_lines_of_another_hand_are_copied_as_odd);
	tcase_add_test(tests, ftrace_any_bytes_come_back);
	tcase_add_test(tests, ftrace_longest_lines_come_back);
	return tests;
}

static TCase *kernel_case(void)
{
	TCase *tests = tcase_create("kernel");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, ftrace_neighbours_on_a_cpu_become_a_leaf);
	tcase_add_test(tests, ftrace_switch_has_a_banner_but_for_the_first_record);
	tcase_add_test(tests, ftrace_comment_is_indented_by_what_the_cpu_printed_last);
	tcase_add_test(tests, ftrace_exit_has_a_name_where_the_printer_lost_track);
	tcase_add_test(tests, ftrace_columns_may_be_chosen);
	tcase_add_test(tests, ftrace_new_trace_starts_from_nothing);
	tcase_add_test(tests, ftrace_entry_does_not_wait_for_ever);
	tcase_add_test(tests, ftrace_fixtures_are_printed_again_from_their_records);
	tcase_add_test(tests, ftrace_without_memory_fails_clean);
	return tests;
}

Suite *ftrace_suite(void)
{
	Suite *suite = suite_create("ftrace");
	suite_add_tcase(suite, lines_case());
	suite_add_tcase(suite, identity_case());
	suite_add_tcase(suite, kernel_case());
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "read/print_line.h"
#include "read/text_line.h"

Suite *text_line_suite(void);

#define ABS KG_COLUMN_ABSTIME
#define REL KG_COLUMN_RELTIME
#define CPU KG_COLUMN_CPU
#define PROC KG_COLUMN_PROC
#define LAT KG_COLUMN_LATENCY
#define DUR KG_COLUMN_DURATION

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span span_of_string(const char *string)
{
	return (struct span){ (const unsigned char *)string, strlen(string) };
}

static struct text_line scan(const char *line, uint32_t columns)
{
	struct text_line out;
	memset(&out, 0xa5, sizeof(out));
	text_line_scan(span_of_string(line), (struct text_layout){ columns }, &out);
	return out;
}

static void check_text(const char *line, const char *what, struct span found, const char *expected)
{
	ck_assert_msg(span_equal(found, span_of_string(expected)),
		      "%s\n%s is '%.*s', expected '%s'", line, what, (int)found.len,
		      (const char *)found.at, expected);
}

static void check_number(const char *line, const char *what, uint64_t found, uint64_t expected)
{
	ck_assert_msg(found == expected, "%s\n%s is %ju, expected %ju", line, what,
		      (uintmax_t)found, (uintmax_t)expected);
}

static void check_kind(const char *line, uint32_t columns, enum text_kind kind)
{
	struct text_line out = scan(line, columns);
	check_number(line, "kind", out.kind, kind);
}

/* ---- calls ---- */

START_TEST(text_line_call_gives_its_parts)
{
	static const struct {
		const char *line;
		enum text_kind kind;
		unsigned int cpu;
		unsigned int depth;
		uint64_t dur_ns;
		const char *name;
		const char *args;
		const char *note;
	} lines[] = {
		{ " 0)   3.478 us    |  kvm_dev_ioctl [kvm]();", TEXT_LEAF, 0, 0, 3478,
		  "kvm_dev_ioctl [kvm]", "", "" },
		{ " 3)               |      hardware_enable_nolock [kvm]() {", TEXT_ENTER, 3, 2,
		  KG_NO_NS, "hardware_enable_nolock [kvm]", "", "" },
		{ " 144)               |    svm_vcpu_run [kvm_amd]() {", TEXT_ENTER, 144, 1,
		  KG_NO_NS, "svm_vcpu_run [kvm_amd]", "", "" },
		{ "  68)   0.070 us    |                    drop_large_spte.isra.0 [kvm]();",
		  TEXT_LEAF, 68, 9, 70, "drop_large_spte.isra.0 [kvm]", "", "" },
		{ " 0)   3.489 us    |        }", TEXT_LEAVE, 0, 3, 3489, "", "", "" },
		{ " 1)   1.000 us    |  }", TEXT_LEAVE, 1, 0, 1000, "", "", "" },
		{ " 0)   0.081 us    |  0xffffffffc0a1b000();", TEXT_LEAF, 0, 0, 81,
		  "0xffffffffc0a1b000", "", "" },
		{ " 0)               |  _RNvCs1_4core$u20$x() {", TEXT_ENTER, 0, 0, KG_NO_NS,
		  "_RNvCs1_4core$u20$x", "", "" },
		/* mail and paste lose the first blank, or leave a carriage return */
		{ "0)   0.161 us    |  f();", TEXT_LEAF, 0, 0, 161, "f", "", "" },
		{ " 0)   0.161 us    |  f();\r", TEXT_LEAF, 0, 0, 161, "f", "", "" },
		{ " 0)               |  f() {  ", TEXT_ENTER, 0, 0, KG_NO_NS, "f", "", "" },
		{ " 0)   0.161 us    |  }\r", TEXT_LEAVE, 0, 0, 161, "", "", "" },
		/* return values and callers, 6.5 and 6.13 */
		{ " 0)   0.651 us    |  cgroup_migrate_add_task(); /* = 0xffff93fcfd346c00 */",
		  TEXT_LEAF, 0, 0, 651, "cgroup_migrate_add_task", "", "= 0xffff93fcfd346c00" },
		{ " 3)               |  f() { /* <-__schedule+0x154/0x700 */", TEXT_ENTER, 3, 0,
		  KG_NO_NS, "f", "", "<-__schedule+0x154/0x700" },
		{ " 3)               |  f [kvm]() { /* <-kvm_vcpu_ioctl+0x24b/0x6f0 [kvm] */",
		  TEXT_ENTER, 3, 0, KG_NO_NS, "f [kvm]", "", "<-kvm_vcpu_ioctl+0x24b/0x6f0 [kvm]" },
		{ " 3)   0.081 us    |    f(rq=0xffff88807ddad800); /* <-g+0x48/0x3b0 ret=0x0 */",
		  TEXT_LEAF, 3, 1, 81, "f", "rq=0xffff88807ddad800", "<-g+0x48/0x3b0 ret=0x0" },
		/* arguments, 6.15: they may hold anything */
		{ " 3)               |  next(rq=0xff, prev=0xfe, n=-3) {", TEXT_ENTER, 3, 0,
		  KG_NO_NS, "next", "rq=0xff, prev=0xfe, n=-3", "" },
		{ " 3)   0.100 us    |  f(s=(STRUCT)[0x1:0x2], u=(UNION)[0x3]);", TEXT_LEAF, 3, 0,
		  100, "f", "s=(STRUCT)[0x1:0x2], u=(UNION)[0x3]", "" },
		{ " 3)               |  f(s=(STRUCT)[0x1]) { /* <-g+0x1/0x2 */", TEXT_ENTER, 3, 0,
		  KG_NO_NS, "f", "s=(STRUCT)[0x1]", "<-g+0x1/0x2" },
		{ " 3)   0.100 us    |  f(notify=1 [TWA_RESUME], ...);", TEXT_LEAF, 3, 0, 100, "f",
		  "notify=1 [TWA_RESUME], ...", "" },
		{ " 3)   0.100 us    |  f [kvm](s=(STRUCT)[...]); /* ret=-22 */", TEXT_LEAF, 3, 0,
		  100, "f [kvm]", "s=(STRUCT)[...]", "ret=-22" },
		{ " 3)   0.100 us    |  f(a=((1)), b=()); /* <-g() ret=0x1(trunc) */", TEXT_LEAF, 3,
		  0, 100, "f", "a=((1)), b=()", "<-g() ret=0x1(trunc)" },
		{ " 3)   0.100 us    |  f(a=?0x1); /* h(); */", TEXT_LEAF, 3, 0, 100, "f", "a=?0x1",
		  "h();" },
		{ " 3)               |  f(a=1) { /* g() { */", TEXT_ENTER, 3, 0, KG_NO_NS, "f",
		  "a=1", "g() {" },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *line = lines[i].line;
		struct text_line out = scan(line, CPU | DUR);
		check_number(line, "kind", out.kind, lines[i].kind);
		check_number(line, "cpu", out.cpu, lines[i].cpu);
		check_number(line, "depth", out.depth, lines[i].depth);
		check_number(line, "dur_ns", out.dur_ns, lines[i].dur_ns);
		check_number(line, "time_ns", out.time_ns, KG_NO_NS);
		check_number(line, "mark", out.mark, ' ');
		check_text(line, "name", out.name, lines[i].name);
		check_text(line, "args", out.args, lines[i].args);
		check_text(line, "note", out.note, lines[i].note);
		check_text(line, "task", out.task, "");
		check_text(line, "next", out.next, "");
		check_text(line, "flags", out.flags, "");
	}
}
END_TEST

START_TEST(text_line_exit_gives_its_name_in_any_spelling)
{
	static const char *const exits[][2] = {
		{ "}", "" },
		{ "} /* handle_softirqs */", "handle_softirqs" },
		{ "} /* handle_ept_misconfig [kvm_intel] */", "handle_ept_misconfig [kvm_intel]" },
		{ "} /* kfree() */", "kfree" },
		{ "} /* kfree [kvm]() */", "kfree [kvm]" },
		{ "} /* f ret=0x1 */", "f" },
		{ "} /* f [kvm] ret=-22 */", "f [kvm]" },
		{ "} /* f ret=0x69380649(trunc) */", "f" },
		{ "} /* f ret=true */", "f" },
		{ "} /* f() ret=0x0 */", "f" },
		{ "} /* f = -22 */", "f" },
		{ "} /* f = 0xffff93fcfd346c00 */", "f" },
		{ "} /* f [kvm] = 0x0 */", "f [kvm]" },
		{ "} /* f() = 0x0 */", "f" },
		{ "} /* count.constprop.0.isra.0 */", "count.constprop.0.isra.0" },
		{ "} /* 0xffffffffc0a1b000 */", "0xffffffffc0a1b000" },
	};
	for (size_t i = 0; i < COUNT(exits); i++) {
		char line[PRINT_LINE_LEN];
		snprintf(line, sizeof(line), " 0)   0.161 us    |    %s", exits[i][0]);
		struct text_line out = scan(line, CPU | DUR);
		check_number(line, "kind", out.kind, TEXT_LEAVE);
		check_number(line, "depth", out.depth, 1);
		check_number(line, "dur_ns", out.dur_ns, 161);
		check_text(line, "name", out.name, exits[i][1]);
	}
}
END_TEST

START_TEST(text_line_depth_is_half_the_indentation)
{
	char line[PRINT_LINE_LEN];
	for (unsigned int depth = 0; depth <= TEXT_DEPTH_MAX + 1; depth++) {
		const struct print_parts parts = {
			.columns = CPU | DUR, .cpu_width = 1, .depth = depth, .body = "f() {"
		};
		print_line(line, sizeof(line), &parts);
		struct text_line out = scan(line, CPU | DUR);
		check_number(line, "kind", out.kind,
			     depth <= TEXT_DEPTH_MAX ? TEXT_ENTER : TEXT_UNKNOWN);
		if (depth <= TEXT_DEPTH_MAX)
			check_number(line, "depth", out.depth, depth);
	}
}
END_TEST

/* ---- durations ---- */

START_TEST(text_line_duration_of_any_length_is_read)
{
	static const struct {
		const char *column;
		uint8_t mark;
		uint8_t cut;
		uint64_t dur_ns;
	} columns[] = {
		{ "  0.000 us    |", ' ', 0, 0 },
		{ "  0.161 us    |", ' ', 0, 161 },
		{ "+ 13.335 us   |", '+', 0, 13335 },
		{ "  75.633 us   |", ' ', 0, 75633 },
		{ "! 130.084 us  |", '!', 0, 130084 },
		{ "# 4587.454 us |", '#', 0, 4587454 },
		{ "* 28803.31 us |", '*', 1, 28803310 },
		{ "@ 119760.2 us |", '@', 2, 119760200 },
		{ "$ 3594274 us  |", '$', 3, 3594274000 },
		{ "3594274 us |", 0, 0, 0 }, /* no mark at all: see below */
		{ "$ 19354026 us |", '$', 3, 19354026000 },
		{ "$ 123456789 us |", '$', 3, 123456789000 },
		{ "$ 9999999999 us |", '$', 3, 9999999999000 },
		{ "  3594274 us |", ' ', 3, 3594274000 }, /* 3.10: one blank fewer */
		{ "# 28803.319 us |", '#', 0, 28803319 }, /* trace-cmd's decimals */
		{ "  5.1 us |", ' ', 2, 5100 },
		{ "  5.12 us |", ' ', 1, 5120 },
		{ "  0.161 us |", ' ', 0, 161 },
	};
	for (size_t i = 0; i < COUNT(columns); i++) {
		char line[PRINT_LINE_LEN];
		snprintf(line, sizeof(line), " 2) %s    }", columns[i].column);
		struct text_line out = scan(line, CPU | DUR);
		if (columns[i].mark == 0) {
			check_number(line, "kind", out.kind, TEXT_UNKNOWN);
			continue;
		}
		check_number(line, "kind", out.kind, TEXT_LEAVE);
		check_number(line, "depth", out.depth, 1);
		check_number(line, "mark", out.mark, columns[i].mark);
		check_number(line, "cut", out.cut, columns[i].cut);
		check_number(line, "dur_ns", out.dur_ns, columns[i].dur_ns);
	}
}
END_TEST

/* The kernel's own way to print a duration: all digits of it, but seven at most. */
static void print_nominal(char *to, size_t size, uint64_t dur_ns)
{
	char whole[32];
	int digits = snprintf(whole, sizeof(whole), "%ju", (uintmax_t)(dur_ns / 1000));
	int decimals = digits >= 7 ? 0 : 7 - digits > 3 ? 3 : 7 - digits;
	char fraction[8];
	snprintf(fraction, sizeof(fraction), "%03u", (unsigned int)(dur_ns % 1000));
	snprintf(to, size, "%s%s%.*s", whole, decimals > 0 ? "." : "", decimals, fraction);
}

START_TEST(text_line_random_duration_is_read_back)
{
	static const uint64_t units[] = { 1, 10, 100, 1000 };
	struct random random = { 7 };
	for (int i = 0; i < 20000; i++) {
		char line[PRINT_LINE_LEN];
		char duration[64];
		const uint64_t dur_ns = random_next(&random) >> (random_below(&random, 48) + 8);
		print_nominal(duration, sizeof(duration), dur_ns);
		const struct print_parts parts = { .columns = CPU | DUR,
						   .cpu_width = 1,
						   .mark = ' ',
						   .duration = duration,
						   .body = "}" };
		print_line(line, sizeof(line), &parts);
		struct text_line out = scan(line, CPU | DUR);
		check_number(line, "kind", out.kind, TEXT_LEAVE);
		ck_assert_uint_le(out.cut, 3);
		check_number(line, "dur_ns", out.dur_ns, dur_ns - dur_ns % units[out.cut]);
	}
}
END_TEST

START_TEST(text_line_negative_duration_is_still_an_exit)
{
	/* CPUs whose clocks disagree: the difference is printed as an unsigned number */
	check_kind(" 0) $ 18446744073709550 us |  }", CPU | DUR, TEXT_LEAVE);
	check_kind(" 0) $ 18446744073709551 us |  f();", CPU | DUR, TEXT_LEAF);
}
END_TEST

/* ---- columns ---- */

static const struct {
	const char *body;
	const char *duration;
	enum text_kind kind;
	const char *name;
} bodies[] = {
	{ "f() {", NULL, TEXT_ENTER, "f" },
	{ "g [kvm]();", "0.161", TEXT_LEAF, "g [kvm]" },
	{ "}", "28803.31", TEXT_LEAVE, "" },
	{ "} /* g [kvm] */", "13.335", TEXT_LEAVE, "g [kvm]" },
	{ "/* sys_exit: NR 6 = 0 */", NULL, TEXT_COMMENT, "" },
};

static void check_columns(const struct print_parts *parts, enum text_kind kind, const char *name)
{
	char line[PRINT_LINE_LEN];
	const uint32_t columns = parts->columns;
	print_line(line, sizeof(line), parts);
	struct text_line out = scan(line, columns);
	check_number(line, "kind", out.kind, kind);
	check_number(line, "cpu", out.cpu, columns & CPU ? parts->cpu : KG_NO_CPU);
	check_text(line, "task", out.task, columns & PROC ? parts->task : "");
	check_text(line, "flags", out.flags, columns & LAT ? parts->flags : "");
	check_text(line, "name", out.name, name);
	check_number(line, "time_ns", out.time_ns,
		     columns & ABS   ? 7238523638066000
		     : columns & REL ? 3750000
				     : KG_NO_NS);
	check_number(line, "mark", out.mark,
		     columns & DUR && parts->duration != NULL ? (uint8_t)parts->mark : ' ');
	if (kind != TEXT_COMMENT)
		check_number(line, "depth", out.depth, parts->depth);
	if (parts->duration == NULL || (columns & DUR) == 0)
		check_number(line, "dur_ns", out.dur_ns, KG_NO_NS);
}

START_TEST(text_line_any_columns_are_read)
{
	static const char marks[] = " +!#*@$";
	struct random random = { 3 };
	for (uint32_t columns = 0; columns < 1u << KG_COLUMN_COUNT; columns++) {
		for (int i = 0; i < 200; i++) {
			const size_t body = i % COUNT(bodies);
			const struct print_parts parts = {
				.columns = columns,
				.abstime = "7238523.638066",
				.reltime = "3750",
				.cpu = (unsigned int)random_below(&random, 1000),
				.cpu_width = (int)random_below(&random, 5),
				.task = i & 1 ? "CPU 12/-1234567" : "cat-245",
				.flags = i & 2 ? "dN.1." : "d..2",
				.mark = marks[random_below(&random, 7)],
				.duration = bodies[body].duration,
				.depth = (unsigned int)random_below(&random, 20),
				.body = bodies[body].body,
			};
			check_columns(&parts, bodies[body].kind, bodies[body].name);
		}
	}
}
END_TEST

START_TEST(text_line_flags_of_any_kernel_are_read)
{
	static const char *const flags[] = { "d..2",  "....",  "d..2.",	 "dNh1.",   "X.s.f",
					     "bLH12", "D.Z.3", "d..2..", "d..2...", "dN.1...." };
	for (size_t i = 0; i < COUNT(flags); i++) {
		for (int has_no_bar = 0; has_no_bar < 2; has_no_bar++) {
			const struct print_parts parts = { .columns = CPU | LAT | DUR,
							   .cpu_width = 1,
							   .flags = flags[i],
							   .has_no_flag_bar = has_no_bar,
							   .mark = ' ',
							   .duration = "0.160",
							   .body = "f();" };
			check_columns(&parts, TEXT_LEAF, "f");
		}
	}
}
END_TEST

START_TEST(text_line_flags_without_bar_leave_the_mark)
{
	/* before 5.1 the mark of the duration follows the flags at once */
	static const char marks[] = " +!#*@$";
	for (size_t i = 0; i < 7; i++) {
		const struct print_parts parts = { .columns = CPU | LAT | DUR,
						   .cpu_width = 1,
						   .flags = "d..2",
						   .has_no_flag_bar = true,
						   .mark = marks[i],
						   .duration = "28803.31",
						   .body = "}" };
		check_columns(&parts, TEXT_LEAVE, "");
	}
}
END_TEST

START_TEST(text_line_task_of_any_name_is_read)
{
	static const char *const tasks[] = {
		"<idle>-0",	   "<...>-677583", "CPU 0/K-12345", "a-b-c-7",	 "kwork/1-4",
		"x-1 y-2",	   "a | b-5",	   "-3-4",	    "7-8",	 "\xff\xfe-9",
		"CPU 1/K-1234567", "=> -5",	   "a => b-6",	    "(sd-pa-77", "\x1b[31m-8"
	};
	for (size_t i = 0; i < COUNT(tasks); i++) {
		const struct print_parts parts = { .columns = CPU | PROC | DUR,
						   .cpu_width = 1,
						   .task = tasks[i],
						   .mark = ' ',
						   .duration = "0.160",
						   .body = "f();" };
		check_columns(&parts, TEXT_LEAF, "f");
	}
}
END_TEST

START_TEST(text_line_times_are_read)
{
	struct text_line out = scan("   11.469355 |   0)   0.161 us    |  f();", ABS | CPU | DUR);
	ck_assert_uint_eq(out.time_ns, 11469355000);
	out = scan("    0.000001 |   0)   0.161 us    |  f();", ABS | CPU | DUR);
	ck_assert_uint_eq(out.time_ns, 1000);
	out = scan("1757401034.000001 |   0)   0.161 us    |  f();", ABS | CPU | DUR);
	ck_assert_uint_eq(out.time_ns, 1757401034000001000);
	out = scan("        0 us |   0)   bash-1507    |  d..1 |   0.378 us    |    f();",
		   REL | CPU | PROC | LAT | DUR);
	ck_assert_int_eq(out.kind, TEXT_LEAF);
	ck_assert_uint_eq(out.time_ns, 0);
	ck_assert_uint_eq(out.depth, 1);
	ck_assert_uint_eq(out.dur_ns, 378);
	out = scan("     3750 us |   0)   0.378 us    |    f();", REL | CPU | DUR);
	ck_assert_uint_eq(out.time_ns, 3750000);
}
END_TEST

START_TEST(text_line_wrong_column_is_unknown)
{
	check_kind(" 0)   0.161 us    |  f();", CPU, TEXT_UNKNOWN);
	check_kind(" 0)   0.161 us    |  f();", DUR, TEXT_UNKNOWN);
	check_kind(" 0)   0.161 us    |  f();", ABS | CPU | DUR, TEXT_UNKNOWN);
	check_kind(" 0)   0.161 us    |  f();", CPU | PROC | DUR, TEXT_UNKNOWN);
	check_kind(" 0)   0.161 us    |  f();", CPU | LAT | DUR, TEXT_UNKNOWN);
	check_kind(" 0)  f();", CPU | DUR, TEXT_UNKNOWN);
	check_kind("   11.46935 |   0)   0.161 us    |  f();", ABS | CPU | DUR, TEXT_UNKNOWN);
	check_kind("   11.4693555 |   0)   0.161 us    |  f();", ABS | CPU | DUR, TEXT_UNKNOWN);
	check_kind(" 0)  d.. |   0.161 us    |  f();", CPU | LAT | DUR, TEXT_UNKNOWN);
	check_kind(" 0)  d......1. |   0.161 us    |  f();", CPU | LAT | DUR, TEXT_UNKNOWN);
	check_kind(" 0)     cat     |   0.161 us    |  f();", CPU | PROC | DUR, TEXT_UNKNOWN);
}
END_TEST

START_TEST(text_line_long_task_is_none)
{
	/* the kernel cuts a name to 7 bytes: a long one is damage, or other columns */
	struct text_line out = scan(" 0)     cat-245     |   0.161 us    |  f();", PROC | DUR);
	ck_assert_int_eq(out.kind, TEXT_UNKNOWN);
}
END_TEST

/* ---- arrows ---- */

START_TEST(text_line_arrow_is_read_in_any_columns)
{
	for (uint32_t columns = 0; columns < 1u << KG_COLUMN_COUNT; columns++) {
		struct print_parts parts = { .columns = columns & ~(uint32_t)DUR,
					     .abstime = "11.469355",
					     .reltime = "3750",
					     .cpu = 2,
					     .cpu_width = 1,
					     .task = "<idle>-0",
					     .flags = "d.h1.",
					     .body = columns & DUR ? "  ==========> |"
								   : "==========> |" };
		char line[PRINT_LINE_LEN];
		print_line(line, sizeof(line), &parts);
		struct text_line out = scan(line, columns);
		check_number(line, "kind", out.kind, TEXT_IRQ_ENTER);
		check_number(line, "cpu", out.cpu, columns & CPU ? 2 : KG_NO_CPU);
		check_text(line, "task", out.task, columns & PROC ? "<idle>-0" : "");
		parts.body = columns & DUR ? "  <========== |" : "<========== |";
		/* 3.10 and older leave the flags out here */
		parts.columns &= ~(uint32_t)LAT;
		print_line(line, sizeof(line), &parts);
		out = scan(line, columns);
		check_number(line, "kind", out.kind, TEXT_IRQ_LEAVE);
	}
}
END_TEST

/* ---- comments ---- */

START_TEST(text_line_comment_gives_its_text)
{
	static const struct {
		const char *line;
		const char *note;
		bool is_closed;
	} lines[] = {
		{ " 0)               |  /* hello */", "hello", true },
		{ " 0)               |      /* sched_switch: prev_comm=cat ==> next_comm=x */",
		  "sched_switch: prev_comm=cat ==> next_comm=x", true },
		{ " 2)               |        /* kvm_exit: vcpu 0 reason IO info1 0x0 */",
		  "kvm_exit: vcpu 0 reason IO info1 0x0", true },
		{ " 0)               |  /* a */ b */", "a */ b", true },
		{ " 0)               |  /* f() { */", "f() {", true },
		{ " 0)               |  /* } */", "}", true },
		{ " 0)               |  /* a-1 => b-2 */", "a-1 => b-2", true },
		{ " 0)               |  /* a => b */", "a => b", true },
		{ " 0)               |  /*  */", "", true },
		{ " 0)               |  /* first line", " first line", false },
		{ " 0)               |  /* a */ b", " a */ b", false },
		{ " 0)               |  /*", "", false },
		{ " 0)               |  /* */", " */", false },
		{ " 0)               |  /* f();", " f();", false },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *line = lines[i].line;
		struct text_line out = scan(line, CPU | DUR);
		check_number(line, "kind", out.kind, TEXT_COMMENT);
		check_number(line, "is_closed", out.is_closed, lines[i].is_closed);
		check_text(line, "note", out.note, lines[i].note);
		check_number(line, "cpu", out.cpu, line[1] == '2' ? 2 : 0);
		check_number(line, "dur_ns", out.dur_ns, KG_NO_NS);
		check_text(line, "task", out.task, "");
		check_text(line, "next", out.next, "");
	}
}
END_TEST

START_TEST(text_line_open_comment_like_a_switch_is_a_comment)
{
	/* a message of several lines; no switch is this far to the right */
	check_kind(" 0)               |  /* a-1 => b-2", CPU | DUR, TEXT_COMMENT);
	check_kind(" 0)               |  /* swapper/0-0 => kvm-nx-lpage-re-2692", CPU | DUR,
		   TEXT_COMMENT);
	check_kind(" 0)    cat-245     |               |  /* a-1 => b-2", CPU | PROC | DUR,
		   TEXT_COMMENT);
}
END_TEST

START_TEST(text_line_comment_with_a_duration_is_unknown)
{
	check_kind(" 0)   0.161 us    |  /* hello */", CPU | DUR, TEXT_UNKNOWN);
}
END_TEST

START_TEST(text_line_plain_record_is_no_call_and_known)
{
	/* stack dumps and records of other tracers fall back to the plain layout */
	const struct text_line out =
		scan("     bash-1507    [000] d..1.  3792.000001: <stack trace>", CPU | DUR);
	ck_assert(out.kind == TEXT_COMMENT || out.kind == TEXT_NOISE);
	ck_assert(out.kind != TEXT_COMMENT || out.is_closed);
	const struct text_line latency =
		scan("    bash-1507    0d..1 3792us : <stack trace>", REL | CPU | PROC | LAT | DUR);
	ck_assert(latency.kind == TEXT_COMMENT || latency.kind == TEXT_NOISE);
	ck_assert(latency.kind != TEXT_COMMENT || latency.is_closed);
	/* what the columns tried before is not left in it */
	const struct text_line cut =
		scan(" 0)   0.161 us    |   x-1 0d 3us : <stack trace>", CPU | DUR);
	ck_assert_uint_eq(cut.dur_ns, KG_NO_NS);
}
END_TEST

/* ---- switches ---- */

START_TEST(text_line_switch_gives_both_tasks)
{
	static const struct {
		const char *line;
		unsigned int cpu;
		const char *task;
		const char *next;
	} lines[] = {
		{ " 0)  kvm-hel-2690  =>    <idle>-0   ", 0, "kvm-hel-2690", "<idle>-0" },
		{ " 3)    <idle>-0    =>  multita-593  ", 3, "<idle>-0", "multita-593" },
		{ " 19) aa64dfr-677583 =>  sudo-677586 ", 19, "aa64dfr-677583", "sudo-677586" },
		{ " 144) kvm-nx--2692  =>   rcu_pre-16", 144, "kvm-nx--2692", "rcu_pre-16" },
		{ " 0)  CPU 0/K-1234567 => CPU 1/K-7654321 ", 0, "CPU 0/K-1234567",
		  "CPU 1/K-7654321" },
		{ " 0)    a => b-12    =>     c-3      ", 0, "a => b-12", "c-3" },
		{ " 0)     c-3       =>    a => b-12   ", 0, "c-3", "a => b-12" },
		{ " 0)    <...>-5     =>   kwork/1-4   ", 0, "<...>-5", "kwork/1-4" },
		{ " 0)   a-b-c-7      =>     -3-4     ", 0, "a-b-c-7", "-3-4" },
		{ "0)    <idle>-0    =>  multita-593\r", 0, "<idle>-0", "multita-593" },
		{ " 0)  \xff\xfe\x1b[2J-77 =>    <idle>-0    ", 0, "\xff\xfe\x1b[2J-77",
		  "<idle>-0" },
	};
	/* whatever the columns: a switch has none of them */
	static const uint32_t columns[] = { 0, CPU, CPU | DUR, ABS | CPU | PROC | LAT | DUR };
	for (size_t i = 0; i < COUNT(lines) * COUNT(columns); i++) {
		const char *line = lines[i % COUNT(lines)].line;
		struct text_line out = scan(line, columns[i / COUNT(lines)]);
		check_number(line, "kind", out.kind, TEXT_SWITCH);
		check_number(line, "cpu", out.cpu, lines[i % COUNT(lines)].cpu);
		check_text(line, "task", out.task, lines[i % COUNT(lines)].task);
		check_text(line, "next", out.next, lines[i % COUNT(lines)].next);
		check_number(line, "time_ns", out.time_ns, KG_NO_NS);
		check_number(line, "dur_ns", out.dur_ns, KG_NO_NS);
	}
}
END_TEST

START_TEST(text_line_damaged_switch_is_unknown)
{
	static const char *const lines[] = {
		" 0)  kvm-hel-2690  => ",
		" 0)  kvm-hel-2690  =>    <idle>",
		" 0)  kvm-hel  =>    <idle>-0",
		"  kvm-hel-2690  =>    <idle>-0",
		" 0)  kvm-hel-2690  ->    <idle>-0",
		" 0)  =>    <idle>-0",
		" 0)  kvm-hel-2690=><idle>-0",
		" 0)  kvm-hel-12345678901  =>    <idle>-0",
		" 65535)  kvm-hel-2690  =>    <idle>-0",
		" x)  kvm-hel-2690  =>    <idle>-0",
	};
	for (size_t i = 0; i < COUNT(lines); i++)
		check_kind(lines[i], CPU | DUR, TEXT_UNKNOWN);
}
END_TEST

START_TEST(text_task_split_takes_the_last_dash)
{
	static const struct {
		const char *task;
		int64_t pid;
		const char *comm;
	} tasks[] = {
		{ "cat-245", 245, "cat" },
		{ "<idle>-0", 0, "<idle>" },
		{ "kvm-nx--2692", 2692, "kvm-nx-" },
		{ "CPU 0/K-1234567", 1234567, "CPU 0/K" },
		{ "a-b-7", 7, "a-b" },
		{ "7-8", 8, "7" },
		{ "x-4294967295", 4294967295, "x" },
		{ "-123", 123, "" }, /* a program may give itself no name */
	};
	for (size_t i = 0; i < COUNT(tasks); i++) {
		struct span comm = { 0 };
		int64_t pid = text_task_split(span_of_string(tasks[i].task), &comm);
		ck_assert_msg(pid == tasks[i].pid, "%s: %jd", tasks[i].task, (intmax_t)pid);
		check_text(tasks[i].task, "comm", comm, tasks[i].comm);
	}
}
END_TEST

START_TEST(text_task_split_refuses_what_is_no_task)
{
	static const char *const tasks[] = { "",
					     "-",
					     "cat",
					     "cat-",
					     "cat-12x",
					     "245",
					     "cat245",
					     "cat-12345678901",
					     "cat-99999999999999999999" };
	for (size_t i = 0; i < COUNT(tasks); i++) {
		struct span comm;
		ck_assert_msg(text_task_split(span_of_string(tasks[i]), &comm) == -1, "%s",
			      tasks[i]);
	}
}
END_TEST

/* ---- what is beside the records ---- */

START_TEST(text_line_lost_tells_how_many)
{
	static const uint32_t columns[] = { 0, CPU | DUR, ABS | CPU | PROC | LAT | DUR };
	for (size_t i = 0; i < COUNT(columns); i++) {
		struct text_line out = scan("CPU:2 [LOST 123 EVENTS]", columns[i]);
		ck_assert_int_eq(out.kind, TEXT_LOST);
		ck_assert_uint_eq(out.cpu, 2);
		ck_assert_uint_eq(out.dur_ns, 123);
		out = scan("CPU:144 [LOST EVENTS]", columns[i]);
		ck_assert_int_eq(out.kind, TEXT_LOST);
		ck_assert_uint_eq(out.cpu, 144);
		ck_assert_uint_eq(out.dur_ns, KG_NO_NS);
		out = scan("CPU:0 [LOST 18446744073 EVENTS]\r", columns[i]);
		ck_assert_int_eq(out.kind, TEXT_LOST);
		ck_assert_uint_eq(out.dur_ns, 18446744073);
	}
}
END_TEST

START_TEST(text_line_without_record_is_recognised)
{
	static const struct {
		const char *line;
		enum text_kind kind;
	} lines[] = {
		{ "", TEXT_BLANK },
		{ "    ", TEXT_BLANK },
		{ "\r", TEXT_BLANK },
		{ " ------------------------------------------", TEXT_RULE },
		{ "------------------------------------------", TEXT_RULE },
		{ " ------------------------------------------ ", TEXT_RULE },
		{ "# tracer: function_graph", TEXT_HEADER },
		{ "#", TEXT_HEADER },
		{ "# |     |   |                     |   |   |   |", TEXT_HEADER },
		{ "#  => started at: f", TEXT_HEADER },
		{ "# -----------------", TEXT_HEADER },
		{ "#    | task: -0 (uid:0 nice:0 policy:0 rt_prio:0)", TEXT_HEADER },
		{ " (Overruns: 0)", TEXT_NOISE },
		{ " (Overruns: 12)", TEXT_NOISE },
		{ "##### CPU 2 buffer started ####", TEXT_NOISE },
		{ " => schedule", TEXT_NOISE },
		{ " => kvm_vcpu_ioctl+0x24b/0x6f0 [kvm]", TEXT_NOISE },
	};
	static const uint32_t columns[] = { 0, CPU | DUR, ABS | CPU | PROC | LAT | DUR };
	for (size_t i = 0; i < COUNT(lines) * COUNT(columns); i++)
		check_kind(lines[i % COUNT(lines)].line, columns[i / COUNT(lines)],
			   lines[i % COUNT(lines)].kind);
}
END_TEST

START_TEST(text_line_damaged_line_is_unknown)
{
	static const char *const lines[] = {
		"garbage",
		" 0)",
		" 0) ",
		" 0)               |",
		" 0)   0.161 us    |",
		" 0)   0.161 us    |    f(",
		" 0)   0.161 us    |    f()",
		" 0)   0.161 us    |    f();;",
		" 0)   0.161 us    |    f(); x",
		" 0)   0.161 us    |    f();/* x */",
		" 0)   0.161 us    |    f(); /* x",
		" 0)   0.161 us    |    f g();",
		" 0)   0.161 us    |    f[kvm]();",
		" 0)   0.161 us    |    f [kvm();",
		" 0)   0.161 us    |    ();",
		" 0)   0.161 us    |   f();", /* odd indentation */
		" 0)   0.161 us    | f();",   /* less than none */
		" 0)   0.161 us    |f();",    /* none */
		" 0)   0.161 us    |  f() {", /* an entry has no duration */
		" 0)               |  f();",  /* a leaf has one */
		" 0)               |  }",     /* and an exit */
		" 0)               |  } /* f */",
		" 0)               |  f() {x",
		" 0)               |  f() { /* x",
		" 0)               |  f()",
		" 0)               |  f(",
		" 0)               |  f",
		" 0)               |  f [kvm]",
		" 0)               |  {",
		" 0)   0.161 us    |  } f",
		" 0)   0.161 us    |  }}",
		" 0)   0.161 us    |  };",
		" 0)   0.161 us    |  } /* f",
		" 0)   0.161 us    |  } /*  */",
		" 0)   0.161 us    |  } /* a b */",
		" 0)   0.161 us    |  }/* f */",
		" 0)   0.161 us    |  } /*f*/",
		" 0)   0.161 us    |  } /* () */",
		" 0)   0.161 us    |  } /* = 0x1 */",
		" 0)   0.161 ms    |  f();",
		" 0)   0.161 s     |  f();",
		" 0)   0.161       |  f();",
		" 0)   0.1611 us   |  f();",
		" 0)   0. us       |  f();",
		" 0)   .161 us     |  f();",
		" 0)   0,161 us    |  f();",
		" 0)   -0.161 us   |  f();",
		" 0)   0x1.61 us   |  f();",
		" 0)   0.161 us       f();",
		" 0) ?  0.161 us   |  f();",
		" 0) +0.161 us     |  f();",
		" 0) ++ 0.161 us   |  f();",
		" 0)0.161 us    |  f();",
		" 0   0.161 us    |  f();",
		" )   0.161 us    |  f();",
		" x)   0.161 us    |  f();",
		" 65535)   0.161 us    |  f();",
		" 99999999999999999999)   0.161 us    |  f();",
		" 0)   99999999999999999999 us |  f();",
		"\t0)   0.161 us    |  f();",
		"> 0)   0.161 us    |  f();",
		" 0)   0.161 us    |  f();  <- here",
		" 0)   0.161 us    |  f\x01();",
		"CPU:2 [LOST 123 EVENTS",
		"CPU:2 [LOST 123 EVENT]",
		"CPU:2 [LOST123 EVENTS]",
		"CPU:2 [LOST -1 EVENTS]",
		"CPU:2 [LOST EVENTS] x",
		"CPU: [LOST EVENTS]",
		"CPU:x [LOST EVENTS]",
		"CPU:65535 [LOST EVENTS]",
		"CPU:2 [LOST",
		" CPU:2 [LOST EVENTS]",
		" -------------------",
		" -------------- ------------",
		" 0)   =========> |",
		" =>",
	};
	for (size_t i = 0; i < COUNT(lines); i++)
		check_kind(lines[i], CPU | DUR, TEXT_UNKNOWN);
	/* strings would end at the NUL */
	struct text_line out;
	text_line_scan(SPAN(" 0)   0.161 us    |  f\0g();"), TEXT_LAYOUT_DEFAULT, &out);
	ck_assert_int_eq(out.kind, TEXT_UNKNOWN);
	text_line_scan(SPAN("\0"), TEXT_LAYOUT_DEFAULT, &out);
	ck_assert_int_eq(out.kind, TEXT_UNKNOWN);
}
END_TEST

START_TEST(text_line_mark_without_a_duration_is_unknown)
{
	check_kind(" 0) +             |  f() {", CPU | DUR, TEXT_UNKNOWN);
}
END_TEST

/* Any cut of a line is what the line is, or unknown: it never becomes another call. */
START_TEST(text_line_cut_anywhere_invents_nothing)
{
	static const char *const lines[] = {
		" 0)   3.478 us    |  kvm_dev_ioctl [kvm]();",
		" 0)               |  kvm_dev_ioctl [kvm]() {",
		" 0) ! 150.447 us  |          } /* kvm_mmu_init_tdp_mmu [kvm] */",
		" 3)   0.081 us    |    f(rq=(S)[0x1:0x2]); /* <-g+0x48/0x3b0 ret=0x0 */",
		" 3)               |  f(a=1) { /* <-g+0x6c/0xb0 */",
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct text_line whole = scan(lines[i], CPU | DUR);
		for (size_t len = 1; len < strlen(lines[i]); len++) {
			char *cut = strndup(lines[i], len);
			struct text_line out = scan(cut, CPU | DUR);
			bool is_same = out.kind == whole.kind && out.depth == whole.depth &&
				       out.dur_ns == whole.dur_ns;
			ck_assert_msg(is_same || out.kind == TEXT_UNKNOWN || len < 4, "%s", cut);
			if (is_same && out.kind != TEXT_LEAVE)
				ck_assert_msg(span_equal(out.name, whole.name), "%s", cut);
			free(cut);
		}
	}
}
END_TEST

START_TEST(text_line_random_bytes_are_survived)
{
	static const char likely[] = "  0123)|.us +!#*{}();/*=>[]-kvm_\r\t\xff";
	struct random random = { 11 };
	for (int i = 0; i < 200000; i++) {
		const size_t len = random_below(&random, 60);
		unsigned char *line = malloc(len); /* exact, for the memory checker */
		struct text_line out;
		for (size_t k = 0; k < len; k++)
			line[k] = (unsigned char)likely[random_below(&random, sizeof(likely))];
		struct text_layout layout = { (uint32_t)random_below(&random, 64) };
		text_line_scan((struct span){ line, len }, layout, &out);
		ck_assert_uint_lt(out.kind, TEXT_KIND_COUNT);
		free(line);
	}
}
END_TEST

/* ---- marks ---- */

START_TEST(text_mark_of_any_kernel_is_right)
{
	static const struct {
		uint8_t mark;
		uint8_t cut;
		uint64_t dur_ns;
	} marks[] = {
		{ ' ', 0, 0 },		{ ' ', 0, 10000 },	{ ' ', 3, 5000000000 },
		{ '+', 0, 10001 },	{ '+', 0, 100000 },	{ '!', 0, 100001 },
		{ '!', 0, 1000000 },	{ '!', 0, 1000001 },	{ '!', 3, 5000000000 },
		{ '#', 0, 1000001 },	{ '#', 0, 10000000 },	{ '#', 1, 28803310 },
		{ '#', 2, 119760200 },	{ '*', 1, 10000000 },	{ '*', 1, 10000010 },
		{ '*', 1, 99999990 },	{ '*', 2, 100000000 },	{ '@', 2, 100000000 },
		{ '@', 2, 999999900 },	{ '@', 3, 1000000000 }, { '$', 3, 1000000000 },
		{ '$', 3, 1000001000 }, { '$', 3, 3594274000 },
	};
	for (size_t i = 0; i < COUNT(marks); i++)
		ck_assert_msg(!text_mark_is_wrong(marks[i].mark, marks[i].dur_ns, marks[i].cut),
			      "%c %ju", marks[i].mark, (uintmax_t)marks[i].dur_ns);
}
END_TEST

START_TEST(text_mark_that_no_kernel_prints_is_wrong)
{
	static const struct {
		uint8_t mark;
		uint8_t cut;
		uint64_t dur_ns;
	} marks[] = {
		{ '+', 0, 9999 },	{ '+', 0, 10000 },     { '+', 0, 100001 },
		{ '+', 3, 5000000000 }, { '!', 0, 100000 },    { '!', 0, 1 },
		{ '#', 0, 1000000 },	{ '#', 0, 130084 },    { '*', 0, 9999999 },
		{ '*', 1, 9999980 },	{ '*', 2, 100000100 }, { '@', 1, 99999980 },
		{ '@', 3, 1000001000 }, { '$', 2, 999999800 }, { '$', 0, 5 },
	};
	for (size_t i = 0; i < COUNT(marks); i++)
		ck_assert_msg(text_mark_is_wrong(marks[i].mark, marks[i].dur_ns, marks[i].cut),
			      "%c %ju", marks[i].mark, (uintmax_t)marks[i].dur_ns);
}
END_TEST

Suite *text_line_suite(void)
{
	Suite *suite = suite_create("text_line");
	TCase *calls = tcase_create("calls");
	tcase_add_test(calls, text_line_call_gives_its_parts);
	tcase_add_test(calls, text_line_exit_gives_its_name_in_any_spelling);
	tcase_add_test(calls, text_line_depth_is_half_the_indentation);
	suite_add_tcase(suite, calls);
	TCase *durations = tcase_create("durations");
	tcase_add_test(durations, text_line_duration_of_any_length_is_read);
	tcase_add_test(durations, text_line_random_duration_is_read_back);
	tcase_add_test(durations, text_line_negative_duration_is_still_an_exit);
	tcase_add_test(durations, text_mark_of_any_kernel_is_right);
	tcase_add_test(durations, text_mark_that_no_kernel_prints_is_wrong);
	suite_add_tcase(suite, durations);
	TCase *columns = tcase_create("columns");
	tcase_add_test(columns, text_line_any_columns_are_read);
	tcase_add_test(columns, text_line_flags_of_any_kernel_are_read);
	tcase_add_test(columns, text_line_flags_without_bar_leave_the_mark);
	tcase_add_test(columns, text_line_task_of_any_name_is_read);
	tcase_add_test(columns, text_line_times_are_read);
	tcase_add_test(columns, text_line_wrong_column_is_unknown);
	tcase_add_test(columns, text_line_long_task_is_none);
	tcase_add_test(columns, text_line_arrow_is_read_in_any_columns);
	suite_add_tcase(suite, columns);
	TCase *comments = tcase_create("comments");
	tcase_add_test(comments, text_line_comment_gives_its_text);
	tcase_add_test(comments, text_line_open_comment_like_a_switch_is_a_comment);
	tcase_add_test(comments, text_line_comment_with_a_duration_is_unknown);
	tcase_add_test(comments, text_line_plain_record_is_no_call_and_known);
	suite_add_tcase(suite, comments);
	TCase *switches = tcase_create("switches");
	tcase_add_test(switches, text_line_switch_gives_both_tasks);
	tcase_add_test(switches, text_line_damaged_switch_is_unknown);
	tcase_add_test(switches, text_task_split_takes_the_last_dash);
	tcase_add_test(switches, text_task_split_refuses_what_is_no_task);
	suite_add_tcase(suite, switches);
	TCase *others = tcase_create("others");
	tcase_add_test(others, text_line_lost_tells_how_many);
	tcase_add_test(others, text_line_without_record_is_recognised);
	suite_add_tcase(suite, others);
	TCase *damage = tcase_create("damage");
	tcase_add_test(damage, text_line_damaged_line_is_unknown);
	tcase_add_test(damage, text_line_mark_without_a_duration_is_unknown);
	tcase_add_test(damage, text_line_cut_anywhere_invents_nothing);
	tcase_add_test(damage, text_line_random_bytes_are_survived);
	suite_add_tcase(suite, damage);
	return suite;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "read/report_line.h"

Suite *report_line_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span span_of_string(const char *string)
{
	return (struct span){ (const unsigned char *)string, strlen(string) };
}

static struct report_line scan(const char *line)
{
	struct report_line out;
	memset(&out, 0xa5, sizeof(out));
	report_line_scan(span_of_string(line), &out);
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

/* ---- the columns of every record ---- */

#define F "funcgraph_entry:                   |  f() {"

START_TEST(report_line_columns_give_their_values)
{
	static const struct {
		const char *line;
		const char *origin;
		const char *task;
		unsigned int cpu;
		const char *flags;
		uint64_t time_ns;
	} lines[] = {
		{ "              vm-109   [000]    11.153118: " F, "", "vm-109", 0, "",
		  11153118000 },
		{ "            ruby-2564  [001] 107227.460794: " F, "", "ruby-2564", 1, "",
		  107227460794000 },
		{ "             ssh-30928 [000] 3110612.717872: " F, "", "ssh-30928", 0, "",
		  3110612717872000 },
		/* numbers wider than their columns */
		{ "       qemu-kvm-1234567 [127]     0.000001: " F, "", "qemu-kvm-1234567", 127, "",
		  1000 },
		{ "              vm-109   [4095]    11.153118: " F, "", "vm-109", 4095, "",
		  11153118000 },
		{ "              vm-4294967295 [65534]    11.153118: " F, "", "vm-4294967295",
		  65534, "", 11153118000 },
		/* flags, always since 3.3 */
		{ "         migrate-14353 [001] dN.1. 66420.851920: " F, "", "migrate-14353", 1,
		  "dN.1.", 66420851920000 },
		{ "         migrate-14353 [003] d....    20.851963: " F, "", "migrate-14353", 3,
		  "d....", 20851963000 },
		{ "              vm-109   [000]-0x9    11.153118: " F, "", "vm-109", 0, "-0x9",
		  11153118000 },
		/* -l */
		{ "      vm-109     0d.h2.    11.153118: " F, "", "vm-109", 0, "d.h2.",
		  11153118000 },
		{ "  <idle>-0     123.N...    11.153118: " F, "", "<idle>-0", 123, ".N...",
		  11153118000 },
		{ "CPU 0/KV-12345   3...1.  5011.153118: " F, "", "CPU 0/KV-12345", 3, "...1.",
		  5011153118000 },
		{ "      vm-109     0-0x9    11.153118: " F, "", "vm-109", 0, "-0x9", 11153118000 },
		/* -t, --raw-ts and clocks that do not count seconds, --ts-diff */
		{ "              vm-109   [000]    11.153118156: " F, "", "vm-109", 0, "",
		  11153118156 },
		{ "              vm-109   [000] 11153118156: " F, "", "vm-109", 0, "", KG_NO_NS },
		{ "              vm-109   [000] 18446744073709551615: " F, "", "vm-109", 0, "",
		  KG_NO_NS },
		{ "              vm-109   [000]          7: " F, "", "vm-109", 0, "", KG_NO_NS },
		{ "              vm-109   [000]    11.161304: (+8186)  " F, "", "vm-109", 0, "",
		  11161304000 },
		{ "              vm-109   [000]    11.153118:          " F, "", "vm-109", 0, "",
		  11153118000 },
		/* a comm may hold anything */
		{ "       CPU 0/KVM-12345 [003]    11.153118: " F, "", "CPU 0/KVM-12345", 3, "",
		  11153118000 },
		{ " kvm-nx-lpage-re-132   [000]    11.153118: " F, "", "kvm-nx-lpage-re-132", 0, "",
		  11153118000 },
		{ "  kworker/1:2-mm-17    [001]    11.153118: " F, "", "kworker/1:2-mm-17", 1, "",
		  11153118000 },
		{ "             a-1-2     [001]    11.153118: " F, "", "a-1-2", 1, "",
		  11153118000 },
		{ "   a-1 [2] 3: b -109   [000]    11.153118: " F, "", "a-1 [2] 3: b -109", 0, "",
		  11153118000 },
		{ "  a-1 [0] 1: b: -109   [000]    11.153118: " F, "", "a-1 [0] 1: b: -109", 0, "",
		  11153118000 },
		{ " x: y [000] 1.0-109    [000]    11.153118: " F, "", "x: y [000] 1.0-109", 0, "",
		  11153118000 },
		{ "             -x--109   [000]    11.153118: " F, "", "-x--109", 0, "",
		  11153118000 },
		{ "        \xc3\xa4\xff\x01 =>-109   [000]    11.153118: " F, "",
		  "\xc3\xa4\xff\x01 =>-109", 0, "", 11153118000 },
		{ "                -109   [000]    11.153118: " F, "", "-109", 0, "", 11153118000 },
		/* several inputs; only buffers may be without a name */
		{ "a.dat:               vm-109   [000]    11.153118: " F, "a.dat", "vm-109", 0, "",
		  11153118000 },
		{ "  guest 1.dat:     CPU 0/KVM: x-109   [000]    11.153118: " F, "guest 1.dat",
		  "CPU 0/KVM: x-109", 0, "", 11153118000 },
		{ "a.dat:       vm-109     0d.h2.    11.153118: " F, "a.dat", "vm-109", 0, "d.h2.",
		  11153118000 },
		{ "        :               vm-109   [000]    11.153118: " F, "", "vm-109", 0, "",
		  11153118000 },
		{ "                     vm-109   [000]    11.153118: " F, "", "vm-109", 0, "",
		  11153118000 },
		/* pasted without its blanks */
		{ "vm-109   [000]    11.153118: " F, "", "vm-109", 0, "", 11153118000 },
		{ "vm-109 [000] 11.153118: " F, "", "vm-109", 0, "", 11153118000 },
		{ "vm-109   0d.h2. 11.153118: " F, "", "vm-109", 0, "d.h2.", 11153118000 },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *line = lines[i].line;
		struct report_line out = scan(line);
		check_number(line, "kind", out.text.kind, TEXT_ENTER);
		check_text(line, "origin", out.origin, lines[i].origin);
		check_text(line, "task", out.text.task, lines[i].task);
		check_number(line, "cpu", out.text.cpu, lines[i].cpu);
		check_text(line, "flags", out.text.flags, lines[i].flags);
		check_number(line, "time", out.text.time_ns, lines[i].time_ns);
		check_text(line, "name", out.text.name, "f");
	}
}
END_TEST

/* ---- calls ---- */

#define FRONT "              vm-109   [000]    11.153118: "
#define ENTRY FRONT "funcgraph_entry:      "
#define EXIT FRONT "funcgraph_exit:       "

struct call {
	const char *line;
	enum text_kind kind;
	unsigned int depth;
	char mark;
	uint64_t dur_ns;
	const char *name;
	const char *args;
	const char *note;
};

static void check_call(const struct call *call)
{
	struct report_line out = scan(call->line);
	check_number(call->line, "kind", out.text.kind, call->kind);
	check_number(call->line, "depth", out.text.depth, call->depth);
	check_number(call->line, "mark", out.text.mark, (unsigned char)call->mark);
	check_number(call->line, "duration", out.text.dur_ns, call->dur_ns);
	check_text(call->line, "name", out.text.name, call->name);
	check_text(call->line, "args", out.text.args, call->args);
	check_text(call->line, "note", out.text.note, call->note);
	check_number(call->line, "is_raw", out.is_raw, false);
	check_number(call->line, "is_negative", out.is_negative, false);
}

START_TEST(report_line_call_gives_its_parts)
{
	static const struct call calls[] = {
		{ ENTRY "             |  kvm_dev_ioctl() {", TEXT_ENTER, 0, ' ', KG_NO_NS,
		  "kvm_dev_ioctl", "", "" },
		{ ENTRY "! 605.505 us |  pvclock_gtod_notify();", TEXT_LEAF, 0, '!', 605505,
		  "pvclock_gtod_notify", "", "" },
		{ ENTRY "  3.287 us   |                kvm_tdp_mmu_put_root();", TEXT_LEAF, 7, ' ',
		  3287, "kvm_tdp_mmu_put_root", "", "" },
		{ EXIT "# 142208.970 us |      }", TEXT_LEAVE, 2, '#', 142208970, "", "", "" },
		{ EXIT "  0.930 us   |  }", TEXT_LEAVE, 0, ' ', 930, "", "", "" },
		/* unresolved, or of a compiler's making */
		{ ENTRY "  0.100 us   |  ffffffffc0a1b000();", TEXT_LEAF, 0, ' ', 100,
		  "ffffffffc0a1b000", "", "" },
		{ ENTRY "             |  kvm_free_memslots.part.0.isra.1() {", TEXT_ENTER, 0, ' ',
		  KG_NO_NS, "kvm_free_memslots.part.0.isra.1", "", "" },
		{ ENTRY "             |    ) {", TEXT_ENTER, 1, ' ', KG_NO_NS, "", "", "" },
		/* fgraph:tailprint, fgraph:depth, both */
		{ EXIT "+ 14.577 us  |    } /* kvm_put_kvm */", TEXT_LEAVE, 1, '+', 14577,
		  "kvm_put_kvm", "", "kvm_put_kvm" },
		{ ENTRY "             |    f() { (1)", TEXT_ENTER, 1, ' ', KG_NO_NS, "f", "", "" },
		{ ENTRY "  0.100 us   |      f(); (2)", TEXT_LEAF, 2, ' ', 100, "f", "", "" },
		{ EXIT "  0.100 us   |  } (0)", TEXT_LEAVE, 0, ' ', 100, "", "", "" },
		{ EXIT "  0.100 us   |    } /* f */ (1)", TEXT_LEAVE, 1, ' ', 100, "f", "", "f" },
		/* return values, since 3.3 */
		{ ENTRY "  0.100 us   |  f(); (ret=0x0)", TEXT_LEAF, 0, ' ', 100, "f", "", "" },
		{ EXIT "  0.100 us   |  } (ret=-22)", TEXT_LEAVE, 0, ' ', 100, "", "", "" },
		{ EXIT "  0.100 us   |  } /* f */ (0) (ret=0xffff888007949bc0)", TEXT_LEAVE, 0, ' ',
		  100, "f", "", "f" },
		{ EXIT "  0.100 us   |  } (ret=0x6(trunc))", TEXT_LEAVE, 0, ' ', 100, "", "", "" },
		/* arguments and callers, since 3.4 */
		{ ENTRY "             |  f(rq=0xff, s=(STRUCT)[0x1:0x2]) {", TEXT_ENTER, 0, ' ',
		  KG_NO_NS, "f", "rq=0xff, s=(STRUCT)[0x1:0x2]", "" },
		{ ENTRY "             |  f() { /* <-caller */", TEXT_ENTER, 0, ' ', KG_NO_NS, "f",
		  "", "<-caller" },
		{ ENTRY "  0.100 us   |  f(a=(1), b=[2]); (0) /* <-caller */ (ret=0x1)", TEXT_LEAF,
		  0, ' ', 100, "f", "a=(1), b=[2]", "<-caller" },
		{ FRONT "fgraph_retaddr_entry:              |  f() { /* <-caller */", TEXT_ENTER, 0,
		  ' ', KG_NO_NS, "f", "", "<-caller" },
		{ FRONT "fgraph_retaddr_entry:   0.100 us   |  f(a=1); /* <-caller */ (ret=0x1)",
		  TEXT_LEAF, 0, ' ', 100, "f", "a=1", "<-caller" },
		/* --debug */
		{ ENTRY "+ 58.548 us  |  f(); [4392430:0x120:20]", TEXT_LEAF, 0, '+', 58548, "f",
		  "", "" },
		{ EXIT "! 447.855 us |    } /* f */ (1) [-1:0xe7c:40]", TEXT_LEAVE, 1, '!', 447855,
		  "f", "", "f" },
		/* line ends of other systems, and of editors */
		{ ENTRY "  0.100 us   |  f();\r", TEXT_LEAF, 0, ' ', 100, "f", "", "" },
		{ EXIT "  0.100 us   |  }   ", TEXT_LEAVE, 0, ' ', 100, "", "", "" },
		{ FRONT "funcgraph_entry: 0.100 us | f();", TEXT_UNKNOWN, 0, ' ', 100, "", "", "" },
		{ FRONT "funcgraph_entry: + 10.100 us |  f();", TEXT_LEAF, 0, '+', 10100, "f", "",
		  "" },
	};
	for (size_t i = 0; i < COUNT(calls); i++)
		check_call(&calls[i]);
}
END_TEST

START_TEST(report_line_duration_keeps_its_digits)
{
	static const struct {
		const char *value;
		uint64_t dur_ns;
		unsigned int cut;
	} durations[] = {
		{ "0.000 us   |", 0, 0 },
		{ "9.999 us   |", 9999, 0 },
		{ "13.335 us  |", 13335, 0 },
		{ "130.084 us |", 130084, 0 },
		{ "4587.454 us |", 4587454, 0 },
		{ "119760.234 us |", 119760234, 0 },
		{ "3594274 us |", 3594274000, 3 },
		{ "19354026 us |", 19354026000, 3 },
		{ "9999999999 us |", 9999999999000, 3 },
	};
	for (size_t i = 0; i < COUNT(durations); i++) {
		char line[256];
		snprintf(line, sizeof(line), EXIT "  %s  }", durations[i].value);
		struct report_line out = scan(line);
		check_number(line, "kind", out.text.kind, TEXT_LEAVE);
		check_number(line, "duration", out.text.dur_ns, durations[i].dur_ns);
		check_number(line, "cut", out.text.cut, durations[i].cut);
	}
}
END_TEST

START_TEST(report_line_negative_duration_is_unknown)
{
	static const char *const lines[] = {
		EXIT "$ 18446744073709551 us |  }",
		EXIT "$ 9223372036854776 us |  }",
		EXIT "func=f depth=0 overrun=0 calltime=2a5bfaa98 rettime=2a5b66d57",
		EXIT "func=f depth=0 calltime=0x0 rettime=0xffffffffffffffff",
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct report_line out = scan(lines[i]);
		check_number(lines[i], "kind", out.text.kind, TEXT_LEAVE);
		check_number(lines[i], "duration", out.text.dur_ns, KG_NO_NS);
		check_number(lines[i], "is_negative", out.is_negative, true);
	}
}
END_TEST

START_TEST(report_line_raw_call_gives_its_fields)
{
	static const struct {
		const char *line;
		enum text_kind kind;
		unsigned int depth;
		uint64_t dur_ns;
		const char *name;
	} calls[] = {
		{ ENTRY " func=pvclock_gtod_notify depth=0", TEXT_ENTER, 0, KG_NO_NS,
		  "pvclock_gtod_notify" },
		{ EXIT " func=pvclock_gtod_notify depth=0 overrun=0 calltime=2a5b66d57 "
		       "rettime=2a5bfaa98",
		  TEXT_LEAVE, 0, 0x2a5bfaa98 - 0x2a5b66d57, "pvclock_gtod_notify" },
		{ FRONT "funcgraph_entry:       func=0xffffffffba5ddc00 depth=12", TEXT_ENTER, 12,
		  KG_NO_NS, "0xffffffffba5ddc00" },
		{ FRONT "funcgraph_exit:        func=0xffffffffba5ddc00 calltime=0xa9a8c8a5227 "
			"rettime=0xa9a8c8a5299 overrun=0x0 depth=0x1",
		  TEXT_LEAVE, 1, 0x299 - 0x227, "0xffffffffba5ddc00" },
		{ EXIT "func=f retval=0x0 depth=3 overrun=0 calltime=0 rettime=0 ", TEXT_LEAVE, 3,
		  0, "f" },
		{ ENTRY "func=f depth=1 args=ARRAY[f4, 00, 00]", TEXT_ENTER, 1, KG_NO_NS, "f" },
		{ ENTRY "func=f args=ARRAY[f4, 00] depth=1 [4392430:0x120:20]", TEXT_ENTER, 1,
		  KG_NO_NS, "f" },
		{ FRONT "fgraph_retaddr_entry:  func=f depth=2 retaddr=0xffffffff81000000",
		  TEXT_ENTER, 2, KG_NO_NS, "f" },
		{ ENTRY "func=f depth=-65534", TEXT_ENTER, 2, KG_NO_NS, "f" },
		{ EXIT "func=f depth=1023 calltime=FFFFFFFFFFFFFFFE rettime=ffffffffffffffff",
		  TEXT_LEAVE, 1023, 1, "f" },
		/* -N */
		{ ENTRY "--> tdp_iter_next (5)", TEXT_ENTER, 5, KG_NO_NS, "tdp_iter_next" },
		{ EXIT "<-- tdp_iter_next (5) (start: 2b8901d18  end: 2b890227e) over: 5",
		  TEXT_LEAVE, 5, 0x27e + 0x2000 - 0x1d18, "tdp_iter_next" },
	};
	for (size_t i = 0; i < COUNT(calls); i++) {
		const char *line = calls[i].line;
		struct report_line out = scan(line);
		check_number(line, "kind", out.text.kind, calls[i].kind);
		check_number(line, "is_raw", out.is_raw, true);
		check_number(line, "depth", out.text.depth, calls[i].depth);
		check_number(line, "duration", out.text.dur_ns, calls[i].dur_ns);
		check_text(line, "name", out.text.name, calls[i].name);
		check_number(line, "mark", out.text.mark, ' ');
		check_number(line, "is_negative", out.is_negative, false);
	}
}
END_TEST

/* ---- lines that are no calls ---- */

START_TEST(report_line_other_event_is_a_comment)
{
	static const struct {
		const char *line;
		const char *note;
	} lines[] = {
		{ FRONT "kvm_entry:             vcpu 0 rip 0x0",
		  "kvm_entry:             vcpu 0 rip 0x0" },
		{ FRONT "kvm_update_master_clock: masterclock 0 hostclock 0x0",
		  "kvm_update_master_clock: masterclock 0 hostclock 0x0" },
		{ FRONT "function:             ktime_get <-- tick_check_idle",
		  "function:             ktime_get <-- tick_check_idle" },
		{ FRONT "kernel_stack:         <stack trace >",
		  "kernel_stack:         <stack trace >" },
		{ FRONT "print:                x-1 [0] 1: funcgraph_entry: | f() {",
		  "print:                x-1 [0] 1: funcgraph_entry: | f() {" },
		{ FRONT "sys_enter:", "sys_enter:" },
		{ FRONT "funcgraph_entry2:     0.100 us   |  f();",
		  "funcgraph_entry2:     0.100 us   |  f();" },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *line = lines[i].line;
		struct report_line out = scan(line);
		check_number(line, "kind", out.text.kind, TEXT_COMMENT);
		check_number(line, "is_closed", out.text.is_closed, true);
		check_text(line, "task", out.text.task, "vm-109");
		check_number(line, "time", out.text.time_ns, 11153118000);
		check_text(line, "note", out.text.note, lines[i].note);
	}
}
END_TEST

START_TEST(report_line_gap_gives_cpu_and_number)
{
	static const struct {
		const char *line;
		const char *origin;
		unsigned int cpu;
		uint64_t count;
	} lines[] = {
		{ "CPU:2 [123 EVENTS DROPPED]", "", 2, 123 },
		{ "CPU:0 [EVENTS DROPPED]", "", 0, KG_NO_NS },
		{ "CPU:127 [204600 EVENTS DROPPED]\r", "", 127, 204600 },
		{ "a.dat: CPU:7 [1 EVENTS DROPPED]", "a.dat", 7, 1 },
		{ "a: b.dat: CPU:7 [EVENTS DROPPED]", "a: b.dat", 7, KG_NO_NS },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *line = lines[i].line;
		struct report_line out = scan(line);
		check_number(line, "kind", out.text.kind, TEXT_LOST);
		check_text(line, "origin", out.origin, lines[i].origin);
		check_number(line, "cpu", out.text.cpu, lines[i].cpu);
		check_number(line, "count", out.text.dur_ns, lines[i].count);
	}
}
END_TEST

START_TEST(report_line_remarks_are_known)
{
	static const struct {
		const char *line;
		enum text_kind kind;
		bool starts_trace;
	} lines[] = {
		{ "cpus=8", TEXT_HEADER, true },
		{ "a.dat: cpus=8", TEXT_HEADER, true },
		{ "        cpus=8", TEXT_HEADER, true },
		{ "version = 6", TEXT_HEADER, false },
		{ "# a note", TEXT_HEADER, false },
		{ "", TEXT_BLANK, false },
		{ "  \r", TEXT_BLANK, false },
		{ "CPU 3 is empty", TEXT_NOISE, false },
		{ "CPU:2 [SUBBUFFER START]", TEXT_NOISE, false },
		{ "CPU:2 [SUBBUFFER START] [11153118156:0x1000]", TEXT_NOISE, false },
		{ "b.dat: CPU:2 [SUBBUFFER START]", TEXT_NOISE, false },
		{ "=> kvm_vcpu_ioctl (ffffffffc0a1b000)", TEXT_NOISE, false },
		{ " TIME EXTEND: delta:306454770 length:0", TEXT_NOISE, false },
		{ " TIME STAMP: timestamp:12 length:0", TEXT_NOISE, false },
		{ " PADDING: delta:0 length:0", TEXT_NOISE, false },
		{ "registering plugin: plugin_kvm.so", TEXT_NOISE, false },
		{ "overriding event (1419) kvm:kvm_exit with new print handler", TEXT_NOISE,
		  false },
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct report_line out = scan(lines[i].line);
		check_number(lines[i].line, "kind", out.text.kind, lines[i].kind);
		check_number(lines[i].line, "starts_trace", out.starts_trace,
			     lines[i].starts_trace);
	}
}
END_TEST

/* ---- damage ---- */

START_TEST(report_line_damaged_line_is_unknown)
{
	static const char *const lines[] = {
		/* in front */
		"x",
		"  - : ",
		"- [000]    11.153118: " F,
		"                -   [000]    11.153118: " F,
		"              vm-    [000]    11.153118: " F,
		"              vm-12345678901 [000]    11.153118: " F,
		"              vm-109[000]    11.153118: " F,
		"              vm-109   [65535]    11.153118: " F,
		"              vm-109   [0x0]    11.153118: " F,
		"              vm-109   [000    11.153118: " F,
		"              vm-109   000]    11.153118: " F,
		"              vm-109   [000]11.153118: " F,
		"              vm-109   [000] d.h2.11.153118: " F,
		"              vm-109   [000] d.h2.x1.x 11.153118: " F,
		"              vm-109   [000]    11.15311: " F,
		"              vm-109   [000]    11.1531181: " F,
		"              vm-109   [000]    11.: " F,
		"              vm-109   [000]    .153118: " F,
		"              vm-109   [000]    4294967296.153118: " F,
		"              vm-109   [000]    184467440737095516150: " F,
		"              vm-109   [000]    11.153118 " F,
		"              vm-109   [000]    11.153118:" F,
		"              vm-109   [000]    11.153118: ",
		"              vm-109   [000]    11.153118: (8186) " F,
		"      vm-109     0    11.153118: " F,
		"      vm-109     0d.h    11.153118: " F,
		"x              vm-109   [000]    11.153118: " F,
		"a.dat                vm-109   [000]    11.153118: " F,
		/* behind */
		FRONT "funcgraph_entry",
		FRONT "funcgraph_entry:",
		ENTRY "             |",
		ENTRY "             |  ",
		ENTRY "             |  f()",
		ENTRY "             |  f() ",
		ENTRY "             |  f(",
		ENTRY "             |  f",
		ENTRY "             |   f() {",
		ENTRY "             | f() {",
		ENTRY "             |f() {",
		ENTRY "             |  f g() {",
		ENTRY "             |  () {",
		ENTRY "             |  f() {}",
		ENTRY "             |  f();",
		ENTRY "             |  }",
		ENTRY "             |  );",
		ENTRY "             |  f() { (1)",
		ENTRY "             |  f() { (x)",
		ENTRY "             |  f() { (ret",
		ENTRY "             |  f() { [1:2:z]",
		ENTRY "             |  f() { /* <-g",
		ENTRY "+            |  f() {",
		ENTRY "  0.100 us   |  f() {",
		ENTRY "  0.100 us   |  }",
		ENTRY "  0.1000 us  |  f();",
		ENTRY "  0.100 ms   |  f();",
		ENTRY "  0.100us    |  f();",
		ENTRY "  . us       |  f();",
		ENTRY "  x.100 us   |  f();",
		ENTRY "% 0.100 us   |  f();",
		ENTRY "  0.100 us      f();",
		ENTRY "  18446744073709 551 us |  f();",
		EXIT "  0.100 us   |  f();",
		EXIT "             |  f() {",
		EXIT "             |  }",
		EXIT "  0.100 us   |  }}",
		EXIT "  0.100 us   |  } f",
		EXIT "  0.100 us   |  } /* f",
		EXIT "  0.100 us   |  } /* f g */",
		EXIT "  0.100 us   |    } (0)",
		/* raw */
		ENTRY "func=f",
		ENTRY "depth=1 func=f",
		ENTRY "func= depth=1",
		ENTRY "func=f=g depth=1",
		ENTRY "func=f depth=",
		ENTRY "func=f depth=x",
		ENTRY "func=f depth=1024",
		ENTRY "func=f depth=-1",
		ENTRY "func=f depth=-65537",
		ENTRY "func=f depth=1 depth=1",
		ENTRY "func=f depth=1 x",
		ENTRY "func=f depth=1 func=g",
		ENTRY "func=f depth=1 args=ARRAY[1, 2",
		ENTRY "func=f depth=1 args=ARRAY[1, 2]3",
		ENTRY "func=f depth=1              vm-109   [000]    11.153118: " F,
		EXIT "func=f depth=1",
		EXIT "func=f depth=1 calltime=1",
		EXIT "func=f depth=1 calltime=1 rettime=",
		EXIT "func=f depth=1 calltime=1 rettime=g",
		EXIT "func=f depth=1 calltime=1 rettime=0x",
		EXIT "func=f depth=1 calltime=1 rettime=00000000000000000",
		EXIT "func=f calltime=1 rettime=2",
		EXIT "--> f (1)",
		ENTRY "<-- f (1) (start: 1  end: 2) over: 0",
		ENTRY "--> f (1) x",
		ENTRY "--> f",
		EXIT "<-- f (1)",
		EXIT "<-- f (1) (start: 1  end: 2)",
		EXIT "<-- f (1) (start: 1  end: x) over: 0",
		/* no records */
		"cpus=",
		"cpus=x",
		"xcpus=8",
		"version = 6x",
		"CPU 3 is empty!",
		"CPU x is empty",
		"CPU:2 [LOST 3 EVENTS]",
		"CPU:2 [3 EVENTS DROPPED",
		"CPU:2 [ EVENTS DROPPED]",
		"CPU:65535 [3 EVENTS DROPPED]",
		"CPU: [3 EVENTS DROPPED]",
		" 0)   0.161 us    |  f();",
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct report_line out = scan(lines[i]);
		check_number(lines[i], "kind", out.text.kind, TEXT_UNKNOWN);
	}
}
END_TEST

static bool is_within(struct span part, const unsigned char *bytes, size_t len)
{
	return part.len == 0 || (part.at >= bytes && part.at + part.len <= bytes + len);
}

START_TEST(report_line_any_bytes_are_survived)
{
	static const char likely[] = "   0123456789.:-[]()/*<>{};|+!#$=xvmfunc\r\xff";
	static const char *const seeds[] = {
		ENTRY "! 605.505 us |    f(a=1); (1) /* <-g */ (ret=0x0) [1:0x1:1]",
		EXIT " func=f depth=0 overrun=0 calltime=2a5b66d57 rettime=2a5bfaa98",
		EXIT "<-- f (5) (start: 2b8901d18  end: 2b890227e) over: 5",
		("a.dat:       vm-109     0d.h2.    11.153118: (+1) " F),
		"a.dat: CPU:2 [123 EVENTS DROPPED]",
	};
	struct random random = { 20240817 };
	for (size_t round = 0; round < 200000; round++) {
		const char *seed = seeds[round % COUNT(seeds)];
		size_t len = strlen(seed);
		/* exactly as many bytes as the line has, so that reading behind it is seen */
		unsigned char *bytes = malloc(len);
		memcpy(bytes, seed, len);
		for (uint64_t left = 1 + random_below(&random, 4); left > 0; left--)
			bytes[random_below(&random, len)] =
				(unsigned char)likely[random_below(&random, sizeof(likely) - 1)];
		len = random_below(&random, 4) == 0 ? random_below(&random, len) : len;
		unsigned char *cut = realloc(bytes, len > 0 ? len : 1);
		struct report_line out;
		report_line_scan((struct span){ cut, len }, &out);
		ck_assert_uint_lt(out.text.kind, TEXT_KIND_COUNT);
		ck_assert(out.text.kind != TEXT_RULE && out.text.kind != TEXT_SWITCH);
		ck_assert(
			is_within(out.origin, cut, len) && is_within(out.text.task, cut, len) &&
			is_within(out.text.name, cut, len) && is_within(out.text.note, cut, len) &&
			is_within(out.text.args, cut, len) && is_within(out.text.flags, cut, len));
		if (out.text.kind >= TEXT_ENTER && out.text.kind <= TEXT_LEAVE) {
			ck_assert_uint_le(out.text.depth, TEXT_DEPTH_MAX);
			ck_assert_uint_ne(out.text.cpu, KG_NO_CPU);
			ck_assert_uint_gt(out.text.task.len, 2);
		}
		free(cut);
	}
}
END_TEST

/* ---- marks ---- */

START_TEST(report_mark_has_to_fit_its_duration)
{
	static const struct {
		char mark;
		uint64_t least_ns;
		uint64_t most_ns;
	} marks[] = {
		{ ' ', 0, 10000 },
		{ '+', 10001, 100000 },
		/* the top one in old versions */
		{ '!', 100001, UINT64_MAX / 2 },
		{ '#', 1000001, 1000000000 },
		{ '$', 1000000001, UINT64_MAX / 2 },
	};
	for (size_t i = 0; i < COUNT(marks); i++) {
		const uint8_t mark = (uint8_t)marks[i].mark;
		ck_assert(!report_mark_is_wrong(mark, marks[i].least_ns, 0));
		ck_assert(!report_mark_is_wrong(mark, marks[i].most_ns, 0));
		if (marks[i].least_ns > 0)
			ck_assert(report_mark_is_wrong(mark, marks[i].least_ns - 1, 0));
		if (marks[i].most_ns < UINT64_MAX / 2)
			ck_assert(report_mark_is_wrong(mark, marks[i].most_ns + 1, 0));
	}
	ck_assert(report_mark_is_wrong('*', 20000000, 0));
	ck_assert(report_mark_is_wrong('@', 200000000, 0));
	/* 1000000 us is cut: it may have been more than a second */
	ck_assert(!report_mark_is_wrong('$', 1000000000, 3));
	ck_assert(!report_mark_is_wrong('#', 1000000000, 3));
}
END_TEST

Suite *report_line_suite(void)
{
	Suite *suite = suite_create("report_line");
	TCase *records = tcase_create("records");
	tcase_add_test(records, report_line_columns_give_their_values);
	tcase_add_test(records, report_line_call_gives_its_parts);
	tcase_add_test(records, report_line_duration_keeps_its_digits);
	tcase_add_test(records, report_line_negative_duration_is_unknown);
	tcase_add_test(records, report_line_raw_call_gives_its_fields);
	tcase_add_test(records, report_line_other_event_is_a_comment);
	suite_add_tcase(suite, records);
	TCase *remarks = tcase_create("remarks");
	tcase_add_test(remarks, report_line_gap_gives_cpu_and_number);
	tcase_add_test(remarks, report_line_remarks_are_known);
	suite_add_tcase(suite, remarks);
	TCase *damage = tcase_create("damage");
	tcase_add_test(damage, report_line_damaged_line_is_unknown);
	tcase_add_test(damage, report_line_any_bytes_are_survived);
	suite_add_tcase(suite, damage);
	TCase *marks = tcase_create("marks");
	tcase_add_test(marks, report_mark_has_to_fit_its_duration);
	suite_add_tcase(suite, marks);
	return suite;
}

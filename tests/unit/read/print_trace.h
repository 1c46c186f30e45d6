/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel in small: prints random records of random tasks, and remembers whose they were.
 *
 *	struct printer *printer = malloc(sizeof(*printer));
 *	print_trace(printer, seed);
 *	printer->text, printer->len; printer->records, printer->record_count;
 */
#ifndef UNIT_PRINT_TRACE_H
#define UNIT_PRINT_TRACE_H

#include <check.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <kvmgraph/event.h>

#include "random.h"
#include "read/print_line.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PRINTED_CPUS 3
#define PRINTED_MAX 200

struct printed_record {
	enum kg_event_kind kind;
	uint64_t line_no;
	unsigned int cpu;
	unsigned int depth;
	size_t task;
};

static const struct {
	int64_t pid;
	const char *comm;
} printed_tasks[] = { { 0, "<idle>" },	  { 2690, "kvm-hel" }, { 12345, "CPU 0/K" },
		      { 7, "a => b" },	  { 8, "x | y" },      { 1234567, "a-b-1-2" },
		      { 9, "\xff\x1b[m" } };

struct printer {
	struct random random;
	char text[1 << 16];
	size_t len;
	uint64_t line_no; /* of the line last printed */
	struct print_parts parts;
	size_t running[PRINTED_CPUS];
	bool has_printed[PRINTED_CPUS];
	bool has_banner[PRINTED_CPUS];
	struct printed_record records[PRINTED_MAX];
	size_t record_count;
};

static inline void __attribute__((format(printf, 2, 3)))
print(struct printer *printer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printer->len += (size_t)vsnprintf(printer->text + printer->len,
					  sizeof(printer->text) - printer->len, format, args);
	va_end(args);
	ck_assert_uint_lt(printer->len + 1, sizeof(printer->text));
	printer->text[printer->len++] = '\n';
	printer->line_no++;
}

static inline void name_task(char (*to)[32], size_t task)
{
	snprintf(*to, sizeof(*to), "%s-%jd", printed_tasks[task].comm,
		 (intmax_t)printed_tasks[task].pid);
}

/* A task in the middle of 14 columns. */
static inline void centre_task(char (*to)[48], size_t task)
{
	char name[32];
	name_task(&name, task);
	int pad = 14 - (int)strlen(name);
	pad = pad < 0 ? 0 : pad;
	snprintf(*to, sizeof(*to), "%*s%s%*s", pad / 2, "", name, pad - pad / 2, "");
}

static inline void print_switch(struct printer *printer, unsigned int cpu, size_t next)
{
	char left[48];
	char right[48];
	centre_task(&left, printer->running[cpu]);
	centre_task(&right, next);
	print(printer, " ------------------------------------------");
	print(printer, " %u) %s => %s", cpu, left, right);
	print(printer, " ------------------------------------------");
	print(printer, "%s", "");
	printer->has_banner[cpu] = true;
}

/* Puts the columns, and what is behind them, of a record of a CPU. */
static inline void print_record(struct printer *printer, unsigned int cpu, const char *body)
{
	char line[PRINT_LINE_LEN];
	char name[32];
	name_task(&name, printer->running[cpu]);
	printer->parts.cpu = cpu;
	printer->parts.task = name;
	printer->parts.body = body;
	print_line(line, sizeof(line), &printer->parts);
	print(printer, "%s", line);
}

/* A line inside a message: it may read like anything, but not end like the message. */
static inline void print_imitation(struct printer *printer)
{
	static const char *const lines[] = {
		" 0)   0.161 us    |  fake();",
		"   11.469355 |   0)   0.161 us    |  fake();",
		" 0)    evil-666    =>    <idle>-0   ",
		" 2)     evil-666     | + 13.335 us   |  } /* fake */ */ }",
		"# tracer: function_graph",
		"#               FUNCTION CALLS",
		"#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS",
		"CPU:1 [LOST 12 EVENTS]",
		" ------------------------------------------",
		"",
		"*/",
		"text",
		"more */ text",
	};
	/* a record in itself may end so */
	static const char *const bodies[] = { "fake() { /* x */", "/* closed */" };
	const uint64_t which = random_below(&printer->random, COUNT(lines) + COUNT(bodies));
	if (which < COUNT(lines))
		print(printer, "%s", lines[which]);
	else
		print_record(printer, 0, bodies[which - COUNT(lines)]);
}

static inline void print_message(struct printer *printer)
{
	for (uint64_t left = random_below(&printer->random, 12); left > 0; left--)
		print_imitation(printer);
	print(printer, "the end */");
}

static inline void print_random_record(struct printer *printer, bool is_call)
{
	struct random *random = &printer->random;
	const unsigned int cpu = (unsigned int)random_below(random, PRINTED_CPUS);
	const size_t task = random_below(random, 3) == 0
				    ? random_below(random, COUNT(printed_tasks))
				    : printer->running[cpu];
	if (printer->has_printed[cpu] && task != printer->running[cpu])
		print_switch(printer, cpu, task);
	printer->running[cpu] = task;
	printer->has_printed[cpu] = true;
	struct printed_record *record = &printer->records[printer->record_count++];
	*record = (struct printed_record){ .cpu = cpu,
					   .depth = (unsigned int)random_below(random, 9),
					   .task = task,
					   .line_no = printer->line_no + 1 };
	printer->parts.depth = record->depth;
	printer->parts.duration = NULL;
	switch (random_below(random, is_call ? 3 : 5)) {
	case 0:
		record->kind = KG_EV_ENTER;
		print_record(printer, cpu, "f() {");
		break;
	case 1:
		record->kind = KG_EV_LEAF;
		printer->parts.duration = "0.161";
		print_record(printer, cpu, "g [kvm]();");
		break;
	case 2:
		record->kind = KG_EV_LEAVE;
		printer->parts.duration = "28803.31";
		print_record(printer, cpu, "}");
		break;
	case 3:
		record->kind = KG_EV_COMMENT;
		print_record(printer, cpu, "/* a-1 => b-2 */");
		break;
	default:
		record->kind = KG_EV_COMMENT;
		print_record(printer, cpu, "/* the start");
		print_message(printer);
		break;
	}
}

static inline void print_header(struct printer *printer)
{
	static const char *const fragments[KG_COLUMN_COUNT] = {
		"     TIME       ",  "   REL TIME     ", " CPU",
		"  TASK/PID       ", "||||   ",		 "  DURATION   ",
	};
	char line[256] = "#";
	for (size_t i = 0; i < KG_COLUMN_COUNT; i++) {
		if (printer->parts.columns >> i & 1)
			memcpy(line + strlen(line), fragments[i], strlen(fragments[i]) + 1);
	}
	print(printer, "# tracer: function_graph");
	print(printer, "%s               FUNCTION CALLS", line);
}

static inline void print_trace(struct printer *printer, uint64_t seed)
{
	static const uint32_t columns[] = {
		KG_COLUMN_CPU | KG_COLUMN_DURATION,
		KG_COLUMN_CPU | KG_COLUMN_DURATION | KG_COLUMN_ABSTIME,
		KG_COLUMN_CPU | KG_COLUMN_DURATION | KG_COLUMN_PROC,
		KG_COLUMN_CPU | KG_COLUMN_DURATION | KG_COLUMN_LATENCY,
		KG_COLUMN_CPU,
		(1u << KG_COLUMN_COUNT) - 1,
	};
	*printer = (struct printer){ .random = { seed } };
	printer->parts = (struct print_parts){ .columns = columns[seed % COUNT(columns)],
					       .abstime = "11.469355",
					       .reltime = "3750",
					       .cpu_width = 1,
					       .flags = "d..2.",
					       .mark = ' ' };
	for (size_t cpu = 0; cpu < PRINTED_CPUS; cpu++)
		printer->running[cpu] = random_below(&printer->random, COUNT(printed_tasks));
	const bool has_header = random_below(&printer->random, 2) == 0;
	if (has_header)
		print_header(printer);
	/* without a header it takes some calls to show the columns */
	const size_t call_count = has_header ? 0 : 10;
	const size_t count = call_count + 1 + random_below(&printer->random, 60);
	for (size_t i = 0; i < count; i++)
		print_random_record(printer, i < call_count);
}

#endif

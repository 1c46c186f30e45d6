/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the kernel words each line of a function_graph trace. */
#include "render/ftrace_line.h"

#include <string.h>

#include <kvmgraph/info.h>

#include "base/memory.h"
#include "base/banned.h"

/* What a duration takes behind its mark, where it is not longer. */
#define DURATION_WIDTH 12
/* A duration shows so many digits, decimals included. */
#define DURATION_DIGITS 7
#define NUMBER_MAX 20

static void put(struct ftrace_line *line, const void *bytes, size_t len)
{
	if (!column_reserve(&line->bytes, line->bytes.count + len)) {
		line->is_starved = true;
		return;
	}
	if (len > 0)
		memcpy(line->bytes.at + line->bytes.count, bytes, len);
	line->bytes.count += len;
}

static void put_bytes(struct ftrace_line *line, struct kg_bytes bytes)
{
	put(line, bytes.at, bytes.len);
}

static void put_string(struct ftrace_line *line, const char *string)
{
	put(line, string, strlen(string));
}

static void put_blanks(struct ftrace_line *line, size_t count)
{
	static const char blanks[] = "                                                            ";
	const size_t most = sizeof(blanks) - 1;
	for (; count > most; count -= most)
		put(line, blanks, most);
	put(line, blanks, count);
}

/* At the right of a field that is `width` wide, or wider where it has to be. */
static void put_number(struct ftrace_line *line, uint64_t number, size_t width)
{
	char digits[NUMBER_MAX];
	size_t len = 0;
	do {
		digits[NUMBER_MAX - ++len] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put_blanks(line, width > len ? width - len : 0);
	put(line, digits + NUMBER_MAX - len, len);
}

/* The first `digits` of `of` decimals. */
static void put_decimals(struct ftrace_line *line, uint32_t number, size_t of, size_t digits)
{
	char decimals[NUMBER_MAX];
	for (size_t i = of; i-- > 0; number /= 10)
		decimals[i] = (char)('0' + number % 10);
	put(line, ".", 1);
	put(line, decimals, digits);
}

/*
 * Columns.
 */

static void put_abstime(struct ftrace_line *line, uint64_t time_ns)
{
	put_number(line, time_ns / 1000000000, 5);
	put_decimals(line, (uint32_t)(time_ns % 1000000000 / 1000), 6, 6);
	put_string(line, " |  ");
}

static void put_reltime(struct ftrace_line *line, uint64_t rel_ns)
{
	put_number(line, rel_ns / 1000, 9);
	put_string(line, " us |  ");
}

static void put_cpu(struct ftrace_line *line, uint16_t cpu, uint32_t width)
{
	put(line, " ", 1);
	put_number(line, cpu, width);
	put_string(line, ") ");
}

/* In the middle of its field, an odd blank behind it. */
static void put_task(struct ftrace_line *line, struct kg_bytes task)
{
	const size_t pad = task.len < FTRACE_TASK_WIDTH ? FTRACE_TASK_WIDTH - task.len : 0;
	put_blanks(line, pad / 2);
	put_bytes(line, task);
	put_blanks(line, pad - pad / 2);
}

static void put_columns(struct ftrace_line *line, const struct kg_event *event,
			const struct kg_detail *detail)
{
	const uint32_t columns = detail->columns;
	if (columns & KG_COLUMN_ABSTIME)
		put_abstime(line, event->time_ns);
	if (columns & KG_COLUMN_RELTIME)
		put_reltime(line, detail->rel_ns);
	if (columns & KG_COLUMN_CPU)
		put_cpu(line, event->cpu, detail->cpu_width);
	if (columns & KG_COLUMN_PROC) {
		put_task(line, detail->task);
		put_string(line, " | ");
	}
	/* old kernels left the flags out beside arrows */
	if ((columns & KG_COLUMN_LATENCY) && detail->flags.len > 0) {
		put(line, " ", 1);
		put_bytes(line, detail->flags);
		put_string(line, detail->has_flags_bar ? " | " : "");
	}
}

/* "13.335 us   ": decimals are cut, never rounded. */
static void put_micros(struct ftrace_line *line, uint64_t dur_ns)
{
	const size_t start = line->bytes.count;
	put_number(line, dur_ns / 1000, 0);
	const size_t digits = line->bytes.count - start;
	const size_t left = digits < DURATION_DIGITS ? DURATION_DIGITS - digits : 0;
	if (left > 0)
		put_decimals(line, (uint32_t)(dur_ns % 1000), 3, left < 3 ? left : 3);
	put_string(line, " us ");
	const size_t len = line->bytes.count - start;
	put_blanks(line, len < DURATION_WIDTH ? DURATION_WIDTH - len : 0);
}

/* The duration, or the room for it. */
static void put_duration(struct ftrace_line *line, const struct kg_event *event,
			 const struct kg_detail *detail)
{
	if (!(detail->columns & KG_COLUMN_DURATION))
		return;
	if (event->dur_ns == KG_NO_NS && detail->below_ns == 0) {
		put_blanks(line, 2 + DURATION_WIDTH);
	} else {
		const char mark[] = { (char)event->mark, ' ' };
		put(line, mark, sizeof(mark));
		put_micros(line, event->dur_ns != KG_NO_NS ? event->dur_ns : detail->below_ns);
	}
	put_string(line, "|  ");
}

/*
 * Bodies.
 */

static void put_function(struct ftrace_line *line, const struct kg_func *func)
{
	put_string(line, func->name);
	if (func->module[0] == '\0')
		return;
	put_string(line, " [");
	put_string(line, func->module);
	put_string(line, "]");
}

static void put_call(struct ftrace_line *line, const struct kg_event *event,
		     const struct kg_detail *detail, const struct kg_func *func)
{
	put_columns(line, event, detail);
	put_duration(line, event, detail);
	put_blanks(line, (size_t)2 * event->depth);
	put_function(line, func);
	put_string(line, "(");
	put_bytes(line, detail->args);
	put_string(line, event->kind == KG_EV_LEAF ? ");" : ") {");
	if (detail->note.len > 0) {
		put_string(line, " /* ");
		put_bytes(line, detail->note);
		put_string(line, " */");
	}
}

static void put_leave(struct ftrace_line *line, const struct kg_event *event,
		      const struct kg_detail *detail, const struct kg_func *func)
{
	put_columns(line, event, detail);
	put_duration(line, event, detail);
	put_blanks(line, (size_t)2 * event->depth);
	put_string(line, "}");
	if (detail->is_named && func != NULL) {
		put_string(line, " /* ");
		put_function(line, func);
		put_bytes(line, detail->note);
		put_string(line, " */");
	}
}

static void put_comment(struct ftrace_line *line, const struct kg_event *event,
			const struct kg_detail *detail)
{
	/* the room behind the bar counts as indentation */
	const bool has_bar = detail->columns & KG_COLUMN_DURATION;
	put_columns(line, event, detail);
	if (has_bar) {
		put_blanks(line, 2 + DURATION_WIDTH);
		put_string(line, "|");
	}
	put_blanks(line, detail->indent);
	put_string(line, detail->is_closed ? "/* " : "/*");
	put_bytes(line, detail->note);
	put_string(line, detail->is_closed ? " */" : "");
}

static void put_arrow(struct ftrace_line *line, const struct kg_event *event,
		      const struct kg_detail *detail)
{
	const bool has_bar = detail->columns & KG_COLUMN_DURATION;
	put_columns(line, event, detail);
	put_string(line, has_bar ? "  " : "");
	put_string(line, event->kind == KG_EV_IRQ_ENTER ? "==========>" : "<==========");
	put_string(line, has_bar ? " |" : "");
}

static void put_switch(struct ftrace_line *line, const struct kg_event *event,
		       const struct kg_detail *detail)
{
	put_cpu(line, event->cpu, detail->cpu_width);
	put_task(line, detail->task);
	put_string(line, " => ");
	put_task(line, detail->next);
}

static void put_lost(struct ftrace_line *line, const struct kg_event *event)
{
	put_string(line, "CPU:");
	put_number(line, event->cpu, 0);
	put_string(line, " [LOST ");
	if (event->dur_ns != KG_NO_NS) {
		put_number(line, event->dur_ns, 0);
		put_string(line, " ");
	}
	put_string(line, "EVENTS]");
}

void ftrace_line_event(struct ftrace_line *line, const struct kg_event *event,
		       const struct kg_detail *detail, const struct kg_func *func)
{
	line->bytes.count = 0;
	switch ((enum kg_event_kind)event->kind) {
	case KG_EV_ENTER:
	case KG_EV_LEAF:
		put_call(line, event, detail, func);
		break;
	case KG_EV_LEAVE:
		put_leave(line, event, detail, func);
		break;
	case KG_EV_COMMENT:
		put_comment(line, event, detail);
		break;
	case KG_EV_IRQ_ENTER:
	case KG_EV_IRQ_LEAVE:
		put_arrow(line, event, detail);
		break;
	case KG_EV_SWITCH:
		put_switch(line, event, detail);
		break;
	case KG_EV_LOST:
		put_lost(line, event);
		break;
	case KG_EV_NEW_TRACE:
		put_string(line, "# tracer: function_graph");
		break;
	}
}

void ftrace_line_blank(struct ftrace_line *line)
{
	line->bytes.count = 0;
}

void ftrace_line_rule(struct ftrace_line *line)
{
	line->bytes.count = 0;
	put_string(line, " ------------------------------------------");
}

void ftrace_line_overrun(struct ftrace_line *line, uint64_t count)
{
	line->bytes.count = 0;
	put_string(line, " (Overruns: ");
	put_number(line, count, 0);
	put_string(line, ")");
}

void ftrace_line_header(struct ftrace_line *line, uint32_t columns, int row)
{
	static const struct {
		enum kg_column column;
		const char *rows[2];
	} fragments[] = {
		{ KG_COLUMN_ABSTIME, { "     TIME       ", "      |         " } },
		{ KG_COLUMN_RELTIME, { "   REL TIME     ", "      |         " } },
		{ KG_COLUMN_CPU, { " CPU", " |  " } },
		{ KG_COLUMN_PROC, { "  TASK/PID       ", "   |    |        " } },
		{ KG_COLUMN_LATENCY, { "||||   ", "||||   " } },
		{ KG_COLUMN_DURATION, { "  DURATION   ", "   |   |      " } },
	};
	line->bytes.count = 0;
	put_string(line, "#");
	for (size_t i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++) {
		if (columns & fragments[i].column)
			put_string(line, fragments[i].rows[row]);
	}
	put_string(line,
		   row == 0 ? "               FUNCTION CALLS" : "               |   |   |   |");
}

void ftrace_line_release(struct ftrace_line *line)
{
	column_release(&line->bytes);
}

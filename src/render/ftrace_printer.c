/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the kernel's printer makes of a record, given those that it printed before. */
#include "render/ftrace_printer.h"

#include <stdio.h>
#include <string.h>

#include <kvmgraph/info.h>

#include "base/memory.h"
#include "render/out.h"
#include "base/banned.h"

/* "comm-pid", the comm cut short. */
struct task_text {
	unsigned char bytes[FTRACE_COMM_MAX + 32];
	size_t len;
};

static void finish_line(struct ftrace_printer *printer)
{
	out_bytes(printer->out, printer->line.bytes.at, printer->line.bytes.count);
	out_bytes(printer->out, "\n", 1);
	printer->line_count++;
}

/* A comment may have more lines than one. */
static uint64_t newlines_in(struct kg_bytes text)
{
	uint64_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

static struct kg_bytes name_task(const struct ftrace_printer *printer, kg_task_id id,
				 struct task_text *text)
{
	/* what the kernel prints for a pid below zero, and that is what an unknown one is here */
	const struct kg_task *task = kg_tasks_get(printer->tasks, id);
	const char *comm = task->pid < 0 ? "<XXX>" : task->comm;
	int len = snprintf((char *)text->bytes, sizeof(text->bytes), "%.*s-%lld", FTRACE_COMM_MAX,
			   comm, (long long)task->pid);
	text->len = len > 0 ? (size_t)len : 0;
	return (struct kg_bytes){ text->bytes, text->len };
}

/* The state of a CPU; NULL when memory is out. Where no CPU is told there is one for all. */
static struct ftrace_cpu *cpu_of(struct ftrace_printer *printer, uint16_t cpu)
{
	const size_t index = cpu == KG_NO_CPU ? 0 : (size_t)cpu + 1;
	return column_reach(&printer->cpus, index) ? &printer->cpus.at[index] : NULL;
}

/* Says that the CPU goes on with another task, but for its first one. */
static void print_banner(struct ftrace_printer *printer, struct ftrace_cpu *cpu,
			 const struct kg_event *event)
{
	const uint32_t before = cpu->last_task;
	if (event->task_id == KG_NO_TASK || before == event->task_id + 1 ||
	    kg_tasks_get(printer->tasks, event->task_id)->pid < 0)
		return;
	cpu->last_task = event->task_id + 1;
	if (before == 0)
		return;
	struct task_text old;
	struct task_text new;
	const struct kg_event banner = { .kind = KG_EV_SWITCH, .cpu = event->cpu };
	const struct kg_detail detail = { .cpu_width = printer->cpu_width,
					  .task = name_task(printer, before - 1, &old),
					  .next = name_task(printer, event->task_id, &new) };
	ftrace_line_rule(&printer->line);
	finish_line(printer);
	ftrace_line_event(&printer->line, &banner, &detail, NULL);
	finish_line(printer);
	ftrace_line_rule(&printer->line);
	finish_line(printer);
	ftrace_line_blank(&printer->line);
	finish_line(printer);
}

static uint8_t mark_of(uint64_t dur_ns)
{
	static const struct {
		uint64_t above_ns;
		uint8_t mark;
	} marks[] = { { 1000000000, '$' }, { 100000000, '@' }, { 10000000, '*' },
		      { 1000000, '#' },	   { 100000, '!' },    { 10000, '+' } };
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (dur_ns > marks[i].above_ns)
			return marks[i].mark;
	}
	return ' ';
}

/* Whether the brace of a LEAVE does not close what the printer opened there, as far as it knows. */
static bool is_stray(const struct ftrace_cpu *cpu, const struct kg_event *event)
{
	return event->depth < FTRACE_OPENERS && cpu->openers[event->depth] != event->func_id + 1;
}

/* Looks up what concerns the line in what is remembered, and remembers the record. */
static void remember(const struct ftrace_printer *printer, struct ftrace_cpu *cpu,
		     const struct kg_event *event, struct kg_detail *detail)
{
	const int32_t comment_depth = cpu->comment_depth;
	const bool has_bar = printer->columns & KG_COLUMN_DURATION;
	uint32_t opened = 0;
	switch ((enum kg_event_kind)event->kind) {
	case KG_EV_ENTER:
		cpu->comment_depth = event->depth;
		opened = event->func_id + 1;
		break;
	case KG_EV_LEAVE:
		detail->is_named = event->func_id != KG_NO_FUNC &&
				   (printer->tail || detail->note.len > 0 || is_stray(cpu, event));
		cpu->comment_depth = event->depth - 1;
		break;
	case KG_EV_LEAF:
		cpu->comment_depth = event->depth - 1;
		break;
	case KG_EV_COMMENT:
		detail->indent = (has_bar ? 2 : 0) +
				 (comment_depth > 0 ? 2 * ((uint32_t)comment_depth + 1) : 0);
		return;
	case KG_EV_IRQ_ENTER:
	case KG_EV_IRQ_LEAVE:
	case KG_EV_SWITCH:
	case KG_EV_LOST:
	case KG_EV_NEW_TRACE:
		return;
	}
	if (event->depth < FTRACE_OPENERS)
		cpu->openers[event->depth] = opened;
}

static const struct kg_func *func_of(const struct ftrace_printer *printer,
				     const struct kg_event *event)
{
	return event->func_id != KG_NO_FUNC ? kg_funcs_get(printer->funcs, event->func_id) : NULL;
}

void ftrace_printer_start(struct ftrace_printer *printer)
{
	const struct kg_event start = { .kind = KG_EV_NEW_TRACE };
	const struct kg_detail none = { 0 };
	ftrace_line_event(&printer->line, &start, &none, NULL);
	finish_line(printer);
	out_string(printer->out, "#\n");
	printer->line_count++;
	for (int row = 0; row < 2; row++) {
		ftrace_line_header(&printer->line, printer->columns, row);
		finish_line(printer);
	}
	printer->cpus.count = 0;
}

bool ftrace_printer_print(struct ftrace_printer *printer, const struct kg_event *event,
			  const struct kg_detail *detail)
{
	static const struct kg_bytes no_flags = { (const unsigned char *)".....", 5 };
	struct ftrace_cpu *cpu = cpu_of(printer, event->cpu);
	struct task_text text;
	if (cpu == NULL)
		return false;
	struct kg_event record = *event;
	struct kg_detail how = { .is_closed = detail->is_closed,
				 .has_flags_bar = true,
				 .columns = printer->columns,
				 .cpu_width = printer->cpu_width,
				 .rel_ns = detail->rel_ns,
				 .below_ns = detail->below_ns,
				 .flags = detail->flags.len > 0 ? detail->flags : no_flags,
				 .args = detail->args,
				 .note = detail->note };
	record.mark = mark_of(event->dur_ns != KG_NO_NS ? event->dur_ns : detail->below_ns);
	if (event->kind != KG_EV_LOST)
		print_banner(printer, cpu, event);
	if (event->task_id != KG_NO_TASK)
		how.task = name_task(printer, event->task_id, &text);
	remember(printer, cpu, event, &how);
	ftrace_line_event(&printer->line, &record, &how, func_of(printer, event));
	finish_line(printer);
	if (event->kind == KG_EV_COMMENT)
		printer->line_count += newlines_in(detail->note);
	if (printer->overrun && event->kind == KG_EV_LEAVE && detail->has_overrun) {
		ftrace_line_overrun(&printer->line, detail->overrun);
		finish_line(printer);
	}
	return !printer->line.is_starved;
}

void ftrace_printer_more(struct ftrace_printer *printer, struct kg_bytes text)
{
	out_bytes(printer->out, text.at, text.len);
	out_bytes(printer->out, "\n", 1);
	printer->line_count++;
}

void ftrace_printer_release(struct ftrace_printer *printer)
{
	ftrace_line_release(&printer->line);
	column_release(&printer->cpus);
}

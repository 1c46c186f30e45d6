/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a trace is printed back: line for line as it was, or as the kernel would have. */
#include <kvmgraph/export.h>

#include <string.h>

#include "base/memory.h"
#include "render/ftrace_fold.h"
#include "render/out.h"
#include "base/banned.h"

struct kg_ftrace {
	struct kg_out *out;
	const struct kg_funcs *funcs;
	struct ftrace_line line;
	struct kg_ftrace_counts counts;
	uint64_t line_no; /* of the line before; a long one comes in pieces */
	bool as_kernel;
	struct ftrace_printer printer;
	struct ftrace_fold fold;
};

/*
 * Line for line.
 */

/* Puts a line together from what was understood of it; false if that is nothing. */
static bool make_line(struct kg_ftrace *ftrace, const struct kg_event *event,
		      const struct kg_detail *detail)
{
	switch (detail->kind) {
	case KG_LINE_EVENT:
		ftrace_line_event(&ftrace->line, event, detail,
				  event->func_id != KG_NO_FUNC
					  ? kg_funcs_get(ftrace->funcs, event->func_id)
					  : NULL);
		return true;
	case KG_LINE_RULE:
		ftrace_line_rule(&ftrace->line);
		return true;
	case KG_LINE_BLANK:
		ftrace_line_blank(&ftrace->line);
		return true;
	case KG_LINE_HEADER:
	case KG_LINE_COMMENT:
	case KG_LINE_NOISE:
	case KG_LINE_UNKNOWN:
		break;
	}
	return false;
}

static bool is_as_it_was(const struct ftrace_line *line, struct kg_bytes text)
{
	return line->bytes.count == text.len &&
	       (text.len == 0 || memcmp(line->bytes.at, text.at, text.len) == 0);
}

static void count_odd(struct kg_ftrace_counts *counts, uint64_t line_no)
{
	counts->odd++;
	if (counts->odd_first_line == 0)
		counts->odd_first_line = line_no;
}

static enum kg_status print_again(void *self, const struct kg_event *event,
				  const struct kg_detail *detail)
{
	struct kg_ftrace *ftrace = self;
	if (!make_line(ftrace, event, detail)) {
		ftrace->counts.copied += detail->line_no != ftrace->line_no;
		out_bytes(ftrace->out, detail->text.at, detail->text.len);
	} else if (is_as_it_was(&ftrace->line, detail->text)) {
		ftrace->counts.made++;
		out_bytes(ftrace->out, ftrace->line.bytes.at, ftrace->line.bytes.count);
	} else {
		count_odd(&ftrace->counts, detail->line_no);
		out_bytes(ftrace->out, detail->text.at, detail->text.len);
	}
	ftrace->line_no = detail->line_no;
	out_bytes(ftrace->out, detail->end.at, detail->end.len);
	return ftrace->line.is_starved ? KG_NOMEM : KG_OK;
}

static enum kg_status finish_again(void *self)
{
	(void)self;
	return KG_OK;
}

/*
 * As the kernel would have.
 */

static enum kg_status print_as_kernel(void *self, const struct kg_event *event,
				      const struct kg_detail *detail)
{
	struct kg_ftrace *ftrace = self;
	return ftrace_fold_take(&ftrace->fold, event, detail) ? KG_OK : KG_NOMEM;
}

static enum kg_status finish_as_kernel(void *self)
{
	struct kg_ftrace *ftrace = self;
	if (!ftrace_fold_finish(&ftrace->fold))
		return KG_NOMEM;
	ftrace->counts.made = ftrace->printer.line_count;
	ftrace->counts.untold = ftrace->printer.untold_count;
	return KG_OK;
}

static uint32_t digits_of(uint32_t number)
{
	uint32_t digits = 1;
	for (; number > 9; number /= 10)
		digits++;
	return digits;
}

enum kg_status kg_ftrace_new(struct kg_out *out, const struct kg_funcs *funcs,
			     const struct kg_tasks *tasks, const struct kg_ftrace_opts *opts,
			     struct kg_ftrace **made)
{
	struct kg_ftrace *ftrace = memory_zalloc(sizeof(*ftrace));
	if (ftrace == NULL)
		return KG_NOMEM;
	ftrace->out = out;
	ftrace->funcs = funcs;
	ftrace->as_kernel = opts->as_kernel;
	ftrace->printer = (struct ftrace_printer){
		.out = out,
		.funcs = funcs,
		.tasks = tasks,
		.columns = opts->columns != 0 ? opts->columns : KG_COLUMN_CPU | KG_COLUMN_DURATION,
		.cpu_width = digits_of(opts->cpu_count > 0 ? opts->cpu_count - 1 : 0),
		.tail = opts->tail,
		.retval = opts->retval,
		.overrun = opts->overrun,
	};
	ftrace->fold.printer = &ftrace->printer;
	*made = ftrace;
	return KG_OK;
}

struct kg_event_sink kg_ftrace_sink(struct kg_ftrace *ftrace)
{
	if (ftrace->as_kernel)
		return (struct kg_event_sink){ ftrace, print_as_kernel, finish_as_kernel };
	return (struct kg_event_sink){ ftrace, print_again, finish_again };
}

const struct kg_ftrace_counts *kg_ftrace_counts(const struct kg_ftrace *ftrace)
{
	return &ftrace->counts;
}

void kg_ftrace_free(struct kg_ftrace *ftrace)
{
	if (ftrace == NULL)
		return;
	ftrace_line_release(&ftrace->line);
	ftrace_fold_release(&ftrace->fold);
	ftrace_printer_release(&ftrace->printer);
	memory_free(ftrace);
}

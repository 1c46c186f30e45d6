/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a line of a call tree begins and ends. */
#include "render/call_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/banned.h"

static void widen(size_t *width, const char *words)
{
	if (strlen(words) > *width)
		*width = strlen(words);
}

static void write_number(char out[UNITS_LEN], uint64_t number)
{
	snprintf(out, UNITS_LEN, "%" PRIu64, number);
}

void call_line_measure(struct call_line *widths, const struct kg_call *call)
{
	char words[UNITS_LEN];
	write_number(words, call->end_line_no > call->line_no ? call->end_line_no : call->line_no);
	widen(&widths->line_width, words);
	if (call->cpu_enter != KG_NO_CPU) {
		write_number(words, call->cpu_enter);
		widen(&widths->cpu_width, words);
	}
	if (call->dur_ns != KG_NO_NS) {
		units_us(words, call->dur_ns);
		widen(&widths->time_width, words);
	}
}

void call_line_start(const struct call_line *widths, struct text *text, uint64_t line_no,
		     uint16_t cpu, const struct kg_call *timed, uint32_t level)
{
	char words[UNITS_LEN] = "";
	if (line_no != 0)
		write_number(words, line_no);
	text_set_style(text, TEXT_DIM);
	text_put_right(text, words, widths->line_width);
	text_set_style(text, TEXT_PLAIN);
	text_put_blanks(text, 2);

	if (widths->cpu_width > 0 && cpu != KG_NO_CPU) {
		write_number(words, cpu);
		text_put_right(text, words, widths->cpu_width);
		text_put(text, ") ");
	} else if (widths->cpu_width > 0) {
		text_put_blanks(text, widths->cpu_width + 2);
	}

	const char mark[] = { timed != NULL ? (char)timed->mark : '\0', '\0' };
	text_put(text, mark[0] != ' ' ? mark : "");
	text_put_blanks(text, mark[0] == '\0' || mark[0] == ' ' ? 2 : 1);
	words[0] = '\0';
	if (timed != NULL && timed->dur_ns != KG_NO_NS)
		units_us(words, timed->dur_ns);
	text_put_right(text, words, widths->time_width);
	text_put_blanks(text, 1);
	text_put_styled(text, TEXT_DIM, "|");
	text_put_blanks(text, 1 + 2 * (size_t)level);
}

void call_line_remark(struct text *text, const char *words, uint16_t cpu)
{
	text_put_blanks(text, 2);
	text_set_style(text, TEXT_DIM);
	text_put(text, words);
	text_put_number(text, cpu);
	text_put(text, ")");
	text_set_style(text, TEXT_PLAIN);
}

void call_line_end(struct text *text, const struct kg_call *call)
{
	text_put_blanks(text, 2);
	text_set_style(text, TEXT_YELLOW);
	text_put_call_flags(text, call->flags);
	text_set_style(text, TEXT_PLAIN);
	text_end_line(text);
}

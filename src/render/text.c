/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the pieces of a line look: numbers, names, tasks, colours. */
#include "render/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render/utf8.h"
#include "base/banned.h"

#define DEFAULT_WIDTH 100

struct text text_start(struct kg_out *out, const struct kg_text_opts *opts)
{
	static const struct kg_text_opts defaults = { 0 };
	if (opts == NULL)
		opts = &defaults;
	return (struct text){ .out = out,
			      .width = opts->width != 0 ? opts->width : DEFAULT_WIDTH,
			      .is_color = opts->color,
			      .is_verbose = opts->verbose };
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static void write_style(struct text *text, enum text_style style)
{
	static const char *const codes[] = {
		[TEXT_PLAIN] = "\x1b[0m",  [TEXT_BOLD] = "\x1b[1m",    [TEXT_DIM] = "\x1b[2m",
		[TEXT_GREEN] = "\x1b[32m", [TEXT_YELLOW] = "\x1b[33m", [TEXT_RED] = "\x1b[31m",
	};
	if (text->is_color)
		out_string(text->out, codes[style]);
	text->active = style;
}

/* Writes what was put off until a piece follows. */
static void settle(struct text *text)
{
	if (!text->is_dry) {
		bool is_change = text->style != text->active;
		if (is_change && text->active != TEXT_PLAIN)
			write_style(text, TEXT_PLAIN);
		out_repeat(text->out, ' ', text->blanks);
		if (is_change && text->style != TEXT_PLAIN)
			write_style(text, text->style);
	}
	text->blanks = 0;
}

void text_put(struct text *text, const char *words)
{
	size_t len = strlen(words);
	if (len == 0)
		return;
	settle(text);
	if (!text->is_dry)
		out_bytes(text->out, words, len);
	text->column += len;
}

void text_put_styled(struct text *text, enum text_style style, const char *words)
{
	enum text_style before = text->style;
	text_set_style(text, style);
	text_put(text, words);
	text_set_style(text, before);
}

void text_put_right(struct text *text, const char *words, size_t width)
{
	size_t len = strlen(words);
	text_put_blanks(text, width > len ? width - len : 0);
	text_put(text, words);
}

void text_put_name(struct text *text, const char *name)
{
	if (*name == '\0')
		return;
	settle(text);
	if (!text->is_dry)
		out_escaped(text->out, name);
	text->column += out_escaped_width(name);
}

void text_put_number(struct text *text, uint64_t number)
{
	char digits[UNITS_LEN];
	snprintf(digits, sizeof(digits), "%" PRIu64, number);
	text_put(text, digits);
}

void text_put_ns(struct text *text, uint64_t ns)
{
	char time[UNITS_LEN];
	units_ns(time, ns);
	text_put(text, time);
}

void text_put_count(struct text *text, uint64_t count, const char *noun)
{
	text_put_number(text, count);
	text_put(text, " ");
	text_put(text, noun);
	if (count != 1)
		text_put(text, "s");
}

void text_put_blanks(struct text *text, size_t count)
{
	text->blanks += count;
	text->column += count;
}

void text_put_blanks_to(struct text *text, size_t column)
{
	if (column > text->column)
		text_put_blanks(text, column - text->column);
}

void text_end_line(struct text *text)
{
	text->blanks = 0;
	text->column = 0;
	if (text->is_dry)
		return;
	if (text->active != TEXT_PLAIN)
		write_style(text, TEXT_PLAIN);
	out_bytes(text->out, "\n", 1);
}

void text_put_heading(struct text *text, const char *words)
{
	text_end_line(text);
	text_put_styled(text, TEXT_BOLD, words);
	text_end_line(text);
}

/* ---- names ----------------------------------------------------------------------------------- */

void text_put_task(struct text *text, const struct kg_tasks *tasks, kg_task_id id)
{
	if (id == KG_NO_TASK) {
		text_put(text, "-");
		return;
	}
	const struct kg_task *task = kg_tasks_get(tasks, id);
	text_put_name(text, task->comm);
	if (task->pid < 0)
		return;
	text_put(text, "-");
	text_put_number(text, (uint64_t)task->pid);
}

void text_put_func(struct text *text, const struct kg_funcs *funcs, kg_func_id id)
{
	if (id == KG_NO_FUNC) {
		text_put(text, "(unnamed)");
		return;
	}
	const struct kg_func *func = kg_funcs_get(funcs, id);
	text_put_name(text, func->name);
	if (func->module[0] == '\0')
		return;
	text_put(text, " [");
	text_put_name(text, func->module);
	text_put(text, "]");
}

void text_put_place(struct text *text, const struct kg_info *info, const char *before,
		    const struct kg_place *place)
{
	const char *between = before;
	if (place->line_no != 0) {
		text_put(text, between);
		text_put(text, "line ");
		text_put_number(text, place->line_no);
		between = ", ";
	}
	if (place->cpu != KG_NO_CPU) {
		text_put(text, between);
		text_put(text, "cpu ");
		text_put_number(text, place->cpu);
		between = ", ";
	}
	if (place->task_id != KG_NO_TASK) {
		text_put(text, between);
		text_put_task(text, info->tasks, place->task_id);
		between = ", ";
	}
	if (place->func_id != KG_NO_FUNC) {
		text_put(text, between);
		text_put_func(text, info->funcs, place->func_id);
	}
}

void text_put_cpus(struct text *text, const uint16_t *cpus, size_t count)
{
	for (size_t first = 0, last; first < count; first = last + 1) {
		last = first;
		while (last + 1 < count && cpus[last + 1] == cpus[last] + 1)
			last++;
		if (first > 0)
			text_put(text, ",");
		text_put_number(text, cpus[first]);
		if (last > first) {
			text_put(text, last == first + 1 ? "," : "-");
			text_put_number(text, cpus[last]);
		}
	}
}

void text_put_call_flags(struct text *text, uint8_t flags)
{
	static const struct {
		enum kg_call_flag flag;
		const char *words;
	} remarks[] = {
		{ KG_CALL_NO_START, "(no start)" },
		{ KG_CALL_NO_END, "(no end)" },
		{ KG_CALL_GAP, "(events lost inside)" },
	};
	bool is_first = true;
	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
		if (!(flags & remarks[i].flag))
			continue;
		if (!is_first)
			text_put_blanks(text, 1);
		text_put(text, remarks[i].words);
		is_first = false;
	}
}

/* ---- prose ----------------------------------------------------------------------------------- */

/* One word of strangers; a string without blanks, its end given by len. */
static size_t word_len(const char *words)
{
	return strcspn(words, " \t\n");
}

/* Writes a word that is not NUL-terminated in pieces that are. */
static void put_word(struct text *text, const char *word, size_t len)
{
	char piece[64];
	while (len > 0) {
		size_t some = 0;
		/* never cut inside a character */
		for (uint32_t code; some < len;) {
			size_t more = utf8_char(word + some, &code);
			more = more == 0 ? 1 : more;
			if (some + more > sizeof(piece) - 1)
				break;
			some += more;
		}
		memcpy(piece, word, some);
		piece[some] = '\0';
		text_put_name(text, piece);
		word += some;
		len -= some;
	}
}

void text_put_prose(struct text *text, const char *words, size_t indent)
{
	bool is_first = true;
	while (*words != '\0') {
		size_t len = word_len(words);
		if (len > 0) {
			if (!is_first && text->column + 1 + len > text->width) {
				text_end_line(text);
				text_put_blanks(text, indent);
			} else if (!is_first) {
				text_put_blanks(text, 1);
			}
			put_word(text, words, len);
			is_first = false;
		}
		words += len;
		words += strspn(words, " \t\n");
	}
}

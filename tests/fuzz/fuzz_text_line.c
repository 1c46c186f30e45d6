/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a line of a trace: the first byte chooses the columns.
 *
 * What a line is said to be made of lies inside it, and scanning it in a window says the same.
 */
#include <string.h>

#include "read/text_scan.h"
#include "target.h"

static void check_span(struct span line, struct span part)
{
	if (part.len == 0)
		return;
	MUST(part.at >= line.at && part.at <= line.at + line.len);
	MUST(part.len <= (size_t)(line.at + line.len - part.at));
}

static void check_line(struct span text, const struct text_line *line)
{
	struct span comm;
	check_span(text, line->task);
	check_span(text, line->next);
	check_span(text, line->flags);
	check_span(text, line->name);
	check_span(text, line->args);
	check_span(text, line->note);
	MUST((unsigned int)line->kind < TEXT_KIND_COUNT);
	MUST(line->cut <= 3);
	MUST(line->depth <= TEXT_DEPTH_MAX);
	if (line->kind == TEXT_UNKNOWN)
		return;
	MUST(line->task.len == 0 || text_task_split(line->task, &comm) >= 0);
	MUST((line->kind == TEXT_SWITCH) == (line->next.len > 0));
	if (line->kind == TEXT_ENTER || line->kind == TEXT_LEAF)
		MUST(line->name.len > 0);
	if (line->kind != TEXT_LEAF && line->kind != TEXT_LEAVE && line->kind != TEXT_LOST)
		MUST(line->dur_ns == KG_NO_NS);
}

/* The same line in a window, `copies` of it in a row so that it is known already. */
static void check_scan(struct span text, struct text_layout layout, const struct text_line *line)
{
	enum { COPIES = 3 };
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	struct window window = { 0 };
	struct source *source;
	const size_t len = COPIES * (text.len + 1);
	unsigned char *lines = malloc(len);
	MUST(lines != NULL);
	for (size_t i = 0; i < COPIES; i++) {
		if (text.len > 0)
			memcpy(lines + i * (text.len + 1), text.at, text.len);
		lines[i * (text.len + 1) + text.len] = '\n';
	}
	MUST(source_open_memory(lines, len, &source) == KG_OK);
	MUST(window_read(&window, source, 0, 4096, NULL) == KG_OK);
	MUST(text_scan_window(&scan, &window, layout));
	MUST(scan.rows.count > 0);
	for (size_t i = 0; i < scan.rows.count; i++) {
		const struct scan_row *row = &scan.rows.at[i];
		/* from a header on there may be other columns */
		if (text.len > WINDOW_LINE_MAX || line->kind == TEXT_HEADER)
			break;
		MUST(row->kind == line->kind);
		if (line->kind == TEXT_UNKNOWN)
			continue;
		MUST(row->cpu == line->cpu && row->depth == line->depth);
		MUST(row->mark == line->mark && row->dur_ns == line->dur_ns);
		MUST((row->symbol != SCAN_NONE) == (line->name.len > 0));
		if (row->symbol != SCAN_NONE)
			MUST(span_equal(intern_get(&tables.symbols, row->symbol), line->name));
	}
	text_scan_release(&scan);
	scan_tables_release(&tables);
	window_release(&window);
	source_close(source);
	free(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || memchr(data, '\n', size) != NULL)
		return 0;
	/* printable letters choose too: a corpus is easier to read so */
	const struct text_layout layout = { data[0] & 63u };
	const struct span text = { data + 1, size - 1 };
	struct text_line line;
	text_line_scan(text, layout, &line);
	check_line(text, &line);
	text_mark_is_wrong(line.mark, line.dur_ns, line.cut);
	struct text_layout declared;
	text_layout_from_header(text, &declared);
	check_scan(text, layout, &line);
	return 0;
}

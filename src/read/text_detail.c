/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which parts of a line are not in its event. */
#include "read/text_detail.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

/* A piece of a line that is longer than its window. */
#define PIECE_BYTES ((size_t)64 * 1024)

static struct kg_bytes bytes_of(struct span span)
{
	return (struct kg_bytes){ span.at, span.len };
}

/* Tells a line from what ends it. */
static void split_end(struct span line, struct kg_detail *out)
{
	size_t len = line.len;
	if (len > 0 && line.at[len - 1] == '\n')
		len--;
	if (len > 0 && line.at[len - 1] == '\r')
		len--;
	out->text = (struct kg_bytes){ line.at, len };
	out->end = (struct kg_bytes){ line.at + len, line.len - len };
}

static enum kg_line_kind kind_of(const struct scan_row *row)
{
	static const enum kg_line_kind kinds[TEXT_KIND_COUNT] = {
		[TEXT_UNKNOWN] = KG_LINE_UNKNOWN, [TEXT_BLANK] = KG_LINE_BLANK,
		[TEXT_RULE] = KG_LINE_RULE,	  [TEXT_HEADER] = KG_LINE_HEADER,
		[TEXT_NOISE] = KG_LINE_NOISE,
	};
	/* what another tracer printed */
	if (row->kind == TEXT_COMMENT && row->cpu == KG_NO_CPU)
		return KG_LINE_NOISE;
	return kinds[row->kind];
}

/* A common line: only the width of its first column is not in its row. */
static void fill_plain(const struct scan_row *row, struct kg_detail *out)
{
	const unsigned char *bracket = memchr(out->text.at, ')', out->text.len);
	out->cpu_width = (uint32_t)(bracket - out->text.at) - 1;
	out->is_named = row->flags & SCAN_NAMED;
}

/* What a comment says: in an open one, blanks at the end of the line too. */
static struct kg_bytes note_of(const struct text_line *line, const struct kg_detail *out)
{
	if (line->note.at == NULL)
		return (struct kg_bytes){ 0 };
	const unsigned char *end = line->note.at + line->note.len;
	if (line->kind == TEXT_COMMENT && !line->is_closed)
		end = out->text.at + out->text.len;
	if (line->kind == TEXT_LEAVE && line->name.len > 0)
		return bytes_of(span_of(line->name.at + line->name.len, end));
	return bytes_of(span_of(line->note.at, end));
}

static void fill_columns(const struct text_line *line, struct kg_detail *out)
{
	out->is_named = line->kind == TEXT_LEAVE && line->name.len > 0;
	out->is_closed = line->is_closed;
	out->has_flags_bar = line->has_flags_bar;
	out->cpu_width = line->cpu_width;
	out->indent = line->indent;
	out->rel_ns = line->rel_ns != KG_NO_NS ? line->rel_ns : 0;
	out->task = bytes_of(line->task);
	out->next = bytes_of(line->next);
	out->flags = bytes_of(line->flags);
	out->args = bytes_of(line->args);
	out->note = note_of(line, out);
	if (line->dur_ns > INT64_MAX && line->dur_ns != KG_NO_NS)
		out->below_ns = line->dur_ns;
}

void text_detail_fill(struct span line, const struct scan_row *row, struct text_layout layout,
		      struct kg_detail *out)
{
	*out = (struct kg_detail){ .kind = kind_of(row), .columns = layout.columns };
	split_end(line, out);
	if (out->kind != KG_LINE_EVENT)
		return;
	if (row->is_plain) {
		fill_plain(row, out);
		return;
	}
	struct text_line parts;
	text_line_scan((struct span){ out->text.at, out->text.len }, layout, &parts);
	fill_columns(&parts, out);
}

void text_rest_open(struct text_rest *rest, const struct source *source, uint64_t pos_bytes,
		    const struct kg_detail *first)
{
	const struct kg_bytes *end = &first->end;
	const bool has_newline = end->len > 0 && end->at[end->len - 1] == '\n';
	rest->pos_bytes = pos_bytes + first->text.len + end->len;
	rest->is_open = !has_newline && rest->pos_bytes < source_size(source);
	rest->kind = first->kind;
	rest->line_no = first->line_no;
}

enum kg_status text_rest_next(struct text_rest *rest, const struct source *source,
			      struct kg_detail *detail, struct kg_error *err)
{
	if (rest->bytes == NULL)
		rest->bytes = memory_alloc(PIECE_BYTES);
	if (rest->bytes == NULL)
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	struct span piece = { .at = rest->bytes };
	enum kg_status status =
		source_read(source, rest->pos_bytes, rest->bytes, PIECE_BYTES, &piece.len, err);
	if (status != KG_OK)
		return status;
	const unsigned char *newline = memchr(piece.at, '\n', piece.len);
	if (newline != NULL)
		piece = span_of(piece.at, newline + 1);
	*detail = (struct kg_detail){ .kind = rest->kind, .line_no = rest->line_no };
	split_end(piece, detail);
	text_rest_open(rest, source, rest->pos_bytes, detail);
	return KG_OK;
}

void text_rest_release(struct text_rest *rest)
{
	memory_free(rest->bytes);
	rest->bytes = NULL;
}

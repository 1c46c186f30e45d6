/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how to find the first banner of each CPU ahead of time. */
#include "read/text_owner.h"

#include "base/error.h"
#include "read/text_comment.h"
#include "read/text_line.h"
#include "base/banned.h"

static struct span line_around(struct span lines, const unsigned char *at)
{
	const unsigned char *end = lines.at + lines.len;
	const unsigned char *before = memrchr(lines.at, '\n', (size_t)(at - lines.at));
	const unsigned char *after = memchr(at, '\n', (size_t)(end - at));
	return span_of(before != NULL ? before + 1 : lines.at, after != NULL ? after : end);
}

static enum kg_status no_memory(const struct owner_search *search, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(search->source), 0, "out of memory");
}

static uint64_t position_of(const struct owner_search *search, const unsigned char *at)
{
	return search->window.pos_bytes + (uint64_t)(at - search->window.lines.at);
}

static bool is_known(const struct owner_search *search, uint16_t cpu)
{
	return cpu < search->by_cpu.count && search->by_cpu.at[cpu].is_known;
}

/*
 * Whether a line is text inside a comment, whatever it reads like. Lines are asked for in their
 * order, so that it does not depend on the windows what is known of those before.
 */
static enum kg_status is_in_comment(struct owner_search *search, const unsigned char *at,
				    bool *is_inside, struct kg_error *err)
{
	const uint64_t pos_bytes = position_of(search, at);
	uint64_t end_bytes;
	*is_inside = pos_bytes < search->uncovered;
	if (*is_inside)
		return KG_OK;
	enum kg_status status = text_comment_around(search->source, search->uncovered, pos_bytes,
						    search->layout, &end_bytes, err);
	if (status != KG_OK)
		return status;
	*is_inside = end_bytes > 0;
	search->uncovered = *is_inside ? end_bytes : pos_bytes;
	return KG_OK;
}

/* Keeps the task that a banner names first, if the banner is the first of its CPU. */
static enum kg_status keep_first(struct owner_search *search, const struct text_line *line,
				 const unsigned char *at, struct kg_error *err)
{
	bool is_inside;
	if (is_known(search, line->cpu))
		return KG_OK;
	enum kg_status status = is_in_comment(search, at, &is_inside, err);
	if (status != KG_OK || is_inside)
		return status;
	if (!column_reach(&search->by_cpu, line->cpu))
		return no_memory(search, err);
	struct owner_entry *entry = &search->by_cpu.at[line->cpu];
	entry->name = intern_add_copy(&search->names, line->task);
	entry->is_known = entry->name != INTERN_NONE;
	return entry->is_known ? KG_OK : no_memory(search, err);
}

/* Takes in the banners among some lines of one trace. */
static enum kg_status collect(struct owner_search *search, struct span lines, struct kg_error *err)
{
	const unsigned char *end = lines.at + lines.len;
	for (const unsigned char *at = lines.at; at < end;) {
		/* an arrow is rare, and a memchr is the fastest way to the next one */
		const unsigned char *head = memchr(at, '>', (size_t)(end - at));
		if (head == NULL)
			break;
		at = head + 1;
		if (head == lines.at || head[-1] != '=')
			continue;
		struct span text = line_around(lines, head);
		struct text_line line = { 0 };
		if (text.len <= WINDOW_LINE_MAX)
			text_line_scan(text, TEXT_LAYOUT_DEFAULT, &line);
		if (line.kind == TEXT_SWITCH) {
			enum kg_status status = keep_first(search, &line, text.at, err);
			if (status != KG_OK)
				return status;
		}
		at = text.at + text.len;
	}
	return KG_OK;
}

static bool is_new_trace(struct span line)
{
	return span_starts(line, SPAN("# tracer:"));
}

/* What reads like a header of another trace, or like one that declares columns; or the end. */
static struct span find_header(struct span lines)
{
	const unsigned char *end = lines.at + lines.len;
	for (const unsigned char *at = lines.at; at < end; at++) {
		at = memchr(at, '#', (size_t)(end - at));
		if (at == NULL)
			break;
		if (at > lines.at && at[-1] != '\n')
			continue;
		struct text_layout layout;
		struct span text = line_around(lines, at);
		if (is_new_trace(text) || text_layout_from_header(text, &layout))
			return text;
	}
	return span_of(end, end);
}

/* What the window at hand has behind the cursor. */
static struct span unread(const struct owner_search *search)
{
	const struct window *window = &search->window;
	const uint64_t end = window->pos_bytes + window->lines.len;
	if (search->cursor >= end)
		return (struct span){ 0 };
	size_t skip = search->cursor < window->pos_bytes
			      ? 0
			      : (size_t)(search->cursor - window->pos_bytes);
	return (struct span){ window->lines.at + skip, window->lines.len - skip };
}

/* Looks at the rest of the window at hand, or reads the next one. */
static enum kg_status look_on(struct owner_search *search, struct kg_error *err)
{
	struct span lines = unread(search);
	if (lines.len == 0) {
		if (search->next_window * search->window_bytes >= source_size(search->source)) {
			search->is_at_end = true;
			return KG_OK;
		}
		return window_read(&search->window, search->source, search->next_window++,
				   search->window_bytes, err);
	}
	const struct span header = find_header(lines);
	bool is_inside = false;
	enum kg_status status = collect(search, span_of(lines.at, header.at), err);
	if (status == KG_OK && header.len > 0)
		status = is_in_comment(search, header.at, &is_inside, err);
	if (status != KG_OK)
		return status;
	search->cursor = position_of(search, header.at + header.len);
	if (!is_inside) {
		search->is_at_end = is_new_trace(header);
		text_layout_from_header(header, &search->layout);
	}
	return KG_OK;
}

/* Goes on from a line that is in no comment. */
static void move_to(struct owner_search *search, uint64_t pos_bytes)
{
	search->cursor = search->uncovered = pos_bytes;
	/* often the window at hand is the right one: short traces in one file stay cheap */
	if (pos_bytes >= search->window.pos_bytes && unread(search).len > 0)
		return;
	search->window.lines.len = 0;
	search->next_window = pos_bytes / search->window_bytes;
}

void owner_restart(struct owner_search *search, uint64_t pos_bytes, struct text_layout layout)
{
	search->layout = layout;
	search->by_cpu.count = 0;
	search->is_at_end = false;
	move_to(search, pos_bytes);
}

void owner_pass(struct owner_search *search, uint64_t pos_bytes, struct text_layout layout)
{
	if (search->look_ahead_bytes == 0 || search->cursor >= pos_bytes)
		return;
	search->layout = layout;
	move_to(search, pos_bytes);
}

static bool may_look_on(const struct owner_search *search, uint64_t pos_bytes)
{
	return !search->is_at_end && (search->look_ahead_bytes == 0 || search->cursor < pos_bytes ||
				      search->cursor - pos_bytes < search->look_ahead_bytes);
}

static kg_task_id add_task(struct owner_search *search, uint16_t cpu)
{
	if (!is_known(search, cpu))
		return tasks_add_unnamed(search->tasks, cpu);
	struct span comm;
	struct span name = intern_get(&search->names, search->by_cpu.at[cpu].name);
	int64_t pid = text_task_split(name, &comm);
	return tasks_add(search->tasks, pid, comm);
}

enum kg_status owner_find(struct owner_search *search, uint16_t cpu, uint64_t pos_bytes,
			  kg_task_id *out, bool *is_assumed, struct kg_error *err)
{
	while (!is_known(search, cpu) && may_look_on(search, pos_bytes)) {
		enum kg_status status = look_on(search, err);
		if (status != KG_OK)
			return status;
	}
	*is_assumed = !is_known(search, cpu) && !search->is_at_end;
	*out = add_task(search, cpu);
	return *out != KG_NO_TASK ? KG_OK : no_memory(search, err);
}

void owner_release(struct owner_search *search)
{
	column_release(&search->by_cpu);
	intern_release(&search->names);
	window_release(&search->window);
}

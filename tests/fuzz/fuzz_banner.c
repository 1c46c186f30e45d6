/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as what stands behind the CPU of a context switch, in all columns.
 *
 * If it is taken for a switch, both tasks lie inside the line, do not overlap, have a pid each, and
 * the same tasks printed by the kernel's rules are found again.
 */
#include <string.h>

#include "read/text_line.h"
#include "target.h"

static struct text_line scan(const char *line, size_t len, unsigned int columns)
{
	struct text_line out;
	const struct text_layout layout = { columns };
	text_line_scan((struct span){ (const unsigned char *)line, len }, layout, &out);
	return out;
}

static bool has_arrow(struct span task)
{
	return task.len > 0 && span_find(task, SPAN("=>")) != NULL;
}

/* Writes a task in the middle of its field, an odd blank behind it. */
static char *put_task(char *to, struct span task)
{
	const size_t pad = task.len < 14 ? 14 - task.len : 0;
	memset(to, ' ', pad / 2);
	memcpy(to + pad / 2, task.at, task.len);
	memset(to + pad / 2 + task.len, ' ', pad - pad / 2);
	return to + pad + task.len;
}

static void check_again(struct span task, struct span next, unsigned int columns)
{
	char line[2 * 4096 + 64] = " 0) ";
	char *end = put_task(line + 4, task);
	memcpy(end, " => ", 4);
	end = put_task(end + 4, next);
	const struct text_line again = scan(line, (size_t)(end - line), columns);
	/* a name with a bar or an arrow in it may make the line look like another */
	if (memchr(line, '|', (size_t)(end - line)) != NULL || has_arrow(task) || has_arrow(next))
		return;
	MUST(again.kind == TEXT_SWITCH);
	MUST(span_equal(again.task, task) && span_equal(again.next, next));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[4096] = " 0) ";
	struct span comm;
	if (size == 0 || size > sizeof(line) - 4 || memchr(data, '\n', size) != NULL ||
	    memchr(data, 0, size) != NULL)
		return 0;
	const unsigned int columns = data[0] & 63u;
	memcpy(line + 4, data + 1, size - 1);
	const struct text_line found = scan(line, size + 3, columns);
	if (found.kind != TEXT_SWITCH)
		return 0;
	const unsigned char *start = (const unsigned char *)line;
	MUST(found.cpu == 0);
	MUST(found.task.at >= start && found.task.at + found.task.len <= found.next.at);
	MUST(found.next.at + found.next.len <= start + size + 3);
	MUST(text_task_split(found.task, &comm) >= 0 && text_task_split(found.next, &comm) >= 0);
	check_again(found.task, found.next, columns);
	return 0;
}

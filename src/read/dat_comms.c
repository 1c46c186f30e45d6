/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which name a pid had. */
#include "read/dat_comms.h"

#include <stdlib.h>

#include "base/banned.h"

/* "109 vm": all behind the first blank is the name. */
static bool scan_comm(struct span line, struct dat_comm *out)
{
	size_t i = 0;
	int64_t pid = 0;
	for (; i < line.len && line.at[i] >= '0' && line.at[i] <= '9'; i++) {
		pid = pid * 10 + (line.at[i] - '0');
		if (pid > INT32_MAX)
			return false;
	}
	if (i == 0 || i + 1 >= line.len || line.at[i] != ' ')
		return false;
	*out = (struct dat_comm){ pid, { line.at + i + 1, line.len - i - 1 } };
	return true;
}

/* By pid; of several names for one the first in the text comes first. */
static int compare_comms(const void *left, const void *right)
{
	const struct dat_comm *a = left;
	const struct dat_comm *b = right;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->comm.at < b->comm.at ? -1 : a->comm.at > b->comm.at;
}

bool dat_comms_take(struct dat_comms *comms, char *text, size_t len)
{
	dat_comms_release(comms);
	comms->text = text;
	const unsigned char *end = (const unsigned char *)text + len;
	for (const unsigned char *at = (const unsigned char *)text; at < end;) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		const unsigned char *line_end = newline != NULL ? newline : end;
		struct dat_comm row;
		if (scan_comm(span_of(at, line_end), &row) && !column_push(&comms->rows, row))
			return false;
		at = line_end + 1;
	}
	if (comms->rows.count > 0)
		qsort(comms->rows.at, comms->rows.count, sizeof(*comms->rows.at), compare_comms);
	return true;
}

struct span dat_comms_find(const struct dat_comms *comms, int64_t pid)
{
	size_t low = 0;
	size_t high = comms->rows.count;
	if (pid == 0)
		return SPAN("<idle>");
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (comms->rows.at[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < comms->rows.count && comms->rows.at[low].pid == pid)
		return comms->rows.at[low].comm;
	return SPAN("<...>");
}

void dat_comms_release(struct dat_comms *comms)
{
	memory_free(comms->text);
	column_release(&comms->rows);
	comms->text = NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the kernel's list of strings that records point to. */
#include "read/dat_messages.h"

#include <stdlib.h>

#include "read/print_lex.h"
#include "base/banned.h"

/* 0xffffffff8236a0d8 : "Start context switch\n" */
static bool take_row(struct dat_messages *messages, struct span line, struct arena *memory)
{
	const struct print_word address = print_word_take(&line, 8);
	const struct print_word colon = print_word_take(&line, 8);
	const struct print_word text = print_word_take(&line, 8);
	if (address.kind != WORD_NUMBER || colon.kind != WORD_SIGN || colon.sign != SIGN(':', 0) ||
	    text.kind != WORD_STRING)
		return true;
	unsigned char *bytes = arena_alloc(memory, text.text.len + 1);
	if (bytes == NULL)
		return false;
	const struct dat_message row = { address.number,
					 span_of(bytes, print_unescape(text.text, bytes)) };
	return column_push(&messages->rows, row);
}

static int compare_rows(const void *left, const void *right)
{
	const uint64_t a = ((const struct dat_message *)left)->address;
	const uint64_t b = ((const struct dat_message *)right)->address;
	return (a > b) - (a < b);
}

bool dat_messages_take(struct dat_messages *messages, struct span list, struct arena *memory)
{
	while (list.len > 0) {
		const unsigned char *end = list.at + list.len;
		const unsigned char *newline = memchr(list.at, '\n', list.len);
		if (!take_row(messages, span_of(list.at, newline != NULL ? newline : end), memory))
			return false;
		list = span_of(newline != NULL ? newline + 1 : end, end);
	}
	if (messages->rows.count > 0)
		qsort(messages->rows.at, messages->rows.count, sizeof(*messages->rows.at),
		      compare_rows);
	return true;
}

struct span dat_messages_find(const struct dat_messages *messages, uint64_t address)
{
	const struct dat_message wanted = { .address = address };
	const struct dat_message *found = NULL;
	if (messages->rows.count > 0)
		found = bsearch(&wanted, messages->rows.at, messages->rows.count, sizeof(wanted),
				compare_rows);
	return found != NULL ? found->text : (struct span){ NULL, 0 };
}

void dat_messages_release(struct dat_messages *messages)
{
	column_release(&messages->rows);
}

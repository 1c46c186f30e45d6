/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the kernel's text, read to events.
 *
 * However small the windows are and however many threads scan them, the events are the same, and
 * so are those that are handed out line by line; every line is counted once.
 */
#include <string.h>

#include "read/text_reader.h"
#include "target.h"

struct reading {
	COLUMN(struct kg_event) events;
	struct read_facts facts;
};

static void read_all(const struct source *source, const struct reader_opts *opts, bool by_line,
		     struct reading *out)
{
	static struct event_batch batch;
	struct kg_detail detail;
	struct kg_reader *reader;
	*out = (struct reading){ 0 };
	MUST(text_reader_open(source, opts, &out->facts, &reader, NULL) == KG_OK);
	for (;;) {
		enum kg_status status =
			by_line ? reader->class->next_line(reader, &batch, &detail, NULL)
				: reader->class->next(reader, &batch, NULL);
		if (status == KG_END)
			break;
		MUST(status == KG_OK);
		for (size_t i = 0; i < batch.count; i++)
			MUST(column_push(&out->events, batch.events[i]));
	}
	reader->class->close(reader);
}

static void check_same(const struct reading *a, const struct reading *b)
{
	MUST(a->events.count == b->events.count);
	MUST(a->events.count == 0 ||
	     memcmp(a->events.at, b->events.at, a->events.count * sizeof(*a->events.at)) == 0);
	MUST(memcmp(&a->facts.lines, &b->facts.lines, sizeof(a->facts.lines)) == 0);
	MUST(memcmp(&a->facts.diags, &b->facts.diags, sizeof(a->facts.diags)) == 0);
}

static void release(struct reading *reading)
{
	column_release(&reading->events);
	read_facts_release(&reading->facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct reader_opts ways[] = { { .thread_count = 1 },
						   { .window_bytes = 1, .thread_count = 1 },
						   { .window_bytes = 64, .thread_count = 2 } };
	struct source *source;
	struct reading first;
	MUST(source_open_memory(data, size, &source) == KG_OK);
	read_all(source, &ways[0], false, &first);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct reading again;
		read_all(source, &ways[i], i == 0, &again);
		check_same(&first, &again);
		release(&again);
	}
	release(&first);
	source_close(source);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every format looks like from outside: a stream of events.
 */
#ifndef READ_READER_H
#define READ_READER_H

#include <kvmgraph/error.h>
#include <kvmgraph/info.h>

#include "base/column.h"
#include "base/source.h"
#include "event/func.h"
#include "event/task.h"

/* So few that they stay in the first cache between reader and builder. */
#define EVENT_BATCH 256
/*
 * Text is read in windows of this size unless another is asked for: with what is made of it, one
 * takes about a quarter of a second-level cache of 1 MiB.
 */
#define READER_WINDOW_BYTES ((size_t)128 * 1024)

struct event_batch {
	size_t count;
	struct text_bundles *bundles; /* those that its events of kind EVENT_BUNDLE are of */
	struct kg_event events[EVENT_BATCH];
};

struct event_list {
	struct kg_event *at;
	size_t count;
	size_t cap;
};

/* Where a reader puts what it learns beside the events. Owned by whoever opened it. */
struct read_facts {
	struct kg_funcs funcs;
	struct kg_tasks tasks;
	struct kg_diags diags;
	struct kg_line_counts lines;
	uint64_t marks[KG_MARK_COUNT];
	uint64_t lost_gaps;
	uint64_t lost_events;
	bool lost_unknown;  /* a gap did not tell how many */
	uint32_t columns;   /* enum kg_column */
	const char *kernel; /* release, in memory; NULL where the input does not tell */
	struct arena memory;
	COLUMN(struct kg_cpu_info) cpus; /* by CPU number; unused ones have no counts at all */
};

struct kg_reader;

struct text_bundler;

/* What a reader does that can hand out bundles (event/bundle.h) in place of events. */
struct reader_bundling {
	/* It does from now on: before the first batch. The bundler has to stay until finish(). */
	void (*start)(struct kg_reader *reader, const struct text_bundler *bundler);
	/*
	 * Adds the events of a bundle of the last batch, whose calls are not counted then. False
	 * when memory is out.
	 */
	KG_MUST_USE bool (*unbundle)(struct kg_reader *reader, const struct kg_event *event,
				     struct event_list *out);
	/*
	 * After the last batch, or a failure: the bundler is not used any more, and if the input
	 * was at its end, all calls in bundles are counted.
	 */
	KG_MUST_USE enum kg_status (*finish)(struct kg_reader *reader);
};

struct reader_class {
	/*
	 * Fills the batch; KG_END with an empty one at the end. KG_AGAIN: tasks handed out before
	 * were wrong, since the search for them was limited by look_ahead_bytes.
	 */
	KG_MUST_USE enum kg_status (*next)(struct kg_reader *reader, struct event_batch *batch,
					   struct kg_error *err);
	/*
	 * The next line or record alone: in the batch its event, or none, and in *detail what it
	 * has beyond that, valid until the next call. KG_END behind the last. NULL for a reader
	 * whose events have no details.
	 */
	KG_MUST_USE enum kg_status (*next_line)(struct kg_reader *reader, struct event_batch *batch,
						struct kg_detail *detail, struct kg_error *err);
	/* NULL for a reader that hands out every event. */
	const struct reader_bundling *bundling;
	/* How far it is, in bytes of the source. */
	uint64_t (*position)(const struct kg_reader *reader);
	void (*close)(struct kg_reader *reader);
};

/* First member of every reader. */
struct kg_reader {
	const struct reader_class *class;
	enum kg_format format;
};

struct reader_opts {
	size_t window_bytes;   /* 0: the default */
	uint32_t thread_count; /* at most so many, the caller's included; 0: 1 */
	/* how far ahead the task of a CPU is searched; 0: to the end. See struct kg_trace_opts */
	uint64_t look_ahead_bytes;
};

/*
 * Finds out from the content which form the source has and opens the reader for it. Source and
 * facts have to stay until the reader is closed. KG_BAD_FORMAT says what the content seems to be
 * instead.
 */
KG_MUST_USE enum kg_status reader_open(const struct source *source, const struct reader_opts *opts,
				       struct read_facts *facts, struct kg_reader **out,
				       struct kg_error *err);

void read_facts_release(struct read_facts *facts);

#endif

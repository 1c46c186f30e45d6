/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Batches on their way from a reader to the builder.
 *
 * A bundle takes the place of its first line. If the builder does not take it, its events go where
 * they belong: between those that come behind the bundle, line by line.
 */
#ifndef TRACE_FEED_H
#define TRACE_FEED_H

#include "read/reader.h"
#include "tree/builder.h"

/* Ready with reader and builder set, which have to stay. */
struct feed {
	struct kg_reader *reader;
	struct builder *builder;
	struct event_list late; /* of bundles that the builder did not take, by line */
	size_t late_fed;	/* so many of them it has */
};

/* Feeds a batch that the reader has just filled. */
KG_MUST_USE enum kg_status feed_batch(struct feed *feed, const struct event_batch *batch);

/* Behind the last batch. */
KG_MUST_USE enum kg_status feed_finish(struct feed *feed);

void feed_release(struct feed *feed);

#endif

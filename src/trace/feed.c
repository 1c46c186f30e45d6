/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how events reach the builder when some of them come late: those of a refused bundle. */
#include "trace/feed.h"

#include <stdlib.h>

#include "read/text_bundles.h"
#include "base/banned.h"

/* Feeds late events up to a line. */
static enum kg_status feed_late(struct feed *feed, uint64_t line_no)
{
	struct event_list *late = &feed->late;
	const size_t first = feed->late_fed;
	while (feed->late_fed < late->count && late->at[feed->late_fed].line_no < line_no)
		feed->late_fed++;
	const size_t count = feed->late_fed - first;
	enum kg_status status =
		count > 0 ? builder_feed(feed->builder, late->at + first, count) : KG_OK;
	if (feed->late_fed == late->count)
		late->count = feed->late_fed = 0;
	return status;
}

static int compare_lines(const void *left, const void *right)
{
	const struct kg_event *a = left;
	const struct kg_event *b = right;
	return (a->line_no > b->line_no) - (a->line_no < b->line_no);
}

/* Feeds a bundle, or puts its events among the late ones: others may stand between them. */
static enum kg_status feed_bundle(struct feed *feed, const struct event_batch *batch,
				  const struct kg_event *event)
{
	struct text_bundles *bundles = batch->bundles;
	bool is_taken;
	enum kg_status status =
		builder_take_bundle(feed->builder, event, &bundles->at.at[event->func_id],
				    bundles->calls.at, bundles->notes.at, &is_taken);
	if (status != KG_OK || is_taken)
		return status;
	if (!feed->reader->class->bundling->unbundle(feed->reader, event, &feed->late))
		return KG_NOMEM;
	qsort(feed->late.at + feed->late_fed, feed->late.count - feed->late_fed,
	      sizeof(*feed->late.at), compare_lines);
	return KG_OK;
}

/* How many events follow each other from an event on. */
static size_t events_up_to_bundle(const struct event_batch *batch, size_t first)
{
	size_t i = first + 1;
	while (i < batch->count && batch->events[i].kind != EVENT_BUNDLE)
		i++;
	return i - first;
}

/* Feeds the batch with its bundles, and late events where they belong. */
static enum kg_status feed_bundled_batch(struct feed *feed, const struct event_batch *batch)
{
	enum kg_status status = KG_OK;
	for (size_t i = 0; i < batch->count && status == KG_OK;) {
		const struct kg_event *event = &batch->events[i];
		if (feed->late.count > 0)
			status = feed_late(feed, event->line_no);
		if (status != KG_OK)
			return status;
		if (event->kind == EVENT_BUNDLE) {
			status = feed_bundle(feed, batch, event);
			i++;
			continue;
		}
		const size_t count = feed->late.count > 0 ? 1 : events_up_to_bundle(batch, i);
		status = builder_feed(feed->builder, event, count);
		i += count;
	}
	return status;
}

enum kg_status feed_batch(struct feed *feed, const struct event_batch *batch)
{
	if (batch->bundles != NULL || feed->late.count > 0)
		return feed_bundled_batch(feed, batch);
	return builder_feed(feed->builder, batch->events, batch->count);
}

enum kg_status feed_finish(struct feed *feed)
{
	return feed_late(feed, UINT64_MAX);
}

void feed_release(struct feed *feed)
{
	column_release(&feed->late);
	feed->late_fed = 0;
}

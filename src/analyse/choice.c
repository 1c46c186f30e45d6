/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how one run feeds sinks of which in the end only one may be wanted. */
#include <kvmgraph/analyse.h>

#include "event/bundle.h"
#include "base/banned.h"

/* So many calls go by before the choice is looked at. */
#define CALLS_BETWEEN 1024

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	const struct kg_choice *choice = self;
	enum kg_status status = KG_OK;
	for (size_t i = choice->first; i < choice->end && status == KG_OK; i++)
		status = choice->sinks[i].opened(choice->sinks[i].self, call);
	return status;
}

static enum kg_status look_after(struct kg_choice *choice, uint64_t call_count)
{
	choice->calls += call_count;
	if (choice->calls < CALLS_BETWEEN)
		return KG_OK;
	choice->calls = 0;
	return choice->look(choice->self);
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_choice *choice = self;
	enum kg_status status = KG_OK;
	for (size_t i = choice->first; i < choice->end && status == KG_OK; i++)
		status = choice->sinks[i].closed(choice->sinks[i].self, call);
	return status == KG_OK ? look_after(choice, 1) : status;
}

static enum kg_status take_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	const struct kg_choice *choice = self;
	enum kg_status status = KG_OK;
	for (size_t i = choice->first; i < choice->end && status == KG_OK; i++)
		status = choice->sinks[i].vanished(choice->sinks[i].self, id, parent_id);
	return status;
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	const struct kg_choice *choice = self;
	enum kg_status status = KG_OK;
	for (size_t i = choice->first; i < choice->end && status == KG_OK; i++)
		status = choice->sinks[i].gap(choice->sinks[i].self, gap);
	return status;
}

static enum kg_status take_done(void *self)
{
	const struct kg_choice *choice = self;
	enum kg_status status = KG_OK;
	for (size_t i = choice->first; i < choice->end && status == KG_OK; i++)
		status = choice->sinks[i].done(choice->sinks[i].self);
	return status;
}

/* ---- bundles --------------------------------------------------------------------------------- */

static enum bundle_wish wish(void *self, kg_func_id func_id)
{
	const struct kg_choice *choice = self;
	enum bundle_wish wish = BUNDLE_FREELY;
	for (size_t i = choice->first; i < choice->end; i++) {
		const struct kg_call_sink *sink = &choice->sinks[i];
		wish = bundle_wish_both(wish, sink->bundler->wish(sink->self, func_id));
	}
	return wish;
}

static bool refuses(void *self, const struct placed_bundle *placed)
{
	const struct kg_choice *choice = self;
	for (size_t i = choice->first; i < choice->end; i++) {
		const struct kg_call_sink *sink = &choice->sinks[i];
		if (bundler_refuses(sink->bundler, sink->self, placed))
			return true;
	}
	return false;
}

static enum kg_status take_bundle(void *self, const struct placed_bundle *placed)
{
	struct kg_choice *choice = self;
	enum kg_status status = KG_OK;
	for (size_t i = choice->first; i < choice->end && status == KG_OK; i++) {
		const struct kg_call_sink *sink = &choice->sinks[i];
		status = sink->bundler->take(sink->self, placed);
	}
	return status == KG_OK ? look_after(choice, bundle_call_count(placed->bundle)) : status;
}

/* The same sink counts from the start to the end, though others may go on to be fed. */
static enum kg_status count_calls(void *self, uint32_t worker, const struct bundled_call *calls,
				  size_t count, uint64_t line_no)
{
	const struct kg_choice *choice = self;
	const struct kg_call_sink *sink = &choice->sinks[choice->counting];
	return sink->bundler->count(sink->self, worker, calls, count, line_no);
}

static uint64_t counted(const void *self, kg_func_id func_id)
{
	const struct kg_choice *choice = self;
	const struct kg_call_sink *sink = &choice->sinks[choice->counting];
	return sink->bundler->counted(sink->self, func_id);
}

static bool may_bundle(const struct kg_choice *choice)
{
	bool may = true;
	for (size_t i = choice->first; i < choice->end; i++) {
		const struct kg_bundler *bundler = choice->sinks[i].bundler;
		may &= bundler != NULL && bundler->counted != NULL;
	}
	return may;
}

static const struct kg_bundler bundler = {
	.wish = wish,
	.refuses = refuses,
	.take = take_bundle,
	.count = count_calls,
	.counted = counted,
};

struct kg_call_sink kg_choice_sink(struct kg_choice *choice)
{
	choice->counting = choice->first;
	choice->calls = 0;
	return (struct kg_call_sink){
		.self = choice,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = take_vanished,
		.gap = take_gap,
		.done = take_done,
		.bundler = may_bundle(choice) ? &bundler : NULL,
	};
}

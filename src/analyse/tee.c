/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how one run feeds two sinks. */
#include <kvmgraph/analyse.h>

#include "event/bundle.h"
#include "base/banned.h"

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct kg_tee *tee = self;
	enum kg_status status = tee->first.opened(tee->first.self, call);
	return status != KG_OK ? status : tee->second.opened(tee->second.self, call);
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_tee *tee = self;
	enum kg_status status = tee->first.closed(tee->first.self, call);
	return status != KG_OK ? status : tee->second.closed(tee->second.self, call);
}

static enum kg_status take_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	struct kg_tee *tee = self;
	enum kg_status status = tee->first.vanished(tee->first.self, id, parent_id);
	return status != KG_OK ? status : tee->second.vanished(tee->second.self, id, parent_id);
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	struct kg_tee *tee = self;
	enum kg_status status = tee->first.gap(tee->first.self, gap);
	return status != KG_OK ? status : tee->second.gap(tee->second.self, gap);
}

static enum kg_status take_done(void *self)
{
	struct kg_tee *tee = self;
	enum kg_status status = tee->first.done(tee->first.self);
	return status != KG_OK ? status : tee->second.done(tee->second.self);
}

static enum bundle_wish wish(void *self, kg_func_id func_id)
{
	const struct kg_tee *tee = self;
	return bundle_wish_both(tee->first.bundler->wish(tee->first.self, func_id),
				tee->second.bundler->wish(tee->second.self, func_id));
}

static bool refuses(void *self, const struct placed_bundle *placed)
{
	const struct kg_tee *tee = self;
	return bundler_refuses(tee->first.bundler, tee->first.self, placed) ||
	       bundler_refuses(tee->second.bundler, tee->second.self, placed);
}

static enum kg_status take_bundle(void *self, const struct placed_bundle *placed)
{
	const struct kg_tee *tee = self;
	enum kg_status status = tee->first.bundler->take(tee->first.self, placed);
	return status != KG_OK ? status : tee->second.bundler->take(tee->second.self, placed);
}

static enum kg_status count_calls(void *self, uint32_t worker, const struct bundled_call *calls,
				  size_t count, uint64_t line_no)
{
	const struct kg_tee *tee = self;
	enum kg_status status =
		tee->first.bundler->count(tee->first.self, worker, calls, count, line_no);
	return status != KG_OK ? status
			       : tee->second.bundler->count(tee->second.self, worker, calls, count,
							    line_no);
}

/* Both count the same calls. */
static uint64_t counted(const void *self, kg_func_id func_id)
{
	const struct kg_tee *tee = self;
	const struct kg_call_sink *sink =
		tee->first.bundler->counted != NULL ? &tee->first : &tee->second;
	return sink->bundler->counted(sink->self, func_id);
}

/* Whether one of both says what it counts. */
static bool may_bundle(const struct kg_tee *tee)
{
	return tee->first.bundler != NULL && tee->second.bundler != NULL &&
	       (tee->first.bundler->counted != NULL || tee->second.bundler->counted != NULL);
}

static const struct kg_bundler bundler = {
	.wish = wish,
	.refuses = refuses,
	.take = take_bundle,
	.count = count_calls,
	.counted = counted,
};

struct kg_call_sink kg_tee_sink(struct kg_tee *tee)
{
	return (struct kg_call_sink){
		.self = tee,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = take_vanished,
		.gap = take_gap,
		.done = take_done,
		.bundler = may_bundle(tee) ? &bundler : NULL,
	};
}

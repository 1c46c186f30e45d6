/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how one run feeds two sinks. */
#include <kvmgraph/analyse.h>

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

struct kg_call_sink kg_tee_sink(struct kg_tee *tee)
{
	return (struct kg_call_sink){
		.self = tee,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = take_vanished,
		.gap = take_gap,
		.done = take_done,
	};
}

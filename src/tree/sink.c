/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a sink does nothing. */
#include <kvmgraph/calls.h>

#include "base/banned.h"

enum kg_status kg_sink_ignore_call(void *self, const struct kg_call *call)
{
	(void)self;
	(void)call;
	return KG_OK;
}

enum kg_status kg_sink_ignore_vanished(void *self, kg_call_id id, kg_call_id parent_id)
{
	(void)self;
	(void)id;
	(void)parent_id;
	return KG_OK;
}

enum kg_status kg_sink_ignore_gap(void *self, const struct kg_gap *gap)
{
	(void)self;
	(void)gap;
	return KG_OK;
}

enum kg_status kg_sink_ignore_done(void *self)
{
	(void)self;
	return KG_OK;
}

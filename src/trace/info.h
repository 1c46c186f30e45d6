/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reader and builder counted, as one struct kg_info. */
#ifndef TRACE_INFO_H
#define TRACE_INFO_H

#include <kvmgraph/info.h>

#include "base/arena.h"
#include "read/reader.h"
#include "tree/builder.h"

struct trace_info {
	struct kg_info info;
	struct arena memory;
};

/* name, facts and builder have to stay as long as the info. Fails with KG_NOMEM. */
KG_MUST_USE enum kg_status trace_info_fill(struct trace_info *out, const char *name,
					   enum kg_format format, const struct read_facts *facts,
					   const struct builder *builder);
void trace_info_release(struct trace_info *info);

#endif

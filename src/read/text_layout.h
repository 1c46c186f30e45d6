/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which columns the lines of a text have. */
#ifndef READ_TEXT_LAYOUT_H
#define READ_TEXT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/error.h>
#include <kvmgraph/info.h>

#include "base/source.h"
#include "base/span.h"

struct text_layout {
	uint32_t columns; /* enum kg_column */
};

/* What `trace` prints unless told otherwise. */
#define TEXT_LAYOUT_DEFAULT ((struct text_layout){ KG_COLUMN_CPU | KG_COLUMN_DURATION })

/* Whether a line is the header that names the columns; if so, the layout it declares. */
bool text_layout_from_header(struct span line, struct text_layout *layout);

/* The layout under which most of the lines read as lines of a trace (for text without a header). */
struct text_layout text_layout_guess(struct span lines);

/* The columns that the first header of an input declares, or that its first lines show. */
KG_MUST_USE enum kg_status text_layout_find(const struct source *source, struct text_layout *out,
					    struct kg_error *err);

#endif

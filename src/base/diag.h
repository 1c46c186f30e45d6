/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting imperfections. */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <kvmgraph/diag.h>

/* Counts one imperfection; the lowest line number met is kept (0: it has none). */
static inline void diag_add(struct kg_diags *diags, enum kg_diag_kind kind, uint64_t line_no)
{
	struct kg_diag_entry *entry = &diags->entries[kind];
	entry->count++;
	if (line_no != 0 && (entry->first_line == 0 || line_no < entry->first_line))
		entry->first_line = line_no;
}

#endif

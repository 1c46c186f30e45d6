/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a record of a trace.dat has beyond its event. */
#ifndef READ_DAT_DETAIL_H
#define READ_DAT_DETAIL_H

#include <kvmgraph/event.h>

#include "read/dat_file.h"
#include "read/dat_text.h"

#define DAT_FLAGS_LEN 5
#define DAT_RETVAL_MAX 32

/* Room for what details point to. Zeroed but for the file it is ready. */
struct dat_details {
	const struct dat_file *file;
	struct dat_texts *texts; /* once something was asked of them */
	char flags[DAT_FLAGS_LEN];
	char retval[DAT_RETVAL_MAX];
	char caller[DAT_SYMBOL_MAX + 8];
};

/*
 * Fills in the details of an event that a record was taken for; they are valid until the next call,
 * and as long as the record. KG_NOMEM.
 */
KG_MUST_USE enum kg_status dat_details_fill(struct dat_details *details,
					    const struct dat_record *record,
					    const struct kg_event *event, struct kg_detail *out);
void dat_details_release(struct dat_details *details);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of tasks that trace-cmd saved with the trace. */
#ifndef READ_DAT_COMMS_H
#define READ_DAT_COMMS_H

#include <stdint.h>

#include "base/column.h"
#include "base/span.h"

struct dat_comm {
	int64_t pid;
	struct span comm; /* in the text */
};

/* A zeroed struct has no names. */
struct dat_comms {
	char *text;
	COLUMN(struct dat_comm) rows; /* ascending */
};

/*
 * Takes over the content of saved_cmdlines, in heap memory. False when memory is out; the text is
 * taken over even then.
 */
bool dat_comms_take(struct dat_comms *comms, char *text, size_t len);

/* "<idle>" for pid 0, "<...>" for an unknown one: what the kernel prints. */
struct span dat_comms_find(const struct dat_comms *comms, int64_t pid);

void dat_comms_release(struct dat_comms *comms);

#endif

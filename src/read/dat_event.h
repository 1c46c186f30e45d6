/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the records of a trace.dat mean: one event each, numbered in the order they are taken in. */
#ifndef READ_DAT_EVENT_H
#define READ_DAT_EVENT_H

#include "read/dat_cursor.h"
#include "read/dat_ids.h"
#include "read/reader.h"

/* One CPU of one buffer. */
struct dat_track {
	struct dat_cursor cursor;
	bool is_beside; /* its buffer is not the one whose calls are read */
	bool has_time;	/* its clock counts ns */
	/* who wrote the latest record */
	bool has_task;
	uint8_t event_flags;
	kg_task_id task_id;
	int64_t pid;
};

/* With file and facts set, and all else zero, it is ready. */
struct dat_events {
	const struct dat_file *file;
	struct read_facts *facts;
	struct dat_ids func_ids; /* by address */
	struct dat_ids task_ids; /* by pid */
};

/* Which graph record it is, or DAT_CALL_COUNT for any other. */
enum dat_call dat_events_call(const struct dat_events *events, const struct dat_record *record);

/*
 * Takes what a track stands on, adding one event to the batch at most. facts->cpus has a row for
 * its CPU. KG_NOMEM.
 */
KG_MUST_USE enum kg_status dat_events_take(struct dat_events *events, struct dat_track *track,
					   struct event_batch *batch, struct kg_error *err);

void dat_events_release(struct dat_events *events);

#endif

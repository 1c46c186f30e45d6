/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The buffers that the tracer fills, one a CPU: their size, what was lost, their pages. */
#ifndef CAPTURE_BUFFERS_H
#define CAPTURE_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

#include "base/column.h"

struct tracefs_instance;

struct buffers {
	COLUMN(struct kg_env_buffer) rows;
};

/* CPUs that the tracer has a buffer for: one more than the highest number. */
uint32_t buffers_count_cpus(const char *folder);
/* Whether events of somebody are in them. */
bool buffers_hold_events(const char *folder);
/* KiB for each of so many CPUs that this machine can spare. */
uint64_t buffers_choose_size(uint32_t cpu_count);

/* Takes the counters of each CPU out of the text of a file `stats`; what is not there is 0. */
void buffers_parse_stats(const char *text, struct kg_env_buffer *row);
/* Reads the counters of all CPUs. Fails with KG_IO, KG_NOMEM. */
KG_MUST_USE enum kg_status buffers_read(struct buffers *buffers, const char *folder,
					struct kg_error *err);
/* Events that were lost, in all. */
uint64_t buffers_lost(const struct buffers *buffers);
/*
 * KiB that would have held all events of the fullest CPU, from the room that those which are left
 * take, in pages of which the largest event may leave some free; 0 if none were lost.
 */
uint64_t buffers_needed_kib(const struct buffers *buffers, uint32_t page_bytes);
void buffers_release(struct buffers *buffers);

/*
 * Appends the pages of one CPU to a file, consuming them. *page_bytes is the size of one. Fails
 * with KG_IO, KG_NOMEM.
 */
KG_MUST_USE enum kg_status buffers_copy_pages(struct tracefs_instance *instance, uint32_t cpu,
					      int fd, uint64_t *copied_bytes, struct kg_error *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fills a tree of call paths from the calls of one trace.
 *
 * A phase is known when it ends, so each tree is gathered by itself, as paths with counts, and
 * added to the whole below what it turned out to be.
 */
#ifndef ANALYSE_PATH_COLLECTOR_H
#define ANALYSE_PATH_COLLECTOR_H

#include "analyse/path_scratch.h"
#include "analyse/paths.h"

struct kg_life;

/* What a function is, looked up once. */
struct func_fact {
	uint32_t name;
	uint32_t key;
	uint8_t interrupter; /* enum interrupter */
	bool is_entry;	     /* the guest runs inside */
};

/* An open call. */
struct path_frame {
	kg_func_id func_id;
	uint32_t scratch; /* index of the tree that it belongs to, or NO_SCRATCH */
	uint32_t node;
	uint32_t switches; /* of its CPU, when it was last seen to run */
	uint16_t cpu;
	bool is_top; /* of that tree */
	bool has_waited;
	bool is_void;	/* given up half-way, to be made anew: not counted */
	bool is_folded; /* it is a part of its caller by another name: not counted */
};

struct path_lane {
	COLUMN(struct path_frame) frames; /* by level */
};

/* Who is on a CPU, as far as calls tell. */
struct path_cpu {
	kg_task_id task_id;
	uint32_t switches;
};

struct path_collector {
	struct paths *paths;
	size_t run;
	const struct kg_funcs *funcs;
	struct kg_life *life;
	COLUMN(struct func_fact) facts; /* by func_id */
	COLUMN(struct path_lane) lanes;
	COLUMN(struct path_cpu) cpus;
	COLUMN(struct path_scratch) scratches;
	COLUMN(uint32_t) free_scratches;
	COLUMN(bool) has_run; /* by task_id: it entered KVM_RUN since it made a VM */
	uint32_t order;
};

/* Ready for a trace of the run with this index in paths. */
KG_MUST_USE enum kg_status collector_init(struct path_collector *collector, struct paths *paths,
					  size_t run, const struct kg_funcs *funcs,
					  const char *tmp_folder);
struct kg_call_sink collector_sink(struct path_collector *collector);
void collector_release(struct path_collector *collector);

#endif

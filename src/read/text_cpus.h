/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of each CPU while a text is read: who runs there, and how many lines it had. */
#ifndef READ_TEXT_CPUS_H
#define READ_TEXT_CPUS_H

#include "read/reader.h"
#include "read/text_owner.h"

/* How the lines of calls are counted: by the kind of their event, and named exits apart. */
enum call_line {
	LINE_ENTRY = KG_EV_ENTER,
	LINE_EXIT = KG_EV_LEAVE,
	LINE_LEAF = KG_EV_LEAF,
	LINE_EXIT_NAMED,
	CALL_LINE_COUNT
};

struct text_cpu {
	kg_task_id task_id;
	bool has_task;
	bool is_assumed;   /* in this trace lines went to its unnamed task, unless a banner comes */
	bool is_by_banner; /* a banner named the task */
	uint8_t event_flags; /* of all events of that task */
	bool is_alone;	     /* the answer of text_cpus_is_alone() ... */
	uint64_t alone_at;   /* ... at this change */
	uint64_t switches;
	uint64_t call_lines[CALL_LINE_COUNT];
};

/* Zeroed but for facts and owners it knows nothing. */
struct text_cpus {
	struct read_facts *facts;
	struct owner_search owners;
	uint64_t changes; /* of tasks, and of windows */
	COLUMN(struct text_cpu) at;
};

/* The state of a CPU; NULL when memory is out. */
struct text_cpu *text_cpus_reach(struct text_cpus *cpus, uint16_t cpu);

/* From now on a CPU runs a task. */
void text_cpus_run(struct text_cpus *cpus, struct text_cpu *state, kg_task_id task_id);

/* Finds out who runs on a CPU that no line has told it of, be it as its unnamed task. */
KG_MUST_USE enum kg_status text_cpus_search(struct text_cpus *cpus, uint16_t cpu,
					    uint64_t pos_bytes, struct text_layout layout,
					    struct kg_error *err);

/* Whether the search for the task of a CPU ended before its banner, if it has one. */
bool text_cpus_is_assumed(const struct text_cpus *cpus, uint16_t cpu);

/*
 * Whether the task of a CPU runs on no other CPU of a list: a lane of its own. Switches that are
 * missing from a trace can make it seem to run on two.
 */
bool text_cpus_is_alone(struct text_cpus *cpus, uint16_t cpu, const uint16_t *others, size_t count);

/* Another trace begins behind a position: nothing is known of it. */
void text_cpus_restart(struct text_cpus *cpus, uint64_t pos_bytes, struct text_layout layout);

/* Adds what was counted to the facts. False when memory is out. */
bool text_cpus_tell(const struct text_cpus *cpus);

void text_cpus_release(struct text_cpus *cpus);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The task table: one row a pid, one a CPU whose task nobody names. A zeroed struct is empty. */
#ifndef EVENT_TASK_H
#define EVENT_TASK_H

#include <kvmgraph/event.h>

#include "base/arena.h"
#include "base/column.h"
#include "base/intern.h"
#include "base/span.h"

struct task_slot {
	int64_t key; /* pid; the tasks of unnamed CPUs have -1 - cpu */
	kg_task_id id;
	bool is_used;
};

struct kg_tasks {
	struct task_slot *slots;
	size_t slot_mask;
	COLUMN(struct kg_task *) rows;
	struct intern comms;
	struct arena memory;
};

/*
 * The id of a task, added if new; KG_NO_TASK when memory is out. The trace may print a pid under
 * several names: a real one replaces "<...>", and the latest real one stays.
 */
kg_task_id tasks_add(struct kg_tasks *tasks, int64_t pid, struct span comm);

/* The task "?cpuN" of a CPU that no line names a task for. cpu KG_NO_CPU: "?". */
kg_task_id tasks_add_unnamed(struct kg_tasks *tasks, uint16_t cpu);

void tasks_release(struct kg_tasks *tasks);

#endif

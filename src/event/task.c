/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how tasks are told apart. */
#include "event/task.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/memory.h"

#define FIRST_SLOTS 64

static size_t start_slot(const struct kg_tasks *tasks, int64_t key)
{
	return (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 32) & tasks->slot_mask;
}

static struct task_slot *find_slot(const struct kg_tasks *tasks, int64_t key)
{
	size_t i = start_slot(tasks, key);
	while (tasks->slots[i].is_used && tasks->slots[i].key != key)
		i = (i + 1) & tasks->slot_mask;
	return &tasks->slots[i];
}

static bool grow(struct kg_tasks *tasks)
{
	size_t old_count = tasks->slots == NULL ? 0 : tasks->slot_mask + 1;
	size_t count = old_count == 0 ? FIRST_SLOTS : old_count * 2;
	struct task_slot *old = tasks->slots;
	struct task_slot *slots = memory_zalloc(count * sizeof(*slots));
	if (slots == NULL)
		return false;
	tasks->slots = slots;
	tasks->slot_mask = count - 1;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].is_used)
			*find_slot(tasks, old[i].key) = old[i];
	}
	memory_free(old);
	return true;
}

static kg_task_id add(struct kg_tasks *tasks, int64_t key, const struct kg_task *values)
{
	if (tasks->slots == NULL || tasks->rows.count >= tasks->slot_mask / 2) {
		if (!grow(tasks))
			return KG_NO_TASK;
	}
	struct task_slot *slot = find_slot(tasks, key);
	if (slot->is_used)
		return slot->id;
	struct kg_task *row = arena_alloc(&tasks->memory, sizeof(*row));
	if (row == NULL)
		return KG_NO_TASK;
	*row = *values;
	if (!column_push(&tasks->rows, row))
		return KG_NO_TASK;
	*slot = (struct task_slot){ .key = key,
				    .id = (kg_task_id)(tasks->rows.count - 1),
				    .is_used = true };
	return slot->id;
}

/* The bytes of a comm, kept once however often tasks swap names. */
static const char *keep_comm(struct kg_tasks *tasks, struct span comm)
{
	uint32_t id = intern_add_copy(&tasks->comms, comm);
	return id == INTERN_NONE ? NULL : (const char *)intern_get(&tasks->comms, id).at;
}

kg_task_id tasks_add(struct kg_tasks *tasks, int64_t pid, struct span comm)
{
	const char *kept = keep_comm(tasks, comm);
	if (kept == NULL)
		return KG_NO_TASK;
	struct kg_task values = { .pid = pid, .comm = kept, .is_idle = pid == 0 };
	kg_task_id id = add(tasks, pid, &values);
	if (id != KG_NO_TASK && !span_equal(comm, SPAN("<...>")))
		tasks->rows.at[id]->comm = kept;
	return id;
}

kg_task_id tasks_add_unnamed(struct kg_tasks *tasks, uint16_t cpu)
{
	char comm[16] = "?";
	if (cpu != KG_NO_CPU)
		snprintf(comm, sizeof(comm), "?cpu%u", (unsigned int)cpu);
	const char *kept =
		keep_comm(tasks, (struct span){ (const unsigned char *)comm, strlen(comm) });
	if (kept == NULL)
		return KG_NO_TASK;
	struct kg_task values = { .pid = -1, .comm = kept, .is_inferred = true };
	return add(tasks, -1 - (int64_t)cpu, &values);
}

void tasks_release(struct kg_tasks *tasks)
{
	memory_free(tasks->slots);
	column_release(&tasks->rows);
	intern_release(&tasks->comms);
	arena_release(&tasks->memory);
	tasks->slots = NULL;
	tasks->slot_mask = 0;
}

uint32_t kg_tasks_count(const struct kg_tasks *tasks)
{
	return (uint32_t)tasks->rows.count;
}

const struct kg_task *kg_tasks_get(const struct kg_tasks *tasks, kg_task_id id)
{
	return tasks->rows.at[id];
}

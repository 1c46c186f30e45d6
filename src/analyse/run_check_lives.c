/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which phases of a trace are one VM's, and which VMs are those of a report. */
#include "analyse/run_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/banned.h"

/* Of so many VMs that live at once nobody can say whose thread a task is. */
#define MAX_ALIVE 64

struct gathering {
	struct lives *lives;
	struct kg_life *life;
	const struct kg_tasks *tasks;
	COLUMN(uint32_t) open; /* by task: one more than the life that it leads; 0: none */
	COLUMN(uint32_t) alive;
};

static const char *comm_of(const struct kg_tasks *tasks, kg_task_id task_id)
{
	return kg_tasks_get(tasks, task_id)->comm;
}

/* ---- whose a phase is ------------------------------------------------------------------------ */

/* Adds a life that a task leads; NO_LIFE when memory is out. */
static uint32_t start_life(struct gathering *gathering, kg_task_id task_id)
{
	struct lives *lives = gathering->lives;
	if (!column_push(&lives->lives, (struct vm_life){ .creator = task_id, .only_asks = true }))
		return NO_LIFE;
	gathering->open.at[task_id] = (uint32_t)lives->lives.count;
	return (uint32_t)lives->lives.count - 1;
}

static bool come_alive(struct gathering *gathering, uint32_t life)
{
	gathering->lives->overlaps |= gathering->alive.count > 0;
	gathering->lives->lives.at[life].alive = (uint32_t)gathering->alive.count + 1;
	return column_push(&gathering->alive, life);
}

static void end_life(struct gathering *gathering, uint32_t life)
{
	struct vm_life *rows = gathering->lives->lives.at;
	if (rows[life].alive > 0) {
		/* the last one takes its place */
		const uint32_t last = gathering->alive.at[--gathering->alive.count];
		gathering->alive.at[rows[life].alive - 1] = last;
		rows[last].alive = rows[life].alive;
		rows[life].alive = 0;
	}
	if (gathering->open.at[rows[life].creator] == life + 1)
		gathering->open.at[rows[life].creator] = 0;
}

/* The only VM alive, of those whose creators have the name of a task; NO_LIFE where not just one.
 */
static uint32_t find_alive(const struct gathering *gathering, const char *comm, size_t *count)
{
	uint32_t found = NO_LIFE;
	*count = 0;
	for (size_t i = 0; i < gathering->alive.count && i < MAX_ALIVE; i++) {
		const uint32_t life = gathering->alive.at[i];
		const char *other =
			comm_of(gathering->tasks, gathering->lives->lives.at[life].creator);
		if (comm != NULL && strcmp(comm, other) != 0)
			continue;
		found = life;
		++*count;
	}
	return *count == 1 && gathering->alive.count <= MAX_ALIVE ? found : NO_LIFE;
}

/* A task that leads no life: a vCPU's thread, whoever has the last file, or the trace began late.
 */
static enum kg_status place_guest(struct gathering *gathering, struct seen *seen, bool is_teardown)
{
	size_t count;
	const char *comm = comm_of(gathering->tasks, seen->task_id);
	seen->life = find_alive(gathering, is_teardown ? NULL : comm, &count);
	if (seen->life != NO_LIFE && is_teardown)
		seen->task_id = gathering->lives->lives.at[seen->life].creator;
	if (seen->life != NO_LIFE || count > 0)
		return KG_OK;
	seen->life = start_life(gathering, seen->task_id);
	return seen->life != NO_LIFE && come_alive(gathering, seen->life) ? KG_OK : KG_NOMEM;
}

static enum kg_status place_create(struct gathering *gathering, struct seen *seen)
{
	struct lives *lives = gathering->lives;
	const uint32_t open = gathering->open.at[seen->task_id];
	/* what was asked before belongs to it, unless that is a VM already */
	const bool is_begun = open != 0 && lives->lives.at[open - 1].alive == 0;
	seen->life = is_begun ? open - 1 : start_life(gathering, seen->task_id);
	if (seen->life == NO_LIFE)
		return KG_NOMEM;
	lives->lives.at[seen->life].has_create = true;
	return come_alive(gathering, seen->life) ? KG_OK : KG_NOMEM;
}

static enum kg_status place(struct gathering *gathering, struct seen *seen)
{
	const bool is_question = seen->kind == KG_PHASE_PROBE || seen->kind == KG_PHASE_MMAP_SIZE;
	const bool is_teardown = seen->kind == KG_PHASE_RELEASE_VCPU ||
				 seen->kind == KG_PHASE_RELEASE_VM ||
				 seen->kind == KG_PHASE_DESTROY_VM;
	enum kg_status status = KG_OK;
	if (!column_reach(&gathering->open, seen->task_id))
		return KG_NOMEM;
	const uint32_t open = gathering->open.at[seen->task_id];
	if (seen->kind == KG_PHASE_CREATE_VM) {
		status = place_create(gathering, seen);
	} else if (open != 0) {
		seen->life = open - 1;
	} else if (is_question) {
		seen->life = start_life(gathering, seen->task_id);
		status = seen->life != NO_LIFE ? KG_OK : KG_NOMEM;
	} else {
		status = place_guest(gathering, seen, is_teardown);
	}
	if (status != KG_OK || seen->life == NO_LIFE)
		return status;
	gathering->lives->lives.at[seen->life].only_asks &= is_question;
	if (seen->kind == KG_PHASE_DESTROY_VM)
		end_life(gathering, seen->life);
	return status;
}

/* ---- gathering ------------------------------------------------------------------------------- */

/* Phases that the kernel comes to at a time of its own, or by memory alone, are nobody's steps. */
static bool is_asked_for(uint8_t kind)
{
	switch ((enum kg_phase_kind)kind) {
	case KG_PHASE_PROBE:
	case KG_PHASE_CREATE_VM:
	case KG_PHASE_SET_TSS:
	case KG_PHASE_MEMSLOT:
	case KG_PHASE_CREATE_VCPU:
	case KG_PHASE_MMAP_SIZE:
	case KG_PHASE_MAP_VCPU:
	case KG_PHASE_GET_SREGS:
	case KG_PHASE_SET_SREGS:
	case KG_PHASE_GET_REGS:
	case KG_PHASE_SET_REGS:
	case KG_PHASE_RUN:
	case KG_PHASE_RELEASE_VCPU:
	case KG_PHASE_RELEASE_VM:
	case KG_PHASE_DESTROY_VM:
		return true;
	case KG_PHASE_VCPU_FAULT:
	case KG_PHASE_MMU_NOTIFIER:
	case KG_PHASE_MM_TEARDOWN:
	case KG_PHASE_HARDWARE_ENABLE:
	case KG_PHASE_HARDWARE_DISABLE:
	case KG_PHASE_WORKER:
	case KG_PHASE_RCU:
	case KG_PHASE_KIND_COUNT:
		break;
	}
	return false;
}

static enum kg_status gather_phase(struct gathering *gathering, uint32_t row)
{
	struct kg_life *life = gathering->life;
	struct kg_phase phase;
	struct kg_run run = { .ended_by = KG_REASON_UNKNOWN };
	enum kg_status status = kg_life_phase(life, row, &phase);
	if (status != KG_OK || !is_asked_for(phase.kind) || phase.task_id == KG_NO_TASK)
		return status;
	if (phase.run_index != UINT32_MAX)
		status = kg_life_run(life, phase.run_index, &run);
	if (status != KG_OK)
		return status;
	struct seen seen = { .row = row,
			     .life = NO_LIFE,
			     .task_id = phase.task_id,
			     .kind = phase.kind,
			     .ended_by = run.ended_by,
			     .has_ioctl = phase.ioctl != 0 };
	status = place(gathering, &seen);
	if (status == KG_OK && !column_push(&gathering->lives->seen, seen))
		status = KG_NOMEM;
	return status;
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen *left = a;
	const struct seen *right = b;
	if (left->life != right->life)
		return left->life < right->life ? -1 : 1;
	if (left->task_id != right->task_id)
		return left->task_id < right->task_id ? -1 : 1;
	return left->row < right->row ? -1 : 1;
}

static void sort_seen(struct lives *lives)
{
	if (lives->seen.count > 0)
		qsort(lives->seen.at, lives->seen.count, sizeof(*lives->seen.at), compare_seen);
	for (size_t i = 0; i < lives->seen.count; i++) {
		const uint32_t life = lives->seen.at[i].life;
		if (life == NO_LIFE)
			break;
		if (lives->lives.at[life].count++ == 0)
			lives->lives.at[life].first = (uint32_t)i;
	}
}

enum kg_status lives_gather(struct lives *lives, struct kg_life *life, const struct kg_tasks *tasks)
{
	struct kg_life_report report;
	struct gathering gathering = { .lives = lives, .life = life, .tasks = tasks };
	enum kg_status status = kg_life_report(life, &report);
	for (size_t row = 0; status == KG_OK && row < report.phase_count; row++)
		status = gather_phase(&gathering, (uint32_t)row);
	column_release(&gathering.open);
	column_release(&gathering.alive);
	sort_seen(lives);
	return status;
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* Leaves those to the report that have a VM made before our eyes, if these are enough. */
static void choose_by_begin(struct kg_run_check *check)
{
	struct lives *lives = &check->lives;
	uint32_t created = 0;
	for (size_t i = 0; i < lives->lives.count; i++)
		created += lives->lives.at[i].has_create;
	lives->ours = 0;
	for (size_t i = 0; i < lives->lives.count; i++) {
		struct vm_life *life = &lives->lives.at[i];
		life->is_ours = !check->wants_vm || life->has_create ||
				(created < check->lives_wanted && !life->only_asks);
		lives->ours += life->is_ours;
	}
}

/* What a task of the VMM is called, as far as is known; a trace may have less of it. */
static const char *vmm_comm(const struct kg_environment *environment)
{
	if (environment == NULL || environment->command.count == 0)
		return NULL;
	const char *path = environment->command.at[0];
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* Leaves out the VMs of programs that are called something else, if that leaves any. */
static void choose_by_name(struct kg_run_check *check)
{
	struct lives *lives = &check->lives;
	const char *name = vmm_comm(check->input.environment);
	uint32_t named = 0;
	for (int pass = 0; pass < 2 && name != NULL; pass++) {
		for (size_t i = 0; i < lives->lives.count; i++) {
			struct vm_life *life = &lives->lives.at[i];
			const char *comm = comm_of(check->input.info->tasks, life->creator);
			const bool is_named =
				comm[0] != '\0' && strncmp(comm, name, strlen(comm)) == 0;
			if (pass == 0)
				named += life->is_ours && is_named;
			else
				life->is_ours = life->is_ours && is_named;
		}
		if (named == 0)
			return;
	}
	if (name != NULL)
		lives->ours = named;
}

static uint64_t parameter(const struct kg_run_report *run, const char *name)
{
	for (size_t i = 0; i < run->parameter_count; i++) {
		if (strcmp(run->parameters[i].name, name) == 0)
			return run->parameters[i].value;
	}
	return 1;
}

/* Whether the phases of several tasks may have got under one name, or one's under several. */
static bool is_blurred(const struct kg_run_check *check)
{
	const struct lives *lives = &check->lives;
	const struct kg_run_report *run = check->input.run;
	bool has_inferred = false;
	bool has_strays = false;
	const char *ours = NULL;
	bool has_several = parameter(run, "vcpus") > 1 || parameter(run, "parallel") > 1;
	for (size_t i = 0; i < lives->lives.count && ours == NULL; i++) {
		if (lives->lives.at[i].is_ours)
			ours = comm_of(check->input.info->tasks, lives->lives.at[i].creator);
	}
	for (size_t i = 0; i < lives->seen.count; i++) {
		const struct seen *seen = &lives->seen.at[i];
		has_inferred |= kg_tasks_get(check->input.info->tasks, seen->task_id)->is_inferred;
		has_several |= seen->task_id != lives->seen.at[0].task_id;
		has_strays |= seen->life == NO_LIFE && ours != NULL &&
			      strcmp(comm_of(check->input.info->tasks, seen->task_id), ours) == 0;
	}
	return (has_inferred && has_several) || has_strays;
}

void lives_choose(struct kg_run_check *check)
{
	choose_by_begin(check);
	if (check->lives.ours > check->lives_wanted)
		choose_by_name(check);
	check->lives.is_blurred = is_blurred(check);
}

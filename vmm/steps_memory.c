/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows memslots, their dirty pages, and what is in a guest's memory when it starts. */
#include "steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/layout.h"

#define PAGE UINT64_C(4096)

/* ---- slots ----------------------------------------------------------------------------------- */

static bool set_slot(struct machine *machine, const struct step *step, struct log_row *row,
		     uint64_t bytes)
{
	const struct kvm_userspace_memory_region region = {
		.slot = step->row->slot + step->index,
		.flags = step->row->is_logged ? KVM_MEM_LOG_DIRTY_PAGES : 0,
		.guest_phys_addr = step_slot_address(machine->plan, step),
		.memory_size = bytes,
		.userspace_addr =
			(uintptr_t)machine->memory + step_slot_backing(machine->plan, step),
	};
	snprintf(row->detail, sizeof(row->detail), "slot %u: %" PRIu64 " bytes at 0x%" PRIx64,
		 region.slot, bytes, (uint64_t)region.guest_phys_addr);
	row_ioctl(machine, step, row, machine->vm_fd, KVM_SET_USER_MEMORY_REGION,
		  (uintptr_t)&region);
	return step_succeeded(machine, step, row);
}

/* A new slot, or one that is there at another address. */
bool step_memslot_put(struct machine *machine, const struct step *step, struct log_row *row)
{
	return set_slot(machine, step, row, step_slot_bytes(machine->plan, step));
}

bool step_memslot_delete(struct machine *machine, const struct step *step, struct log_row *row)
{
	return set_slot(machine, step, row, 0);
}

/* ---- dirty pages ----------------------------------------------------------------------------- */

static bool is_dirty(const uint64_t *bitmap, uint64_t page)
{
	return (bitmap[page / 64] >> (page % 64) & 1) != 0;
}

/* Tells how many pages are dirty and whether they are the ones that the step names. */
static bool judge_bitmap(struct machine *machine, const struct step *step, struct log_row *row,
			 const uint64_t *bitmap, uint64_t pages)
{
	const uint32_t every = step->row->dirty_every;
	uint64_t count = 0;
	uint64_t wrong = pages;
	for (uint64_t page = pages; page-- > 0;) {
		count += is_dirty(bitmap, page);
		if (is_dirty(bitmap, page) != (every != 0 && page % every == 0))
			wrong = page;
	}
	snprintf(row->detail, sizeof(row->detail), "%" PRIu64 " of %" PRIu64 " pages dirty", count,
		 pages);
	row->is_ok = wrong == pages || step->row->dirty_any;
	if (row->is_ok)
		return true;
	return machine_fail(machine, step, OUTCOME_DIFFERS, "%s, page %" PRIu64 " %s", row->detail,
			    wrong, is_dirty(bitmap, wrong) ? "is" : "is not");
}

bool step_dirty_log(struct machine *machine, const struct step *step, struct log_row *row)
{
	const uint64_t pages = step_slot_bytes(machine->plan, step) / PAGE;
	uint64_t *bitmap = calloc(pages / 64 + 1, sizeof(*bitmap));
	if (bitmap == NULL)
		return machine_fail(machine, step, OUTCOME_INTERNAL, "out of memory");
	struct kvm_dirty_log log = { .slot = step->row->slot };
	log.dirty_bitmap = bitmap;
	row_ioctl(machine, step, row, machine->vm_fd, KVM_GET_DIRTY_LOG, (uintptr_t)&log);
	const bool is_done = step_succeeded(machine, step, row) &&
			     judge_bitmap(machine, step, row, bitmap, pages);
	free(bitmap);
	return is_done;
}

/* ---- the guest ------------------------------------------------------------------------------- */

#define PRESENT_WRITABLE 0x003
#define ACCESSED 0x020
#define DIRTY_LARGE 0x0c0

/* One to one, with the bits set that a processor would set, so that it need not write here. */
static void write_page_tables(const struct machine *machine)
{
	const uint64_t table = PRESENT_WRITABLE | ACCESSED;
	const uint64_t large = PRESENT_WRITABLE | ACCESSED | DIRTY_LARGE;
	uint64_t *pml4 = (uint64_t *)machine_at(machine, GUEST_PML4);
	uint64_t *pdpt = (uint64_t *)machine_at(machine, GUEST_PDPT);
	uint64_t *pd = (uint64_t *)machine_at(machine, GUEST_PD);
	uint32_t *directory = (uint32_t *)machine_at(machine, GUEST_DIRECTORY);
	pml4[0] = GUEST_PDPT | table;
	pdpt[0] = GUEST_PD | table;
	for (uint64_t i = 0; i < PAGE / sizeof(*pd); i++)
		pd[i] = i << 21 | large;
	for (uint32_t i = 0; i < PAGE / sizeof(*directory); i++)
		directory[i] = i << 22 | (uint32_t)large;
}

bool step_load_guest(struct machine *machine, const struct step *step, struct log_row *row)
{
	const struct scenario *scenario = machine->plan->scenario;
	const size_t len = (size_t)(scenario->guest_end - scenario->guest);
	row_begin(machine, step, row);
	memcpy(machine_at(machine, scenario->code), scenario->guest, len);
	if (machine->plan->memory_base == 0)
		write_page_tables(machine);
	row_end(machine, step, row, 0);
	snprintf(row->detail, sizeof(row->detail), "%zu byte%s at 0x%" PRIx64, len,
		 len == 1 ? "" : "s", scenario->code);
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a document speaks of memslots, and where those beside the main one are put. */
#include "scenario_reader.h"

#include <inttypes.h>

#include "guest/layout.h"

#define PAGE UINT64_C(4096)

static bool add_main_slot(struct scenario_reader *reader, const struct step_place *place,
			  const struct scenario_step *row)
{
	if (row->pages.fixed != 0 && reader->main_pages != 0 &&
	    row->pages.fixed != reader->main_pages)
		return document_fail(&reader->document, place->spot,
				     "slot 0 has %" PRIu64 " pages, where \"memory\" or an earlier "
				     "step says %" PRIu64,
				     row->pages.fixed, reader->main_pages);
	if (row->pages.fixed != 0)
		reader->main_pages = row->pages.fixed;
	reader->has |= HAS_MAIN_SLOT;
	return true;
}

/* Behind the others, with a page between that it can be moved into. */
static bool add_other_slot(struct scenario_reader *reader, const struct step_place *place,
			   struct slot_state *slot, uint64_t pages)
{
	pages = pages != 0 ? pages : 1;
	if (slot->pages != pages) {
		if (reader->slot_room + pages + 1 > (GUEST_MMIO - GUEST_SLOTS) / PAGE)
			return document_fail(&reader->document, place->spot,
					     "the slots beside the main one are larger than the %d "
					     "MiB that there are for them",
					     (GUEST_MMIO - GUEST_SLOTS) >> 20);
		slot->address = GUEST_SLOTS + reader->slot_room * PAGE;
		slot->backing = reader->slot_pages * PAGE;
		reader->slot_room += pages + 1;
		reader->slot_pages += pages;
	}
	slot->pages = pages;
	return true;
}

static bool read_slot_add(struct scenario_reader *reader, const struct step_place *place,
			  struct scenario_step *row)
{
	uint64_t pages = 0;
	struct slot_state *slot = &reader->slots[row->slot];
	if (!document_number(&reader->document, place->spot, place->object, "pages",
			     GUEST_SLOTS / PAGE, &pages) ||
	    !document_flag(&reader->document, place->spot, place->object, "log_dirty",
			   &row->is_logged))
		return false;
	if (slot->is_there)
		return document_fail(&reader->document, place->spot,
				     "slot %u is there already (memslot-delete comes first)",
				     row->slot);
	slot->is_there = true;
	slot->is_logged = row->is_logged;
	slot->is_moved = false;
	row->pages = (struct amount)FIXED(pages);
	return row->slot == 0 ? add_main_slot(reader, place, row)
			      : add_other_slot(reader, place, slot, pages);
}

static void undo_slot(struct scenario_reader *reader, uint32_t number)
{
	reader->slots[number].is_there = false;
	if (number == 0)
		reader->has &= ~(unsigned int)HAS_MAIN_SLOT;
}

/* What is done with a slot that is there. */
static bool change_slot(struct scenario_reader *reader, const struct step_place *place,
			struct scenario_step *row)
{
	struct slot_state *slot = &reader->slots[row->slot];
	if (!slot->is_there)
		return document_fail(&reader->document, place->spot,
				     "there is no slot %u (memslot-add comes first)", row->slot);
	row->is_logged = slot->is_logged && row->kind == STEP_MEMSLOT_MOVE;
	if (row->kind == STEP_DIRTY_LOG && !slot->is_logged)
		return document_fail(
			&reader->document, place->spot,
			"slot %u has no log (its memslot-add says \"log_dirty\": true)", row->slot);
	if (row->kind == STEP_MEMSLOT_MOVE && row->slot == 0)
		return document_fail(&reader->document, place->spot,
				     "slot 0 cannot be moved: the guest's code is in it");
	if (row->kind == STEP_MEMSLOT_MOVE)
		slot->is_moved = !slot->is_moved;
	if (row->kind == STEP_MEMSLOT_DELETE)
		undo_slot(reader, row->slot);
	/* the guest's own pages may be logged where it only reads */
	row->dirty_any = row->kind == STEP_DIRTY_LOG && row->slot == 0;
	return true;
}

bool read_slot(struct scenario_reader *reader, const struct step_place *place,
	       struct scenario_step *row)
{
	uint64_t number = 0;
	if (!document_number(&reader->document, place->spot, place->object, "slot", SLOTS_MOST - 1,
			     &number))
		return false;
	row->slot = (uint32_t)number;
	const struct slot_state *slot = &reader->slots[number];
	if (!(row->kind == STEP_MEMSLOT_ADD ? read_slot_add(reader, place, row)
					    : change_slot(reader, place, row)))
		return false;
	/* the main one's is what the plan makes of it */
	row->pages = (struct amount)FIXED(number == 0 ? 0 : slot->pages);
	row->address = slot->address + (slot->is_moved ? PAGE : 0);
	row->backing = slot->backing;
	return true;
}

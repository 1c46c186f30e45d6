/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which rows bundles stand for. */
#include "read/text_bundles.h"

#include <string.h>

#include "base/hash.h"
#include "read/text_line.h"
#include "base/banned.h"

bool text_bundles_start(struct text_bundles *bundles, size_t row_count)
{
	const size_t words = row_count / 64 + 1;
	bundles->at.count = 0;
	bundles->calls.count = 0;
	bundles->notes.count = 0;
	bundles->cpus.count = 0;
	if (!column_reserve(&bundles->shown, words) ||
	    !column_reserve(&bundles->starts, row_count) ||
	    !column_reserve(&bundles->calls, row_count) || !column_reserve(&bundles->notes, 1))
		return false;
	bundles->is_used = true;
	memset(bundles->shown.at, 0, words * sizeof(*bundles->shown.at));
	memset(bundles->mark_lines, 0, sizeof(bundles->mark_lines));
	return true;
}

/* Adds the notes of a bundle. False when memory is out. */
static bool add_notes(struct text_bundles *bundles, struct event_bundle *bundle,
		      const struct bundle_note *notes, size_t note_count)
{
	uint64_t hash = 0;
	if (!column_reserve(&bundles->notes, bundles->notes.count + note_count))
		return false;
	bundle->first_note = (uint32_t)bundles->notes.count;
	bundle->note_count = (uint32_t)note_count;
	for (size_t i = 0; i < note_count; i++) {
		struct bundle_note *note = &bundles->notes.at[bundles->notes.count++];
		*note = notes[i];
		note->level = (uint16_t)(note->level - bundle->depth);
		hash = hash_mix(hash, bundle_note_word(note));
	}
	bundle->notes_hash = hash;
	return true;
}

bool text_bundles_add(struct text_bundles *bundles, struct scan_row *rows,
		      const struct event_bundle *bundle, const struct bundle_note *notes,
		      size_t note_count)
{
	if (!column_push(&bundles->at, *bundle) ||
	    !add_notes(bundles, &bundles->at.at[bundles->at.count - 1], notes, note_count))
		return false;
	bundles->starts.at[bundle->first_row] = (uint32_t)bundles->at.count - 1;
	rows[bundle->first_row].is_plain = ROW_STARTS_BUNDLE;
	bundles_show(bundles, bundle->first_row);
	return true;
}

void text_bundles_drop_calls(struct text_bundles *bundles, const struct event_bundle *bundle)
{
	for (uint32_t i = bundle->first_call; i < bundle->calls_end; i++) {
		struct bundled_call *call = &bundles->calls.at[i];
		if (bundle_has(bundle, call))
			call->func_id = KG_NO_FUNC;
	}
}

void text_bundles_open(struct text_bundles *bundles, struct scan_row *rows, uint32_t number)
{
	const struct event_bundle *bundle = &bundles->at.at[number];
	text_bundles_drop_calls(bundles, bundle);
	rows[bundle->first_row].is_plain = ROW_IS_PLAIN;
	for (uint32_t i = bundle->first_row; i <= bundle->last_row; i++) {
		if (rows[i].cpu != bundle->cpu)
			continue;
		bundles_show(bundles, i);
		if (rows[i].kind != TEXT_ENTER)
			bundles->mark_lines[rows[i].mark]--;
	}
}

void text_bundles_open_from(struct text_bundles *bundles, struct scan_row *rows, size_t row)
{
	for (size_t i = 0; i < bundles->at.count; i++) {
		const uint32_t first_row = bundles->at.at[i].first_row;
		if (first_row >= row && rows[first_row].is_plain == ROW_STARTS_BUNDLE)
			text_bundles_open(bundles, rows, (uint32_t)i);
	}
}

void text_bundles_release(struct text_bundles *bundles)
{
	column_release(&bundles->at);
	column_release(&bundles->calls);
	column_release(&bundles->notes);
	column_release(&bundles->shown);
	column_release(&bundles->starts);
	column_release(&bundles->cpus);
}

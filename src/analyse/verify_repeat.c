/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which bundles repeat others, and what they come to. */
#include "analyse/verify_repeat.h"

#include <string.h>

#include "analyse/verify.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/banned.h"

#define REPEATS_MAX 1024
#define NUMBERS 4096 /* a power of two, some times as many */
#define POOL_LEN 65536
#define AFTERMATH_LEN (sizeof(struct aftermath) / sizeof(uint64_t))
/* Bundles with more notes are gone through. */
#define NOTES_MAX 1024

/* Set in the word of a note: its call is only a part of its caller. */
#define NOTE_IS_PART BUNDLE_NOTE_FREE_BIT
/* Set in the word of a match: it waits for a call around the bundle to end. */
#define MATCH_WAITS (UINT64_C(1) << 32)

/* ---- the table ------------------------------------------------------------------------------- */

static enum kg_status start(struct repeats *repeats)
{
	if (repeats->memory != NULL)
		return KG_OK;
	repeats->memory = memory_zalloc(POOL_LEN * sizeof(*repeats->pool) +
					REPEATS_MAX * sizeof(*repeats->rows) +
					NUMBERS * sizeof(*repeats->numbers));
	if (repeats->memory == NULL)
		return KG_NOMEM;
	repeats->pool = repeats->memory;
	repeats->rows = (struct repeat *)(repeats->pool + POOL_LEN);
	repeats->numbers = (uint16_t *)(repeats->rows + REPEATS_MAX);
	return KG_OK;
}

void repeats_release(struct repeats *repeats)
{
	memory_free(repeats->memory);
}

static void forget(struct repeats *repeats)
{
	repeats->count = 0;
	repeats->pool_used = 0;
	memset(repeats->numbers, 0, NUMBERS * sizeof(*repeats->numbers));
}

static uint64_t *take_words(struct repeats *repeats, size_t len)
{
	uint64_t *words = repeats->pool + repeats->pool_used;
	repeats->pool_used += len;
	return words;
}

/* ---- matches --------------------------------------------------------------------------------- */

static size_t set_len_of(const struct match *match)
{
	return match->automaton != NULL ? match->automaton->set_len : 0;
}

static uint32_t tally_count_of(const struct bundle_visit *visit, const struct match *match)
{
	return visit->verify->spec->calls.at[match->call].tally_count;
}

static uint64_t word_of(const struct match *match)
{
	return match->call | (match->token.id != KG_NO_CALL ? MATCH_WAITS : 0);
}

/* How many words a match takes before and behind a bundle. */
static size_t len_before(const struct match *match)
{
	return 1 + set_len_of(match);
}

static size_t len_behind(const struct bundle_visit *visit, const struct match *match)
{
	return 1 + set_len_of(match) + tally_count_of(visit, match);
}

static size_t len_of_matches(const struct bundle_visit *visit)
{
	const struct verify_lane *lane = visit->lane;
	size_t len = 0;
	for (size_t i = 0; i < lane->live.count; i++)
		len += len_before(lane->live.at[i].match) +
		       len_behind(visit, lane->live.at[i].match);
	return len;
}

static uint64_t hash_of(const struct bundle_visit *visit)
{
	const struct verify_lane *lane = visit->lane;
	uint64_t hash = visit->placed->bundle->notes_hash;
	for (size_t i = 0; i < lane->live.count; i++) {
		const struct match *match = lane->live.at[i].match;
		hash = hash_mix(hash, word_of(match));
		for (size_t j = 0; j < set_len_of(match); j++)
			hash = hash_mix(hash, match->states[j]);
	}
	return hash;
}

static bool has_states(const struct match *match, const uint64_t *states)
{
	for (size_t i = 0; i < set_len_of(match); i++) {
		if (match->states[i] != states[i])
			return false;
	}
	return true;
}

static bool has_matches(const struct verify_lane *lane, const struct repeat *repeat)
{
	const uint64_t *before = repeat->before;
	if (lane->live.count != repeat->live_count)
		return false;
	for (size_t i = 0; i < lane->live.count; i++) {
		const struct match *match = lane->live.at[i].match;
		if (before[0] != word_of(match) || !has_states(match, before + 1))
			return false;
		before += len_before(match);
	}
	return true;
}

/* ---- notes ----------------------------------------------------------------------------------- */

static const struct function_entry *entry_of(const struct bundle_visit *visit,
					     const struct bundle_note *note)
{
	return &visit->verify->functions.at[note->func_id];
}

static bool has_notes(const struct bundle_visit *visit, const struct repeat *repeat)
{
	const struct bundle_note *notes = visit->placed->notes;
	if (visit->placed->bundle->note_count != repeat->note_count)
		return false;
	for (uint32_t i = 0; i < repeat->note_count; i++) {
		if (((bundle_note_word(&notes[i]) ^ repeat->notes[i]) & ~NOTE_IS_PART) != 0)
			return false;
	}
	for (uint32_t i = 0; repeat->has_split && i < repeat->note_count; i++) {
		if (entry_of(visit, &notes[i])->is_split &&
		    bundle_is_part(visit, notes[i].call) !=
			    ((repeat->notes[i] & NOTE_IS_PART) != 0))
			return false;
	}
	return true;
}

/* Whether rules are told of the start or the end of a call. */
static bool is_telling(const struct function_entry *entry, const struct bundle_note *note)
{
	return entry->has_end_rules || (entry->hook_count > 0 && note->kind != NOTE_LEAVE);
}

static void write_notes(const struct bundle_visit *visit, struct repeat *repeat)
{
	for (uint32_t i = 0; i < repeat->note_count; i++) {
		const struct bundle_note *note = &visit->placed->notes[i];
		const struct function_entry *entry = entry_of(visit, note);
		const bool is_part = entry->is_split && bundle_is_part(visit, note->call);
		repeat->notes[i] = bundle_note_word(note) | (is_part ? NOTE_IS_PART : 0);
		repeat->has_split |= entry->is_split;
		if (!is_part && is_telling(entry, note))
			repeat->telling[repeat->telling_count++] = i;
	}
}

/* ---- lines as notes -------------------------------------------------------------------------- */

/* Puts the number of a note in place of its line; false if it is none's. */
static bool find_note(const struct placed_bundle *placed, uint64_t *line_no)
{
	for (uint32_t i = 0; i < placed->bundle->note_count; i++) {
		if (bundle_note_line(placed->bundle, &placed->notes[i]) == *line_no) {
			*line_no = i;
			return true;
		}
	}
	return false;
}

static bool find_note_of_hint(const struct placed_bundle *placed, struct hint *hint)
{
	return hint->expected_count == 0 || find_note(placed, &hint->in.line_no);
}

/* Makes a departure independent of where its bundle stands; false if it is not. */
static bool find_notes(const struct bundle_visit *visit, struct departure *departure, bool is_told)
{
	const struct placed_bundle *placed = visit->placed;
	bool is_found = find_note(placed, &departure->place.line_no) &&
			departure->place.task_id == placed->task_id &&
			departure->place.cpu == placed->bundle->cpu;
	for (uint32_t i = 0; i < departure->enclosing_count; i++)
		is_found &= find_note(placed, &departure->enclosing[i].line_no);
	return is_found && (!is_told || find_note_of_hint(placed, &departure->hint));
}

static void find_line(const struct placed_bundle *placed, uint64_t *note)
{
	*note = bundle_note_line(placed->bundle, &placed->notes[*note]);
}

static void find_line_of_hint(const struct placed_bundle *placed, struct hint *hint)
{
	if (hint->expected_count > 0)
		find_line(placed, &hint->in.line_no);
}

static void find_lines(const struct placed_bundle *placed, struct departure *departure,
		       bool is_told)
{
	find_line(placed, &departure->place.line_no);
	departure->place.task_id = placed->task_id;
	departure->place.cpu = placed->bundle->cpu;
	for (uint32_t i = 0; i < departure->enclosing_count; i++)
		find_line(placed, &departure->enclosing[i].line_no);
	if (is_told)
		find_line_of_hint(placed, &departure->hint);
}

/* ---- what came of a bundle ------------------------------------------------------------------- */

/* Whether the notes do not tell what the call of a departure has in it: a part of it is first. */
static bool is_first_untold(const struct bundle_visit *visit, const struct departure *departure)
{
	const struct bundle_note *note = &visit->placed->notes[departure->place.line_no];
	return departure->kind == DEPART_ENDED && departure->is_wrong_call &&
	       note->first_func_id != KG_NO_FUNC &&
	       visit->verify->functions.at[note->first_func_id].is_split;
}

/* Notes what is to be said of a match beyond its states; false if that cannot be remembered. */
static bool note_aftermath(const struct bundle_visit *visit, struct repeat *repeat, uint32_t live,
			   const struct match *match, uint64_t progress_before)
{
	struct repeats *repeats = &visit->verify->repeats;
	if (POOL_LEN - repeats->pool_used < AFTERMATH_LEN)
		return false;
	struct aftermath *aftermath = (struct aftermath *)take_words(repeats, AFTERMATH_LEN);
	if (repeat->aftermath_count++ == 0)
		repeat->aftermaths = aftermath;
	aftermath->live = live;
	aftermath->is_dead = match->is_dead;
	aftermath->is_told = match->is_dead && match->is_told;
	aftermath->hint = match->hint;
	if (match->progress == progress_before)
		/* it still has the hint that it had, wherever that leads */
		aftermath->hint.expected_count = 0;
	if (!find_note_of_hint(visit->placed, &aftermath->hint))
		return false;
	if (!match->is_dead)
		return true;
	aftermath->departure = match->departure;
	aftermath->departure.progress -= progress_before;
	/* how many were too many depends on how many there were */
	if (match->departure.kind == DEPART_TALLY && match->departure.enclosing_count == 0)
		return false;
	return find_notes(visit, &aftermath->departure, aftermath->is_told) &&
	       !is_first_untold(visit, &aftermath->departure);
}

void repeat_note(const struct bundle_visit *visit, struct repeat *repeat)
{
	const struct repeats *repeats = &visit->verify->repeats;
	uint64_t *behind = repeat->behind;
	repeat->is_known = true;
	repeat->is_plain = !repeats->is_spoilt;
	for (uint32_t i = 0; repeat->is_plain && i < repeat->live_count; i++) {
		const struct match *match = repeats->visited[i];
		const uint64_t progress_before = behind[0];
		uint64_t *tallies = behind + 1 + set_len_of(match);
		behind[0] = match->progress - progress_before;
		memcpy(behind + 1, match->states, set_len_of(match) * sizeof(*behind));
		for (uint32_t j = 0; j < tally_count_of(visit, match); j++)
			tallies[j] = match->tallies[j] - tallies[j];
		repeat->is_plain = !match->is_cut;
		if (repeat->is_plain &&
		    (match->is_dead || (behind[0] > 0 && match->hint.expected_count > 0)))
			repeat->is_plain = note_aftermath(visit, repeat, i, match, progress_before);
		behind += len_behind(visit, match);
	}
}

/* ---- taking it over -------------------------------------------------------------------------- */

/* Whether a match may count so many calls more. */
static bool has_room(const struct bundle_visit *visit, const struct match *match,
		     const uint64_t *tallies)
{
	const struct kg_spec *spec = visit->verify->spec;
	const struct call_pattern *pattern = &spec->calls.at[match->call];
	for (uint32_t i = 0; i < pattern->tally_count; i++) {
		if (tallies[i] > 0 && spec_bound_is_exceeded(spec, &pattern->tallies[i].bound,
							     match->tallies[i] + tallies[i]))
			return false;
	}
	return true;
}

/* Whether a match would die at its first step, with a hint that comes from before the bundle. */
static bool has_old_hint(const struct match *match, const struct repeat *repeat, uint32_t live,
			 uint64_t steps)
{
	if (steps > 0 || match->hint.expected_count == 0)
		return false;
	for (uint32_t i = 0; i < repeat->aftermath_count; i++) {
		if (repeat->aftermaths[i].live == live)
			return true;
	}
	return false;
}

bool repeat_fits(const struct bundle_visit *visit, const struct repeat *repeat)
{
	const uint64_t *behind = repeat->behind;
	for (uint32_t i = 0; repeat->is_plain && i < repeat->live_count; i++) {
		const struct match *match = visit->lane->live.at[i].match;
		if (match->is_cut || has_old_hint(match, repeat, i, behind[0]) ||
		    !has_room(visit, match, behind + 1 + set_len_of(match)))
			return false;
		behind += len_behind(visit, match);
	}
	return repeat->is_plain;
}

static void go_on(struct match *match, uint32_t tally_count, const uint64_t *behind)
{
	const size_t set_len = set_len_of(match);
	if (behind[0] > 0) {
		match->progress += behind[0];
		match->hint.expected_count = 0;
		for (size_t i = 0; i < set_len; i++)
			match->states[i] = behind[1 + i];
	}
	for (uint32_t i = 0; i < tally_count; i++)
		match->tallies[i] += behind[1 + set_len + i];
}

static void take_aftermath(const struct bundle_visit *visit, struct match *match,
			   const struct aftermath *aftermath, uint64_t progress_before)
{
	if (aftermath->hint.expected_count > 0) {
		match->hint = aftermath->hint;
		find_line_of_hint(visit->placed, &match->hint);
	}
	if (!aftermath->is_dead)
		return;
	match->is_dead = true;
	match->is_told = aftermath->is_told;
	match->departure = aftermath->departure;
	match->departure.progress += progress_before;
	find_lines(visit->placed, &match->departure, aftermath->is_told);
}

void repeat_take_matches(const struct bundle_visit *visit, const struct repeat *repeat)
{
	const uint64_t *behind = repeat->behind;
	uint32_t next = 0; /* of the aftermaths */
	for (uint32_t i = 0; i < repeat->live_count; i++) {
		struct match *match = visit->lane->live.at[i].match;
		const uint64_t progress_before = match->progress;
		go_on(match, tally_count_of(visit, match), behind);
		if (next < repeat->aftermath_count && repeat->aftermaths[next].live == i)
			take_aftermath(visit, match, &repeat->aftermaths[next++], progress_before);
		behind += len_behind(visit, match);
	}
}

static enum kg_status tell_rules(const struct bundle_visit *visit, const struct bundle_note *note)
{
	struct kg_call call;
	enum kg_status status = KG_OK;
	bundle_call(visit->placed, note, &call);
	if (note->kind != NOTE_LEAVE)
		status = rules_open_repeated(visit->verify, visit->lane, &call);
	if (status == KG_OK && note->kind != NOTE_ENTER && entry_of(visit, note)->has_end_rules)
		rules_close(visit->verify, visit->lane, &call);
	return status;
}

enum kg_status repeat_take(const struct bundle_visit *visit, const struct repeat *repeat)
{
	enum kg_status status = KG_OK;
	repeat_take_matches(visit, repeat);
	if (repeat->aftermath_count > 0)
		lane_drop_dead(visit->lane);
	for (uint32_t i = 0; i < repeat->telling_count && status == KG_OK; i++)
		status = tell_rules(visit, &visit->placed->notes[repeat->telling[i]]);
	return status;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Writes what is known before a bundle is gone through: with room, that is. */
static struct repeat *add(const struct bundle_visit *visit, uint64_t hash)
{
	struct repeats *repeats = &visit->verify->repeats;
	struct repeat *repeat = &repeats->rows[repeats->count++];
	*repeat = (struct repeat){ .hash = hash,
				   .note_count = visit->placed->bundle->note_count,
				   .live_count = (uint32_t)visit->lane->live.count };
	repeat->notes = take_words(repeats, repeat->note_count);
	repeat->telling = (uint32_t *)take_words(repeats, (repeat->note_count + 1) / 2);
	repeat->before = repeats->pool + repeats->pool_used;
	for (size_t i = 0; i < repeat->live_count; i++) {
		struct match *match = visit->lane->live.at[i].match;
		uint64_t *words = take_words(repeats, len_before(match));
		repeats->visited[i] = match;
		words[0] = word_of(match);
		memcpy(words + 1, match->states, set_len_of(match) * sizeof(*words));
	}
	/* as they are now, for what is to become the difference */
	repeat->behind = repeats->pool + repeats->pool_used;
	for (size_t i = 0; i < repeat->live_count; i++) {
		const struct match *match = visit->lane->live.at[i].match;
		uint64_t *words = take_words(repeats, len_behind(visit, match));
		words[0] = match->progress;
		memcpy(words + 1 + set_len_of(match), match->tallies,
		       tally_count_of(visit, match) * sizeof(*words));
	}
	write_notes(visit, repeat);
	repeats->is_spoilt = false;
	return repeat;
}

/*
 * Whether the live matches of a lane are all that counts: how many calls of an "each" are followed
 * depends on the dead ones, too.
 */
static bool is_simple(const struct bundle_visit *visit)
{
	const struct verify_lane *lane = visit->lane;
	if (visit->placed->bundle->note_count > NOTES_MAX || lane->live.count > REPEAT_LIVE_MAX ||
	    kg_funcs_count(visit->verify->funcs) > BUNDLE_NOTE_FUNCS_MAX)
		return false;
	for (size_t i = 0; i < lane->matches.count; i++) {
		const struct match *match = lane->matches.at[i];
		if (match->is_dead && match->parent == NULL)
			return false;
	}
	return true;
}

enum kg_status repeat_find(const struct bundle_visit *visit, struct repeat **out)
{
	struct repeats *repeats = &visit->verify->repeats;
	const size_t note_count = visit->placed->bundle->note_count;
	*out = NULL;
	if (!is_simple(visit))
		return KG_OK;
	if (start(repeats) != KG_OK)
		return KG_NOMEM;
	const uint64_t hash = hash_of(visit);
	size_t at = hash % NUMBERS;
	for (; repeats->numbers[at] != 0; at = (at + 1) % NUMBERS) {
		struct repeat *repeat = &repeats->rows[repeats->numbers[at] - 1];
		if (repeat->hash == hash && has_matches(visit->lane, repeat) &&
		    has_notes(visit, repeat)) {
			repeats->is_spoilt = false;
			*out = repeat;
			return KG_OK;
		}
	}
	const size_t len = 2 * note_count + len_of_matches(visit);
	if (len > POOL_LEN)
		return KG_OK;
	if (repeats->count == REPEATS_MAX || POOL_LEN - repeats->pool_used < len) {
		forget(repeats);
		at = hash % NUMBERS;
	}
	*out = add(visit, hash);
	repeats->numbers[at] = (uint16_t)repeats->count;
	return KG_OK;
}

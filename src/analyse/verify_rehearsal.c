/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows whether what is remembered of a bundle is what comes of it. */
#include "analyse/verify_rehearsal.h"

#ifndef NDEBUG
#include <string.h>

#include "analyse/verify.h"
#include "base/assert.h"
#include "base/memory.h"
#include "base/banned.h"

static size_t size_of(const struct bundle_visit *visit, const struct match *match)
{
	const struct call_pattern *pattern = &visit->verify->spec->calls.at[match->call];
	return match_size(match->automaton, pattern->tally_count);
}

bool rehearsal_start(const struct bundle_visit *visit, const struct repeat *repeat)
{
	struct rehearsal *rehearsal = &visit->verify->repeats.rehearsal;
	const size_t count = visit->lane->live.count;
	size_t size = 0;
	if (++rehearsal->asked_count % 2 == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		size += size_of(visit, visit->lane->live.at[i].match);
	/* what has to come out, and what there is now */
	unsigned char *expected = memory_alloc(2 * size + 1);
	unsigned char *before = expected + size;
	if (expected == NULL)
		return false;
	for (size_t i = 0, at = 0; i < count; i++) {
		struct match *match = visit->lane->live.at[i].match;
		memcpy(before + at, match, size_of(visit, match));
		rehearsal->matches[i] = match;
		at += size_of(visit, match);
	}
	repeat_take_matches(visit, repeat);
	for (size_t i = 0, at = 0; i < count; i++) {
		struct match *match = rehearsal->matches[i];
		memcpy(expected + at, match, size_of(visit, match));
		memcpy(match, before + at, size_of(visit, match));
		at += size_of(visit, match);
	}
	rehearsal->count = count;
	rehearsal->expected = expected;
	return true;
}

static bool is_same_place(const struct kg_place *a, const struct kg_place *b)
{
	return a->line_no == b->line_no && a->task_id == b->task_id && a->func_id == b->func_id &&
	       a->cpu == b->cpu;
}

static bool is_same_enclosing(const struct enclosing *a, const struct enclosing *b)
{
	return a->line_no == b->line_no && a->func_id == b->func_id;
}

static bool is_same_hint(const struct hint *a, const struct hint *b)
{
	return a->expected_count == b->expected_count &&
	       (a->expected_count == 0 || is_same_enclosing(&a->in, &b->in)) &&
	       memcmp(a->expected, b->expected, a->expected_count * sizeof(*a->expected)) == 0;
}

static void check_departure(const struct departure *found, const struct departure *expected,
			    bool is_told)
{
	KG_ASSERT(found->kind == expected->kind);
	KG_ASSERT(is_same_place(&found->place, &expected->place));
	KG_ASSERT(found->progress == expected->progress);
	KG_ASSERT(found->is_wrong_call == expected->is_wrong_call);
	if (found->is_wrong_call)
		KG_ASSERT(found->first_inner == expected->first_inner);
	KG_ASSERT(found->enclosing_count == expected->enclosing_count);
	for (uint32_t i = 0; i < found->enclosing_count; i++)
		KG_ASSERT(is_same_enclosing(&found->enclosing[i], &expected->enclosing[i]));
	if (found->kind == DEPART_BANNED || found->kind == DEPART_TALLY)
		KG_ASSERT(found->call == expected->call);
	if (found->kind == DEPART_TALLY)
		KG_ASSERT(found->tally == expected->tally &&
			  found->tally_count == expected->tally_count);
	if (!is_told)
		return;
	KG_ASSERT(is_same_hint(&found->hint, &expected->hint));
	KG_ASSERT(found->may_end == expected->may_end);
	KG_ASSERT(found->expected_count == expected->expected_count);
	KG_ASSERT(memcmp(found->expected, expected->expected,
			 found->expected_count * sizeof(*found->expected)) == 0);
}

/* numbers: the states of the expected one and what it has counted. */
static void check_match(const struct match *found, const struct match *expected,
			const uint64_t *numbers, size_t number_count)
{
	KG_ASSERT(found->is_dead == expected->is_dead);
	KG_ASSERT(found->is_cut == expected->is_cut);
	KG_ASSERT(found->progress == expected->progress);
	KG_ASSERT(is_same_hint(&found->hint, &expected->hint));
	KG_ASSERT(memcmp(found->states, numbers, number_count * sizeof(*numbers)) == 0);
	if (!found->is_dead)
		return;
	KG_ASSERT(found->is_told == expected->is_told);
	check_departure(&found->departure, &expected->departure, found->is_told);
}

void rehearsal_end(const struct bundle_visit *visit, bool is_whole)
{
	struct rehearsal *rehearsal = &visit->verify->repeats.rehearsal;
	for (size_t i = 0, at = 0; is_whole && i < rehearsal->count; i++) {
		const struct match *match = rehearsal->matches[i];
		const size_t size = size_of(visit, match);
		struct match expected;
		memcpy(&expected, rehearsal->expected + at, sizeof(expected));
		check_match(match, &expected,
			    (const uint64_t *)(const void *)(rehearsal->expected + at +
							     sizeof(expected)),
			    (size - sizeof(expected)) / sizeof(uint64_t));
		at += size;
	}
	KG_ASSERT(!is_whole || !visit->verify->repeats.is_spoilt);
	memory_free(rehearsal->expected);
	rehearsal->expected = NULL;
}
#endif

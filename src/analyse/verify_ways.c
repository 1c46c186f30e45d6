/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which ways were gone, and what a check comes to on all of them. */
#include "analyse/verify.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

struct choice {
	size_t picked;
	size_t count;
};

struct kg_ways {
	COLUMN(struct choice) choices;
	size_t position; /* of the next choice on the way that is being gone */
	size_t gone_count;
	size_t possible_count;		/* of these */
	bool is_too_many;		/* there are more than were gone */
	COLUMN(struct kg_check) checks; /* what they come to on all possible ones */
	struct arena memory;
};

enum kg_status kg_ways_new(struct kg_ways **out, struct kg_error *err)
{
	struct kg_ways *ways = memory_zalloc(sizeof(*ways));
	if (ways == NULL)
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	*out = ways;
	return KG_OK;
}

void kg_ways_free(struct kg_ways *ways)
{
	if (ways == NULL)
		return;
	column_release(&ways->choices);
	column_release(&ways->checks);
	arena_release(&ways->memory);
	memory_free(ways);
}

enum kg_status ways_choose(struct kg_ways *ways, size_t count, size_t *out)
{
	const struct choice first = { .count = count };
	if (ways->position == ways->choices.count && !column_push(&ways->choices, first))
		return KG_NOMEM;
	*out = ways->choices.at[ways->position++].picked;
	return KG_OK;
}

bool kg_verify_has_ways(const struct kg_verify *verify)
{
	return verify->open_choices > 0;
}

void kg_verify_go(struct kg_verify *verify, struct kg_ways *ways)
{
	verify->ways = ways;
	ways->position = 0;
}

/* ---- what checks come to --------------------------------------------------------------------- */

/* Copies a text; false when memory was out. */
static bool keep_text(struct kg_ways *ways, const char **text)
{
	if (*text == NULL)
		return true;
	*text = arena_copy_string(&ways->memory, *text);
	return *text != NULL;
}

static bool copy_check(struct kg_ways *ways, const struct kg_check *from, struct kg_check *to)
{
	*to = *from;
	return keep_text(ways, &to->expected) && keep_text(ways, &to->found) &&
	       keep_text(ways, &to->why);
}

/* The same check on one more way. */
static bool merge_check(struct kg_ways *ways, const struct kg_check *check, struct kg_check *all)
{
	const bool is_failed = check->verdict == KG_VERDICT_FAIL;
	const bool was_failed = all->verdict == KG_VERDICT_FAIL;
	if (is_failed == was_failed)
		return verdict_badness(check->verdict) <= verdict_badness(all->verdict) ||
		       copy_check(ways, check, all);
	if (is_failed && !copy_check(ways, check, all))
		return false;
	all->verdict = KG_VERDICT_INCONCLUSIVE;
	all->why = "it depends on whose some of the tasks are, and nothing tells that";
	return true;
}

static enum kg_status merge_checks(struct kg_ways *ways, const struct kg_verify *verify)
{
	const bool is_first = ways->possible_count++ == 0;
	for (size_t i = 0; i < verify->own_check_count; i++) {
		struct kg_check check = { 0 };
		if (is_first && !column_push(&ways->checks, check))
			return KG_NOMEM;
		if (is_first ? !copy_check(ways, &verify->checks.at[i], &ways->checks.at[i])
			     : !merge_check(ways, &verify->checks.at[i], &ways->checks.at[i]))
			return KG_NOMEM;
	}
	return KG_OK;
}

/* Goes to the next way; false if there is none. */
static bool go_on(struct kg_ways *ways)
{
	while (ways->choices.count > 0) {
		struct choice *last = &ways->choices.at[ways->choices.count - 1];
		if (++last->picked < last->count)
			return true;
		ways->choices.count--;
	}
	return false;
}

enum kg_status kg_ways_take(struct kg_ways *ways, struct kg_verify *verify,
			    const struct kg_info *info, bool *out_has_next)
{
	struct kg_verify_report report;
	enum kg_status status = KG_OK;
	*out_has_next = false;
	if (!verify->is_impossible)
		status = kg_verify_report(verify, info, &report);
	if (status == KG_OK && !verify->is_impossible)
		status = merge_checks(ways, verify);
	if (status != KG_OK)
		return status;
	*out_has_next = go_on(ways);
	ways->is_too_many = ++ways->gone_count >= WAYS_MAX && *out_has_next;
	*out_has_next &= !ways->is_too_many;
	return KG_OK;
}

enum kg_status kg_verify_settle(struct kg_verify *verify, const struct kg_info *info,
				const struct kg_ways *ways)
{
	struct kg_verify_report report;
	enum kg_status status = kg_verify_report(verify, info, &report);
	if (status != KG_OK || ways->is_too_many || ways->possible_count == 0)
		return status;
	for (size_t i = 0; i < verify->own_check_count; i++)
		verify->checks.at[i] = ways->checks.at[i];
	return KG_OK;
}

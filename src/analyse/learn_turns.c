/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows which functions take turns though their names do not tell: what one step has to bring to an
 * end that another began.
 */
#include <inttypes.h>

#include "analyse/learn_rules.h"
#include "analyse/learn_words.h"
#include "base/banned.h"

#define CANDIDATES_MAX 32
#define TURNS_MAX 6

/* Calls of two functions over the steps of all tasks. */
struct turns {
	struct words words;    /* the first one, the second one */
	struct passages calls; /* of the shape that was looked at last */
	shape_id shape;
	bool is_split; /* some step has one without the other */
	bool is_broken;
};

/* Only what some calls have below and others have not is left open by the patterns. */
static uint32_t find_candidates(const struct former *former, uint32_t *out)
{
	uint32_t count = 0;
	for (uint32_t name = 0; name < former->learn->name_infos.count; name++) {
		uint64_t min;
		uint64_t max;
		rules_range(former, name, &min, &max);
		if (former->is_optional[name] && min > 1 && !rules_is_unfit(former, name) &&
		    !pairs_has_counterpart(&former->learn->pairs, name) && count < CANDIDATES_MAX)
			out[count++] = name;
	}
	return count;
}

/* One shape of a step: whether it goes on where the last one ended. */
static void take_calls(struct turns *turns, uint64_t times, bool *is_open)
{
	const struct passages *calls = &turns->calls;
	const bool was_open = *is_open;
	uint32_t firsts = 0;
	for (size_t i = 0; i < calls->tokens.count && !turns->is_broken; i++) {
		const bool is_first = calls->tokens.at[i].word == 0;
		turns->is_broken = is_first == *is_open;
		*is_open = is_first;
		firsts += is_first;
	}
	turns->is_split |= firsts * 2 != calls->tokens.count;
	/* the same again has to begin as this one did */
	turns->is_broken |= times > 1 && *is_open != was_open;
}

static bool take_task(const struct former *former, const struct learn_task *task,
		      struct turns *turns)
{
	bool is_open = false;
	for (size_t i = 0; i < task->steps.count && !turns->is_broken; i++) {
		const struct learn_step *step = &task->steps.at[i];
		if (step->shape == NO_SHAPE) {
			turns->is_broken = true;
			break;
		}
		if (step->shape != turns->shape) {
			turns->calls.tokens.count = 0;
			turns->shape = step->shape;
			if (!words_project(former, &turns->words, step->shape, &turns->calls))
				return false;
		}
		take_calls(turns, step->times, &is_open);
	}
	turns->is_broken |= is_open || task->is_cut;
	return true;
}

/* *take_turns: in every task of every whole trace, over steps that have one of them alone. */
static bool look_at(const struct former *former, uint32_t first, uint32_t second, bool *take_turns)
{
	const struct kg_learn *learn = former->learn;
	struct turns turns = { .words = { .names = { first, second }, .count = 2 },
			       .shape = NO_SHAPE };
	bool is_done = true;
	for (size_t t = 0; t < learn->traces.count && is_done && !turns.is_broken; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		turns.is_broken |=
			learn_count_of(trace, first).calls != learn_count_of(trace, second).calls;
		for (size_t i = 0; i < trace->tasks.count && trace->lack.is_whole && is_done; i++)
			is_done = take_task(former, &trace->tasks.at[i], &turns);
	}
	*take_turns = turns.is_split && !turns.is_broken;
	passages_release(&turns.calls);
	return is_done;
}

static bool add_turns(const struct former *former, uint32_t first, uint32_t second, rule_list *out)
{
	const struct learn_name *infos = former->learn->name_infos.at;
	const uint32_t names[] = { first, second };
	uint64_t count = 0;
	for (size_t t = 0; t < former->learn->traces.count; t++)
		count += learn_count_of(&former->learn->traces.at[t], first).calls;
	const struct kg_learned_rule rule = {
		.kind = KG_LEARNED_PAIR,
		.per = "task",
		.title = arena_format(former->memory, "each %s is followed by %s",
				      infos[first].text, infos[second].text),
		.why = arena_format(former->memory, "%" PRIu64 " of %" PRIu64 " in %s.", count,
				    count, rules_traces(former, former->trace_count)),
	};
	return rules_add(former, &rule, names, 2, out);
}

bool turns_find(const struct former *former, rule_list *out)
{
	uint32_t names[CANDIDATES_MAX];
	const uint32_t count = find_candidates(former, names);
	size_t added = 0;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < count && added < TURNS_MAX; j++) {
			bool take_turns = false;
			if (i != j && !look_at(former, names[i], names[j], &take_turns))
				return false;
			if (!take_turns)
				continue;
			if (!add_turns(former, names[i], names[j], out))
				return false;
			added++;
		}
	}
	return true;
}

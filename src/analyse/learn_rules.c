/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which rules the traces keep. */
#include "analyse/learn_rules.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

/* So many rules of a kind are as much as anybody reads. */
#define PAIRS_MAX 24
#define EXPRS_MAX 12
#define BUDGETS_MAX 12
/* What takes less is not worth a budget. */
#define BUDGET_MIN_NS 10000
/* Functions whose numbers are compared in one rule. */
#define EQUAL_MAX 4

/* ---- pieces ---------------------------------------------------------------------------------- */

static const char *text_of(const struct former *former, uint32_t name)
{
	return former->learn->name_infos.at[name].text;
}

static const struct name_callers *callers_of(const struct former *former, uint32_t name)
{
	return &former->callers->rows.at[name];
}

bool rules_is_unfit(const struct former *former, uint32_t name)
{
	const struct kg_learn *learn = former->learn;
	const struct learn_name *info = &learn->name_infos.at[name];
	bool is_torn = false;
	for (size_t t = 0; t < learn->traces.count; t++)
		is_torn |= learn->traces.at[t].lack.is_whole &&
			   learn_count_of(&learn->traces.at[t], name).is_torn;
	return is_torn || !info->is_plain || info->is_ignored;
}

bool rules_is_idle_root(const struct kg_learn *learn, uint32_t name)
{
	bool is_root = false;
	for (size_t t = 0; t < learn->traces.count; t++)
		is_root |= learn_count_of(&learn->traces.at[t], name).is_idle_root;
	return is_root;
}

const char *rules_traces(const struct former *former, uint32_t count)
{
	return arena_format(former->memory, "%" PRIu32 " trace%s", count, count == 1 ? "" : "s");
}

bool rules_add(const struct former *former, const struct kg_learned_rule *rule,
	       const uint32_t *names, size_t count, rule_list *out)
{
	struct kg_learned_rule row = *rule;
	const char **texts = arena_alloc(former->memory, (count + 1) * sizeof(*texts));
	if (texts == NULL || row.title == NULL || row.why == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		texts[i] = text_of(former, names[i]);
	if (names != NULL) {
		row.names = texts;
		row.name_count = count;
	}
	return column_push(out, row);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static const char *const turns_names[TURNS_COUNT] = {
	[TURNS_PER_TASK] = "task", [TURNS_PER_CPU] = "cpu", [TURNS_IN_TRACE] = "trace"
};

/* Whether both functions of a pair are called by those of another pair alone. */
static bool is_below_pair(const struct former *former, const struct learned_pair *pair)
{
	const struct name_callers *first = callers_of(former, pair->first);
	const struct name_callers *second = callers_of(former, pair->second);
	const struct learned_pairs *pairs = &former->learn->pairs;
	for (size_t i = 0; i < pairs->rows.count; i++) {
		const struct learned_pair *other = &pairs->rows.at[i];
		if (other != pair && other->count == pair->count &&
		    other->broken != (1U << TURNS_COUNT) - 1 && first->caller_count == 1 &&
		    first->caller == other->first && second->caller_count == 1 &&
		    second->caller == other->second)
			return true;
	}
	return false;
}

/* In what the calls of a pair are told to take turns; TURNS_COUNT: they do not. */
static enum pair_turns turns_of(const struct former *former, const struct learned_pair *pair)
{
	const struct kg_learn *learn = former->learn;
	const bool is_irq =
		rules_is_idle_root(learn, pair->first) || rules_is_idle_root(learn, pair->second);
	for (int turns = is_irq ? TURNS_PER_CPU : TURNS_PER_TASK; turns < TURNS_COUNT; turns++) {
		if ((pair->broken & (1U << turns)) == 0)
			return (enum pair_turns)turns;
	}
	return TURNS_COUNT;
}

static bool add_pair(const struct former *former, const struct learned_pair *pair, rule_list *out)
{
	const uint32_t names[] = { pair->first, pair->second };
	const enum pair_turns turns = turns_of(former, pair);
	if (turns == TURNS_COUNT || rules_is_unfit(former, pair->first) ||
	    rules_is_unfit(former, pair->second))
		return true;
	const struct kg_learned_rule rule = {
		.kind = KG_LEARNED_PAIR,
		.per = turns_names[turns],
		.title = arena_format(former->memory, "each %s is followed by %s",
				      text_of(former, pair->first), text_of(former, pair->second)),
		.why = arena_format(former->memory, "%" PRIu64 " of %" PRIu64 " in %s.",
				    pair->count, pair->count,
				    rules_traces(former, pair->trace_count)),
	};
	return rules_add(former, &rule, names, 2, out);
}

/* Pairs below other pairs, and told there, say nothing new; those that are not told come last. */
static bool add_pairs(const struct former *former, rule_list *out)
{
	const struct learned_pairs *pairs = &former->learn->pairs;
	const bool *is_told = former->is_told;
	const size_t before = out->count;
	for (int is_below = 0; is_below < 2; is_below++) {
		for (size_t i = 0; i < pairs->rows.count && out->count - before < PAIRS_MAX; i++) {
			const struct learned_pair *pair = &pairs->rows.at[i];
			if (pair->first == NOT_NAMED || pair->second == NOT_NAMED ||
			    pair->count == 0 || is_below_pair(former, pair) != is_below ||
			    (is_below && is_told[pair->first] && is_told[pair->second]))
				continue;
			if (!add_pair(former, pair, out))
				return false;
		}
	}
	return true;
}

/* ---- numbers of calls ------------------------------------------------------------------------ */

void rules_range(const struct former *former, uint32_t name, uint64_t *min, uint64_t *max)
{
	const struct kg_learn *learn = former->learn;
	*min = UINT64_MAX;
	*max = 0;
	for (size_t t = 0; t < learn->traces.count; t++) {
		const uint64_t calls = learn_count_of(&learn->traces.at[t], name).calls;
		if (!learn->traces.at[t].lack.is_whole)
			continue;
		*min = calls < *min ? calls : *min;
		*max = calls > *max ? calls : *max;
	}
}

static bool has_same_numbers(const struct kg_learn *learn, uint32_t a, uint32_t b)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		if (trace->lack.is_whole &&
		    learn_count_of(trace, a).calls != learn_count_of(trace, b).calls)
			return false;
	}
	return true;
}

/* Whether traces differ in the number of calls of a function, and all have some. */
static bool is_telling(const struct former *former, uint32_t name)
{
	uint64_t min;
	uint64_t max;
	rules_range(former, name, &min, &max);
	return min > 0 && min < max && !callers_of(former, name)->is_shy &&
	       !rules_is_unfit(former, name);
}

/* Whether it says nothing of its own: called by one that is as often called. */
static bool is_followed_up(const struct former *former, uint32_t name)
{
	const struct name_callers *row = callers_of(former, name);
	return row->caller_count == 1 && !rules_is_unfit(former, row->caller) &&
	       has_same_numbers(former->learn, name, row->caller);
}

static bool add_equal(const struct former *former, const uint32_t *names, size_t count,
		      rule_list *out)
{
	uint64_t min;
	uint64_t max;
	rules_range(former, names[0], &min, &max);
	const struct kg_learned_rule rule = {
		.kind = KG_LEARNED_EXPR,
		.title = arena_format(former->memory, "%s is called as often as %s",
				      text_of(former, names[0]), text_of(former, names[1])),
		.why = arena_format(former->memory,
				    "Equal in %s, which have from %" PRIu64 " to %" PRIu64 ".",
				    rules_traces(former, former->trace_count), min, max),
	};
	return rules_add(former, &rule, names, count, out);
}

/* Only traces that differ are evidence that numbers have to be equal. */
static bool add_equals(const struct former *former, rule_list *out)
{
	const uint32_t count = (uint32_t)former->learn->name_infos.count;
	bool *is_done = memory_zalloc(count + 1);
	bool has_memory = is_done != NULL;
	size_t added = 0;
	for (uint32_t name = 0; name < count && has_memory && added < EXPRS_MAX; name++) {
		uint32_t names[EQUAL_MAX] = { name };
		size_t found = 1;
		if (is_done[name] || former->trace_count < 2 || !is_telling(former, name) ||
		    is_followed_up(former, name))
			continue;
		for (uint32_t other = name + 1; other < count; other++) {
			if (is_done[other] || !has_same_numbers(former->learn, name, other) ||
			    !is_telling(former, other) || is_followed_up(former, other))
				continue;
			is_done[other] = true;
			if (found < EQUAL_MAX)
				names[found++] = other;
		}
		if (found > 1) {
			has_memory = add_equal(former, names, found, out);
			added++;
		}
	}
	memory_free(is_done);
	return has_memory;
}

/* ---- modules --------------------------------------------------------------------------------- */

/* The modules of a trace with blanks between them, in the order of their first names. */
static const char *modules_of(const struct former *former, const struct learn_trace *trace)
{
	const struct kg_learn *learn = former->learn;
	const char *text = "";
	for (uint32_t name = 0; name < learn->name_infos.count && text != NULL; name++) {
		const char *module = learn->name_infos.at[name].module;
		bool is_new = module[0] != '\0' && learn_count_of(trace, name).calls > 0;
		for (uint32_t before = 0; before < name && is_new; before++)
			is_new = strcmp(learn->name_infos.at[before].module, module) != 0 ||
				 learn_count_of(trace, before).calls == 0;
		if (is_new)
			text = arena_format(former->memory, "%s%s%s", text,
					    text[0] != '\0' ? " " : "", module);
	}
	return text;
}

static bool add_modules(const struct former *former, rule_list *out)
{
	const struct kg_learn *learn = former->learn;
	const char **sets = arena_alloc(former->memory, (learn->traces.count + 1) * sizeof(*sets));
	struct kg_learned_rule rule = { .kind = KG_LEARNED_MODULES,
					.title = "the modules that may be there together" };
	if (sets == NULL)
		return false;
	for (size_t t = 0; t < learn->traces.count; t++) {
		const char *set = modules_of(former, &learn->traces.at[t]);
		size_t i = 0;
		if (set == NULL)
			return false;
		while (i < rule.name_count && strcmp(sets[i], set) != 0)
			i++;
		if (i == rule.name_count && set[0] != '\0')
			sets[rule.name_count++] = set;
	}
	if (rule.name_count == 0 || rule.name_count > 16)
		return true;
	rule.names = sets;
	rule.why = arena_format(former->memory, "All functions with a module in %s.",
				rules_traces(former, (uint32_t)learn->traces.count));
	return rules_add(former, &rule, NULL, 0, out);
}

/* ---- budgets --------------------------------------------------------------------------------- */

/* Microseconds, rounded up to two digits that count. */
static uint64_t round_up(uint64_t ns)
{
	uint64_t unit = 1;
	const uint64_t us = ns / 1000 + (ns % 1000 != 0);
	while (us / unit >= 100)
		unit *= 10;
	return (us + unit - 1) / unit * unit;
}

static bool add_budget(const struct former *former, uint32_t name, rule_list *out)
{
	const struct kg_learn *learn = former->learn;
	uint64_t max_ns = 0;
	for (size_t t = 0; t < learn->traces.count; t++) {
		const uint64_t here = learn_count_of(&learn->traces.at[t], name).max_ns;
		max_ns = here > max_ns ? here : max_ns;
	}
	if (max_ns < BUDGET_MIN_NS || max_ns > UINT64_MAX / BUDGET_FACTOR)
		return true;
	const struct kg_learned_rule rule = {
		.kind = KG_LEARNED_BUDGET,
		.number = round_up(max_ns * BUDGET_FACTOR),
		.title = arena_format(former->memory, "%s takes no longer than usual",
				      text_of(former, name)),
		.why = arena_format(former->memory,
				    "%d times the longest call in %s (%" PRIu64 ".%03" PRIu64
				    " us), rounded up.",
				    BUDGET_FACTOR,
				    rules_traces(former, (uint32_t)learn->traces.count),
				    max_ns / 1000, max_ns % 1000),
	};
	return rules_add(former, &rule, &name, 1, out);
}

static bool add_budgets(const struct former *former, const struct learn_path *path, rule_list *out)
{
	uint32_t names[CLASSES_MAX];
	const size_t before = out->count;
	size_t added = 0;
	for (size_t i = 0; i < path->classes.count && out->count - before < BUDGETS_MAX; i++) {
		const struct learn_class *class = &path->classes.at[i];
		const uint32_t name = class->label != NO_NAME ? class->label : class->name;
		size_t j = 0;
		while (j < added && names[j] != name)
			j++;
		if (j < added || added == CLASSES_MAX || path->is_noise.at[class->name])
			continue;
		names[added++] = name;
		if (!add_budget(former, name, out))
			return false;
	}
	return true;
}

bool rules_find(const struct former *former, const struct learn_path *path, rule_list *out)
{
	if (former->trace_count == 0)
		return true;
	return add_pairs(former, out) && turns_find(former, out) && add_equals(former, out) &&
	       others_find(former, path, out) && add_modules(former, out) &&
	       add_budgets(former, path, out);
}

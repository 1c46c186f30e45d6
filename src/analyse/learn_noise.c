/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which steps are passed over: what comes in between, now here, now there. */
#include "analyse/learn_noise.h"

#include <string.h>

#include "analyse/learn_subject.h"
#include "base/banned.h"

#define NOISE_ROUNDS 8
/* Noise is less than the eighth part of all calls. */
#define NOISE_SHARE 8

/* How much a person has to read: loops in any order tell little, so they count for more. */
static size_t cost_of(const item_list *items)
{
	size_t cost = items->count;
	for (size_t i = 0; i < items->count; i++)
		cost += 3 * (size_t)__builtin_popcountll(items->at[i].any);
	return cost;
}

/* Whether an item has steps of a group only. */
static bool is_item_of(const struct learn_path *path, const struct item *item, const bool *group)
{
	for (uint32_t i = 0; i < item->len; i++) {
		if (!group[path->classes.at[item->body[i].class].name])
			return false;
	}
	for (uint64_t rest = item->any; rest != 0; rest &= rest - 1) {
		if (!group[path->classes.at[__builtin_ctzll(rest)].name])
			return false;
	}
	return true;
}

/* Names that begin with the same two words: "kvm_mmu_". */
static bool is_related(const char *a, const char *b)
{
	int bars = 0;
	size_t i = 0;
	for (; a[i] != '\0' && a[i] == b[i] && bars < 2; i++)
		bars += a[i] == '_' && i > 0;
	return bars == 2;
}

/* All steps but those of a name, or of names like it, if that is asked for. */
static void group_around(const struct kg_learn *learn, uint32_t name, bool with_related, bool *out)
{
	const struct learn_name *infos = learn->name_infos.at;
	for (uint32_t other = 0; other < learn->name_infos.count; other++)
		out[other] = other == name ||
			     (with_related && is_related(infos[name].text, infos[other].text));
}

/* Whether a group is too much of all that happens to be noise. */
static bool is_too_much(const struct learn_path *path, const bool *group)
{
	uint64_t own = 0;
	uint64_t all = 0;
	for (size_t i = 0; i < path->classes.count; i++) {
		const struct learn_class *class = &path->classes.at[i];
		own += group[class->name] ? class->calls : 0;
		all += class->calls;
	}
	return own > all / NOISE_SHARE;
}

static bool all_agree(const struct learn_path *path, const item_list *items)
{
	for (size_t i = 0; i < items->count; i++) {
		if (items->at[i].any != 0 || items->at[i].trace_count < path->trace_count)
			return false;
	}
	return true;
}

/*
 * What is gained if a group is noise: items that are gone though they were of others, since what
 * the noise had torn apart has grown together. Negative: nothing.
 */
static bool try_group(const struct kg_learn *learn, struct learn_path *path, const bool *group,
		      const item_list *items, long *gain)
{
	item_list without = { 0 };
	bool *before = memory_alloc(learn->name_infos.count + 1);
	size_t own = 0;
	if (before == NULL)
		return false;
	memcpy(before, path->is_noise.at, learn->name_infos.count);
	for (uint32_t name = 0; name < learn->name_infos.count; name++)
		path->is_noise.at[name] |= group[name];
	const uint32_t first = path->first;
	path->first = subjects_find_first(learn, path);
	bool is_done = path->first == NO_NAME || path_find_items(learn, path, &without);
	for (size_t i = 0; i < items->count; i++)
		own += is_item_of(path, &items->at[i], group);
	*gain = -1;
	if (is_done && without.count > 0)
		*gain = (long)cost_of(items) - (long)cost_of(&without) - (long)own;
	path->first = first;
	memcpy(path->is_noise.at, before, learn->name_infos.count);
	column_release(&without);
	memory_free(before);
	return is_done;
}

/* Finds the group that it is best to pass over; *best is NO_NAME if there is none. */
static bool find_noise(const struct kg_learn *learn, struct learn_path *path,
		       const item_list *items, bool *group, uint32_t *best, bool *best_related)
{
	/* one trace alone may have its good reasons to do something once in between */
	long best_gain = path->trace_count > 1 ? 0 : 1;
	*best = NO_NAME;
	for (size_t class = 0; class < path->classes.count; class ++) {
		const uint32_t name = path->classes.at[class].name;
		if ((class > 0 && path->classes.at[class - 1].name == name) ||
		    path->is_noise.at[name])
			continue;
		for (int related = 0; related < 2; related++) {
			long gain;
			group_around(learn, name, related != 0, group);
			if (is_too_much(path, group))
				continue;
			if (!try_group(learn, path, group, items, &gain))
				return false;
			if (gain <= best_gain)
				continue;
			best_gain = gain;
			*best = name;
			*best_related = related != 0;
		}
	}
	return true;
}

/* What idle tasks do at their top level is an interrupt's doing. */
static void mark_interrupts(const struct kg_learn *learn, struct learn_path *path)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		const struct learn_trace *trace = &learn->traces.at[t];
		for (uint32_t name = 0; name < trace->counts.count; name++)
			path->is_noise.at[name] |= trace->counts.at[name].is_idle_root;
	}
}

bool noise_pass_over(const struct kg_learn *learn, struct learn_path *path)
{
	bool *group = memory_alloc(learn->name_infos.count + 1);
	bool is_done = group != NULL;
	mark_interrupts(learn, path);
	for (int i = 0; is_done; i++) {
		uint32_t name;
		bool related = false;
		column_release(&path->items);
		path->first = subjects_find_first(learn, path);
		if (path->first == NO_NAME)
			break;
		is_done = path_find_items(learn, path, &path->items);
		if (!is_done || i == NOISE_ROUNDS ||
		    (path->trace_count > 1 && all_agree(path, &path->items)))
			break;
		is_done = find_noise(learn, path, &path->items, group, &name, &related);
		if (!is_done || name == NO_NAME)
			break;
		group_around(learn, name, related, group);
		for (uint32_t other = 0; other < learn->name_infos.count; other++)
			path->is_noise.at[other] |= group[other];
	}
	memory_free(group);
	return is_done;
}

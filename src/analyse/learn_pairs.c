/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows by which names functions are counterparts, and whether their calls take turns. */
#include "analyse/learn_pairs.h"

#include <string.h>

#include "base/banned.h"

/* Words of names, as they stand between underscores. */
static const char *const counterparts[][2] = {
	{ "acquire", "release" }, { "activate", "deactivate" },
	{ "add", "del" },	  { "add", "remove" },
	{ "alloc", "free" },	  { "attach", "detach" },
	{ "begin", "end" },	  { "begin", "finish" },
	{ "block", "unblock" },	  { "charge", "uncharge" },
	{ "create", "destroy" },  { "create", "free" },
	{ "disable", "enable" },  { "down", "up" },
	{ "enable", "disable" },  { "enter", "exit" },
	{ "enter", "leave" },	  { "freeze", "thaw" },
	{ "get", "put" },	  { "get", "release" },
	{ "grab", "release" },	  { "in", "out" },
	{ "init", "destroy" },	  { "init", "exit" },
	{ "init", "uninit" },	  { "load", "put" },
	{ "load", "unload" },	  { "lock", "unlock" },
	{ "map", "unmap" },	  { "mark", "clear" },
	{ "mount", "unmount" },	  { "off", "on" },
	{ "on", "off" },	  { "open", "close" },
	{ "open", "release" },	  { "out", "in" },
	{ "pin", "unpin" },	  { "pre", "post" },
	{ "prepare", "commit" },  { "prepare", "finish" },
	{ "push", "pop" },	  { "register", "unregister" },
	{ "save", "restore" },	  { "set", "clear" },
	{ "setup", "cleanup" },	  { "start", "end" },
	{ "start", "finish" },	  { "start", "stop" },
	{ "submit", "complete" }, { "suspend", "resume" },
	{ "trylock", "unlock" },
};
#define COUNTERPART_COUNT (sizeof(counterparts) / sizeof(counterparts[0]))

#define NAME_MAX_LEN 120

static bool add_hook(struct learned_pairs *pairs, uint32_t name, uint32_t pair, bool is_first)
{
	const struct pair_hook hook = { .pair = pair,
					.next = pairs->first_hooks.at[name],
					.is_first = is_first };
	if (!column_push(&pairs->hooks, hook))
		return false;
	pairs->first_hooks.at[name] = (uint32_t)pairs->hooks.count;
	return true;
}

/*
 * What both names of a pair have in common: the name without the word, its place, and which words
 * these are. What restores the state of interrupts goes with what saves it.
 */
static struct span key_of(struct span name, size_t at, size_t len, size_t words, char *out)
{
	const struct span restore = SPAN("_irqrestore");
	const struct span save = SPAN("_irqsave");
	struct span tail = { name.at + at + len, name.len - at - len };
	size_t out_len = at;
	memcpy(out, name.at, at);
	out[out_len++] = (char)(1 + words);
	const bool restores = span_ends(tail, restore);
	if (restores)
		tail.len -= restore.len;
	memcpy(out + out_len, tail.at, tail.len);
	out_len += tail.len;
	if (restores)
		memcpy(out + out_len, save.at, save.len);
	out_len += restores ? save.len : 0;
	return (struct span){ (const unsigned char *)out, out_len };
}

/* Makes a name one half of the pair that its word is of. */
static bool add_half(struct learned_pairs *pairs, struct span key, uint32_t name, bool is_first)
{
	const uint32_t index = intern_add_copy(&pairs->keys, key);
	const struct learned_pair added = { .first = NOT_NAMED, .second = NOT_NAMED };
	if (index == INTERN_NONE)
		return false;
	if (index == pairs->rows.count && !column_push(&pairs->rows, added))
		return false;
	struct learned_pair *pair = &pairs->rows.at[index];
	if (is_first)
		pair->first = name;
	else
		pair->second = name;
	return add_hook(pairs, name, index, is_first);
}

/* Tries what one word of a name may be a half of. */
static bool add_for_word(struct learned_pairs *pairs, struct span whole, uint32_t name, size_t at,
			 size_t len)
{
	const struct span word = { whole.at + at, len };
	char key[NAME_MAX_LEN + 16];
	for (size_t i = 0; i < COUNTERPART_COUNT; i++) {
		for (size_t side = 0; side < 2; side++) {
			const char *half = counterparts[i][side];
			if (!span_equal(word,
					(struct span){ (const unsigned char *)half, strlen(half) }))
				continue;
			if (!add_half(pairs, key_of(whole, at, len, i, key), name, side == 0))
				return false;
		}
	}
	return true;
}

bool pairs_add_name(struct learned_pairs *pairs, const struct intern *names, uint32_t name)
{
	const struct span whole = intern_get(names, name);
	if (!column_reach(&pairs->first_hooks, name))
		return false;
	for (size_t at = 0; at < whole.len && whole.len <= NAME_MAX_LEN;) {
		size_t len = 0;
		while (at + len < whole.len && whole.at[at + len] != '_')
			len++;
		if (len > 0 && !add_for_word(pairs, whole, name, at, len))
			return false;
		at += len + 1;
	}
	return true;
}

bool pairs_has_counterpart(const struct learned_pairs *pairs, uint32_t name)
{
	for (uint32_t hook = pairs->first_hooks.at[name]; hook != 0;
	     hook = pairs->hooks.at[hook - 1].next) {
		const struct learned_pair *pair = &pairs->rows.at[pairs->hooks.at[hook - 1].pair];
		if (pair->first != NOT_NAMED && pair->second != NOT_NAMED)
			return true;
	}
	return false;
}

static bool take_turn(struct learned_pair *pair, enum pair_turns turns, size_t key, bool is_first)
{
	if (((pair->broken | pair->broken_now) & (1U << turns)) != 0)
		return true;
	if (!column_reach(&pair->waiting[turns], key))
		return false;
	bool *waiting = &pair->waiting[turns].at[key];
	if (*waiting == is_first)
		pair->broken_now |= 1U << turns;
	*waiting = is_first;
	return true;
}

bool pairs_take(struct learned_pairs *pairs, uint32_t name, uint32_t task, uint16_t cpu)
{
	uint32_t hook = pairs->first_hooks.at[name];
	while (hook != 0) {
		const struct pair_hook *row = &pairs->hooks.at[hook - 1];
		struct learned_pair *pair = &pairs->rows.at[row->pair];
		pair->count_now += !row->is_first;
		if (!take_turn(pair, TURNS_PER_TASK, task, row->is_first) ||
		    !take_turn(pair, TURNS_PER_CPU, cpu, row->is_first) ||
		    !take_turn(pair, TURNS_IN_TRACE, 0, row->is_first))
			return false;
		hook = row->next;
	}
	return true;
}

void pairs_start_trace(struct learned_pairs *pairs)
{
	for (size_t i = 0; i < pairs->rows.count; i++) {
		struct learned_pair *pair = &pairs->rows.at[i];
		pair->broken_now = 0;
		pair->count_now = 0;
		for (int turns = 0; turns < TURNS_COUNT; turns++)
			pair->waiting[turns].count = 0;
	}
}

void pairs_finish_trace(struct learned_pairs *pairs)
{
	for (size_t i = 0; i < pairs->rows.count; i++) {
		struct learned_pair *pair = &pairs->rows.at[i];
		pair->broken |= pair->broken_now;
		pair->count += pair->count_now;
		pair->trace_count += pair->count_now > 0;
		for (int turns = 0; turns < TURNS_COUNT; turns++) {
			for (size_t key = 0; key < pair->waiting[turns].count; key++)
				pair->broken |= pair->waiting[turns].at[key] ? 1U << turns : 0;
		}
	}
}

void pairs_release(struct learned_pairs *pairs)
{
	for (size_t i = 0; i < pairs->rows.count; i++) {
		for (int turns = 0; turns < TURNS_COUNT; turns++)
			column_release(&pairs->rows.at[i].waiting[turns]);
	}
	intern_release(&pairs->keys);
	column_release(&pairs->rows);
	column_release(&pairs->hooks);
	column_release(&pairs->first_hooks);
}

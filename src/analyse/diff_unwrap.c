/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knows what a name means that is a wrapper's in some kernels and the wrapped function's in others.
 *
 * "g" calls "__g"; then a kernel does without the wrapper, and its "g" does what "__g" did. Where
 * both sides have both names, they are two functions on both. Where one side has "g" alone, that is
 * the other's "__g" under a new name. Whether it has it alone the list of its functions tells. If
 * there is none, it is what it calls, as long as the other side does not call both: then it may
 * have both as well, and the compiler has put one into the other.
 */
#include "analyse/diff.h"

#include "base/banned.h"

static bool calls(const struct kg_diff *diff, enum kg_diff_side side, uint32_t key)
{
	/* where no side calls anything, nothing was counted */
	return key < diff->key_places[side].count && diff->key_places[side].at[key] > 0;
}

/* Whether a list of a side's functions has one of this key. */
static bool lists(const struct kg_diff *diff, enum kg_diff_side side, uint32_t key)
{
	const struct surroundings *around = &diff->surroundings[side];
	for (uint32_t name = 0; name < around->is_traceable.count; name++) {
		if (around->is_traceable.at[name] && renames_key(&diff->paths.names, name) == key)
			return true;
	}
	return false;
}

static bool is_unwrapped(const struct kg_diff *diff, enum kg_diff_side side,
			 const struct rename_wrapper *wrapper)
{
	const enum kg_diff_side other = other_side(side);
	if (!calls(diff, side, wrapper->name) || calls(diff, side, wrapper->key) ||
	    !calls(diff, other, wrapper->key))
		return false;
	return diff->surroundings[side].knows_functions ? !lists(diff, side, wrapper->key)
							: !calls(diff, other, wrapper->name);
}

enum kg_status diff_join_unwrapped(struct kg_diff *diff)
{
	enum kg_status status = KG_OK;
	const struct renames *names = &diff->paths.names;
	for (size_t i = 0; i < names->wrappers.count; i++) {
		const struct rename_wrapper *wrapper = &names->wrappers.at[i];
		for (int side = 0; side < KG_SIDE_COUNT && status == KG_OK; side++) {
			if (is_unwrapped(diff, (enum kg_diff_side)side, wrapper))
				status = diff_join_keys(diff, (enum kg_diff_side)side,
							wrapper->name, wrapper->key);
		}
	}
	return status;
}

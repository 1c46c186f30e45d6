/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a specification has to do with a function. */
#include <string.h>

#include "analyse/verify.h"
#include "event/bundle.h"
#include "base/banned.h"

/* Whether a function is spoken of by anything but `roots`, which mean roots alone. */
static bool is_in_others(const struct kg_verify *verify, const uint64_t *row)
{
	const struct vocabulary *vocabulary = &verify->spec->vocabulary;
	const names_id roots = verify->spec->roots;
	const bool is_root = row_has(row, roots) && !vocabulary->sets.at[roots].is_shared;
	for (size_t i = 0; i < vocabulary->row_len; i++) {
		const bool has_bit = is_root && i == roots / 64;
		if ((has_bit ? row[i] & ~(UINT64_C(1) << (roots % 64)) : row[i]) != 0)
			return true;
	}
	return false;
}

/* Whether calls of a function may come before what stands before them in other tasks. */
static bool is_unordered(const struct kg_verify *verify, const uint64_t *row)
{
	for (size_t i = 0; i < verify->spec->vocabulary.row_len; i++) {
		if ((row[i] & verify->ordered_sets[i]) != 0)
			return false;
	}
	return true;
}

/* Whether a match of a pattern has to know of calls of a function. */
static bool is_watched_by(const struct call_pattern *pattern, const uint64_t *row)
{
	bool is_watched = row_has(row, pattern->banned);
	if (pattern->in != NULL)
		is_watched |= row_has(row, pattern->in->vocabulary);
	for (uint32_t i = 0; i < pattern->tally_count; i++)
		is_watched |= row_has(row, pattern->tallies[i].names);
	return is_watched;
}

static bool add_watchers(struct kg_verify *verify, kg_func_id func_id, const uint64_t *row,
			 bool *is_watched)
{
	const call_patterns *calls = &verify->spec->calls;
	const size_t len = watchers_len(verify->spec);
	const size_t at = func_id * len;
	if (!column_reach(&verify->watchers, at + len - 1))
		return false;
	for (uint32_t i = 0; i < calls->count; i++) {
		if (!is_watched_by(&calls->at[i], row))
			continue;
		states_add(&verify->watchers.at[at], i);
		*is_watched = true;
	}
	return true;
}

static enum kg_status look_up_function(struct kg_verify *verify, kg_func_id func_id)
{
	const size_t row_len = verify->spec->vocabulary.row_len;
	const size_t at = func_id * row_len;
	struct function_entry entry = { .first_hook = verify->hooks.count };
	if (!column_reach(&verify->rows, at + row_len - 1))
		return KG_NOMEM;
	uint64_t *row = &verify->rows.at[at];
	vocabulary_row(&verify->spec->vocabulary, kg_funcs_get(verify->funcs, func_id), row,
		       verify->seen_texts);
	for (size_t i = 0; i < row_len; i++)
		entry.is_mentioned |= row[i] != 0;
	entry.matters = is_in_others(verify, row);
	const struct kg_func *func = kg_funcs_get(verify->funcs, func_id);
	entry.is_split = strcmp(func->name, func->base) != 0;
	entry.is_ignored = row_has(row, verify->spec->ignore);
	entry.is_aside = entry.is_ignored || row_has(row, verify->spec->noise);
	entry.tells_life = subject_is_told_by(verify->spec, row);
	entry.is_noted = entry.matters && !entry.tells_life && is_unordered(verify, row);
	enum kg_status status = modules_look_up(verify, func_id, &entry);
	if (status == KG_OK)
		status = rules_hook(verify, row, &entry.has_end_rules);
	if (status == KG_OK && !add_watchers(verify, func_id, row, &entry.is_watched))
		status = KG_NOMEM;
	if (status != KG_OK)
		return status;
	entry.hook_count = (uint32_t)(verify->hooks.count - entry.first_hook);
	return column_push(&verify->functions, entry) ? KG_OK : KG_NOMEM;
}

enum kg_status verify_look_up_functions(struct kg_verify *verify)
{
	const uint32_t count = kg_funcs_count(verify->funcs);
	while (verify->functions.count < count) {
		enum kg_status status =
			look_up_function(verify, (kg_func_id)verify->functions.count);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how function names are found in sets of names, globs and modules. */
#include "analyse/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/memory.h"
#include "base/span.h"
#include "event/func.h"
#include "base/banned.h"

/* ---- texts ----------------------------------------------------------------------------------- */

/* "[kvm_*]": every function of a module. */
static bool is_module(const char *text)
{
	const char *end = strchr(text, ']');
	return text[0] == '[' && end != NULL && end[1] == '\0';
}

static bool is_glob(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static bool module_fits(const char *text, const char *module)
{
	char pattern[128];
	size_t len = strlen(text) - 2;
	if (len >= sizeof(pattern))
		return false;
	memcpy(pattern, text + 1, len);
	pattern[len] = '\0';
	return glob_match(pattern, module);
}

/* Whether a function is what a glob or a module means. */
static bool glob_fits(const char *text, const struct kg_func *func)
{
	return is_module(text) ? module_fits(text, func->module) : glob_match(text, func->base);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static bool names_equal(const struct names *a, const struct names *b)
{
	if (a->count != b->count || a->joined_count != b->joined_count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if (strcmp(a->texts[i], b->texts[i]) != 0)
			return false;
	}
	return a->joined_count == 0 ||
	       memcmp(a->joined, b->joined, a->joined_count * sizeof(*a->joined)) == 0;
}

static names_id add_names(struct vocabulary *vocabulary, const struct names *names)
{
	for (size_t i = 0; i < vocabulary->sets.count; i++) {
		if (!names_equal(&vocabulary->sets.at[i], names))
			continue;
		vocabulary->sets.at[i].is_shared = true;
		return (names_id)i;
	}
	if (!column_push(&vocabulary->sets, *names))
		return NO_NAMES;
	return (names_id)(vocabulary->sets.count - 1);
}

/* A copy of a text, without compiler suffixes if it is a name. */
static const char *keep_text(struct vocabulary *vocabulary, const char *text)
{
	struct span span = { (const unsigned char *)text, strlen(text) };
	return arena_copy(&vocabulary->memory, is_glob(text) ? span : func_base(span));
}

names_id vocabulary_add(struct vocabulary *vocabulary, const char *const *texts, uint32_t count)
{
	const char **copy = arena_alloc(&vocabulary->memory, count * sizeof(*copy));
	if (copy == NULL)
		return NO_NAMES;
	for (uint32_t i = 0; i < count; i++) {
		copy[i] = keep_text(vocabulary, texts[i]);
		if (copy[i] == NULL)
			return NO_NAMES;
	}
	return add_names(vocabulary, &(struct names){ .texts = copy, .count = count });
}

names_id vocabulary_join(struct vocabulary *vocabulary, const names_id *sets, uint32_t count)
{
	names_id *copy = arena_alloc(&vocabulary->memory, count * sizeof(*copy));
	if (copy == NULL)
		return NO_NAMES;
	if (count > 0)
		memcpy(copy, sets, count * sizeof(*copy));
	return add_names(vocabulary, &(struct names){ .joined = copy, .joined_count = count });
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void set_bit(uint64_t *row, names_id set)
{
	row[set / 64] |= UINT64_C(1) << (set % 64);
}

static bool push_entry(struct vocabulary *vocabulary, const char *text, const uint64_t *row)
{
	const size_t bytes = vocabulary->row_len * sizeof(*row);
	struct names_entry entry = { text, arena_alloc(&vocabulary->memory, bytes) };
	if (entry.row == NULL)
		return false;
	memcpy(entry.row, row, bytes);
	return is_glob(text) ? column_push(&vocabulary->globs, entry)
			     : column_push(&vocabulary->exact, entry);
}

/* By set, what a function in it is in: the set itself and the unions with it. */
static uint64_t *make_members(const struct vocabulary *vocabulary)
{
	const size_t row_len = vocabulary->row_len;
	uint64_t *rows = memory_zalloc((vocabulary->sets.count + 1) * row_len * sizeof(*rows));
	for (names_id set = 0; rows != NULL && set < vocabulary->sets.count; set++) {
		const struct names *names = &vocabulary->sets.at[set];
		set_bit(rows + set * row_len, set);
		for (uint32_t i = 0; i < names->joined_count; i++)
			set_bit(rows + names->joined[i] * row_len, set);
	}
	return rows;
}

static int compare_entries(const void *a, const void *b)
{
	const struct names_entry *left = a;
	const struct names_entry *right = b;
	return strcmp(left->text, right->text);
}

static void merge_row(const struct vocabulary *vocabulary, uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < vocabulary->row_len; i++)
		to[i] |= from[i];
}

/* Sorts entries and makes one of those with the same text. */
static void sort_entries(const struct vocabulary *vocabulary, struct names_entry *at, size_t *count)
{
	if (*count == 0)
		return;
	qsort(at, *count, sizeof(*at), compare_entries);
	size_t last = 0;
	for (size_t i = 1; i < *count; i++) {
		if (strcmp(at[last].text, at[i].text) == 0)
			merge_row(vocabulary, at[last].row, at[i].row);
		else
			at[++last] = at[i];
	}
	*count = last + 1;
}

bool vocabulary_close(struct vocabulary *vocabulary)
{
	vocabulary->row_len = vocabulary->sets.count / 64 + 1;
	uint64_t *members = make_members(vocabulary);
	bool is_done = members != NULL;
	for (names_id set = 0; is_done && set < vocabulary->sets.count; set++) {
		const struct names *names = &vocabulary->sets.at[set];
		const uint64_t *row = members + set * vocabulary->row_len;
		for (uint32_t i = 0; is_done && i < names->count; i++)
			is_done = push_entry(vocabulary, names->texts[i], row);
	}
	memory_free(members);
	sort_entries(vocabulary, vocabulary->exact.at, &vocabulary->exact.count);
	sort_entries(vocabulary, vocabulary->globs.at, &vocabulary->globs.count);
	return is_done;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static int compare_text(const void *text, const void *entry)
{
	return strcmp(text, ((const struct names_entry *)entry)->text);
}

static const struct names_entry *find_entry(const struct names_entry *at, size_t count,
					    const char *text)
{
	return count > 0 ? bsearch(text, at, count, sizeof(*at), compare_text) : NULL;
}

size_t vocabulary_text_index(const struct vocabulary *vocabulary, const char *text)
{
	if (!is_glob(text))
		return (size_t)(find_entry(vocabulary->exact.at, vocabulary->exact.count, text) -
				vocabulary->exact.at);
	return vocabulary->exact.count +
	       (size_t)(find_entry(vocabulary->globs.at, vocabulary->globs.count, text) -
			vocabulary->globs.at);
}

void vocabulary_row(const struct vocabulary *vocabulary, const struct kg_func *func, uint64_t *row,
		    bool *seen)
{
	memset(row, 0, vocabulary->row_len * sizeof(*row));
	const struct names_entry *exact =
		find_entry(vocabulary->exact.at, vocabulary->exact.count, func->base);
	if (exact != NULL)
		merge_row(vocabulary, row, exact->row);
	if (exact != NULL && seen != NULL)
		seen[exact - vocabulary->exact.at] = true;
	for (size_t i = 0; i < vocabulary->globs.count; i++) {
		if (!glob_fits(vocabulary->globs.at[i].text, func))
			continue;
		merge_row(vocabulary, row, vocabulary->globs.at[i].row);
		if (seen != NULL)
			seen[vocabulary->exact.count + i] = true;
	}
}

void vocabulary_release(struct vocabulary *vocabulary)
{
	column_release(&vocabulary->sets);
	column_release(&vocabulary->exact);
	column_release(&vocabulary->globs);
	arena_release(&vocabulary->memory);
}

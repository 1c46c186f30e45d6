/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of function names that a specification speaks of, and which of them a function is in.
 *
 * Sets are added first, then the vocabulary is closed; from then on each function of a trace is
 * looked up once and is a row of bits, one a set. A zeroed struct is empty.
 */
#ifndef ANALYSE_VOCABULARY_H
#define ANALYSE_VOCABULARY_H

#include <kvmgraph/event.h>

#include "base/arena.h"
#include "base/column.h"

typedef uint32_t names_id;
#define NO_NAMES UINT32_MAX

/* What one set is made of: names, globs ("handle_*"), modules ("[kvm_*]"). */
struct names {
	const char *const *texts;
	uint32_t count;
	const names_id *joined; /* of a union: the sets it is made of, and no texts */
	uint32_t joined_count;
	bool is_shared; /* it was added more than once */
};

/* One text and the sets that it leads to. */
struct names_entry {
	const char *text;
	uint64_t *row;
};

struct vocabulary {
	COLUMN(struct names) sets;
	COLUMN(struct names_entry) exact; /* this and the next: sorted once closed */
	COLUMN(struct names_entry) globs;
	size_t row_len; /* words of a row; 0 while open */
	struct arena memory;
};

/*
 * Adds a set; equal sets get the same id. Compiler suffixes of plain names do not count. NO_NAMES
 * when memory is out.
 */
names_id vocabulary_add(struct vocabulary *vocabulary, const char *const *texts, uint32_t count);
/* Adds a set that is the union of others. */
names_id vocabulary_join(struct vocabulary *vocabulary, const names_id *sets, uint32_t count);
/* Ends the adding. False when memory is out. */
bool vocabulary_close(struct vocabulary *vocabulary);

/* How many different texts there are in all sets, once closed. */
static inline size_t vocabulary_text_count(const struct vocabulary *vocabulary)
{
	return vocabulary->exact.count + vocabulary->globs.count;
}
/* Which one of them a text of a set is. */
size_t vocabulary_text_index(const struct vocabulary *vocabulary, const char *text);

/*
 * Writes the row of a function: row_len words. seen (NULL, or one for each text) is set for the
 * texts that it fits.
 */
void vocabulary_row(const struct vocabulary *vocabulary, const struct kg_func *func, uint64_t *row,
		    bool *seen);

static inline bool row_has(const uint64_t *row, names_id set)
{
	return set != NO_NAMES && ((row[set / 64] >> (set % 64)) & 1) != 0;
}

void vocabulary_release(struct vocabulary *vocabulary);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which runs of a baseline are kept whole, and in which order. */
#include "analyse/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* ---- fingerprints ---------------------------------------------------------------------------- */

/* Every bit of the result depends on every bit. */
static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static uint64_t mix_number(uint64_t hash, uint64_t number)
{
	return mix(hash * UINT64_C(0x9e3779b97f4a7c15) + number + 1);
}

/* The same on every machine, whatever the order of bytes in its words. */
static uint64_t mix_text(uint64_t hash, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		hash = mix_number(hash, (unsigned char)*text);
	return mix(hash);
}

/* Added up, so that it does not matter how paths are numbered. */
bool baseline_fingerprint(const struct paths *paths, const struct path_run *figures,
			  const struct baseline_run *run, uint64_t *id)
{
	COLUMN(uint64_t) hashes = { 0 }; /* of the path, by node */
	if (!column_reserve(&hashes, paths->nodes.count))
		return false;
	uint64_t sum = mix_text(mix_text(run->calls, run->file), run->kernel);
	sum = mix_number(mix_number(mix_number(sum, run->incomplete), run->gaps), run->vendor);
	for (uint32_t node = 0; node < paths->nodes.count; node++) {
		const struct path_node *row = &paths->nodes.at[node];
		const uint64_t above = row->parent != NO_PATH ? hashes.at[row->parent] : 0;
		uint64_t hash = mix_text(above, renames_text(&paths->names, row->key));
		hashes.at[hashes.count++] = hash;
		const struct path_sample sample = run_sample(figures, node);
		if (sample.count == 0 && sample.incomplete == 0)
			continue;
		hash = mix_number(mix_number(hash, sample.count), sample.incomplete);
		hash = mix_number(mix_number(hash, sample.self_ns), sample.least_ns);
		sum += mix_number(hash, sample.waits);
	}
	column_release(&hashes);
	*id = mix(sum);
	return true;
}

/* ---- the sample ------------------------------------------------------------------------------ */

/* Two that are the same in all of this have the same fingerprint for being the same run. */
static int compare_runs(const struct baseline_run *left, const struct baseline_run *right)
{
	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	return strcmp(left->file, right->file);
}

static void swap_runs(struct kg_baseline *baseline, size_t a, size_t b)
{
	const struct baseline_run run = baseline->kept.at[a];
	const struct path_run figures = baseline->paths.runs.at[a];
	baseline->kept.at[a] = baseline->kept.at[b];
	baseline->paths.runs.at[a] = baseline->paths.runs.at[b];
	baseline->kept.at[b] = run;
	baseline->paths.runs.at[b] = figures;
}

/* The index of the largest of the first so many. */
static size_t find_largest(const struct kg_baseline *baseline, size_t count)
{
	size_t largest = 0;
	for (size_t i = 1; i < count; i++) {
		if (compare_runs(&baseline->kept.at[i], &baseline->kept.at[largest]) > 0)
			largest = i;
	}
	return largest;
}

void baseline_drop_runs(struct kg_baseline *baseline)
{
	while (baseline->kept.count > KG_BASELINE_KEPT) {
		const size_t last = --baseline->kept.count;
		swap_runs(baseline, find_largest(baseline, last + 1), last);
		run_release(&baseline->paths.runs.at[last]);
		baseline->paths.runs.count--;
	}
}

bool baseline_arrange(struct kg_baseline *baseline)
{
	for (size_t count = baseline->kept.count; count > 1; count--)
		swap_runs(baseline, find_largest(baseline, count), count - 1);
	return paths_sort(&baseline->paths) && surroundings_settle(&baseline->surroundings);
}

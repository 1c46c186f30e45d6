/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how values of many sizes are counted in little room. */
#include "analyse/spread.h"

#include <string.h>

#include "base/banned.h"

bool spread_count(struct spread *spread, uint64_t size, uint64_t times)
{
	size_t first = 0;
	size_t end = spread->rows.count;
	while (first < end) {
		const size_t middle = first + (end - first) / 2;
		if (spread->rows.at[middle].from < size)
			first = middle + 1;
		else
			end = middle;
	}
	if (first < spread->rows.count && spread->rows.at[first].from == size) {
		spread->rows.at[first].count += times;
		return true;
	}
	if (!column_reserve(&spread->rows, spread->rows.count + 1))
		return false;
	memmove(&spread->rows.at[first + 1], &spread->rows.at[first],
		(spread->rows.count - first) * sizeof(*spread->rows.at));
	spread->rows.at[first] = (struct spread_row){ size, times };
	spread->rows.count++;
	return true;
}

bool spread_add(struct spread *spread, uint64_t value)
{
	if (!spread_count(spread, spread_size(value), 1))
		return false;
	spread->sum += value;
	return true;
}

bool spread_merge(struct spread *spread, const struct spread *more)
{
	for (size_t i = 0; i < more->rows.count; i++) {
		if (!spread_count(spread, more->rows.at[i].from, more->rows.at[i].count))
			return false;
	}
	spread->sum += more->sum;
	return true;
}

uint64_t spread_quantile(const struct spread *spread, unsigned int percent)
{
	unsigned __int128 wanted = 0;
	for (size_t i = 0; i < spread->rows.count; i++)
		wanted += spread->rows.at[i].count;
	/* nearest rank: the ceiling of count * percent / 100 */
	wanted = (wanted * percent + 99) / 100;
	for (size_t i = 0; i < spread->rows.count; i++) {
		if (wanted <= spread->rows.at[i].count)
			return spread->rows.at[i].from;
		wanted -= spread->rows.at[i].count;
	}
	return 0;
}

void spread_release(struct spread *spread)
{
	column_release(&spread->rows);
	spread->sum = 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the table of builds is asked. */
#include "analyse/builds.h"

#include <string.h>

#include "base/assert.h"
#include "event/func.h"
#include "base/banned.h"

/* strcmp() for a name that does not end with a NUL. */
static int compare_name(struct span name, const char *other)
{
	const size_t len = strlen(other);
	const int order = memcmp(name.at, other, name.len < len ? name.len : len);
	if (order != 0)
		return order;
	return name.len < len ? -1 : name.len > len;
}

const struct build_row *build_table_find(const struct build_table *table, struct span base)
{
	size_t low = 0;
	size_t high = table->row_count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = compare_name(base, table->rows[middle].name);
		if (order == 0)
			return &table->rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t kg_build_count(void)
{
	return build_table_kvm.build_count;
}

const struct kg_build *kg_build_get(size_t index)
{
	KG_ASSERT(index < build_table_kvm.build_count);
	return &build_table_kvm.builds[index];
}

const struct kg_build *kg_build_find(const char *release)
{
	for (size_t i = 0; i < build_table_kvm.build_count; i++) {
		if (strcmp(build_table_kvm.builds[i].release, release) == 0)
			return &build_table_kvm.builds[i];
	}
	return NULL;
}

enum kg_traceable kg_build_traceable(const struct kg_build *build, const char *name)
{
	const size_t index = (size_t)(build - build_table_kvm.builds);
	KG_ASSERT(index < build_table_kvm.build_count);
	const struct span whole = { (const unsigned char *)name, strlen(name) };
	const struct build_row *row = build_table_find(&build_table_kvm, func_base(whole));
	if (row == NULL)
		return KG_TRACEABLE_UNKNOWN;
	switch (row->marks[index]) {
	case BUILD_MARK_YES:
		return KG_TRACEABLE_YES;
	case BUILD_MARK_SUFFIXED:
		return KG_TRACEABLE_SUFFIXED;
	case BUILD_MARK_NOTRACE:
		return KG_TRACEABLE_NOTRACE;
	}
	return KG_TRACEABLE_ABSENT;
}

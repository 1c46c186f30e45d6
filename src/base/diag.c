/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the names of the imperfections. */
#include "base/diag.h"

#include "base/banned.h"

const char *kg_diag_name(enum kg_diag_kind kind)
{
	static const char *const names[] = {
#define DIAG_NAME(symbol, name, text) [symbol] = name,
		KG_DIAG_LIST(DIAG_NAME)
#undef DIAG_NAME
	};
	return (size_t)kind < KG_DIAG_KIND_COUNT ? names[kind] : "unknown";
}

const char *kg_diag_text(enum kg_diag_kind kind)
{
	static const char *const texts[] = {
#define DIAG_TEXT(symbol, name, text) [symbol] = text,
		KG_DIAG_LIST(DIAG_TEXT)
#undef DIAG_TEXT
	};
	return (size_t)kind < KG_DIAG_KIND_COUNT ? texts[kind] : "unknown";
}

uint64_t kg_diags_total(const struct kg_diags *diags)
{
	uint64_t total = 0;
	for (size_t kind = 0; kind < KG_DIAG_KIND_COUNT; kind++)
		total += diags->entries[kind].count;
	return total;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how names of functions get from a thread to the reader, and what they are back to it. */
#include "read/text_names.h"

#include <string.h>

#include "base/banned.h"

static bool add_symbols(struct symbol_list *to, const struct span *symbols, size_t count)
{
	if (count == 0)
		return true;
	if (!column_reserve(to, to->count + count))
		return false;
	memcpy(to->at + to->count, symbols, count * sizeof(*symbols));
	to->count += count;
	return true;
}

bool names_show(struct name_tables *tables, struct symbol_list *to)
{
	const size_t count = tables->scan.symbols.strings.count;
	const size_t shown = tables->shown_count;
	if (count > shown &&
	    !add_symbols(to, tables->scan.symbols.strings.at + shown, count - shown))
		return false;
	tables->shown_count = count;
	return true;
}

bool names_see(struct text_names *names, const struct symbol_list *shown)
{
	return add_symbols(&names->symbols, shown->at, shown->count);
}

bool names_tell(struct text_names *names, struct told_funcs *told)
{
	struct told_funcs *news = &names->news;
	if (news->count == 0)
		return true;
	if (!column_reserve(told, told->count + news->count))
		return false;
	memcpy(told->at + told->count, news->at, news->count * sizeof(*news->at));
	told->count += news->count;
	news->count = 0;
	return true;
}

bool names_learn(struct name_tables *tables)
{
	struct told_funcs *told = &tables->told;
	if (!column_reach(&tables->func_ids, tables->scan.symbols.strings.count))
		return false;
	for (size_t i = 0; i < told->count; i++)
		tables->func_ids.at[told->at[i].symbol + 1] = told->at[i].known;
	told->count = 0;
	return true;
}

void name_tables_release(struct name_tables *tables)
{
	scan_tables_release(&tables->scan);
	column_release(&tables->func_ids);
	column_release(&tables->told);
}

void names_release(struct text_names *names)
{
	column_release(&names->symbols);
	column_release(&names->func_ids);
	column_release(&names->news);
}

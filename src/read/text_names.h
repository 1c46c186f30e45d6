/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of functions between the threads that scan and the one that reads.
 *
 * Each thread that scans numbers the names that it finds in tables of its own, so that none waits
 * for another, and what it needs for every line stays in the caches of its processor. The reader
 * knows which functions they are: it is shown the new names of a window when it gets that, and
 * tells back what it made of them, for the bundling of later windows.
 */
#ifndef READ_TEXT_NAMES_H
#define READ_TEXT_NAMES_H

#include "read/text_scan.h"

#define FUNC_ID_OFFSET 2
/* Set in func_ids: all calls of the function are to be handed out, or noted in bundles. */
#define FUNC_IS_WANTED (UINT32_C(1) << 31)
#define FUNC_IS_NOTED (UINT32_C(1) << 30)
#define FUNC_ID_MASK (FUNC_IS_NOTED - 1)

/* id + FUNC_ID_OFFSET, by symbol + 1: row 0 is for no symbol. 0 for not yet known. */
struct func_ids {
	uint32_t *at;
	size_t count;
	size_t cap;
};

struct symbol_list {
	struct span *at; /* in the memory of a thread's tables, where they stay */
	size_t count;
	size_t cap;
};

struct told_func {
	uint32_t symbol;
	uint32_t known; /* what func_ids has for it */
};

struct told_funcs {
	struct told_func *at;
	size_t count;
	size_t cap;
};

/* A thread that scans. */
struct name_tables {
	struct scan_tables scan;
	size_t shown_count; /* of its symbols */
	struct func_ids func_ids;
	struct told_funcs told; /* to be taken into func_ids */
};

/* What the reader knows of one of them. */
struct text_names {
	struct symbol_list symbols;
	struct func_ids func_ids;
	struct told_funcs news; /* what is to be told */
};

/* Adds the symbols that are new since the last call to a list. False when memory is out. */
bool names_show(struct name_tables *tables, struct symbol_list *to);
/* Adds symbols that were shown. False when memory is out. */
bool names_see(struct text_names *names, const struct symbol_list *shown);

/* Adds what there is to tell to what was told and not taken in yet. False when memory is out. */
bool names_tell(struct text_names *names, struct told_funcs *told);
/* Takes in what was told, and makes room for all symbols. False when memory is out. */
bool names_learn(struct name_tables *tables);

void name_tables_release(struct name_tables *tables);
void names_release(struct text_names *names);

#endif

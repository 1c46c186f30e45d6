/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of the tracer as they were, and how they are put back.
 *
 *	struct settings settings = { 0 };
 *	settings_keep(&settings, SETTING_CHOICE, folder, "trace_clock", &err);
 *	...whatever changes them...
 *	settings_restore(&settings, &err);
 *	settings_release(&settings);
 *
 * Putting back writes only to what is not as it was, in the order in which it was kept, and looks
 * afterwards whether all is. A zeroed struct keeps nothing.
 */
#ifndef CAPTURE_SETTINGS_H
#define CAPTURE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <kvmgraph/error.h>

#include "base/arena.h"
#include "base/column.h"

/* kind, name in a state file */
#define SETTING_KIND_LIST(X)                                                                       \
	X(SETTING_QUIET, "quiet")   /* no setting: is written before others are put back */        \
	X(SETTING_VALUE, "value")   /* one word */                                                 \
	X(SETTING_CHOICE, "choice") /* words, the one that holds in brackets */                    \
	X(SETTING_SIZE, "size")	    /* a number; "7 (expanded: 1408)" stands for the larger */     \
	X(SETTING_LIST, "list")	    /* lines */                                                    \
	X(SETTING_FUNCTIONS, "functions") /* lines that name functions */                          \
	X(SETTING_FOLDER, "folder")	  /* was not there, and has to go again */

enum setting_kind {
#define SETTING_KIND_ENUM(kind, name) kind,
	SETTING_KIND_LIST(SETTING_KIND_ENUM)
#undef SETTING_KIND_ENUM
};

struct setting {
	enum setting_kind kind;
	const char *path;
	const char *text; /* as it was read; of SETTING_QUIET what is to be written */
};

struct settings {
	COLUMN(struct setting) rows;
	struct arena memory;
};

/*
 * Reads the setting folder/name and keeps it. A file that is not there is no setting of this
 * kernel, and left out. Fails with KG_IO and KG_NOMEM.
 */
KG_MUST_USE enum kg_status settings_keep(struct settings *settings, enum setting_kind kind,
					 const char *folder, const char *name,
					 struct kg_error *err);
/* Keeps a row whose text is known. NULL for text: "". */
KG_MUST_USE enum kg_status settings_add(struct settings *settings, enum setting_kind kind,
					const char *path, const char *text, struct kg_error *err);

/* Puts everything back. Goes on after a failure, and tells of the first. */
KG_MUST_USE enum kg_status settings_restore(const struct settings *settings, struct kg_error *err);
void settings_release(struct settings *settings);

/* As text that settings_parse() reads; out of memory: NULL. Freed by memory_free(). */
char *settings_print(const struct settings *settings);
/*
 * Reads such a text into an empty struct. KG_BAD_FORMAT if it is none, or not all of one: whoever
 * wrote it had not begun to change anything then.
 */
KG_MUST_USE enum kg_status settings_parse(struct settings *settings, const char *text, size_t len,
					  struct kg_error *err);

#endif

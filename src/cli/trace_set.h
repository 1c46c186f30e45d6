/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of traces named by one argument: a file, or a folder of repeated runs. */
#ifndef CLI_TRACE_SET_H
#define CLI_TRACE_SET_H

#include <stddef.h>

#include <kvmgraph/error.h>

#include "cli/opt.h"

struct trace_set {
	char **paths; /* in the order of their names */
	size_t count;
};

/*
 * A folder's traces are its files and those of the folders in it, one level down. Of several forms
 * of one recording (NAME.dat, NAME.txt) the trace.dat is taken, and what surrounds a recording
 * (JSON, logs) is left alone. Returns EXIT_DONE, or has reported what is wrong.
 */
int trace_set_open(const struct command *command, const char *argument, struct trace_set *out);
void trace_set_close(struct trace_set *set);

/*
 * Hands out what lies beside a trace and says what surrounded it: NAME.env.json, or else env.json
 * in its folder, and lab.json. What taker fails with is reported, and ends it.
 */
typedef enum kg_status document_taker(void *self, const char *json, size_t len,
				      struct kg_error *err);
int trace_set_surroundings(const struct command *command, const char *path, document_taker *taker,
			   void *self);

#endif

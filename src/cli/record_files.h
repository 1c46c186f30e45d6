/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of one recording, which share a name: a.dat, a.env.json, and of the VMM a.run.json. */
#ifndef CLI_RECORD_FILES_H
#define CLI_RECORD_FILES_H

#include <stdbool.h>

#include <kvmgraph/environment.h>

#include "base/partial.h"
#include "cli/commands.h"

struct record_files {
	char *trace;
	char *environment;
	char *run;
	bool has_run; /* the VMM is recorded, and reports on itself */
	struct partial run_file;
	int run_fd; /* what the VMM's standard output is to be; -1 before it is open */
};

/* False where memory is out. record_files_release() in either case. */
bool record_files_name(struct record_files *files, const char *trace, bool has_run);
void record_files_release(struct record_files *files);

/* Of a recording that has none, nothing is opened. */
KG_MUST_USE enum kg_status record_files_open_run(struct record_files *files, struct kg_error *err);

/* Give an exit code, and tell what went wrong. The VMM's report is kept if the VMM came to one. */
int record_files_keep_run(struct record_files *files, const struct command *command,
			  const struct kg_environment *environment);
int record_files_put_environment(const struct record_files *files, const struct command *command,
				 const struct kg_environment *environment);

#endif

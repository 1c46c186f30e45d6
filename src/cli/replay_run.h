/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a scenario under the tracer, here or in the lab, by the commands that do so. */
#ifndef CLI_REPLAY_RUN_H
#define CLI_REPLAY_RUN_H

#include "cli/opt.h"

/* A zeroed one may be closed. */
struct recording {
	const struct command *command;
	char *folder; /* what is recorded comes here; NULL: nothing is to be */
	char *lab;    /* "6.12"; NULL: on this host */
	char *vendor; /* of the lab */
	char *trace;  /* what somebody recorded elsewhere; else NULL */
	bool is_kept;
};

/*
 * Reads what --on says (NULL: this host) and makes the folder, keep's if that is not NULL, if
 * anything is to be recorded. EXIT_DONE, or the exit code of what was reported.
 */
int recording_open(struct recording *recording, const struct command *command, const char *on,
		   const char *keep, bool is_wanted);
/* "FOLDER/NAMEENDING", beside what is recorded, which the caller frees; NULL: out of memory. */
char *recording_path(const struct recording *recording, const char *name, const char *ending);
/* Runs a scenario, a name or a file, and leaves its trace in the folder. */
int recording_make(const struct recording *recording, const char *scenario);
/* Removes what is not to be kept. */
void recording_close(struct recording *recording);

#endif

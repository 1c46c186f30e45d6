/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kept settings as a file, for the case that everybody who could put them back is killed.
 *
 * Whoever records has such a file and holds a lock on it. A file that nobody holds was left
 * behind: the next one to record puts its settings back first.
 */
#ifndef CAPTURE_STATE_FILE_H
#define CAPTURE_STATE_FILE_H

#include <kvmgraph/error.h>

#include "capture/settings.h"

struct state_file {
	int fd;	    /* which is the lock; -1: there is no file */
	char *path; /* memory_free */
};

/*
 * Writes the settings to a new file in folder, which is made. The folder has to be the user's own,
 * since what is in it will be believed. NULL for folder: no file, which is fine. Fails with KG_IO,
 * KG_NOMEM.
 */
KG_MUST_USE enum kg_status state_file_create(struct state_file *file, const char *folder,
					     const struct settings *settings, struct kg_error *err);
/* The settings are as they were: the file goes. */
void state_file_remove(struct state_file *file);
/* Lets go of it, with the file left to another holder of its lock. */
void state_file_release(struct state_file *file);

/*
 * Puts back what was left behind. *count says of how many recordings. Fails with KG_IO where
 * something cannot be put back, which is not tried again.
 */
KG_MUST_USE enum kg_status state_files_restore(const char *folder, size_t *count,
					       struct kg_error *err);

#endif

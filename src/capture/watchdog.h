/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that puts the tracer's settings back when the one that changes them ends, whichever
 * way: its end is seen as the end of a pipe. It is always the watchdog that does it, so that the
 * way which matters after a kill is the way that is gone every day.
 */
#ifndef CAPTURE_WATCHDOG_H
#define CAPTURE_WATCHDOG_H

#include <sys/types.h>

#include <kvmgraph/error.h>

#include "capture/settings.h"

struct watchdog {
	pid_t pid;     /* 0: none runs */
	int life_fd;   /* as long as it is open, nothing is put back */
	int report_fd; /* a struct kg_error comes from here */
};

/*
 * Starts one, which from now on owns the state file of the settings, if state_folder is not NULL.
 * Has to be called before any of the settings is changed. What cannot be made of the state file is
 * told in *state_err, and no failure. Fails with KG_IO where no process can be started.
 */
KG_MUST_USE enum kg_status watchdog_start(struct watchdog *watchdog,
					  const struct settings *settings, const char *state_folder,
					  struct kg_error *state_err, struct kg_error *err);
/*
 * Has everything put back, and waits for it; a watchdog that was killed is stood in for. Does
 * nothing where none runs. Fails with KG_IO where a setting could not be put back.
 */
KG_MUST_USE enum kg_status watchdog_end(struct watchdog *watchdog, const struct settings *settings,
					struct kg_error *err);

#endif

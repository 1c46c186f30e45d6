/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bar on stderr for work that takes longer than about a second. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	uint64_t start_ns;
	uint64_t shown_ns; /* 0: nothing is on the terminal */
	bool is_wanted;
};

/* Shows nothing unless stderr is a terminal and it is wanted. */
void progress_start(struct progress *progress, bool is_wanted);
/* self is a struct progress. */
void progress_tell(void *self, uint64_t done_bytes, uint64_t total_bytes);
/* Takes the bar off the terminal; may be called again. */
void progress_stop(struct progress *progress);

#endif

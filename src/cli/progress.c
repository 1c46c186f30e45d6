/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how long work is shown on a terminal. */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define SECOND UINT64_C(1000000000)
#define BAR_WIDTH 40

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void progress_start(struct progress *progress, bool is_wanted)
{
	*progress = (struct progress){ .start_ns = now_ns(),
				       .is_wanted = is_wanted && isatty(STDERR_FILENO) };
}

void progress_tell(void *self, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *progress = self;
	if (!progress->is_wanted)
		return;
	uint64_t now = now_ns();
	if (now - progress->start_ns < SECOND || now - progress->shown_ns < SECOND / 10)
		return;
	progress->shown_ns = now;
	char bar[BAR_WIDTH + 1];
	uint64_t filled = done_bytes / (total_bytes / BAR_WIDTH + 1);
	for (uint64_t i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < filled ? '#' : ' ';
	bar[BAR_WIDTH] = '\0';
	uint64_t mib_per_s = (done_bytes >> 10) * (SECOND >> 10) / (now - progress->start_ns);
	fprintf(stderr, "\r[%s] %3u %%  %u MiB/s ", bar,
		(unsigned int)(done_bytes / (total_bytes / 100 + 1)), (unsigned int)mib_per_s);
	fflush(stderr);
}

void progress_stop(struct progress *progress)
{
	if (progress->shown_ns != 0)
		fprintf(stderr, "\r\033[K");
	progress->shown_ns = 0;
}

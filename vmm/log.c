/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where a life is written down. */
#include "log.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static size_t life_bytes(const struct plan *plan)
{
	return sizeof(struct life) +
	       plan->params[PARAM_VMS] * plan->log_count * sizeof(struct log_row);
}

struct life *life_new(const struct plan *plan)
{
	/* there from the start, so that no step waits for a page of it */
	struct life *life = mmap(NULL, life_bytes(plan), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (life == MAP_FAILED)
		return NULL;
	life->vm_count = (uint32_t)plan->params[PARAM_VMS];
	life->row_count = plan->log_count;
	return life;
}

void life_free(struct life *life, const struct plan *plan)
{
	if (life != NULL)
		munmap(life, life_bytes(plan));
}

void life_reset(struct life *life)
{
	const uint32_t vm_count = life->vm_count;
	const uint32_t row_count = life->row_count;
	memset(life, 0, sizeof(*life) + (size_t)vm_count * row_count * sizeof(life->rows[0]));
	life->vm_count = vm_count;
	life->row_count = row_count;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happened in one life of a scenario. All of it has a fixed size and lies in memory that is
 * shared between processes, since a VM whose end is that of its process leaves its tale behind.
 */
#ifndef VMM_LOG_H
#define VMM_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "plan.h"

/* One call into KVM, or one check. */
struct log_row {
	bool is_done; /* the rest counts only then */
	bool is_ok;
	enum reason reason; /* of a run: why it returned */
	uint32_t
		interrupted; /* of a run: how often it returned for a signal and was called again */
	int os_errno;	     /* 0: none */
	int64_t result;
	uint64_t start_ns; /* CLOCK_MONOTONIC_RAW */
	uint64_t duration_ns;
	char detail[80];
};

#define OUTPUT_BYTES 64

struct life {
	struct failure failure;
	int stop_signal;
	uint32_t output_len; /* of the last VM that got as far as check-output */
	char output[OUTPUT_BYTES];
	uint32_t vm_count;
	uint32_t row_count; /* of each VM */
	struct log_row rows[];
};

uint64_t now_ns(void);

/* Made for as many VMs as the plan has; NULL with errno set. */
struct life *life_new(const struct plan *plan);
void life_free(struct life *life, const struct plan *plan);
/* Forgets what happened. */
void life_reset(struct life *life);

#endif

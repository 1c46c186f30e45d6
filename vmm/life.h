/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One life of a scenario: all its VMs from their first to their last step. */
#ifndef VMM_LIFE_H
#define VMM_LIFE_H

#include "machine.h"

/*
 * Lives it in this process and writes it down. The stopper has been started. What went
 * wrong is life->failure.
 */
void life_here(const struct setting *setting, struct stopper *stopper, struct life *life);

/*
 * The signals that end a process or tell of a child's end are held back between these two, to be
 * waited for.
 */
struct vigil {
	sigset_t signals;
	sigset_t mask_before;
	struct sigaction child_before;
};

void vigil_start(struct vigil *vigil);
void vigil_finish(const struct vigil *vigil);

/* The same as life_here() in a process made for it, which ends with its VM as it is. */
void life_in_process(const struct setting *setting, const struct vigil *vigil, struct life *life);

#endif

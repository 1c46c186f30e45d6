/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns: a vCPU that was about to enter the guest, and is sent round once more by the host.
 *
 * What it had done by then it does again: up to where the guest is entered, that is no part of the
 * path, which would have been the same without.
 */
#ifndef ANALYSE_PATH_TURNS_H
#define ANALYSE_PATH_TURNS_H

#include "analyse/path_collector.h"

/* A function is called in a tree, below caller; before it is placed there. */
void turn_note(struct path_scratch *scratch, const struct kg_funcs *funcs,
	       struct path_frame *caller, const struct func_fact *fact);
/* Whether what is called as a node is only done again. */
bool turn_is_again(const struct path_scratch *scratch, uint32_t node);

#endif

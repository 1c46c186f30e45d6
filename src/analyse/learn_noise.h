/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that are passed over. */
#ifndef ANALYSE_LEARN_NOISE_H
#define ANALYSE_LEARN_NOISE_H

#include "analyse/learn_path.h"

/*
 * Finds the noise of a path whose classes and runs are known, its first step and the items that are
 * left. What has steps of others grow together when it is passed over is noise; while all traces
 * agree nothing is, but for what idle tasks have at their top level too. False when memory is out.
 */
bool noise_pass_over(const struct kg_learn *learn, struct learn_path *path);

#endif

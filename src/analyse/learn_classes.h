/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Into which classes the steps of the subjects fall. */
#ifndef ANALYSE_LEARN_CLASSES_H
#define ANALYSE_LEARN_CLASSES_H

#include "analyse/learn_path.h"

/* Fills the classes of a path whose subjects are known. False when memory is out. */
bool classes_find(const struct former *former, struct learn_path *path);
/* The class of a step. */
uint32_t class_of(const struct learn_path *path, const struct learn_step *step);

#endif

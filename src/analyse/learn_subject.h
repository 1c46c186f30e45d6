/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The task of each trace whose path is learned, and how it is found again. */
#ifndef ANALYSE_LEARN_SUBJECT_H
#define ANALYSE_LEARN_SUBJECT_H

#include "analyse/learn_path.h"

/* Fills the subjects of a path. False when memory is out. */
bool subjects_find(const struct kg_learn *learn, struct learn_path *path);
/*
 * Gives the subjects the steps of the task that goes on where they end, if there is one of the same
 * name in every one of several traces; *comm is that name, or left alone. False when memory is out.
 */
bool subjects_join_worker(struct kg_learn *learn, const struct learn_path *path, const char **comm);
/* The subject of a trace, or NULL. */
const struct learn_task *subject_of(const struct kg_learn *learn, const struct learn_path *path,
				    size_t trace);
/* Whether steps of a name are passed over. */
bool subjects_leave_out(const struct kg_learn *learn, const struct learn_path *path, uint32_t name);
/* The first step of a subject by which all subjects can be found; NO_NAME if there is none. */
uint32_t subjects_find_first(const struct kg_learn *learn, const struct learn_path *path);

#endif

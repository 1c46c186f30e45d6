/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scenarios that are no table of this program but a document, kvmgraph.scenario/1. */
#ifndef VMM_SCENARIO_FILE_H
#define VMM_SCENARIO_FILE_H

#include "document.h"
#include "failure.h"
#include "scenario.h"

struct scenario_file;

/*
 * Reads a document and makes what it needs: the steps, and the guest's program. OUTCOME_USAGE if it
 * is no such document, of which each mistake has been told, OUTCOME_INTERNAL if memory is out,
 * which is told too; *file is NULL then.
 */
enum outcome scenario_file_read(const char *path, const struct listener *listener,
				struct scenario_file **file);
/* The same of bytes that are said to be those of the file. */
enum outcome scenario_file_parse(const char *path, const char *text, size_t len,
				 const struct listener *listener, struct scenario_file **file);
void scenario_file_free(struct scenario_file *file);

/* Lives as long as the file. */
const struct scenario *scenario_file_scenario(const struct scenario_file *file);

#endif

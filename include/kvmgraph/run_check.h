/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trace held against what the VMM says that it did: two witnesses of the same lives.
 *
 * What a trace cannot tell is not held against it: MMIO is a fault like any other on AMD's
 * processors, an entry that fails has no handler, an ioctl that does nothing looks like its
 * neighbours. Other VMs may be in the trace; those of the report are found by their tasks.
 */
#ifndef KVMGRAPH_RUN_CHECK_H
#define KVMGRAPH_RUN_CHECK_H

#include <kvmgraph/beside.h>
#include <kvmgraph/verify.h>

KG_BEGIN_C

/* All of it has to stay until the checks are freed; the trace has been read. */
struct kg_run_check_input {
	const struct kg_run_report *run;
	const struct kg_environment *environment; /* NULL: not known */
	struct kg_life *life;
	const struct kg_info *info;
};

struct kg_run_check;

/*
 * Makes the checks "report:verdict", "report:vendor", "report:steps", "report:runs",
 * "report:exits" and "report:output". Takes 16 bytes for each phase of the trace meanwhile, and
 * time that is linear but for sorting. Fails with KG_NOMEM, and with KG_IO where phases cannot be
 * read back.
 */
KG_API KG_MUST_USE enum kg_status kg_run_check_new(const struct kg_run_check_input *input,
						   struct kg_run_check **out);
/* The checks, always the same ones in the same order; strings and all belong to `check`. */
KG_API const struct kg_check *kg_run_check_list(const struct kg_run_check *check, size_t *count);
KG_API void kg_run_check_free(struct kg_run_check *check);

KG_END_C

#endif

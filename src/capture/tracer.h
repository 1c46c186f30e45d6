/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's tracer, borrowed for one recording.
 *
 * In an instance of its own where the kernel lets function_graph run in one, else at the top, where
 * it was saved what has to be put back. From tracer_setup() on a watchdog runs.
 */
#ifndef CAPTURE_TRACER_H
#define CAPTURE_TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

#include "base/arena.h"
#include "capture/settings.h"
#include "capture/watchdog.h"

struct tracefs_instance;

/* How to trace. All-zero: the functions of KVM, in every task. */
struct tracer_opts {
	struct kg_env_words filter;
	struct kg_env_words notrace;
	struct kg_env_words graph;
	struct kg_env_words events;
	struct kg_env_words options;
	uint64_t depth;
	const char *clock;   /* NULL: local */
	uint64_t buffer_kib; /* of each CPU; 0: what there is room for */
	pid_t only_pid;	     /* 0: every task */
	bool force;	     /* take over from another tracer */
	const char *state_folder;
};

struct tracer {
	const char *top;
	const char *folder; /* of the instance, or top */
	bool is_instance;
	uint64_t buffer_kib;
	struct tracefs_instance *instance; /* NULL at the top */
	struct settings settings;
	struct watchdog watchdog;
	struct kg_error state_err; /* why there is no state file */
	struct arena memory;
};

/*
 * Finds the tracer: folder, or where tracefs is mounted if NULL. Fails with KG_LACKING, and what to
 * do about it, if it is not there, is not ours to write to, or cannot trace call graphs. A zeroed
 * struct, and one of a failure, has to be closed too.
 */
KG_MUST_USE enum kg_status tracer_open(struct tracer *tracer, const char *folder,
				       struct kg_error *err);
/*
 * Makes everything ready but does not start. Fails with KG_LACKING if another tracer is active,
 * with KG_BAD_ARG for a function, event, option or clock that this kernel does not have, KG_IO.
 */
KG_MUST_USE enum kg_status tracer_setup(struct tracer *tracer, const struct tracer_opts *opts,
					struct kg_error *err);
KG_MUST_USE enum kg_status tracer_start(const struct tracer *tracer, struct kg_error *err);
KG_MUST_USE enum kg_status tracer_stop(const struct tracer *tracer, struct kg_error *err);
/* Puts everything back, and releases. KG_IO if that was not possible. */
KG_MUST_USE enum kg_status tracer_close(struct tracer *tracer, struct kg_error *err);

#endif

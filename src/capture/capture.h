/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records what a command makes the kernel do.
 *
 *	struct capture capture;
 *	if (capture_run(&capture, &opts, &err) == KG_OK)
 *		...look at capture.environment, then...
 *		status = capture_keep(&capture, &err);
 *	capture_release(&capture);
 *
 * The command waits until the tracer runs; the tracer stops when the command has ended and what
 * outlives it had time to settle. Then the tracer is as it was before, whatever happened.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/environment.h>
#include <kvmgraph/error.h>

#include "base/arena.h"
#include "base/partial.h"

struct capture_opts {
	const char *tracefs;	  /* NULL: where it is mounted */
	const char *state_folder; /* for what a killed recording left; NULL: none */
	const char *dat_path;	  /* NULL: no trace.dat */
	const char *text_path;	  /* NULL: no text */

	char *const *command; /* NULL at its end */
	const char *user;     /* NULL: the one who runs us */
	int stdout_fd;	      /* the command's standard output; -1: ours */

	struct kg_env_words filter; /* none: KVM's functions */
	struct kg_env_words notrace;
	struct kg_env_words graph;
	struct kg_env_words events;
	struct kg_env_words options;
	uint64_t depth;
	const char *clock;
	uint64_t buffer_kib; /* of each CPU; 0: what there is room for */
	uint64_t settle_ns;
	bool only_command; /* and not what other tasks do meanwhile */
	bool force;
};

/* A file that is written, and not there yet. */
struct capture_file {
	struct partial partial;
	int fd;
};

struct capture {
	struct kg_environment environment; /* strings are in memory, or are those of the options */
	struct kg_error state_err;   /* not KG_OK: a kill of the watchdog too could not be mended */
	struct kg_error restore_err; /* not KG_OK: what an earlier one left was not all put back */
	size_t restored_count;	     /* of recordings that were killed earlier */
	struct capture_file dat;
	struct capture_file text;
	struct kg_env_function *functions;
	struct kg_env_buffer *buffers;
	struct arena memory;
};

/*
 * Records. Fails with KG_LACKING for what the machine does not have or allow, KG_BAD_ARG for a
 * command, function, event, option or clock that there is none of, KG_IO, KG_NOMEM. Always to be
 * released.
 */
KG_MUST_USE enum kg_status capture_run(struct capture *capture, const struct capture_opts *opts,
				       struct kg_error *err);
/* Gives the files their names. */
KG_MUST_USE enum kg_status capture_keep(struct capture *capture, struct kg_error *err);
void capture_release(struct capture *capture);

/* Puts back what killed recordings left behind; *count says of how many. */
KG_MUST_USE enum kg_status capture_restore(const char *state_folder, size_t *count,
					   struct kg_error *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows that this build leaves recording out. */
#include "capture/capture.h"

#include "base/error.h"
#include "base/banned.h"

static enum kg_status refuse(struct kg_error *err)
{
	return error_set(err, KG_LACKING, NULL, 0,
			 "this build cannot record (build with libtracefs-dev, or record with "
			 "`trace-cmd record -p function_graph`)");
}

enum kg_status capture_run(struct capture *capture, const struct capture_opts *opts,
			   struct kg_error *err)
{
	(void)opts;
	*capture = (struct capture){ .dat.fd = -1, .text.fd = -1 };
	return refuse(err);
}

enum kg_status capture_keep(struct capture *capture, struct kg_error *err)
{
	(void)capture;
	return refuse(err);
}

void capture_release(struct capture *capture)
{
	(void)capture;
}

enum kg_status capture_restore(const char *state_folder, size_t *count, struct kg_error *err)
{
	(void)state_folder;
	*count = 0;
	return refuse(err);
}

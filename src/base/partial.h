/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that gets its name when it is complete.
 *
 * Where the file system can, it has no name at all before, so that not even a killed program leaves
 * a part of it behind. What is no regular file (a terminal, a pipe, /dev/null) is written in place.
 * A zeroed struct is released.
 */
#ifndef BASE_PARTIAL_H
#define BASE_PARTIAL_H

#include <stdbool.h>

#include <kvmgraph/error.h>

struct partial {
	char *final;   /* the path it is to have; NULL: written in place */
	char *part;    /* its path until then */
	bool is_named; /* there is a file of that path */
};

/* Opens it for writing at *fd. A file that it replaces lends it its permissions. */
KG_MUST_USE enum kg_status partial_open(struct partial *partial, const char *path, int *fd,
					struct kg_error *err);
/* Makes it outlive its open fd, still beside its final name. 0, or -1 with errno set. */
KG_MUST_USE int partial_settle(struct partial *partial, int fd);
/* Gives it its final name, once it is settled and closed. 0, or -1 with errno set. */
KG_MUST_USE int partial_keep(struct partial *partial);
/* Releases; a file that was not kept is gone. */
void partial_release(struct partial *partial);

#endif

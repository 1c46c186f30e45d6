/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a file gets no name. */
#include "base/tmpfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

int tmpfile_open(const char *folder)
{
	if (folder == NULL)
		folder = "/tmp";
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	/* not every file system knows nameless files */
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/kvmgraph-XXXXXX", folder);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

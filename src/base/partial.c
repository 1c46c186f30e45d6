/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a file stays out of sight until it is complete. */
#include "base/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

#define NAME_TRIES 100
/* "/.kvmgraph-PID-TRY.part" and its NUL */
#define PART_NAME_LEN 64

/* The folder that a path is in: "." for "a", "/" for "/a". */
static int folder_len(const char *path, const char **folder)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL) {
		*folder = ".";
		return 1;
	}
	*folder = path;
	return slash == path ? 1 : (int)(slash - path);
}

static void name_part(struct partial *partial, int attempt)
{
	const char *folder;
	int len = folder_len(partial->final, &folder);
	snprintf(partial->part, (size_t)len + PART_NAME_LEN, "%.*s/.kvmgraph-%ld-%d.part", len,
		 folder, (long)getpid(), attempt);
}

static int open_unnamed(struct partial *partial)
{
	const char *folder;
	int len = folder_len(partial->final, &folder);
	snprintf(partial->part, (size_t)len + PART_NAME_LEN, "%.*s", len, folder);
	return open(partial->part, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

static int open_named(struct partial *partial)
{
	int fd = -1;
	for (int attempt = 0; attempt < NAME_TRIES && fd < 0; attempt++) {
		name_part(partial, attempt);
		fd = open(partial->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	partial->is_named = fd >= 0;
	return fd;
}

static int give_name(struct partial *partial, int fd)
{
	char nameless[32];
	snprintf(nameless, sizeof(nameless), "/proc/self/fd/%d", fd);
	for (int attempt = 0; attempt < NAME_TRIES; attempt++) {
		name_part(partial, attempt);
		if (linkat(AT_FDCWD, nameless, AT_FDCWD, partial->part, AT_SYMLINK_FOLLOW) == 0) {
			partial->is_named = true;
			return 0;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/* Where path really is, behind links; one that leads nowhere yet is taken as it is. NULL: errno. */
static char *resolve(const char *path, bool exists)
{
	char *resolved = memory_alloc(exists ? PATH_MAX : strlen(path) + 1);
	if (resolved == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	if (!exists) {
		memcpy(resolved, path, strlen(path) + 1);
	} else if (realpath(path, resolved) == NULL) {
		memory_free(resolved);
		return NULL;
	}
	return resolved;
}

/* old: what is known of the file that it replaces; NULL: there is none. */
static int open_beside(struct partial *partial, const char *path, const struct stat *old)
{
	if (path[0] == '\0') {
		errno = ENOENT;
		return -1;
	}
	partial->final = resolve(path, old != NULL);
	if (partial->final == NULL)
		return -1;
	partial->part = memory_alloc(strlen(partial->final) + 1 + PART_NAME_LEN);
	if (partial->part == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* naming it later goes through /proc */
	int fd = access("/proc/self/fd", X_OK) == 0 ? open_unnamed(partial) : -1;
	if (fd < 0)
		fd = open_named(partial);
	if (fd >= 0 && old != NULL && fchmod(fd, old->st_mode & 0777) != 0) {
		int os_errno = errno;
		close(fd);
		errno = os_errno;
		return -1;
	}
	return fd;
}

enum kg_status partial_open(struct partial *partial, const char *path, int *fd,
			    struct kg_error *err)
{
	struct stat old;
	bool exists = stat(path, &old) == 0;
	int opened;
	if (exists && !S_ISREG(old.st_mode))
		opened = open(path, O_WRONLY | O_CLOEXEC);
	else
		opened = open_beside(partial, path, exists ? &old : NULL);
	if (opened >= 0) {
		*fd = opened;
		return KG_OK;
	}
	int os_errno = errno;
	partial_release(partial);
	if (os_errno == ENOMEM)
		return error_set(err, KG_NOMEM, path, 0, "out of memory");
	return error_set(err, KG_IO, path, os_errno, "%s", strerror(os_errno));
}

int partial_settle(struct partial *partial, int fd)
{
	if (partial->final == NULL || partial->is_named)
		return 0;
	return give_name(partial, fd);
}

int partial_keep(struct partial *partial)
{
	if (partial->final == NULL)
		return 0;
	if (rename(partial->part, partial->final) != 0)
		return -1;
	partial->is_named = false;
	return 0;
}

void partial_release(struct partial *partial)
{
	if (partial->is_named)
		unlink(partial->part);
	memory_free(partial->final);
	memory_free(partial->part);
	*partial = (struct partial){ 0 };
}

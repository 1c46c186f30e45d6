/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where settings wait for the next start, and who still needs them. */
#include "capture/state_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/control.h"
#include "base/banned.h"

#define SUFFIX ".state"

static char *join(const char *folder, const char *name)
{
	const size_t size = strlen(folder) + strlen(name) + 2;
	char *path = memory_alloc(size);
	if (path != NULL)
		snprintf(path, size, "%s/%s", folder, name);
	return path;
}

/* Makes the folder. 0 if it is one that only this user can write to, or -1 with errno set. */
static int prepare_folder(const char *folder)
{
	struct stat found;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return -1;
	if (lstat(folder, &found) != 0)
		return -1;
	if (S_ISDIR(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & 022) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	while (left > 0) {
		ssize_t written = write(fd, text, left);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		text += written;
		left -= (size_t)written;
	}
	return true;
}

enum kg_status state_file_create(struct state_file *file, const char *folder,
				 const struct settings *settings, struct kg_error *err)
{
	char name[32];
	*file = (struct state_file){ .fd = -1 };
	if (folder == NULL)
		return KG_OK;
	if (prepare_folder(folder) != 0)
		return error_set(err, KG_IO, folder, errno, "cannot be used: %s", strerror(errno));
	snprintf(name, sizeof(name), "%ld" SUFFIX, (long)getpid());
	char *text = settings_print(settings);
	file->path = join(folder, name);
	if (text == NULL || file->path == NULL) {
		memory_free(text);
		state_file_release(file);
		return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	}
	file->fd = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	const bool is_kept = file->fd >= 0 && flock(file->fd, LOCK_EX | LOCK_NB) == 0 &&
			     write_all(file->fd, text);
	int os_errno = errno;
	memory_free(text);
	if (is_kept)
		return KG_OK;
	enum kg_status status = error_set(err, KG_IO, file->path, os_errno, "cannot be written: %s",
					  strerror(os_errno));
	state_file_remove(file);
	return status;
}

void state_file_remove(struct state_file *file)
{
	if (file->fd >= 0)
		unlink(file->path);
	state_file_release(file);
}

void state_file_release(struct state_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	memory_free(file->path);
	*file = (struct state_file){ .fd = -1 };
}

/* ---- what was left behind -------------------------------------------------------------------- */

static enum kg_status restore_from(const char *path, struct kg_error *err)
{
	struct settings settings = { 0 };
	char *text;
	size_t len;
	enum kg_status status = control_read(path, &text, &len, err);
	if (status != KG_OK)
		return status;
	status = settings_parse(&settings, text, len, NULL);
	memory_free(text);
	/* its writer was killed while it wrote, before it changed anything */
	if (status == KG_BAD_FORMAT)
		return KG_OK;
	if (status == KG_OK)
		status = settings_restore(&settings, err);
	settings_release(&settings);
	return status;
}

static enum kg_status restore_file(const char *path, size_t *count, struct kg_error *err)
{
	enum kg_status status = KG_OK;
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? KG_OK
				       : error_set(err, KG_IO, path, errno, "%s", strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		status = restore_from(path, err);
		/* what could not be put back now will not be later: one try, and one complaint */
		unlink(path);
		*count += status == KG_OK;
	}
	close(fd);
	return status;
}

enum kg_status state_files_restore(const char *folder, size_t *count, struct kg_error *err)
{
	enum kg_status status = KG_OK;
	*count = 0;
	DIR *files = folder != NULL && access(folder, F_OK) == 0 && prepare_folder(folder) == 0
			     ? opendir(folder)
			     : NULL;
	if (files == NULL)
		return KG_OK;
	for (const struct dirent *entry; status == KG_OK && (entry = readdir(files)) != NULL;) {
		const size_t len = strlen(entry->d_name);
		if (len <= strlen(SUFFIX) ||
		    strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) != 0)
			continue;
		char *path = join(folder, entry->d_name);
		status = path != NULL ? restore_file(path, count, err)
				      : error_set(err, KG_NOMEM, NULL, 0, "out of memory");
		memory_free(path);
	}
	closedir(files);
	return status;
}

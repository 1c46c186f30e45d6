/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how control files are read and written. */
#include "capture/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/banned.h"

#define FIRST_BYTES 4096

/* Control files do not tell their size: read until there is no more. */
static enum kg_status read_all(int fd, char **text, size_t *len)
{
	size_t cap = FIRST_BYTES;
	*len = 0;
	*text = memory_alloc(cap + INTERN_PADDING);
	while (*text != NULL) {
		ssize_t got = read(fd, *text + *len, cap - *len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return KG_IO;
		if (got == 0) {
			memset(*text + *len, 0, INTERN_PADDING);
			return KG_OK;
		}
		*len += (size_t)got;
		if (*len < cap)
			continue;
		cap *= 2;
		char *larger = memory_realloc(*text, cap + INTERN_PADDING);
		if (larger == NULL)
			break;
		*text = larger;
	}
	return KG_NOMEM;
}

enum kg_status control_read(const char *path, char **text, size_t *len, struct kg_error *err)
{
	char *bytes = NULL;
	size_t count = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, KG_IO, path, errno, "cannot be read: %s", strerror(errno));
	enum kg_status status = read_all(fd, &bytes, &count);
	int os_errno = errno;
	close(fd);
	if (status != KG_OK) {
		memory_free(bytes);
		if (status == KG_NOMEM)
			return error_set(err, KG_NOMEM, path, 0, "out of memory");
		return error_set(err, status, path, os_errno, "cannot be read: %s",
				 strerror(os_errno));
	}
	*text = bytes;
	if (len != NULL)
		*len = count;
	return KG_OK;
}

const char *control_line(struct arena *memory, const char *path)
{
	char *text;
	if (path == NULL || control_read(path, &text, NULL, NULL) != KG_OK)
		return NULL;
	const struct span line = { (const unsigned char *)text, strcspn(text, "\n") };
	const char *kept = arena_copy(memory, line);
	memory_free(text);
	return kept;
}

static int write_to(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return -1;
	size_t left = strlen(text);
	while (left > 0) {
		ssize_t written = write(fd, text, left);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		text += written;
		left -= (size_t)written;
	}
	int os_errno = errno;
	/* some settings are only taken over when the file is closed */
	if (close(fd) != 0 && left == 0)
		return -1;
	errno = os_errno;
	return left == 0 ? 0 : -1;
}

int control_put(const char *path, const char *text)
{
	return write_to(path, text, O_TRUNC);
}

int control_add(const char *path, const char *text)
{
	return write_to(path, text, O_APPEND);
}

bool control_next_line(struct span *text, struct span *line)
{
	if (text->len == 0)
		return false;
	const unsigned char *end = memchr(text->at, '\n', text->len);
	const size_t len = end != NULL ? (size_t)(end - text->at) : text->len;
	const size_t taken = len + (end != NULL);
	*line = (struct span){ text->at, len };
	*text = (struct span){ text->at + taken, text->len - taken };
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where input bytes come from. */
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/tmpfile.h"
#include "base/unpack.h"
#include "base/banned.h"

#define COPY_BYTES 65536
/* Smaller files are read as fast. */
#define MAP_BYTES_MIN (UINT64_C(1) << 20)

struct source {
	char *name;
	const unsigned char *memory; /* or NULL: read from fd */
	void *mapped;		     /* all of fd; NULL: it is not */
	uint64_t size;
	int fd;
};

static enum kg_status source_new(const char *name, struct source **out)
{
	struct source *source = memory_zalloc(sizeof(*source));
	if (source == NULL)
		return KG_NOMEM;
	source->fd = -1;
	size_t len = strlen(name);
	source->name = memory_alloc(len + 1);
	if (source->name == NULL) {
		source_close(source);
		return KG_NOMEM;
	}
	memcpy(source->name, name, len + 1);
	*out = source;
	return KG_OK;
}

static enum kg_status write_whole(int fd, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return KG_IO;
		bytes += written;
		len -= (size_t)written;
	}
	return KG_OK;
}

static enum kg_status copy_all(struct source *source, int from, int to, struct kg_error *err)
{
	unsigned char *bytes = memory_alloc(COPY_BYTES);
	if (bytes == NULL)
		return error_set(err, KG_NOMEM, source->name, 0, "out of memory");
	enum kg_status status = KG_OK;
	for (;;) {
		ssize_t got = read(from, bytes, COPY_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			status = error_set(err, KG_IO, source->name, errno, "%s", strerror(errno));
		if (got <= 0)
			break;
		if (write_whole(to, bytes, (size_t)got) != KG_OK) {
			status = error_set(err, KG_IO, source->name, errno,
					   "cannot spool the pipe: %s (set TMPDIR to a folder with "
					   "more room)",
					   strerror(errno));
			break;
		}
		source->size += (uint64_t)got;
	}
	memory_free(bytes);
	return status;
}

static enum kg_status no_spool(const char *tmp_folder, struct kg_error *err)
{
	return error_set(
		err, KG_IO, tmp_folder != NULL ? tmp_folder : "/tmp", errno,
		"cannot keep a pipe or unpacked file here: %s (set TMPDIR to a folder that "
		"may be written)",
		strerror(errno));
}

static void replace_fd(struct source *source, int fd)
{
	if (source->fd > STDIN_FILENO)
		close(source->fd);
	source->fd = fd;
}

/* Replaces the pipe behind source->fd by an unnamed file with all that came through it. */
static enum kg_status spool(struct source *source, const char *tmp_folder, struct kg_error *err)
{
	int file = tmpfile_open(tmp_folder);
	if (file < 0)
		return no_spool(tmp_folder, err);
	source->size = 0;
	enum kg_status status = copy_all(source, source->fd, file, err);
	replace_fd(source, file);
	return status;
}

/* Replaces the compressed file behind source->fd by an unnamed one with what is in it. */
static enum kg_status spool_unpacked(struct source *source, const char *tmp_folder,
				     struct kg_error *err)
{
	int file = tmpfile_open(tmp_folder);
	if (file < 0)
		return no_spool(tmp_folder, err);
	enum kg_status status = unpack(source->fd, file, source->name, &source->size, err);
	replace_fd(source, file);
	return status;
}

static bool is_packed(const struct source *source)
{
	unsigned char start[UNPACK_MAGIC_BYTES];
	ssize_t got = pread(source->fd, start, sizeof(start), 0);
	return got > 0 && unpack_is_packed((struct span){ start, (size_t)got });
}

static enum kg_status open_fd(struct source *source, const char *path, const char *tmp_folder,
			      struct kg_error *err)
{
	source->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat facts;
	if (source->fd < 0 || fstat(source->fd, &facts) != 0)
		return error_set(err, KG_IO, path, errno, "%s", strerror(errno));
	if (S_ISDIR(facts.st_mode))
		return error_set(err, KG_IO, path, EISDIR,
				 "is a directory (name the trace file in it)");
	source->size = (uint64_t)facts.st_size;
	enum kg_status status = KG_OK;
	/* files of /proc and tracefs claim to be regular and empty: take them as streams */
	if (!S_ISREG(facts.st_mode) || facts.st_size == 0)
		status = spool(source, tmp_folder, err);
	if (status == KG_OK && is_packed(source)) {
		lseek(source->fd, 0, SEEK_SET);
		status = spool_unpacked(source, tmp_folder, err);
	}
	return status;
}

enum kg_status source_open(const char *path, const char *tmp_folder, struct source **out,
			   struct kg_error *err)
{
	struct source *source = NULL;
	const char *name = strcmp(path, "-") == 0 ? "<stdin>" : path;
	if (source_new(name, &source) != KG_OK)
		return error_set(err, KG_NOMEM, path, 0, "out of memory");
	enum kg_status status = open_fd(source, path, tmp_folder, err);
	if (status != KG_OK) {
		source_close(source);
		return status;
	}
	*out = source;
	return KG_OK;
}

enum kg_status source_open_memory(const void *bytes, size_t len, struct source **out)
{
	struct source *source = NULL;
	enum kg_status status = source_new("<memory>", &source);
	if (status != KG_OK)
		return status;
	source->memory = bytes != NULL ? bytes : (const void *)"";
	source->size = len;
	*out = source;
	return KG_OK;
}

const char *source_name(const struct source *source)
{
	return source->name;
}

uint64_t source_size(const struct source *source)
{
	return source->size;
}

static size_t read_memory(const struct source *source, uint64_t pos_bytes, void *to, size_t len)
{
	if (pos_bytes >= source->size)
		return 0;
	uint64_t left = source->size - pos_bytes;
	size_t take = left < len ? (size_t)left : len;
	memcpy(to, source->memory + pos_bytes, take);
	return take;
}

enum kg_status source_read(const struct source *source, uint64_t pos_bytes, void *to, size_t len,
			   size_t *got, struct kg_error *err)
{
	size_t have = 0;
	if (source->memory != NULL) {
		*got = read_memory(source, pos_bytes, to, len);
		return KG_OK;
	}
	while (have < len) {
		ssize_t part = pread(source->fd, (unsigned char *)to + have, len - have,
				     (off_t)(pos_bytes + have));
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return error_set(err, KG_IO, source->name, errno, "%s", strerror(errno));
		if (part == 0)
			break;
		have += (size_t)part;
	}
	*got = have;
	return KG_OK;
}

void source_map(struct source *source)
{
	if (source->fd < 0 || source->mapped != NULL || source->size < MAP_BYTES_MIN ||
	    source->size > SIZE_MAX)
		return;
	void *mapped = mmap(NULL, (size_t)source->size, PROT_READ, MAP_SHARED, source->fd, 0);
	if (mapped != MAP_FAILED)
		source->mapped = mapped;
}

struct span source_view(const struct source *source, uint64_t pos_bytes)
{
	const unsigned char *bytes = source->mapped != NULL ? source->mapped : source->memory;
	if (bytes == NULL || pos_bytes >= source->size)
		return (struct span){ 0 };
	return span_of(bytes + pos_bytes, bytes + source->size);
}

void source_forget(const struct source *source, uint64_t from_bytes, uint64_t to_bytes)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t from = from_bytes / page * page;
	const uint64_t to = to_bytes / page * page;
	/* what is looked at again after all comes back */
	if (source->mapped != NULL && from < to && to <= source->size)
		madvise((unsigned char *)source->mapped + from, (size_t)(to - from), MADV_DONTNEED);
}

void source_close(struct source *source)
{
	if (source == NULL)
		return;
	if (source->mapped != NULL)
		munmap(source->mapped, (size_t)source->size);
	if (source->fd > STDIN_FILENO)
		close(source->fd);
	memory_free(source->name);
	memory_free(source);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which rows are in memory and which are in the file. */
#include "base/spool.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/tmpfile.h"
#include "base/banned.h"

static bool write_all(int fd, const unsigned char *from, size_t len, uint64_t pos_bytes)
{
	while (len > 0) {
		ssize_t done = pwrite(fd, from, len, (off_t)pos_bytes);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		from += done;
		len -= (size_t)done;
		pos_bytes += (uint64_t)done;
	}
	return true;
}

static bool read_all(int fd, unsigned char *to, size_t len, uint64_t pos_bytes)
{
	while (len > 0) {
		ssize_t done = pread(fd, to, len, (off_t)pos_bytes);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		to += done;
		len -= (size_t)done;
		pos_bytes += (uint64_t)done;
	}
	return true;
}

void spool_init(struct spool *spool, size_t row_bytes, const char *folder)
{
	KG_ASSERT(row_bytes > 0 && row_bytes <= SPOOL_BLOCK_BYTES);
	*spool = (struct spool){
		.folder = folder,
		.row_bytes = row_bytes,
		.block_rows = SPOOL_BLOCK_BYTES / row_bytes,
	};
}

static unsigned char *row_in(unsigned char *block, const struct spool *spool, uint64_t row)
{
	return block + (size_t)row * spool->row_bytes;
}

/* Moves the newest rows, a full block of them, to the file. */
static enum kg_status flush(struct spool *spool)
{
	if (!spool->has_file) {
		spool->fd = tmpfile_open(spool->folder);
		if (spool->fd < 0)
			return KG_IO;
		spool->has_file = true;
	}
	if (!write_all(spool->fd, spool->newest, spool->block_rows * spool->row_bytes,
		       spool->newest_first * spool->row_bytes))
		return KG_IO;
	spool->newest_first = spool->count;
	return KG_OK;
}

enum kg_status spool_append(struct spool *spool, const void *row, uint64_t *index)
{
	if (spool->newest == NULL) {
		spool->newest = memory_alloc(spool->block_rows * spool->row_bytes);
		if (spool->newest == NULL)
			return KG_NOMEM;
	}
	if (spool->count - spool->newest_first == spool->block_rows) {
		enum kg_status status = flush(spool);
		if (status != KG_OK)
			return status;
	}
	memcpy(row_in(spool->newest, spool, spool->count - spool->newest_first), row,
	       spool->row_bytes);
	*index = spool->count++;
	return KG_OK;
}

static bool is_in_window(const struct spool *spool, uint64_t index)
{
	return spool->has_window && index - spool->window_first < spool->block_rows;
}

enum kg_status spool_put(struct spool *spool, uint64_t index, const void *row)
{
	KG_ASSERT(index < spool->count);
	if (index >= spool->newest_first) {
		memcpy(row_in(spool->newest, spool, index - spool->newest_first), row,
		       spool->row_bytes);
		return KG_OK;
	}
	if (!write_all(spool->fd, row, spool->row_bytes, index * spool->row_bytes))
		return KG_IO;
	if (is_in_window(spool, index))
		memcpy(row_in(spool->window, spool, index - spool->window_first), row,
		       spool->row_bytes);
	return KG_OK;
}

/* Reads the block of the file that a row is in. */
static enum kg_status move_window(struct spool *spool, uint64_t index)
{
	if (spool->window == NULL) {
		spool->window = memory_alloc(spool->block_rows * spool->row_bytes);
		if (spool->window == NULL)
			return KG_NOMEM;
	}
	uint64_t first = index - index % spool->block_rows;
	spool->has_window = read_all(spool->fd, spool->window, spool->block_rows * spool->row_bytes,
				     first * spool->row_bytes);
	spool->window_first = first;
	return spool->has_window ? KG_OK : KG_IO;
}

enum kg_status spool_get(struct spool *spool, uint64_t index, void *row)
{
	KG_ASSERT(index < spool->count);
	if (index >= spool->newest_first) {
		memcpy(row, row_in(spool->newest, spool, index - spool->newest_first),
		       spool->row_bytes);
		return KG_OK;
	}
	if (!is_in_window(spool, index)) {
		enum kg_status status = move_window(spool, index);
		if (status != KG_OK)
			return status;
	}
	memcpy(row, row_in(spool->window, spool, index - spool->window_first), spool->row_bytes);
	return KG_OK;
}

void spool_release(struct spool *spool)
{
	if (spool->has_file)
		close(spool->fd);
	memory_free(spool->newest);
	memory_free(spool->window);
	*spool = (struct spool){ 0 };
}

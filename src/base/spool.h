/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of one size in any number: the newest are kept in memory, all others in an unnamed file.
 *
 *	struct spool rows = { 0 };
 *	uint64_t index;
 *	spool_init(&rows, sizeof(row), NULL);
 *	spool_append(&rows, &row, &index);
 *	spool_put(&rows, index, &row);
 *	spool_get(&rows, index, &row);
 *	spool_release(&rows);
 *
 * Memory is two blocks however many rows there are; there is no file before the first block is
 * full. Fails with KG_NOMEM, and with KG_IO where the file cannot be made, written or read.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kvmgraph/error.h>

#define SPOOL_BLOCK_BYTES 65536

struct spool {
	const char *folder;
	size_t row_bytes;
	size_t block_rows;
	uint64_t count;
	uint64_t newest_first; /* index of the first row of newest */
	uint64_t window_first; /* of window, while has_window */
	unsigned char *newest;
	unsigned char *window; /* a block of the file, read back */
	int fd;
	bool has_file;
	bool has_window;
};

/*
 * Makes an empty spool. A row has at least one byte and fits into a block. folder is where the file
 * will be (NULL: /tmp) and has to stay; the zeroed struct is safe to release.
 */
void spool_init(struct spool *spool, size_t row_bytes, const char *folder);

/* Adds a row behind all others; *index is its place for good. */
KG_MUST_USE enum kg_status spool_append(struct spool *spool, const void *row, uint64_t *index);

/* Replaces a row. Cheap for the newest ones, a write to the file for others. */
KG_MUST_USE enum kg_status spool_put(struct spool *spool, uint64_t index, const void *row);

/* Copies a row out. Cheap in ascending order, since the file is read in whole blocks. */
KG_MUST_USE enum kg_status spool_get(struct spool *spool, uint64_t index, void *row);

void spool_release(struct spool *spool);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the tracer's buffers: counters, sizes, raw pages. */
#include "capture/buffers.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tracefs.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "capture/control.h"
#include "base/banned.h"

/* What the kernel gives the top's buffer when it is first used. */
#define SIZE_MIN_KIB 1408
#define SIZE_MAX_KIB 8192
/* All buffers together may take this part of the memory that is free. */
#define MEMORY_SHARE 8
/* Time stamp and counter at the start of a page; an event does not go over the end of one. */
#define PAGE_HEAD_BYTES 16
/* Of the graph tracer: an exit with its return value, and the word in front of it. */
#define EVENT_MAX_BYTES 64
/* Besides the pages that are filled the kernel keeps one for the reader, and does not fill all. */
#define PAGES_SPARE 2

uint32_t buffers_count_cpus(const char *folder)
{
	struct arena memory = { 0 };
	uint32_t count = 0;
	const char *path = arena_format(&memory, "%s/per_cpu", folder);
	DIR *cpus = path != NULL ? opendir(path) : NULL;
	for (const struct dirent *entry; cpus != NULL && (entry = readdir(cpus)) != NULL;) {
		uint32_t cpu;
		if (sscanf(entry->d_name, "cpu%" SCNu32, &cpu) == 1 && cpu < UINT16_MAX &&
		    cpu >= count)
			count = cpu + 1;
	}
	if (cpus != NULL)
		closedir(cpus);
	arena_release(&memory);
	return count;
}

uint64_t buffers_choose_size(uint32_t cpu_count)
{
	char *text;
	uint64_t free_kib = 0;
	if (control_read("/proc/meminfo", &text, NULL, NULL) == KG_OK) {
		const char *line = strstr(text, "MemAvailable:");
		if (line != NULL)
			free_kib = strtoull(line + strlen("MemAvailable:"), NULL, 10);
		memory_free(text);
	}
	const uint64_t size = free_kib / MEMORY_SHARE / (cpu_count > 0 ? cpu_count : 1);
	if (size < SIZE_MIN_KIB)
		return SIZE_MIN_KIB;
	return size < SIZE_MAX_KIB ? size : SIZE_MAX_KIB;
}

/* ---- counters -------------------------------------------------------------------------------- */

void buffers_parse_stats(const char *text, struct kg_env_buffer *row)
{
	const struct {
		const char *name;
		uint64_t *value;
	} counters[] = {
		{ "entries:", &row->entries },
		{ "overrun:", &row->overrun },
		{ "commit overrun:", &row->commit_overrun },
		{ "bytes:", &row->bytes },
		{ "dropped events:", &row->dropped },
	};
	struct span left = { (const unsigned char *)text, strlen(text) };
	struct span line;
	while (control_next_line(&left, &line)) {
		for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
			const size_t len = strlen(counters[i].name);
			if (line.len > len && memcmp(line.at, counters[i].name, len) == 0)
				*counters[i].value =
					strtoull((const char *)line.at + len, NULL, 10);
		}
	}
}

static bool read_row(const char *folder, uint32_t cpu, struct kg_env_buffer *row)
{
	struct arena memory = { 0 };
	char *text;
	*row = (struct kg_env_buffer){ .cpu = cpu };
	const char *path = arena_format(&memory, "%s/per_cpu/cpu%" PRIu32 "/stats", folder, cpu);
	const bool is_read = path != NULL && control_read(path, &text, NULL, NULL) == KG_OK;
	if (is_read) {
		buffers_parse_stats(text, row);
		memory_free(text);
	}
	arena_release(&memory);
	return is_read;
}

bool buffers_hold_events(const char *folder)
{
	const uint32_t count = buffers_count_cpus(folder);
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		struct kg_env_buffer row;
		if (read_row(folder, cpu, &row) && row.entries > 0)
			return true;
	}
	return false;
}

enum kg_status buffers_read(struct buffers *buffers, const char *folder, struct kg_error *err)
{
	const uint32_t count = buffers_count_cpus(folder);
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		struct kg_env_buffer row;
		/* numbers of CPUs may have holes */
		if (!read_row(folder, cpu, &row))
			continue;
		if (!column_push(&buffers->rows, row))
			return error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	}
	if (buffers->rows.count == 0)
		return error_set(err, KG_IO, folder, 0, "has no buffers");
	return KG_OK;
}

static uint64_t lost_of(const struct kg_env_buffer *row)
{
	return row->overrun + row->commit_overrun + row->dropped;
}

uint64_t buffers_lost(const struct buffers *buffers)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < buffers->rows.count; i++)
		lost += lost_of(&buffers->rows.at[i]);
	return lost;
}

uint64_t buffers_needed_kib(const struct buffers *buffers, uint32_t page_bytes)
{
	uint64_t needed_kib = 0;
	if (buffers_lost(buffers) == 0)
		return 0;
	for (size_t i = 0; i < buffers->rows.count; i++) {
		const struct kg_env_buffer *row = &buffers->rows.at[i];
		if (row->entries == 0)
			continue;
		/* the mean of what is left, rounded up, for all that there were */
		const uint64_t event_bytes = (row->bytes + row->entries - 1) / row->entries;
		const uint64_t bytes = (row->entries + lost_of(row)) * event_bytes;
		const uint64_t room = page_bytes - PAGE_HEAD_BYTES - EVENT_MAX_BYTES;
		const uint64_t pages = (bytes + room - 1) / room + PAGES_SPARE;
		const uint64_t kib = (pages * page_bytes + 1023) / 1024;
		needed_kib = kib > needed_kib ? kib : needed_kib;
	}
	return needed_kib;
}

void buffers_release(struct buffers *buffers)
{
	column_release(&buffers->rows);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static bool write_page(int fd, const unsigned char *page, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, page, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		page += written;
		len -= (size_t)written;
	}
	return true;
}

static enum kg_status copy_pages(struct tracefs_cpu *reader, unsigned char *page, size_t page_bytes,
				 int fd, uint64_t *copied_bytes, struct kg_error *err)
{
	for (;;) {
		int got = tracefs_cpu_read(reader, page, true);
		/* nothing more, or nothing at all */
		if (got == 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
			return KG_OK;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, KG_IO, NULL, errno,
					 "the tracer's buffer cannot be read: %s", strerror(errno));
		memset(page + got, 0, page_bytes - (size_t)got);
		if (!write_page(fd, page, page_bytes))
			return error_set(err, KG_IO, NULL, errno, "cannot be written: %s",
					 strerror(errno));
		*copied_bytes += page_bytes;
	}
}

enum kg_status buffers_copy_pages(struct tracefs_instance *instance, uint32_t cpu, int fd,
				  uint64_t *copied_bytes, struct kg_error *err)
{
	*copied_bytes = 0;
	struct tracefs_cpu *reader = tracefs_cpu_open(instance, (int)cpu, true);
	if (reader == NULL)
		return error_set(err, KG_IO, NULL, errno,
				 "the tracer's buffer of CPU %" PRIu32 " cannot be opened: %s", cpu,
				 strerror(errno));
	const int page_bytes = tracefs_cpu_read_size(reader);
	unsigned char *page = page_bytes > 0 ? memory_alloc((size_t)page_bytes) : NULL;
	enum kg_status status;
	if (page_bytes <= 0)
		status = error_set(err, KG_IO, "events/header_page", 0,
				   "does not tell how large the pages of the buffer are");
	else if (page == NULL)
		status = error_set(err, KG_NOMEM, NULL, 0, "out of memory");
	else
		status = copy_pages(reader, page, (size_t)page_bytes, fd, copied_bytes, err);
	memory_free(page);
	tracefs_cpu_close(reader);
	return status;
}

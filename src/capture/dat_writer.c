/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how version 6 of trace.dat is put together. */
#include "capture/dat_writer.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/control.h"
#include "capture/symbols.h"
#include "base/banned.h"

#define OPTION_DONE 0
#define OPTION_CPU_STATS 2
#define OPTION_CLOCK 4
#define OPTION_UNAME 5
#define OPTION_CPU_COUNT 8
/* Of a CPU in the table: where its pages are, and how many bytes. */
#define TABLE_ROW_BYTES 16

struct dat {
	const struct tracer *tracer;
	struct arena memory;
	COLUMN(unsigned char) bytes; /* all that stands in front of the pages */
	uint32_t cpu_count;
	uint32_t page_bytes;
	size_t table_pos;
	enum kg_status status; /* the first that failed, in *err */
	struct kg_error *err;
};

/* ---- bytes ----------------------------------------------------------------------------------- */

static void fail_memory(struct dat *dat)
{
	if (dat->status == KG_OK)
		dat->status = error_set(dat->err, KG_NOMEM, NULL, 0, "out of memory");
}

static void add_bytes(struct dat *dat, const void *bytes, size_t len)
{
	if (dat->status != KG_OK || len == 0)
		return;
	if (!column_reserve(&dat->bytes, dat->bytes.count + len)) {
		fail_memory(dat);
		return;
	}
	memcpy(dat->bytes.at + dat->bytes.count, bytes, len);
	dat->bytes.count += len;
}

/* Numbers are in the byte order of the machine that records. */
static void add_number(struct dat *dat, uint64_t number, size_t size)
{
	const uint16_t two = (uint16_t)number;
	const uint32_t four = (uint32_t)number;
	add_bytes(dat,
		  size == 2   ? (const void *)&two
		  : size == 4 ? (const void *)&four
			      : &number,
		  size);
}

static void add_word(struct dat *dat, const char *word)
{
	add_bytes(dat, word, strlen(word) + 1);
}

static void add_sized(struct dat *dat, const char *text, size_t len, size_t size)
{
	add_number(dat, len, size);
	add_bytes(dat, text, len);
}

static const char *path_of(struct dat *dat, const char *folder, const char *name)
{
	const char *path = arena_format(&dat->memory, "%s/%s", folder, name);
	if (path == NULL)
		fail_memory(dat);
	return path;
}

/* Adds what a file of the tracer holds, behind its size. One that is not there is empty. */
static void add_file(struct dat *dat, const char *name, size_t size)
{
	char *text;
	size_t len;
	const char *path = path_of(dat, dat->tracer->top, name);
	if (dat->status != KG_OK)
		return;
	if (access(path, F_OK) != 0) {
		add_number(dat, 0, size);
		return;
	}
	dat->status = control_read(path, &text, &len, dat->err);
	if (dat->status != KG_OK)
		return;
	add_sized(dat, text, len, size);
	memory_free(text);
}

/* ---- descriptions of events ------------------------------------------------------------------ */

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Folders in a folder that have a file, by name. */
static struct kg_env_words list_folders(struct dat *dat, const char *name, const char *file)
{
	COLUMN(const char *) found = { 0 };
	const char *folder = path_of(dat, dat->tracer->top, name);
	DIR *entries = folder != NULL ? opendir(folder) : NULL;
	for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
		const char *path =
			arena_format(&dat->memory, "%s/%s/%s", folder, entry->d_name, file);
		const char *copy = arena_copy_string(&dat->memory, entry->d_name);
		if (path == NULL || copy == NULL ||
		    (access(path, F_OK) == 0 && !column_push(&found, copy)))
			fail_memory(dat);
	}
	if (entries != NULL)
		closedir(entries);
	const size_t size = found.count * sizeof(char *);
	struct kg_env_words words = { arena_alloc(&dat->memory, size + 1), found.count };
	if (words.at == NULL)
		fail_memory(dat);
	if (words.at == NULL || found.count == 0)
		words.count = 0;
	if (words.count > 0) {
		memcpy(words.at, found.at, size);
		qsort(words.at, words.count, sizeof(char *), compare_words);
	}
	column_release(&found);
	return words;
}

static void add_formats(struct dat *dat, const char *system)
{
	const char *folder = arena_format(&dat->memory, "events/%s", system);
	if (folder == NULL) {
		fail_memory(dat);
		return;
	}
	const struct kg_env_words events = list_folders(dat, folder, "format");
	add_number(dat, events.count, 4);
	for (size_t i = 0; i < events.count && dat->status == KG_OK; i++) {
		const char *file = arena_format(&dat->memory, "%s/%s/format", folder, events.at[i]);
		if (file == NULL)
			fail_memory(dat);
		else
			add_file(dat, file, 8);
	}
}

/* Whether an event of a system is recorded: set_event has a line "system:event" for each. */
static bool is_recorded(const char *set_event, const char *system)
{
	const size_t len = strlen(system);
	for (const char *at = set_event; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, system, len) == 0 && at[len] == ':')
			return true;
	}
	return false;
}

/* All events of the systems that something is recorded of. */
static void add_event_formats(struct dat *dat)
{
	char *set_event = NULL;
	const char *path = path_of(dat, dat->tracer->folder, "set_event");
	const struct kg_env_words systems = list_folders(dat, "events", "enable");
	uint32_t count = 0;
	if (dat->status == KG_OK)
		dat->status = control_read(path, &set_event, NULL, dat->err);
	if (dat->status != KG_OK)
		return;
	for (size_t i = 0; i < systems.count; i++)
		count += is_recorded(set_event, systems.at[i]);
	add_number(dat, count, 4);
	for (size_t i = 0; i < systems.count && dat->status == KG_OK; i++) {
		if (!is_recorded(set_event, systems.at[i]))
			continue;
		add_word(dat, systems.at[i]);
		add_formats(dat, systems.at[i]);
	}
	memory_free(set_event);
}

/* ---- the parts ------------------------------------------------------------------------------- */

uint32_t dat_page_bytes(const char *header_page)
{
	/* "field: char data;	offset:16;	size:4080;	signed:1;" */
	uint32_t offset;
	uint32_t size;
	const char *data = strstr(header_page, " data;");
	if (data == NULL ||
	    sscanf(data, " data; offset:%" SCNu32 "; size:%" SCNu32, &offset, &size) != 2 ||
	    offset > 64 || size > (1u << 30))
		return 4096;
	return offset + size;
}

static void add_start(struct dat *dat)
{
	static const char magic[] = "\027\010\104tracing";
	const uint16_t one = 1;
	unsigned char first;
	memcpy(&first, &one, 1);
	add_bytes(dat, magic, sizeof(magic) - 1);
	add_word(dat, "6");
	const unsigned char machine[] = { first != 1, sizeof(long) };
	add_bytes(dat, machine, sizeof(machine));
	add_number(dat, dat->page_bytes, 4);
	add_word(dat, "header_page");
	add_file(dat, "events/header_page", 8);
	add_word(dat, "header_event");
	add_file(dat, "events/header_event", 8);
	add_formats(dat, "ftrace");
	add_event_formats(dat);
}

static void add_symbols(struct dat *dat)
{
	char *text;
	size_t len;
	if (dat->status == KG_OK)
		dat->status = symbols_read(dat->tracer->top, &text, &len, dat->err);
	if (dat->status != KG_OK)
		return;
	add_sized(dat, text, len, 4);
	memory_free(text);
	add_file(dat, "printk_formats", 4);
	add_file(dat, "saved_cmdlines", 8);
}

static void add_option(struct dat *dat, uint16_t id, const void *value, size_t len)
{
	add_number(dat, id, 2);
	add_number(dat, len, 4);
	add_bytes(dat, value, len);
}

/* What `trace-cmd report --stat` shows of a CPU: of entries, those that were left in the kernel. */
static void add_stats(struct dat *dat, const struct buffers *buffers)
{
	for (size_t i = 0; i < buffers->rows.count; i++) {
		const struct kg_env_buffer *row = &buffers->rows.at[i];
		char text[256];
		int len = snprintf(text, sizeof(text),
				   "CPU: %" PRIu32 "\nentries: 0\noverrun: %" PRIu64
				   "\ncommit overrun: %" PRIu64 "\ndropped events: %" PRIu64
				   "\nread events: %" PRIu64 "\n",
				   row->cpu, row->overrun, row->commit_overrun, row->dropped,
				   row->entries);
		add_option(dat, OPTION_CPU_STATS, text, (size_t)len + 1);
	}
}

static void add_options(struct dat *dat, const struct buffers *buffers)
{
	struct utsname host;
	char text[4 * sizeof(host.release)];
	uname(&host);
	int len = snprintf(text, sizeof(text), "%s %s %s %s", host.sysname, host.nodename,
			   host.release, host.machine);
	add_bytes(dat, "options  ", sizeof("options  "));
	add_option(dat, OPTION_CLOCK, NULL, 0);
	add_option(dat, OPTION_UNAME, text, (size_t)len + 1);
	add_stats(dat, buffers);
	add_option(dat, OPTION_CPU_COUNT, &dat->cpu_count, 4);
	add_number(dat, OPTION_DONE, 2);
}

/* The table of pages, still empty, and the clock's name behind it. */
static void add_table(struct dat *dat)
{
	const char *clock = path_of(dat, dat->tracer->folder, "trace_clock");
	char *text;
	size_t len;
	add_word(dat, "flyrecord");
	dat->table_pos = dat->bytes.count;
	for (uint32_t cpu = 0; cpu < dat->cpu_count; cpu++) {
		add_number(dat, 0, 8);
		add_number(dat, 0, 8);
	}
	if (dat->status == KG_OK)
		dat->status = control_read(clock, &text, &len, dat->err);
	if (dat->status != KG_OK)
		return;
	add_sized(dat, text, len, 8);
	memory_free(text);
	/* pages begin where one could */
	while (dat->status == KG_OK && dat->bytes.count % dat->page_bytes != 0)
		add_bytes(dat, "", 1);
}

static bool write_bytes(int fd, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		len -= (size_t)written;
	}
	return true;
}

/* Writes the pages of all CPUs behind the rest, and where they are into the table. */
static void write_pages(struct dat *dat, const struct buffers *buffers, int fd)
{
	uint64_t pos = dat->bytes.count;
	for (size_t i = 0; i < buffers->rows.count && dat->status == KG_OK; i++) {
		const uint32_t cpu = buffers->rows.at[i].cpu;
		uint64_t row[2] = { pos, 0 };
		dat->status = buffers_copy_pages(dat->tracer->instance, cpu, fd, &row[1], dat->err);
		const off_t place = (off_t)(dat->table_pos + cpu * TABLE_ROW_BYTES);
		if (dat->status == KG_OK &&
		    pwrite(fd, row, sizeof(row), place) != (ssize_t)sizeof(row))
			dat->status = error_set(dat->err, KG_IO, NULL, errno,
						"cannot be written: %s", strerror(errno));
		pos += row[1];
	}
}

enum kg_status dat_write(const struct tracer *tracer, const struct buffers *buffers, int fd,
			 struct kg_error *err)
{
	struct dat dat = { .tracer = tracer, .err = err };
	char *header_page;
	const char *path = path_of(&dat, tracer->top, "events/header_page");
	if (path != NULL)
		dat.status = control_read(path, &header_page, NULL, err);
	if (dat.status == KG_OK) {
		dat.page_bytes = dat_page_bytes(header_page);
		memory_free(header_page);
		dat.cpu_count = buffers_count_cpus(tracer->folder);
		add_start(&dat);
		add_symbols(&dat);
		add_number(&dat, dat.cpu_count, 4);
		add_options(&dat, buffers);
		add_table(&dat);
	}
	if (dat.status == KG_OK && !write_bytes(fd, dat.bytes.at, dat.bytes.count))
		dat.status = error_set(err, KG_IO, NULL, errno, "cannot be written: %s",
				       strerror(errno));
	if (dat.status == KG_OK)
		write_pages(&dat, buffers, fd);
	column_release(&dat.bytes);
	arena_release(&dat.memory);
	return dat.status;
}

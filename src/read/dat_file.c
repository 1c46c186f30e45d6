/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a trace.dat starts with, the order of version 6, and what is beyond belief in both. */
#include "read/dat_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "read/dat_content.h"
#include "read/dat_section.h"
#include "read/dat_stream.h"
#include "base/banned.h"

#define TAG_LEN 10
#define PAGE_BYTES_MAX ((uint32_t)64 << 20)

/* ---- version 6: one thing after the other ---- */

static void skip_event_formats(struct dat_stream *stream)
{
	char system[256];
	uint64_t systems = dat_stream_number(stream, 4);
	for (; systems > 0 && stream->status == KG_OK; systems--) {
		dat_stream_string(stream, system, sizeof(system));
		uint64_t events = dat_stream_number(stream, 4);
		for (; events > 0 && stream->status == KG_OK; events--)
			dat_stream_skip(stream, dat_stream_number(stream, 8));
	}
}

static void read_options(struct dat_file *file, struct dat_stream *stream)
{
	while (stream->status == KG_OK) {
		const uint64_t id = dat_stream_number(stream, 2);
		if (stream->status != KG_OK || id == DAT_OPTION_DONE)
			return;
		const uint64_t size = dat_stream_number(stream, 4);
		struct dat_stream value = dat_stream_part(stream, size, "an option of it");
		dat_take_option(file, (uint16_t)id, &value);
		stream->status = value.status;
	}
}

/* What comes next: options perhaps, then a table of CPUs (true) or the text of a latency tracer. */
static bool read_tags(struct dat_file *file, struct dat_stream *stream)
{
	char tag[TAG_LEN] = "";
	dat_stream_bytes(stream, tag, TAG_LEN);
	if (memcmp(tag, "options  ", TAG_LEN) == 0) {
		read_options(file, stream);
		dat_stream_bytes(stream, tag, TAG_LEN);
	}
	if (stream->status != KG_OK || memcmp(tag, "flyrecord", TAG_LEN) == 0)
		return stream->status == KG_OK;
	if (memcmp(tag, "latency  ", TAG_LEN) == 0)
		file->is_text = true;
	else
		dat_stream_damaged(stream, "its list of buffers is not where it should be");
	return false;
}

static void read_cpus(struct dat_file *file, struct dat_stream *stream, struct dat_buffer *buffer)
{
	buffer->first_cpu = (uint32_t)file->cpus.count;
	for (uint32_t cpu = 0; cpu < file->cpu_count && stream->status == KG_OK; cpu++) {
		const uint64_t pos_bytes = dat_stream_number(stream, 8);
		const uint64_t size_bytes = dat_stream_number(stream, 8);
		dat_add_cpu(file, buffer, stream, cpu, pos_bytes, size_bytes);
	}
}

/* "local [global] counter ..." or just the one in brackets. Some files have none by mistake. */
static void read_clock(struct dat_file *file, struct dat_stream *stream, struct dat_buffer *buffer)
{
	char text[256] = "";
	struct dat_stream attempt = *stream;
	attempt.err = NULL;
	const uint64_t len = dat_stream_number(&attempt, 8);
	dat_stream_bytes(&attempt, text, len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
	char *start = strchr(text, '[');
	char *end = start != NULL ? strchr(start, ']') : NULL;
	if (attempt.status != KG_OK || end == NULL)
		return;
	*end = '\0';
	buffer->clock = arena_copy_string(&file->memory, start + 1);
	if (buffer->clock == NULL)
		dat_stream_no_memory(stream);
}

/* An instance's table stands somewhere else, by itself. */
static void read_instances(struct dat_file *file, const struct dat_stream *whole,
			   struct dat_stream *stream)
{
	const uint32_t cpu_count = file->cpu_count;
	const size_t buffer_count = file->buffers.count;
	for (size_t i = 0; i < buffer_count && stream->status == KG_OK; i++) {
		const uint64_t pos_bytes = file->buffers.at[i].pos_bytes;
		if (pos_bytes == 0)
			continue;
		struct dat_stream table = *whole;
		file->cpu_count = cpu_count;
		table.what = "the list of CPUs of an instance";
		dat_stream_skip(&table, pos_bytes - table.pos_bytes);
		if (read_tags(file, &table))
			read_cpus(file, &table, &file->buffers.at[i]);
		file->buffers.at[i].clock = file->buffers.at[0].clock;
		stream->status = table.status;
	}
}

static void read_in_order(struct dat_file *file, struct dat_stream *stream)
{
	const struct dat_stream whole = *stream;
	stream->what = "its description of pages";
	dat_take_page_header(file, stream);
	stream->what = "its description of events";
	file->formats_pos_bytes = stream->pos_bytes;
	dat_take_formats(file, stream);
	file->events_pos_bytes = stream->pos_bytes;
	skip_event_formats(stream);
	stream->what = "its list of symbols";
	dat_take_symbols(file, stream);
	stream->what = "its list of messages";
	file->messages_pos_bytes = stream->pos_bytes;
	dat_stream_skip(stream, dat_stream_number(stream, 4));
	stream->what = "its list of tasks";
	dat_take_comms(file, stream);
	stream->what = "its list of CPUs";
	file->cpu_count = (uint32_t)dat_stream_number(stream, 4);
	if (!read_tags(file, stream))
		return;
	struct dat_buffer *top = dat_add_buffer(file, "", "");
	if (top == NULL) {
		dat_stream_no_memory(stream);
		return;
	}
	read_cpus(file, stream, top);
	if (file->has_clock)
		read_clock(file, stream, top);
	read_instances(file, &whole, stream);
}

/* ---- both versions ---- */

static int compare_cpus(const void *left, const void *right)
{
	const struct dat_cpu *a = left;
	const struct dat_cpu *b = right;
	return a->cpu - b->cpu;
}

static void check_buffer(struct dat_file *file, const struct dat_buffer *buffer,
			 struct dat_stream *stream)
{
	if (buffer->cpu_count == 0)
		return;
	struct dat_cpu *cpus = file->cpus.at + buffer->first_cpu;
	if (buffer->page_bytes <= file->page.data_offset || buffer->page_bytes > PAGE_BYTES_MAX)
		dat_stream_damaged(stream, "it has pages of %u bytes", buffer->page_bytes);
	qsort(cpus, buffer->cpu_count, sizeof(*cpus), compare_cpus);
	for (uint32_t i = 1; i < buffer->cpu_count; i++) {
		if (cpus[i].cpu == cpus[i - 1].cpu)
			dat_stream_damaged(stream, "it has the records of CPU %u twice",
					   (unsigned int)cpus[i].cpu);
	}
}

/* What every part of the file may be right about by itself, but not together. */
static void check_whole(struct dat_file *file, struct dat_stream *stream)
{
	const uint64_t size = source_size(file->source);
	uint64_t left = size;
	if (file->page.data_offset == 0)
		dat_stream_damaged(stream, "it does not describe its pages");
	for (size_t i = 0; i < file->cpus.count; i++) {
		struct dat_cpu *cpu = &file->cpus.at[i];
		const uint64_t room = cpu->pos_bytes < size ? size - cpu->pos_bytes : 0;
		cpu->is_cut = cpu->size_bytes > room;
		if (cpu->is_cut)
			cpu->size_bytes = room;
		/* no byte is read twice: time is bounded by the size of the file */
		if (cpu->size_bytes > left)
			dat_stream_damaged(stream, "the records of its CPUs overlap");
		left -= cpu->size_bytes < left ? cpu->size_bytes : left;
	}
	for (size_t i = 0; i < file->buffers.count; i++)
		check_buffer(file, &file->buffers.at[i], stream);
}

static void say_what_is_missing(const struct dat_file *file, struct dat_stream *stream)
{
	const struct dat_format *calls = file->formats.calls;
	if (stream->status != KG_OK)
		return;
	if (file->is_text && file->buffers.count == 0)
		stream->status = error_set(stream->err, KG_BAD_FORMAT, stream->file, 0,
					   "has the text of a latency tracer, not records (give "
					   "what `trace-cmd report` makes of it)");
	else if (calls[DAT_ENTER].id == 0 || calls[DAT_LEAVE].id == 0)
		stream->status = error_set(stream->err, KG_BAD_FORMAT, stream->file, 0,
					   "does not describe the records of function_graph (was "
					   "it recorded with -p function_graph?)");
}

enum kg_status dat_file_open(struct dat_file *file, const struct source *source,
			     struct kg_error *err)
{
	static const char magic[] = "\x17\x08\x44tracing";
	struct dat_stream stream = { .source = source,
				     .end_bytes = source_size(source),
				     .file = source_name(source),
				     .what = "it",
				     .err = err };
	char version[8];
	file->source = source;
	dat_stream_expect(&stream, magic, sizeof(magic) - 1);
	dat_stream_word(&stream, version, sizeof(version));
	file->is_big = dat_stream_number(&stream, 1) != 0;
	stream.is_big = file->is_big;
	dat_stream_skip(&stream, 1); /* size of a long in programs, not in the kernel */
	file->page_bytes = (uint32_t)dat_stream_number(&stream, 4);
	if (stream.status != KG_OK)
		return stream.status;
	if (strcmp(version, "7") == 0)
		dat_read_sections(file, &stream);
	else if (strcmp(version, "6") == 0)
		read_in_order(file, &stream);
	else
		return error_set(err, KG_BAD_FORMAT, stream.file, 0,
				 "is a trace.dat of version %s (6 and 7 are known)", version);
	say_what_is_missing(file, &stream);
	check_whole(file, &stream);
	return stream.status;
}

void dat_file_release(struct dat_file *file)
{
	dat_unpacker_release(&file->unpacker);
	dat_symbols_release(&file->symbols);
	dat_comms_release(&file->comms);
	column_release(&file->buffers);
	column_release(&file->cpus);
	arena_release(&file->memory);
}

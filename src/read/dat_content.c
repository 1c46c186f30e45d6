/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the pieces of a trace.dat around its records say. */
#include "read/dat_content.h"

#include <string.h>

#include <kvmgraph/event.h>

#include "base/memory.h"
#include "base/banned.h"

/* More than any kernel's, and little enough to be read whole. */
#define TEXT_MAX (64 * 1024)
/* The time that every page starts with. */
#define TIME_BYTES 8

static struct span span_of_text(const char *text)
{
	return (struct span){ (const unsigned char *)text, strlen(text) };
}

/* A text with 64 bits of length in front. */
static char *take_sized_text(struct dat_stream *stream)
{
	const uint64_t len = dat_stream_number(stream, 8);
	if (len > TEXT_MAX)
		dat_stream_damaged(stream, "%s is longer than any kernel's", stream->what);
	return dat_stream_text(stream, len);
}

static bool lay_out_page(struct dat_file *file, struct span text)
{
	struct dat_field commit;
	struct dat_field data;
	if (!dat_field_find(text, "commit", &commit) || !dat_field_find(text, "data", &data) ||
	    (commit.size != 4 && commit.size != 8) || commit.offset < TIME_BYTES ||
	    commit.offset + commit.size > data.offset || data.offset > 64)
		return false;
	file->page = (struct dat_page_layout){ .commit_offset = commit.offset,
					       .commit_size = commit.size,
					       .data_offset = data.offset,
					       .is_big = file->is_big };
	/* pages of the buffer may be larger than those of the machine */
	if (data.offset + data.size > file->page_bytes)
		file->page_bytes = data.offset + data.size;
	return true;
}

void dat_take_page_header(struct dat_file *file, struct dat_stream *stream)
{
	dat_stream_expect(stream, "header_page", sizeof("header_page"));
	char *text = take_sized_text(stream);
	if (text != NULL && !lay_out_page(file, span_of_text(text)))
		dat_stream_damaged(stream, "%s makes no sense", stream->what);
	memory_free(text);
	dat_stream_expect(stream, "header_event", sizeof("header_event"));
	dat_stream_skip(stream, dat_stream_number(stream, 8));
}

void dat_take_formats(struct dat_file *file, struct dat_stream *stream)
{
	uint64_t left = dat_stream_number(stream, 4);
	for (; left > 0 && stream->status == KG_OK; left--) {
		char *text = take_sized_text(stream);
		if (text != NULL && !dat_formats_take(&file->formats, span_of_text(text)))
			dat_stream_damaged(stream, "%s makes no sense", stream->what);
		memory_free(text);
	}
}

void dat_take_symbols(struct dat_file *file, struct dat_stream *stream)
{
	const uint64_t len = dat_stream_number(stream, 4);
	char *text = dat_stream_text(stream, len);
	if (text != NULL && !dat_symbols_take(&file->symbols, text, (size_t)len))
		dat_stream_no_memory(stream);
}

void dat_take_comms(struct dat_file *file, struct dat_stream *stream)
{
	const uint64_t len = dat_stream_number(stream, 8);
	char *text = dat_stream_text(stream, len);
	if (text != NULL && !dat_comms_take(&file->comms, text, (size_t)len))
		dat_stream_no_memory(stream);
}

/* "Linux host 6.1.0-56-amd64 x86_64": the release is the last word but one. */
static void take_uname(struct dat_file *file, struct dat_stream *value)
{
	char text[512] = "";
	const uint64_t left = dat_stream_left(value);
	dat_stream_bytes(value, text, left < sizeof(text) ? (size_t)left : sizeof(text) - 1);
	char *machine = strrchr(text, ' ');
	if (value->status != KG_OK || machine == NULL)
		return;
	*machine = '\0';
	const char *release = strrchr(text, ' ');
	if (release == NULL || release[1] == '\0')
		return;
	file->release = arena_copy_string(&file->memory, release + 1);
	if (file->release == NULL)
		dat_stream_no_memory(value);
}

struct dat_buffer *dat_add_buffer(struct dat_file *file, const char *name, const char *clock)
{
	struct dat_buffer buffer = { .name = arena_copy_string(&file->memory, name),
				     .clock = arena_copy_string(&file->memory, clock),
				     .page_bytes = file->page_bytes,
				     .first_cpu = (uint32_t)file->cpus.count };
	if (buffer.name == NULL || buffer.clock == NULL || !column_push(&file->buffers, buffer))
		return NULL;
	struct dat_buffer *rows = file->buffers.at;
	const size_t last = file->buffers.count - 1;
	if (name[0] != '\0')
		return &rows[last];
	memmove(rows + 1, rows, last * sizeof(*rows));
	rows[0] = buffer;
	return &rows[0];
}

void dat_add_cpu(struct dat_file *file, struct dat_buffer *buffer, struct dat_stream *stream,
		 uint64_t cpu, uint64_t pos_bytes, uint64_t size_bytes)
{
	if (stream->status != KG_OK)
		return;
	if (cpu >= KG_NO_CPU) {
		dat_stream_damaged(stream, "%s has a CPU of too high a number", stream->what);
		return;
	}
	const struct dat_cpu row = { pos_bytes, size_bytes, (uint16_t)cpu, false };
	if (size_bytes == 0)
		return;
	if (column_push(&file->cpus, row))
		buffer->cpu_count++;
	else
		dat_stream_no_memory(stream);
}

/*
 * An instance. Version 6 tells no more here than where to look for it; its description is there,
 * and so are its CPUs.
 */
static void take_buffer(struct dat_file *file, struct dat_stream *value)
{
	char name[256];
	const uint64_t pos_bytes = dat_stream_number(value, 8);
	dat_stream_string(value, name, sizeof(name));
	if (value->status != KG_OK)
		return;
	struct dat_buffer *buffer = dat_add_buffer(file, name, "");
	if (buffer == NULL)
		dat_stream_no_memory(value);
	else
		buffer->pos_bytes = pos_bytes;
}

void dat_take_option(struct dat_file *file, uint16_t id, struct dat_stream *value)
{
	switch (id) {
	case DAT_OPTION_UNAME:
		take_uname(file, value);
		break;
	case DAT_OPTION_CPU_COUNT:
		file->cpu_count = (uint32_t)dat_stream_number(value, 4);
		break;
	case DAT_OPTION_CLOCK:
		file->has_clock = true;
		break;
	case DAT_OPTION_TSC_TO_NS:
		file->clock_mult = (uint32_t)dat_stream_number(value, 4);
		file->clock_shift = (uint32_t)dat_stream_number(value, 4);
		if (file->clock_shift > 63)
			dat_stream_damaged(value, "its clock makes no sense");
		break;
	case DAT_OPTION_BUFFER:
		take_buffer(file, value);
		break;
	default:
		break;
	}
}

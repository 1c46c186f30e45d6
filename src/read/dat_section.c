/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how version 7 of trace.dat is put together. */
#include "read/dat_section.h"

#include "base/error.h"
#include "base/memory.h"
#include "read/dat_content.h"
#include "base/banned.h"

#define SECTION_OPTIONS 0
#define SECTION_BUFFER 3
#define SECTION_IS_PACKED 1
/* No section but those with pages is larger than this. */
#define SECTION_MAX ((uint64_t)256 << 20)
/* Sections of options form a chain, which damage can close to a ring. */
#define CHAIN_MAX 1024
#define PLACE_COUNT 32
#define CHUNK_COUNT_BYTES 4

/* Where the file says that its sections are, by the option that says so; 0 for nowhere. */
struct places {
	uint64_t pos_bytes[PLACE_COUNT];
};

void dat_section_close(struct dat_section *section)
{
	source_close(section->unpacked);
	memory_free(section->bytes);
}

/* Unpacks the bytes at packed into the section. */
static void unpack_into(const struct dat_file *file, struct dat_section *section,
			struct span packed, size_t cap)
{
	struct dat_stream *content = &section->content;
	size_t len = 0;
	section->bytes = memory_alloc(cap);
	if (section->bytes == NULL) {
		dat_stream_no_memory(content);
		return;
	}
	enum kg_status status = dat_unpack(&file->unpacker, packed, section->bytes, cap, &len);
	if (status == KG_OK)
		status = source_open_memory(section->bytes, len, &section->unpacked);
	if (status == KG_NOMEM)
		dat_stream_no_memory(content);
	else if (status != KG_OK)
		dat_stream_damaged(content, "%s cannot be unpacked", content->what);
	content->source = section->unpacked;
	content->pos_bytes = 0;
	content->end_bytes = len;
}

static void unpack_section(const struct dat_file *file, struct dat_section *section)
{
	struct dat_stream *content = &section->content;
	const uint64_t packed_len = dat_stream_number(content, 4);
	const uint64_t len = dat_stream_number(content, 4);
	if (len == 0 || len > SECTION_MAX || packed_len > SECTION_MAX)
		dat_stream_damaged(content, "%s has an impossible size", content->what);
	char *packed = dat_stream_text(content, packed_len);
	if (packed == NULL)
		return;
	const struct span bytes = { (const unsigned char *)packed, (size_t)packed_len };
	unpack_into(file, section, bytes, (size_t)len);
	memory_free(packed);
}

void dat_section_open(const struct dat_file *file, const struct dat_stream *stream,
		      uint64_t pos_bytes, uint16_t id, const char *what, struct dat_section *out)
{
	struct dat_stream header = *stream;
	*out = (struct dat_section){ 0 };
	header.what = what;
	header.pos_bytes = pos_bytes < header.end_bytes ? pos_bytes : header.end_bytes;
	const uint64_t found_id = dat_stream_number(&header, 2);
	const uint64_t flags = dat_stream_number(&header, 2);
	dat_stream_skip(&header, 4); /* its name in the section of strings */
	out->size_bytes = dat_stream_number(&header, 8);
	if (found_id != id)
		dat_stream_damaged(&header, "%s is not where it should be", what);
	out->is_packed = (flags & SECTION_IS_PACKED) && file->unpacker.packing != DAT_PLAIN;
	out->content = header;
	if (id == SECTION_BUFFER)
		return;
	out->content = dat_stream_part(&header, out->size_bytes, what);
	if (out->is_packed && out->content.status == KG_OK)
		unpack_section(file, out);
}

/* Whether the pages of a buffer are packed: its section tells, its option does not. */
static void look_at_buffer(struct dat_file *file, struct dat_stream *stream, uint64_t pos_bytes,
			   struct dat_buffer *buffer)
{
	struct dat_section section;
	dat_section_open(file, stream, pos_bytes, SECTION_BUFFER, "its section of records",
			 &section);
	buffer->is_packed = section.is_packed;
	stream->status = section.content.status;
	dat_section_close(&section);
	/* the number of chunks, which stands in front of them, is not counted in their size */
	for (uint32_t i = 0; buffer->is_packed && i < buffer->cpu_count; i++)
		file->cpus.at[buffer->first_cpu + i].size_bytes += CHUNK_COUNT_BYTES;
}

static void take_buffer(struct dat_file *file, struct dat_stream *stream, struct dat_stream *value)
{
	char name[256];
	char clock[64];
	const uint64_t pos_bytes = dat_stream_number(value, 8);
	dat_stream_string(value, name, sizeof(name));
	dat_stream_string(value, clock, sizeof(clock));
	const uint64_t page_bytes = dat_stream_number(value, 4);
	uint64_t left = dat_stream_number(value, 4);
	if (value->status != KG_OK)
		return;
	struct dat_buffer *buffer = dat_add_buffer(file, name, clock);
	if (buffer == NULL) {
		dat_stream_no_memory(value);
		return;
	}
	buffer->page_bytes = (uint32_t)page_bytes;
	for (; left > 0 && value->status == KG_OK; left--) {
		const uint64_t cpu = dat_stream_number(value, 4);
		const uint64_t cpu_pos_bytes = dat_stream_number(value, 8);
		const uint64_t size_bytes = dat_stream_number(value, 8);
		dat_add_cpu(file, buffer, value, cpu, cpu_pos_bytes, size_bytes);
	}
	if (value->status == KG_OK && buffer->cpu_count > 0)
		look_at_buffer(file, stream, pos_bytes, buffer);
}

/* Takes one option; *next becomes the place of the next section of options when it names one. */
static void take_option(struct dat_file *file, struct dat_stream *stream, struct places *places,
			struct dat_stream *options, uint64_t *next)
{
	const uint64_t id = dat_stream_number(options, 2);
	const uint64_t size = dat_stream_number(options, 4);
	struct dat_stream value = dat_stream_part(options, size, "an option of it");
	if (id == DAT_OPTION_DONE) {
		*next = dat_stream_number(&value, 8);
		options->pos_bytes = options->end_bytes;
	} else if (id == DAT_OPTION_BUFFER) {
		take_buffer(file, stream, &value);
	} else if (id == DAT_OPTION_BUFFER_TEXT) {
		file->is_text = true;
	} else if (id >= DAT_OPTION_PAGE_HEADER && id < PLACE_COUNT) {
		places->pos_bytes[id] = dat_stream_number(&value, 8);
	} else {
		dat_take_option(file, (uint16_t)id, &value);
	}
	options->status = value.status != KG_OK ? value.status : stream->status;
}

static void read_options(struct dat_file *file, struct dat_stream *stream, uint64_t pos_bytes,
			 struct places *places)
{
	uint64_t room = stream->end_bytes;
	for (size_t left = CHAIN_MAX; left > 0 && pos_bytes != 0 && stream->status == KG_OK;
	     left--) {
		struct dat_section section;
		uint64_t next = 0;
		dat_section_open(file, stream, pos_bytes, SECTION_OPTIONS, "its section of options",
				 &section);
		struct dat_stream *options = &section.content;
		/* all together they cannot be larger than the file */
		if (section.size_bytes > room)
			dat_stream_damaged(options, "its sections of options form a ring");
		room -= section.size_bytes < room ? section.size_bytes : room;
		while (options->status == KG_OK && dat_stream_left(options) > 0)
			take_option(file, stream, places, options, &next);
		stream->status = options->status;
		dat_section_close(&section);
		pos_bytes = next;
	}
	if (pos_bytes != 0)
		dat_stream_damaged(stream, "its sections of options form a ring");
}

static void read_section(struct dat_file *file, struct dat_stream *stream, uint64_t pos_bytes,
			 uint16_t id, const char *what,
			 void (*take)(struct dat_file *file, struct dat_stream *stream))
{
	struct dat_section section;
	if (stream->status != KG_OK || pos_bytes == 0)
		return;
	dat_section_open(file, stream, pos_bytes, id, what, &section);
	if (section.content.status == KG_OK)
		take(file, &section.content);
	stream->status = section.content.status;
	dat_section_close(&section);
}

static void read_packing(struct dat_file *file, struct dat_stream *stream)
{
	char name[32];
	char version[64];
	dat_stream_word(stream, name, sizeof(name));
	dat_stream_string(stream, version, sizeof(version));
	if (stream->status != KG_OK)
		return;
	stream->status = dat_unpacker_init(&file->unpacker, name);
	if (stream->status == KG_UNSUPPORTED)
		stream->status = error_set(stream->err, KG_BAD_FORMAT, stream->file, 0,
					   "is packed in an unknown way, \"%s\" (unpack it first: "
					   "trace-cmd convert --compression none)",
					   name);
	else if (stream->status == KG_NOMEM)
		error_set(stream->err, KG_NOMEM, stream->file, 0, "out of memory");
}

void dat_read_sections(struct dat_file *file, struct dat_stream *stream)
{
	static const struct {
		uint16_t id;
		const char *what;
		void (*take)(struct dat_file *file, struct dat_stream *stream);
	} contents[] = {
		{ DAT_OPTION_PAGE_HEADER, "its description of pages", dat_take_page_header },
		{ DAT_OPTION_FORMATS, "its description of events", dat_take_formats },
		{ DAT_OPTION_SYMBOLS, "its list of symbols", dat_take_symbols },
		{ DAT_OPTION_COMMS, "its list of tasks", dat_take_comms },
	};
	struct places places = { { 0 } };
	read_packing(file, stream);
	const uint64_t options_pos_bytes = dat_stream_number(stream, 8);
	if (options_pos_bytes == 0)
		dat_stream_damaged(stream, "it has no options");
	read_options(file, stream, options_pos_bytes, &places);
	file->formats_pos_bytes = places.pos_bytes[DAT_OPTION_FORMATS];
	file->events_pos_bytes = places.pos_bytes[DAT_OPTION_EVENTS];
	file->messages_pos_bytes = places.pos_bytes[DAT_OPTION_MESSAGES];
	file->has_sections = true;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		read_section(file, stream, places.pos_bytes[contents[i].id], contents[i].id,
			     contents[i].what, contents[i].take);
}

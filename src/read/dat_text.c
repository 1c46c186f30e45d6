/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the kernel prints of a record that is no call. */
#include "read/dat_text.h"

#include <string.h>

#include "base/memory.h"
#include "read/dat_binary.h"
#include "read/dat_messages.h"
#include "read/dat_number.h"
#include "read/dat_section.h"
#include "read/print_run.h"
#include "base/banned.h"

/* More than any kernel's description of an event. */
#define DESCRIPTION_MAX (64 * 1024)

enum event_kind {
	EVENT_FORMATTED, /* "name: " and what its format makes */
	EVENT_SYSCALL_ENTER,
	EVENT_SYSCALL_EXIT,
	EVENT_MESSAGE,	      /* a string: a marker, or a trace_printk() that needs no format */
	EVENT_MESSAGE_FORMAT, /* the address of a format, and arguments */
	EVENT_MESSAGE_STRING, /* the address of a string */
	EVENT_SILENT,	      /* what it prints is not known */
};

struct event_text {
	char *description;
	struct span name;
	enum event_kind kind;
	bool is_ready; /* its program was made */
	struct print_program program;
};

struct dat_texts {
	const struct dat_file *file;
	COLUMN(struct event_text) events;
	COLUMN(uint32_t) by_id; /* index + 1 */
	struct dat_messages messages;
	struct arena memory;
	struct print_run run;
	const struct print_program *program; /* of the record at hand */
	size_t next_argument;
	struct dat_binary binary;
	char symbol[DAT_SYMBOL_MAX];
	struct print_text text;
};

/* ---- descriptions ---- */

/* Cuts "name: kvm_exit" and "ID: 1419" off a description. False if they are not there. */
static bool cut_head(struct span *text, struct span *name, uint32_t *id)
{
	uint32_t number = 0;
	const unsigned char *end = text->at + text->len;
	const unsigned char *newline = memchr(text->at, '\n', text->len);
	if (newline == NULL || !span_starts(*text, SPAN("name: ")))
		return false;
	*name = span_of(text->at + 6, newline);
	*text = span_of(newline + 1, end);
	if (!span_starts(*text, SPAN("ID: ")))
		return false;
	for (const unsigned char *at = text->at + 4; at < end && *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (uint32_t)(*at - '0');
		if (number > UINT16_MAX)
			return false;
	}
	*id = number;
	return number != 0;
}

static enum event_kind kind_of(struct span system, struct span name)
{
	if (span_equal(system, SPAN("syscalls")))
		return span_starts(name, SPAN("sys_enter_"))  ? EVENT_SYSCALL_ENTER
		       : span_starts(name, SPAN("sys_exit_")) ? EVENT_SYSCALL_EXIT
							      : EVENT_SILENT;
	if (!span_equal(system, SPAN("ftrace")))
		return EVENT_FORMATTED;
	if (span_equal(name, SPAN("print")))
		return EVENT_MESSAGE;
	if (span_equal(name, SPAN("bprint")))
		return EVENT_MESSAGE_FORMAT;
	return span_equal(name, SPAN("bputs")) ? EVENT_MESSAGE_STRING : EVENT_SILENT;
}

/* Takes over a description, in heap memory. False when memory is out. */
static bool add_event(struct dat_texts *texts, struct span system, char *description)
{
	struct event_text event = { .description = description };
	struct span text = { (const unsigned char *)description, strlen(description) };
	uint32_t id;
	if (!cut_head(&text, &event.name, &id)) {
		memory_free(description);
		return true;
	}
	event.kind = kind_of(system, event.name);
	if (!column_push(&texts->events, event)) {
		memory_free(description);
		return false;
	}
	if (!column_reach(&texts->by_id, id))
		return false;
	texts->by_id.at[id] = (uint32_t)texts->events.count;
	return true;
}

/* A number of descriptions of one system, each behind its length. */
static void take_system(struct dat_texts *texts, struct dat_stream *stream, struct span system)
{
	uint64_t left = dat_stream_number(stream, 4);
	for (; left > 0 && stream->status == KG_OK; left--) {
		const uint64_t len = dat_stream_number(stream, 8);
		if (len > DESCRIPTION_MAX) {
			dat_stream_skip(stream, len);
			continue;
		}
		char *description = dat_stream_text(stream, len);
		if (description != NULL && !add_event(texts, system, description))
			dat_stream_no_memory(stream);
	}
}

static void take_own_events(struct dat_texts *texts, struct dat_stream *stream)
{
	take_system(texts, stream, SPAN("ftrace"));
}

static void take_systems(struct dat_texts *texts, struct dat_stream *stream)
{
	char system[256];
	uint64_t left = dat_stream_number(stream, 4);
	for (; left > 0 && stream->status == KG_OK; left--) {
		dat_stream_string(stream, system, sizeof(system));
		const size_t len = stream->status == KG_OK ? strlen(system) : 0;
		take_system(texts, stream, (struct span){ (const unsigned char *)system, len });
	}
}

static void take_messages(struct dat_texts *texts, struct dat_stream *stream)
{
	const uint64_t len = dat_stream_number(stream, 4);
	char *list = dat_stream_text(stream, len);
	if (list != NULL &&
	    !dat_messages_take(&texts->messages,
			       (struct span){ (const unsigned char *)list, (size_t)len },
			       &texts->memory))
		dat_stream_no_memory(stream);
	memory_free(list);
}

/* Reads a part of the file. Of what is damaged there is nothing. */
static enum kg_status read_part(struct dat_texts *texts, uint64_t pos_bytes, uint16_t id,
				void (*take)(struct dat_texts *texts, struct dat_stream *stream))
{
	const struct dat_file *file = texts->file;
	struct dat_stream whole = { .source = file->source,
				    .pos_bytes = pos_bytes,
				    .end_bytes = source_size(file->source),
				    .is_big = file->is_big,
				    .file = source_name(file->source),
				    .what = "a description" };
	enum kg_status status;
	if (pos_bytes == 0 || pos_bytes > whole.end_bytes)
		return KG_OK;
	if (file->has_sections) {
		struct dat_section section;
		dat_section_open(file, &whole, pos_bytes, id, whole.what, &section);
		if (section.content.status == KG_OK)
			take(texts, &section.content);
		status = section.content.status;
		dat_section_close(&section);
	} else {
		take(texts, &whole);
		status = whole.status;
	}
	return status == KG_NOMEM ? KG_NOMEM : KG_OK;
}

enum kg_status dat_texts_new(const struct dat_file *file, struct dat_texts **out)
{
	struct dat_texts *texts = memory_zalloc(sizeof(*texts));
	if (texts == NULL)
		return KG_NOMEM;
	texts->file = file;
	texts->run.is_big = texts->binary.is_big = file->is_big;
	texts->run.long_bytes = texts->binary.long_bytes = (uint8_t)file->page.commit_size;
	enum kg_status status =
		read_part(texts, file->formats_pos_bytes, DAT_OPTION_FORMATS, take_own_events);
	if (status == KG_OK)
		status = read_part(texts, file->events_pos_bytes, DAT_OPTION_EVENTS, take_systems);
	if (status == KG_OK)
		status = read_part(texts, file->messages_pos_bytes, DAT_OPTION_MESSAGES,
				   take_messages);
	if (status == KG_OK)
		*out = texts;
	else
		dat_texts_free(texts);
	return status;
}

void dat_texts_free(struct dat_texts *texts)
{
	if (texts == NULL)
		return;
	for (size_t i = 0; i < texts->events.count; i++) {
		print_program_release(&texts->events.at[i].program);
		memory_free(texts->events.at[i].description);
	}
	column_release(&texts->events);
	column_release(&texts->by_id);
	dat_messages_release(&texts->messages);
	print_run_release(&texts->run);
	arena_release(&texts->memory);
	memory_free(texts);
}

/* ---- what formats ask for ---- */

static struct span name_address(void *self, const struct print_conversion *how, uint64_t address)
{
	struct dat_texts *texts = self;
	const char variant = how->variants[0];
	if (how->letter == 's')
		return dat_messages_find(&texts->messages, address);
	if (how->variants[1] != '\0' || strchr("sSfFB", variant) == NULL)
		return (struct span){ NULL, 0 };
	return dat_symbols_place(&texts->file->symbols, address, variant != 's' && variant != 'f',
				 texts->symbol);
}

static bool next_of_program(void *self, const struct print_conversion *how, struct print_value *out)
{
	struct dat_texts *texts = self;
	(void)how;
	return print_run_argument(&texts->run, texts->program, texts->next_argument++, out);
}

static bool next_of_binary(void *self, const struct print_conversion *how, struct print_value *out)
{
	struct dat_texts *texts = self;
	*out = dat_binary_next(&texts->binary, how);
	return true;
}

static enum print_outcome print_with(struct dat_texts *texts, struct span format,
				     bool (*next)(void *self, const struct print_conversion *how,
						  struct print_value *out))
{
	const struct print_source source = { texts, texts->run.long_bytes, next, name_address };
	return print_format(&texts->text, format, &source);
}

/* ---- kinds of records ---- */

static const struct print_field *find_field(const struct event_text *event, struct span name)
{
	for (size_t i = 0; i < event->program.fields.count; i++) {
		if (span_equal(event->program.fields.at[i].name, name))
			return &event->program.fields.at[i];
	}
	return NULL;
}

/* A number in the record; false if it is not there. */
static bool read_number(const struct dat_texts *texts, const struct print_field *field,
			uint64_t *out)
{
	if (field == NULL || field->shape != SHAPE_NUMBER ||
	    field->offset + field->size > texts->run.record.len)
		return false;
	*out = dat_number(texts->run.record.at + field->offset, field->size, texts->run.is_big);
	return true;
}

/* The string that a record has the address of. */
static struct span read_message(const struct dat_texts *texts, const struct event_text *event,
				struct span field)
{
	uint64_t address;
	if (!read_number(texts, find_field(event, field), &address))
		return (struct span){ NULL, 0 };
	return dat_messages_find(&texts->messages, address);
}

/* What is behind the other fields. */
static struct span read_tail(const struct dat_texts *texts, const struct event_text *event)
{
	const struct print_field *field = find_field(event, SPAN("buf"));
	const struct span record = texts->run.record;
	if (field == NULL || field->offset > record.len)
		return (struct span){ NULL, 0 };
	return span_of(record.at + field->offset, record.at + record.len);
}

static enum print_outcome print_message(struct dat_texts *texts, struct span message)
{
	if (message.at == NULL)
		return PRINT_UNKNOWN;
	print_text_put(&texts->text, message);
	return texts->text.is_full ? PRINT_UNKNOWN : PRINT_DONE;
}

static enum print_outcome print_message_format(struct dat_texts *texts,
					       const struct event_text *event)
{
	const struct span format = read_message(texts, event, SPAN("fmt"));
	texts->binary.bytes = read_tail(texts, event);
	texts->binary.at = 0;
	if (format.at == NULL || texts->binary.bytes.at == NULL)
		return PRINT_UNKNOWN;
	return print_with(texts, format, next_of_binary);
}

static void put_bare_hex(struct print_text *text, uint64_t number)
{
	struct print_text made = { 0 };
	print_text_hex(&made, number);
	print_text_put(text, (struct span){ made.bytes + 2, made.len - 2 });
}

/* "sys_openat(dfd: ffffff9c, filename: 1208a588)": what is behind the number of the call */
static enum print_outcome print_syscall_enter(struct dat_texts *texts,
					      const struct event_text *event)
{
	struct print_text *text = &texts->text;
	bool is_argument = false;
	bool is_first = true;
	print_text_put(text, SPAN("sys_"));
	print_text_put(text, span_of(event->name.at + SPAN("sys_enter_").len,
				     event->name.at + event->name.len));
	print_text_put(text, SPAN("("));
	for (size_t i = 0; i < event->program.fields.count; i++) {
		const struct print_field *field = &event->program.fields.at[i];
		uint64_t number;
		if (is_argument) {
			if (!read_number(texts, field, &number))
				return PRINT_UNKNOWN;
			print_text_put(text, is_first ? SPAN("") : SPAN(", "));
			print_text_put(text, field->name);
			print_text_put(text, SPAN(": "));
			put_bare_hex(text, number);
			is_first = false;
		}
		is_argument |= span_equal(field->name, SPAN("__syscall_nr"));
	}
	print_text_put(text, SPAN(")"));
	return is_argument ? PRINT_DONE : PRINT_UNKNOWN;
}

/* "sys_openat -> 0x3" */
static enum print_outcome print_syscall_exit(struct dat_texts *texts,
					     const struct event_text *event)
{
	uint64_t number;
	if (!read_number(texts, find_field(event, SPAN("ret")), &number))
		return PRINT_UNKNOWN;
	print_text_put(&texts->text, SPAN("sys_"));
	print_text_put(&texts->text, span_of(event->name.at + SPAN("sys_exit_").len,
					     event->name.at + event->name.len));
	print_text_put(&texts->text, SPAN(" -> "));
	print_text_hex(&texts->text, number);
	return PRINT_DONE;
}

static enum print_outcome print_formatted(struct dat_texts *texts, const struct event_text *event)
{
	texts->program = &event->program;
	texts->next_argument = 0;
	print_text_put(&texts->text, event->name);
	print_text_put(&texts->text, SPAN(": "));
	return print_with(texts, event->program.format, next_of_program);
}

static enum print_outcome print_event(struct dat_texts *texts, const struct event_text *event)
{
	switch (event->kind) {
	case EVENT_FORMATTED:
		return print_formatted(texts, event);
	case EVENT_SYSCALL_ENTER:
		return print_syscall_enter(texts, event);
	case EVENT_SYSCALL_EXIT:
		return print_syscall_exit(texts, event);
	case EVENT_MESSAGE: {
		const struct span tail = read_tail(texts, event);
		return print_message(texts, tail.at != NULL ? print_string_of(tail) : tail);
	}
	case EVENT_MESSAGE_FORMAT:
		return print_message_format(texts, event);
	case EVENT_MESSAGE_STRING:
		return print_message(texts, read_message(texts, event, SPAN("str")));
	case EVENT_SILENT:
		break;
	}
	return PRINT_UNKNOWN;
}

/* Makes the program of an event when it is met first. */
static enum kg_status prepare(struct dat_texts *texts, struct event_text *event)
{
	const struct span description = { (const unsigned char *)event->description,
					  strlen(event->description) };
	if (event->is_ready)
		return KG_OK;
	enum kg_status status = print_program_make(&event->program, description,
						   texts->run.long_bytes, &texts->memory);
	event->is_ready = true;
	if (status == KG_NOMEM)
		return KG_NOMEM;
	if (status != KG_OK && event->kind == EVENT_FORMATTED)
		event->kind = EVENT_SILENT;
	return KG_OK;
}

enum kg_status dat_texts_make(struct dat_texts *texts, const struct dat_record *record,
			      struct span *out)
{
	const struct dat_field *type = &texts->file->formats.type;
	*out = (struct span){ NULL, 0 };
	if (record->len < type->offset + type->size)
		return KG_OK;
	const uint64_t id = dat_number(record->at + type->offset, type->size, texts->file->is_big);
	if (id >= texts->by_id.count || texts->by_id.at[id] == 0)
		return KG_OK;
	struct event_text *event = &texts->events.at[texts->by_id.at[id] - 1];
	enum kg_status status = prepare(texts, event);
	if (status != KG_OK)
		return status;
	texts->run.record = (struct span){ record->at, record->len };
	texts->run.made.len = texts->text.len = 0;
	texts->run.made.is_full = texts->text.is_full = false;
	const enum print_outcome outcome = print_event(texts, event);
	if (outcome != PRINT_DONE || texts->text.is_full)
		return outcome == PRINT_NO_MEMORY ? KG_NOMEM : KG_OK;
	*out = (struct span){ texts->text.bytes, texts->text.len };
	/* a message brings the end of its line, which is not printed twice */
	if (event->kind >= EVENT_MESSAGE && span_ends(*out, SPAN("\n")))
		out->len--;
	return KG_OK;
}
